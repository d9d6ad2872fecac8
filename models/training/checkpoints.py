"""The checkpoints of a training: which of them is whole, and which may go.

A checkpoint is listed in a manifest once it is on the disk, and loses that before it is deleted. So one that was half written,
half deleted or changed since is never gone on from; the one before it is, or the training starts anew.
"""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

from proctor.core import machine
from proctor.core.storage import manifest

log = logging.getLogger("proctor")

KEPT = 2
"""Checkpoints that are kept: the newest, and the one before it in case that is damaged."""
MACHINE = "machine.json"
ORDER = "order.pt"
"""Of a checkpoint within an epoch: the generator's state that the epoch's order was drawn from."""


def newest(folder: Path, name: str) -> Path | None:
    """The newest whole checkpoint of a training called ``name``. Those that are not are deleted, which is said."""
    found = None
    for path in _by_age(folder):
        damaged = manifest.damage(path)
        if not damaged:
            found = found or path
            continue
        log.warning("training %s: %s is passed over, as it is damaged or was not finished (%s)", name, path.name, _some(damaged))
        _remove(path)
    if found:
        log.info("training %s goes on from %s%s", name, found.name, "" if same_machine(found) else ", made on another machine")
    elif folder.exists() and any(folder.iterdir()):
        log.info("training %s starts anew", name)
    return found


def finish(checkpoint: Path, order: Any = None) -> None:
    """Declare a checkpoint whole, now that the trainer has written it. ``order``: what to draw the epoch that runs from again."""
    import torch

    if order is not None:
        torch.save(order, checkpoint / ORDER)
    (checkpoint / MACHINE).write_text(json.dumps(_facts()), encoding="utf-8")
    manifest.write(checkpoint)


def order(checkpoint: Path | None) -> Any:
    """What the epoch that a checkpoint lies in was drawn from; nothing where it lies between two."""
    import torch

    if checkpoint is None or not (checkpoint / ORDER).exists():
        return None
    return torch.load(checkpoint / ORDER, weights_only=True)


def make_room(folder: Path) -> None:
    """Delete what the next checkpoint makes needless, before it is written."""
    for path in _by_age(folder)[KEPT - 1 :]:
        _remove(path)


def same_machine(checkpoint: Path) -> bool:
    """Whether it was made under the circumstances of this process: then what follows has the same bits as if undisturbed."""
    found: Any = json.loads((checkpoint / MACHINE).read_text(encoding="utf-8"))
    return bool(found == json.loads(json.dumps(_facts())))


def _facts() -> dict[str, Any]:
    import torch

    return machine.facts() | {"torch": torch.__version__, "torch threads": torch.get_num_threads()}


def _by_age(folder: Path) -> list[Path]:
    """The newest first."""
    numbered = [path for path in folder.glob("checkpoint-*") if path.name.rpartition("-")[2].isdecimal()]
    return sorted(numbered, key=lambda path: int(path.name.rpartition("-")[2]), reverse=True)


def _remove(path: Path) -> None:
    manifest.remove(path)
    shutil.rmtree(path)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
