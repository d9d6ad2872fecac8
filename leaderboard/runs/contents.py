"""How many records a run folder held of each metric when an exam ended, by which lost ones are missed: ``contents.json``.

{"format": 2, "records": [["instruments", "tiny", "rag", 0, "accuracy.exact", 150], ...], "crc": "6f0e2c1d"}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from proctor.core import former_names
from proctor.core.counts import counted
from proctor.core.schema import InputError
from proctor.core.storage.disk import write_atomically
from proctor.core.storage.sealed import opened, sealed
from proctor.leaderboard.runs.columns import CellKey

FILE = "contents.json"
FORMAT = 2
"""In format 1 some metrics had other names."""


def read(folder: Path) -> dict[CellKey, int]:
    """What is expected of a run folder; nothing where no exam came to its end yet.

    Raises:
        InputError: the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        data = opened(path.read_bytes())
        named = former_names.metric if data["format"] == 1 else str
        return {
            (suite, base, system, seed, named(name)): int(count) for suite, base, system, seed, name, count in data["records"]
        }
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} is damaged: {error}; run the exam again, which writes it anew") from error


def write(folder: Path, expected: Mapping[CellKey, int]) -> None:
    """Say what is expected of the folder from now on."""
    rows = ",\n".join(json.dumps([*cell, count]) for cell, count in sorted(expected.items()))
    write_atomically(folder / FILE, [sealed(f'{{"format": {FORMAT}, "records": [\n{rows}\n]}}'.encode()), b"\n"])


def check(folder: Path, found: Mapping[CellKey, int]) -> None:
    """InputError if there are fewer records of a metric than expected."""
    lacking = {cell: count - found.get(cell, 0) for cell, count in read(folder).items() if found.get(cell, 0) < count}
    if lacking:
        (suite, _, system, seed, metric), missing = next(iter(lacking.items()))
        rest = f", and some of {counted(len(lacking) - 1, 'other metric')}" if len(lacking) > 1 else ""
        raise InputError(
            f"{folder}: {counted(missing, 'record')} of {metric} of {system} (seed {seed}) on {suite} "
            f"{'is' if missing == 1 else 'are'} missing{rest}; run the whole exam again with --run-dir {folder}, "
            f"which measures only what is missing (or delete {FILE}, if you took them out on purpose)"
        )
