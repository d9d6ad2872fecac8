"""What is behind the figures: questions, what each system read and said, and every score, in parts that a page loads one by one.

    list         every question: id, text, references, evidence, tags, cluster; and which metrics and systems there are
    scores-N     one metric: the values of all questions for each system, means over its seeds
    block-N      what was read and said, and every score with its reason, for the questions from N x BLOCK on
    retrieval    the questions whose evidence was lost, or answered wrongly all the same, for each system that looks passages up

Texts and passages that come again and again are written once a part, and referred to by their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proctor.core.schema import Answer, Question
from proctor.evals.axes.catalogue import aside, axis
from proctor.evals.axes.losses import CAUSES
from proctor.leaderboard.analysis.recall import LostOf
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.runs.lost import Lost
from proctor.leaderboard.runs.records import Records, grouped
from proctor.leaderboard.runs.store import Run
from proctor.leaderboard.site.packing import Scored, scored

BLOCK = 100
"""Questions in one part."""
LONGEST = 20_000
"""Letters kept of one text; the run folder has the rest."""

PassagePlace = tuple[str, str]
"""Suite and base model."""
Seeded = tuple[str, int]
"""System and seed."""


@dataclass
class PassageTable:
    """Texts, or other things, by the place at which they first came."""

    places: dict[Any, int] = field(default_factory=dict)

    def __getitem__(self, thing: Any) -> int:
        """The place of a thing; the next one where it is new."""
        return self.places.setdefault(thing, len(self.places))


@dataclass
class Details:
    """All that was asked and said on one suite with one base model."""

    questions: dict[str, Question] = field(default_factory=dict)
    """By id, in the order in which they were first asked."""
    said: dict[Seeded, dict[str, list[Any]]] = field(default_factory=dict)
    """System and seed -> question -> the answer: see `_answer`."""
    passages: PassageTable = field(default_factory=PassageTable)
    """Document and text of every passage that was shown."""
    scores: Sequence[Scored] = ()
    """Of each metric that was taken of these questions."""
    lost: Mapping[str, Lost] = field(default_factory=dict)
    """System -> where the evidence of its questions was lost."""
    by: str = ""
    """The metric by which answers are right."""

    def parts(self) -> Iterator[tuple[str, Any]]:
        """Name and content of each part; none where no answers were kept."""
        if not self.questions:
            return
        yield "list", self._list()
        for number, metric in enumerate(self.scores):
            yield f"scores-{number}", metric.of_systems()
        passages, asked = list(self.passages.places), list(self.questions)
        for number, start in enumerate(range(0, len(asked), BLOCK)):
            yield f"block-{number}", self._block(start, asked[start : start + BLOCK], passages)
        if self.lost:
            yield "retrieval", self._lost()

    def _list(self) -> dict[str, Any]:
        metrics = [metric.first for metric in self.scores]
        return {
            "block": BLOCK,
            "systems": list(dict.fromkeys(system for system, _ in self.said)),
            "metrics": [
                {
                    "name": one.metric,
                    "axis": axis(one.metric),
                    "aside": aside(one.metric),
                    "unit": one.unit,
                    "better": one.better,
                    "judge": one.judge,
                }
                for one in metrics
            ],
            "questions": [_asked(one) for one in self.questions.values()],
        }

    def _block(self, start: int, asked: Sequence[str], passages: Sequence[tuple[str, str]]) -> dict[str, Any]:
        texts, shown = PassageTable(), PassageTable()
        answers = [[_placed(rows.get(question), texts, shown) for question in asked] for rows in self.said.values()]
        scores = [
            [number, who, values, _reasons(reasons, texts)]
            for number, metric in enumerate(self.scores)
            for who, seeded in enumerate(self.said)
            for values, reasons in metric.of_seed(*seeded, start, start + len(asked))
        ]
        return {
            "systems": [list(seeded) for seeded in self.said],
            "answers": answers,
            "scores": scores,
            "passages": [[document, texts[_cut(text)]] for document, text in (passages[place] for place in shown.places)],
            "texts": list(texts.places),
        }

    def _lost(self) -> dict[str, Any]:
        """Of each system the questions that failed, cause by cause: place, cause, whether it was answered right, and the pieces.

        A piece: document, cause, rank (0: none), and the text that should have been found by its place, -1 where it was.
        """
        places, texts = {question: place for place, question in enumerate(self.questions)}, PassageTable()
        causes = list(CAUSES)
        found = {}
        for system, one in self.lost.items():
            right = self._right(system)
            rows: list[list[Any]] = []
            for each in one.questions:
                value = right.get(each.question)
                if each.question in places and (each.cause != "shown" or (value is not None and value < 1)):
                    pieces = [[p.document, p.cause, p.rank or 0, texts[p.text] if p.text else -1] for p in each.pieces]
                    rows.append([places[each.question], each.cause, None if value is None else int(value == 1), pieces])
            found[system] = sorted(rows, key=lambda row: (causes.index(row[1]), row[0]))
        return {"systems": found, "texts": list(texts.places)}

    def _right(self, system: str) -> Mapping[str, float]:
        """Question -> the value by which it was answered right, where it has one."""
        found = next((metric for metric in self.scores if metric.first.metric == self.by), None)
        return Series(found.systems[system]).values if found and system in found.systems else {}


def behind(
    runs: Sequence[Run], records: Records, lost: LostOf | None = None, by: Mapping[PassagePlace, str] | None = None
) -> dict[PassagePlace, Details]:
    """What is behind each section. A system's answers come from the last run that kept them."""
    found: dict[PassagePlace, Details] = {}
    for (suite, base_model, system, seed), run in _latest(runs):
        section = found.setdefault((suite, base_model), Details())
        said = section.said[system, seed] = {}
        for row in run.answers(suite, base_model, system, seed):
            section.questions.setdefault(row.question.id, row.question)
            said[row.question.id] = _answer(row.answer, section.passages)
    for place, rows in grouped(records, "suite", "base_model").items():
        if place in found:
            found[place].scores = scored(rows, list(found[place].questions))
    for (suite, base_model, system), one in (lost or {}).items():
        if (suite, base_model) in found:
            section = found[suite, base_model]
            section.lost = {**section.lost, system: one}
            section.by = (by or {}).get((suite, base_model), "")
    return found


def _latest(runs: Sequence[Run]) -> list[tuple[tuple[str, str, str, int], Run]]:
    """The last run that kept the answers of each system and seed, in the order of the table of systems."""
    found = {key: run for run in runs for key in run.answer_files}
    tables = (run.provenance.get("systems") for run in runs)
    order = list(dict.fromkeys(name for table in tables if isinstance(table, Mapping) for name in table))

    def position(pair: tuple[tuple[str, str, str, int], Run]) -> tuple[Any, ...]:
        suite, base_model, system, seed = pair[0]
        return (suite, base_model, order.index(system) if system in order else len(order), system, seed)

    return sorted(found.items(), key=position)


def tags(sections: Mapping[PassagePlace, Details]) -> dict[tuple[str, str], frozenset[str]]:
    """Suite and tag -> the questions that bear it."""
    found: dict[tuple[str, str], set[str]] = {}
    for (suite, _), section in sections.items():
        for question in section.questions.values():
            for tag in question.tags:
                found.setdefault((suite, tag), set()).add(question.id)
    return {key: frozenset(items) for key, items in found.items()}


def _asked(question: Question) -> list[Any]:
    lists = (list(map(_cut, texts)) for texts in (question.references, question.evidence, question.tags))
    return [question.id, _cut(question.text), *lists, question.cluster]


def _answer(answer: Answer, passages: PassageTable) -> list[Any]:
    """Text, prompt, [passage, score] of each context, citations, seconds, tokens, prompt tokens, cut, error, true if absent."""
    contexts = answer.contexts
    shown = None if contexts is None else [(passages[c.document, c.text], round(c.score, 4)) for c in contexts]
    rest = (list(answer.citations), answer.seconds, answer.tokens, answer.prompt_tokens, answer.cut, answer.error)
    return [_cut(answer.text), _cut(answer.prompt), shown, *rest, *[True] * answer.absent]


def _placed(answer: list[Any] | None, texts: PassageTable, shown: PassageTable) -> list[Any] | None:
    """The same with texts and passages by their places in one part."""
    if answer is None:
        return None
    text, prompt, contexts, *rest = answer
    placed = None if contexts is None else [[shown[passage], score] for passage, score in contexts]
    return [texts[text], texts[prompt], placed, *rest]


def _reasons(reasons: Sequence[str], texts: PassageTable) -> int | list[int]:
    """Their places, -1 where there is none; one number where all are the same."""
    places = [texts[_cut(reason)] if reason else -1 for reason in reasons]
    return places[0] if len(set(places)) == 1 else places


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\u2026 ({len(text) - LONGEST} more letters in the run folder)"
