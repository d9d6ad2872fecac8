"""A run as pandas DataFrames, for those who go on from there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np

from proctor.core.schema import STATUSES, as_json
from proctor.evals.axes.catalogue import rank
from proctor.leaderboard.board.board import Board
from proctor.leaderboard.board.cells import Result
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import AnsweredQuestion, Run
from proctor.leaderboard.site.export import rows

if TYPE_CHECKING:
    import pandas as pd

WHOSE = ("suite", "base_model", "system", "seed")
RECORD = (
    *WHOSE,
    *("metric", "item", "cluster", "status", "value", "reason", "caution"),
    *("unit", "better", "judge", "suite_version", "system_version", "metric_version"),
)
"""The columns of records."""
QUESTION = {"item": "id", "question": "text"} | {name: name for name in ("references", "evidence", "tags", "cluster")}
"""Column of answers -> the field of `Question` that it holds."""
ANSWER = {"answer": "text"} | {
    name: name
    for name in (*("contexts", "citations", "error", "stop", "seconds", "tokens", "prompt_tokens", "thought", "cut", "prompt"),)
}
"""Column of answers -> the field of `Answer` that it holds."""


def of_records(records: Records) -> pd.DataFrame:
    """A row for each record. Texts are categories, ``seed`` is a whole number, and ``value`` a float.

    ``value`` is NaN where there is none, and ``reason`` says why.
    """
    import pandas as pd

    found: dict[str, Any] = {name: _column(records, name) for name in RECORD}
    return pd.DataFrame(found, columns=list(RECORD))


def _column(records: Records, name: str) -> Any:
    """One field of all records, without a text for each of them: there may be millions."""
    import pandas as pd

    if name == "value":
        return records.value
    codes, words = records.table.field(name)
    if name == "seed":
        return np.array(words, np.int64)[codes[records.rows]] if words else np.array([], np.int64)
    known = _in_order(name, words)
    place = {word: code for code, word in enumerate(known)}
    code = np.array([place[word] for word in words], np.int32)[codes[records.rows]] if words else np.array([], np.int32)
    return pd.Categorical.from_codes(code, pd.Index(known, dtype=object))


def _in_order(name: str, words: Iterable[Any]) -> list[Any]:
    if name == "status":
        return list(STATUSES)
    different = dict.fromkeys(words)
    return sorted(different, key=rank) if name == "metric" else list(different)


def of_answers(run: Run) -> pd.DataFrame:
    """A row for each answer that was kept, with its question.

    Join them with records by suite, base model, system, seed and item.
    """
    import pandas as pd

    found = [dict(zip(WHOSE, place, strict=True)) | _answer(row) for place in run.answer_files for row in run.answers(*place)]
    frame = pd.DataFrame(found, columns=[*WHOSE, *QUESTION, *ANSWER], dtype=object)
    kinds = {"suite": "category", "base_model": "category", "system": "category", "stop": "category"}
    counts = dict.fromkeys(("seed", "tokens", "prompt_tokens", "thought", "cut"), "int64")
    return frame.astype(kinds | counts | {"seconds": "float64"})


def _answer(row: AnsweredQuestion) -> dict[str, Any]:
    return dict(_fields(as_json(row.question), QUESTION)) | dict(_fields(as_json(row.answer), ANSWER))


def _fields(values: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for column, field in names.items():
        value = values[field]
        yield column, list(value) if isinstance(value, tuple) else value


def of_board(board: Board) -> pd.DataFrame:
    """A row for each cell of the board: what ``leaderboard.parquet`` holds.

    Figures are floats, NaN where there are none; ``comparable`` is missing where nobody looked; ``cautions`` is a list of texts.
    """
    import pandas as pd

    frame = pd.DataFrame(list(rows(board)), columns=[field.name for field in fields(Result)], dtype=object)
    return frame.astype({name: kind for name, hint in get_type_hints(Result).items() if (kind := _kind(name, hint))})


def _kind(name: str, hint: Any) -> str:
    if name in ("comparable", "cautions", "reason"):
        return {"comparable": "boolean", "cautions": "object", "reason": "object"}[name]
    if hint in (int, bool):
        return {int: "int64", bool: "bool"}[hint]
    return "float64" if hint in (float, float | None) else "category"
