"""How often the gate finds that one of six systems lost 10 points where nothing is allowed, beside tests that others use.

Six figures decide (one metric of six systems, a tier of its own), of which five did not change. 120 questions in 30 clusters of
4 are asked; both runs find the same ones hard. All tests get the same answers and Holm's correction for six.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from proctor.evals.stats.comparison import LEVEL, corrected
from proctor.evals.stats.differences import Summed, summed
from proctor.evals.stats.intervals import Array
from proctor.leaderboard.compare.gate import rulings
from proctor.leaderboard.compare.policy import Policy, PolicyRule
from tests.simulate.draws import answers, clusters, redrawn
from tests.simulate.gate import SYSTEMS, Scenario, one_change

WHICH, EACH = clusters(30, 4), 4
DROP = 0.1
RULE = PolicyRule("critical", 0.0)
SCENARIO = Scenario("", len(WHICH), policy=Policy(defaults=RULE))


class Cell(NamedTuple):
    """How often systems were right before, and the share of answers given anew."""

    share: float
    changed: float


CELLS = [Cell(share, changed) for changed in (1.0, 0.1) for share in (0.5, 0.7, 0.9)]


def two_runs(rng: np.random.Generator, cell: Cell) -> tuple[Array, Array]:
    """Right or wrong before and after, (systems, questions); the first system drops."""
    after = [cell.share - (DROP if cell.changed == 1 else 0), *[cell.share] * (SYSTEMS - 1)]
    before, new = np.split(answers(rng, WHICH, [*[cell.share] * SYSTEMS, *after]), 2)
    if cell.changed < 1:
        new = redrawn(rng, before, new, cell.changed)
        new[0] = np.where(rng.random(len(WHICH)) < DROP / cell.share, 0.0, new[0])
    return before, new


def failed(before: Array, after: Array) -> NDArray[np.bool_]:
    """Which systems the gate fails."""
    pairs = enumerate(zip(before, after, strict=True))
    changes = [one_change("m", str(place), [old], [new], WHICH, SCENARIO) for place, (old, new) in pairs]
    return np.array([ruling.outcome == "failed" for ruling in rulings(changes, [RULE] * SYSTEMS, SCENARIO.policy)])


def normal(before: Array, after: Array) -> Array:
    """One-sided p of the mean difference over its clusters' standard error, by the normal distribution; (..., questions)."""
    from scipy.special import ndtr

    found = _summed(after - before)
    certain = np.where(found.mean < 0, 0.0, 1.0)
    return np.where(found.error > 0, ndtr(found.mean / np.where(found.error > 0, found.error, 1)), certain)


def mcnemar(before: Array, after: Array) -> Array:
    """One-sided p of McNemar's exact test, which takes questions for independent."""
    from scipy.special import bdtr

    lost, won = ((side > other).sum(-1) for side, other in ((before, after), (after, before)))
    return np.asarray(bdtr(won, lost + won, 0.5), np.float64)


OTHERS: Mapping[str, Callable[[Array, Array], Array]] = {"z over clusters": normal, "McNemar": mcnemar}


def _summed(values: Array) -> Summed:
    parts = values.reshape(*values.shape[:-1], -1, EACH)
    sums, told = parts.sum(-1), np.abs(parts).sum(-1)
    return summed(sums, np.full(sums.shape, float(EACH)), told, (values**2).sum(-1))


def rates(found: NDArray[np.bool_]) -> tuple[float, float]:
    """How often any that did not drop failed, and how often the one that did."""
    return float(found[:, 1:].any(1).mean()), float(found[:, 0].mean())


def held(ps: Array) -> float:
    """How often the drop is found by a test whose level is lowered until it fails no more that did not drop than it says."""
    level = LEVEL / SYSTEMS
    return float((ps[:, 0] < min(level, np.quantile(ps[:, 1:], level))).mean())


def simulate(simulations: int, seed: int) -> Iterator[str]:
    """For each test the false alarms, and the drops found; for the others also those found if they are held to 2.5 %."""
    heads = [f"{name}: false alarm | found | held to 2.5 %" for name in OTHERS]
    yield f"| right before | answers anew | gate: false alarm | found | {' | '.join(heads)} |"
    yield "|" + "-|" * (4 + 3 * len(OTHERS))
    for cell in CELLS:
        rng = np.random.default_rng(seed)
        runs = [two_runs(rng, cell) for _ in range(simulations)]
        shown = [*rates(np.array([failed(*pair) for pair in runs]))]
        for test in OTHERS.values():
            ps = np.array([test(*pair) for pair in runs])
            shown += [*rates(np.array([np.array(corrected((2 * row).tolist(), "holm")) < 2 * LEVEL for row in ps])), held(ps)]
        told = " | ".join(f"{share:.3f}".removeprefix("0") for share in shown)
        yield f"| {cell.share} | {'all' if cell.changed == 1 else 'a tenth'} | {told} |"
