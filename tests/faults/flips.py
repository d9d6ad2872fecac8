"""Files of a run, a saved run and a cache are cut, emptied, changed and doubled: nothing else may be read then, and none told.

said        what was damaged was made again, and a message tells of it
made anew   it was made again without a message, as it looked like work not done yet
harmless    what is read is the same
refused     a message names the file
changed     something else is read, and nobody is told
traceback   an error that names no remedy
"""

from __future__ import annotations

import logging
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from proctor.core.schema import InputError

COUNT = 2
"""Flipped bits of each file, beside the other mutations."""
OUTCOMES = ("said", "made anew", "harmless", "refused", "changed", "traceback")
Read = Callable[[Path], Any]
"""From a folder to what it says."""
log = logging.getLogger("proctor")


def run(seed: int, count: int = COUNT) -> Iterator[str]:
    """The lines of a table: of each kind of file how many mutations ended how, and what the reader's exam made of them."""
    yield f"| file | mutations | {' | '.join(OUTCOMES)} |"
    yield "|---|---|" + "---|" * len(OUTCOMES)
    with tempfile.TemporaryDirectory() as place:
        for kinds in (_of_run, _of_cache):
            for name, tally in kinds(Path(place), seed, count).items():
                yield f"| {name} | {tally.total()} | {' | '.join(str(tally[outcome]) for outcome in OUTCOMES)} |"


def mutations(data: bytes, chance: random.Random, count: int) -> Iterator[bytes]:
    """Other bytes in their place: what a disk, a kill or an editor leaves."""
    rows = data.splitlines(keepends=True)
    yield from (b"", b"{}", b"[]", data[: len(data) // 2], data + data[: len(data) // 2])
    yield b"".join(rows[:-1])
    yield b"".join([*rows, rows[chance.randrange(len(rows))]])
    for _ in range(count if data else 0):
        place = chance.randrange(len(data))
        yield data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def _of_run(home: Path, seed: int, count: int) -> dict[str, Counter[str]]:
    """The files of a run, as those who publish it, hold it against another or save it read them."""
    from proctor.leaderboard.runs import saved as baseline
    from proctor.leaderboard.runs.store import read
    from tests.sample_run import Sample, make_run

    whole = make_run(home / "run", Sample(questions=8))
    baseline.save(read(whole), home / "saved" / "run.json")

    def all_of(folder: Path) -> Any:
        ran = read(folder)
        return ran.records, ran.provenance, {key: ran.answers(*key) for key in ran.answer_files}

    def saved(folder: Path) -> Any:
        ran = baseline.load(folder / "run.json")
        return ran.records, ran.provenance

    kinds: dict[str, tuple[Path, str, Read]] = {
        "records.jsonl": (whole, "records.jsonl", all_of),
        "answers/…jsonl": (whole, "answers/instruments/tiny/rag-0.jsonl", all_of),
        "provenance.json": (whole, "provenance.json", all_of),
        "contents.json": (whole, "contents.json", all_of),
        "saved run": (home / "saved", "run.json", saved),
    }
    return {name: _tally(home, *kind, seed, count) for name, kind in kinds.items()}


def _of_cache(home: Path, seed: int, count: int) -> dict[str, Counter[str]]:
    """The files of a cache, as the next exam reads them: a tiny model that is trained and asked about a few documents."""
    from proctor.core.storage.cache import Cache
    from proctor.evals.axes import accuracy
    from proctor.evals.exam import EvalContext, Exam
    from proctor.evals.judges.protocols import load_judge
    from proctor.models.base.base import find
    from proctor.models.candidates.local import LocalCandidate
    from proctor.models.runtime import Runtime
    from proctor.models.systems import System
    from proctor.suites.loading.load import load
    from tests import tiny

    model = tiny.causal_lm(home / "model")
    suite = load("instruments")
    known = {document.id for document in suite.domain.documents[:4]}
    examples = tuple(example for example in suite.domain.examples if example.evidence and known.issuperset(example.evidence))
    few = replace(suite.domain, documents=suite.domain.documents[:4], examples=examples[:8])
    suite = replace(suite, domain=few, questions=suite.questions[:4])
    system = System("hybrid", adapt="lora", retrieve="bm25", rank=4, epochs=1, max_new_tokens=4)

    def asked(folder: Path) -> Any:
        cache = Cache(folder)
        base = find(str(model), cache)
        candidate = LocalCandidate(system, base, suite.domain, Runtime(cache))
        evaluation = EvalContext(suite, suite.questions, candidate, candidate, load_judge("lexical"), cache)
        records: list[Any] = []
        Exam(evaluation, records.extend).run(accuracy.AXIS)
        said = [replace(answer, seconds=0) for answer in evaluation.answers]
        weights = candidate._weights.folder()
        return records, said, (weights / "adapter_model.safetensors").read_bytes() if weights else b""

    asked(home / "cache")
    cold = shutil.copytree(home / "cache", home / "cold", ignore=shutil.ignore_patterns("answers", "scores", "taken", "adapted"))
    files = sorted(path.relative_to(home / "cache") for path in (home / "cache").rglob("*") if path.is_file())
    found: dict[str, Counter[str]] = {}
    for file in files:
        if file.suffix != ".lock":
            name = f"cache: {file.parts[0]}/…{file.suffix if file.suffix == '.lines' else f'/{file.name}'}"
            whole = cold if (cold / file).is_file() else home / "cache"  # else nobody would look at it again
            found.setdefault(name, Counter()).update(_tally(home, whole, str(file), asked, seed, count))
    return found


def _tally(home: Path, whole: Path, file: str, look: Read, seed: int, count: int) -> Counter[str]:
    chance, tally = random.Random(f"{file} {seed}"), Counter[str]()  # noqa: S311
    expected = look(shutil.copytree(whole, home / "whole"))
    shutil.rmtree(home / "whole")
    data = (whole / file).read_bytes()
    for other in mutations(data, chance, count):
        if other != data:
            folder = shutil.copytree(whole, home / "damaged")
            (folder / file).write_bytes(other)
            tally[_outcome(folder, file, look, expected)] += 1
            shutil.rmtree(folder)
    return tally


def _outcome(folder: Path, file: str, look: Read, expected: Any) -> str:
    told: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    log.addHandler(handler)
    before = (folder / file).read_bytes()
    try:
        found = look(folder)
    except InputError as error:
        return "refused" if str(folder) in str(error) else "traceback"
    except Exception:
        log.exception("%s", file)
        return "traceback"
    finally:
        log.removeHandler(handler)
    if found != expected:
        return "changed"
    if any(str(folder) in text for text in told):
        return "said"
    return "harmless" if (folder / file).is_file() and (folder / file).read_bytes() == before else "made anew"
