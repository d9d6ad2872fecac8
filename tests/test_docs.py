"""What the documentation says to type or to write works as it says."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

import proctor
from proctor import frames, taking
from proctor.cli import main, names, parser
from proctor.core import workspace
from proctor.evals.axes.catalogue import AXES
from proctor.evals.judges.agreement import read_labels
from proctor.evals.judges.protocols import JUDGES, EntailmentInput
from proctor.leaderboard.board.board import Board
from proctor.leaderboard.claims import table as claims
from proctor.leaderboard.claims.table import Claim
from proctor.leaderboard.claims.verdicts import ClaimResult
from proctor.leaderboard.compare import policy
from proctor.leaderboard.history import history, trends
from proctor.leaderboard.history.runs import RunInfo
from proctor.leaderboard.history.trends import TrendPoint
from proctor.leaderboard.plots.table import PLOTS
from proctor.leaderboard.site import export, page
from proctor.models import systems
from proctor.models.candidates import returned
from proctor.suites.importers import IMPORTERS
from proctor.suites.loading import load as load_suite
from proctor.suites.loading.documents import READERS
from tests import documentation
from tests.sample_run import make_run

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG", "SECURITY")), *sorted(DOCS.rglob("*.md"))]
TUTORIAL = DOCS / "tutorial.md"
GROUPS = {
    registry.group
    for registry in (AXES, IMPORTERS, JUDGES, PLOTS, READERS, systems.RETRIEVERS, systems.EMBEDDERS, systems.CHUNKERS)
}
"""The groups of entry points that a package may add to."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def blocks(page, language):
    """The fenced blocks of a page in a language, those inside of lists too."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(body) for _, body in found]


def every(language):
    pages = [page for page in PAGES if page.stem != "extending"]  # its snippets are one package: tests/test_extending.py
    return [pytest.param(body, id=f"{named(page)}-{n}") for page in pages for n, body in enumerate(blocks(page, language), 1)]


def named(page):
    return page.relative_to(ROOT).with_suffix("").as_posix()


def commands(body):
    """The single commands of a block of shell."""
    return [shlex.split(part) for line in body.splitlines() for part in line.split("&&")]


# The two lines that a newcomer types.


def test_the_first_line_sets_up_and_runs_the_exam_and_the_second_the_tests():
    first, second = blocks(ROOT / "README.md", "sh")[:2]
    assert first.endswith(".venv/bin/pytest -m domain\n")
    assert second.endswith(".venv/bin/pytest tests -n 2\n")
    for line in (first, second):
        assert line.count("\n") == 1
        assert [command[:3] for command in commands(line)[:2]] == [["python3", "-m", "venv"], ["python3", "-m", "pip"]]
        assert "-c constraints.txt" in line


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_the_ci_script_runs_the_second_line():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'README.md").read_text(encoding="utf-8"), re.M | re.S)[1]' in script
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    subprocess.run(["/bin/bash", "-n", ROOT / ".ci" / "run"], check=True, timeout=60)


# Every command.


@pytest.mark.slow
@pytest.mark.parametrize("body", every("sh"))
def test_every_command_is_one_that_its_program_takes(body):
    subprocess.run(["/bin/bash", "-n", "-c", body], check=True, timeout=60)
    for command in commands(body):
        check(command)


def check(command):
    known = {"pytest": check_pytest, "python": check_python, "python3": check_python, "tox": check_tox, "proctor": check_proctor}
    program = Path(command[0]).name
    if program in known:
        known[program](command[1:])
    else:
        assert program in ("git", "ruff", "source", "pre-commit"), f"no test knows {program}"


def check_python(words):
    if words[:2] == ["-m", "pip"]:
        check_pip(words[2:])
    elif words[0] == "-m" and words[1].startswith("tests."):
        assert (ROOT / words[1].replace(".", "/")).with_suffix(".py").exists()
    elif words[:2] == ["-m", "proctor.suites.judge"]:
        assert (ROOT / "suites" / "judge" / "__main__.py").exists()
    else:
        assert [word for word in words if word != "--without-pip"] == ["-m", "venv", ".venv"]


def check_proctor(words):
    parser(words).parse_args(words)


def check_pip(words):
    *how, what = words
    here, beside = (
        ["--python", ".venv", "install", "-c", "constraints.txt", "-e"],
        ["install", "-c", "../proctor/constraints.txt"],
    )
    assert (how, what.partition("[")[0]) in ((here, "."), (beside, "../proctor"))
    extras = re.fullmatch(r".*\[(.*)\]", what)[1].split(",")
    assert set(extras) <= PROJECT["optional-dependencies"].keys()


def check_tox(words):
    assert words[:2] == ["run", "-e"]
    assert f"[testenv:{words[2]}]" in (ROOT / "tox.ini").read_text(encoding="utf-8")


def check_pytest(words):
    options = [word.partition("=")[0] for word in words if word.startswith("-")]
    text = shown("--help")
    for option in options:
        assert re.search(rf"(?m)^\s.*(?<![\w-]){re.escape(option)}\b", text), f"pytest has no option {option}"
    if "-m" in words:
        names = set(re.findall(r"\w+", words[words.index("-m") + 1])) - {"and", "or", "not"}
        assert all(f"@pytest.mark.{name}:" in shown("--markers", "-m", "domain") for name in names)
    for word in (word for word in words[:1] if not word.startswith("-")):
        assert (ROOT / word).exists() or word == "my-domain"


@cache
def shown(*options):
    command = [sys.executable, "-m", "pytest", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return done.stdout


def test_the_page_of_options_names_every_option_of_the_exam_and_no_other():
    text = (DOCS / "reference" / "options.md").read_text(encoding="utf-8")
    group = shown("--help").partition("the exam:")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(--[\w-]+)", text, re.MULTILINE)) == set(re.findall(r"^  (--[\w-]+)", group, re.MULTILINE))


# Every table, and what it lists.


def test_the_readme_names_every_system():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(systems.load())


def test_the_page_of_systems_names_every_field():
    text = (DOCS / "reference" / "systems.md").read_text(encoding="utf-8")
    for name in systems.System.__dataclass_fields__.keys() - {"name"}:
        assert re.search(rf"^\| [`\w, ]*`{name}`", text, re.MULTILINE), f"docs/reference/systems.md does not say {name}"


def test_the_page_of_what_is_measured_has_every_axis():
    text = (DOCS / "explanation" / "exam.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| (\w+) \| .*\?", text, re.MULTILINE))
    assert told == {name if name in told else name.partition("_")[0] for name in AXES}


def test_the_suites_page_names_every_key_and_column():
    from proctor.suites.loading import columns, settings

    text = (DOCS / "reference" / "suites.md").read_text(encoding="utf-8")
    names = {name for table in (columns.QUESTION, columns.EXAMPLE) for field, also in table.items() for name in (field, *also)}
    for name in {*names, *columns.REVISION, *columns.REVISED} - {"id"}:
        assert name in text, f"docs/reference/suites.md does not say {name}"
    for key in settings.Written.__dataclass_fields__:
        assert re.search(rf"^\| `\[?{key}\b", text, re.MULTILINE), f"docs/reference/suites.md does not explain {key}"


def test_the_project_page_names_every_setting():
    text = (DOCS / "reference" / "project.md").read_text(encoding="utf-8")
    for key in workspace.KEYS:
        assert re.search(rf"^\| .*`{key}`", text, re.MULTILINE), f"docs/reference/project.md does not say {key}"


def test_the_python_page_names_every_column_attribute_and_argument():
    text = (DOCS / "how-to" / "python.md").read_text(encoding="utf-8")
    attributes = {f"run.{name}" for name in ("records", "answers", "board", "provenance", "folder", "failures")}
    arguments = set(inspect.signature(proctor.exam).parameters) - {"options"}
    for name in {*frames.RECORD, *frames.WHOSE, *frames.QUESTION, *frames.ANSWER, *attributes, *arguments, taking.TABLE}:
        assert f"`{name}`" in text, f"docs/how-to/python.md does not say {name}"


def test_the_claims_page_names_every_field_of_a_claim_and_of_a_finding():
    text = (DOCS / "explanation" / "claims.md").read_text(encoding="utf-8")
    for name in {*Claim.__dataclass_fields__, *ClaimResult.__dataclass_fields__}:
        assert f"`{name}`" in text, f"docs/explanation/claims.md does not say {name}"


def test_the_pages_of_publishing_name_every_file_field_and_mark():
    pages = (DOCS / "how-to" / "publishing.md", DOCS / "reference" / "files.md")
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    told = export.files(Board({}, ()), history.History((), ()))
    fields = {field for kind in (history.TrendLine, TrendPoint, RunInfo) for field in kind.__dataclass_fields__}
    for name in {
        *told,
        *fields,
        *get_args(trends.Trend),
        "direction",
        "before",
        "now",
        "regressions",
        "improvements",
        "cautions",
    }:
        assert f"`{name}`" in text, f"docs/reference/files.md does not say {name}"


def test_tox_and_the_workflow_name_extras_and_environments_that_exist():
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    for line in re.findall(r"^extras = (.*)$", tox, re.MULTILINE):
        assert {extra.strip() for extra in line.split(",")} <= PROJECT["optional-dependencies"].keys()
    assert {"docs", "domain", "gpu", "lint", "tests", "types"} <= set(re.findall(r"^\[testenv:(\w+)\]", tox, re.MULTILINE))


# Every snippet.


@pytest.fixture
def folder(tmp_path):
    main(["new", str(tmp_path / "suite")])
    (tmp_path / "general-tasks").mkdir()
    (tmp_path / "general-tasks" / "task.yaml").write_text("task: task", encoding="utf-8")
    return tmp_path / "suite"


@pytest.mark.parametrize("body", every("toml"))
def test_every_toml_snippet_loads(folder, tmp_path, body):
    if "tool" in tomllib.loads(body):
        (tmp_path / "pyproject.toml").write_text(body, encoding="utf-8")
        assert workspace.at(tmp_path).settings == tomllib.loads(body)["tool"]["proctor"]
    elif "claim" in tomllib.loads(body):
        (tmp_path / "claims.toml").write_text(body, encoding="utf-8")
        assert len(claims.load([tmp_path / "claims.toml"])) == len(claims.load()) + len(tomllib.loads(body)["claim"])
    elif "name" in tomllib.loads(body):
        (folder / "suite.toml").write_text(body, encoding="utf-8")
        assert load_suite.load(str(folder)).name in body
    elif "project" in tomllib.loads(body):
        assert tomllib.loads(body)["project"]["entry-points"].keys() <= GROUPS
    else:
        (tmp_path / "systems.toml").write_text(body, encoding="utf-8")
        assert systems.load(tmp_path / "systems.toml").keys() == tomllib.loads(body).keys()


def test_the_smallest_suite_is_at_most_ten_lines_of_toml():
    assert blocks(DOCS / "reference" / "suites.md", "toml")[0].count("\n") <= 10


@pytest.mark.parametrize("body", every("json"))
def test_every_json_snippet_loads(folder, body):
    first = json.loads(body.splitlines()[0])
    if "supported" in first:
        (folder / "labels.jsonl").write_text(body + json.dumps(first | {"supported": False}), encoding="utf-8")
        assert len(read_labels(folder / "labels.jsonl")) == 2
        return
    name = "train.jsonl" if "prompt" in first else "revisions.jsonl" if "document" in first else "questions.jsonl"
    (folder / name).write_text(body, encoding="utf-8")
    load_suite.load(str(folder))


@pytest.mark.slow
@pytest.mark.parametrize("body", every("python"))
def test_every_python_snippet_runs(body, tmp_path, monkeypatch):
    names = {}
    monkeypatch.chdir(tmp_path)
    if "site/leaderboard" in body:
        page.publish([make_run(tmp_path / "run")], tmp_path / "site")
    if "runs/candidate" in body:
        make_run(tmp_path / "runs" / "candidate")
    if "my-domain" in body:
        main(["new", "my-domain"])
    exec(compile(body, "snippet", "exec"), names)  # noqa: S102 # it is ours
    if "Judge" in names:
        assert names["Judge"]().supports(
            [EntailmentInput(("It weighs 3 kg.",), "", "3 kg"), EntailmentInput((), "", "3 kg")]
        ) == [True, False]
    elif "Bot" in names:  # tests/models/test_service.py asks it
        assert callable(names["Bot"].do_POST)
    elif "ask" in names:
        assert returned.read(names["ask"]("How long?")).passages
    else:
        assert {"table", "metric"} & names.keys() or names["AXIS"].metrics


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "CHANGELOG"], ids=named)
def test_files_that_are_named_exist(page):
    rooms = "core|models|evals|suites|leaderboard|proctor|tests|docs"
    for name in re.findall(rf"`((?:{rooms})/[\w/.]+\.\w+)`", page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists() or Path(name).name in ("index.html", "NAME.py"), name


@pytest.mark.parametrize("body", every("yaml"))
def test_every_policy_is_one(body, tmp_path):
    (tmp_path / "policy.yaml").write_text(body, encoding="utf-8")
    fields = ("alpha", "correction", "min_pairs", "judge_kappa_min", "inconclusive", "defaults")
    shown, default = policy.load(tmp_path / "policy.yaml"), policy.Policy()
    assert [getattr(shown, name) for name in fields] == [getattr(default, name) for name in fields]


# The tutorial, as a reader goes through it.


@pytest.mark.slow
def test_the_tutorial_can_be_followed_to_its_end(tmp_path):
    install, *steps = [
        body for language, body in re.findall(r"(?ms)^```(sh|text)\n(.*?)^```", TUTORIAL.read_text(encoding="utf-8"))
    ]
    assert "activate" in install
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    said = ""
    for body in steps:
        if Path(shlex.split(body)[0]).name in ("proctor", "pytest"):
            said = " ".join("".join(followed(command, tmp_path) for command in commands(body)).split())
        else:
            assert [line for line in body.splitlines() if " ".join(line.split()) not in said] == []


def followed(command, folder):
    """What a command prints. Of the exams only the quickest part is taken."""
    program, *words = command
    if program == "git":
        assert all((folder / word).exists() for word in words[1:])
        return ""
    quick = ["--system", "base", "--limit", "2", "-k", "accuracy", "-p", "no:cacheprovider"] if program == "pytest" else []
    environment = os.environ | {"PROCTOR_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", program, *words, *quick],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# The site.


def test_every_page_has_its_place_in_the_site():
    listed = re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2])
    assert sorted(listed) == sorted(
        [
            *(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")),
            *documentation.ELSEWHERE.values(),
        ]
    )


def test_links_of_the_site_lead_to_its_pages():
    known = {
        *documentation.ELSEWHERE.values(),
        *(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*") if path.is_file()),
    }
    files = [*documentation.ELSEWHERE, *(named(path) + ".md" for path in DOCS.rglob("*.md"))]
    for file in files:
        folder = Path(documentation.page_of(file)).parent
        for target in re.findall(r"\]\(([^)#\s]+)", documentation.shown((ROOT / file).read_text(encoding="utf-8"), file)):
            assert target.startswith("https://") or os.path.normpath(folder / target) in known, (
                file,
                target,
            )


def test_a_link_to_a_file_without_a_page_is_its_words_alone():
    said = "[a](../core/schema.py), [b](../SECURITY.md#x), `[c](d)` and [e](#f)"
    assert documentation.shown(said, "docs/tutorial.md") == "a, [b](explanation/threat-model.md#x), `[c](d)` and [e](#f)"


def test_code_of_a_page_is_left_as_it_is_but_for_bars_in_cells():
    assert documentation.shown("| `a\\|b` | c\\|d |", "README.md") == "| `a|b` | c\\|d |"
    fenced = "```sh\n| `a\\|b` [x](y.md)\n```"
    assert documentation.shown(fenced, "README.md") == fenced


def test_the_page_of_commands_has_every_command_with_the_defaults_of_a_project_of_ones_own():
    text = documentation.commands()
    for name in names():
        assert f"\n## proctor {name}\n" in text
    assert "leaderboard/site" not in text


def test_the_reference_of_the_api_is_of_modules_that_there_are():
    modules = [
        name
        for page in DOCS.rglob("api/*.md")
        for name in re.findall(r"^::: (\S+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert modules
    assert [name for name in modules if not importlib.util.find_spec(name)] == []
