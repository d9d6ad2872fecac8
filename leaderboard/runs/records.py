"""Records as they are read, grouped and summed up: views of a table's rows, so that millions of them take little room."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from proctor.core.schema import STATUSES, Record, Status
from proctor.evals.stats.intervals import Array
from proctor.leaderboard.runs.columns import CellKey, ColumnBuilder, ColumnTable, RowNumbers, SeriesKey, as_row, merged

Codes: TypeAlias = NDArray[np.int32]

BLOCK = 4096
"""Records that are made at a time where all are asked for one by one."""


def firsts(codes: Codes) -> RowNumbers:
    """Where in ordered codes each of them first comes."""
    return np.flatnonzero(np.append(True, codes[1:] != codes[:-1])[: len(codes)])


def distinct(codes: Codes) -> Codes:
    """The different codes, in order. Those of records are in order for the most part, where this is faster than `np.unique`."""
    ordered = np.sort(codes, kind="stable")
    return ordered[firsts(ordered)]


class MeasuredTwiceError(ValueError):
    """One measurement with two results; ``place`` is where the second is among the records."""

    def __init__(self, record: Record, place: int) -> None:
        super().__init__(f"measured twice, with different results: {record.key}")
        self.place = place


class Records(Sequence[Record]):
    """Some rows of a table, as a sequence of `Record`, each of them made when it is asked for; nothing in it changes.

    The columns are there as numbers too. Codes of two `Records` mean the same if both come from one, or from `joined`.
    """

    def __init__(self, table: ColumnTable, rows: RowNumbers | None = None) -> None:
        """The given rows of a table, or all."""
        self.table = table
        self.rows = np.arange(len(table.columns["value"])) if rows is None else rows

    @classmethod
    def of(cls, records: Iterable[Record]) -> Records:
        """Any records, in their order.

        Raises:
            ValueError, TypeError, OverflowError: a field holds what it cannot.
        """
        if isinstance(records, Records):
            return records
        columns = ColumnBuilder()
        columns.extend(map(as_row, map(vars, records)))
        return cls(columns.table())

    @classmethod
    def joined(cls, parts: Iterable[Records]) -> Records:
        """One after the other."""
        found = [part for part in parts if len(part)] or [cls.of(())]
        if len({id(part.table) for part in found}) > 1:
            return cls(merged([(part.table, part.rows) for part in found]))
        return cls(found[0].table, np.concatenate([part.rows for part in found]))

    @classmethod
    def alike(cls, *parts: Records) -> tuple[Records, ...]:
        """The same records, with codes that mean the same in all parts."""
        if len({id(part.table.words) for part in parts}) == 1:
            return parts
        whole = cls(merged([(part.table, part.rows) for part in parts]))
        ends = list(accumulate(map(len, parts)))
        return tuple(whole[end - len(part) : end] for part, end in zip(parts, ends, strict=True))

    def __len__(self) -> int:
        """The number of records."""
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> Records: ...
    def __getitem__(self, place: int | slice) -> Record | Records:
        """One record, or some as `Records`."""
        if isinstance(place, slice):
            return self._some(place)
        return next(self.table.records(self.rows[place][None]))

    def __iter__(self) -> Iterator[Record]:
        """Each record, as a few thousand of them are made at a time."""
        for start in range(0, len(self), BLOCK):
            yield from self.table.records(self.rows[start : start + BLOCK])

    def __eq__(self, other: object) -> bool:
        """Whether the other is `Records` with the same records in the same order."""
        return isinstance(other, Records) and len(self) == len(other) and all(map(Record.__eq__, self, other))

    __hash__ = None  # type: ignore[assignment] # nobody needs it of a sequence that is millions long

    def __repr__(self) -> str:
        """How many there are, as nobody reads millions."""
        return f"<{len(self)} records>"

    @property
    def items(self) -> Sequence[str]:
        """The names that codes of items stand for, in order; some may be of no record here."""
        names: Sequence[str] = self.table.words["item"]
        return names

    @cached_property
    def item(self) -> Codes:
        """Of each record, its item's code: in the order of the items' names."""
        return self._column("item")

    @cached_property
    def cluster(self) -> Codes:
        """Of each record, its cluster's code."""
        return self._column("cluster")

    @cached_property
    def value(self) -> Array:
        """Of each record, its value; NaN where there is none."""
        return self._column("value")

    @cached_property
    def status(self) -> NDArray[np.int8]:
        """Of each record, the place of its status in `STATUSES`."""
        return self._column("status")

    def column(self, field: str) -> NDArray[Any]:
        """One field of every record, as an array of objects; ``value`` as one of floats, NaN where there is none."""
        if field == "value":
            return self.value
        codes, words = self.table.field(field)
        found = np.empty(len(self), object)
        found[:] = [words[code] for code in codes[self.rows].tolist()]
        return found

    def where(self, wanted: Callable[[SeriesKey], bool]) -> Records:
        """The records of which this is so."""
        kept = np.array([wanted(about) for about in self._abouts], bool)
        return self._some(np.flatnonzero(kept[self._about]))

    def of_system(self, suite: str, base_model: str, system: str, seed: int) -> Records:
        """All that was measured of one system with one seed; `column` gives its metrics, items, statuses and reasons."""
        place = (suite, base_model, system, seed)
        return self.where(lambda about: about.cell[:-1] == place)

    def of_items(self, names: Collection[str]) -> Records:
        """The records of these items."""
        codes = [code for code, name in enumerate(self.table.words["item"]) if name in names]
        return self._some(np.flatnonzero(np.isin(self.item, codes)))

    def without_items(self, names: Collection[str]) -> Records:
        """The records of all other items."""
        codes = [code for code, name in enumerate(self.table.words["item"]) if name in names]
        return self._some(np.flatnonzero(~np.isin(self.item, codes)))

    def valued(self) -> Records:
        """The records with a value."""
        return self._some(np.flatnonzero(~np.isnan(self.value)))

    def ended(self, *statuses: Status) -> Records:
        """The records with one of these statuses."""
        return self._some(np.flatnonzero(np.isin(self.status, [STATUSES.index(status) for status in statuses])))

    def telling(self, field: str) -> Records:
        """The records in which this text is not empty."""
        codes, words = self.table.field(field)
        return self._some(np.flatnonzero(np.array([bool(word) for word in words], bool)[codes[self.rows]]))

    def with_value(self, value: float) -> Records:
        """The same records, had each come out so."""
        own = {name: column[self.rows] for name, column in self.table.columns.items()}
        return Records(ColumnTable(self.table.words, {**own, "value": np.full(len(self), value)}))

    def grouped(self, *fields: str) -> dict[tuple[Any, ...], Records]:
        """By the values of some fields of `SeriesKey`, in the order in which these first come."""
        abouts, about = self._abouts, self._about
        groups: dict[tuple[Any, ...], int] = {}
        group = np.zeros(len(abouts), np.int32)
        for code in np.flatnonzero(np.bincount(about)).tolist():
            key = tuple(getattr(abouts[code], field) for field in fields)
            group[code] = groups.setdefault(key, len(groups))
        if len(groups) < 2:
            return dict.fromkeys(groups, self)
        which = group[about].astype(np.min_scalar_type(len(groups)))  # NumPy sorts what has two bytes much faster
        parts = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])
        found = sorted(zip(groups, parts, strict=True), key=lambda pair: int(pair[1][0]))
        return {key: self._some(part) for key, part in found}

    def counts(self) -> dict[CellKey, int]:
        """How many there are of each cell."""
        found: dict[CellKey, int] = {}
        for about, count in zip(self._abouts, np.bincount(self._about, minlength=len(self._abouts)).tolist(), strict=True):
            if count:
                found[about.cell] = found.get(about.cell, 0) + count
        return found

    def in_order(self) -> Records:
        """In the order of their keys, each measurement once.

        Raises:
            MeasuredTwiceError: one has two results.
        """
        cells = [about.cell for about in self._abouts]
        places = {cell: place for place, cell in enumerate(sorted(set(cells)))}
        key = np.array([places[cell] for cell in cells], np.int64)[self._about] * (len(self.table.words["item"]) + 1) + self.item
        order = np.argsort(key, kind="stable")
        key = key[order]
        new = np.append(True, key[1:] != key[:-1])[: len(key)]
        if not new.all():
            self._refuse_other_results(order, order[np.maximum.accumulate(np.where(new, np.arange(len(key)), 0))])
        return self._some(order[new])

    def _refuse_other_results(self, places: RowNumbers, first: RowNumbers) -> None:
        """Compare the records at these places with those that had their keys first."""
        same = np.ones(len(places), bool)
        for name, column in self.table.columns.items():
            mine, theirs = column[self.rows[places]], column[self.rows[first]]
            same &= (mine == theirs) | ((name == "value") & np.isnan(mine))  # NaN: the statuses say whether both have none
        if not same.all():
            place = int(places[~same].min())
            raise MeasuredTwiceError(self[place], place)

    @property
    def _abouts(self) -> Sequence[SeriesKey]:
        return self.table.words["about"]

    @property
    def _about(self) -> Codes:
        return self._column("about")

    def _column(self, name: str) -> NDArray[Any]:
        return self.table.columns[name][self.rows]

    def _some(self, places: RowNumbers | slice) -> Records:
        return Records(self.table, self.rows[places])


AnyRow = TypeVar("AnyRow")


@overload
def grouped(rows: Records, *fields: str) -> dict[tuple[Any, ...], Records]: ...  # type: ignore[overload-overlap] # not as lists


@overload
def grouped(rows: Iterable[AnyRow], *fields: str) -> dict[tuple[Any, ...], list[AnyRow]]: ...


def grouped(rows: Any, *fields: str) -> dict[tuple[Any, ...], Any]:
    """Records, or other rows, by the values of some of their fields, in the order in which these first come."""
    if isinstance(rows, Records):
        return rows.grouped(*fields)
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        groups.setdefault(tuple(getattr(row, field) for field in fields), []).append(row)
    return groups
