"""How systems stand in a measure: which is best, which are tied with it or significantly behind, and which are not ranked.

Each measure is a family of its own: among systems that are the same, somebody is called behind in at most one column of 20, since
a column is what a reader looks at to answer a question. `evals.best` has the test, and `leaderboard.ranked` says who takes part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot, isfinite
from typing import Literal

import numpy as np

from evals.best import Entrants, Outcome, against_the_leader
from evals.comparison import ANYWHERE, Noise, training_noise
from evals.statistics import Array, Clustered, Interval, clustered
from leaderboard.axes import NEUTRAL
from leaderboard.ranked import Ranked, Systems, idle, ranked
from leaderboard.records import Codes
from leaderboard.series import Series

Mark = Literal["best", "tied", "behind", ""]
ROUNDING = 1e-12
"""Of totals that are as good as equal."""


@dataclass(frozen=True)
class Standing:
    """How one system stands in one measure."""

    mark: Mark = ""
    """``best``: the highest mean, or lowest where less is better. ``tied``: not significantly behind that."""
    not_ranked: str = ""
    """Why it is not ranked, though it has a value."""
    items: int = 0
    """Items that all ranked systems have, over which they are ranked."""
    gap: Interval | None = None
    """Its mean less that of the best over these items. The interval allows for the best having been picked, and leaves out 0
    exactly where the system is behind."""
    more: float | None = None
    """Of a tied one: how many times as many questions would show a gap as large, with 80 % power; None where no number would."""


def standings(measures: Sequence[Systems]) -> list[dict[str, Standing]]:
    """For each measure how its systems stand; nothing of those without a value."""
    without_merit = idle(measures)
    return [_of_measure(systems, without_merit) for systems in measures]


def _of_measure(systems: Systems, without_merit: Mapping[str, str]) -> dict[str, Standing]:
    if any(series.single or series.first.measure in NEUTRAL for series in systems.values()):
        return {}  # one reading says nothing of the next, and of parts of a whole none is better
    entered = ranked(systems, without_merit)
    found = {name: Standing(not_ranked=why) for name, why in entered.reasons.items()}
    return found | dict(zip(entered.systems, _ranks(entered), strict=True))


def _ranks(entered: Ranked) -> list[Standing]:
    """No mark where one is alone, or all have the same mean."""
    unmarked = [Standing(items=len(entered.items))] * len(entered.systems)
    if len(unmarked) < 2:
        return unmarked
    race = _Race.of(entered)
    equal = all(race.is_best(place) for place in range(len(unmarked)))
    return unmarked if equal else [race.standing(place) for place in range(len(unmarked))]


@dataclass(frozen=True)
class _Race:
    """The ranked systems over the items that all have."""

    values: Array
    """(systems, items)"""
    clusters: Codes
    """The cluster of each item."""
    noise: Sequence[Noise | None]
    """What training each system anew changes of its mean."""
    share: bool
    """Whether 0 and 1 are outcomes rather than amounts."""
    higher: bool
    """Whether more is better."""

    @classmethod
    def of(cls, entered: Ranked) -> _Race:
        columns, items = list(entered.systems.values()), entered.items
        places = [np.searchsorted(series.means.items, items) for series in columns]
        values = np.stack([series.means.values[place] for series, place in zip(columns, places, strict=True)])
        noise = [_noise(series, items) for series in columns]
        first = columns[0]
        return cls(values, first.means.clusters[places[0]], noise, first.share, first.first.better == "higher")

    @cached_property
    def totals(self) -> Array:
        """Of each system, so that more is better."""
        totals: Array = self._better.sum(1)
        return totals

    @property
    def _better(self) -> Array:
        return self.values if self.higher else -self.values

    @cached_property
    def outcome(self) -> Outcome:
        sums = _sums(self._better, self.clusters)
        return against_the_leader(Entrants.of(sums, self.noise, self.values.shape[1]))

    def is_best(self, place: int) -> bool:
        """Whether a system has the best mean, alone or with others."""
        return bool(self.totals[place] >= self.totals.max() - ROUNDING * np.abs(self.totals).max())

    def standing(self, place: int) -> Standing:
        """How one of them stands to the best."""
        gap, items = self._gap(place), self.values.shape[1]
        if self.is_best(place):
            return Standing("best", items=items)
        if self._is_behind(place, gap):
            return Standing("behind", items=items, gap=gap)
        more = float(self.outcome.more[place])
        with_zero = replace(gap, low=min(gap.low, 0.0), high=max(gap.high, 0.0))
        return Standing("tied", items=items, gap=with_zero, more=more if isfinite(more) else None)

    def _is_behind(self, place: int, gap: Interval) -> bool:
        """By the test, and with clusters enough for one; or where both are counted, and known without an error."""
        if gap.n == 1 and gap.method == "exact":
            return True
        return bool(self.outcome.behind[place]) and not (gap.few and gap.n > 1)

    def _gap(self, place: int) -> Interval:
        """The difference from the leader, with an interval that reaches as many standard errors as the test asks for.

        The test's own error is that of clusters without a difference. Where there is one, larger clusters hold more of it, which
        adds to their spread and tells nothing of the mean's error.
        """
        outcome = self.outcome
        found = clustered(self.values[place] - self.values[outcome.leader], self.clusters)
        if found.n == 1 and not self.share and not outcome.errors[place]:
            return found.interval(found.mean, found.mean, "exact")
        least, most = (-1.0, 1.0) if self.share else ANYWHERE
        reach = float(outcome.reach[place] * min(outcome.errors[place] / found.n, self._error(found, place)))
        low, high = max(least, found.mean - reach), min(most, found.mean + reach)
        return found.interval(low, high, f"step-down sign flips, {len(self.values)} systems")

    def _error(self, found: Clustered, place: int) -> float:
        """Standard error of the mean difference from the leader: by the choice of questions and by either's training."""
        training = (self.noise[place], self.noise[self.outcome.leader])
        return hypot(found.error if found.count > 1 else 0.0, *(noise.error for noise in training if noise))


def _noise(series: Series, items: Codes) -> Noise | None:
    """What training anew changes of the mean over these items, where several seeds tell and it changes anything."""
    seeds = sorted(series.records.valued().grouped("seed").items())
    means = [float(records.value[np.isin(records.item, items)].mean()) for _, records in seeds] if len(seeds) > 1 else []
    found = training_noise(means) if means else None
    return found if found and found.error else None


def _sums(values: Array, clusters: Codes) -> Array:
    """Of each system and cluster, in the order of each cluster's first item."""
    _, first, which = np.unique(clusters, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return np.stack([np.bincount(order[which], weights=row) for row in values])
