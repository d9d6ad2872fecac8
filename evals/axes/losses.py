"""Where the evidence of a question was lost on its way into the prompt, question by question.

A piece of evidence is a document that a question names. What must be found of it is a passage that holds the text by which the
suite names the evidence or, where it names none, a reference answer; where neither stands in the document, any of its passages
will do. `retrieval.recall@k` asks less: there, any passage of the document counts.

Passages are looked up once more, `LOOKED` of them for each question, so that it is known how far down the missing ones stand.
Where a reranker or MMR chooses among them, only those are looked up that it is handed anyway, as more may cost money.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from proctor.core.code import code_of
from proctor.core.language.holders import Held, bare
from proctor.core.language.text import holds
from proctor.core.schema import Answer, Context, InputError, Question, UnreachedError
from proctor.core.storage.cache import digest
from proctor.evals.candidate import Searches
from proctor.evals.exam import EvalContext

log = logging.getLogger("proctor")

FORMAT = 1
FILE = "lost.json"
FOLDER = "retrieval"
"""The file that tells of a system, and the folder of a run that it is in."""
LOOKED = 50
"""Passages looked up for each question."""
LONGEST = 800
"""Letters kept of a missing text."""

CAUSES = {
    "split": "no passage holds it whole",
    "far": "not among the first passages looked up",
    "unseen": "not shown; the passages behind cannot be looked up",
    "beyond": "found, but further down than is shown",
    "reranked": "found, and not among the first that the reranker chose",
    "diverse": "found, and passed over by MMR",
    "cut": "found, and cut for want of room",
    "shown": "shown",
}
"""What became of a piece of evidence, from the documents to the prompt. Of several pieces, a question has the first."""


@dataclass(frozen=True)
class Piece:
    """One piece of evidence."""

    document: str
    cause: str
    """One of `CAUSES`."""
    rank: int | None
    """The place of the first passage that holds it, from 1; None where none of those looked up does."""
    text: str = ""
    """What should have been found; empty where it was."""


@dataclass(frozen=True)
class Trace:
    """What is known of the way of one piece of evidence."""

    seen: bool
    """Whether it stands in the prompt."""
    whole: bool | None
    """Whether a passage of the index holds it; None where the passages are not known."""
    rank: int | None
    """Its place among the passages looked up, as the last stage has them that puts them in order."""
    searched: bool
    """Whether they could be."""
    top_k: int
    """Passages that the system shows."""
    cut: int
    """Passages that were left out for want of room."""
    dropped: str = ""
    """Which stage was handed it and did not choose it: "reranked", "diverse" or none."""

    @property
    def cause(self) -> str:
        """What became of it: one of `CAUSES`."""
        if self.seen:
            return "shown"
        if self.whole is False:
            return "split"
        if not self.searched:
            return "unseen"
        if self.rank is None:
            return "far"
        if self.dropped:
            return self.dropped
        return "cut" if self.cut and self.rank <= self.top_k else "beyond"


def first(causes: Sequence[str]) -> str:
    """The one of several causes that comes first on the way to the prompt."""
    return min(causes, key=list(CAUSES).index)


def files(evaluation: EvalContext) -> Mapping[str, str]:
    """The file of a run that tells of every question with evidence, as JSON; made once for the same answers."""
    candidate = evaluation.candidate
    key = digest(
        code_of(__name__),
        [evaluation.suite.version, candidate.version, candidate.seed, sorted(candidate.abilities)],
        [question.id for question in evaluation.questions],
    )
    if evaluation.cache.has("lost", key):
        return {FILE: json.dumps(evaluation.cache.json("lost", key, dict), ensure_ascii=False)}
    told = traced(evaluation)
    if not told["why"]:
        evaluation.cache.json("lost", key, lambda: told)
    return {FILE: json.dumps(told, ensure_ascii=False)}


def traced(evaluation: EvalContext) -> dict[str, Any]:
    """Of every question with evidence and an answer of which the passages are known: what became of each piece.

    ``looked`` is how many passages were looked up for a question, or shown where none can be; ``why`` says why they could not,
    where that is no property of the system.
    """
    asked = [(question, answer) for question, answer in evaluation.answered if question.evidence and answer.contexts is not None]
    found, looked, why = _looked_up(evaluation, [question for question, _ in asked])
    tracer = _Tracer(evaluation, [question for question, _ in asked])
    rows = []
    for place, (question, answer) in enumerate(asked):
        pieces = tracer.pieces(question, answer, found[place] if found else None)
        row = {"question": question.id, "cluster": question.cluster or question.id, "cause": first([one.cause for one in pieces])}
        rows.append(row | {"pieces": [vars(one) for one in pieces]})
    most = max((len(answer.contexts or ()) + answer.cut for _, answer in asked), default=0)
    top_k = tracer.top_k or most
    return {
        "format": FORMAT,
        "searched": found is not None,
        "looked": looked if found is not None else most,
        "top_k": top_k,
        "why": why,
        "questions": rows,
    }


RERANKED, DIVERSE = "reranked", "mmr"
"""The stages of a search that choose, by the names that they have among its steps."""
CHOOSING = {RERANKED: "reranked", DIVERSE: "diverse"}
"""Stage -> the cause where it does not choose what it was handed."""


class Looked(NamedTuple):
    """What was looked up for one question."""

    found: Sequence[Context]
    """Before anything was chosen among it, best first."""
    chosen: Mapping[str, Sequence[Context]] = MappingProxyType({})
    """Stage -> what it handed on, for those that choose."""


def _looked_up(evaluation: EvalContext, questions: Sequence[Question]) -> tuple[list[Looked] | None, int, str]:
    """The passages of each question, or None; how many they are; and why there are none where there should be."""
    if not {"retrieves", "reads"} <= evaluation.candidate.abilities:
        return None, 0, ""
    candidate = cast("Searches", evaluation.candidate)
    try:
        if steps := _chosen(candidate, questions):
            return steps, max(len(one.found) for one in steps), ""
        count = max(LOOKED, candidate.top_k)
        return [Looked(passages) for passages in candidate.retrieve(questions, count)], count, ""
    except (OSError, InputError, UnreachedError) as error:
        log.warning("%s: what stands further down than is shown is not known: %s", candidate.name, error)
        return None, 0, str(error)


def _chosen(candidate: Any, questions: Sequence[Question]) -> list[Looked]:
    """What each stage handed on, of a search in which some stage chooses; else nothing.

    Such a candidate has ``steps``: questions -> for each the (stage, passages) in order, retrievers and their fusion first.
    """
    steps = getattr(candidate, "steps", None)
    if steps is None or not questions or not {RERANKED, DIVERSE} & {stage for stage, _ in steps(questions[:1])[0]}:
        return []
    return [_told(one) for one in steps(questions)]


def _told(steps: Sequence[tuple[str, Sequence[Context]]]) -> Looked:
    places = [place for place, (stage, _) in enumerate(steps) if stage in (RERANKED, DIVERSE)]
    return Looked(steps[places[0] - 1][1], {steps[place][0]: steps[place][1] for place in places})


class _Tracer:
    """What is known of the documents, and of the passages that a system's index has of them."""

    def __init__(self, evaluation: EvalContext, questions: Sequence[Question]) -> None:
        candidate = evaluation.candidate
        self._held = Held(evaluation, questions)
        self._texts = {document.id: bare(document.text) for document in evaluation.suite.domain.documents}
        searches = {"retrieves", "reads"} <= candidate.abilities
        self.top_k = cast("Searches", candidate).top_k if searches else 0
        self._passages: Mapping[str, tuple[Context, ...]] = {}
        if searches and "reindexes" in candidate.abilities:  # else the passages were made elsewhere
            names = list(dict.fromkeys(name for question in questions for name in question.evidence))
            self._passages = cast("Searches", candidate).chunks_of(names)

    def pieces(self, question: Question, answer: Answer, found: Looked | None) -> list[Piece]:
        """What became of each piece of a question's evidence."""
        return [self._piece(question, piece, answer, found) for piece in self._held.holders.pieces(question.evidence)]

    def _piece(self, question: Question, piece: str, answer: Answer, found: Looked | None) -> Piece:
        needed = self._needed(question, piece)
        shown = self._rank(question, piece, needed, answer.contexts or ())
        rank, dropped = (shown, "") if found is None else self._way(question, piece, needed, found)
        holding = self._holding(question, piece, needed)
        whole = None if holding is None else bool(holding)
        trace = Trace(shown is not None, whole, rank, found is not None, self.top_k, answer.cut, dropped)
        text = "" if trace.seen else _short(holding[0].text if holding else self._around(piece, needed))
        return Piece(piece, trace.cause, rank or shown, text)

    def _way(self, question: Question, piece: str, needed: Sequence[str], looked: Looked) -> tuple[int | None, str]:
        """The place of a piece once all have chosen, and which stage did not choose it."""
        rank, dropped = self._rank(question, piece, needed, looked.found), ""
        for stage, passages in looked.chosen.items() if rank else ():
            place = self._rank(question, piece, needed, passages)
            chosen, before = place is not None and place <= self.top_k, rank
            rank = place or max(rank or 0, len(passages) + 1)
            if not chosen and not dropped and (stage == RERANKED or (before or 0) <= self.top_k):
                dropped = CHOOSING[stage]
        return rank, dropped

    def _needed(self, question: Question, piece: str) -> tuple[str, ...]:
        """The texts of which a passage must hold one; none where any passage of the document will do."""
        text = self._texts.get(piece, "")
        quoted = tuple(one for one in map(bare, question.quotes) if one and one in text)
        return quoted or tuple(one for one in question.references if holds(text, one))

    def _rank(self, question: Question, piece: str, needed: Sequence[str], passages: Sequence[Context]) -> int | None:
        places = enumerate(passages, 1)
        return next((place for place, one in places if self._is_of(question, piece, one) and _has(one, needed)), None)

    def _is_of(self, question: Question, piece: str, passage: Context) -> bool:
        return piece in self._held.shown(question, passage)

    def _holding(self, question: Question, piece: str, needed: Sequence[str]) -> list[Context] | None:
        """The passages of the index that hold a piece; None where they are not known."""
        names = [name for name in question.evidence if self._held.holders.same(name) == piece and name in self._passages]
        return [one for name in names for one in self._passages[name] if _has(one, needed)] if names else None

    def _around(self, piece: str, needed: Sequence[str]) -> str:
        """The part of a document around the first of the texts that stand in it; its beginning where that is not found."""
        text = self._texts.get(piece, "")
        at = next((place for place in (text.casefold().find(one.casefold()) for one in needed) if place >= 0), 0)
        start = max(0, at - LONGEST // 4)
        return f"{'… ' if start else ''}{text[start:]}"


def _has(passage: Context, needed: Sequence[str]) -> bool:
    """Whether a passage holds one of the texts; any does where none is needed."""
    text = bare(passage.text)
    return not needed or any(one in text or holds(text, one) for one in needed)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
