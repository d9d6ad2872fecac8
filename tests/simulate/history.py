"""How often something is marked better or worse over 20 runs in which nothing changed: six systems, in eight metrics.

Three of the systems are trained. From run to run some answers come out otherwise by chance, and what is trained moves by
luck.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proctor.evals.axes.catalogue import followed
from proctor.leaderboard.history.history import history
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import Run
from tests.sample_run import record
from tests.simulate.draws import answers, clusters, redrawn, zipf

RUNS = 20
TRAINED = ("full_ft", "lora", "hybrid")
SYSTEMS: dict[str, Any] = {
    name: {"settings": {"adapt": "lora" if name in TRAINED else "none"}} for name in ("base", "rag", "prompted", *TRAINED)
}


@dataclass(frozen=True)
class World:
    """What runs are drawn from."""

    name: str
    which: NDArray[np.intp]
    share: float = 0.7
    """Of right answers."""
    redrawn: float = 0.1
    """Share of the answers that come out anew in each run."""
    seeds: int = 1
    noise: float = 0.0
    drop: float = 0.0
    """What one untrained system loses in the last run, in every metric."""


WORLDS = [
    World("30 clusters of 4, a tenth of the answers anew", clusters(30, 4)),
    World("30 clusters of 4, all answers anew", clusters(30, 4), redrawn=1.0),
    World("120 single items, share .95, all answers anew", clusters(120, 1), 0.95, redrawn=1.0),
    World("trained once in each run, noise 4 points", clusters(30, 4), noise=0.04),
    World("the same, 500 single items", clusters(500, 1), noise=0.04),
    World("trained with three seeds, noise 4 points", clusters(30, 4), seeds=3, noise=0.04),
    World("100 clusters of 50 to 1, all answers anew", zipf(100, 50), redrawn=1.0),
    World("the same, a tenth of the answers anew", zipf(100, 50)),
    World("the same, trained once in each run, noise 4 points", zipf(100, 50), noise=0.04),
    World("rag loses 20 points in the last run", clusters(30, 4), drop=0.2),
]


def runs(rng: np.random.Generator, world: World, count: int = RUNS) -> Iterator[Run]:
    """One after the other."""
    names = [(system, seed) for system in SYSTEMS for seed in range(world.seeds if system in TRAINED else 1)]
    luck = np.array([world.noise if system in TRAINED else 0.0 for system, _ in names])
    before: dict[str, Any] = {}
    for day in range(count):
        rows = []
        for metric in followed():
            lost = np.array([world.drop if system == "rag" and day == count - 1 else 0.0 for system, _ in names])
            shares = np.clip(world.share + luck * rng.standard_normal(len(names)) - lost, 0.001, 0.999)
            drawn = answers(rng, world.which, shares.tolist())
            anew = 1.0 if world.noise or lost.any() else world.redrawn
            before[metric] = redrawn(rng, before[metric], drawn, anew) if day else drawn
            rows += [
                record(metric, f"q{item}", value, system=system, seed=seed, cluster=f"c{world.which[item]}")
                for (system, seed), values in zip(names, before[metric].tolist(), strict=True)
                for item, value in enumerate(values)
            ]
        about = {"started": f"2026-01-{day + 1:02}T00:00:00+00:00", "systems": SYSTEMS, "git": {"commit": f"{day:040}"}}
        yield Run(Path(f"run{day}"), Records.of(rows), about)


def simulate(simulations: int, seed: int) -> Iterator[str]:
    """A row for each world, from a hundredth as many histories of 20 runs."""
    yield "| 20 runs, nothing changed | runs with a false mark | false marks a figure | the change found |"
    yield "|---|---|---|---|"
    for world in WORLDS:
        rng = np.random.default_rng(seed)
        false, marks, found, count = 0, 0, 0, max(1, simulations // 100)
        for _ in range(count):
            told = history(list(runs(rng, world)))
            real = [each for each in told.changes if world.drop and each.line.system == "rag" and each.now == told.runs[-1]]
            wrong = [each for each in told.changes if each not in real]
            false += len({each.now.id for each in wrong})
            marks += len(wrong)
            found += len(real)
        figures = count * (RUNS - 1) * len(followed()) * len(SYSTEMS)
        seen = f"{found / count / len(followed()):.2f}" if world.drop else ""
        yield f"| {world.name} | {false / count / (RUNS - 1):.3f} | {marks / figures:.4f} | {seen} |"
