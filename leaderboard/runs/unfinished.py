"""How much of an exam was taken: of the tests that were asked for, those that ended now or left their records before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from proctor.leaderboard.runs.records import Records, grouped

SystemAndSeed = tuple[str, str, str, int]
"""Suite, base model, system and seed."""
FIELDS = ("suite", "base_model", "system", "seed", "metric")


def left(
    asked: Iterable[str], ended: Collection[str], records: Records, cell: Callable[[str], SystemAndSeed | None]
) -> list[str]:
    """The tests that neither ended nor were taken by a run before this one.

    ``asked`` and ``ended`` are names of tests as pytest has them; ``cell`` says whom what stands in brackets there is about.
    """
    taken = {(*place, metric.split(".")[0]) for *place, metric in grouped(records, *FIELDS)}
    return [test for test in asked if test not in ended and _about(test, cell) not in taken]


def _about(test: str, cell: Callable[[str], SystemAndSeed | None]) -> tuple[str | int, ...]:
    """Whose records on which axis a test leaves: nobody's where others leave records of that name, too."""
    name, _, place = test.rpartition("::")[2].partition("[")
    found = cell(place.removesuffix("]"))
    return (*found, name.removeprefix("test_")) if found else ()
