"""What a reader needs to trust a run and to run it again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from proctor import checkout, drafts_told, options
from proctor.core.schema import Suite, row
from proctor.evals import headline
from proctor.evals.axes import latency
from proctor.leaderboard.runs.store import CONTENTS, read
from proctor.models import comparability
from proctor.models.candidates.external import External
from proctor.models.candidates.local import LocalCandidate
from proctor.models.systems import TRAINING, System
from proctor.plan import ExamCell, Plan
from proctor.suites.loading import load as load_suite


def provenance_of(plan: Plan) -> dict[str, Any]:
    """Of a run of a plan, once it was taken."""
    from proctor.evals.judges import agreement, panel  # it loads numpy, as does the board after it

    option, name = plan.option, plan.judge.name
    systems_of, made = _made(plan)
    asked = {
        "started": plan.started,
        "command": options.command(option, plan.ours),
        "judge": name,
        "seeds": option.seeds,
        "repeats": option.repeats,
        "limit": option.limit,
    }
    trusted = {"general tasks of suites": option.trust_suite_code, "base models": option.trust_remote_code}
    if any(trusted.values()):
        asked["code that was trusted"] = ", ".join(what for what, trust in trusted.items() if trust)
    asked["comparable"] = {
        row(cell.suite.name, cell.candidate.base_model, cell.candidate.name): _comparable(cell, name) for cell in plan.cells
    }
    asked["timing"] = _timing(plan)
    asked["judges"] = {name: [vars(found) for found in agreement.load(name, plan.ours.judge_agreement)]}
    asked |= {"run_dir": str(option.run_dir)} if option.run_dir else {}
    if name.startswith("panel:"):
        asked["agreement of the panel"] = panel.agreement(read(plan.run_folder).records)
    suites_of = {suite.name: _suite(plan, place, suite) for place, suite in plan.folders.items()}
    asked[CONTENTS] = plan.suite_contents
    tables = {"suites": suites_of, "systems": systems_of, "made": made, "base_models": plan.base_facts}
    return checkout.facts(plan.root) | asked | tables


def _suite(plan: Plan, place: Path, suite: Suite) -> dict[str, Any]:
    return checkout.suite_facts(suite) | {"headline": [*headline.of(suite, plan.judge)]} | _folder(plan, place) | _drafts(suite)


def _drafts(suite: Suite) -> dict[str, str]:
    return {"drafts": drafts_told.note(suite)} if suite.drafts else {}


def _folder(plan: Plan, place: Path) -> dict[str, str]:
    """Where a suite of the project's own is, from its root: its name alone does not find it."""
    root = plan.root.resolve()
    return {} if place in map(load_suite.find, load_suite.names()) else {"folder": os.path.relpath(place, root)}


def _comparable(cell: ExamCell, judge: str) -> bool | list[str]:
    if not isinstance(cell.candidate, LocalCandidate):
        return comparability.of_external(cell.candidate, judge)
    own = cell.suite.name not in load_suite.names()
    facts = cell.suite.answer_in == "documents"
    return comparability.verdict(cell.candidate, cell.suite.questions, judge, own_suite=own, facts=facts)


def _made(plan: Plan) -> tuple[dict[str, Any], dict[str, Any]]:
    """How each system is set, and what came of it on each suite with each base model and seed."""
    systems_of: dict[str, Any] = {}
    made: dict[str, Any] = {}
    rooms: dict[str, dict[str, int]] = {}
    for cell in plan.cells:
        candidate, told = cell.candidate, cell.candidate.describe()
        place = f"{row(cell.suite.name, candidate.base_model, candidate.name)}/{candidate.seed}"
        made[place] = {name: told.pop(name) for name in ("version", "training", "answers", "index") if name in told}
        stops = candidate.stops(plan.evaluation(cell).questions).items()
        if known := {why: count for why, count in stops if why}:  # not everybody says why
            made[place]["answers"]["stops"] = known
        if isinstance(candidate, External) and (kept := candidate.given_before(plan.evaluation(cell).questions, plan.started)):
            made[place]["answers"]["kept"] = kept
        told["settings"] = shaping(candidate.system, told["settings"])
        told["abilities"] = sorted(candidate.abilities)
        systems_of[candidate.name] = told
        if isinstance(candidate, LocalCandidate):
            of = rooms.setdefault(candidate.name, {})
            of[f"{cell.suite.name}/{candidate.base_model}"] = candidate.room
            told["settings"]["max_new_tokens"] = of if len(set(of.values())) > 1 else candidate.room
    return systems_of, made


def shaping(system: System, settings: dict[str, Any]) -> dict[str, Any]:
    """Settings without those of training where that took place elsewhere: their defaults would read as if it had been so."""
    elsewhere = system.external or system.weights
    return {name: value for name, value in settings.items() if not (elsewhere and name in TRAINING)}


def _timing(plan: Plan) -> dict[str, Any]:
    """How the systems of each suite and base model were timed in turn."""
    able = [cell for cell in plan.timed if "times" in cell.candidate.abilities]
    found = {f"{cell.suite.name}/{cell.candidate.base_model}": (cell.candidate, plan.evaluation(cell)) for cell in able}
    return {
        name: candidate.timed(latency.asked(evaluation), [one for one in evaluation.beside if "times" in one.abilities])
        for name, (candidate, evaluation) in found.items()
    }
