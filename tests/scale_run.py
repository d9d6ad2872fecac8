"""A run folder of millions of records, made up from a seed and written as fast as lines can be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from proctor.core.schema import FORMAT
from proctor.core.storage.sealed import sealed
from proctor.leaderboard.runs.store import PROVENANCE, RECORDS

ANSWERED = (
    "accuracy.exact",
    "hallucination.contradicted",
    "style.format_followed",
    "updates.fresh",
    "updates.stale",
    "robustness.gold",
)
TRAINED_ON_LESS = ("data_efficiency.eighth", "data_efficiency.quarter", "data_efficiency.half", "updates.retrained.fresh")
FOUND = ("retrieval.recall@1", "retrieval.recall@3", "retrieval.ndcg@5", "citations.recall", "citations.precision")
GRADED = ("accuracy.f1", "faithfulness.gold", "context.first", "context.last")
AMOUNTS = {
    "latency.seconds": "seconds",
    "latency.unmerged": "seconds",
    "privacy.exposure@1": "bits",
    "cost.tokens": "tokens",
    "cost.prompt_tokens": "tokens",
    "context.cut": "passages",
}
METRICS = ("accuracy.exact", *GRADED, *TRAINED_ON_LESS, *ANSWERED[1:], *FOUND, *AMOUNTS)
LOWER = {"hallucination.contradicted", "updates.stale", *AMOUNTS}
KINDS = {
    "base": ("none", "none"),
    "rag": ("none", "dense"),
    "sparse": ("none", "bm25"),
    "full_ft": ("full", "none"),
    "full_rag": ("full", "dense"),
    "full_sparse": ("full", "bm25"),
    "lora": ("lora", "none"),
    "hybrid": ("lora", "dense"),
    "lora_sparse": ("lora", "bm25"),
}
"""System -> how it is adapted and how it retrieves."""
CLUSTER = 5
"""Questions about one document."""


@dataclass(frozen=True)
class Scale:
    """How much to make up."""

    systems: int = 20
    metrics: int = len(METRICS)
    questions: int = 5_000
    seeds: int = 1

    @property
    def settings(self) -> dict[str, dict[str, str]]:
        """System -> its settings; when the kinds are used up, they come again in another variant."""
        names = [f"{name}_{turn}" if turn else name for turn in range(self.systems) for name in KINDS][: self.systems]
        kinds = list(KINDS.values())
        return {
            name: dict(zip(("adapt", "retrieve"), kinds[place % len(kinds)], strict=True)) for place, name in enumerate(names)
        }


def make_big_run(folder: Path, scale: Scale) -> int:
    """Write the folder; returns the number of its records."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (folder / RECORDS).open("wb") as file:
        for place, (system, settings) in enumerate(scale.settings.items()):
            for seed in range(scale.seeds if settings["adapt"] != "none" else 1):
                for metric in METRICS[: scale.metrics]:
                    rng = np.random.default_rng((place, seed, METRICS.index(metric)))
                    file.writelines(_lines(scale, (system, seed, metric), settings, rng))
                    count += scale.questions
    systems = {name: {"version": f"{name}1", "settings": settings} for name, settings in scale.settings.items()}
    (folder / PROVENANCE).write_text(json.dumps({"systems": systems}), encoding="utf-8")
    return count


def _lines(scale: Scale, about: tuple[str, int, str], settings: dict[str, str], rng: np.random.Generator) -> Iterator[bytes]:
    """The lines of one system in one metric with one seed."""
    system, seed, metric = about
    fields = {
        "suite": "support",
        "suite_version": "a1f6e178a5c722eec82716514d504eb1ee3a250ba1308d4e995d98868cc24d22",
        "base_model": "org/model-1b",
        "system": system,
        "system_version": f"d7c9eb8c720a35d97a736a13e311f1d549c281eda7dafaf6ecfe9eb7a56a7{seed:03}",
        "seed": seed,
        "metric": metric,
        "metric_version": "1",
        "unit": AMOUNTS.get(metric, "share"),
        "better": "lower" if metric in LOWER else "higher",
    }
    judge = "lexical" if metric.startswith("faith") else ""
    head, tail = json.dumps(fields)[:-1], f'"judge": "{judge}", "caution": "", "format": {FORMAT}}}'
    if not _applies(metric, settings):
        outcomes: Iterator[str] = iter(['"not_applicable", "value": null, "reason": "it does not do that"'] * scale.questions)
    else:
        outcomes = _outcomes(metric, scale.questions, 0.4 + 0.5 * rng.random(), rng)
    for place, outcome in enumerate(outcomes):
        own = f'"item": "q{place:05}", "cluster": "document {place // CLUSTER}", "status": {outcome}'
        yield sealed(f"{head}, {own}, {tail}".encode()) + b"\n"


def _applies(metric: str, settings: dict[str, str]) -> bool:
    return (
        settings["retrieve"] != "none" if metric in FOUND else settings["adapt"] != "none" if metric in TRAINED_ON_LESS else True
    )


def _outcomes(metric: str, count: int, skill: float, rng: np.random.Generator) -> Iterator[str]:
    """Status, value and reason; questions of a cluster are alike hard, and about one in a hundred was not measured or failed."""
    ease = rng.normal(size=-(-count // CLUSTER)).repeat(CLUSTER)[:count] * 0.1
    values = np.clip(rng.normal(size=count) * 0.2 + skill + ease, 0, 1)
    if metric in AMOUNTS:
        values = np.floor(1000 * values) if AMOUNTS[metric] == "tokens" else values * 3
    elif metric not in GRADED:
        values = (values > 0.5).astype(float)
    gaps = rng.random(count)
    for value, gap in zip(np.round(values, 6).tolist(), gaps.tolist(), strict=True):
        if gap < 0.005:
            yield '"unmeasured", "value": null, "reason": "the judge timed out"'
        elif gap < 0.01 and metric not in AMOUNTS:
            yield f'"failed", "value": {1.0 if metric in LOWER else 0.0}, "reason": "out of memory"'
        else:
            yield f'"scored", "value": {value}, "reason": "{f"{2 * value:.0f} of 2 claims" if metric in GRADED else ""}"'
