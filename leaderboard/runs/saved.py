"""A run as one small file, to be committed and compared with: one line for each system, metric and seed.

    {"format": 3,
    "run": {... provenance},
    "items": {"3f2a9c": [["q001", "Halvo"], ...]},                   item and cluster, in the order of the values
    "series": [
    {"suite": ..., "system": ..., "metric": ..., "items": "3f2a9c", "values": "1101x?-"}, ...],
    "crc": "6f0e2c1d"}                                               checksum; files of format 1 have none

In formats 1 and 2 some fields and metrics had other names; they are read.

Values of 0 and 1 are one letter an item, others a list. `x`: failed, `?`: unmeasured, `-`: not applicable. Where values are to
be taken with caution, ``"cautions"`` has each caution with the places of the items that it holds for. Answers and reasons are
left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from proctor.core import former_names, workspace
from proctor.core.reading.problems import near
from proctor.core.reading.ranges import SEED, Range
from proctor.core.reading.shown import short, shown
from proctor.core.reading.user_files import read_json
from proctor.core.redaction import redact
from proctor.core.schema import FORMAT as RECORD
from proctor.core.schema import InputError, Status
from proctor.core.storage import errors, temporary
from proctor.core.storage.disk import write_atomically
from proctor.core.storage.sealed import opened, sealed
from proctor.leaderboard.formatting import shortened
from proctor.leaderboard.runs.columns import ColumnBuilder, Row, SeriesKey
from proctor.leaderboard.runs.records import Records, grouped
from proctor.leaderboard.runs.store import NAMED, RECORDS, Run, read

FORMAT = 3
SEALED = (2, FORMAT)
"""Formats with a checksum."""
READABLE = (1, *SEALED)
AGAIN = "name a run folder, or a file that --eval-save wrote, and save that one again if it was changed"
SAVING = "choose another name or file for --eval-save"
LISTED = 12
"""Names of saved runs in one sentence."""
VALUE = Range(-1e30, 1e30)
ABOUT = SeriesKey._fields
LETTERS: dict[Status, str] = {"failed": "x", "unmeasured": "?", "not_applicable": "-"}
STATUSES: dict[str, Status] = {letter: status for status, letter in LETTERS.items()}


def open_run(path: Path) -> Run:
    """A run folder, or a baseline file.

    Raises:
        InputError: it is neither, or it is damaged; names what is wrong with it.
    """
    if not path.exists():
        raise InputError(_not_there(path))
    return read(path) if path.is_dir() else load(path)


def _not_there(path: Path) -> str:
    """What a path that leads nowhere may have meant: a folder beside it or, where it is a plain name, a run that was saved."""
    plain = path.name == str(path)
    kept = sorted(one.stem for one in workspace.of_help().saved_runs.glob("*.json")) if plain else []
    meant = near(path.name, [*kept, *(one.name for one in path.parent.glob("*/") if (one / RECORDS).is_file())])
    what = f"there is no such run folder{', nor a saved run of that name' if plain else ''}"
    remedy = f"did you mean {path.with_name(meant)}?" if meant else NAMED
    return f"{path}: {what}; {remedy}{f' (saved: {shortened(kept, LISTED)})' if kept else ''}"


def is_saved(file: Path) -> bool:
    """Whether a file of JSON is a saved run, and not something else of Proctor's."""
    found = read_json(file, remedy=AGAIN)
    return isinstance(found, dict) and "series" in found


def seeded(folder: Path) -> list[Run]:
    """The saved runs of several seeds in a folder, which say how much training anew changes."""
    runs = [load(path) for path in sorted(folder.glob("*.json"))]
    return [run for run in runs if int(run.provenance.get("seeds") or 1) > 1]


def save(run: Run, path: Path) -> None:
    """Write a run as a baseline; the same run gives the same bytes."""
    groups = grouped(run.records, *ABOUT)
    lists = {
        about: [list(pair) for pair in zip(rows.column("item"), rows.column("cluster"), strict=True)]
        for about, rows in groups.items()
    }
    names = {about: hashlib.sha256(json.dumps(items).encode()).hexdigest()[:12] for about, items in lists.items()}
    items = {names[about]: items for about, items in lists.items()}
    lines = [
        json.dumps(dict(zip(ABOUT, about, strict=True)) | {"items": names[about]} | _outcomes(rows), ensure_ascii=False)
        for about, rows in groups.items()
    ]
    listed = ",\n".join(f"{json.dumps(name)}: {json.dumps(found, ensure_ascii=False)}" for name, found in sorted(items.items()))
    joined = ",\n".join(lines)
    provenance = json.dumps(run.provenance, indent=1, ensure_ascii=False)
    text = f'{{"format": {FORMAT},\n"run": {provenance},\n"items": {{\n{listed}\n}},\n"series": [\n{joined}\n]}}\n'
    with errors.told("cannot save the run in", path.parent, SAVING):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.sweep(path.parent)
        write_atomically(path, [sealed(redact(text).encode()), b"\n"])


def _outcomes(rows: Records) -> dict[str, Any]:
    cautions: dict[str, list[int]] = {}
    for place, caution in enumerate(rows.column("caution")):
        if caution:
            cautions.setdefault(caution, []).append(place)
    return {"values": _values(rows)} | ({"cautions": cautions} if cautions else {})


def _values(rows: Records) -> str | list[Any]:
    outcomes = zip(rows.column("status"), rows.value.tolist(), strict=True)
    values = [LETTERS.get(status, value) for status, value in outcomes]
    if all(isinstance(value, str) or value in (0.0, 1.0) for value in values):
        return "".join(value if isinstance(value, str) else f"{value:.0f}" for value in values if value is not None)
    return values


def load(path: Path, metrics: Collection[str] | None = None) -> Run:
    """Read a baseline, or some metrics of it; see `open_run`."""
    data = read_json(path, remedy=AGAIN)
    try:
        number = data.get("format")
        data = opened(path.read_bytes().replace(b"\r\n", b"\n"), always=number in SEALED)
        columns = ColumnBuilder()
        for row in data["series"] if number in READABLE else ():
            row = row if number == FORMAT else former_names.record(row)  # noqa: PLW2901
            if metrics is None or row["metric"] in metrics:
                columns.extend(_records(row, data["items"][row["items"]]))
        records = Records(columns.table()).in_order()
        provenance = data["run"]
    except OSError as error:
        raise InputError(f"cannot read the saved run {errors.sentence(error)}") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        why = f"{short(str(error))} is missing" if isinstance(error, KeyError) else short(str(error), 300)
        raise InputError(f"{path}: not a saved run: {why}; {AGAIN}") from error
    if not isinstance(provenance, dict):
        raise InputError(f"{path}: run: expected an object, not {shown(provenance)}; {AGAIN}")
    if type(number) is not int or number not in READABLE:
        raise InputError(f"{path}: format {shown(number)} is not {FORMAT}; save the baseline anew with this version")
    return Run(path.parent, records, former_names.provenance(provenance))


def _records(row: Mapping[str, Any], items: Sequence[tuple[str, str]]) -> Iterator[Row]:
    """The records of a line as `ColumnBuilder` takes them."""
    SEED.check("seed", row["seed"])
    shared, worst = (*(row[name] for name in ABOUT), RECORD), _worst(row["better"])
    cautions = {place: text for text, places in row.get("cautions", {}).items() for place in places}
    for place, ((item, cluster), value) in enumerate(zip(items, row["values"], strict=True)):
        status = STATUSES.get(value, "scored") if isinstance(value, str) else "scored"
        number = _number(value) if status == "scored" else worst if status == "failed" else None
        reason = "" if status == "scored" else "see the run itself"
        yield shared, item, cluster, status, number, reason, cautions.get(place, "")


def _number(value: Any) -> float:
    if value in ("0", "1"):
        return float(value)
    VALUE.check("value", value)
    return float(value)


def _worst(better: str) -> float:
    return 0.0 if better == "higher" else 1.0
