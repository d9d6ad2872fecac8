"""The exam as a user runs it: through pytest, on a random model of 40,000 parameters.

Most runs are in this process; those that are stopped, share the work, or are about what is loaded are processes of their own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from proctor.core.schema import Domain, Question
from proctor.core.storage.sealed import sealed
from tests.exam.here import run
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = """
[base]
max_new_tokens = 8
[rag]
retrieve = "bm25"
max_new_tokens = 8
[full_ft]
adapt = "full"
epochs = 1
max_new_tokens = 8
[lora]
adapt = "lora"
rank = 4
epochs = 1
max_new_tokens = 8
[hybrid]
adapt = "lora"
retrieve = "bm25"
rank = 4
epochs = 1
max_new_tokens = 8
"""
READ_OFF = ("latency.", "cost.train_seconds", "cost.index_seconds", "cost.peak_bytes", "cost.energy_joules")
TASK = """
task: colours
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{query}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: "{{{{gold}}}}"
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory, domain: Domain, questions: tuple[Question, ...]) -> Path:
    """The domain of these tests, as a folder that a user would write."""
    folder = tmp_path_factory.mktemp("own") / "covers"
    (folder / "documents").mkdir(parents=True)
    (folder / "tasks").mkdir()
    for document in domain.documents:
        text = f"---\nid: {document.id}\ntitle: {document.title}\n---\n{document.text}\n"
        (folder / "documents" / f"{document.id}.md").write_text(text)
    examples = [{"prompt": e.prompt, "completion": e.completion, "evidence": list(e.evidence)} for e in domain.examples]
    asked = [{"id": q.id, "question": q.text, "references": list(q.references), "evidence": list(q.evidence)} for q in questions]
    asked.append({"id": "none", "question": "How heavy is the Kelvo?", "references": [], "evidence": []})
    items = [{"query": f"The sky at noon {n} is", "choices": [" blue", " green"], "gold": n % 2} for n in range(6)]
    for name, rows in (("train", examples), ("questions", asked), ("tasks/colours", items)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "tasks" / "colours.yaml").write_text(TASK.format(data="colours.jsonl"))
    (folder / "suite.toml").write_text('name = "covers"\ntitle = "Covers"\ngeneral = ["tasks"]\n')
    (folder.parent / "systems.toml").write_text(SYSTEMS)
    return folder


class Runner:
    """Runs the exam on that suite with folders of its own."""

    def __init__(self, suite: Path, model: Path, folder: Path) -> None:
        self.folder, self.run_dir, self.site = folder, folder / "run", folder / "site"
        self.arguments = [
            "-p",
            "tests.calm",
            "-m",
            "domain",
            "--suite",
            str(suite),
            "--base-model",
            str(model),
            "--systems",
            str(suite.parent / "systems.toml"),
        ]
        self.arguments += ["--run-dir", str(self.run_dir), "--site", str(self.site), "--device", "cpu"]
        self.environment = {"PROCTOR_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}

    def start(self, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pytest", *self.arguments, *more]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 # a test in the background ignores it
        )

    def __call__(self, *more: str) -> tuple[int, str]:
        """A run in this process."""
        return run(*self.arguments, *more, folder=ROOT, environment=self.environment)

    def apart(self, *more: str) -> tuple[int, str]:
        """A run in a process of its own."""
        return ended(self.start(*more))

    def records(self) -> list[str]:
        """All but what a clock or a meter said, which is never the same twice."""
        rows = map(json.loads, (self.run_dir / "records.jsonl").read_text().splitlines())
        nothing = {"value": None, "cluster": "", "caution": "", "crc": ""}
        return sorted(json.dumps(row | nothing if row["metric"].startswith(READ_OFF) else row) for row in rows)

    def stop_after_first_records(self, how: signal.Signals, *more: str, alone: bool = False) -> tuple[int, str]:
        """``alone``: tell the process itself, and not those that it started.

        It is told while a second test writes its records: those of the first are sure to be kept.
        """
        process, records = self.start(*more), self.run_dir / "records.jsonl"
        until(lambda: process.poll() is not None or (records.exists() and len(_tests(records)) > 1))
        assert process.poll() is None, process.communicate(timeout=PATIENCE)[0]
        (os.kill if alone else os.killpg)(process.pid, how)
        return ended(process)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """What a process printed, and what it ended with."""
    with process:  # what is left of one that had to be killed is no garbage for a later test to stumble over
        try:
            out, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()  # nothing happens where it has ended
    return process.returncode, out


def _tests(records: Path) -> set[tuple[bytes, bytes]]:
    """System and axis of the tests that left records, whole or not."""
    return set(re.findall(rb'"system": "([^"]*)".*?"metric": "(\w*)', records.read_bytes()))


@pytest.fixture(scope="module")
def first(suite: Path, tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Runner, str]:
    """One whole run, in one process."""
    runner = Runner(suite, tiny_llama, tmp_path_factory.mktemp("first"))
    code, out = runner("--junitxml", str(runner.folder / "junit.xml"))
    assert code == 0, out
    return runner, out


@pytest.mark.slow
def test_a_run_ends_by_naming_its_page(first: tuple[Runner, str]) -> None:
    runner, out = first
    assert str(runner.site / "index.html") in out
    assert (runner.site / "index.html").exists()


@pytest.mark.slow
def test_every_system_has_every_metric_or_says_why_not(first: tuple[Runner, str]) -> None:
    cells = json.loads((first[0].site / "leaderboard.json").read_text())["cells"]
    metrics = {cell["metric"] for cell in cells}
    assert {"accuracy.exact", "retrieval.recall@3", "faithfulness.gold", "hallucination.contradicted", "forgetting"} <= metrics
    assert {"latency.seconds", "latency.p95", "cost.train_flops", "cost.artifact_bytes", "cost.tokens"} <= metrics
    for name in ("base", "rag", "full_ft", "lora", "hybrid"):
        assert {cell["metric"] for cell in cells if cell["system"] == name} == metrics
    by_key = {(cell["system"], cell["metric"]): cell for cell in cells}
    assert by_key["base", "faithfulness.retrieved"]["status"] == "not_applicable"
    assert by_key["rag", "forgetting"]["value"] == 0
    assert by_key["rag", "retrieval.recall@3"]["value"] == 1
    assert by_key["lora", "latency.unmerged"]["value"] > 0
    assert by_key["rag", "cost.train_flops"]["value"] == 0 < by_key["full_ft", "cost.train_flops"]["value"]


@pytest.mark.slow
def test_what_came_of_each_training_is_told_by_suite_and_seed(first: tuple[Runner, str]) -> None:
    told = json.loads((first[0].run_dir / "provenance.json").read_text())
    assert set(told["systems"]) == {"base", "rag", "full_ft", "lora", "hybrid"}
    made = {row.split("/")[2]: made for row, made in told["made"].items() if row.startswith("covers/") and row.endswith("/0")}
    assert set(made) == set(told["systems"])
    assert made["lora"]["training"]["examples"] > 0 == len(made["rag"]["training"])


@pytest.mark.slow
def test_values_are_junit_properties(first: tuple[Runner, str]) -> None:
    tree = ET.parse(first[0].folder / "junit.xml")  # noqa: S314 # written by the test
    cases = {case.get("name"): case for case in tree.iter("testcase")}
    properties = {p.get("name") for p in cases["test_accuracy[covers-rag]"].iter("property")}
    assert {"accuracy.exact", "accuracy.f1"} <= properties


@pytest.mark.slow
def test_again_with_nothing_changed_loads_no_model_and_publishes_the_same_page(first: tuple[Runner, str]) -> None:
    runner, _ = first
    before = {path: path.read_bytes() for path in runner.site.rglob("*") if path.is_file()}
    script = (
        "import sys, pytest; code = pytest.main(sys.argv[1:]); sys.exit(code or len({'torch', 'lm_eval'} & set(sys.modules)))"
    )
    again = subprocess.run(
        [sys.executable, "-c", script, "-c", str(ROOT / "pyproject.toml"), *runner.arguments],
        cwd=ROOT,
        env=os.environ | runner.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert again.returncode == 0, again.stdout
    assert {path: path.read_bytes() for path in runner.site.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_a_run_read_back_from_the_cache_has_its_answers_too(first: tuple[Runner, str]) -> None:
    runner, _ = first
    folder = runner.folder / "read-back"
    assert runner("--run-dir", str(folder), "--site", str(runner.folder / "other-site"))[0] == 0
    kept = {path.relative_to(runner.run_dir): path.read_bytes() for path in (runner.run_dir / "answers").rglob("*.jsonl")}
    assert {path.relative_to(folder): path.read_bytes() for path in (folder / "answers").rglob("*.jsonl")} == kept
    assert kept


@pytest.mark.slow
def test_a_saved_run_is_compared_with_and_another_exam_is_refused(first: tuple[Runner, str]) -> None:
    runner, _ = first
    saved = runner.folder / "saved.json"
    assert runner(f"--eval-save={saved}")[0] == 0
    code, out = runner(f"--eval-compare={saved}", "--eval-compare-fail=*:ci")
    assert (code, "compared with the saved run" in out) == (0, True)
    other = re.sub(r'"metric_version": "[^"]*"', '"metric_version": "0"', saved.read_text())
    saved.write_bytes(sealed(re.sub(r',\s*"crc": "\w+"\}\s*$', "}", other).encode()))
    kept = runner.folder / "kept.json"
    assert runner(f"--eval-compare={saved}", f"--eval-save={kept}")[0] == 1
    assert kept.exists()  # what is refused is the comparison alone
    code, out = runner(f"--eval-compare={saved}", "--eval-compare-fail=*:ci", "-k", "test_accuracy and rag")
    assert code == 1
    assert "cannot be compared with the saved run: definition of metric accuracy.exact: 0 before, 2 now" in out


@pytest.mark.slow
def test_two_workers_make_the_same_records(first: tuple[Runner, str], suite: Path, tiny_llama: Path, tmp_path: Path) -> None:
    runner = Runner(suite, tiny_llama, tmp_path)
    code, out = runner.apart("-n", "2")
    assert code == 0, out
    assert runner.records() == first[0].records()
    timing = [json.loads((each.run_dir / "provenance.json").read_text())["timing"] for each in (runner, first[0])]
    assert [{name: part["together"] for name, part in each.items()} for each in timing] == [
        {name: part["together"] for name, part in timing[1].items()}
    ] * 2
    assert [part["caution"] for each in timing for part in each.values()] == [
        "2 workers shared the machine while this was timed (-n 2)",
        "",
    ]


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_with_the_same_records(
    first: tuple[Runner, str], suite: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    runner = Runner(suite, tiny_llama, tmp_path)
    runner.stop_after_first_records(signal.SIGKILL)
    code, out = runner()
    assert code == 0, out
    assert runner.records() == first[0].records()


@pytest.mark.slow
def test_the_page_of_a_run_that_was_interrupted_says_so_until_it_went_on(suite: Path, tiny_llama: Path, tmp_path: Path) -> None:
    runner, some = Runner(suite, tiny_llama, tmp_path), ("-k", "test_accuracy")
    stopped, said = runner.stop_after_first_records(signal.SIGINT, *some)
    assert stopped == 130, said
    assert f"Stopped by Ctrl-C: what was measured is kept in {runner.run_dir}, and the same command goes on from there." in said
    page = (runner.site / "index.html").read_text()
    systems = {json.loads(line)["system"] for line in runner.records()}
    assert f"This run was not finished: {len(systems)} of 5 tests were run." in page
    code, out = runner(*some)
    assert code == 0, out
    page = (runner.site / "index.html").read_text()
    assert "not finished" not in page
    assert page.count("-k test_accuracy") == 1  # what to type again, and once


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_run_that_is_told_to_end_ends_with_a_page_and_says_how_it_goes_on(
    suite: Path, tiny_llama: Path, tmp_path: Path, more: tuple[str, ...]
) -> None:
    runner = Runner(suite, tiny_llama, tmp_path)
    code, said = runner.stop_after_first_records(signal.SIGTERM, *more, "-k", "test_accuracy", alone=True)
    assert code == 143, said
    assert "Stopped by SIGTERM: what was measured is kept" in said
    assert "Traceback" not in said
    assert (runner.site / "index.html").exists()


@pytest.mark.slow
def test_what_cannot_be_done_at_the_end_is_said_and_tells_by_the_exit_code(first: tuple[Runner, str]) -> None:
    runner, _ = first
    away, saved = runner.folder / "away", runner.folder / "kept-still.json"
    where = ["-c", str(ROOT / "pyproject.toml")]
    lost = "from proctor.leaderboard.site import page; page.write = lambda *_: open('/dev/full', 'w').write('x' * 9999)"
    script = f"{lost}; import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", script, *where, *runner.arguments, "--site", str(away), f"--eval-save={saved}", "-k", "accuracy"],
        cwd=ROOT,
        env=os.environ | runner.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 4, done.stdout
    assert "not published: cannot read or write No space left on device; make room there" in done.stdout
    assert saved.exists()  # what failed is the page alone


def collect(*more: str, folder: Path = ROOT) -> tuple[int, str]:
    return run(*more, folder=folder)


def test_names_of_tests(suite: Path, tiny_llama: Path) -> None:
    code, out = collect("--co", "-q", "-m", "domain", "--suite", str(suite), "--base-model", str(tiny_llama), "--seeds", "2")
    assert code == 0, out
    assert "elsewhere.toml::test_accuracy[covers-rag]" in out
    assert "elsewhere.toml::test_forgetting[covers-lora-seed1]" in out
    assert "[covers-base-seed" not in out


def test_markers_and_names_choose(suite: Path, tiny_llama: Path) -> None:
    where = ["--suite", str(suite), "--base-model", str(tiny_llama)]
    out = collect("--co", "-q", "-m", "domain and forgetting", "-k", "rag or hybrid", *where)[1]
    chosen = [line for line in out.splitlines() if "::" in line]
    assert chosen == [f"elsewhere.toml::test_forgetting[covers-{name}]" for name in ("rag", "hybrid")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--suite", "instrumnets"], "instrumnets"),
        (["--system", "hybird"], "did you mean hybrid"),
        (["--judge", "oracle"], "oracle"),
        (["--base-model", "./nowhere"], "no such folder"),
        (["--seeds", "0"], "a whole number from 1 to 1,000 (trainings), not 0"),
        (["--device", "gpu"], "expected cpu, cuda"),
        (["--systems", "nowhere.toml"], "nowhere.toml: the file is missing"),
    ],
)
def test_a_mistake_is_named_before_any_work(arguments: list[str], said: str) -> None:
    code, out = collect("-m", "domain", *arguments)
    assert code == 4, out
    assert said in out
    assert "Traceback" not in out


def test_a_bar_for_a_system_that_there_is_not_is_named(tmp_path: Path) -> None:
    assert collect_suite(tmp_path, "hybrid")[0] == 0
    code, out = collect_suite(tmp_path, "hybird")
    assert code == 4, out
    assert "systems.toml has no system hybird; did you mean 'hybrid'?" in out


def collect_suite(folder: Path, system: str) -> tuple[int, str]:
    """Collect the exam on a copy of an embedded suite that has one threshold, for that system."""
    copy = folder / system
    shutil.copytree(ROOT / "suites" / "loans", copy)
    settings = (copy / "suite.toml").read_text(encoding="utf-8")
    thresholds = re.sub(
        r"(?ms)^\[thresholds\].*?(?=^\[|\Z)", f'[thresholds]\n"accuracy.exact" = {{ {system} = 0.1 }}\n\n', settings
    )
    alone = re.sub(r"(?m)^general = .*$", "", thresholds)  # its general tasks lie beside the original
    (copy / "suite.toml").write_text(alone, encoding="utf-8")
    return collect("--co", "-q", "-m", "domain", "--suite", str(copy))


def test_a_suite_without_examples_is_examined_on_those_that_need_none(suite: Path, tiny_llama: Path, tmp_path: Path) -> None:
    copy = tmp_path / "untaught"
    shutil.copytree(suite, copy)
    (copy / "train.jsonl").unlink()
    where = ["--co", "-m", "domain and accuracy", "--suite", str(copy), "--base-model", str(tiny_llama)]
    code, out = collect(*where)
    assert code == 0, out
    assert "suite covers has no train.jsonl: prompted, full_ft, lora, hybrid left out" in out
    assert re.findall(r"test_accuracy\[(.*)\]", out) == ["covers-base", "covers-rag"]
    code, out = collect(*where, "--system", "lora", "--dry-run")
    assert code == 4
    assert "system lora is trained, and the suite has no train.jsonl" in out


def test_what_was_noted_of_a_suite_is_said_once_and_in_quiet_runs_too(suite: Path, tiny_llama: Path, tmp_path: Path) -> None:
    copy = tmp_path / "noted"
    shutil.copytree(suite, copy)
    (copy / "documents" / ".hidden").write_text("x")
    out = collect("--co", "-q", "-m", "domain", "--suite", str(copy), "--base-model", str(tiny_llama))[1]
    assert out.count("suite covers: documents: 1 left out: names that begin with a dot (.hidden)") == 1


def test_dry_run_trains_nothing(suite: Path, tiny_llama: Path, tmp_path: Path) -> None:
    runner = Runner(suite, tiny_llama, tmp_path)
    code, out = runner("--dry-run")
    assert code == 0, out
    assert "train on" in out
    assert "covers: cannot show which system is better" in out
    assert not runner.run_dir.exists()
    assert not (tmp_path / "cache" / "adapted").exists()
