"""How often an effect is called significant that there is not: sections of ten metrics in which retrieval adds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proctor.leaderboard.analysis.effects import Effect, effects
from proctor.leaderboard.analysis.section import sections
from tests.sample_run import record
from tests.simulate.draws import answers, clusters

CORNERS = {"base": ("none", "none"), "rag": ("none", "dense"), "lora": ("lora", "none"), "hybrid": ("lora", "dense")}
SYSTEMS: dict[str, Any] = {name: {"settings": {"adapt": adapt, "retrieve": how}} for name, (adapt, how) in CORNERS.items()}
METRICS = 10


@dataclass(frozen=True)
class World:
    """What sections are drawn from."""

    name: str
    which: NDArray[np.intp]
    share: float = 0.5
    """Of right answers without adapting."""
    adapted: float = 0.0
    """What adapting adds."""
    seeds: int = 1
    noise: float = 0.0


WORLDS = [
    World("30 clusters of 4", clusters(30, 4)),
    World("30 clusters of 4, adapting adds 20 points", clusters(30, 4), adapted=0.2),
    World("120 single items, share .95", clusters(120, 1), 0.95),
    World("30 clusters of 4, three seeds, noise 4 points", clusters(30, 4), seeds=3, noise=0.04),
    World("30 clusters of 4, one seed, noise 4 points", clusters(30, 4), noise=0.04),
    World("500 single items, one seed, noise 4 points", clusters(500, 1), noise=0.04),
]


def drawn(rng: np.random.Generator, world: World) -> list[Effect]:
    """The effects of one section."""
    names = [(system, seed) for system, (adapt, _) in CORNERS.items() for seed in range(world.seeds if adapt != "none" else 1)]
    trained = np.array([CORNERS[system][0] != "none" for system, _ in names])
    rows = []
    for metric in range(METRICS):
        shares = world.share + trained * (world.adapted + world.noise * rng.standard_normal(len(names)))
        told = answers(rng, world.which, np.clip(shares, 0.001, 0.999).tolist()).tolist()
        rows += [
            record(f"m{metric}", f"q{item}", value, system=system, seed=seed, cluster=f"c{world.which[item]}")
            for (system, seed), values in zip(names, told, strict=True)
            for item, value in enumerate(values)
        ]
    return list(effects(sections(rows, {"systems": SYSTEMS})))


def false(effect: Effect, world: World) -> bool:
    """Whether an effect is called significant that there is not."""
    return effect.significant and not (effect.effect == "adaptation" and world.adapted)


def simulate(simulations: int, seed: int) -> Iterator[str]:
    """A row for each world, for a tenth as many sections."""
    yield "| sections of 30 effects | any false one | false ones an effect | false among significant |"
    yield "|---|---|---|---|"
    for world in WORLDS:
        rng, count = np.random.default_rng(seed), max(1, simulations // 10)
        sections = [drawn(rng, world) for _ in range(count)]
        told = np.array([[false(effect, world) for effect in section] for section in sections])
        significant = np.array([sum(effect.significant for effect in section) for section in sections])
        among = (told.sum(1) / np.maximum(1, significant)).mean()
        yield f"| {world.name} | {told.any(1).mean():.3f} | {told.mean():.4f} | {among:.3f} |"
