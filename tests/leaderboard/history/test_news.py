"""What is published of changes: true to the history, valid for its readers, and the same bytes each time."""

from __future__ import annotations

import json
import re
from uuid import UUID
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.leaderboard.board.board import board
from proctor.leaderboard.history import feeds, history
from proctor.leaderboard.history.history import History
from proctor.leaderboard.runs.store import read
from proctor.leaderboard.site import export
from tests.hostile import HOSTILE
from tests.leaderboard.history.test_history import run

ATOM = {"a": "http://www.w3.org/2005/Atom"}
LOWER = {"metric": "hallucination.contradicted", "better": "lower"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def told() -> History:
    """Four runs: worse, better, and one in which nothing moved."""
    return history.history([run(1, 180), run(2, 120), run(3, 185), run(4, 185)])


def parsed(text: str) -> ET.Element:
    """A feed with all that RFC 4287 (section 4.1) demands of one."""
    feed = ET.fromstring(text.encode())  # noqa: S314 # written by the code under test
    assert feed.tag == f"{{{ATOM['a']}}}feed"
    assert len(feed.findall("a:author/a:name", ATOM)) == 1  # entries need none of their own then
    ids = []
    for part in [feed, *feed.findall("a:entry", ATOM)]:
        (found,), (title,), (updated,) = (part.findall(f"a:{name}", ATOM) for name in ("id", "title", "updated"))
        assert UUID(found.text.removeprefix("urn:uuid:")).urn == found.text
        assert title.text
        assert TIME.fullmatch(updated.text)
        assert [link.get("href") for link in part.findall("a:link[@rel='alternate']", ATOM)] == ["index.html"]
        ids.append(found.text)
    assert len(ids) == len(set(ids))
    assert all(len(entry.findall("a:content[@type='text']", ATOM)) == 1 for entry in feed.findall("a:entry", ATOM))
    return feed


def words(feed: ET.Element, path: str) -> list[str | None]:
    return [found.text for found in feed.findall(path, ATOM)]


def test_the_feed_has_one_entry_for_each_change_the_newest_first(told):
    feed = parsed(feeds.feed_xml(told))
    assert words(feed, "a:entry/a:content") == [f"{marked.point.sentence}." for marked in told.changes]
    assert [entry.get("term") for entry in feed.findall("a:entry/a:category", ATOM)] == ["better", "worse"]
    assert words(feed, "a:entry/a:updated") == ["2026-01-03T00:00:00Z", "2026-01-02T00:00:00Z"]
    assert words(feed, "a:updated") == ["2026-01-04T00:00:00Z"]


def test_entries_keep_their_names_when_other_runs_follow(told):
    before = parsed(feeds.feed_xml(history.history([run(1, 180), run(2, 120)])))
    now = parsed(feeds.feed_xml(told))
    assert words(before, "a:id") == words(now, "a:id")
    assert words(before, "a:entry/a:id") == words(now, "a:entry/a:id")[1:]


def test_feeds_of_other_histories_have_other_names(told):
    other = history.history([run(1, 180, commit="b"), run(2, 120, commit="b")])
    assert not {*words(parsed(feeds.feed_xml(told)), ".//a:id")} & {*words(parsed(feeds.feed_xml(other)), ".//a:id")}


def test_a_history_without_changes_or_runs_is_a_valid_feed_too():
    assert words(parsed(feeds.feed_xml(History((), ()))), "a:updated") == ["1970-01-01T00:00:00Z"]
    assert not parsed(feeds.feed_xml(history.history([run(1, 180)]))).findall("a:entry", ATOM)


def test_regressions_are_what_got_worse_and_improvements_what_got_better(told):
    data = json.loads(feeds.regressions_json(told))
    assert data["format"] == feeds.FORMAT
    ((worse,), (better,)) = data["regressions"], data["improvements"]
    assert (worse["direction"], worse["before"]["started"], worse["now"]["started"]) == (
        "worse",
        "2026-01-01T00:00:00Z",
        "2026-01-02T00:00:00Z",
    )
    assert (worse["change"], worse["value"], worse["n"]) == (-0.3, 0.6, 200)
    assert worse["change_low"] < -0.3 < worse["change_high"] < 0
    assert better["direction"] == "better"
    assert {worse["id"], better["id"]} == {*words(parsed(feeds.feed_xml(told)), "a:entry/a:id")}


def test_where_lower_is_better_a_rise_is_a_regression():
    data = json.loads(feeds.regressions_json(history.history([run(1, 20, **LOWER), run(2, 90, **LOWER)])))
    assert [row["change"] > 0 for row in data["regressions"]] == [True]
    assert data["improvements"] == []


# Whatever things are called.

NAME = st.text(min_size=1, max_size=30) | st.sampled_from(HOSTILE)


@settings(max_examples=60)
@given(suite=NAME, base=NAME, system=NAME)
def test_names_are_text_in_a_valid_feed_and_nothing_else(suite, base, system):
    names = {"suite": suite, "base_model": base, "system": system}
    told = history.history([run(1, 40, 40, **names), run(2, 4, 40, **names)])
    feed = parsed(feeds.feed_xml(told))
    tags = {element.tag.partition("}")[2] for element in feed.iter()}
    assert tags == {*("feed", "id", "title", "updated", "published", "author", "name", "link", "entry", "category", "content")}
    wanted = re.sub(r"\r\n?", "\n", feeds.NO_XML.sub("\ufffd", told.changes[0].point.sentence))
    assert words(feed, "a:entry/a:content") == [f"{wanted}."]
    row = json.loads(feeds.regressions_json(told))["regressions"][0]
    assert {name: row[name] for name in names} == names


@pytest.mark.slow
@settings(max_examples=1000)
@given(st.characters())
def test_what_is_left_out_of_a_feed_is_what_no_xml_may_hold(letter):
    try:
        ET.fromstring(f"<a>{escape(letter)}</a>".encode())  # noqa: S314 # written by hypothesis
    except (ET.ParseError, UnicodeEncodeError):
        assert feeds.NO_XML.fullmatch(letter)
    else:
        assert not feeds.NO_XML.match(letter)


@pytest.mark.slow
def test_hostile_runs_have_valid_news(hostile):
    first, second = (read(hostile) for _ in range(2))
    for day, opened in enumerate((first, second), 1):
        opened.provenance["started"] = f"2026-01-{day:02}T00:00:00+00:00"
    told = history.history([first, second])
    assert {line.system for line in told.lines} >= set(HOSTILE)
    parsed(feeds.feed_xml(told))
    assert json.loads(feeds.history_json(told))["lines"]


@pytest.mark.slow
def test_the_same_records_give_the_same_bytes_and_no_clock_is_read(hostile, hostile_site, told):
    found = export.files(board([read(hostile)]), history.history([read(hostile)]))
    for name, content in found.items():
        published = (hostile_site / name).read_bytes()
        if name == "leaderboard.json":  # kinds of questions are known to who publishes
            assert json.loads(published) | {"tags": []} == json.loads(content)
        else:
            assert published == (content if isinstance(content, bytes) else content.encode()), name
    assert {word[:10] for word in TIME.findall(feeds.feed_xml(told))} <= {f"2026-01-0{day}" for day in range(1, 5)}
