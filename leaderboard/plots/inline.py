"""What matplotlib writes, made into a part of a page.

The page's own colours and font, no ids but those that are referred to, each of them unique on the page, no style that a strict
content-security policy would stop, and a title that tells the figures of whatever is pointed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from proctor.leaderboard.plots.palette import STANDS_FOR

REFERENCE = re.compile(r"url\(#([\w.-]+)\)")
NUMBER = re.compile(r"-?\d+\.\d{3,}")
DROPPED = ("metadata", "style", "font-family")
"""Elements and properties: the font is the page's."""
UNTURNED = re.compile(r"rotate\(-?0 ")
HALO = {"paint-order": "stroke", "stroke": "var(--card)", "stroke-width": "3", "stroke-linejoin": "round"}
"""Keeps a label readable where a line runs behind it."""
LABEL = "label"
"""First letters of the ids of texts that get a halo."""


def inline(svg: str, prefix: str, said: Mapping[str, str]) -> str:
    """An SVG element for a page. ``said``: id -> what to say of the drawn thing with this id."""
    root = ET.fromstring(svg)  # noqa: S314 # drawn by matplotlib a moment ago
    names = {reference for element in root.iter() for reference in _references(element)}
    _clean(root, f"p-{prefix}", said, names)  # a name of XML begins with a letter
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
    rules = (rule.partition(":") for rule in written.pop("style", "").split(";") if rule)
    written |= {name.strip(): value.strip() for name, _, value in rules}
    for name in [name for name, value in written.items() if name in DROPPED or (name == "transform" and UNTURNED.match(value))]:
        del written[name]
    return {name: _value(name, value, prefix) for name, value in written.items()}


def _value(name: str, value: str, prefix: str) -> str:
    if name == "href":
        return value.replace("#", f"#{prefix}-", 1)
    if name == "font-size":
        return value.removesuffix("px")
    return _rounded(REFERENCE.sub(rf"url(#{prefix}-\1)", STANDS_FOR.get(value, value)))


def _references(element: ET.Element) -> Iterator[str]:
    for name, value in element.attrib.items():
        yield from [value[1:]] if _plain(name) == "href" else REFERENCE.findall(value)


def _plain(name: str) -> str:
    """A tag or an attribute without its namespace, as pages write it."""
    return name.rpartition("}")[2]


def _rounded(value: str) -> str:
    """A hundredth is finer than a screen, and the same on every machine."""
    return NUMBER.sub(lambda found: f"{float(found[0]):.2f}", value)
