"""Finds the items beside the task files, from whatever folder lm-eval is started in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset


def load(file: str, **_: Any) -> dict[str, Dataset]:
    """The one split of a task, as lm-eval's `custom_dataset` wants it."""
    from datasets import Dataset

    lines = Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines()
    return {"test": Dataset.from_list([json.loads(line) for line in lines])}
