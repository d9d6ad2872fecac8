"""A page as a strict parser sees it: tags that match, and what the tests ask about."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

VOID = {"meta", "link", "wbr", "br", "img", "path", "use", "input", "line", "circle", "rect"}
Place = tuple[str, str, str]
"""Section, system and metric."""


class Page(HTMLParser):
    """A parsed page: complains about tags that do not match, and collects what the tests ask about."""

    def __init__(self, text: str) -> None:
        """Parse it."""
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.cells: dict[Place, dict[str, float]] = {}
        self._section = self._system = ""
        self._cell: dict[str, float] | None = None
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag; of a table's cells, where they are and what they hold."""
        found = dict(attrs)
        assert len(found) == len(attrs), f"an attribute comes twice in {tag} {attrs}"
        self.tags.append((tag, found))
        self.open += [] if tag in VOID else [tag]
        self._section = found.get("data-section") or self._section
        if tag == "tr":
            self._system = found.get("data-system") or ""
        if tag == "td" and "data-metric" in found:
            self._cell = {name: float(str(found[f"data-{name}"])) for name in ("low", "high", "n") if f"data-{name}" in found}
            self.cells[self._section, self._system, str(found["data-metric"])] = self._cell
        if tag == "data" and self._cell is not None:
            self._cell["value"] = float(str(found["value"]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Tags are closed in the order in which they were opened."""
        if tag not in VOID:
            assert self.open.pop() == tag
            self._cell = None if tag == "td" else self._cell

    def handle_data(self, data: str) -> None:
        """Keep the words that are read, and apart from them the scripts."""
        if self.open[-1:] == ["script"]:
            self.scripts.append((self.tags[-1][1], data))
        elif self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        """All that is read."""
        return "".join(self.words)

    def data(self, name: str) -> Any:
        """What the page holds as data under a name."""
        (text,) = [text for attributes, text in self.scripts if attributes.get("id") == name]
        return json.loads(text)

    def attributes(self, name: str) -> list[str | None]:
        """Every value of an attribute."""
        return [found[name] for _, found in self.tags if name in found]


def parsed(path: Path) -> Page:
    """A file as a page."""
    return Page(path.read_text(encoding="utf-8"))
