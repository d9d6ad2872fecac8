"""Two runs of one exam, before and after: what changed, metric by metric, and whether they may be compared at all."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from proctor.core.schema import Better, Record
from proctor.core.units import is_counted, is_read
from proctor.evals.axes.catalogue import axis, headlines, metered, rank
from proctor.evals.stats.comparison import Comparison
from proctor.leaderboard.analysis.origins import external, kinds
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.formatting import figure
from proctor.leaderboard.runs.records import Records, grouped
from proctor.leaderboard.runs.store import Run

NEW, GONE, ELSEWHERE = "was not measured before", "is not measured any more", "was timed on another machine"
CELL = ("suite", "base_model", "system", "metric")
BESIDE = ("in one run", "in another")
BEFORE, NOW = "the baseline", "the candidate"
"""What the two runs are called where one of them is meant."""
ENOUGH_SEEDS = 3
Provenance: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Drift:
    """What systems that are the same in both runs changed by, in a metric's unit: 0 and all of them lie between its ends."""

    low: float
    high: float
    same_code: bool
    """Whether their code is the same, too, so that nothing is left to have caused it but the machine."""


@dataclass(frozen=True)
class Change:
    """One system in one metric, before and after."""

    suite: str
    base_model: str
    system: str
    metric: str
    unit: str
    better: Better
    judge: str
    found: Comparison | None
    same: bool
    """Every item that both have came out as it did, seed by seed: nothing here has changed."""
    missing: str
    """Why there is nothing to compare, or what is missing from it; empty if nothing is."""
    cautions: Sequence[str] = ()
    """Why the figure may not be what it seems, before or now."""
    retrained: bool = False
    """Whether a system that is trained was made anew, so that luck in training is part of the change."""
    noise_known: bool = True
    """Whether runs with several seeds say how much that is."""
    lost: str = ""
    """Which items were measured before, and are not even asked now; empty if none."""
    seeds: str = ""
    """With which seeds both are compared, where they have others, too."""
    taken: tuple[int, int] = (1, 1)
    """With how many seeds it was measured before, and now."""
    drift: Drift | None = None
    """Of times: what nobody changed changed by, where systems tell of that."""

    @property
    def basis(self) -> Literal["sample", "count", "reading"]:
        """What the difference rests on. A sample has a p; a count is known without one; one reading says nothing of the next."""
        if self.found is None or self.found.n > 1:
            return "sample"
        if is_counted(self.unit) and not metered(self.metric):
            return "count"
        return "sample" if min(self.taken) > 1 else "reading"

    @property
    def counted(self) -> bool:
        """Whether it is known without an error: one number a system, of what is counted and not timed."""
        return self.found is not None and self.basis == "count"

    @property
    def p(self) -> float:
        """Two-sided, of no difference; where systems that are the same changed as well, of none beyond what these did."""
        if not self.found:
            return 1.0
        if self.drift is None:
            return self.found.p
        low, high, value = self.drift.low, self.drift.high, self.found.difference.value
        edge = self.found.below(low) if value < low else self.found.above(high) if value > high else 0.5
        return min(1.0, 2 * edge)

    @property
    def slack(self) -> float:
        """How much worse the machine alone may have made it, in the metric's unit."""
        if self.drift is None or not self.drift.same_code:
            return 0.0
        return -self.drift.low if self.better == "higher" else self.drift.high

    @property
    def more_seeds(self) -> str:
        """Which run would have to be trained with how many more seeds to tell more of luck in training."""
        lacking = [run for run, count in zip((BEFORE, NOW), self.taken, strict=True) if count < ENOUGH_SEEDS]
        if len(lacking) == 1:
            return f"train {lacking[0]} again with --seeds {ENOUGH_SEEDS}"
        return f"train both runs with --seeds {ENOUGH_SEEDS if lacking else 2 * max(self.taken)}"

    def worse(self, allowed: float) -> float:
        """Two-sided p of being worse by more than is allowed: below .05 where the whole 95 % interval is."""
        if not self.found:
            return 1.0
        edge = self.found.below(-allowed) if self.better == "higher" else self.found.above(allowed)
        return min(1.0, 2 * edge)

    def not_worse(self, allowed: float) -> float:
        """The same of being no worse than that (non-inferiority: Schuirmann 1987, J. Pharmacokinet. Biopharm. 15(6), 657-680)."""
        if not self.found:
            return 1.0
        edge = self.found.above(-allowed) if self.better == "higher" else self.found.below(allowed)
        return min(1.0, 2 * edge)

    @property
    def gain(self) -> float:
        """By how much it is better now; below zero if it is worse."""
        moved = self.found.difference.value if self.found else 0.0
        return moved if self.better == "higher" else -moved

    @property
    def gain_bounds(self) -> tuple[float, float]:
        """95 % interval of the gain."""
        if not self.found:
            return 0.0, 0.0
        low, high = self.found.difference.low, self.found.difference.high
        return (low, high) if self.better == "higher" else (-high, -low)


def changes(before: Run, after: Run, seeded: Sequence[Run] = ()) -> list[Change]:
    """Every system and metric that either run has, in the order of the board.

    ``seeded`` are further runs whose seeds say how much training anew changes, where these two have one seed each.
    """
    alike = Records.alike(before.records, after.records)
    elsewhere = [external(run.provenance.get("systems") or {}) for run in (before, after)]
    old, new = (
        {key: Series(rows, key[2] in repeated) for key, rows in grouped(records, *CELL).items()}
        for records, repeated in zip(alike, elsewhere, strict=True)
    )
    anew = retrained(before, after)
    seeds = _seeds(seeded)
    kept = old.keys() - {
        key for key, series in old.items() if key not in new and not len(series.means.items)
    }  # never had a value
    kept -= {key for key in kept & new.keys() if not _asked(new[key]) and not len(old[key].means.items)}  # nor has one to have
    asked = {key for key in kept | (new.keys() - old.keys()) if any(key in side and _asked(side[key]) for side in (old, new))}
    keys = sorted(asked, key=lambda key: (*key[:2], rank(key[3]), key[2]))
    machines = [run.provenance.get("machine") for run in (before, after)]
    moved = all(machines) and machines[0] != machines[1]
    return [_change(old.get(key), new.get(key), seeds.get(key, []), moved=moved, retrained=key[:3] in anew) for key in keys]


def _asked(series: Series) -> bool:
    """Whether the metric applies to any item at all."""
    return len(series.items("scored", "failed", "unmeasured")) > 0


def retrained(before: Run, after: Run) -> set[tuple[str, ...]]:
    """Suite, base model and system of those that are trained, and whose weights are not the same in both."""
    old, new = (_trained(run) for run in (before, after))
    return {place for place in old.keys() & new.keys() if old[place] != new[place]}


def _trained(run: Run) -> dict[tuple[str, ...], set[str]]:
    """Suite, base model and system -> what tells its weights from others, over its seeds; empty where none were trained here."""
    made, found = run.provenance.get("made") or {}, dict[tuple[str, ...], set[str]]()
    elsewhere = kinds(run.provenance.get("systems") or {})
    for place in grouped(run.records, *CELL[:3], "seed"):
        if place[2] in elsewhere:
            continue
        name = "/".join(map(str, place))  # names may hold slashes, so that this cannot be taken apart
        found.setdefault(place[:3], set()).update(filter(None, [_weights(made.get(name, {}))]))
    return found


def _weights(made: Mapping[str, Any]) -> str:
    """What tells trained weights from others; nothing where there was no training."""
    training = made.get("training") or {}
    return str(training.get("weights") or made.get("version")) if training else ""


def _seeds(runs: Sequence[Run]) -> dict[tuple[Any, ...], list[Series]]:
    """The series of several seeds, by cell."""
    found: dict[tuple[Any, ...], list[Series]] = {}
    for run in runs:
        asked = external(run.provenance.get("systems") or {})
        for key, rows in grouped(run.records, *CELL).items():
            if len(grouped(rows, "seed")) > 1 and key[2] not in asked:
                found.setdefault(key, []).append(Series(rows))
    return found


def _change(old: Series | None, new: Series | None, seeded: Sequence[Series], *, moved: bool, retrained: bool) -> Change:
    """``moved`` says that the runs are of different machines, so that seconds of one say nothing about the other's."""
    either = (new or old).first  # type: ignore[union-attr] # what neither has is not asked for
    elsewhere = moved and bool(old and new) and timed(either)
    beside = _beside(old, new, seeded) if retrained else []
    found = new.since(old, beside) if old and new and not elsewhere else None
    return Change(
        suite=either.suite,
        base_model=either.base_model,
        system=either.system,
        metric=either.metric,
        unit=either.unit,
        better=either.better,
        judge=either.judge,
        found=found,
        same=bool(old and new and new.same_as(old)),
        missing=ELSEWHERE if elsewhere else _missing(old, new, found),
        cautions=_cautions(old, new),
        retrained=retrained,
        noise_known=any(len(series.seed_means) > 1 for series in (old, new, *beside) if series),
        lost=_lost(old, new),
        seeds=_shared_seeds(old, new),
        taken=(len(old.by_seed) if old else 0, len(new.by_seed) if new else 0),
    )


def _beside(old: Series | None, new: Series | None, seeded: Sequence[Series]) -> list[Series]:
    """What other runs tell of luck in training: of the exam of either run, and each outcome once, so that order is nothing."""
    sides = [series for series in (old, new) if series]
    known = [series.seed_means for series in sides if len(series.seed_means) > 1]
    found = []
    for series in seeded:
        if series.seed_means not in known and any(_alike(series, side.first) for side in sides):
            known.append(series.seed_means)
            found.append(series)
    return found


def _lost(old: Series | None, new: Series | None) -> str:
    """What a smaller run, as one with ``--limit``, leaves out. What no longer applies to a system was asked all the same."""
    if old is None or new is None:
        return ""
    before, now = (dict(zip(side.column("item"), side.column("status"), strict=True)) for side in (old.records, new.records))
    measured = [item for item, status in before.items() if status in ("scored", "failed")]
    missing = sum(item not in now for item in measured)
    return f"{missing} of {len(measured)} items measured before are missing now" if missing else ""


def _shared_seeds(old: Series | None, new: Series | None) -> str:
    seeds = [set(series.by_seed) for series in (old, new) if series]
    if len(seeds) < 2 or seeds[0] == seeds[1]:
        return ""
    return f"seed {', '.join(map(str, sorted(seeds[0] & seeds[1])))} ({len(seeds[0])} before, {len(seeds[1])} now)"


def _alike(series: Series, record: Record) -> bool:
    """Whether it is of the same exam."""
    return not list(_exams(series.first, record))


def timed(record: Record | Change) -> bool:
    """Whether it says how fast something was."""
    return is_read(record.unit) or axis(record.metric) == "latency"


def _cautions(old: Series | None, new: Series | None) -> list[str]:
    """What either side says to beware of; said once where both say the same."""
    before, now = ([str(caution) for caution in series.cautions] if series else [] for series in (old, new))
    if before == now:
        return now
    return [*(f"before: {text}" for text in before), *(f"now: {text}" for text in now)]


def _missing(old: Series | None, new: Series | None, found: Comparison | None) -> str:
    if old is None or new is None:
        return NEW if old is None else GONE
    lost = len(new.items("unmeasured")) - len(old.items("unmeasured"))
    if lost > 0:
        return f"{lost} items more than before could not be measured: {_why(new)}"
    if found is None:
        valued = len(old.means.items) or len(new.means.items)
        return "has no item in common with before" if valued else "" if new.same_as(old) else "could be measured in neither run"
    if found.unpaired:
        return f"{found.unpaired} items are in one run only; compared over the {found.n} in both"
    return ""


def _why(series: Series) -> str:
    return series.records.ended("unmeasured")[0].reason or "no reason given"


def incomparable(before: Run, after: Run, revised: Collection[str] = ()) -> list[str]:
    """What differs that would make a comparison one of exams and not of systems. Each names what, where, and both values.

    ``revised`` are suites of which the data may differ, as only the questions that are the same in both are compared.
    """
    old, new = ({key: rows[0] for key, rows in grouped(run.records, *CELL).items()} for run in (before, after))
    exams = [text for key in old if key in new for text in _exams(old[key], new[key], revised=revised)]
    both = dict.fromkeys((key[2], f"{key[0]}/{key[1]}") for key in old if key in new)
    told = (text for system, domain in both for text in _manners(system, before.provenance, after.provenance, domain))
    return [*dict.fromkeys([*exams, *told])]


def apart(old: Record, new: Record, before: Provenance, after: Provenance, revised: Collection[str] = ()) -> list[str]:
    """The same for one system in one metric, of which ``old`` and ``new`` are any records."""
    return [*_exams(old, new, revised=revised), *_manners(new.system, before, after, f"{new.suite}/{new.base_model}")]


def mixed(records: Records) -> list[str]:
    """The same between systems that would stand in one column. Each names what, where, and both values."""
    found: dict[tuple[str, str, str], Record] = {}
    rows = [group[0] for group in grouped(records, *CELL, "seed").values()]
    pairs = [(found.setdefault((row.suite, row.base_model, row.metric), row), row) for row in rows]
    return list(dict.fromkeys(text for first, row in pairs for text in _exams(first, row, BESIDE)))


def _exams(old: Record, new: Record, words: tuple[str, str] = ("before", "now"), revised: Collection[str] = ()) -> Iterator[str]:
    """The suite's data, the metric's definition and the judge, from the records themselves."""
    data = {} if new.suite in revised else {f"data of suite {new.suite}": (old.suite_version, new.suite_version)}
    values = data | {
        f"definition of metric {new.metric}": (old.metric_version, new.metric_version),
        f"judge of metric {new.metric}": (old.judge, new.judge),
    }
    for about, pair in values.items():
        if pair[0] != pair[1]:
            yield f"{about}: {', '.join(f'{_short(value)} {word}' for value, word in zip(pair, words, strict=True))}"


def _manners(system: str, before: Provenance, after: Provenance, domain: str) -> Iterator[str]:
    """Prompt template, decoding and merge state of a system on one domain, where both runs tell of it."""
    told = [run.get("systems", {}).get(system) for run in (before, after)]
    was, now = ({} if about is None else _manner(about) for about in told)
    for name in [name for name in was if name in now]:
        tables = [value for value in (was[name], now[name]) if isinstance(value, dict)]  # one for all domains, or one for each
        old, new = (value.get(domain) if isinstance(value, dict) else value for value in (was[name], now[name]))
        if old != new:
            yield f"{name} of system {system}{f' on {domain}' if tables else ''}: {old} before, {new} now"


def renewed(kind: str, before: Provenance, after: Provenance) -> Iterator[str]:
    """What has one name in both and is not the same, such as two base models whose folders are called alike.

    ``kind`` is a table of the provenance whose entries have a version: ``base_models`` or ``suites``.
    """
    old, new = (run.get(kind) or {} for run in (before, after))
    for name in [name for name in old if name in new]:
        was, now = (str(table[name].get("version", "")) for table in (old, new))
        if was and now and was != now:
            yield f"{name}: {_short(was)} before, {_short(now)} now"


def other_libraries(before: Run, after: Run) -> list[str]:
    """Libraries of another version, which may come to other results."""
    old, new = (run.provenance.get("versions") or {} for run in (before, after))
    return [f"{name} {old[name]} -> {new[name]}" for name in old if name in new and old[name] != new[name]]


def resettings(before: Run, after: Run) -> Iterator[str]:
    """What was set otherwise in the systems that both runs have, and which base models are not what they were."""
    alike: dict[str, list[str]] = {}
    yield from (f"base model {text}" for text in renewed("base_models", before.provenance, after.provenance))
    old, new = (run.provenance.get("systems", {}) for run in (before, after))
    for system in [name for name in old if name in new]:
        was, now = (systems[system].get("settings", {}) for systems in (old, new))
        moved = ", ".join(text for name in now for text in _moved(name, was.get(name), now.get(name)))
        if moved:
            alike.setdefault(moved, []).append(system)
    yield from (f"{', '.join(names)}: {moved}" for moved, names in alike.items())


def as_before(before: Run, after: Run) -> list[str]:
    """Systems that are built elsewhere and have the same version in both runs: what they answered once was not asked again."""
    old, new = (run.provenance.get("made") or {} for run in (before, after))
    shared = external(before.provenance.get("systems") or {}) & external(after.provenance.get("systems") or {})
    places = {place[:3]: "/".join(map(str, place)) for place in grouped(after.records, *CELL[:3], "seed")}
    versions = [(place[2], [made.get(name, {}).get("version") for made in (old, new)]) for place, name in places.items()]
    return sorted({system for system, (was, now) in versions if system in shared and was and was == now})


def answer_noise(run: Run) -> Iterator[str]:
    """By how much the first metrics of systems that were asked several times differ from one time to the next."""
    asked = external(run.provenance.get("systems") or {})
    for (_, _, system, metric), rows in grouped(run.records, *CELL).items():
        series = Series(rows, system in asked)
        if metric in headlines() and series.answer_sd is not None:
            unit = "difference" if series.share else series.unit
            yield f"{metric} of {system} \u00b1 {figure(series.answer_sd, unit)} ({series.repeats} times)"


def _moved(name: str, was: Any, now: Any) -> Iterator[str]:
    """How a setting moved, domain by domain where it is one for each."""
    if not (isinstance(was, dict) or isinstance(now, dict)):
        if was != now:
            yield f"{name} {was} -> {now}"
        return
    domains = dict.fromkeys(domain for table in (was, now) if isinstance(table, dict) for domain in table)
    pairs = {domain: [table.get(domain) if isinstance(table, dict) else table for table in (was, now)] for domain in domains}
    yield from (f"{name} on {domain} {old} -> {new}" for domain, (old, new) in pairs.items() if old != new)


def _manner(system: Mapping[str, Any]) -> dict[str, Any]:
    asked = {name: system.get("generation", {}).get(name) for name in ("prompt_template", "adapter_merged", "thinking")}
    return {**asked, "max_new_tokens": system.get("settings", {}).get("max_new_tokens")}


def _short(version: str) -> str:
    """A version as people can tell it from another: twelve letters of a hash."""
    return version[:12] if re.fullmatch("[0-9a-f]{20,}", version) else version
