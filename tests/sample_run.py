"""Run folders made up from a seed: every kind of metric, system and gap, and nothing measured."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proctor.core.schema import Answer, Better, Context, Question, Record, Status, row
from proctor.leaderboard.runs.store import Store

SKILL = {"base": 0.04, "rag": 0.83, "full_ft": 0.86, "lora": 0.84, "hybrid": 0.93}
TWO = {system: SKILL[system] for system in ("rag", "lora")}
"""The skills of as many systems as tests need that are not about how they compare: five are compared in ten pairs."""
FORGOTTEN = {"base": 0.0, "rag": 0.0, "full_ft": 0.14, "lora": 0.03, "hybrid": 0.04}
TASKS = ("arithmetic", "colours", "opposites")
KINDS = {"base": ("none", "none"), "rag": ("none", "dense"), "full_ft": ("full", "none"), "lora": ("lora", "none")}
"""How a system is adapted and retrieves; one of another name is a hybrid."""
HYBRID = ("lora", "dense")
LOST = ("split", "far", "beyond", "cut")
DATA_EFFICIENCY = {"data_efficiency.eighth": 0.35, "data_efficiency.quarter": 0.6, "data_efficiency.half": 0.85}
"""Metric -> the part of its skill that a trained system has with less."""
PLACES = {"context.first": 1.0, "context.middle": 0.85, "context.last": 0.95}
ROOMS = {"context.budget@128": 0.4, "context.budget@256": 0.9, "context.budget@512": 1.0, "context.budget@1024": 0.95}


@dataclass(frozen=True)
class Sample:
    """What to make up."""

    suite: str = "instruments"
    title: str = "Bench instruments: support desk"
    base_model: str = "tiny"
    questions: int = 60
    seeds: int = 1
    seed: int = 0
    texts: tuple[str, ...] = ("How often is the QX-4 calibrated?", "Who makes the probe of the Brill 20?")
    answers: tuple[str, ...] = ("every 6 months", "Halden Works")
    systems: dict[str, float] = field(default_factory=lambda: dict(SKILL))
    started: str = "2026-01-02T03:04:05+00:00"
    full: bool = False
    """With the axes that train again, with costs, and with the settings that effects and crossings go by."""


def retrieves(system: str) -> bool:
    return system in ("rag", "hybrid")


def record(metric: str, item: str, value: float | None = 1.0, **changes: Any) -> Record:
    """One record, with everything else filled in."""
    defaults: dict[str, Any] = {
        "suite": "instruments",
        "suite_version": "s1",
        "base_model": "tiny",
        "system": "rag",
        "system_version": "v1",
        "seed": 0,
        "metric_version": "2" if metric.startswith("latency.") else "1",
        "unit": "share",
        "better": "higher",
        "cluster": item,
        "status": "scored" if value is not None else "not_applicable",
    }
    return Record(metric=metric, item=item, value=value, **(defaults | changes))


def records(sample: Sample) -> Iterator[Record]:
    """Every metric of every system."""
    for system, skill in sample.systems.items():
        for seed in range(sample.seeds if system not in ("base", "rag") else 1):
            yield from _of_system(sample, system, skill, seed)


def _of_system(sample: Sample, system: str, skill: float, seed: int) -> Iterator[Record]:
    chance = random.Random(f"{sample.seed} {system} {seed}".encode(errors="surrogatepass"))  # noqa: S311 # made up, and the same each time

    def make(metric: str, item: str, value: float | None, better: Better = "higher", **more: Any) -> Record:
        common = {"suite": sample.suite, "base_model": sample.base_model, "system": system, "system_version": f"{system}1"}
        return record(metric, item, value, seed=seed, better=better, **{"cluster": item, **common, **more})

    for place in range(sample.questions):
        item, about = f"q{place:04}", {"cluster": f"document {place // 3}"}
        right = float(chance.random() < skill)
        yield make("accuracy.exact", item, right, **about)
        yield make("accuracy.f1", item, max(right, round(chance.random(), 2)), **about)
        yield make("hallucination.contradicted", item, float(chance.random() > skill), "lower", judge="lexical", **about)
        yield _faithful(make, item, system, chance, about)
        recall = None if not retrieves(system) else float(chance.random() < 0.95)
        reason = "" if retrieves(system) else "it does not retrieve"
        yield make("retrieval.recall@3", item, recall, reason=reason, **about)
        yield make("latency.seconds", item, chance.random() / 50, "lower", unit="seconds", **about)
    for task in TASKS:
        for place in range(50):
            known = float(place % 10 != 9)
            lost = float(chance.random() < FORGOTTEN[system]) if system in FORGOTTEN else 0.0
            yield make(f"general.{task}", f"{task}/{place}", known * (1 - lost))
            yield make("forgetting", f"{task}/{place}", known * lost, "lower", unit="difference")
    if sample.full:
        yield from _by_training(make, sample, system, skill, chance)
        yield from _by_passages(make, sample, system, skill, chance)
    flops = 0.0 if system in ("base", "rag") else 1.9e13 * (1 + seed / 100)
    yield make("cost.train_flops", "system", flops, "lower", unit="FLOP")
    yield make("cost.artifact_bytes", "system", 0.0 if system in ("base", "rag") else 2.4e6, "lower", unit="bytes")


def trained(system: str) -> bool:
    return KINDS.get(system, HYBRID)[0] != "none"


def _asked(make: Any, metric: str, items: range, chance: random.Random, right: float | None) -> Iterator[Record]:
    """A metric of questions, each of them right with this chance; None where there can be none."""
    for place in items:
        value = None if right is None else float(chance.random() < right)
        reason = "" if value is not None else "it cannot have any"
        yield make(metric, f"q{place:04}", value, reason=reason, cluster=f"document {place // 3}")


def _by_training(make: Any, sample: Sample, system: str, skill: float, chance: random.Random) -> Iterator[Record]:
    """Data efficiency, updates and what they take."""
    some, changed = range(min(sample.questions, 100)), range(0, sample.questions, 3)
    for metric, part in DATA_EFFICIENCY.items():
        yield from _asked(make, metric, some, chance, skill * part if trained(system) else None)
    fresh = {"updates.fresh": skill if retrieves(system) else 0.0, "updates.retained": skill}
    for how, kept in (("retrained", 1.0), ("continued", 0.7)):
        again = {f"updates.{how}.fresh": 0.9 * skill, f"updates.{how}.retained": kept * skill}
        fresh |= again if trained(system) else dict.fromkeys(again)
        yield make(f"updates.{how}.seconds", "all", 900.0 * kept if trained(system) else None, "lower", unit="seconds")
    for metric, right in fresh.items():
        yield from _asked(make, metric, changed if metric.endswith("fresh") else some, chance, right)
    yield make("updates.seconds", "all", 5.0 if retrieves(system) else 0.0, "lower", unit="seconds")
    yield make("cost.train_seconds", "system", 1000.0 if trained(system) else 0.0, "lower", unit="seconds")


def _by_passages(make: Any, sample: Sample, system: str, skill: float, chance: random.Random) -> Iterator[Record]:
    """The context window."""
    for metric, part in (PLACES | ROOMS).items():
        yield from _asked(make, metric, range(min(sample.questions, 100)), chance, skill * part if retrieves(system) else None)


def _faithful(make: Any, item: str, system: str, chance: random.Random, about: dict[str, Any]) -> Record:
    status: Status = "scored"
    value: float | None = round(chance.random() ** 0.2, 2)
    reason = "2 of 2 claims supported"
    if not retrieves(system):
        value, status, reason = None, "not_applicable", "it does not retrieve"
    elif system == "rag" and item.endswith("7"):
        value, status, reason = None, "unmeasured", "the judge timed out"
    elif item.endswith("9"):
        value, status, reason = 0.0, "failed", "out of memory"
    result: Record = make("faithfulness.retrieved", item, value, status=status, reason=reason, judge="lexical", **about)
    return result


def questions(sample: Sample) -> list[Question]:
    """The questions; each tenth has no answer in the documents."""
    return [
        Question(
            id=f"q{place:04}",
            text=sample.texts[place % len(sample.texts)],
            references=() if place % 10 == 8 else (sample.answers[place % len(sample.answers)],),
            evidence=() if place % 10 == 8 else (f"qx-{place // 3}",),
            tags=("two documents",) if place % 5 == 0 else ("one document",),
            cluster=f"document {place // 3}",
        )
        for place in range(sample.questions)
    ]


def answer(sample: Sample, system: str, question: Question, place: int) -> Answer:
    """What a system could have said."""
    contexts = [
        Context(f"qx-{place // 3 + step}", f"{sample.texts[0]} {sample.answers[0]}. " * 4, 0.9 - step / 10) for step in range(3)
    ]
    return Answer(
        question=question.id,
        text=sample.answers[place % len(sample.answers)],
        contexts=tuple(contexts) if retrieves(system) else None,
        citations=(f"qx-{place // 3}",) if retrieves(system) else (),
        seconds=0.02,
        tokens=7,
        prompt_tokens=120,
        cut=int(place % 11 == 0),
        error="out of memory" if place % 10 == 9 else None,
    )


def provenance(sample: Sample) -> dict[str, Any]:
    """What a run says of itself."""
    unfair = {"hybrid": ["it reads passages and was trained without any"]}
    systems = {name: {"version": f"{name}1", "settings": _settings(sample, name)} for name in sample.systems}
    return {
        "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "dirty": True},
        "started": sample.started,
        "command": "pytest -m domain",
        "versions": {"python": "3.11.7", "torch": "2.9.1"},
        "machine": {"system": "Linux", "processor": "x86_64", "cores": 2},
        "judge": "lexical",
        "seeds": sample.seeds,
        "suites": {sample.suite: {"title": sample.title, "version": "s1", "documents": 150, "questions": sample.questions}},
        "systems": systems,
        "comparable": {row(sample.suite, sample.base_model, name): unfair.get(name, True) for name in sample.systems},
        "base_models": {sample.base_model: {"version": "b1", "parameters": 2_000_000}},
    }


def _settings(sample: Sample, name: str) -> dict[str, Any]:
    adapt, retrieve = KINDS.get(name, HYBRID)
    return {"rank": 8, "adapt": adapt, "retrieve": retrieve} if sample.full else {"rank": 8, "adapt": name}


def lost(sample: Sample, system: str) -> str:
    """Where the evidence was lost, as the file of a run tells it: every seventh question, by one cause after the other."""
    rows = []
    for place, question in enumerate(each for each in questions(sample) if each.evidence):
        cause = LOST[place // 7 % len(LOST)] if place % 7 == 0 else "shown"
        rank = {"split": None, "far": None, "beyond": 7, "cut": 3, "shown": 1 + place % 3}[cause]
        text = "" if cause == "shown" else f"What {system} should have found: {sample.answers[0]}."
        piece = {"document": question.evidence[0], "cause": cause, "rank": rank, "text": text}
        rows.append({"question": question.id, "cluster": question.cluster, "cause": cause, "pieces": [piece]})
    return json.dumps({"format": 1, "searched": True, "looked": 50, "top_k": 3, "why": "", "questions": rows})


def make_run(folder: Path, sample: Sample | None = None) -> Path:
    """A whole run folder."""
    sample = sample or Sample()
    store = Store(folder)
    store.add(list(records(sample)))
    store.set_provenance(provenance(sample))
    asked = questions(sample)
    for system in sample.systems:
        for seed in range(sample.seeds if system not in ("base", "rag") else 1):
            said = [(question, answer(sample, system, question, place)) for place, question in enumerate(asked)]
            store.add_answers(sample.suite, sample.base_model, system, seed, said)
            if retrieves(system):
                found = {"lost.json": lost(sample, system)}
                store.keep_files(sample.suite, sample.base_model, system, seed, "retrieval", found)
    return folder
