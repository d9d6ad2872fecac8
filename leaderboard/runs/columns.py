"""How records are kept in memory: each text once, and of a record six numbers.

    about                                 what it shares with many others: suite, system, metric, seed, versions (`SeriesKey`)
    item, cluster, status, value, reason, caution  its own

All but the value are codes: places in the list of the different ones that there are.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan, nan
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from proctor.core.schema import STATUSES, Better, Record, Score

RowNumbers: TypeAlias = NDArray[np.intp]
CellKey: TypeAlias = tuple[str, str, str, int, str]


class SeriesKey(NamedTuple):
    """What the records of one system in one metric with one seed have in common."""

    suite: str
    suite_version: str
    base_model: str
    system: str
    system_version: str
    seed: int
    metric: str
    metric_version: str
    unit: str
    better: Better
    judge: str

    @property
    def cell(self) -> CellKey:
        """With the item the key of a record: suite, base model, system, seed and metric."""
        return self.suite, self.base_model, self.system, self.seed, self.metric


SHARED = (*SeriesKey._fields, "format")
"""The fields of a record that it has in common with many others."""
OWN = ("item", "cluster", "status", "value", "reason", "caution")
FIELDS = (*SHARED, *OWN)
Row: TypeAlias = tuple[tuple[Any, ...], Any, Any, Any, Any, Any, Any]
"""A record as `ColumnBuilder` takes it: the values of `SHARED` as one tuple, then those of `OWN`."""
PLACE = {status: place for place, status in enumerate(STATUSES)}
LACKS = {status: status in ("not_applicable", "unmeasured") for status in STATUSES}
"""Status -> whether a record that ended so has no value."""


KINDS = {"value": "d", "about": "i", "item": "i", "cluster": "i", "reason": "i", "caution": "i", "status": "b"}
"""Of each column, what its array holds."""
_SHARED, _OWN = itemgetter(*SHARED), itemgetter(*OWN)


def as_row(fields: Mapping[str, Any]) -> Row:
    """The fields of a record as `ColumnBuilder` takes them; KeyError if one is missing."""
    return (_SHARED(fields), *_OWN(fields))


@dataclass(frozen=True, eq=False)
class ColumnTable:
    """Columns of the same length."""

    words: Mapping[str, Sequence[Any]]
    """What codes stand for: ``about`` (`SeriesKey`), ``item`` (in the order of their names), ``cluster``, ``status``, ``reason``,
    ``caution``."""
    columns: Mapping[str, NDArray[Any]]
    """The codes of each of these, and ``value``: NaN where there is none."""

    def records(self, rows: RowNumbers) -> Iterator[Record]:
        """Some rows as records."""
        found = {name: column[rows].tolist() for name, column in self.columns.items()}
        texts = ([words[code] for code in found[name]] for name, words in self.words.items())
        for about, item, cluster, status, reason, caution, value in zip(*texts, found["value"], strict=True):
            outcome = None if isnan(value) else value
            fields = (*about[:-1], item, cluster, status, outcome, reason, about.judge, caution)
            yield Record(*fields)

    def field(self, name: str) -> tuple[NDArray[Any], Sequence[Any]]:
        """The codes of any field but ``value``, and what they stand for."""
        if name in self.words:
            return self.columns[name], self.words[name]
        return self.columns["about"], [getattr(about, name) for about in self.words["about"]]


def merged(parts: Sequence[tuple[ColumnTable, RowNumbers]]) -> ColumnTable:
    """Rows of several tables, one after the other."""
    tables = list({id(table): table for table, _ in parts}.values())
    items = sorted({item for table in tables for item in table.words["item"]})
    words: dict[str, dict[Any, int]] = {name: {} for name in tables[0].words}
    words["item"] = {item: code for code, item in enumerate(items)}
    codes = {id(table): {name: _codes(words[name], own) for name, own in table.words.items()} for table in tables}

    def column(name: str) -> NDArray[Any]:
        columns = ((codes[id(table)].get(name), table.columns[name][rows]) for table, rows in parts)
        return np.concatenate([old if new is None else new[old] for new, old in columns])

    return ColumnTable({name: tuple(known) for name, known in words.items()}, {name: column(name) for name in tables[0].columns})


def _codes(known: dict[Any, int], words: Iterable[Any]) -> NDArray[np.int32]:
    """The code of each word, a new one for those that are not known yet."""
    return np.array([known.setdefault(word, len(known)) for word in words], np.int32)


class ColumnBuilder:
    """A table being filled."""

    def __init__(self) -> None:
        self._abouts = _Numbered(_check_about)
        texts = ("item", "cluster", "reason", "caution")
        self._items, self._clusters, self._reasons, self._cautions = (_Numbered(_check_text(name)) for name in texts)
        self._columns = {name: array(kind) for name, kind in KINDS.items()}

    def __len__(self) -> int:
        """The number of records that are in."""
        return len(self._columns["caution"])

    def extend(self, records: Iterable[Row]) -> None:
        """Add records.

        Raises:
            ValueError, TypeError, OverflowError: a field holds what it cannot; the records before it are in.
        """
        items, clusters, reasons, cautions = self._items, self._clusters, self._reasons, self._cautions
        adding: list[Callable[[Any], None]] = [column.append for column in self._columns.values()]
        add_value, add_about, add_item, add_cluster, add_reason, add_caution, add_status = adding
        about, known = -1, None
        for shared, item, cluster, status, value, reason, caution in records:
            lacks = LACKS.get(status)
            if lacks is not (value is None) or not (lacks or -inf < value < inf):
                _refuse(shared, status, value, reason)
            if shared is not known:
                about, known = self._abouts[shared], shared
            item, cluster, reason, caution = items[item], clusters[cluster], reasons[reason], cautions[caution]  # noqa: PLW2901
            add_value(nan if lacks else value)  # first, as it may be too large
            add_about(about)
            add_item(item)
            add_cluster(cluster)
            add_reason(reason)
            add_caution(caution)
            add_status(PLACE[status])

    def drop(self, places: Collection[int]) -> None:
        """Take out the records that were added at these places, from 0 on; those after them move up."""
        gone = np.fromiter(places, np.intp, len(places))
        for column in self._columns.values():
            column[:] = array(column.typecode, np.delete(np.array(column), gone).tobytes())

    def table(self) -> ColumnTable:
        """What is in so far. Words of records that were taken out stay."""
        items = sorted(self._items)
        code = np.empty(len(items), np.int32)
        code[[self._items[item] for item in items]] = np.arange(len(items))
        words = {"about": [SeriesKey(*about[:-1]) for about in self._abouts], "item": items, "cluster": list(self._clusters)}
        columns = {name: np.array(column) for name, column in self._columns.items()}
        columns["item"] = code[columns["item"]]
        return ColumnTable({**words, "status": STATUSES, "reason": list(self._reasons), "caution": list(self._cautions)}, columns)


def _refuse(shared: tuple[Any, ...], status: Any, value: Any, reason: Any) -> None:
    """Say what is wrong with a record's status, or with its value."""
    if status not in LACKS:
        Record.from_json({**dict(zip(SHARED, shared, strict=True)), "status": status})
    Score(value, reason, status)


class _Numbered(dict[Any, int]):
    """A code for each different thing, given when it first comes."""

    def __init__(self, check: Callable[[Any], None]) -> None:
        super().__init__()
        self._check = check

    def __missing__(self, new: Any) -> int:
        self._check(new)
        self[new] = len(self)
        return self[new]


def _check_text(field: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if not isinstance(value, str):
            raise TypeError(f"{field}: expected a text, not {value!r}")

    return check


def _check_about(fields: Sequence[Any]) -> None:
    """What is shared by many records is looked at where it first comes."""
    known = dict(zip(FIELDS, fields, strict=False))
    Record.from_json({**dict.fromkeys(FIELDS), **known, "status": STATUSES[0]})  # refuses other formats
    for name in (name for name in SeriesKey._fields if name != "seed"):
        _check_text(name)(known[name])
    if type(known["seed"]) is not int:
        raise TypeError(f"seed: expected a whole number, not {known['seed']!r}")
    if known["better"] not in get_args(Better):
        raise ValueError(f"better: expected higher or lower, not {known['better']!r}")
