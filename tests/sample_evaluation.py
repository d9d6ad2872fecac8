"""A small suite and sheets on it, for the tests of the axes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from proctor.core.schema import Document, Domain, Question, Score, Style, Suite
from proctor.core.storage.cache import Cache
from proctor.evals.candidate import Candidate
from proctor.evals.exam import Axis, EvalContext, item_scores
from proctor.evals.judges.protocols import Judge, load_judge
from proctor.evals.testing.fakes import mute

DOCUMENTS = (
    Document("kestrel", "The Kestrel 40 is made by Orbis. Its warranty lasts 3 years. It weighs 12 kg."),
    Document("falcon", "The Falcon 9 comes from Lyra. Its warranty lasts 5 years. It weighs 7 kg."),
    Document("orbis", "Orbis has its seat in Turin. It was founded in 1931."),
)
QUESTIONS = (
    Question("warranty", "How long is the warranty of the Kestrel 40?", ("3 years", "three years"), ("kestrel",)),
    Question("seat", "Where does the maker of the Kestrel 40 have its seat?", ("Turin",), ("kestrel", "orbis")),
    Question("colour", "What colour is the Kestrel 40?"),
    Question("loose", "What is the capital of Italy?", ("Rome",)),
)


def suite(*questions: Question, style: Style | None = None, general: Iterable[str] = ()) -> Suite:
    return Suite("bench", "Bench", "1", Domain(DOCUMENTS), questions or QUESTIONS, style=style, general=tuple(general))


def evaluation(candidate: Candidate, asked: Suite | None = None, judge: Judge | None = None, **fields: Any) -> EvalContext:
    asked = asked or suite()
    known = {"base": mute(), "cache": Cache(Path("unused")), **fields}
    return EvalContext(asked, asked.questions, candidate, judge=judge or load_judge("lexical"), **known)


def scores(axis: Axis, on: EvalContext) -> dict[str, dict[str, Score]]:
    """metric -> item -> score; every pair once."""
    found: dict[str, dict[str, Score]] = {}
    for metric, item, _, score in item_scores(axis, on):
        assert item not in found.setdefault(metric.name, {})
        found[metric.name][item] = score
    return found
