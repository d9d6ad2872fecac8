"""The machine is described without loading anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from proctor.core import machine


def test_facts_are_of_this_machine_and_fit_for_json() -> None:
    found = machine.facts()
    assert found["cores"] == machine.cores() <= (os.cpu_count() or 1)
    assert all(isinstance(value, (str, int)) and value for value in found.values())


def test_threads_that_were_chosen_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert "OMP_NUM_THREADS=3" in machine.facts.__wrapped__()["threads"]


def test_graphics_cards_are_read_from_the_driver(tmp_path: Path) -> None:
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0" / "information").write_text("Model: \t\t NVIDIA A100\nIRQ: 1\n")
    assert machine._gpus(tmp_path) == ["NVIDIA A100"]
    assert machine._named(tmp_path / "nothing", "x") == ""
