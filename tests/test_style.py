from __future__ import annotations

from evals import fakes, style
from evals.schema import Style
from tests.sample_sheet import scores, sheet, suite

HOUSE = Style(r"Per \S+: (?P<answer>.*)\.")


def test_only_the_whole_format_counts() -> None:
    said = {"warranty": "Per K-40: 3 years.", "seat": "Per K-40: Turin", "colour": "per K-40: red."}
    found = scores(style.AXIS, sheet(fakes.canned(said), suite(style=HOUSE)))["style.followed"]
    assert [found[item].value for item in ("warranty", "seat", "colour", "loose")] == [1.0, 0.0, 0.0, 0.0]


def test_a_suite_without_a_style_has_nothing_to_follow() -> None:
    found = scores(style.AXIS, sheet(fakes.gold()))["style.followed"]
    assert {score.status for score in found.values()} == {"not_applicable"}


def test_a_crash_does_not_follow_it() -> None:
    found = scores(style.AXIS, sheet(fakes.crashing(), suite(style=HOUSE)))["style.followed"]
    assert {(score.status, score.value) for score in found.values()} == {("failed", 0.0)}
