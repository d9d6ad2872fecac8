"""What the machine did to times is told from what changed in the systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from proctor.leaderboard.compare import report
from proctor.leaderboard.compare.gate import Gate, gate
from proctor.leaderboard.compare.policy import Policy, PolicyRule
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import Run
from tests.sample_run import record

STRICT = Policy(metrics={"latency.*": PolicyRule("critical", max_relative_drop=0.1)})
TIMED = {"unit": "seconds", "better": "lower"}


def exam(seconds: dict[str, float], *, code: str = "c", lora: str = "w1", **changes: Any) -> Run:
    """Forty answers of each system: all the same in each run, but for their times."""
    rows, made, told = [], {}, {}
    for system, took in seconds.items():
        rows += [record("accuracy.exact", f"q{i}", float(i % 3 > 0), system=system) for i in range(40)]
        rows += [record("latency.seconds", f"q{i}", took * (1 + i % 5 / 50), system=system, **TIMED) for i in range(40)]
        training = {"training": {"weights": lora}} if system == "lora" else {}
        made[f"instruments/tiny/{system}/0"] = {"version": f"{system} {code}", **training}
        told[system] = {"settings": {"top_k": 3, **changes}}
    return Run(Path("run"), Records.of(rows), {"made": made, "systems": told, "base_models": {"tiny": {"version": "b"}}})


def marks(held: Gate) -> dict[str, str]:
    rows = [line.split(" | ") for line in report.as_table(held).splitlines() if "latency.seconds" in line]
    return {row[1]: row[0].lstrip("| ") for row in rows}


BEFORE = exam({"base": 1.0, "rag": 2.0, "lora": 1.5})


@pytest.mark.parametrize(("code", "cause"), [("c", "the machine,"), ("d", "the machine, or code that all systems share,")])
def test_a_machine_that_slowed_down_makes_no_system_worse(code: str, cause: str) -> None:
    after = exam({"base": 1.45, "rag": 2.9, "lora": 2.17}, code=code, lora="w2")
    held = gate(BEFORE, after, Policy())
    said = report.as_table(held)
    assert f"same in both runs (base and rag) slowed down by 45 % on instruments/tiny: {cause} not the systems" in said
    assert "worse" not in "".join(marks(held).values())


def test_a_system_that_slowed_down_beyond_the_machine_is_worse() -> None:
    after = exam({"base": 1.45, "rag": 2.9, "lora": 4.0}, lora="w2")
    assert {system: "worse" in mark for system, mark in marks(gate(BEFORE, after, Policy())).items()} == {
        "base": False,
        "rag": False,
        "lora": True,
    }


def test_the_gate_fails_no_system_for_what_the_machine_did_and_says_to_time_again() -> None:
    held = gate(BEFORE, exam({"base": 1.45, "rag": 2.9, "lora": 1.5}), STRICT)
    times = [ruling for ruling in held.rulings if ruling.change.metric == "latency.seconds" and ruling.outcome != "unchanged"]
    assert {ruling.outcome for ruling in times} == {"inconclusive"}
    assert all("time both runs again" in ruling.settle for ruling in times)
    assert held.decision == "INCONCLUSIVE"


def test_code_that_slows_every_system_down_fails_where_the_policy_asks_for_speed() -> None:
    assert gate(BEFORE, exam({"base": 1.45, "rag": 2.9, "lora": 2.2}, code="d"), STRICT).decision == "NO-GO"


@pytest.mark.parametrize("change", [{"top_k": 5}, {"embedder": "other"}])
def test_a_system_with_other_settings_says_nothing_of_the_machine(change: dict[str, Any]) -> None:
    before = exam({"base": 1.0, "rag": 2.0}, embedder="minilm")
    after = exam({"base": 1.45, "rag": 2.9}, **{"embedder": "minilm", **change})
    assert "same in both runs" not in report.as_table(gate(before, after, Policy()))


def test_a_run_that_does_not_tell_how_its_systems_were_made_excuses_nothing() -> None:
    before, after = (Run(run.folder, run.records, {}) for run in (BEFORE, exam({"base": 1.45, "rag": 2.9, "lora": 2.2})))
    assert gate(before, after, STRICT).decision == "NO-GO"
    assert all("worse" in mark for mark in marks(gate(before, after, Policy())).values())
