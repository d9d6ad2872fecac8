"""Where a run comes from, as the page tells it."""

from __future__ import annotations

from typing import Any

from proctor.leaderboard.site.reproduce import facts

RUN: dict[str, Any] = {
    "judge": "lexical",
    "repeats": 1,
    "limit": None,
    "timing": {},
    "git": {"commit": "", "dirty": False},
    "suites": {"bench": {"title": "Bench", "questions": 0, "general": [], "headline": ["accuracy.exact", "named"]}},
    "made": {"bench/tiny/rag/0": {"version": "abc", "training": {}, "answers": {"stops": {"line": 3}, "notes": []}}},
}


def test_what_has_nothing_to_say_has_no_name_on_the_page_either() -> None:
    assert dict(facts(RUN)) == {
        "": [("judge", "lexical"), ("repeats", "1")],
        "git": [("dirty", "no")],
        "suites": [("bench", "title Bench · questions 0 · headline accuracy.exact, named")],
        "made": [("bench/tiny/rag/0: version", "abc"), ("bench/tiny/rag/0: answers", "stops line 3")],
    }
