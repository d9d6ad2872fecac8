"""What a page tells of retrieval, system by system: how far down the evidence stands, where it was lost, what the index cost.

Each question that names evidence counts once, under the first cause on the way from the documents to the prompt
(`evals.axes.losses`). Runs of earlier versions, and saved ones, have no ranks: of those, the figures of the board are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from proctor.core.schema import row
from proctor.evals.axes.losses import CAUSES
from proctor.evals.headline import of_run
from proctor.evals.stats.differences import measured_interval
from proctor.leaderboard.analysis.section import Section
from proctor.leaderboard.analysis.series import Series, rounded
from proctor.leaderboard.runs.lost import Lost, lost
from proctor.leaderboard.runs.store import Run

RANKS = (1, 2, 3, 5, 10, 20, 50)
"""Places at which a curve has its points, besides the number of passages that a system shows."""
RECALLS = {k: f"retrieval.recall@{k}" for k in (1, 3, 5)}
"""What stands for a curve where no ranks were kept. They count documents."""
SAVED = "this run kept no ranks: take the exam again to see where evidence was lost"
SHOWN_ONLY = "only the passages that it was shown are known: what stands behind them cannot be looked up"
COSTS = {"seconds": "cost.index_seconds", "tokens": "cost.index_tokens", "money": "cost.index_money"}
THOUSAND = 1000
LOW = 0.95
"""The least share of the nearest vectors that an approximate search should find."""


class RecallPoint(NamedTuple):
    """The share of the evidence that is among the first k passages, with its 95 % interval."""

    k: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RetrievalResult:
    """What is known of the retrieval of one system."""

    suite: str
    base_model: str
    system: str
    top_k: int | None
    """Passages that it shows; None where that is not known."""
    looked: int
    """Passages that were looked up for each question."""
    n: int
    """Questions that name evidence."""
    by: str
    """The metric by which an answer is right or wrong."""
    curve: tuple[RecallPoint, ...]
    by_documents: bool
    """Whether the curve is of `RECALLS`, for want of ranks."""
    lost: Mapping[str, int]
    """Cause -> questions, those included whose evidence was shown."""
    wrong: Mapping[str, int]
    """Of these, the ones that were not answered right."""
    documents: int | None
    passages: int | None
    per_thousand: Mapping[str, float | None]
    """What building the index took for a thousand documents: seconds, tokens that were paid for, money; None: not measured."""
    cost_notes: Mapping[str, str]
    """Of these, why one is not measured, or may not be what it seems."""
    notes: tuple[str, ...]
    """What is not known, and why."""
    warnings: tuple[str, ...]
    """What to know of the index before its figures are believed."""


LostOf = Mapping[tuple[str, str, str], Lost]
"""Suite, base model and system -> what is known of where its evidence was lost."""


def lost_of(runs: Sequence[Run], sections: Iterable[Section]) -> LostOf:
    """By its first seed, which searches as the others do; from the last run that kept it."""
    found = {}
    for section in sections:
        for system in dict.fromkeys(system for _, system in section.columns):
            series = next(series for (_, name), series in section.columns.items() if name == system)
            seeds = sorted(seed for (seed,) in series.records.grouped("seed"))
            told = (lost(run, section.suite, section.base_model, system, seed) for run in reversed(runs) for seed in seeds)
            if one := next(filter(None, told), None):
                found[section.suite, section.base_model, system] = one
    return found


def retrieval(sections: Iterable[Section], known: LostOf) -> Iterator[RetrievalResult]:
    """Every system that looks passages up, in the order of the table of systems."""
    for section in sections:
        order = {name: place for place, name in enumerate(section.systems)}
        names = {name for metric in RECALLS.values() for name, series in section.metrics.get(metric, {}).items() if series.valued}
        names |= {system for suite, base, system in known if (suite, base) == (section.suite, section.base_model)}
        for system in sorted(names, key=lambda name: (order.get(name, len(order)), name)):
            yield _of_system(section, system, known.get((section.suite, section.base_model, system)))


def _of_system(section: Section, system: str, found: Lost | None) -> RetrievalResult:
    by = leading(section)
    answered = section.metrics.get(by, {}).get(system)
    values = answered.values if answered else {}
    questions = found.questions if found else ()
    index = _index(section, system)
    documents = _whole(_facts(section).get("documents"))
    lost_by = {cause: [one.question for one in questions if one.cause == cause] for cause in CAUSES}
    return RetrievalResult(
        suite=section.suite,
        base_model=section.base_model,
        system=system,
        top_k=found.top_k if found else _whole(_settings(section, system).get("top_k")),
        looked=found.looked if found else 0,
        n=len(questions),
        by=by,
        curve=tuple(_curve(found) if found else _by_documents(section, system)),
        by_documents=found is None,
        lost={cause: len(names) for cause, names in lost_by.items() if names},
        wrong={cause: sum(values.get(name, 1.0) < 1 for name in names) for cause, names in lost_by.items() if names},
        documents=documents,
        passages=_whole(index.get("passages")),
        per_thousand=dict(_costs(section, system, documents)),
        cost_notes={name: text for name, text in _cost_notes(section, system) if text},
        notes=tuple(_notes(found, index)),
        warnings=tuple(_warnings(index)),
    )


def leading(section: Section) -> str:
    """The metric by which answers are right: the one that leads, or exact match where that was not measured."""
    metric = of_run(section.run, section.suite)
    return metric if metric in section.metrics else "accuracy.exact"


def _curve(found: Lost) -> Iterator[RecallPoint]:
    clusters = np.array([one.cluster for one in found.questions])
    last = max(1, found.looked)
    for k in sorted({k for k in (*RANKS, found.top_k, last) if 0 < k <= last}) if found.questions else ():
        interval = measured_interval(np.array([one.recall(k) for one in found.questions]), clusters, "share")
        yield RecallPoint(k, rounded(interval.value), rounded(interval.low), rounded(interval.high))


def _by_documents(section: Section, system: str) -> Iterator[RecallPoint]:
    for k, metric in RECALLS.items():
        series: Series | None = section.metrics.get(metric, {}).get(system)
        if series and series.interval:
            found = series.interval
            yield RecallPoint(k, rounded(found.value), rounded(found.low), rounded(found.high))


def _costs(section: Section, system: str, documents: int | None) -> Iterator[tuple[str, float | None]]:
    for name, metric in COSTS.items():
        series = section.metrics.get(metric, {}).get(system)
        value = series.interval.value if series and series.interval else None
        yield name, rounded(value / documents * THOUSAND) if value is not None and documents else None


def _approximate(index: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    """The share of the nearest vectors that a search finds which does not compare them all, and that in words."""
    for name, share in index.items():
        asked = _whole(index.get("recall_of"))
        if asked and name.startswith("recall@") and isinstance(share, float):
            nearest = name.removeprefix("recall@")
            yield share, f"approximate search finds {100 * share:.1f} % of the {nearest} nearest vectors (tried with {asked:,})"


def _notes(found: Lost | None, index: Mapping[str, Any]) -> Iterator[str]:
    yield from (text for share, text in _approximate(index) if share >= LOW)
    if found is None:
        yield SAVED
    elif found.why:
        yield f"passages beyond those shown could not be looked up: {found.why}"
    elif not found.searched:
        yield SHOWN_ONLY


def _cost_notes(section: Section, system: str) -> Iterator[tuple[str, str]]:
    for name, metric in COSTS.items():
        if series := section.metrics.get(metric, {}).get(system):
            yield name, "; ".join(map(str, series.cautions)) or ("" if series.valued else series.reason)


def _warnings(index: Mapping[str, Any]) -> Iterator[str]:
    if long := _whole(index.get("long")):
        of = f" of {index['passages']:,}" if _whole(index.get("passages")) else ""
        yield f"{long:,}{of} passages are longer than the embedder reads at once: the best of their windows counts"
    yield from (text for share, text in _approximate(index) if share < LOW)
    if isinstance(apart := index.get("apart"), float):
        yield (
            f"the embedder gives passages of the store other scores than the store does ({apart:.2f} apart): "
            "another one may have made its vectors"
        )


def _index(section: Section, system: str) -> Mapping[str, Any]:
    """What building the index told, as provenance has it of the first seed."""
    made = section.run.get("made")
    about = made.get(f"{row(section.suite, section.base_model, system)}/0") if isinstance(made, Mapping) else None
    index = about.get("index") if isinstance(about, Mapping) else None
    return index if isinstance(index, Mapping) else {}


def _facts(section: Section) -> dict[str, Any]:
    suites = section.run.get("suites")
    facts = suites.get(section.suite) if isinstance(suites, Mapping) else None
    return facts if isinstance(facts, dict) else {}


def _settings(section: Section, system: str) -> Mapping[str, Any]:
    about = section.systems.get(system)
    settings = about.get("settings") if isinstance(about, Mapping) else None
    return settings if isinstance(settings, Mapping) else {}


def _whole(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None
