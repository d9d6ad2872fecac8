"""How often claims come out wrong: sections of 50 claims about six systems, in which all hold or fail exactly on their edges.

In a mixed section half of them lie on the edge, and the others well beyond it. Five systems are compared with one, so that claims
depend on each other. Of a claim whose true difference is its edge, *supported* and *contradicted* are both errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from proctor.core.schema import Record
from proctor.leaderboard.analysis.section import sections
from proctor.leaderboard.claims.table import Claim
from proctor.leaderboard.claims.verdicts import ClaimResult, findings
from tests.sample_run import record
from tests.simulate.draws import answers, clusters

OTHERS = [f"s{number}" for number in range(5)]
TRAINED: dict[str, Any] = {name: {"settings": {"adapt": "lora"}} for name in [*OTHERS, "base"]}
BEYOND = 0.2
"""How far beyond its edge a true difference lies."""


class Kind(NamedTuple):
    """What ten claims of a section ask."""

    expect: Any
    margin: float

    @property
    def edge(self) -> float:
        """The difference at which they are neither true nor false."""
        return -self.margin if self.expect == "lower" else self.margin


KINDS = [Kind("higher", 0.0), Kind("lower", 0.0), Kind("higher", -0.02), Kind("higher", 0.1), Kind("equal", 0.05)]


@dataclass(frozen=True)
class World:
    """What sections are drawn from."""

    name: str
    which: NDArray[np.intp]
    level: float = 0.5
    """The true share of the system that the others are compared with."""
    seeds: int = 1
    noise: float = 0.0
    """Standard deviation of a share from one training run to the next; systems without it are not trained."""
    beyond: bool = False
    """Whether half of the metrics lie beyond their edges."""

    @property
    def systems(self) -> dict[str, Any]:
        """The table of systems."""
        return TRAINED if self.noise else {}


MIXED = np.repeat(np.arange(30), np.arange(30) % 9 + 1)
WORLDS = [
    World("30 clusters of 4", clusters(30, 4)),
    World("30 clusters of 4, mixed", clusters(30, 4), beyond=True),
    World("120 single items", clusters(120, 1)),
    World("30 clusters of 1 to 9", MIXED),
    World("30 clusters of 4, share .88", clusters(30, 4), 0.88),
    World("120 single items, share .88", clusters(120, 1), 0.88),
    World("120 single items, share .06", clusters(120, 1), 0.06),
    World("30 clusters of 4, three seeds, noise 4 points", clusters(30, 4), seeds=3, noise=0.04),
    World("500 single items, three seeds, noise 4 points", clusters(500, 1), seeds=3, noise=0.04),
    World("30 clusters of 4, one seed, noise 4 points", clusters(30, 4), noise=0.04),
    World("500 single items, one seed, noise 4 points", clusters(500, 1), noise=0.04),
]


def claims() -> list[Claim]:
    """Fifty: five systems against one, in ten metrics."""
    kinds = [(place, KINDS[place % len(KINDS)]) for place in range(2 * len(KINDS))]
    return [
        Claim(f"{place} {system}", f"m{place}", system, kind.expect, against="base", margin=kind.margin)
        for place, kind in kinds
        for system in OTHERS
    ]


def section(rng: np.random.Generator, world: World) -> Iterator[Record]:
    """All records of one section."""
    for place in range(2 * len(KINDS)):
        kind = KINDS[place % len(KINDS)]
        extra = 0.0 if not world.beyond or place >= len(KINDS) else -BEYOND if kind.edge else BEYOND
        shares = [world.level + kind.edge + extra] * len(OTHERS) + [world.level]
        yield from _metric(rng, world, f"m{place}", shares)


def _metric(
    rng: np.random.Generator, world: World, metric: str, shares: Sequence[float], names: Sequence[str] = (*OTHERS, "base")
) -> Iterator[Record]:
    runs = np.repeat(shares, world.seeds)
    runs = np.clip(runs + world.noise * rng.standard_normal(len(runs)), 0.001, 0.999)
    for place, right in enumerate(answers(rng, world.which, runs.tolist()).tolist()):
        about = {"system": names[place // world.seeds], "seed": place % world.seeds}
        for item, value in enumerate(right):
            yield record(metric, f"q{item}", value, cluster=f"c{world.which[item]}", **about)


def wrong(found: ClaimResult, world: World) -> bool:
    """Whether a verdict is an error: any at all on an edge, and beyond it the one that is not true."""
    place = int(found.metric[1:])
    if found.verdict == "not shown" or not world.beyond or place >= len(KINDS):
        return found.verdict != "not shown"
    return found.verdict != ("supported" if KINDS[place % len(KINDS)] == ("higher", 0.0) else "contradicted")


def rates(world: World, simulations: int, seed: int) -> tuple[float, float, float, float]:
    """Sections with any wrong verdict, wrong verdicts a claim, the mean share of wrong ones in a section, and true ones found."""
    rng, asked = np.random.default_rng(seed), claims()
    told = [[(wrong(found, world), found.verdict != "not shown") for found in _of(rng, world, asked)] for _ in range(simulations)]
    errors, shown = (np.array([[each[part] for each in one] for one in told], float) for part in (0, 1))
    true = (shown - errors).sum(1).mean() / (len(asked) / 2) if world.beyond else 0.0
    return (
        float(errors.any(1).mean()),
        float(errors.mean()),
        float((errors.sum(1) / np.maximum(1, shown.sum(1))).mean()),
        float(true),
    )


def _of(rng: np.random.Generator, world: World, asked: Sequence[Claim]) -> list[ClaimResult]:
    return list(findings(sections(section(rng, world), {"systems": world.systems}), asked))


def alone(world: World, kind: Kind, simulations: int, seed: int) -> tuple[float, float]:
    """How often a claim that is tested alone, and lies on its edge, is supported, and contradicted."""
    rng, asked = np.random.default_rng(seed), [Claim("c", "m0", "s0", kind.expect, against="base", margin=kind.margin)]
    shares = [world.level + kind.edge, world.level]
    told = [
        found.verdict
        for _ in range(simulations)
        for found in findings(sections(_metric(rng, world, "m0", shares, ["s0", "base"]), {"systems": world.systems}), asked)
    ]
    return told.count("supported") / simulations, told.count("contradicted") / simulations


def simulate(simulations: int, seed: int) -> Iterator[str]:
    """A row for each world: sections of claims, for a tenth as many simulations, and then single claims."""
    heads = "any wrong verdict | wrong verdicts a claim | wrong among verdicts | true ones found"
    yield f"| sections of 50 claims on their edges | {heads} |"
    yield "|---|---|---|---|---|"
    for world in WORLDS:
        any_wrong, each, false, true = rates(world, max(1, simulations // 10), seed)
        yield f"| {world.name} | {any_wrong:.3f} | {each:.4f} | {false:.3f} | {f'{true:.2f}' if world.beyond else ''} |"
    yield ""
    yield "| a claim alone, on its edge | " + " | ".join(f"{kind.expect} {kind.margin:+.2f}" for kind in KINDS) + " |"
    yield "|---|" + "---|" * len(KINDS)
    for world in (world for world in WORLDS if not world.beyond):
        found = [alone(world, kind, simulations, seed) for kind in KINDS]
        yield f"| {world.name} | " + " | ".join(f"{up:.3f}, {down:.3f}" for up, down in found) + " |"
