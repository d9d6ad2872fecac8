"""How far figures of a trained system move from one training run to the next, where it was trained once.

A system with several seeds shows it by itself. One with a single seed does not, and two such systems of one kind differ by luck:
with a standard deviation of 4 points, a test over questions alone finds a difference in 6 to 40 of 100 pairs that have none. So
a conclusion about it allows for what other systems of the same metric show, or else for `ASSUMED`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import sqrt
from statistics import stdev
from typing import Any

from proctor.evals.axes.catalogue import axis
from proctor.evals.stats.comparison import Noise, joint_noise, training_noise
from proctor.leaderboard.analysis.origins import kinds
from proctor.leaderboard.analysis.series import Series

ASSUMED = 0.04
"""Standard deviation of a share from one training run to the next, where nothing tells of it. Fine-tuning on some hundreds of
examples moves accuracy by 1 to 5 points (Mosbach et al. 2021, ICLR; Dodge et al. 2020, arXiv:2002.06305)."""
GIVEN = 1e6
"""Degrees of freedom of what is not estimated."""
UNTOUCHED = ("retrieval", "latency", "cost")
"""Axes whose metrics do not depend on which weights training arrives at."""


@dataclass(frozen=True)
class Variation:
    """Standard deviation of a metric from one training run to the next, and what tells of it."""

    deviation: float
    degrees: float
    measured: bool
    """Whether other systems or runs show it; otherwise it is assumed."""

    def __str__(self) -> str:
        """As a sentence has it."""
        points = f"{100 * self.deviation:.1f}".removesuffix(".0")
        return f"a standard deviation of {points} points ({'as others show in this metric' if self.measured else 'assumed'})"


def trained(systems: Mapping[str, Any]) -> frozenset[str]:
    """The systems of a table of systems that are trained here. Finished weights are what they are: no other seed changes them."""
    elsewhere = kinds(systems)
    known = {name: about.get("settings", {}) for name, about in systems.items() if isinstance(about, dict)}
    return frozenset(
        name for name, settings in known.items() if settings.get("adapt", "none") != "none" and name not in elsewhere
    )


def once(series: Series, systems: Collection[str]) -> bool:
    """Whether these are figures of one training run that would be others after another; what was never done stays at zero."""
    touched = series.unit in ("share", "difference") and axis(series.first.metric) not in UNTOUCHED
    return touched and series.first.system in systems and len(series.by_seed) == 1 and bool(series.means.values.any())


def variation(others: Iterable[Sequence[float]]) -> Variation:
    """From the seeds' means of systems of one metric, pooled; assumed where none has two."""
    return pooled((stdev(means), len(means)) for means in others if len(means) > 1)


def pooled(deviations: Iterable[tuple[float, int]]) -> Variation:
    """From systems' standard deviations over their seeds and the numbers of these; assumed where there are none."""
    known = [(deviation, seeds - 1) for deviation, seeds in deviations]
    degrees = sum(free for _, free in known)
    if not degrees:
        return Variation(ASSUMED, GIVEN, measured=False)
    squares = sum(deviation**2 * free for deviation, free in known)
    return Variation(sqrt(squares / degrees), degrees, measured=True)


def noise(mine: Series, theirs: Series, systems: Collection[str], known: Variation) -> Noise | None:
    """Of the difference of two sides: their seeds' own where they have several, and otherwise what is ``known``."""
    if not once(mine, systems) and not once(theirs, systems):
        return mine.noise_against(theirs)
    return reduce(joint_noise, (own_noise(side, systems, known) for side in (mine, theirs)))


def own_noise(series: Series, systems: Collection[str], known: Variation) -> Noise | None:
    """Of one mean."""
    if once(series, systems):
        return Noise(known.deviation, known.degrees) if known.deviation else None
    return training_noise(series.seed_means)


def between_two(known: Variation) -> Noise | None:
    """Of the difference of two training runs of one system."""
    return Noise(sqrt(2) * known.deviation, known.degrees) if known.deviation else None


ONCE = "one training run"
"""How a caution begins that speaks of one."""


def caution(runs: int, known: Variation) -> str:
    """What is to be said beside a conclusion about systems of which so many were trained once."""
    what = ONCE if runs == 1 else f"{ONCE} each"
    return f"{what}: run-to-run variation is not included in the interval; the verdict allows for {known}"
