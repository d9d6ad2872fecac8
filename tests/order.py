"""The order in which the workers of `-n` take the tests: what takes long begins early, so that nobody waits for it at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

BROWSER = "tests/browser/"
SECONDS: dict[str, int] = {}
"""File -> seconds of a processor, for those that take longest. `pytest tests --durations=0` tells."""


def ordered(files: Sequence[str]) -> list[int]:
    """Places of tests, each given by its file, in the order in which they are to be taken; those of a file stay together.

    What shares a browser comes first, in one piece, and then what takes longest; of files of which nothing is noted, those that
    hold the most tests.
    """
    tests, first = Counter(files), {file: place for place, file in reversed([*enumerate(files)])}

    def key(place: int) -> tuple[bool, int, int, int]:
        file = files[place]
        return not file.startswith(BROWSER), -SECONDS.get(file, 0), -tests[file], first[file]

    return sorted(range(len(files)), key=key)
