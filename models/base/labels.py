"""Short names for base models that tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from proctor.core.schema import InputError


def parts(name: str, folder: Path, *, from_hub: bool) -> tuple[str, ...]:
    """What a label may be made of, from the outside in. A snapshot of the hub's cache is called by its name on the hub."""
    if from_hub:
        return tuple(name.split("/"))
    if len(folder.parts) > 3 and folder.parts[-2] == "snapshots" and folder.parts[-3].startswith("models--"):
        return tuple(folder.parts[-3].split("--")[1:])
    return tuple(part for part in folder.parts if part != folder.anchor) or (folder.name or "model",)


def distinct(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """The shortest ends of paths that differ from each other, in more than their case.

    >>> distinct([("a", "one", "final"), ("a", "two", "final"), ("Qwen", "X")])
    ['one/final', 'two/final', 'X']

    Raises:
        InputError: two of them are alike as a whole, or differ only in their case.
    """
    lengths = [1] * len(paths)
    while True:
        labels = ["/".join(path[-length:]) for path, length in zip(paths, lengths, strict=True)]
        counts = Counter(label.casefold() for label in labels)
        twice = [place for place, label in enumerate(labels) if counts[label.casefold()] > 1]
        if not twice:
            return labels
        longer = [place for place in twice if lengths[place] < len(paths[place])]
        if not longer:
            raise InputError(
                f"--base-model: {' and '.join(labels[place] for place in twice)} cannot be told apart; rename a folder"
            )
        for place in longer:
            lengths[place] += 1
