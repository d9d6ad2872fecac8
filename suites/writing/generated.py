"""What the generators of the embedded domains share: cards dealt evenly, and files written the same every time."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

GeneratedExample = dict[str, Any]
AnyCard = TypeVar("AnyCard")


class Decks:
    """Shuffled decks of cards, by name: every card of a deck turns up about equally often."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._left: dict[str, list[Any]] = {}

    def deal(self, deck: str, cards: Sequence[AnyCard]) -> AnyCard:
        """The next card of a deck, which is shuffled anew when it has run out."""
        if not self._left.get(deck):
            self._left[deck] = self.rng.sample(cards, len(cards))
        card: AnyCard = self._left[deck].pop()
        return card


def article(name: str, title: str, text: str) -> str:
    """File of one document."""
    return f"---\nid: {name}\ntitle: {title}\n---\n\n{text}\n"


def write_articles(folder: Path, articles: Iterable[tuple[str, str]]) -> None:
    """Write (id, file of one document) pairs into a folder's ``documents``."""
    folder.joinpath("documents").mkdir(parents=True, exist_ok=True)
    for name, text in articles:
        folder.joinpath("documents", f"{name}.md").write_text(text, encoding="utf-8")


def write_rows(path: Path, rows: Iterable[GeneratedExample]) -> None:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
