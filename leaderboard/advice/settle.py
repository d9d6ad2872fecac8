"""What would settle a decision: which metrics to take, or how many more questions or trainings, and what these cost.

The half of an interval shrinks with the root of the number of questions, and training noise with the number of seeds, by
Student's t of their degrees of freedom. Of all numbers of both that do, the cheapest is said. What that costs is worked out from
the seconds of the run and the price of its machine.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import inf

from proctor.evals.stats.comparison import Noise
from proctor.evals.stats.intervals import SAME, TAIL, Interval, cluster_count, t_quantile
from proctor.leaderboard.advice.options import (
    ACCURACY,
    FRESH,
    TIMED,
    UNKNOWN,
    DecisionProblem,
    EvaluatedOption,
    LimitStanding,
    Option,
    more_clusters,
    too_few,
    too_few_timings,
)
from proctor.leaderboard.advice.scenario import Limit
from proctor.leaderboard.analysis.measuring import command
from proctor.leaderboard.analysis.series import Column
from proctor.leaderboard.formatting import figure, joined, money, paid

SECONDS, SPENT = "latency.seconds", "cost.train_seconds"
MOST_SEEDS = 10
"""More trainings than that are not practical."""
MOST_TIMES = 20
"""So many times as many questions at most are practical."""
LEAST = 1.1
"""Times as many questions; fewer would hardly be noticed."""
AGAIN = 3
"""Seeds to train with what was trained once."""
ASKED = ("", "style.format_followed", "hallucination.unanswerable")
"""Metrics whose items are questions that a system answers; those of the others take other times."""
ITEMS = {
    "hallucination.unanswerable": "unanswerable questions",
    "forgetting": "items of general tasks",
    "privacy.extracted": "planted secrets",
    "latency.p95": "timed questions",
}
"""Metric -> what it is taken of, where that is not the questions of the suite."""


@dataclass(frozen=True)
class Remedy:
    """What would settle something, and what it costs."""

    what: str
    """What to do; where it is not practical, a sentence that says so."""
    cost: float = inf
    """In the prices' currency; infinite where it is not known."""
    practical: bool = True

    def to(self, purpose: str) -> str:
        """As a sentence: "To be sure, ask about 33 questions in place of 30."."""
        if not self.practical:
            return f"{self.what[:1].upper()}{self.what[1:]}."
        return f"To {purpose}, {self.what}."


def hour(case: DecisionProblem) -> str:
    """What machine time is paid with: "CPU at $0.0816/h"."""
    machine = case.evidence.machine.upper() or "unknown machine"
    prices = case.situation.prices
    return f"{machine} at {paid(f'{prices.hour(case.evidence.machine):g}', prices.currency)}/h"


def sorted_out(remedies: Iterable[Remedy]) -> tuple[str, ...]:
    """Alternatives, the cheapest first; those that are not practical only where none is."""
    found = sorted(remedies, key=lambda each: each.cost)
    practical = [each for each in found if each.practical]
    return tuple(dict.fromkeys(each.what for each in practical or found))


def said_once(case: DecisionProblem, lines: Iterable[str]) -> list[str]:
    """Sentences in each of which the same caution about seconds, or the same allowance for training, stands once."""
    doubts = dict.fromkeys(case.evidence.cautions.values())
    allowances = dict.fromkeys((*case.evidence.allowed.values(), *(anew.said for anew in case.evidence.anew.values())))
    long = [(f"; not reliable: {doubt})", "; not reliable either)") for doubt in doubts]
    long += [(f", which allows for {allowed})", ", likewise)") for allowed in allowances]
    return [reduce(_shortened, long, line) for line in lines]


def _shortened(line: str, phrase: tuple[str, str]) -> str:
    first, said, rest = line.partition(phrase[0])
    return f"{first}{said}{rest.replace(*phrase)}"


def gap(case: DecisionProblem, mine: Option, theirs: Option, bound: float) -> Remedy:
    """What would put the end of the interval of a difference in quality, that lies beyond a bound, on the bound."""
    found, noise = case.quality(mine, theirs), case.evidence.noise(case.asked(mine, theirs))
    return _more(case, _Open(found, bound, (mine, theirs), _asked(case, (mine, theirs)), noise))


def requirements(
    case: DecisionProblem, each: EvaluatedOption, standings: Sequence[LimitStanding] = (*UNKNOWN, "probably not met")
) -> Remedy:
    """What would tell whether an option meets all requirements of which that is not known, or that it probably does not meet."""
    names = each.among(standings)
    found = [requirement(case, name, each) for name in names]
    on = f"the requirement{'' if len(names) == 1 else 's'} on {joined(names)}"
    whole = all_of(found)
    return replace(whole, what=f"find out whether {case.title(each.option)} meets {on}: {whole.what}")


def all_of(remedies: Sequence[Remedy]) -> Remedy:
    """One remedy, which is all of these together: "both ..., and ...", where there are two."""
    parts = [*dict.fromkeys(one.what for one in remedies)]
    both = "both " if len(parts) == 2 else ""
    practical = all(one.practical for one in remedies)
    return Remedy(both + ", and ".join(parts), sum(one.cost for one in remedies), practical)


def questions(case: DecisionProblem, each: EvaluatedOption) -> Remedy:
    """All that is needed to tell of an option of which too few questions tell: of its accuracy, and of its requirements."""
    thin = case.thin(each)
    assert thin  # noqa: S101 # only asked of such
    system = each.option.system
    asked = ((name, case.limits[name].metric) for name in each.unknown)
    names = [name for name, metric in asked if metric and not case.evidence.why_never([metric], system)]
    return all_of([*map(Remedy, thin.settle), *(requirement(case, name, each) for name in names)])


def requirement(case: DecisionProblem, name: str, each: EvaluatedOption) -> Remedy:
    """What would tell whether an option meets a requirement."""
    limit, system = case.limits[name], each.option.system
    if each.requirements[name] == "not measured":
        return to_measure(case, [limit.metric], [system])
    if each.requirements[name] == "not reliable":
        return to_time_again(case, [limit.metric])
    found = case.required(name, each)
    assert found  # noqa: S101 # else it is not measured
    return _clusters(case, name, [each]) if too_few(found) else _surer(case, name, each, found)


def _surer(case: DecisionProblem, name: str, each: EvaluatedOption, found: Interval) -> Remedy:
    """What would tell on which side of a limit a figure is that enough clusters were asked for."""
    limit, system = case.limits[name], each.option.system
    if abs(found.value - limit.bound) < SAME:
        return _on_the_limit(limit)
    asked = {system: found.n} if limit.metric in ASKED else {}
    asked = asked if limit.metric else _asked(case, [each.option])
    opened = _Open(found, limit.bound, (each.option,), asked, _noise(case, limit, each.option), limit.metric)
    if too_few_timings(limit, found):
        fewer = "as fewer cannot show how high a p95 may be"
        return Remedy(f"time {TIMED} questions or more in place of {found.n} (SAMPLE in evals/axes/latency.py), {fewer}")
    if not case.allowed(name, each):
        return _more(case, opened)
    return _again(case, opened, _of_questions(case, limit, each))


def _of_questions(case: DecisionProblem, limit: Limit, each: EvaluatedOption) -> tuple[float, float]:
    """The ends of the interval of the figure that a limit is about, as far as questions go."""
    if limit.metric:
        return case.evidence.asked[limit.metric, each.option.system]
    assert each.quality  # noqa: S101 # else it is not measured
    return each.quality.low, each.quality.high


def _noise(case: DecisionProblem, limit: Limit, option: Option) -> Noise | None:
    """What training anew does to the figure that a requirement is about, as its seeds show."""
    column = limit.metric, option.system
    if not limit.metric:
        return case.evidence.noise(case.asked(option))
    return case.evidence.noise({column: 1.0}) if column in case.evidence.seeds else None


def together(case: DecisionProblem, name: str, those: Sequence[EvaluatedOption]) -> Remedy:
    """What would tell whether options that stand alike to a requirement meet it."""
    first, metric = those[0], case.limits[name].metric
    if first.requirements[name] == "not measured":
        return to_measure(case, [metric], _of_all(case, those))
    found = case.required(name, first)
    return _clusters(case, name, those) if found and too_few(found) else requirement(case, name, first)


def _of_all(case: DecisionProblem, those: Sequence[EvaluatedOption]) -> list[str]:
    """The systems of some options, where it has to be said of whom; none where it can be measured of every system."""
    return list(dict.fromkeys(each.option.system for each in those)) if case.evidence.never else []


def standing(case: DecisionProblem, name: str, each: EvaluatedOption) -> str:
    """How an option stands to a requirement, or why its figure shows nothing."""
    said = each.requirements[name]
    found = case.required(name, each)
    if said != "not shown" or not found:
        return said
    return "too few questions" if too_few(found) else "the figure lies on the limit"


def _clusters(case: DecisionProblem, name: str, those: Sequence[EvaluatedOption]) -> Remedy:
    """What is missing to say anything of options that were asked the same."""
    found, metric = case.required(name, those[0]), case.limits[name].metric
    assert found  # noqa: S101 # else there are no clusters to add to
    more = more_clusters(found.clusters, found.effective)
    each_of = ((each.option.system, case.required(name, each)) for each in those if metric in ASKED)
    asked = {system: mean.n for system, mean in each_of if mean}
    spent = _spent(case, (), asked, 1 + more / found.clusters, 0)
    words = f"{more} {'cluster' if more == 1 else 'clusters'} of {ITEMS.get(metric, 'questions')} of the usual size"
    made = cluster_count(found.clusters, found.effective)
    return Remedy(f"add {words}, as {made} {'is' if found.clusters == 1 else 'are'} too few{spent}", spent.cost)


def _on_the_limit(limit: Limit) -> Remedy:
    items = ITEMS.get(limit.metric, "questions")
    if limit.extreme:
        return Remedy(f"no number of {items} can prove it, as the limit is the best figure there can be", practical=False)
    return Remedy(f"use more {items} (it cannot be said how many)")


def _asked(case: DecisionProblem, options: Iterable[Option]) -> dict[str, int]:
    """System -> the questions that its quality rests on."""
    counted = (ACCURACY, FRESH) if case.aged else (ACCURACY,)
    found = {option.system: [case.evidence.found(metric, option.system) for metric in counted] for option in options}
    return {system: sum(each.n for each in means if each) for system, means in found.items()}


@dataclass(frozen=True)
class _Open:
    """A figure whose interval reaches beyond a bound."""

    found: Interval
    bound: float
    options: Sequence[Option]
    asked: dict[str, int]
    """System -> questions that it answers for it."""
    noise: Noise | None
    metric: str = ""

    @property
    def reach(self) -> float:
        """From the figure to the end on the side of the bound."""
        return self.found.high - self.found.value if self.bound >= self.found.value else self.found.value - self.found.low

    @property
    def of_questions(self) -> float:
        """The square of what questions alone have in that; the rest is training."""
        return max(0.0, self.reach**2 - (self.noise.reach**2 if self.noise else 0.0))

    def needed(self, seeds: int, now: int) -> float | None:
        """How many times as many questions would do, with so many seeds in place of those of now; None where none would."""
        left = self.distance**2
        if self.noise:
            degrees = self.noise.degrees * (seeds - 1) / (now - 1)
            left -= (t_quantile(1 - TAIL, degrees) * self.noise.error) ** 2 * now / seeds
        if left <= 0:
            return None
        times = self.of_questions / left
        return 1.0 if times <= 1 and seeds > now else max(times, LEAST)

    @property
    def distance(self) -> float:
        """From the figure to the bound."""
        return abs(self.bound - self.found.value)


def _more(case: DecisionProblem, open_one: _Open) -> Remedy:
    """The cheapest of all numbers of questions and seeds that would do."""
    if open_one.distance < SAME:
        return Remedy("ask more questions (it cannot be said how many)")
    if open_one.found.n == 1:
        return Remedy("train with more --seeds, as it was measured once for each training")
    now = max((case.evidence.trainings(option.system) for option in open_one.options), default=1)
    open_one = open_one if now > 1 else replace(open_one, noise=None)
    plans = list(_plans(case, open_one, now))
    if not plans:
        return _impractical(open_one)
    best = min(plans, key=lambda plan: (plan.spent.cost, plan.seeds * plan.times))
    parts = [_questions(case, open_one, best.times)] if best.times > 1 else []
    parts += [f"train with {best.seeds} seeds in place of {now} (--seeds {best.seeds})"] if best.seeds > now else []
    return Remedy(f"{(', and ' if ', ' in parts[0] else ' and ').join(parts)}{best.spent}", best.spent.cost)


@dataclass(frozen=True)
class _Plan:
    """So many times as many questions, and so many seeds."""

    times: float
    seeds: int
    spent: _Spent


def _plans(case: DecisionProblem, open_one: _Open, now: int) -> Iterator[_Plan]:
    """What is practical, for each number of seeds the fewest questions that would do."""
    for seeds in range(now, max(now, MOST_SEEDS) + 1) if open_one.noise else (now,):
        times = open_one.needed(seeds, now)
        if times is not None and times <= MOST_TIMES:
            spent = _spent(case, open_one.options, open_one.asked, times, seeds if seeds > now else 0)
            yield _Plan(times, seeds, spent)


def _again(case: DecisionProblem, open_one: _Open, of_questions: tuple[float, float]) -> Remedy:
    """What would tell of a figure of one training run: other runs, and more questions where these alone leave it open."""
    low, high = of_questions
    alone = replace(open_one, found=replace(open_one.found, low=low, high=high), noise=None)
    times = (alone.needed(1, 1) or 1.0) if low <= open_one.bound <= high else 1.0
    if times > MOST_TIMES:
        return _impractical(alone)
    spent = _spent(case, open_one.options, open_one.asked, times, AGAIN)
    also = f", and {_questions(case, open_one, times)}" if times > 1 else ""
    return Remedy(f"train with --seeds {AGAIN}, which shows how much trainings differ{also}{spent}", spent.cost)


def _impractical(open_one: _Open) -> Remedy:
    items = ITEMS.get(open_one.metric, "questions")
    if open_one.noise:
        needed = f"not even {MOST_TIMES} times as many {items} with {MOST_SEEDS} seeds would do"
    else:
        needed = f"it would take more than {MOST_TIMES} times as many {items}"
    return Remedy(f"this cannot be settled in practice: {needed}", practical=False)


def _questions(case: DecisionProblem, open_one: _Open, times: float) -> str:
    """How many more; of two kinds, so many times as many of each."""
    verb = "ask" if open_one.metric in ASKED else "use"
    if not open_one.metric and case.aged:
        return f"{verb} about {times:.2g} times as many questions, those about revised documents included"
    items = ITEMS.get(open_one.metric, "questions")
    return f"{verb} about {_count(times * open_one.found.n)} {items} in place of {open_one.found.n}"


def _count(questions: float) -> str:
    return f"{float(f'{questions:.2g}'):,.0f}"


@dataclass(frozen=True)
class _Spent:
    """What more questions and trainings cost."""

    said: str
    """With a space before it; empty where nothing is known of it."""
    cost: float

    def __str__(self) -> str:
        return self.said


def _spent(case: DecisionProblem, options: Sequence[Option], asked: Mapping[str, int], times: float, seeds: int) -> _Spent:
    """Of asking ``times`` as many questions, of weights trained with so many seeds (0: as many as now)."""
    trainings = _trainings(case, options, seeds)
    again = {system: more for (_, system), more in trainings.items()}
    answers = {(SECONDS, system): _answers(case, system, n, times, again.get(system, 0)) for system, n in asked.items()}
    seconds = trainings | answers
    missing = case.evidence.missing(seconds)
    known = {column: many for column, many in seconds.items() if column not in missing}
    if not known:
        return _Spent("", inf)
    untimed = ["the answers"] if not asked or {*answers} & {*missing} else []
    untimed += ["training"] if {*trainings} & {*missing} else []
    total = sum(many * case.evidence.figures[column].value for column, many in known.items())
    doubt = next(filter(None, (case.evidence.doubt(column) for column in known)), "")
    return _Spent(_costing(case, total, untimed, doubt), inf if untimed else _price(case, total))


def _answers(case: DecisionProblem, system: str, n: int, times: float, again: float) -> float:
    """How many more a system gives, of each seed's weights."""
    now = max(1, case.evidence.trainings(system))
    return n * (times * (now + again) - now)


def _trainings(case: DecisionProblem, options: Sequence[Option], seeds: int) -> dict[Column, float]:
    """Seconds of one training -> how many more of these it takes to have so many seeds."""
    columns: list[Column] = []
    for option in options if seeds else ():
        again = [] if option.policy == "as it is" else [(f"updates.{option.policy}.seconds", option.system)]
        columns += [column for column in ((SPENT, option.system), *again) if case.evidence.systems[option.system]]
    return {column: max(0.0, seeds - case.evidence.trainings(column[1])) for column in columns}


def _price(case: DecisionProblem, seconds: float) -> float:
    return seconds / 3600 * case.situation.prices.hour(case.evidence.machine)


def _costing(case: DecisionProblem, seconds: float, untimed: Sequence[str], doubt: str) -> str:
    spent = money(_price(case, seconds), case.situation.prices.currency)
    out = f", not counting {' and '.join(untimed)}, of which no times are known" if untimed else ""
    return f" ({figure(seconds, 'seconds')} of machine time, {spent}{out}{f'; not reliable: {doubt}' if doubt else ''})"


def seeds(case: DecisionProblem, options: Sequence[Option]) -> Remedy:
    """What it takes to train options that were trained once with more seeds."""
    spent = _spent(case, options, _asked(case, options), 1.0, AGAIN)
    return Remedy(f"train with --seeds {AGAIN}{spent}", spent.cost)


def to_measure(case: DecisionProblem, metrics: Sequence[str], systems: Sequence[str] = ()) -> Remedy:
    """What to type for figures that are missing; of systems of which they cannot be measured, why not."""
    asked = list(systems or case.evidence.systems)
    able = [system for system in asked if not case.evidence.why_never(metrics, system)]
    if asked and not able:
        return Remedy(never(case, metrics, asked), practical=False)
    systems = systems if able == asked else able
    what = ", ".join(dict.fromkeys(metrics))
    only = f" of {joined(systems)}" if systems else ""
    needs = " (of a suite with revisions.jsonl)" if any(name.startswith("updates.") for name in metrics) else ""
    return Remedy(f"measure {what}{only}: {command(metrics, chosen(case, systems))}{needs}")


def never(case: DecisionProblem, metrics: Sequence[str], systems: Sequence[str]) -> str:
    """That some metrics cannot be measured of any of these systems, and why."""
    reasons: dict[str, list[str]] = {}
    for system in dict.fromkeys(systems):
        reasons.setdefault(case.evidence.why_never(metrics, system), []).append(system)
    what = ", ".join(dict.fromkeys(metrics))
    return "; ".join(f"of {joined(those)}, {what} cannot be measured: {why}" for why, those in reasons.items())


def without(case: DecisionProblem, each: EvaluatedOption) -> list[Remedy]:
    """What to do where it cannot be measured whether an option meets a requirement."""
    system = each.option.system
    names = [name for name in each.unknown if case.evidence.why_never([case.limits[name].metric], system)]
    on = f"the requirement{'' if len(names) == 1 else 's'} on {joined(names)}" if names else ""
    return [Remedy(f"do without {on}, or without {system}", 0.0)] if names else []


def chosen(case: DecisionProblem, systems: Sequence[str] = ()) -> str:
    """The options of a command that takes the same exam of these systems, or of all."""
    trained = max(map(case.evidence.trainings, systems or case.evidence.systems), default=0)
    named = [f"--system {shlex.quote(system)}" for system in systems]
    return " ".join(filter(None, [case.evidence.options, *named, f"--seeds {trained}" if trained > 1 else ""]))


def to_time_again(case: DecisionProblem, metrics: Sequence[str]) -> Remedy:
    """What to do about seconds that are not reliable."""
    what = ", ".join(dict.fromkeys(metrics))
    return Remedy(f"take {what} again, all systems in one run on a quiet machine: {command(['latency'], chosen(case))}")


def listed(case: DecisionProblem, columns: Sequence[Column]) -> list[Remedy]:
    """What to type for figures that are missing, once for all systems that lack the same."""
    lacking: dict[str, list[str]] = {}
    for metric, system in dict.fromkeys(columns):
        lacking.setdefault(system, []).append(metric)
    groups: dict[tuple[str, ...], list[str]] = {}
    for system, metrics in lacking.items():
        groups.setdefault(tuple(metrics), []).append(system)
    return [to_measure(case, metrics, systems) for metrics, systems in groups.items()]
