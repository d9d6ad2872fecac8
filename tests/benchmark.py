"""Speed, as ratios within one run on one machine: `python -m tests.benchmark [NAME …]`.

Each benchmark prints what it compared and by how much; none asserts a wall time. Run it on a quiet machine.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from proctor.core.storage.cache import Cache
from proctor.leaderboard.runs.store import RECORDS
from proctor.models import runtime, systems
from proctor.models.base import base
from proctor.models.candidates.callable import Callable as Bot
from proctor.models.candidates.external import Setup
from proctor.models.candidates.local import LocalCandidate
from proctor.models.generation import generate
from proctor.models.prompts import prompts
from proctor.models.training import batches
from proctor.models.training import trainer as adaptation
from proctor.suites.loading.load import load
from proctor.suites.writing.draft import write_suite
from proctor.suites.writing.starter import starter
from tests import timed_checks
from tests.benchmark_endpoint import endpoint
from tests.benchmark_page import decision, page
from tests.benchmark_stores import stores
from tests.scale_run import Scale, make_big_run

ROOT = Path(__file__).resolve().parent.parent


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"no benchmark is called {unknown[0]}; there are: {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        print(f"{name}: {BENCHMARKS[name]()}", flush=True)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def run(*arguments: str, cache: Path, **environment: str) -> float:
    """Seconds of one `pytest` process with a cache of its own."""
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    settings = os.environ | {"PROCTOR_CACHE": str(cache)} | environment
    seconds, done = timed(lambda: subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False))
    if done.returncode:
        raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
    return seconds


def main_job() -> str:
    """The main job from nothing, and again with nothing changed."""
    with tempfile.TemporaryDirectory() as folder:
        where = ["-m", "domain", "--run-dir", f"{folder}/run", "--site", f"{folder}/site"]
        first, again = (run(*where, cache=Path(folder, "cache")) for _ in range(2))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    return f"from nothing {first:.0f} s, again {again:.1f} s: 1/{first / again:.0f}; peak memory {peak:.2f} GiB"


def collection() -> str:
    """Collecting one suite, of a project's own or one that comes with Proctor, against a file with one test: same plugins."""
    without = [word for name in OWN_PLUGINS for word in ("-p", f"no:{name}")]
    ways = {
        "one test": ["--co", "test_one.py"],
        "a new suite": ["--co", "-m", "domain", "helpdesk"],
        "loans": ["--co", "-m", "domain", "--suite", "loans"],
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_one.py").write_text("def test_one(): pass\n")
        write_suite(Path(folder, "helpdesk"), starter("helpdesk", "helpdesk"))
        for turn in range(REPEATS + 1):
            for name, words in ways.items():
                seconds = _process(folder, f"{folder}/cache", *without, *words)
                taken[name] += [seconds] if turn else []  # the first compiles modules
    usual = {name: median(found) for name, found in taken.items()}
    return "; ".join(f"{name} {seconds:.2f} s of CPU: {seconds / usual['one test']:.2f} x" for name, seconds in usual.items())


def _candidate(name: str, cache: Path) -> LocalCandidate:
    store = Cache(cache)
    model = base.find(str(base.EMBEDDED), store)
    return LocalCandidate(systems.load()[name], model, load("instruments").domain, runtime.Runtime(store))


def training() -> str:
    """Full fine-tuning to the loss that a plain `Trainer` call with its default batching reaches, on the same pairs."""
    with tempfile.TemporaryDirectory() as folder:
        candidate = _candidate("full_ft", Path(folder))
        pairs = [(prompts.prompt("", example.prompt), example.completion) for example in candidate.domain.examples]
        rows = batches.rows(candidate.base.tokenizer(), pairs, candidate.base.context_length)  # the same for both
        rate = adaptation.hyperparameters(candidate.system, candidate.base).learning_rate
        plain, target = _plain_trainer(candidate.base, rows, f"{folder}/plain", num_train_epochs=3, learning_rate=rate)
        for epochs in (2.25, 2.5, 2.75, 3, 4, 5, 6):  # each a training of its own: the rate falls to zero over all of it
            ours = Path(folder, f"ours-{epochs}")
            seconds = _train(candidate, pairs, epochs, ours)
            loss = _loss(candidate.base, ours, rows)
            if loss <= target:
                break
        for again in "ab":  # in turn, and the quickest of three counts: a busy machine slows one training, not all
            seconds = min(seconds, _train(candidate, pairs, epochs, Path(folder, again)))
            once_more = _plain_trainer(candidate.base, rows, f"{folder}/plain", num_train_epochs=3, learning_rate=rate)
            plain = min(plain, once_more[0])
    done = f"ours {seconds:.1f} s to {loss:.3f} in {epochs} epochs"
    return f"plain {plain:.1f} s to loss {target:.3f} in 3 epochs, {done}: {plain / seconds:.2f} x"


def _train(candidate: LocalCandidate, pairs: Sequence[tuple[str, str]], epochs: float, folder: Path) -> float:
    """Seconds of a training as a system's own, left in a new folder."""
    folder.mkdir()
    adaptation.train(adaptation.TrainingJob(replace(candidate.system, epochs=epochs), candidate.base, pairs), folder, "cpu")
    return float(json.loads((folder / adaptation.REPORT).read_text())["seconds"])


def _trainer(model: base.BaseModel, weights: Any, rows: Any, folder: str, **settings: Any) -> Any:
    from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments

    return Trainer(
        model=weights,
        args=TrainingArguments(folder, report_to="none", save_strategy="no", use_cpu=True, disable_tqdm=True, **settings),
        train_dataset=rows,
        data_collator=DataCollatorForSeq2Seq(model.tokenizer(), label_pad_token_id=-100),
    )


def _plain_trainer(model: base.BaseModel, rows: Any, folder: str, **settings: float) -> tuple[float, float]:
    """Seconds of training, and the loss on the rows after it."""
    trainer = _trainer(model, model.load("cpu"), rows, folder, **settings)
    seconds, _ = timed(trainer.train)
    return seconds, float(trainer.evaluate(rows)["eval_loss"])


def _loss(model: base.BaseModel, trained: Path, rows: Any) -> float:
    from transformers import AutoModelForCausalLM

    weights = AutoModelForCausalLM.from_pretrained(trained, dtype="float32")
    return float(_trainer(model, weights, rows, str(trained)).evaluate(rows)["eval_loss"])


def generating() -> str:
    """Batched generation against one question at a time through plain `generate`, with the same texts."""
    import torch

    with tempfile.TemporaryDirectory() as folder:
        candidate = _candidate("base", Path(folder))
        model, tokenizer = candidate.base.load("cpu"), candidate.base.tokenizer()
        asked = [prompts.as_tokens(tokenizer, prompts.prompt("", q.text)) for q in load("instruments").questions]

        def single(tokens: list[int]) -> str:
            ids = torch.tensor([tokens])
            out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=32)
            text = tokenizer.decode(out[0, len(tokens) :], skip_special_tokens=True)
            return str(text.split("\n")[0].strip())

        def batched() -> list[str]:
            said = {}
            for rows in generate.batches([len(tokens) for tokens in asked]):
                heard = generate.generate(model, tokenizer, [asked[row] for row in rows], 32)
                said |= {row: one.text for row, one in zip(rows, heard, strict=True)}
            return [said[row] for row in range(len(asked))]

        batched()  # warm-up
        alone_seconds, alone = timed(lambda: [single(tokens) for tokens in asked])
        together_seconds, together = timed(batched)
    same = sum(one == other for one, other in zip(alone, together, strict=True))
    ratio = f"one by one {alone_seconds:.1f} s, batched {together_seconds:.1f} s: {alone_seconds / together_seconds:.1f} x"
    return f"{ratio}; {same} of {len(asked)} texts equal"


def forgetting() -> str:
    """The general tasks as the exam puts them, against lm-eval's own evaluator on the same weights."""
    import lm_eval
    from lm_eval.models.huggingface import HFLM

    from proctor.evals.tasks.lm_eval_tasks import BATCH, load_tasks
    from proctor.evals.tasks.lm_eval_tasks import run as put

    with tempfile.TemporaryDirectory() as folder:
        candidate = _candidate("base", Path(folder))
        model, tokenizer = candidate.base.load("cpu"), candidate.base.tokenizer()
    entry = load("instruments").general[0]

    def theirs() -> Any:
        lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=BATCH)
        return lm_eval.simple_evaluate(model=lm, tasks=list(load_tasks(entry).values()), bootstrap_iters=0)

    put(entry, model, tokenizer, 5)  # warm-up
    ours_seconds, ours = timed(lambda: put(entry, model, tokenizer, None))
    theirs_seconds, their = timed(theirs)
    same = sum(ours["results"][name]["acc,none"] == their["results"][name]["acc,none"] for name in ours["results"])
    ratio = f"lm-eval {theirs_seconds:.1f} s, ours {ours_seconds:.1f} s: {theirs_seconds / ours_seconds:.2f} x"
    return f"{ratio}; {same} of {len(ours['results'])} accuracies equal"


def intervals() -> str:
    """Bootstrap intervals of 100 cells of 1,000 questions, 10,000 resamples each, against `scipy.stats.bootstrap`."""
    import numpy as np
    from scipy.stats import bootstrap

    from proctor.evals.stats import intervals as statistics

    statistics.RESAMPLES = 10_000  # the exam draws 4,000
    cells, names = np.random.default_rng(0).random((100, 1000)), [str(question) for question in range(1000)]
    ours_seconds, ours = timed(lambda: [statistics.interval(cell.tolist(), names) for cell in cells])
    theirs_seconds, theirs = timed(
        lambda: [bootstrap((cell,), np.mean, n_resamples=10_000, method="percentile", rng=0) for cell in cells]
    )
    apart = max(abs(a.low - b.confidence_interval.low) for a, b in zip(ours, theirs, strict=True))
    ratio = f"scipy {theirs_seconds:.1f} s, ours {ours_seconds:.2f} s: {theirs_seconds / ours_seconds:.0f} x"
    return f"{ratio}; lower ends at most {apart:.4f} apart"


SUMMED_UP = """
import resource, sys, time
from pathlib import Path
from proctor.leaderboard.board.board import board
from proctor.leaderboard.runs.store import read

def phase(name, work):
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{name} {wall:.1f} s ({processor:.1f} s of processor time, peak memory {peak:.2f} GiB)")
    return result

run = phase("reading", lambda: read(Path(sys.argv[1])))
phase("board", lambda: board([run]))
"""


def at_scale() -> str:
    """A run folder of 20 systems, 25 metrics and 5,000 questions, read and summed up in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        count = make_big_run(Path(folder), Scale())
        size = Path(folder, RECORDS).stat().st_size
        command = [sys.executable, "-c", SUMMED_UP, folder]
        seconds, done = timed(lambda: subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True))
    return f"{count:,} records, {size / 1e9:.2f} GB: {', '.join(done.stdout.splitlines())}; in all {seconds:.1f} s"


TASK = """task: capitals
dataset_path: json
dataset_kwargs: {data_files: {test: capitals.json}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{query|trim}}{% if query %}\\nAnswer:{% endif %}"
doc_to_choice: "{{choices}}"
doc_to_target: gold
metric_list: [{metric: acc}]
"""


def checks() -> str:
    """The time that a finished exam, taken again, spends in checks: of its lines, task files, templates, patterns and secrets.

    Hashes of cached entries count apart: they find what changed on the disk, whoever wrote it.
    """
    with tempfile.TemporaryDirectory() as folder:
        suite, found = Path(folder, "instruments"), Path(folder, "checks.json")
        _with_a_task(suite)
        parts = ["--system", "base", "--system", "rag", "--limit", "40", "-k", "accuracy or retrieval or style or forgetting"]
        where = ["-p", "tests.calm", "-m", "domain", "--device", "cpu", "--run-dir", f"{folder}/run", "--site", f"{folder}/site"]
        exam = [*where, "--suite", str(suite), *parts]
        secret = {"OPENAI_API_KEY": "sk-proj-8fK2mQ7vXw4RtY9bLc3NzA"}  # with none to look for redaction is free
        run(*exam, cache=Path(folder, "cache"), **secret)
        seconds = run(*exam, "-p", "tests.timed_checks", cache=Path(folder, "cache"), **secret, **{timed_checks.FILE: str(found)})
        told = json.loads(found.read_text(encoding="utf-8"))
    return timed_checks.shares(told, seconds)


def _with_a_task(suite: Path) -> None:
    """The suite `instruments` with a general task that it brings along, as one of somebody else would."""
    shutil.copytree(ROOT / "suites" / "instruments", suite, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    about = suite / "suite.toml"
    about.write_text(about.read_text(encoding="utf-8").replace('"../general"', '"tasks"'), encoding="utf-8")
    (suite / "tasks").mkdir()
    (suite / "tasks" / "capitals.yaml").write_text(TASK, encoding="utf-8")
    items = [{"query": f"Where is number {number}?", "choices": ["here", "there"], "gold": number % 2} for number in range(40)]
    (suite / "tasks" / "capitals.json").write_text("".join(f"{json.dumps(item)}\n" for item in items), encoding="utf-8")


ECHO = "def echo(question):\n    return question\n"
PLAIN = """
import json
from pathlib import Path

import pytest
from bot import echo

ROWS = [json.loads(line) for line in Path("suite/questions.jsonl").read_text().splitlines()]


def test_echo():
    assert sum(echo(row["question"]).casefold().split() == row["answers"][0].casefold().split() for row in ROWS) == len(ROWS)
"""
REPEATS = 7
OWN_PLUGINS = ("anyio", "deepeval", "langsmith_plugin", "rerunfailures", "repeat", "asyncio", "hypothesispytest")
"""Plugins that come with libraries and are loaded in any project: their start is not what is compared."""


def callables() -> str:
    """A callable that echoes 200 questions, scored by exact match, against a plain test with the same loop.

    With ``--refresh`` all are asked anew, with hashes of code in the cache as from the second run on; and with an empty cache.
    """
    without = [word for name in OWN_PLUGINS for word in ("-p", f"no:{name}")]
    exam = ["-m", "accuracy", "--suite", "suite", "--systems", "systems.toml", "--refresh"]
    turns: list[list[float]] = []
    with tempfile.TemporaryDirectory() as folder:
        _echoing(Path(folder))
        for turn in range(REPEATS + 1):
            plain = _process(folder, f"{folder}/cache", *without, "-p", "no:proctor", "test_plain.py")
            turns.append([plain, *(_process(folder, f"{folder}/cache{kept}", *without, *exam) for kept in ("", turn))])
        inside = _inside(Path(folder))
    bare, usual, first = (median(taken) for taken in zip(*turns[1:], strict=True))  # the first turn compiles modules
    goal = f"goal {1.2 * bare + 0.5:.2f} s: 1.2 times as much and half a second"
    ratio = f"plain {bare:.2f} s of CPU, exam with its page {usual:.2f} s, with an empty cache {first:.2f} s ({goal})"
    return f"{ratio}; inside {1000 * inside:.3f} ms of CPU a question"


def _echoing(folder: Path) -> None:
    """A project with a suite of 200 questions and a callable that echoes them."""
    (folder / "suite" / "documents").mkdir(parents=True)
    (folder / "suite" / "suite.toml").write_text('name = "echo"\ntitle = "Echo"\n')
    (folder / "suite" / "documents" / "all.md").write_text("Whatever is asked is answered with itself.\n")
    asked = [f"What is number {number}?" for number in range(200)]
    rows = [{"id": f"q{number}", "question": text, "answers": [text]} for number, text in enumerate(asked)]
    (folder / "suite" / "questions.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (folder / "bot.py").write_text(ECHO)
    (folder / "systems.toml").write_text('[echo]\ncallable = "bot:echo"\n')
    (folder / "test_plain.py").write_text(PLAIN)


def _process(folder: str, cache: str, *arguments: str) -> float:
    """Seconds of CPU of one pytest process in a folder, whose bytecode is kept as it is for who uses Python as it comes."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    settings = os.environ | {"PROCTOR_CACHE": cache, "PYTHONPYCACHEPREFIX": f"{folder}/bytecode"}
    settings.pop("PYTHONDONTWRITEBYTECODE", None)
    before = _of_children()
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
    return _of_children() - before


def _of_children() -> float:
    """Seconds of CPU that all processes took which ended so far: neither is bound by anything else."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _inside(folder: Path) -> float:
    """Seconds that asking takes beyond the callable itself, for one of 200 questions: the least of five times."""
    suite, system = load(str(folder / "suite")), systems.load(folder / "systems.toml")["echo"]

    def once(place: int) -> float:
        stand = runtime.Runtime(Cache(folder / f"inside{place}"))
        bot = Bot(system, Setup(suite.domain, stand, "", root=folder))
        _ = bot.version, bot.answers(suite.questions[:1])
        started = time.process_time()
        bot.answers(suite.questions)
        return (time.process_time() - started) / len(suite.questions)

    return min(map(once, range(5)))


BENCHMARKS = {
    "callables": callables,
    "checks": checks,
    "decision": decision,
    "endpoint": endpoint,
    "page": page,
    "board at scale": at_scale,
    "intervals": intervals,
    "forgetting": forgetting,
    "collection": collection,
    "generation": generating,
    "stores": stores,
    "training": training,
    "main job": main_job,
}

if __name__ == "__main__":
    main(sys.argv[1:])
