"""Writes the second embedded domain: `python -m suites.loans.generate [FOLDER]`. Same bytes every time.

A store lends instruments, and logs what is written at its counter in a notation of its own. A question holds all that
its answer says; the documents, a manual of style, say how it is written, and training shows it. Training and test share no
sentence, no instrument, no last name and no number. The sentences are in `wording.toml`; the names are no words of any
language.
"""

from __future__ import annotations

import random
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from proctor.core.sampling import spread
from proctor.suites.writing.generated import Decks, GeneratedExample, article, write_articles, write_rows

HOME = Path(__file__).parent
WORDING: dict[str, Any] = tomllib.loads(HOME.joinpath("wording.toml").read_text(encoding="utf-8"))
SHORT: Mapping[str, str] = WORDING["short"]
WAYS = ("out", "in")
TIMES = ("hours", "minutes", "days")
WHOLE = "notes"
LACKING = ("without_time", "without_unit")


@dataclass(frozen=True)
class Note:
    """What was written at the counter."""

    kind: str
    """The table of `wording.toml` that its sentence is from."""
    way: str
    unit: str
    person: str
    number: int
    time: str
    """Unit of the number: hours, minutes or days."""
    frame: int
    """Which of the table's sentences it is."""
    side: str

    @property
    def prompt(self) -> str:
        """The note as it is put to a system."""
        sentence = WORDING[self.kind][self.way][self.side][self.frame]
        said = sentence.format(person=self.person, unit=self.unit, time=f"{self.number} {self.time}")
        text: str = WORDING["ask"].format(note=said)
        return text

    def line(self, short: Mapping[str, str] = SHORT) -> str:
        """The note as the house logs it."""
        if self.kind == "without_unit":
            return short["void"]
        time = f"{self.number} {short[self.time]}"
        text: str = WORDING["line"].format(
            way=short[self.way],
            unit=self.unit,
            last=self.person.rpartition(" ")[2],
            time=short["missing"] if self.kind == "without_time" else time,
        )
        return text

    @property
    def rules(self) -> list[str]:
        """The articles of the manual that say how it is logged."""
        if self.kind == "without_unit":
            return ["void"]
        return ["line", self.way, "missing" if self.kind == "without_time" else self.time]

    @property
    def cluster(self) -> str:
        """Notes of one kind: in the same words, with the same unit of time."""
        return (
            f"{self.kind} {self.way} {self.frame if self.kind == WHOLE else ''} {self.time if self.kind == WHOLE else ''}".strip()
        )


class LoanCounter:
    """Draws notes of one side, training or test."""

    def __init__(self, seed: int, side: str) -> None:
        self.decks = Decks(random.Random(f"{side}/{seed}"))  # noqa: S311 - data, not secrets
        self.side = side

    def notes(self, kind: str, each: int) -> Iterator[Note]:
        """So many notes in each sentence of a kind, with each unit of time in turn."""
        for way in WAYS:
            for frame in range(len(WORDING[kind][way][self.side])):
                yield from (self._note(kind, way, frame, TIMES[place % len(TIMES)]) for place in range(each))

    def _note(self, kind: str, way: str, frame: int, time: str) -> Note:
        deal, names = self.decks.deal, WORDING["names"]
        mine = names[self.side]
        person = f"{deal('first', names['first'])} {deal('last', mine['last'])}"
        number = deal(time, mine[time])
        return Note(kind, way, deal("unit", mine["unit"]), person, number, time, frame, self.side)


def training(seed: int) -> list[Note]:
    """Notes to learn from."""
    counter = LoanCounter(seed, "train")
    lacking = [note for kind in LACKING for note in counter.notes(kind, 6)]
    return [*counter.notes(WHOLE, 27), *lacking]


def test(seed: int) -> list[Note]:
    """Notes to be examined on."""
    counter = LoanCounter(seed, "test")
    lacking = [note for kind in LACKING for note in counter.notes(kind, 3)]
    return [*counter.notes(WHOLE, 12), *lacking]


def manual(short: Mapping[str, str] = SHORT) -> dict[str, str]:
    """Article -> its text."""
    return {name: entry["text"].format(s=short.get(name, "")) for name, entry in WORDING["manual"].items()}


def questions(notes: list[Note]) -> Iterator[GeneratedExample]:
    """Test questions. A note that names no unit has no line, so nothing answers it."""
    for number, note in enumerate(notes, 1):
        void = note.kind == "without_unit"
        yield {
            "id": f"q{number:03}",
            "question": note.prompt,
            "references": [] if void else [note.line()],
            "evidence": [] if void else note.rules,
            "tags": ["unanswerable" if void else "whole" if note.kind == WHOLE else "lacking", note.way],
            "cluster": note.cluster,
        }


def revisions(asked: list[Note], taught: list[Note]) -> Iterator[GeneratedExample]:
    """What the house writes otherwise later on: an article's new text, questions that it changes, and what training then says."""
    short = SHORT | WORDING["new"]
    numbers = count(1)
    for name in WORDING["new"]:
        changed = spread([note for note in asked if name in note.rules], 20)
        examples = [{"prompt": note.prompt, "completion": note.line(short)} for note in taught if name in note.rules]
        revised = [_revised(f"r{next(numbers):03}", note, name) for note in changed]
        yield {"document": name, "text": manual(short)[name], "questions": revised, "examples": examples}


def _revised(name: str, note: Note, rule: str) -> GeneratedExample:
    return {
        "id": name,
        "question": note.prompt,
        "references": [note.line(SHORT | WORDING["new"])],
        "outdated": [note.line()],
        "evidence": [rule],
        "cluster": note.cluster,
    }


def write(folder: Path, seed: int = 2026) -> None:
    """Write the whole domain into a folder."""
    taught, asked = training(seed), test(seed)
    titles = {name: entry["title"] for name, entry in WORDING["manual"].items()}
    write_articles(folder, ((name, article(name, titles[name], text)) for name, text in manual().items()))
    examples = ({"prompt": note.prompt, "completion": note.line(), "evidence": note.rules} for note in taught)
    write_rows(folder / "train.jsonl", examples)
    write_rows(folder / "questions.jsonl", questions(asked))
    write_rows(folder / "revisions.jsonl", revisions(asked, taught))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)
