"""Where a trained system catches up with one that needs no examples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proctor.leaderboard.analysis.break_even import SHARES, Crossing, crossings, sentence
from proctor.leaderboard.analysis.section import sections
from tests.sample_run import record

SYSTEMS = {
    "rag": {"settings": {"adapt": "none", "retrieve": "dense"}},
    "lora": {"settings": {"adapt": "lora", "retrieve": "none"}},
    "base": {"settings": {"adapt": "none", "retrieve": "none"}},
}


def records(level: int, *curve: int, of: int = 100) -> list[Any]:
    """Lora is right in the first so many items at each share, rag in the last so many: as far apart as can be."""
    learnt = [
        record(metric, f"q{i}", float(i < n), system="lora") for metric, n in zip(SHARES, curve, strict=True) for i in range(of)
    ]
    return learnt + [record("accuracy.exact", f"q{i}", float(i >= of - level), system="rag") for i in range(of)]


def crossing(*rights: int) -> Crossing:
    (found,) = crossings(sections(records(*rights), {"systems": SYSTEMS}))
    assert (found.system, found.level, found.n) == ("lora", "rag", 100)
    return found


@pytest.mark.parametrize(
    ("curve", "share"),
    [
        ((10, 30, 50, 90), 0.5),
        ((10, 30, 70, 90), 2**-1.5),
        ((60, 70, 80, 90), 0.125),
        ((0, 10, 20, 49), None),
        ((10, 20, 30, 50), 1),
    ],
)
def test_it_is_read_off_straight_lines(curve: tuple[int, ...], share: float | None) -> None:
    found = crossing(50, *curve).share
    assert found is None if share is None else found == pytest.approx(share, rel=2e-3)


def test_its_interval_holds_it_and_may_be_open() -> None:
    clear, open_ended = crossing(50, 10, 30, 70, 90), crossing(50, 10, 20, 30, 51)
    assert clear.ci_low is not None and clear.share is not None and clear.ci_high is not None  # noqa: PT018
    assert clear.ci_low < clear.share < clear.ci_high
    assert open_ended.ci_high is None


def test_it_is_said_in_words() -> None:
    assert "lora catches up with rag at 35.4 % of the examples" in sentence(crossing(50, 10, 30, 70, 90))
    assert "no more than 12.5 %" in sentence(crossing(50, 60, 70, 80, 90))
    assert "or never" in sentence(crossing(50, 10, 20, 30, 51))
    assert "does not catch up with rag: with all examples it is significantly behind" in sentence(crossing(50, 0, 10, 20, 30))
    assert "by the means, but with all examples it is not significantly behind" in sentence(crossing(50, 0, 10, 20, 48))


def test_without_a_whole_curve_there_is_none() -> None:
    assert not list(
        crossings(
            sections([row for row in records(50, 1, 2, 3, 4) if row.metric != "data_efficiency.half"], {"systems": SYSTEMS})
        )
    )
    assert not list(crossings(sections(records(50, 1, 2, 3, 4), {"systems": {"lora": SYSTEMS["lora"]}})))


def test_few_clusters_have_no_crossing() -> None:
    few = [replace(row, cluster=f"c{int(row.item[1:]) % 9}") for row in records(50, 10, 30, 70, 90)]
    assert not list(crossings(sections(few, {"systems": SYSTEMS})))


def test_its_interval_allows_for_training() -> None:
    once = crossing(50, 10, 30, 70, 90)
    assert "a standard deviation of 4 points (assumed)" in once.caution
    thrice = [
        replace(row, seed=seed, value=float(row.value and seed < 2)) for row in records(50, 10, 30, 70, 90) for seed in (0, 1, 2)
    ]
    (apart,) = crossings(sections(thrice, {"systems": SYSTEMS}))
    assert apart.caution == ""
    assert apart.ci_low < once.ci_low


def test_at_the_ends_of_its_interval_neither_is_significantly_ahead() -> None:
    """With all examples it is as far ahead as can be, and with few as far behind: in between is where it may catch up."""
    found = crossing(50, 0, 0, 100, 100)
    assert 0.25 < found.ci_low < found.share < found.ci_high < 0.5
