"""How often the interval of a crossing holds the true one, and how often one is claimed that there is not.

A system is right in a share that rises by straight lines over the logarithm of its examples; another needs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proctor.leaderboard.analysis.break_even import SHARES, WHOLE, Crossing, crossings
from proctor.leaderboard.analysis.section import sections
from tests.sample_run import record
from tests.simulate.draws import answers, clusters, zipf

SYSTEMS: dict[str, Any] = {
    "rag": {"settings": {"adapt": "none", "retrieve": "dense"}},
    "lora": {"settings": {"adapt": "lora", "retrieve": "none"}},
}
CURVE = (0.3, 0.5, 0.7, 0.9)
"""Shares right with an eighth, a quarter, half and all of the examples."""


@dataclass(frozen=True)
class World:
    """What curves are drawn from."""

    name: str
    which: NDArray[np.intp]
    seeds: int = 1
    noise: float = 0.0


WORLDS = [
    World("25 clusters of 4", clusters(25, 4)),
    World("100 single items", clusters(100, 1)),
    World("25 clusters of 4, three seeds, noise 4 points", clusters(25, 4), 3, 0.04),
    World("100 single items, one seed, noise 4 points", clusters(100, 1), 1, 0.04),
    World("60 clusters of 20 to 1", zipf(60, 20)),
    World("60 clusters of 20 to 1, one seed, noise 4 points", zipf(60, 20), 1, 0.04),
    World("40 clusters of 25 to 1, which weigh as 11", zipf(40, 25)),
]
LEVELS = (0.25, 0.4, 0.6, 0.8, 0.95)
"""Of the system without examples: passed before an eighth, in each third of the curve, and never."""


def truth(level: float) -> float | None:
    """The share at which the curve passes a level; an eighth if it begins above, None if it never does."""
    place = float(np.interp(level, CURVE, range(len(CURVE)))) if level <= CURVE[-1] else None
    return None if place is None else float(2 ** (place + log2(1 / 8)))


def drawn(rng: np.random.Generator, world: World, level: float) -> Crossing:
    """One run."""
    runs = np.repeat(CURVE, world.seeds)
    runs = np.clip(runs + world.noise * rng.standard_normal(len(runs)), 0.001, 0.999)
    *learnt, needless = answers(rng, world.which, [*runs.tolist(), level]).tolist()
    rows = [(metric, "lora", seed) for metric in SHARES for seed in range(world.seeds)]
    told = zip([*rows, (WHOLE, "rag", 0)], [*learnt, needless], strict=True)
    records = [
        record(metric, f"q{item}", value, system=system, seed=seed, cluster=f"c{world.which[item]}")
        for (metric, system, seed), values in told
        for item, value in enumerate(values)
    ]
    (found,) = crossings(sections(records, {"systems": SYSTEMS}))
    return found


def right(found: Crossing, level: float) -> bool:
    """Whether the interval holds the truth."""
    true = truth(level)
    if true is None:
        return found.ci_high is None
    return found.ci_low is not None and found.ci_low <= true * 1.001 and (found.ci_high is None or true <= found.ci_high * 1.001)


def simulate(simulations: int, seed: int) -> Iterator[str]:
    """A row for each world: coverage for each level, and how often the interval has an end."""
    yield "| coverage (ends below all examples) | " + " | ".join(f"level {level}" for level in LEVELS) + " |"
    yield "|---|" + "---|" * len(LEVELS)
    for world in WORLDS:
        cells = []
        for level in LEVELS:
            rng = np.random.default_rng(seed)
            found = [drawn(rng, world, level) for _ in range(simulations)]
            covered = np.mean([right(each, level) for each in found])
            cells.append(f"{covered:.3f} ({np.mean([each.ci_high is not None for each in found]):.2f})")
        yield f"| {world.name} | {' | '.join(cells)} |"
