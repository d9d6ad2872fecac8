"""A part of `python -m tests.faults fuzz`, small enough for every change."""

from __future__ import annotations

import random

import pytest

from tests.faults import fuzz
from tests.faults.samples import SAMPLES


@pytest.mark.slow
def test_damaged_inputs_are_read_unharmed_or_refused_with_their_name_and_a_remedy():
    quick = [change for change in fuzz.changes(7, 0.1) if not SAMPLES[change.sample].name.startswith("suite: ")]
    some = random.Random(7).sample(quick, 120)  # noqa: S311 # no secret
    bad = [f"{one.outcome}: {SAMPLES[one.change.sample].name}: {one.change.how}" for one in fuzz.told(some)]
    assert not [text for text in bad if text.partition(":")[0] not in fuzz.GOOD]


@pytest.mark.slow
def test_what_is_no_file_is_refused_before_it_is_opened():
    questions = next(place for place, sample in enumerate(SAMPLES) if sample.target == "questions.jsonl")
    made = [fuzz.Change(questions, kind, b"", kind, "refused") for kind in ("fifo", "zero", "socket", "dangling", "endless")]
    assert {one.change.how: one.outcome for one in fuzz.told(made)} == dict.fromkeys((one.how for one in made), "refused")


@pytest.mark.slow
def test_the_changes_are_the_same_for_a_seed():
    assert list(fuzz.changes(3, 0.05)) == list(fuzz.changes(3, 0.05))
