"""Evidence out of records, and as plain data: what `leaderboard.json` holds under ``decision``, one entry a section.

    {"suite": ..., "base_model": ...,
     "situation": {...},                                       what the page starts from, as `advise --json` names it
     "machine": "cpu",                                         what the seconds were taken on: "cpu", "gpu", or "" if not known
     "hardware": {"cores": 2, "processor": "x86_64", "gpu": "", "date": "2026-11"},    more of it, and when
     "few": 10,                                                effective clusters from which systems are told apart
     "changed": 0.2,                                           share of the knowledge that the suite's revisions change
     "systems": [["lora", true], ["rag", false]],              whether a system can be trained again
     "impossible": [["privacy.extracted", "rag"]],             metrics that cannot exist for a system
     "figures": [{"metric": ..., "system": ..., "value": ..., "low": ..., "high": ..., "n": ..., "clusters": ..., "method": ...,
                  "effective": 12.5,                           clusters of one size that would tell as much
                  "caution": "the machine was busy ...",       why seconds may not be what they seem, if anything speaks for it
                  "allows": "run-to-run variation ...",        what the interval allows for, where it was trained once
                  "asked": [0.79, 0.86],                       the ends of the interval without training noise, where it has some
                  "seeds": {"0": 0.81, "1": 0.83},             the mean of each seed, and the covariance of the mean with those
                  "covariance": [0.0012, 0.0003]}, ...],       of the figures before it that have one, and with itself
     "anew": [["lora", 0.04, 1e6, "run-to-run ..."]],          what another training would do to the accuracy of what has one:
                                                               standard deviation, degrees of freedom, and in words
     "never": [["forgetting", "bot", "the system's ..."]],     what cannot be measured of a system built elsewhere, and why
     "options": "--suite instruments",                         what to type to take the same exam, but for systems and seeds
     "called": ["bot"]}                                        systems that answer over a network

All that is decided is decided from this, so that every reader of it comes to the same. Numbers have nine digits, which moves no
end of a quality's interval by a millionth.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from proctor.core.reading.shown import short
from proctor.core.reading.user_files import read_json
from proctor.core.schema import InputError
from proctor.evals.axes.catalogue import out_of_reach
from proctor.evals.headline import of_run
from proctor.evals.stats.comparison import Noise, widened
from proctor.evals.stats.differences import measured_interval
from proctor.evals.stats.intervals import FEW, Interval
from proctor.leaderboard.advice.covariance import covariance
from proctor.leaderboard.advice.estimates import QUALITY, Anew, Evidence, Hardware, Machine
from proctor.leaderboard.advice.prices import load
from proctor.leaderboard.advice.scenario import Situation
from proctor.leaderboard.analysis import retraining
from proctor.leaderboard.analysis.origins import called, external, kinds
from proctor.leaderboard.analysis.percentiles import SECONDS, around
from proctor.leaderboard.analysis.reliance import cautions
from proctor.leaderboard.analysis.section import Section, SeriesByColumn
from proctor.leaderboard.analysis.series import Column, Series, rounded

PUBLISHED = "name a run folder, or a leaderboard.json that this version published"
ACCURACY = "accuracy.exact"
REQUIRED = ("hallucination.unanswerable", "style.format_followed", "forgetting", "privacy.extracted")
"""Metrics of weights that a requirement may be about."""
WEIGHED = (
    *QUALITY,
    *REQUIRED,
    *("latency.p95", "latency.seconds"),
    *("cost.tokens", "cost.prompt_tokens", "cost.money", "cost.artifact_bytes"),
    *("updates.seconds", "updates.retrained.seconds", "updates.continued.seconds", "cost.train_seconds"),
)
"""All metrics that a decision weighs."""
FIELDS = ("value", "low", "high", "n", "clusters", "method", "effective")
"""Of an interval, in its order."""
REPEATED = ("--systems", "--judge", "--limit", "--device")
"""Options of a run that shape what is measured; those for suites, base models, systems and seeds are chosen anew."""


def gathered(sections: Iterable[Section], folder: Path | None = None) -> list[Evidence]:
    """The evidence of every section; ``folder``: where the run is, if they are of one."""
    return [_gathered(section, folder) for section in sections]


def _gathered(section: Section, folder: Path | None) -> Evidence:
    weighed = _Weighed.of(section)
    columns, figures = weighed.columns, weighed.figures
    machines = _machines(section)
    return Evidence(
        section.suite,
        section.base_model,
        _changed(figures),
        weighed.trained,
        figures,
        _impossible(columns, external(section.systems)),
        {name: _of_seeds(columns[name]) for name in dict.fromkeys((*weighed.mixed, *weighed.noisy))},
        _covariances(weighed),
        cautions(columns, machines),
        next(iter(machines)) if len(machines) == 1 else "",
        _hardware(section.run),
        {name: _of_questions(columns[name]) for name in weighed.noisy},
        {name: _said(known) for name, known in weighed.once.items() if name in figures},
        weighed.anew,
        dict(_never(section, figures)),
        _options(section, folder),
        called(section.systems),
    )


@dataclass(frozen=True)
class _Weighed:
    """The series of a section that a decision weighs, and what is known of them."""

    columns: SeriesByColumn
    trained: dict[str, bool]
    """Whether a system can be trained again."""
    once: dict[Column, retraining.Variation]
    """What another training would do to figures of what was trained once."""
    anew: dict[str, Anew]
    """The same of accuracies."""
    figures: dict[Column, Interval]

    @classmethod
    def of(cls, section: Section) -> _Weighed:
        """Of the systems in the order of their names."""
        known = _by_what_leads(section)
        systems = sorted({system for _, system in known})
        names = [(metric, system) for metric in WEIGHED for system in systems if (metric, system) in known]
        columns = {name: known[name] for name in names}
        elsewhere = kinds(section.systems)  # nobody here can train these again, whatever is known of their training
        trained = {system: system not in elsewhere and _trained(system, columns) for system in systems}
        own = {*section.trained, *(system for system in systems if trained[system])}
        once = _once(columns, own, REQUIRED)
        return cls(columns, trained, once, _anew(columns, own), _figures(columns, once))

    @property
    def mixed(self) -> list[Column]:
        """The figures that are mixed into one quality."""
        return [name for name in self.figures if name[0] in QUALITY]

    @property
    def noisy(self) -> list[Column]:
        """The figures in whose intervals training has a part."""
        return [name for name in self.figures if name in self.once or self._has_seeds(name)]

    def _has_seeds(self, name: Column) -> bool:
        return name[0] in (*QUALITY, *REQUIRED) and len(self.columns[name].by_seed) > 1


def _figures(columns: SeriesByColumn, once: Mapping[Column, retraining.Variation]) -> dict[Column, Interval]:
    """The mean of every series that has one."""
    found = {name: _allowing(series, once.get(name)) for name, series in columns.items()}
    timed = {system: series for (metric, system), series in columns.items() if metric == SECONDS}
    return {(of, name): _rounded(around(mean, of, timed.get(name))) for (of, name), mean in found.items() if mean}


def _anew(columns: SeriesByColumn, own: Collection[str]) -> dict[str, Anew]:
    """What another training would do to the accuracy of what was trained once."""
    known = {system: found for (_, system), found in _once(columns, own, (ACCURACY,)).items()}
    return {system: Anew(rounded(found.deviation), rounded(found.degrees), _said(found)) for system, found in known.items()}


def _covariances(weighed: _Weighed) -> dict[Column, list[float]]:
    """Of each figure that is mixed with those before it, and with itself."""
    rows = covariance([weighed.columns[name] for name in weighed.mixed])
    return {name: [rounded(float(shared)) for shared in rows[place][: place + 1]] for place, name in enumerate(weighed.mixed)}


def _machines(section: Section) -> set[Machine]:
    """The kinds of machines that the systems ran on."""
    told: Mapping[str, Mapping[str, Any]] = section.systems
    here = {system for _, system in section.columns if system in told} - external(told)
    return {_machine(told[system].get("device", "")) for system in here}


def _of_seeds(series: Series) -> dict[int, float]:
    """The mean of each seed."""
    return {seed: rounded(mean) for seed, mean in series.by_seed.items()}


def _impossible(columns: SeriesByColumn, elsewhere: Collection[str]) -> frozenset[Column]:
    """Metrics that cannot exist for a system. What a system built elsewhere does not show exists, and is not known."""
    return frozenset(name for name, series in columns.items() if series.impossible and name[1] not in elsewhere)


def _never(section: Section, figures: Collection[Column]) -> Iterator[tuple[Column, str]]:
    """What cannot be measured of systems built elsewhere: by their abilities, or as measuring it has shown."""
    for system in sorted(kinds(section.systems).keys() & {name for _, name in section.columns}):
        told = section.systems[system].get("abilities")
        for metric in WEIGHED:
            taken = section.columns.get((metric, system))
            why = taken.first.reason if taken and taken.impossible else ""
            why = why or (out_of_reach(metric, frozenset(told)) if isinstance(told, list) else "")
            if why and (metric, system) not in figures:
                yield (metric, system), why


def _by_what_leads(section: Section) -> SeriesByColumn:
    """The columns of a section, with the accuracy that leads on its suite as its accuracy.

    What is right after updates is told by exact match. Where another metric leads it is left out: the two are no shares of one
    whole.
    """
    leads = of_run(section.run, section.suite)
    if not any(metric == leads for metric, _ in section.columns):
        return section.columns
    others = {ACCURACY: "", leads: ACCURACY} if leads != ACCURACY else {}
    columns = {(others.get(metric, metric), system): series for (metric, system), series in section.columns.items()}
    dropped = {"", *QUALITY} - {ACCURACY} if others else set()
    return {column: series for column, series in columns.items() if column[0] not in dropped}


def _once(columns: SeriesByColumn, own: Collection[str], metrics: Iterable[str]) -> dict[Column, retraining.Variation]:
    """What figures that requirements are about would differ by after another training, where there was one alone."""
    found: dict[Column, retraining.Variation] = {}
    for metric in metrics:
        mine = {system: columns[metric, system] for system in sorted(own) if (metric, system) in columns}
        known = retraining.variation(series.seed_means for series in mine.values())
        once = [system for system, series in mine.items() if series.interval and retraining.once(series, own)]
        found |= {(metric, system): known for system in once if known.deviation}
    return found


def _said(known: retraining.Variation) -> str:
    return f"run-to-run variation with {known}"


def _allowing(series: Series, known: retraining.Variation | None) -> Interval | None:
    """A mean with its interval, which allows for another training where it was done once."""
    if not series.interval or not known:
        return series.interval
    return widened(series.interval, Noise(known.deviation, known.degrees), within=series.limits)


def _of_questions(series: Series) -> tuple[float, float]:
    """The ends of the interval of a mean as far as questions go."""
    found = measured_interval(series.means.values, series.means.clusters, series.unit)
    return rounded(found.low), rounded(found.high)


def _typed(run: Mapping[str, Any]) -> list[str]:
    """The words of what was typed for the run, the last time, ``--option=value`` as two.

    Nothing of what a shell would not take.
    """
    *_, last = str(run.get("command") or "").splitlines() or [""]
    try:
        words = shlex.split(last)
    except ValueError:
        return []
    return [part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])]


def _options(section: Section, folder: Path | None) -> str:
    """What takes the same exam again, of what was typed for the run: this suite alone, and this base model."""
    typed = _typed(section.run)
    given = list(pairwise(typed))
    suites, models = ([value for flag, value in given if flag == name] for name in ("--suite", "--base-model"))
    about = section.run.get("suites", {}).get(section.suite, {})
    words = ["--suite", _named(section.suite, suites) or str(about.get("folder", section.suite))]
    words += ["--base-model", _named(section.base_model, models) or section.base_model] if models else []
    words += [word for flag, value in given if flag in REPEATED for word in (flag, value)]
    words += ["--trust-remote-code"] if "--trust-remote-code" in typed else []
    place = folder or section.run.get("run_dir")
    return shlex.join([*words, *(["--run-dir", str(place)] if place else [])])


def _named(name: str, typed: Sequence[str]) -> str:
    """As it was typed: by its name, or as a path. A folder may be called otherwise than what is in it, so the only one is it.

    Empty where several were typed, and none of them is known by its name.
    """
    known = [value for value in typed if name in (value, Path(value).name)]
    return next(iter(known or (typed if len(set(typed)) == 1 else [])), "")


def _machine(device: str) -> Machine:
    return "" if not device else "cpu" if device == "cpu" else "gpu"


def _hardware(run: Mapping[str, Any]) -> Hardware:
    about = run.get("machine", {})
    gpu, _, _ = about.get("gpus", "").partition(", ")
    return Hardware(about.get("cores", 0), about.get("processor", ""), gpu, run.get("started", "")[:7])


def _rounded(found: Interval) -> Interval:
    value, low, high, effective = map(rounded, (found.value, found.low, found.high, found.effective))
    return replace(found, value=value, low=low, high=high, effective=effective, caution="")


def _changed(figures: Mapping[Column, Interval]) -> float | None:
    """Questions of the revisions over questions with an answer."""
    revised, asked = (
        max((found.n for (name, _), found in figures.items() if name == metric), default=0)
        for metric in ("updates.fresh", "accuracy.exact")
    )
    return rounded(min(1.0, revised / asked)) if revised and asked else None


def _trained(system: str, columns: SeriesByColumn) -> bool:
    """Whether a system's own training took time, or it was trained again."""
    spent = columns.get(("cost.train_seconds", system))
    again = [columns.get((f"updates.{how}.fresh", system)) for how in ("retrained", "continued")]
    return bool(spent and spent.means.values.any()) or any(series and series.valued for series in again)


def as_json(evidence: Evidence) -> dict[str, Any]:
    """Evidence as plain data."""
    return {
        "suite": evidence.suite,
        "base_model": evidence.base_model,
        "situation": asdict(Situation(load().prices(evidence.hardware))),
        "machine": evidence.machine,
        "hardware": asdict(evidence.hardware),
        "changed": evidence.changed,
        "few": FEW,
        "systems": [list(row) for row in evidence.systems.items()],  # a list keeps its order in every language
        "impossible": sorted(map(list, evidence.impossible)),
        "figures": [_figure(evidence, *column) for column in evidence.figures],
        "anew": [[system, *known] for system, known in evidence.anew.items()],
        "never": [[*column, why] for column, why in sorted(evidence.never.items())],
        "options": evidence.options,
        "called": sorted(evidence.called),
    }


def _figure(evidence: Evidence, metric: str, system: str) -> dict[str, Any]:
    column = metric, system
    found = vars(evidence.figures[column])
    figure = {"metric": metric, "system": system} | {name: found[name] for name in FIELDS}
    figure |= {"caution": evidence.cautions[column]} if column in evidence.cautions else {}
    figure |= {"allows": evidence.allowed[column]} if column in evidence.allowed else {}
    figure |= {"asked": list(evidence.asked[column])} if column in evidence.asked else {}
    if column in evidence.seeds:
        figure["seeds"] = {str(seed): mean for seed, mean in evidence.seeds[column].items()}
    return figure | ({"covariance": list(evidence.covariances[column])} if column in evidence.covariances else {})


def of_json(data: Mapping[str, Any]) -> Evidence:
    """Evidence as it was before `as_json`."""
    figures = {(row["metric"], row["system"]): row for row in data["figures"]}
    mixed = {column: row for column, row in figures.items() if "covariance" in row}
    seeded = {column: row for column, row in figures.items() if "seeds" in row}
    return Evidence(
        data["suite"],
        data["base_model"],
        data["changed"],
        dict(data["systems"]),
        {column: Interval(*(row[name] for name in FIELDS)) for column, row in figures.items()},
        frozenset((metric, system) for metric, system in data["impossible"]),
        {column: {int(seed): mean for seed, mean in row["seeds"].items()} for column, row in seeded.items()},
        {column: row["covariance"] for column, row in mixed.items()},
        {column: row["caution"] for column, row in figures.items() if "caution" in row},
        data["machine"],
        Hardware(**data["hardware"]),
        {column: _pair(*row["asked"]) for column, row in figures.items() if "asked" in row},
        {column: row["allows"] for column, row in figures.items() if "allows" in row},
        {system: Anew(*known) for system, *known in data["anew"]},
        {(metric, system): why for metric, system, why in data["never"]},
        data["options"],
        frozenset(data["called"]),
    )


def _pair(low: float, high: float) -> tuple[float, float]:
    return low, high


def read(path: Path) -> list[Evidence]:
    """The evidence that a ``leaderboard.json`` holds.

    Raises:
        InputError: it cannot be read, or holds none.
    """
    try:
        return [of_json(entry) for entry in read_json(path, remedy=PUBLISHED)["decision"]]
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: holds no data to decide from: {short(repr(error), 200)}; {PUBLISHED}") from error
