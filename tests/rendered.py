"""Markdown as GitHub shows it: its own renderer (cmark-gfm), and what its site makes of the text that is left."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

AFTERWARDS = {
    "mention": r"(?:^|[^a-zA-Z0-9_])@[a-zA-Z0-9]",
    "commit": r"@[0-9a-f]{7,40}\b",
    "issue": r"#\d",
    "pull request": r"(?i)\bgh-\d",
    "sign": r":[\w+-]+:",
    "address": r"(?i)\bwww\.|\b(?:https?|ftp)://|\bmailto:[^\u200b]|[\w.+-]@[\w-]+\.\w",
    "formula": r"\$",
}
"""What GitHub, or another site, looks for in each piece of text."""


class Seen(HTMLParser):
    """The elements of a page, and its text piece by piece."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.pieces: list[tuple[str, str]] = []
        self._open: list[str] = []
        flags = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
        self.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, flags))
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag if not attrs else f"{tag} {attrs}")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open.remove(tag)

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"comment {data}")

    def handle_data(self, data: str) -> None:
        self.pieces.append((self._open[-1] if self._open else "", data))

    @property
    def text(self) -> str:
        """What a reader sees, in one line."""
        return " ".join("".join(text for _, text in self.pieces).replace("\u200b", "").split())

    @property
    def made(self) -> list[str]:
        """What the site would make of the text beyond what the renderer did."""
        found = [
            (what, text) for tag, text in self.pieces if tag != "span" for what in AFTERWARDS if re.search(AFTERWARDS[what], text)
        ]
        return [f"{what} in {text!r}" for what, text in found]
