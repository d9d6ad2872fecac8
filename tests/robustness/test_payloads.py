"""Nothing that a suite, a model, a judge, a policy or a run brings along runs, reaches the network or reads a file elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.payloads import TEMPLATES, Payload, payloads, put

KEPT = {
    "a base model": ("code of its own", "an attention kernel", "a generate of its own"),
    "an NLI judge": ("code of its own",),
    "an embedder": ("a module of its own",),
    "a run that is published": (TEMPLATES[0],),
}
"""Of ways in whose payloads take long to make, those that are tried here; `python -m tests.faults payloads` tries all."""


def sample() -> Iterator[Payload]:
    """What is tried here: templates in one setting stand for those in others."""
    for payload in payloads():
        elsewhere = payload.way.startswith("a task that") and payload.name.startswith(("doc_to_choice: {", "description: {"))
        if payload.name in KEPT.get(payload.way, (payload.name,)) and not elsewhere:
            yield payload


@pytest.fixture(autouse=True)
def _datasets_elsewhere(tmp_path: Path) -> None:
    import datasets

    datasets.config.HF_DATASETS_CACHE = tmp_path / "datasets"


@pytest.mark.slow
@pytest.mark.parametrize("way", dict.fromkeys(payload.way for payload in payloads()))
def test_no_payload_does_anything(way: str, tmp_path: Path) -> None:
    put_there = [payload for payload in sample() if payload.way == way]
    outcomes = {payload.name: put(payload, tmp_path / str(number)).outcome for number, payload in enumerate(put_there)}
    assert outcomes
    assert set(outcomes.values()) <= {"refused", "did nothing"}, outcomes


def test_the_harness_notices_what_runs(tmp_path: Path) -> None:
    import os
    import socket

    ran = put(Payload("x", "x", lambda folder, _: (folder / "RAN").touch()), tmp_path / "a")
    called = put(Payload("x", "x", lambda *_: os.system("true") and None), tmp_path / "b")  # noqa: S605, S607
    reached = put(Payload("x", "x", lambda *_: socket.getaddrinfo("example.org", 80) and None), tmp_path / "c")
    assert (ran.outcome, called.outcome, reached.outcome) == ("ran", "ran", "reached the network")
