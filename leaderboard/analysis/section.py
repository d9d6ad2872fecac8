"""All that was measured on one suite with one base model, grouped and summed up once for everybody who reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from proctor.core.schema import Record
from proctor.evals.axes.catalogue import rank
from proctor.evals.stats.comparison import Comparison
from proctor.leaderboard.analysis import retraining
from proctor.leaderboard.analysis.origins import external
from proctor.leaderboard.analysis.series import Column, Series
from proctor.leaderboard.runs.records import Records

SeriesByColumn = Mapping[Column, Series]


@dataclass(frozen=True, eq=False)
class Section:
    """The series of one suite and base model. What is worked out about them is kept, so that nobody does it again."""

    suite: str
    base_model: str
    columns: SeriesByColumn
    """In the order in which they first come in the records."""
    run: Mapping[str, Any]
    """The provenance of the run."""
    _compared: dict[tuple[Column, Column], Comparison | None] = field(default_factory=dict, repr=False)

    @cached_property
    def systems(self) -> Mapping[str, Any]:
        """The table of systems that the provenance holds."""
        known: Mapping[str, Any] = self.run.get("systems") or {}
        return known

    @cached_property
    def trained(self) -> Collection[str]:
        """The systems whose weights are their own, by that table."""
        return retraining.trained(self.systems)

    @cached_property
    def metrics(self) -> dict[str, dict[str, Series]]:
        """Metric -> system -> series, the metrics as the board has them in order."""
        found: dict[str, dict[str, Series]] = {}
        for (metric, system), series in self.columns.items():
            found.setdefault(metric, {})[system] = series
        return {metric: found[metric] for metric in sorted(found, key=rank)}

    @cached_property
    def valued(self) -> dict[str, dict[str, Series]]:
        """The same, without systems and metrics that have no value."""
        found = {
            metric: {name: series for name, series in systems.items() if series.valued}
            for metric, systems in self.metrics.items()
        }
        return {metric: systems for metric, systems in found.items() if systems}

    def variation(self, *metrics: str) -> retraining.Variation:
        """What another training would change, by the trained systems that have several seeds in these metrics."""
        same = [series for (metric, name), series in self.columns.items() if metric in metrics and name in self.trained]
        return retraining.variation(series.seed_means for series in same)

    def against(self, mine: Series, theirs: Series) -> Comparison | None:
        """How one of the series compares with another of them."""
        key = mine.column, theirs.column
        if key not in self._compared:
            self._compared[key] = mine.against(theirs)
        return self._compared[key]


def sections(records: Iterable[Record], run: Mapping[str, Any] | None = None) -> list[Section]:
    """The sections of a run's records, by name; ``run``: its provenance."""
    places: dict[tuple[str, str], dict[Column, Series]] = {}
    asked = external((run or {}).get("systems") or {})
    for (suite, base_model, *column), rows in Records.of(records).grouped("suite", "base_model", "metric", "system").items():
        metric, system = column
        places.setdefault((suite, base_model), {})[metric, system] = Series(rows, system in asked)
    return [Section(*place, places[place], run or {}) for place in sorted(places)]
