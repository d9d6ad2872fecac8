"""Things that are asked for once and kept by their names, in a journal, as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from proctor.core.storage.cache import Journal

Thing = TypeVar("Thing")
Row = dict[str, Any]
"""What is known of a thing, as JSON data."""
ASKED = "asked"
"""The field of a journal's row that holds the name."""


def once(
    journal: Journal,
    wanted: Mapping[str, Thing],
    ask: Callable[[Mapping[str, Thing]], Iterable[Mapping[str, Row]]],
    *,
    anew: bool = False,
) -> dict[str, Row]:
    """A row for each name: what the journal holds, or else what ``ask`` gives of it, in batches, each kept as it comes.

    While some are asked for, nobody else asks: it may be for the same. ``anew``: all are asked for, and nothing is kept.
    """
    if anew:
        return {name: row for batch in ask(wanted) for name, row in batch.items()}
    found = _kept(journal, wanted)
    if len(found) == len(wanted):
        return found
    with journal.held():
        found = _kept(journal, wanted)
        for batch in ask({name: thing for name, thing in wanted.items() if name not in found}):
            journal.append({ASKED: name, **row} for name, row in batch.items())
            found |= batch
    return found


def _kept(journal: Journal, wanted: Mapping[str, Any]) -> dict[str, Row]:
    return {row.pop(ASKED): row for row in journal.rows() if row[ASKED] in wanted}
