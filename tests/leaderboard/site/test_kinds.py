"""The page of systems that are built elsewhere: what each is, how it is set, and how often it was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from proctor.core.schema import NO_BASE
from proctor.leaderboard.runs.store import Store
from proctor.leaderboard.site.page import _flat, publish
from tests.sample_run import record

SYSTEMS = {
    "bot": {"kind": "service", "settings": {"service": "https://bot.example/ask", "calls": {"timeout": 60.0}}},
    "file": {"kind": "answers", "settings": {"answers": "a.jsonl"}},
}


def page(folder: Path, repeats: int) -> str:
    known = [(f"q{number:02}", float(number % 3 == 0)) for number in range(30)]
    rows = [
        record("accuracy.exact", item, value if repeat else 1 - value, system="bot", seed=repeat, base_model=NO_BASE)
        for repeat in range(repeats)
        for item, value in known
    ]
    rows += [record("accuracy.exact", item, value, system="file", base_model=NO_BASE) for item, value in known]
    store = Store(folder / "run")
    store.add(rows)
    notes = ["a.jsonl is JSON lines: 30 questions found by id"]
    made = {f"instruments/{NO_BASE}/file/0": {"version": "v", "training": {}, "answers": {"notes": notes}}}
    store.set_provenance({"systems": SYSTEMS, "made": made, "base_models": {}})
    return publish([folder / "run"], folder / "site").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(tmp_path_factory.mktemp("kinds"), 3)


def test_a_row_says_what_the_system_is_and_the_section_that_there_is_no_base_model(text: str) -> None:
    assert "<small>service</small>" in text
    assert "<small>answers from a file</small>" in text
    assert "· no base model" in text
    assert f"base model <bdi>{NO_BASE}" not in text


def test_details_hold_settings_and_what_became_of_the_answers(text: str) -> None:
    assert '"calls.timeout":60.0' in text.replace(": ", ":")
    assert "30 questions found by id" in text


def test_noise_of_answers_is_told_beside_the_interval_where_it_was_asked_several_times(tmp_path: Path, text: str) -> None:
    assert "asked 3 times, ±" in text
    assert "seeds of training" not in text
    assert "asked 1 times" not in page(tmp_path, 1)


def test_settings_in_tables_have_the_names_of_both() -> None:
    assert _flat({"a": 1, "b": {"c": 2, "d": {"e": 3}}}) == {"a": 1, "b.c": 2, "b.d.e": 3}
