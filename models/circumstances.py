"""Under what circumstances something was made that is kept: on which machine, and what else that did meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proctor.core import load, machine

FILE = "circumstances.json"


@contextmanager
def noted(folder: Path) -> Iterator[None]:
    """Leave a note in ``folder`` of what is done while the context is open."""
    watch = load.Load()
    yield
    note = {"machine": machine.facts(), "others": watch.others(), "workers": load.workers()}
    (folder / FILE).write_text(json.dumps(note, indent=1), encoding="utf-8")


def caution(folder: Path, what: str) -> str:
    """Why the seconds that it took may not be those that this machine takes; ``what`` was done, such as "trained"."""
    try:
        note = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return f"it is not known on what machine this was {what}"
    if note["machine"] != machine.facts():
        return f"this was {what} on another machine: {_named(note['machine'])}"
    if note["workers"] > 1:
        return f"{note['workers']} workers shared the machine while this was {what} (-n {note['workers']})"
    return load.taken(note["others"], what)


def _named(facts: dict[str, object]) -> str:
    return ", ".join(f"{name} {facts[name]}" for name in ("model", "cores", "gpus", "threads") if facts.get(name))
