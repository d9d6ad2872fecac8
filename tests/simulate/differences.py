"""How often the test of a difference calls one that lies just on an edge beyond it, and how often its interval holds it.

And how wide the interval is beside that of Student's t, which takes what the clusters' sums show for all there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from proctor.evals.stats.differences import Summed, ends, p_above, p_below, summed
from proctor.evals.stats.intervals import TAIL, student_quantile
from tests.simulate.draws import answers, redrawn

LEVELS = (0.05, 0.025, 0.0042, 0.00028)
"""One-sided: 2.5 % alone, corrected for 6 figures, and for 90."""
KINDS = {
    "30 of 4": [4] * 30,
    "120 single": [1] * 120,
    "12 of 8": [8] * 12,
    "36 of 1 to 9": list(range(1, 10)) * 4,
    "30, of 30 to 1": [max(1, 30 // rank) for rank in range(1, 31)],
}

WIDTHS = {"10 single": [1] * 10, "20 single": [1] * 20, "50 single": [1] * 50, "12 of 4": [4] * 12, **KINDS}


class Cell(NamedTuple):
    """Systems right in shares that differ by the edge, in clusters of these sizes, and the share of answers given anew."""

    sizes: str
    share: float
    edge: float
    changed: float


CELLS = [
    Cell(sizes, share, edge, changed)
    for sizes in KINDS
    for share in (0.5, 0.9, 0.98)
    for edge in (0.0, -0.05)
    for changed in (1.0, 0.1)
]
WIDE = [
    Cell(sizes, share, edge, changed)
    for sizes in WIDTHS
    for changed in (1.0, 0.1)
    for edge in (0.0, -0.02, -0.05)
    for share in (0.5, 0.9, 0.98)
]


def simulate(simulations: int, seed: int) -> Iterator[str]:
    """Two tables: the levels of the test, and the width of the interval."""
    yield from _levels(simulations, seed)
    yield ""
    yield from _widths(simulations, seed)


def _levels(simulations: int, seed: int) -> Iterator[str]:
    """Worst cell of each kind of clusters and edge, for both directions and the interval."""
    yield f"| clusters | edge | asked | {' | '.join(f'{level:.2%}' for level in LEVELS)} | interval |"
    yield "|-|-|-|-|-|-|-|-|"
    for sizes in KINDS:
        for edge in (0.0, -0.05):
            drawn = [sample(cell, simulations, seed) for cell in CELLS if (cell.sizes, cell.edge) == (sizes, edge)]
            covered = min(covers(found, edge) for found in drawn)
            for asked, test in (("worse", p_below), ("no worse", p_above)):
                worst = [max(float((test(found, edge) < level).mean()) for found in drawn) for level in LEVELS]
                shares = " | ".join(f"{share:.2%}" for share in worst)
                yield f"| {sizes} | {100 * edge:.0f} points | {asked} | {shares} | {covered:.1%} |"


def _widths(simulations: int, seed: int) -> Iterator[str]:
    """Lowest coverage of nine cells, of shares of right answers and true differences, and the mean width, of two intervals."""
    yield "| clusters | answers anew | clusters that differ | coverage | mean width | Student's t: coverage | mean width |"
    yield "|-|-|-|-|-|-|-|"
    for sizes in WIDTHS:
        for changed in (1.0, 0.1):
            cells = [cell for cell in WIDE if (cell.sizes, cell.changed) == (sizes, changed)]
            drawn = [(cell.edge, sample(cell, simulations, seed)) for cell in cells]
            moved = np.mean([found.moved.mean() for _, found in drawn])
            ours, plain = ([held_and_wide(edge, *two(found)) for edge, found in drawn] for two in (ends, student))
            shown = [f"{min(held for held, _ in two):.3f} | {np.mean([width for _, width in two]):.2f}" for two in (ours, plain)]
            yield f"| {sizes} | {'all' if changed == 1 else 'a tenth'} | {moved:.1f} | {' | '.join(shown)} |"


def student(found: Summed) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval by the clusters' sums alone."""
    half = student_quantile(1 - TAIL, np.maximum(1.0, found.effective - 1)) * found.error
    return found.mean - half, found.mean + half


def held_and_wide(truth: float, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """How many of the intervals hold the truth, and their mean width."""
    return float(((low <= truth) & (truth <= high)).mean()), float((high - low).mean())


def sample(cell: Cell, simulations: int, seed: int) -> Summed:
    """Many comparisons at once."""
    rng = np.random.default_rng((seed, [*CELLS, *WIDE].index(cell)))
    sizes = np.array(WIDTHS[cell.sizes])
    which, starts = np.repeat(np.arange(len(sizes)), sizes), np.concatenate([[0], np.cumsum(sizes)[:-1]])
    differences = np.array([_pair(rng, which, cell) for _ in range(simulations)])
    sums, told = (np.add.reduceat(each, starts, axis=1) for each in (differences, np.abs(differences)))
    return summed(sums, np.broadcast_to(sizes.astype(float), sums.shape), told, (differences**2).sum(1))


def _pair(rng: np.random.Generator, which: np.ndarray, cell: Cell) -> np.ndarray:
    before, after = answers(rng, which, [cell.share, cell.share + cell.edge])
    if cell.changed == 1:
        return np.asarray(after - before)
    again = answers(rng, which, [cell.share])
    kept = redrawn(rng, before[None], again, cell.changed)[0]
    return np.asarray(np.where(rng.random(len(which)) < -cell.edge / cell.share, 0.0, kept) - before)


def covers(found: Summed, truth: float) -> float:
    """How often the 95 % interval holds the truth."""
    low, high = ends(found)
    return float(((low <= truth) & (truth <= high)).mean())
