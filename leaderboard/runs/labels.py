"""Labels from people on judged answers: ``human_labels.jsonl`` in a run's folder, written by `sample` and filled in by hand.

A line has what was asked, answered and shown, and ``"label": null`` for a person to turn into a number from 0 to 1 on the
metric's own scale: 1 where the metric would be 1 if the judge were right. What the judge said is not in it.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from proctor.core import former_names
from proctor.core.reading.ranges import SEED, Range
from proctor.core.reading.shown import listed, short, shown
from proctor.core.reading.strict_json import RepeatedKeyError, numbered, parsed
from proctor.core.reading.user_files import read_text
from proctor.core.schema import InputError
from proctor.leaderboard.runs.records import Records, grouped
from proctor.leaderboard.runs.store import AnsweredQuestion, Run

log = logging.getLogger("proctor")

FILE = "human_labels.jsonl"
FIELDS = ("suite", "base_model", "system", "system_version", "seed", "metric", "item")
"""What a label belongs to. An answer that was given anew, by another version, needs a new one."""
LABEL = Range(0, 1, "on the metric's own scale")
WRITTEN = "leave lines as `proctor sample` writes them, but for the label"
LabelKey: TypeAlias = tuple[Any, ...]
Labels: TypeAlias = Mapping[LabelKey, float]


def sample(run: Run, metric: str, count: int) -> int:
    """Add ``count`` answers of each system, drawn at random, to the run's file for people to label; returns how many.

    Raises:
        InputError: the run has no judged values of the metric.
    """
    judged = run.records.where(lambda about: about.metric == metric and bool(about.judge)).valued()
    if not judged:
        known = sorted(name for (name,) in grouped(run.records.where(lambda about: bool(about.judge)), "metric"))
        raise InputError(f"{run.folder}: no judge gave values of {metric}; it did of {', '.join(known) or 'nothing'}")
    listed = {_key(row) for row in _rows(run.folder)}
    rows = [
        row for group in grouped(judged, "suite", "base_model", "system").values() for row in _draw(run, group, listed, count)
    ]
    with (run.folder / FILE).open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return len(rows)


def _draw(run: Run, records: Records, listed: set[LabelKey], count: int) -> Iterator[dict[str, Any]]:
    """One seed's answers are enough; those drawn before are not drawn again."""
    seed = min(record.seed for record in records)
    left = [record for record in records if record.seed == seed and _key(vars(record)) not in listed]
    first = records[0]
    answers = {row.question.id: row for row in run.answers(first.suite, first.base_model, first.system, seed)}
    draw = random.Random(f"{first.suite}/{first.system}/{first.metric}")  # noqa: S311 -- the same sample each time, not a secret
    for record in draw.sample(left, min(count, len(left))):
        yield {field: getattr(record, field) for field in FIELDS} | _shown(answers.get(record.item)) | {"label": None}


def _shown(row: AnsweredQuestion | None) -> dict[str, Any]:
    """What a person judges by; empty where the run did not keep its answers."""
    if row is None:
        return {"question": "", "answer": "", "passages": [], "evidence": []}
    passages = [context.text for context in row.answer.contexts or ()]
    return {
        "question": row.question.text,
        "answer": row.answer.text,
        "passages": passages,
        "evidence": list(row.question.evidence),
    }


def labels(runs: Sequence[Run]) -> Labels:
    """What people said, by what they said it of.

    Raises:
        InputError: a label that is no number from 0 to 1, or two that differ of one answer; names file and line.
    """
    said: dict[LabelKey, float] = {}
    for run in runs:
        found = {_key(row): row["label"] for row in _rows(run.folder) if row["label"] is not None}
        _tell_strays(run, found)
        said |= found
    return said


def _tell_strays(run: Run, found: Labels) -> None:
    """Labels that belong to no answer of the run count for nothing, and somebody took the trouble to write them."""
    strays = len(found.keys() - {_key(vars(record)) for record in run.records}) if found else 0
    if strays:
        log.warning("%s: %d of %d labels are of answers that the run does not hold", run.folder / FILE, strays, len(found))


def _key(row: Mapping[str, Any]) -> LabelKey:
    return tuple(row[field] for field in FIELDS)


def _rows(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's file, and of the one of its former name; all that is wrong with them is said at once."""
    labelled: dict[LabelKey, tuple[int, float]] = {}
    paths = [folder / name for name in (former_names.LABELS, FILE)]
    return [row for path in paths if path.exists() or path.is_symlink() for row in _rows_of(path, labelled)]


def _rows_of(path: Path, labelled: dict[LabelKey, tuple[int, float]]) -> list[dict[str, Any]]:
    rows, problems = [], []
    for number, line in numbered(read_text(path, remedy="draw answers with `proctor sample`")):
        try:
            rows.append(_row(parsed(line), number, labelled))
        except InputError as error:
            problems.append(f"{path}:{number}: {error}")
        except json.JSONDecodeError as error:
            problems.append(f"{path}:{number}: not JSON at column {error.colno}: {error.msg}; {WRITTEN}")
        except RepeatedKeyError as error:
            problems.append(f"{path}:{number}: field '{short(str(error))}': it is there twice; keep one of them")
        except ValueError as error:
            problems.append(f"{path}:{number}: JSON that cannot be read ({short(str(error), 200)}); {WRITTEN}")
    if problems:
        raise InputError("\n".join(listed(problems)))
    return rows


def _row(row: dict[str, Any], number: int, labelled: dict[LabelKey, tuple[int, float]]) -> dict[str, Any]:
    """One line, if its label is one and is not at odds with one before it."""
    if not isinstance(row, dict):
        raise InputError(f"expected a JSON object, not {shown(row)}; {WRITTEN}")
    row = former_names.record(row) if former_names.is_record(row) else row
    for field in (*FIELDS, "label"):
        if field not in row:
            raise InputError(f"field '{field}': it is missing; {WRITTEN}")
        if field == "seed" and (wrong := SEED.wrong(row[field])):
            raise InputError(f"field '{field}': {wrong}; {WRITTEN}")
        if field not in ("seed", "label") and not isinstance(row[field], str):
            raise InputError(f"field '{field}': expected a text, not {shown(row[field])}; {WRITTEN}")
    key, label = _key(row), row["label"]
    if label is None:
        return row
    if wrong := LABEL.wrong(label):
        raise InputError(f"label: {wrong}; write null for none yet")
    first, known = labelled.setdefault(key, (number, label))
    if known != label:
        raise InputError(f"label: line {first} says {known} of the same answer, and this says {label}; keep one of them")
    return row
