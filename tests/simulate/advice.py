"""How good a recommendation is in truth, and how often there is none: systems drawn at random, asked a number of questions.

A system answers a share of questions drawn from .5 to .95 (or all within five points), of the questions about revised documents
some of these, declines .2 to 1 of the unanswerable ones, lost up to 12 points of general ability if it is trained, and costs 4 to
33 a month. Requirements, margin, risk and materiality are those that advice starts from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proctor.evals.stats.differences import signed_interval
from proctor.evals.stats.intervals import Array, Clusters, Interval, interval
from proctor.leaderboard.advice.covariance import covariance
from proctor.leaderboard.advice.decide import Advised, decide
from proctor.leaderboard.advice.estimates import Evidence
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.advice.scenario import Prices, Situation, share_changed
from proctor.leaderboard.analysis.series import Column
from tests.simulate.draws import answers, clusters

MONTH = Situation(Prices(1.0, 0.0), updates=1.0, changed=0.2, queries=1000.0)
DECLINED, LOST = 0.5, 0.05
"""The requirements that advice starts from."""
EACH = 2
"""Questions of a cluster."""
PART = 4
"""One of so many questions is about a revised document, and as many unanswerable ones are asked beside."""
GENERAL = 400
"""Items of general tasks."""


@dataclass(frozen=True)
class Truth:
    """What is so of each system."""

    right: Array
    fresh: Array
    declined: Array
    lost: Array
    seconds: Array

    @property
    def quality(self) -> Array:
        """Expected over the month."""
        aged = share_changed(MONTH.updates, MONTH.changed or 0.0)
        return (1 - aged) * self.right + aged * self.fresh

    @property
    def meets(self) -> NDArray[np.bool_]:
        """Whether the requirements are met."""
        return (self.declined >= DECLINED) & (self.lost <= LOST)


@dataclass(frozen=True)
class _Values:
    """What covariance needs of a series."""

    values: dict[str, float]
    clusters: dict[str, str]


def truth(rng: np.random.Generator, systems: int, *, close: bool) -> Truth:
    """Drawn at random; every second system is trained."""
    right = rng.uniform(0.55, 0.9) + rng.uniform(-0.05, 0, systems) if close else rng.uniform(0.5, 0.95, systems)
    lost = np.where(np.arange(systems) % 2, rng.uniform(0, 0.12, systems), 0.0)
    seconds = rng.uniform(0.5, 4, systems)
    return Truth(right, right * rng.uniform(0.3, 1, systems), rng.uniform(0.2, 1, systems), lost, seconds)


def measured(rng: np.random.Generator, true: Truth, questions: int) -> Evidence:
    """What a run says of it."""
    names = [f"s{place}" for place in range(len(true.right))]
    which, part = clusters(questions // EACH, EACH), questions // PART
    single = clusters(part, 1)
    asked = {
        "accuracy.exact": (answers(rng, which, list(true.right)), which),
        "updates.fresh": (answers(rng, single, list(true.fresh)), single),
        "hallucination.unanswerable": (answers(rng, single, list(1 - true.declined)), single),
    }
    figures: dict[Column, Interval] = {}
    series: dict[Column, _Values] = {}
    for metric, (values, groups) in asked.items():
        for name, row in zip(names, values, strict=True):
            figures[metric, name] = interval(row, groups)
            if metric != "hallucination.unanswerable":
                series[metric, name] = _series(metric, row, groups)
    for place, name in enumerate(names):
        figures["forgetting", name] = signed_interval(_lost(rng, true.lost[place]), np.arange(GENERAL))
        seconds = float(true.seconds[place])
        figures["latency.seconds", name] = Interval(seconds, seconds, seconds, 24, 12, "exact", 12.0)
        figures["updates.seconds", name] = Interval(0.0, 0.0, 0.0, 1, 1, "exact", 1.0)
        figures["cost.artifact_bytes", name] = Interval(0.0, 0.0, 0.0, 1, 1, "exact", 1.0)
    rows = covariance([*series.values()])  # type: ignore[list-item] # all that it looks at
    shared = {column: [float(x) for x in rows[place][: place + 1]] for place, column in enumerate(series)}
    seeds = {column: {0: figures[column].value} for column in series}
    return Evidence("simulated", "none", None, dict.fromkeys(names, False), figures, frozenset(), seeds, shared)


def _lost(rng: np.random.Generator, lost: float) -> Array:
    """For each item 1 where training lost it and -1 where it was won: both happen to a trained system."""
    if not lost:
        return np.zeros(GENERAL)
    return rng.choice([1.0, -1.0, 0.0], GENERAL, p=[lost + 0.03, 0.03, 0.94 - lost])


def _series(metric: str, row: Array, groups: Clusters) -> _Values:
    kind = "r" if metric.startswith("updates") else "q"
    items = [f"{kind}{place}" for place in range(len(row))]
    return _Values(dict(zip(items, row.tolist(), strict=True)), {i: f"{kind}{g}" for i, g in zip(items, groups, strict=True)})


@dataclass(frozen=True)
class Outcome:
    """Of one decision."""

    decided: bool
    worse: bool
    """More than the margin worse than the best that meets the requirements."""
    violates: bool
    """A requirement."""
    unsaid: bool
    """So, though it is said to surely meet them."""
    lost: float
    """How much worse."""


def outcome(decision: Advised, true: Truth) -> Outcome:
    """What is so of what is recommended, or of the safe choice where nothing is."""
    chosen = decision.pick or decision.safe
    if not chosen:
        return Outcome(decided=False, worse=False, violates=False, unsaid=False, lost=0.0)
    place = int(chosen.option.system[1:])
    best = float(true.quality[true.meets].max()) if true.meets.any() else 0.0
    lost = max(0.0, best - float(true.quality[place]))
    violates = not true.meets[place]
    return Outcome(decision.pick is not None, lost > MONTH.margin, violates, violates and chosen.surely_meets, lost)


def simulate(simulations: int, seed: int) -> Iterator[str]:
    """The table of docs/explanation/advice.md."""
    yield "| systems | questions | no clear choice | > 2 points worse | mean loss, points | violates a requirement | ... unsaid |"
    yield "|---|---|---|---|---|---|---|"
    for close in (False, True):
        for systems in (3, 6):
            for questions in (40, 100, 250, 1000):
                rng = np.random.default_rng([seed, close, systems, questions])
                drawn = (truth(rng, systems, close=close) for _ in range(simulations))
                found = [outcome(decide(DecisionProblem(measured(rng, true, questions), MONTH)), true) for true in drawn]
                yield _row(f"{systems}{', within 5 points' if close else ''}", questions, found)


def _row(systems: str, questions: int, found: list[Outcome]) -> str:
    decided = [each for each in found if each.decided]
    shares = [f"{np.mean([getattr(each, name) for each in decided]):.3f}" for name in ("worse", "violates", "unsaid")]
    shares.insert(1, f"{100 * np.mean([each.lost for each in decided]):.1f}")
    return f"| {systems} | {questions} | {1 - len(decided) / len(found):.3f} | {' | '.join(shares)} |"
