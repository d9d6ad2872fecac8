"""How many examples a trained system needs to be as often right as one that is not trained and looks things up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.schema import Record
from leaderboard.records import Records
from leaderboard.series import Series, grouped, rounded

SHARES = {"hunger.eighth": 1 / 8, "hunger.quarter": 1 / 4, "hunger.half": 1 / 2, "accuracy.exact": 1.0}
"""Measure -> the share of the training examples that it is measured with."""
WHOLE = "accuracy.exact"


@dataclass(frozen=True)
class Crossing:
    """Where the curve of a trained system crosses the level line of another."""

    suite: str
    base_model: str
    system: str
    level: str
    """The system that needs no examples."""
    share: float | None
    """Of the examples, by straight lines over the logarithm of the share; an eighth if it is ahead by then, None if never."""
    ci_low: float | None
    ci_high: float | None
    """95 % interval by resampling clusters; None: it may never catch up."""
    n: int


def crossings(records: Iterable[Record], systems: Mapping[str, Any]) -> Iterator[Crossing]:
    """For each system that was trained on less, against each that retrieves and is not trained."""
    wanted = Records.of(records).where(lambda about: about.measure in SHARES).valued()
    for (suite, base_model), group in grouped(wanted, "suite", "base_model").items():
        columns = {key: Series(rows) for key, rows in grouped(group, "system", "measure").items()}
        levels = [name for name in _untrained(systems) if (name, WHOLE) in columns]
        for system in dict.fromkeys(system for system, _ in columns):
            curve = [columns[system, measure] for measure in SHARES if (system, measure) in columns]
            for level in levels if len(curve) == len(SHARES) else ():
                share, low, high, n = _crossing(curve, columns[level, WHOLE])
                yield Crossing(suite, base_model, system, level, share, low, high, n)


def _untrained(systems: Mapping[str, Any]) -> list[str]:
    settings = {name: about.get("settings", {}) for name, about in systems.items() if isinstance(about, dict)}
    return [name for name, known in settings.items() if known.get("adapt") == "none" and known.get("retrieve", "none") != "none"]


def _crossing(curve: Sequence[Series], level: Series) -> tuple[float | None, float | None, float | None, int]:
    import numpy as np

    from evals.comparison import common
    from evals.statistics import expanded_percentiles, resampled_sums

    (*reached, to_reach), clusters = common(*(series.means for series in (*curve, level)))
    if not len(to_reach):
        return None, None, None, 0
    ahead = np.stack(reached, axis=1) - to_reach[:, None]
    resampled, count = resampled_sums(ahead, clusters.tolist())
    low, high = expanded_percentiles(np.array([_catches_up(row) for row in resampled]), count)
    return _known(_catches_up(ahead.sum(axis=0))), _known(low), _known(high), len(to_reach)


def _known(share: float) -> float | None:
    return rounded(share) if share <= 1 else None


BEYOND = 2.0
"""Stands for a share that is more than there is."""


def _catches_up(ahead: Sequence[float]) -> float:
    """The smallest share at which it is level or ahead; ``BEYOND`` if at none."""
    shares = list(SHARES.values())
    place = next((place for place, difference in enumerate(ahead) if difference >= 0), None)
    if place is None:
        return BEYOND
    if place == 0:
        return shares[0]
    before, now = ahead[place - 1], ahead[place]
    return float(shares[place - 1] * (shares[place] / shares[place - 1]) ** (-before / (now - before)))


def sentence(found: Crossing) -> str:
    """What it says, for a page."""
    who = f"{found.system} catches up with {found.level}"
    if found.share is None:
        return f"{found.system} does not catch up with {found.level}, whatever share of the examples it has (n {found.n})."
    early = "no more than " if found.share <= min(SHARES.values()) else ""
    sure = f"{_part(found.ci_low)} to {_part(found.ci_high)}" if found.ci_high else f"{_part(found.ci_low)} or more, or never"
    return f"{who} at {early}{_part(found.share)} of the examples (95 % interval {sure}; n {found.n})."


def _part(share: float | None) -> str:
    return "an unknown part" if share is None else f"{100 * share:.3g} %"
