"""One metric of all questions, as arrays in the order of the questions, and as short texts for a page.

Values that are all 0 or 1 are one letter a question, others a list. `x`: failed, `?`: unmeasured, `-`: not applicable, as in a
saved run; `.`: not examined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from proctor.core.schema import STATUSES, Record
from proctor.evals.axes.catalogue import rank
from proctor.evals.stats.intervals import Array
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.runs.records import Records, grouped
from proctor.leaderboard.runs.saved import LETTERS

Letters: TypeAlias = NDArray[np.uint8]

ABSENT = "."
OF_STATUS = np.array([ord(LETTERS.get(status, "0")) for status in STATUSES], np.uint8)  # type: ignore[call-overload] # a Status
VALUED = ord("0")


@dataclass(frozen=True)
class Scored:
    """The records of one metric about some questions."""

    first: Record
    """One of them, for what all share."""
    systems: dict[str, Records]
    places: NDArray[np.int32]
    """Code of an item -> place of the question; -1 for what is none of them."""
    count: int
    """Questions."""

    def of_systems(self) -> dict[str, str | list[Any]]:
        """System -> its values, means over seeds."""
        return {system: _written(*self._means(rows)) for system, rows in self.systems.items()}

    def of_seed(self, system: str, seed: int, start: int, end: int) -> Iterator[tuple[str | list[Any], list[str]]]:
        """The values of a system with one seed, and the reasons, for some questions; nothing where none was examined."""
        if seed in self._seeded(system):
            letters, values, reasons = self._seeded(system)[seed]
            if (letters[start:end] != ord(ABSENT)).any():
                yield _written(letters[start:end], values[start:end]), reasons[start:end].tolist()

    def _seeded(self, system: str) -> dict[int, tuple[Letters, Array, NDArray[Any]]]:
        known: dict[str, Any] = self.__dict__.setdefault("_known", {})
        if system not in known:
            rows = grouped(self.systems[system], "seed") if system in self.systems else {}
            known[system] = {seed: self._laid_out(found) for (seed,), found in rows.items()}
        found: dict[int, tuple[Letters, Array, NDArray[Any]]] = known[system]
        return found

    def _laid_out(self, rows: Records) -> tuple[Letters, Array, NDArray[Any]]:
        """Letter, value and reason of every question."""
        letters, values = np.full(self.count, ord(ABSENT), np.uint8), np.zeros(self.count)
        reasons = np.full(self.count, "", object)
        places = self.places[rows.item]
        letters[places], values[places], reasons[places] = OF_STATUS[rows.status], rows.value, rows.column("reason")
        return letters, values, reasons

    def _means(self, rows: Records) -> tuple[Letters, Array]:
        """Letter and mean over seeds of every question. One that failed with any seed counts as failed."""
        letters, values, _ = self._laid_out(rows)
        means = Series(rows).means
        places = self.places[means.items]
        letters[places], values[places] = VALUED, means.values
        letters[self.places[rows.ended("failed").item]] = ord(LETTERS["failed"])
        return letters, values


def scored(records: Records, questions: Sequence[str]) -> list[Scored]:
    """The records of every metric that was taken of some of these questions, in the order of the board."""
    place = {question: at for at, question in enumerate(questions)}
    places = np.array([place.get(item, -1) for item in records.items], np.int32)
    kept = records.of_items(place.keys())
    metrics = sorted(grouped(kept, "metric").items(), key=lambda group: rank(group[0][0]))
    return [Scored(rows[0], _by_system(rows), places, len(questions)) for _, rows in metrics]


def _by_system(rows: Records) -> dict[str, Records]:
    return {system: found for (system,), found in grouped(rows, "system").items()}


def _written(letters: Letters, values: Array) -> str | list[Any]:
    valued = letters == VALUED
    if np.isin(values[valued], (0.0, 1.0)).all():
        return (letters + np.where(valued, values, 0).astype(np.uint8)).tobytes().decode()
    shown = zip(valued.tolist(), letters.tolist(), values.tolist(), strict=True)
    return [float(f"{value:.6g}") if known else chr(letter) for known, letter, value in shown]
