"""Recall of a set in BEIR's layout, from the import to the axis, is that of ir_measures on what was found, with every store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from proctor.cli import main
from proctor.core.schema import Answer, Context, Suite
from proctor.core.storage.cache import Cache
from proctor.evals.axes import retrieval
from proctor.evals.testing import fakes
from proctor.models.retrieval.index import Index
from proctor.models.runtime import Runtime
from proctor.models.stores import named
from proctor.models.systems import System
from proctor.suites.loading.load import load
from tests import tiny
from tests.models.stores import places
from tests.sample_evaluation import evaluation, scores

CUTS = (1, 3, 5, 10)
THINGS = ("lamp", "door", "cart", "bell", "gate", "rope", "sail", "oven", "drum", "desk", "vase", "kite")
COLOURS = ("red", "blue", "green")


class Recall(NamedTuple):
    """Of one question, at one place."""

    ours: float
    theirs: float


def recalls(suite: Suite, found: dict[str, tuple[Context, ...]]) -> dict[tuple[str, int], Recall]:
    """By question and place: by the axis, or by its function where it has no figure of that place; and by ir_measures."""
    import ir_measures

    answers = {name: Answer(name, "x", contexts) for name, contexts in found.items()}
    sheet = evaluation(fakes.canned(answers, retrieves=True), suite)
    table = scores(retrieval.AXIS, sheet)
    qrels = [ir_measures.Qrel(question.id, one, 1) for question in suite.questions for one in question.evidence]
    run = [
        ir_measures.ScoredDoc(name, document, -float(place))
        for name, contexts in found.items()
        for place, document in enumerate(dict.fromkeys(one.document for one in contexts))
    ]
    measures = {ir_measures.R @ k: k for k in CUTS}
    theirs = {(row.query_id, measures[row.measure]): row.value for row in ir_measures.iter_calc(list(measures), qrels, run)}
    known = retrieval.Held(sheet, suite.questions)

    def ours(name: str, k: int) -> float:
        if k in retrieval.RECALL:
            return table[retrieval.RECALL[k].name][name].value or 0.0
        (question,) = (one for one in suite.questions if one.id == name)
        ranking = retrieval._ranking(known, question, answers[name])
        return retrieval._recall(known.holders.pieces(question.evidence), ranking[:k])

    return {(name, k): Recall(ours(name, k), value) for (name, k), value in theirs.items()}


def looked_up(system: System, suite: Suite, cache: Cache) -> dict[str, tuple[Context, ...]]:
    """What a system finds for each question."""
    index = Index(system, suite.domain.documents, Runtime(cache), None)
    found = index.retrieve([question.text for question in suite.questions], system.top_k)
    return {question.id: tuple(contexts) for question, contexts in zip(suite.questions, found, strict=True)}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Things of several colours; asked are a thing of one colour, and all that have a colour and a place."""
    folder = tmp_path_factory.mktemp("beir")
    rooms = ("hall", "yard", "barn", "loft")
    texts = {
        f"{colour}-{thing}": f"The {colour} {thing} stands in the {rooms[(at + len(colour)) % 4]}. It was made in {1900 + at}."
        for colour in COLOURS
        for at, thing in enumerate(THINGS)
    }
    asked = {f"q-{name}": (f"Where is the {name.replace('-', ' ')}?", [name]) for name in texts}
    for room in rooms:
        asked[f"all-{room}"] = (f"What stands in the {room}?", [name for name, text in texts.items() if room in text])
    rows = {
        "corpus.jsonl": [{"_id": name, "title": "", "text": text} for name, text in texts.items()],
        "queries.jsonl": [{"_id": name, "text": text} for name, (text, _) in asked.items()],
    }
    for name, lines in rows.items():
        (folder / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    judged = "".join(f"{name}\t{one}\t1\n" for name, (_, relevant) in asked.items() for one in relevant)
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}")
    assert main(["import", "beir", str(folder), str(folder / "suite")]) in (0, None)
    return load(str(folder / "suite"))


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> System:
    """With an embedder that costs nothing."""
    embedder = str(tiny.embedder(tmp_path_factory.mktemp("tiny")))
    return System("dense", retrieve="dense", embedder=embedder, top_k=max(CUTS))


@pytest.fixture(params=[*named.IN_PROCESS, *places.PARAMS])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param in named.IN_PROCESS:
        yield request.param
        return
    with places.having(request.param, tmp_path / "store") as written:
        yield written


@pytest.mark.slow
def test_recall_with_every_store_is_that_of_ir_measures(store: str, suite: Suite, dense: System, tmp_path: Path) -> None:
    found = looked_up(replace(dense, store=store), suite, Cache(tmp_path / "cache"))
    table = recalls(suite, found)
    assert len(table) == len(suite.questions) * len(CUTS)
    assert {key: one.ours for key, one in table.items()} == pytest.approx({key: one.theirs for key, one in table.items()})
    assert 0 < mean([one.ours for (_, k), one in table.items() if k == 10]) < 1


@pytest.mark.slow
def test_the_same_rag_on_every_store_finds_the_same(store: str, suite: Suite, dense: System, tmp_path: Path) -> None:
    asked = {"plain": dense, "stored": replace(dense, store=store)}
    found = {name: looked_up(one, suite, Cache(tmp_path / name)) for name, one in asked.items()}
    tables = [{key: one.ours for key, one in recalls(suite, each).items()} for each in found.values()]
    assert tables[0] == tables[1]


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
