"""What matplotlib writes, made into a part of a page.

The page's own colours and font, no ids but those that are referred to, each of them unique on the page, no style that a strict
content-security policy would stop, and a title that tells the figures of whatever is pointed at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from leaderboard.plots.looks import STANDS_FOR

FONT = re.compile(r"(?:(?P<weight>bold|\d+) )?(?P<size>[\d.]+)px")
REFERENCE = re.compile(r"(?:url\(#|^#)([\w.-]+)\)?")
NUMBER = re.compile(r"-?\d+\.\d{3,}")
DROPPED = ("metadata", "style")
UNTURNED = re.compile(r"rotate\(-?0 ")
HALO = {"paint-order": "stroke", "stroke": "var(--card)", "stroke-width": "3", "stroke-linejoin": "round"}
"""Keeps a label readable where a line runs behind it."""
LABEL = "label"
"""First letters of the ids of texts that get a halo."""


def inline(svg: str, prefix: str, said: Mapping[str, str]) -> str:
    """An SVG element for a page. ``said``: id -> what to say of the drawn thing with this id."""
    root = ET.fromstring(svg)  # noqa: S314 # drawn by matplotlib a moment ago
    names = {reference for element in root.iter() for _, reference in _references(element)}
    _clean(root, prefix, said, names)
    root.attrib = {"viewBox": root.attrib["viewBox"], "aria-hidden": "true", "focusable": "false"}
    return ET.tostring(root, encoding="unicode")


def _clean(element: ET.Element, prefix: str, said: Mapping[str, str], names: set[str]) -> None:
    element.tag, element.tail = _plain(element.tag), None
    element.text = element.text if element.tag == "text" else None
    for child in list(element):
        if _plain(child.tag) in DROPPED:
            element.remove(child)
        else:
            _clean(child, prefix, said, names)
            if child.tag in ("g", "defs") and not len(child):
                element.remove(child)
    name = element.attrib.pop("id", "")
    element.attrib = _attributes(element, prefix)
    if name in names:
        element.set("id", f"{prefix}-{name}")
    if name.startswith(LABEL):
        for text in element.iter("text"):
            text.attrib |= HALO
    if name in said:
        title = ET.Element("title")
        title.text = said[name]
        element.insert(0, title)


def _attributes(element: ET.Element, prefix: str) -> dict[str, str]:
    """Its attributes, with the style as attributes of its own."""
    written = {_plain(name): value for name, value in element.attrib.items()}
    for rule in filter(None, written.pop("style", "").split(";")):
        name, _, value = (part.strip() for part in rule.partition(":"))
        written |= _font(value) if name == "font" else {name: STANDS_FOR.get(value, value)}
    written = {name: STANDS_FOR.get(value, value) for name, value in written.items()}
    if UNTURNED.match(written.get("transform", "")):
        del written["transform"]
    return {name: _rounded(REFERENCE.sub(lambda m: m[0].replace("#", f"#{prefix}-"), value)) for name, value in written.items()}


def _font(value: str) -> dict[str, str]:
    """Size and weight: the family is the page's."""
    found = FONT.search(value)
    assert found  # noqa: S101 # matplotlib writes every font with its size
    return {"font-size": found["size"]} | ({"font-weight": found["weight"]} if found["weight"] else {})


def _references(element: ET.Element) -> list[tuple[str, str]]:
    return [(name, found[1]) for name, value in element.attrib.items() for found in REFERENCE.finditer(value)]


def _plain(name: str) -> str:
    """A tag or an attribute without its namespace, as pages write it."""
    return name.rpartition("}")[2]


def _rounded(value: str) -> str:
    """A hundredth is finer than a screen, and the same on every machine."""
    return NUMBER.sub(lambda found: f"{float(found[0]):.2f}", value)
