"""What got better or worse, for programs and for feed readers: ``history.json``, ``regressions.json`` and ``feed.xml``.

The same runs give the same bytes: no clock is read, and an entry of the feed keeps its name for good.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from proctor.core.code import code_of
from proctor.core.storage.cache import digest
from proctor.evals.axes import catalogue
from proctor.evals.stats import comparison, intervals
from proctor.leaderboard.analysis import retraining, series
from proctor.leaderboard.board import sections
from proctor.leaderboard.compare import changes, policy
from proctor.leaderboard.history import runs as past
from proctor.leaderboard.history import trends
from proctor.leaderboard.history.history import History, Marked, TrendLine
from proctor.leaderboard.history.runs import RunInfo
from proctor.leaderboard.history.trends import TrendPoint

FORMAT = 2
"""Number of the format of ``history.json`` and ``regressions.json``."""
ATOM = "http://www.w3.org/2005/Atom"
NAMES = UUID("82c5d5b8-833a-4d6f-9e19-2f3d64691de6")
"""Namespace of the names of feeds and entries (RFC 4122): they need no host that nobody owns."""
NEVER = "1970-01-01T00:00:00Z"
"""When a feed without any run was updated: Atom wants a time."""
NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold."""


def history_json(told: History) -> str:
    """All runs and lines, one a line of text."""
    lines = [{**_about(line), "points": [vars(point) for point in line.points]} for line in told.lines]
    lists: dict[str, list[Any]] = {"runs": [vars(run) for run in told.runs], "lines": lines, "undated": list(told.undated)}
    return _json({"format": FORMAT, "made_by": _made_by()}, lists)


def history_of(text: str | None) -> History | None:
    """What `history_json` wrote; None if this is something else, or was written by another version of what makes it."""
    try:
        data = json.loads(text or "")
        if (data["format"], data["made_by"]) != (FORMAT, _made_by()):
            return None
        lines = [TrendLine(**line | {"points": tuple(TrendPoint(**point) for point in line["points"])}) for line in data["lines"]]
        return History(tuple(RunInfo(**run) for run in data["runs"]), tuple(lines), tuple(data["undated"]))
    except (ValueError, KeyError, TypeError):
        return None


def _made_by() -> str:
    """Names the code that the points rest on, and the metrics that are followed."""
    made = (intervals, comparison, catalogue, sections, series, changes, policy, past, retraining, trends)
    return digest(code_of(*made), catalogue.followed())[:16]


def regressions_json(told: History) -> str:
    """What got worse, and what got better, the newest first."""
    rows = [_row(marked) for marked in told.changes]
    worse, better = ([row for row in rows if row["direction"] == way] for way in ("worse", "better"))
    return _json({"format": FORMAT}, {"regressions": worse, "improvements": better})


def _json(about: Mapping[str, Any], lists: Mapping[str, Sequence[Any]]) -> str:
    rows = {name: ",\n".join(json.dumps(row, allow_nan=False) for row in found) for name, found in lists.items()}
    parts = [json.dumps(about)[:-1], *(f'"{name}": [\n{text}\n]' for name, text in rows.items())]
    return ",\n".join(parts) + "}\n"


def _about(line: TrendLine) -> dict[str, Any]:
    return {name: value for name, value in vars(line).items() if name != "points"}


def _row(marked: Marked) -> dict[str, Any]:
    point = marked.point
    change = {name: getattr(point, name) for name in ("change", "change_low", "change_high", "p", "value", "n", "sentence")}
    runs = {name: _moment(moment) for name, moment in (("before", marked.before), ("now", marked.now))}
    return {"id": _name(marked), "direction": point.mark, **_about(marked.line), **change, **runs}


def _moment(moment: RunInfo) -> dict[str, Any]:
    return {name: value for name, value in vars(moment).items() if name != "digest"}


def _name(marked: Marked) -> str:
    """The same for the same metric between the same runs, whatever is found of it later."""
    line = marked.line
    return _urn(line.suite, line.base_model, line.system, line.metric, marked.before.id, marked.now.id)


def _urn(*parts: str) -> str:
    return uuid5(NAMES, json.dumps(parts)).urn


def feed_xml(told: History) -> str:
    """An Atom 1.0 feed (RFC 4287), one entry for each change. It bears the name of the first run that it tells of."""
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    _add(feed, "id", _urn("feed", told.runs[0].id if told.runs else ""))
    _add(feed, "title", "Proctor: what got better or worse")
    _add(feed, "updated", told.runs[-1].started if told.runs else NEVER)
    _add(SubElement(feed, "author"), "name", "Proctor")
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": "feed.xml"})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": "index.html"})
    for marked in told.changes:
        _entry(SubElement(feed, "entry"), marked)
    indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(feed, encoding="unicode")}\n'


def _entry(entry: Element, marked: Marked) -> None:
    line, point = marked.line, marked.point
    _add(entry, "id", _name(marked))
    _add(entry, "title", f"{line.metric} of {line.system} on {line.suite}: {point.mark}")
    for moment in ("published", "updated"):
        _add(entry, moment, marked.now.started)
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": "index.html"})
    SubElement(entry, "category", {"term": point.mark})
    _add(entry, "content", f"{point.sentence}.").set("type", "text")


def _add(parent: Element, tag: str, text: str) -> Element:
    child = SubElement(parent, tag)
    child.text = NO_XML.sub("\ufffd", text)
    return child
