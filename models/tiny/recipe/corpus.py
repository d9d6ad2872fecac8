"""The text that the embedded model is trained on, and the general benchmark from its held-out side.

    python -m models.tiny.recipe.corpus suites/general     writes the benchmark's data

`document` is one training document. What it is made of depends on how far training has come: first one
article and few facts, at the end up to seven articles, most of them near misses.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from proctor.models.tiny.recipe import exercises, general
from proctor.models.tiny.recipe.hints import Document, Segments
from proctor.models.tiny.recipe.values import HeldOut, Source

ITEMS = 140
CONTEXT = 0.08  # weight of articles and questions beside answers


def document(rng: Source, progress: float, *, is_long: bool = False) -> Document:
    """Text for reading, for general skills, or for saying `unknown` with nothing to read.

    Shares are of documents, not of tokens: a reading document is some eight times as long as a general one.
    """
    kind = rng.choices(("reading", "drill", "hop", "closed", "general"), (30, 30, 4 if progress > 0.15 else 0, 4, 45))[0]
    if kind == "general":
        return Document(general_document(rng))
    if kind == "closed":
        return exercises.closed_book(rng).document(CONTEXT)
    size, asked = _size(rng, progress, is_long=is_long), rng.choice((1, 2, 4, 5, 6, 7))
    if kind == "drill":
        most = 2 if progress < 0.06 else 3 if progress < 0.2 else 5
        return exercises.drill(rng, rng.randint(2, most), rng.randint(2, 5)).document(CONTEXT)
    if kind == "hop":
        return exercises.hop(rng, size, asked).document(CONTEXT)
    return exercises.reading(rng, size, asked, min(1.0, 0.3 + progress)).document(CONTEXT)


def _size(rng: Source, progress: float, *, is_long: bool) -> int:
    """Number of articles."""
    if is_long:
        return rng.randint(3, 7)
    if progress < 0.06:
        return 1
    if progress < 0.2:
        return rng.choices((1, 2, 3), (50, 30, 20))[0]
    return rng.choices((1, 2, 3, 4), (14, 18, 58, 10))[0]


def general_document(rng: Source) -> Segments:
    """One general item, or a few one below the other."""
    out: Segments = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        family = rng.choices(list(general.FAMILIES), general.SHARES)[0]
        query, answer = general.FAMILIES[family](rng).segments()
        out += [("\n" + query[0] if out else query[0], query[1]), answer]
    return out


def benchmark(family: str, seed: int = 11) -> list[dict[str, object]]:
    """Held-out items of one family, no two with the same question."""
    rng = HeldOut(f"{family}/{seed}")
    items: dict[str, general.Item] = {}
    while len(items) < ITEMS:
        item = general.FAMILIES[family](rng)
        items.setdefault(item.query, item)
    return [{"query": i.query, "choices": [c.strip() for c in i.choices], "gold": i.gold} for i in items.values()]


def write_benchmark(folder: Path) -> None:
    """One file of JSON lines for each family."""
    for family in general.FAMILIES:
        lines = (json.dumps(row) + "\n" for row in benchmark(family))
        (folder / f"{family}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    write_benchmark(Path(sys.argv[1]))
