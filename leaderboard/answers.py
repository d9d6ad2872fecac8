"""What is behind the figures: questions, what each system read and said, and every score, in parts that a page loads one by one.

    list         every question: id, text, references, evidence, tags, cluster; and which measures and systems there are
    scores-N     one measure: the value of every question for each system, over its seeds
    block-N      what was read and said, and every score with its reason, for the questions from N x BLOCK on

Texts and passages that come again and again are written once a part, and referred to by their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evals.schema import Answer, Question, Record
from leaderboard.axes import axis, rank
from leaderboard.baseline import LETTERS
from leaderboard.series import Series, grouped
from leaderboard.store import Run

BLOCK = 100
"""Questions in one part."""
LONGEST = 20_000
"""Letters kept of one text; the run folder has the rest."""

Place = tuple[str, str]
"""Suite and base model."""
Seeded = tuple[str, int]
"""System and seed."""


@dataclass
class Table:
    """Texts, or other things, by the place at which they first came."""

    places: dict[Any, int] = field(default_factory=dict)

    def __getitem__(self, thing: Any) -> int:
        """The place of a thing; the next one where it is new."""
        return self.places.setdefault(thing, len(self.places))


@dataclass
class Behind:
    """All that was asked and said on one suite with one base model."""

    questions: dict[str, Question] = field(default_factory=dict)
    """By id, in the order in which they were first asked."""
    said: dict[Seeded, dict[str, list[Any]]] = field(default_factory=dict)
    """System and seed -> question -> the answer: see `_answer`."""
    passages: Table = field(default_factory=Table)
    """Document and text of every passage that was shown."""
    scores: dict[str, dict[str, list[Record]]] = field(default_factory=dict)
    """Measure -> system -> its records about these questions."""

    @property
    def measures(self) -> list[str]:
        """In the order of the board."""
        return sorted(self.scores, key=rank)

    def parts(self) -> Iterator[tuple[str, Any]]:
        """Name and content of each part; none where no answers were kept."""
        if not self.questions:
            return
        yield "list", self._list()
        for number, measure in enumerate(self.measures):
            yield f"scores-{number}", {system: _column(rows, self.questions) for system, rows in self.scores[measure].items()}
        blocks = _Blocks(self)
        asked = list(self.questions)
        for number, start in enumerate(range(0, len(asked), BLOCK)):
            yield f"block-{number}", blocks.block(asked[start : start + BLOCK])

    def _list(self) -> dict[str, Any]:
        firsts = {measure: next(iter(self.scores[measure].values()))[0] for measure in self.measures}
        return {
            "block": BLOCK,
            "systems": list(dict.fromkeys(system for system, _ in self.said)),
            "measures": [
                {"name": name, "axis": axis(name), "unit": first.unit, "better": first.better, "judge": first.judge}
                for name, first in firsts.items()
            ],
            "questions": [_asked(one) for one in self.questions.values()],
        }


class _Blocks:
    """Parts with answers and scores, a run of questions each."""

    def __init__(self, behind: Behind) -> None:
        self._behind = behind
        self._passages = list(behind.passages.places)
        self._scores: dict[str, dict[Seeded, list[tuple[int, Record]]]] = {}
        for number, measure in enumerate(behind.measures):
            for system, rows in behind.scores[measure].items():
                for record in rows:
                    self._scores.setdefault(record.item, {}).setdefault((system, record.seed), []).append((number, record))

    def block(self, asked: Sequence[str]) -> dict[str, Any]:
        texts, shown = Table(), Table()
        rows = [[self._of(question, seeded, texts, shown) for seeded in self._behind.said] for question in asked]
        return {
            "systems": [list(seeded) for seeded in self._behind.said],
            "rows": rows,
            "passages": [[document, texts[_cut(text)]] for document, text in (self._passages[place] for place in shown.places)],
            "texts": list(texts.places),
        }

    def _of(self, question: str, seeded: Seeded, texts: Table, shown: Table) -> list[Any] | None:
        """An answer and its scores: (measure, value or letter, reason) each."""
        answer = self._behind.said[seeded].get(question)
        if answer is None:
            return None
        text, prompt, contexts, *rest = answer
        placed = None if contexts is None else [[shown[passage], score] for passage, score in contexts]
        scores = [
            [number, _value(record), texts[_cut(record.reason)] if record.reason else -1]
            for number, record in self._scores.get(question, {}).get(seeded, ())
        ]
        return [texts[text], texts[prompt], placed, *rest, scores]


def behind(runs: Sequence[Run], records: Iterable[Record]) -> dict[Place, Behind]:
    """What is behind each section. A system's answers come from the last run that kept them."""
    found: dict[Place, Behind] = {}
    for (suite, base_model, system, seed), run in _latest(runs):
        section = found.setdefault((suite, base_model), Behind())
        said = section.said[system, seed] = {}
        for row in run.answers(suite, base_model, system, seed):
            section.questions.setdefault(row.question.id, row.question)
            said[row.question.id] = _answer(row.answer, section.passages)
    for (suite, base_model, measure, system), rows in grouped(records, "suite", "base_model", "measure", "system").items():
        section = found.get((suite, base_model), Behind())
        kept = [record for record in rows if record.item in section.questions]
        if kept:
            section.scores.setdefault(measure, {})[system] = kept
    return found


def _latest(runs: Sequence[Run]) -> list[tuple[tuple[str, str, str, int], Run]]:
    """The last run that kept the answers of each system and seed, in the order of the table of systems."""
    found = {key: run for run in runs for key in run.answer_files}
    tables = (run.provenance.get("systems") for run in runs)
    order = list(dict.fromkeys(name for table in tables if isinstance(table, Mapping) for name in table))

    def rank(pair: tuple[tuple[str, str, str, int], Run]) -> tuple[Any, ...]:
        suite, base_model, system, seed = pair[0]
        return (suite, base_model, order.index(system) if system in order else len(order), system, seed)

    return sorted(found.items(), key=rank)


def tags(sections: Mapping[Place, Behind]) -> dict[tuple[str, str], frozenset[str]]:
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


def _answer(answer: Answer, passages: Table) -> list[Any]:
    """Text, prompt, [passage, score] of each context, citations, seconds, tokens, prompt tokens, cut, error."""
    contexts = answer.contexts
    placed = None if contexts is None else [(passages[c.document, c.text], round(c.score, 4)) for c in contexts]
    rest = (list(answer.citations), answer.seconds, answer.tokens, answer.prompt_tokens, answer.cut, answer.error)
    return [_cut(answer.text), _cut(answer.prompt), placed, *rest]


def _column(rows: Sequence[Record], questions: Iterable[str]) -> str | list[Any]:
    """The values of all questions in order, means over seeds: one letter each where all are 0 or 1, as in a saved run."""
    series = Series(rows)
    absent = {record.item: LETTERS[record.status] for record in rows if record.value is None}
    known: dict[str, Any] = absent | series.values | dict.fromkeys(series.items("failed"), LETTERS["failed"])
    values = [known.get(item, LETTERS["not_applicable"]) for item in questions]
    if all(value in (0.0, 1.0) for value in values if not isinstance(value, str)):
        return "".join(value if isinstance(value, str) else str(int(value)) for value in values)
    return [value if isinstance(value, str) else float(f"{value:.6g}") for value in values]


def _value(record: Record) -> float | str:
    return LETTERS[record.status] if record.value is None or record.status == "failed" else float(f"{record.value:.6g}")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\u2026 ({len(text) - LONGEST} more letters in the run folder)"
