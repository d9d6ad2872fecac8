"""How often a board calls somebody behind the best though all are the same, how often it finds who is, and loses who is not.

And how often the interval of a gap to the best holds the true one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proctor.evals.stats.comparison import Noise, training_noise
from proctor.evals.stats.intervals import Array
from proctor.leaderboard.analysis.race import Race
from proctor.leaderboard.analysis.retraining import ASSUMED, GIVEN
from tests.simulate.draws import SYSTEMS_SHARE, answers, clusters, zipf

SYSTEMS = (2, 6, 12, 20)
MIXED = np.repeat(np.arange(30), [1 + 7 * place % 8 for place in range(30)])
"""Clusters of 1 to 8 questions."""
SEEDS, NOISE = 3, 0.1
"""Seeds of training, and the standard deviation of what each changes, of the latent normal: 4 points at a share of .5."""


@dataclass(frozen=True)
class Design:
    """Questions, and how systems do on them."""

    name: str
    which: NDArray[np.intp]
    """The cluster of each question."""
    share: float = 0.5
    own: float = SYSTEMS_SHARE
    values: Callable[[np.random.Generator, NDArray[np.intp], Sequence[float], float], Array] | None = None
    """Amounts in place of answers that are right or wrong."""
    seeds: int = 0
    """Trained with so many seeds; 0: not trained."""

    def race(self, rng: np.random.Generator, shares: Sequence[float]) -> Race:
        """Systems that are right in these shares, on new questions."""
        if self.seeds:
            return _trained(rng, self.which, shares, self.own, self.seeds)
        drawn = self.values(rng, self.which, shares, self.own) if self.values else answers(rng, self.which, shares, own=self.own)
        return Race(drawn, self.which, [None] * len(shares), share=self.values is None, higher=True)


def amounts(rng: np.random.Generator, which: NDArray[np.intp], shares: Sequence[float], own: float) -> Array:
    """Lognormal amounts with sigma 1.5, which have a long tail; the shares are only counted."""
    count, groups = len(shares), int(which.max()) + 1
    cluster = np.sqrt(own) * rng.standard_normal((count, groups))[:, which]
    rest = np.sqrt(1 - own) * rng.standard_normal((count, len(which)))
    values: Array = -np.exp(1.5 * (cluster + rest))
    return values


def _trained(rng: np.random.Generator, which: NDArray[np.intp], shares: Sequence[float], own: float, seeds: int) -> Race:
    """Each trained with some seeds, of which each moves how good a system is; of one that is assumed, as a board does."""
    from scipy.special import ndtr, ndtri

    rows = []
    for share in shares:
        moved = ndtr(ndtri(share) + NOISE * rng.standard_normal(seeds))
        rows.append(answers(rng, which, moved, common=0.5, own=own))
    noise = [training_noise(row.mean(1).tolist()) or Noise(ASSUMED, GIVEN) for row in rows]
    return Race(np.stack([row.mean(0) for row in rows]), which, noise, share=True, higher=True)


DESIGNS = (
    Design("30 clusters of 4, own variance 0", clusters(30, 4), own=0.0),
    Design("30 clusters of 4", clusters(30, 4)),
    Design("30 clusters of 4, .9 right", clusters(30, 4), share=0.9),
    Design("30 clusters of 4, .98 right", clusters(30, 4), share=0.98),
    Design("30 clusters of 4, .02 right", clusters(30, 4), share=0.02),
    Design("12 clusters of 4", clusters(12, 4)),
    Design("50 clusters of 4", clusters(50, 4)),
    Design("30 clusters of 1 to 8", MIXED),
    Design("30 clusters of 1 to 8, .9 right", MIXED, share=0.9),
    Design("50 single questions", clusters(50, 1), own=0.0),
    Design("amounts, lognormal, 30 clusters of 4", clusters(30, 4), values=amounts),
    Design("3 seeds, each 4 points apart, 30 clusters of 4", clusters(30, 4), seeds=SEEDS),
    Design("1 seed, each 4 points apart, 30 clusters of 4", clusters(30, 4), seeds=1),
    Design("1 seed, each 4 points apart, 500 single questions", clusters(500, 1), own=0.0, seeds=1),
)
POWER = {
    "2, 15 points apart": (0.7, 0.55),
    "6 in steps of 5 points": (0.8, 0.75, 0.7, 0.65, 0.6, 0.55),
    "12, the last 15 points behind": (*[0.7] * 11, 0.55),
    "12, the last 15 points behind, .95 right": (*[0.95] * 11, 0.8),
    "12, half of them 15 points behind": (*[0.8] * 6, *[0.65] * 6),
    "8, the best 15 points ahead": (0.8, *[0.65] * 7),
}
"""How often systems are right."""
GAPS = {
    "120 single questions": clusters(120, 1),
    "30 clusters of 10": clusters(30, 10),
    "100 clusters of 50 to 1": zipf(100, 50),
}
LADDERS: dict[int, Sequence[float]] = {2: (0.7, 0.55), 6: POWER["6 in steps of 5 points"], 16: np.linspace(0.9, 0.6, 16).tolist()}
"""How often systems are right whose gaps to the best are looked at."""


def somebody_behind(design: Design, systems: int, simulations: int, rng: np.random.Generator) -> float:
    """In which share of boards of systems that are the same somebody is called behind."""
    shares = [design.share] * systems
    return float(np.mean([behind(design.race(rng, shares)).any() for _ in range(simulations)]))


def behind(race: Race) -> NDArray[np.bool_]:
    """Who is significantly behind the best."""
    return np.array([not race.is_best(place) and race.gap(place).behind for place in range(len(race.values))])


def found_and_lost(design: Design, shares: Sequence[float], simulations: int, rng: np.random.Generator) -> tuple[float, float]:
    """Of those that are worse than the best, the share called behind; and of boards, the share in which one of the best is."""
    found = np.array([behind(design.race(rng, shares)) for _ in range(simulations)])
    best = np.array(shares) == max(shares)
    return float(found[:, ~best].mean()), float(found[:, best].any(1).mean())


def gaps_held(design: Design, shares: Sequence[float], simulations: int, rng: np.random.Generator) -> tuple[float, float]:
    """Of all intervals of gaps, the share that hold the true gap to the truly best; and of boards, those where all of them do."""
    true = np.asarray(shares) - max(shares)
    boards = [_held(design.race(rng, shares), true) for _ in range(simulations)]
    return float(np.concatenate(boards).mean()), float(np.mean([board.all() for board in boards]))


def _held(race: Race, true: Array) -> NDArray[np.bool_]:
    """Those that have the best mean have no gap."""
    found = {place: race.gap(place).interval for place in range(len(race.values)) if not race.is_best(place)}
    return np.array([each.low - 1e-9 <= true[place] <= each.high + 1e-9 for place, each in found.items()], bool)


def simulate(simulations: int, seed: int) -> Iterator[str]:
    """Three tables: systems that are the same, systems that are not (30 and 60 clusters of 4), and these systems' gaps."""
    rng = np.random.default_rng(seed)
    yield f"| all the same; somebody is behind | {' | '.join(f'{count} systems' for count in SYSTEMS)} |"
    yield "|" + "-|" * (1 + len(SYSTEMS))
    for design in DESIGNS:
        found = (somebody_behind(design, count, simulations, rng) for count in SYSTEMS)
        yield f"| {design.name} | {' | '.join(map(_shown, found))} |"
    yield ""
    yield "| systems | 30 clusters: found | one of the best lost | 60 clusters: found | one of the best lost |"
    yield "|" + "-|" * 5
    for name, shares in POWER.items():
        parts = [found_and_lost(Design("", clusters(count, 4)), shares, simulations, rng) for count in (30, 60)]
        yield f"| {name} | {' | '.join(_shown(each) for part in parts for each in part)} |"
    yield ""
    yield from gaps(simulations, seed)


def gaps(simulations: int, seed: int) -> Iterator[str]:
    """For each kind of clusters and number of systems how many intervals of gaps hold the true one."""
    rng = np.random.default_rng(seed)
    yield f"| holds the true gap to the best: one, all of a board | {' | '.join(f'{count} systems' for count in LADDERS)} |"
    yield "|" + "-|" * (1 + len(LADDERS))
    for name, which in GAPS.items():
        held = (gaps_held(Design("", which), shares, simulations, rng) for shares in LADDERS.values())
        yield f"| {name} | {' | '.join(f'{_shown(one)}, {_shown(every)}' for one, every in held)} |"


def _shown(share: float) -> str:
    return f"{share:.3f}".removeprefix("0")
