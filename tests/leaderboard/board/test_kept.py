"""Answers of systems built elsewhere that were given before the run."""

from __future__ import annotations

from typing import Any

import pytest

from proctor.leaderboard.board.kept import kept_answers


def run(**kept: Any) -> dict[str, Any]:
    made = {f"s/m/{name}/0": {"answers": {"kept": found}} for name, found in kept.items()}
    return {"started": "2026-11-30T12:00:00+00:00", "made": {**made, "s/m/rag/0": {"answers": {}}, "s/m/odd/0": "?"}}


def test_each_system_is_named_with_how_many_answers_and_how_old_they_may_be() -> None:
    told = run(
        bot={"count": 60, "of": 60, "oldest": "2026-11-20T12:00:00+00:00"},
        chain={"count": 3, "of": 60, "oldest": "2026-11-30T10:00:00+00:00"},
        old={"count": 1, "of": 1, "oldest": ""},
        also={"count": 60, "of": 60, "oldest": "2026-11-20T11:00:00+00:00"},
    )
    assert kept_answers(told, "s", "m", ["rag", "bot", "chain", "old", "odd", "also"]) == (
        "Asked before this run, and not again: bot and also (all 60 answers each, up to 10 days old); "
        "chain (3 of 60 answers, up to 2 hours old); old (1 of 1 answer). --refresh asks again."
    )


@pytest.mark.parametrize("told", [{}, {"made": []}, run(), run(bot="?"), run(bot={"count": "x"})])
def test_where_none_were_kept_nothing_is_said(told: dict[str, Any]) -> None:
    assert kept_answers(told, "s", "m", ["rag", "bot"]) == ""
