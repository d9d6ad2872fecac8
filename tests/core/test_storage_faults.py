"""A few of the faults of `python -m tests.faults storage`, and that its list and its judgement are what they should be."""

from __future__ import annotations

import pytest

from proctor.leaderboard.runs import saved
from proctor.leaderboard.runs.store import read
from proctor.leaderboard.site.page import publish
from tests.faults.storage import COMMANDS, TORN, WAYS, Fault, Outcome, faults, happens
from tests.faults.world import World, copied
from tests.sample_run import Sample, make_run


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """As an exam leaves it, but for the cache."""
    made = World.under(tmp_path_factory.mktemp("storage") / "world")
    make_run(made.run, Sample(questions=6))
    publish([made.run], made.site)
    made.saved.parent.mkdir()
    saved.save(read(made.run), made.saved)
    for folder in (made.cache, made.work):
        folder.mkdir()
    return made


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        Fault("publish", "site", "a file above it"),
        Fault("publish", "site", "small files"),
        Fault("publish", "site", "leftovers", fatal=False),
        Fault("publish", "run", "torn provenance"),
        Fault("show", "run", "a folder as provenance"),
        Fault("show", "run", "a name too long"),
        Fault("compare", "saved", "a circle of links"),
        Fault("gate", "work", "a file in its place"),
        Fault("gate", "saved", "a torn saved run"),
    ],
    ids=str,
)
def test_a_fault_of_storage_ends_as_it_should(world, tmp_path, fault):
    with copied(world, tmp_path / "copy") as copy:
        outcome = happens(fault, copy)
    assert outcome.problems == [], outcome.said


def test_there_are_a_hundred_faults_and_each_can_be_done():
    listed = faults()
    assert len(set(listed)) == len(listed) > 100
    assert {fault.way for fault in listed} <= {*WAYS, *TORN, "torn manifests"}
    assert {fault.command for fault in listed} == set(COMMANDS)


@pytest.mark.parametrize(
    ("code", "said", "problems"),
    [
        (4, "error: cannot publish into /w/site: No space left on device; make room there", []),
        (0, "not published: /w/site: No space left on device; make room there", ["wrong ok"]),
        (1, 'Traceback (most recent call last):\n  File "page.py"', ["traceback", "another code", "no file", "no remedy"]),
    ],
)
def test_what_should_not_be_is_found(tmp_path, code, said, problems):
    from pathlib import Path

    assert Outcome(Fault("publish", "site", "full"), code, said, Path("/w/site"), 0).problems == problems
