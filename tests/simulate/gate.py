"""How often the gate refuses what lost nothing, lets through what did, and leaves open what it cannot tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from proctor.evals.stats.comparison import Noise, Values, compare, training_noise
from proctor.evals.stats.intervals import Array
from proctor.leaderboard.compare.changes import Change
from proctor.leaderboard.compare.gate import Gate, rulings
from proctor.leaderboard.compare.policy import Policy, PolicyRule
from tests.simulate.draws import answers, clusters, redrawn

SYSTEMS, CRITICAL, SUPPORTING = 6, 3, 9
SHARES = np.linspace(0.5, 0.9, CRITICAL + SUPPORTING)
"""Of the metrics, before."""
POLICY = Policy(defaults=PolicyRule("supporting", 0.05))
HEAD = ("what happened", "questions", "NO-GO", "INCONCLUSIVE", "GO", "found", "false alarm")


@dataclass(frozen=True)
class Scenario:
    """What is done to a run, in how many questions, four of them a cluster."""

    name: str
    questions: int = 120
    drop: float = 0.0
    """Of the first critical metric."""
    systems: int = 1
    """That it drops in."""
    changed: float = 1.0
    """Share of the answers that are given anew."""
    noise: float = 0.0
    """Standard deviation of what training anew does to a metric, in points over 100."""
    seeds: int = 1
    policy: Policy = POLICY


SCENARIOS = (
    *(Scenario("nothing; all answers given anew", questions) for questions in (40, 120, 500, 2000, 5000)),
    Scenario("nothing; a tenth of the answers given anew", changed=0.1),
    Scenario("nothing; inconclusive lets pass", policy=replace(POLICY, inconclusive="go")),
    *(Scenario(f"nothing; training noise of 4 points, {seeds} seeds", 500, noise=0.04, seeds=seeds) for seeds in (1, 2, 3)),
    *(Scenario(f"{drop} points in one system", 120, drop / 100) for drop in (2, 5, 10, 20)),
    *(Scenario(f"{drop} points in one system, a tenth anew", 120, drop / 100, changed=0.1) for drop in (2, 5, 10, 20)),
    *(Scenario(f"{drop} points in all systems", 120, drop / 100, SYSTEMS) for drop in (2, 5, 10, 20)),
    *(Scenario("10 points in one system", questions, 0.1) for questions in (40, 500, 2000, 5000)),
    *(Scenario("5 points (just what is allowed) in one system", questions, 0.05) for questions in (500, 5000)),
)


def simulate(simulations: int, seed: int) -> Iterator[str]:
    """Each scenario's decisions, as shares of the simulations."""
    yield f"| {' | '.join(HEAD)} |"
    yield "|-|-|-|-|-|-|-|"
    for scenario in SCENARIOS:
        yield row(scenario, simulations, seed)


def row(scenario: Scenario, simulations: int, seed: int) -> str:
    """The line of one scenario."""
    found = counted(scenario, simulations, seed)
    kinds = ("NO-GO", "INCONCLUSIVE", "GO", "found", "false alarm")
    shares = [f"{found[kind] / simulations:.3f}".replace("0.", ".", 1) for kind in kinds]
    shares[3] = shares[3] if scenario.drop else ""
    return f"| {scenario.name} | {scenario.questions} | {' | '.join(shares)} |"


def counted(scenario: Scenario, simulations: int, seed: int) -> Counter[str]:
    """How often each decision came, the drop was found (in any system), and anything else was called worse."""
    found: Counter[str] = Counter()
    for number in range(simulations):
        held = one_run(scenario, np.random.default_rng((seed, number)))
        failed = [ruling.change for ruling in held.rulings if ruling.outcome == "failed"]
        hit = [change for change in failed if scenario.drop and change.metric == "m0" and int(change.system) < scenario.systems]
        found.update([held.decision, *(["found"] if hit else []), *(["false alarm"] if len(failed) > len(hit) else [])])
    return found


def one_run(scenario: Scenario, rng: np.random.Generator) -> Gate:
    """The gate over all systems and metrics of two runs."""
    which = clusters(scenario.questions // 4, 4)
    found = [change for place, share in enumerate(SHARES) for change in _changes(scenario, rng, which, place, float(share))]
    rules = [PolicyRule("critical" if int(change.metric[1:]) < CRITICAL else "supporting", 0.05) for change in found]
    return Gate(scenario.policy, rulings(found, rules, scenario.policy))


def _changes(scenario: Scenario, rng: np.random.Generator, which: np.ndarray, place: int, share: float) -> Iterator[Change]:
    dropped = [scenario.drop if place == 0 and system < scenario.systems else 0.0 for system in range(SYSTEMS)]
    old = [_drawn(rng, which, [share] * SYSTEMS, scenario) for _ in range(scenario.seeds)]
    new = [_drawn(rng, which, [share - drop for drop in dropped], scenario) for _ in range(scenario.seeds)]
    if scenario.changed < 1:
        same = redrawn(rng, old[0], _drawn(rng, which, [share] * SYSTEMS, scenario), scenario.changed)
        lost = rng.random(same.shape) < (np.array(dropped) / share)[:, None]
        new = [np.where(lost, 0.0, same)]
    for system in range(SYSTEMS):
        before, after = ([run[system] for run in runs] for runs in (old, new))
        yield one_change(f"m{place}", str(system), before, after, which, scenario)


def _drawn(rng: np.random.Generator, which: np.ndarray, shares: Sequence[float], scenario: Scenario) -> Array:
    luck = rng.normal(0, scenario.noise, len(shares)) if scenario.noise else np.zeros(len(shares))
    return answers(rng, which, np.clip(np.array(shares) + luck, 0.01, 0.99).tolist())


def one_change(
    metric: str, system: str, before: Sequence[Array], after: Sequence[Array], which: np.ndarray, scenario: Scenario
) -> Change:
    items = np.arange(len(which))
    sides = [Values(items, np.mean(side, axis=0), which) for side in (after, before)]
    noise: Noise | None = training_noise(*([float(seed.mean()) for seed in side] for side in (after, before)))
    found = compare(*sides, noise=noise)
    same = all(np.array_equal(*pair) for pair in zip(before, after, strict=True))
    trained = {"retrained": scenario.noise > 0, "noise_known": scenario.seeds > 1}
    return Change("s", "b", system, metric, "share", "higher", "", found, same, "", **trained)
