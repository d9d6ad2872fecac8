"""How systems stand in a metric: which is best, which are tied with it or significantly behind, and which are not ranked.

Each metric is a family of its own: among systems that are the same, somebody is called behind in at most one column of 20, since
a column is what a reader looks at to answer a question. `ranked` says who takes part, and `race` has the
tests. A system that was trained once would do otherwise after another training: marks allow for that as claims do, by what other
systems show or else by what is assumed (`leaderboard.analysis.retraining`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from proctor.evals.axes.catalogue import neutral
from proctor.evals.stats.intervals import Interval
from proctor.leaderboard.analysis import retraining
from proctor.leaderboard.analysis.race import Race
from proctor.leaderboard.analysis.ranked import Ranked, Systems, idle, ranked

RankMark = Literal["best", "tied", "behind", ""]


@dataclass(frozen=True)
class Standing:
    """How one system stands in one metric."""

    mark: RankMark = ""
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


def standings(metrics: Sequence[Systems], trained: Collection[str] = ()) -> list[dict[str, Standing]]:
    """For each metric how its systems stand, of which some were ``trained``; nothing of those without a value."""
    without_merit = idle(metrics)
    return [_of_metric(systems, without_merit, trained) for systems in metrics]


def _of_metric(systems: Systems, without_merit: Mapping[str, str], trained: Collection[str]) -> dict[str, Standing]:
    if any(series.single or neutral(series.first.metric) for series in systems.values()):
        return {}  # one reading says nothing of the next, and of parts of a whole none is better
    entered = ranked(systems, without_merit)
    found = {name: Standing(not_ranked=why) for name, why in entered.reasons.items()}
    names = sorted(entered.systems)  # so that no order of records changes what chance draws
    return found | dict(
        zip(names, _ranks(replace(entered, systems={name: systems[name] for name in names}), trained), strict=True)
    )


def _ranks(entered: Ranked, trained: Collection[str]) -> list[Standing]:
    """No mark where one is alone, or all have the same mean."""
    unmarked = [Standing(items=len(entered.items))] * len(entered.systems)
    if len(unmarked) < 2:
        return unmarked
    race = _race(entered, trained)
    equal = all(race.is_best(place) for place in range(len(unmarked)))
    return unmarked if equal else [_standing(race, place) for place in range(len(unmarked))]


def _race(entered: Ranked, trained: Collection[str]) -> Race:
    columns, items = list(entered.systems.values()), entered.items
    places = [np.searchsorted(series.means.items, items) for series in columns]
    values = np.stack([series.means.values[place] for series, place in zip(columns, places, strict=True)])
    known = retraining.variation(series.seed_means for name, series in entered.systems.items() if name in trained)
    noise = [retraining.own_noise(series, trained, known) for series in columns]
    first = columns[0]
    return Race(values, first.means.clusters[places[0]], noise, first.share, first.first.better == "higher")


def _standing(race: Race, place: int) -> Standing:
    items = race.values.shape[1]
    if race.is_best(place):
        return Standing("best", items=items)
    found = race.gap(place)
    if found.behind:
        return Standing("behind", items=items, gap=found.interval)
    return Standing("tied", items=items, gap=found.interval, more=found.more)
