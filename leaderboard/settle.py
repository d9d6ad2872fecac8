"""What would settle a decision: which measures to take, or how many more questions or trainings, and what these cost.

The half of an interval shrinks with the root of the number of questions, and training noise with the number of seeds, by
Student's t of their degrees of freedom. What that costs is worked out from the seconds of the run and the price of its machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil

from evals.comparison import Noise
from evals.statistics import TAIL, Interval, cluster_count, t_quantile
from leaderboard.axes import axis
from leaderboard.evidence import SAME, Column
from leaderboard.figures import figure, money, paid
from leaderboard.options import ACCURACY, FRESH, Case, Option, Weighed, more_clusters

SECONDS, SPENT = "latency.seconds", "cost.train_seconds"
MOST_SEEDS = 10
"""Beyond that, more questions are asked as well."""
LEAST = 1.1
"""Times as many questions; fewer would hardly be noticed."""
WITH_FULL = ("updates.retrained", "updates.continued", "privacy.", "hunger.")
"""Measures that are taken with --full alone."""
ASKED = ("", "style.followed", "hallucination.unanswerable")
"""Measures whose items are questions that a system answers; those of the others take other times."""


def hour(case: Case) -> str:
    """What machine time is paid with: "CPU at $0.0816/h"."""
    machine = case.evidence.machine.upper() or "unknown machine"
    prices = case.situation.prices
    return f"{machine} at {paid(f'{prices.hour(case.evidence.machine):g}', prices.currency)}/h"


def gap(case: Case, mine: Option, theirs: Option, bound: float) -> str:
    """What would put the end of the interval of a difference in quality, that lies beyond a bound, on the bound."""
    found = case.quality(mine, theirs)
    return _more(case, found, bound, (mine, theirs), _asked(case, (mine, theirs)), case.evidence.noise(case.asked(mine, theirs)))


def requirement(case: Case, name: str, each: Weighed) -> str:
    """What would tell whether an option meets a requirement."""
    limit, system = case.limits[name], each.option.system
    if each.requirements[name] == "not measured":
        return to_measure([limit.measure], system)
    if each.requirements[name] == "not reliable":
        return to_time_again([limit.measure])
    found = case.evidence.found(limit.measure, system) if limit.measure else each.quality
    assert found  # noqa: S101 # else it is not measured
    if found.few and found.n > 1:
        more = more_clusters(found.clusters, found.effective)
        return f"it rests on {cluster_count(found.clusters, found.effective)}; {more} more of the usual size are needed to tell"
    bound = limit.most if limit.least is None else limit.least
    asked = {system: found.n} if limit.measure in ASKED else {}
    asked = asked if limit.measure else _asked(case, [each.option])
    noise = None if limit.measure else case.evidence.noise(case.asked(each.option))
    return _more(case, found, bound or 0.0, [each.option], asked, noise)


def _asked(case: Case, options: Iterable[Option]) -> dict[str, int]:
    """System -> the questions that its quality rests on."""
    counted = (ACCURACY, FRESH) if case.aged else (ACCURACY,)
    found = {option.system: [case.evidence.found(measure, option.system) for measure in counted] for option in options}
    return {system: sum(each.n for each in means if each) for system, means in found.items()}


def _more(
    case: Case, found: Interval, bound: float, options: Sequence[Option], asked: dict[str, int], noise: Noise | None
) -> str:
    reach = found.high - found.value if bound >= found.value else found.value - found.low
    distance = abs(bound - found.value)
    if distance < SAME:
        return "the figure lies on the limit itself; no number of questions would decide"
    if found.n == 1:
        return "it was measured once for each training; more --seeds would decide"
    trainings = max((case.evidence.trainings(option.system) for option in options), default=1)
    if noise and trainings > 1 and (seeds := _seeds(reach, distance, noise, trainings)):
        return (
            f"training with {seeds} seeds in place of {trainings} (--seeds {seeds}) would decide{_training(case, options, seeds)}"
        )
    times = max((reach / distance) ** 2, LEAST)
    also = f" and {ceil(times * trainings)} seeds in place of {trainings}" if "training noise" in found.method else ""
    count = f"about {_count(times * found.n)} {'questions' if asked else 'items'} in place of {found.n}{also} would decide"
    return count if also else count + _asking(case, asked, times)


def _count(questions: float) -> str:
    return f"{float(f'{questions:.2g}'):,.0f}"


def _seeds(reach: float, distance: float, noise: Noise, now: int) -> int | None:
    """The fewest seeds that would do with the same questions; None where these alone do not, or need too many."""
    rest = reach**2 - (t_quantile(1 - TAIL, noise.degrees) * noise.error) ** 2
    for seeds in range(now + 1, MOST_SEEDS + 1):
        degrees = noise.degrees * (seeds - 1) / (now - 1)
        if rest + (t_quantile(1 - TAIL, degrees) * noise.error) ** 2 * now / seeds <= distance**2:
            return seeds
    return None


def _asking(case: Case, asked: dict[str, int], times: float) -> str:
    """What it costs to ask them."""
    taken = {system: case.evidence.found(SECONDS, system) for system in asked}
    if not taken or not all(taken.values()):
        return ""
    return _costing(case, sum((times - 1) * asked[system] * found.value for system, found in taken.items() if found))


def _training(case: Case, options: Sequence[Option], seeds: int) -> str:
    """What it costs to train them with more seeds."""
    columns: list[Column] = []
    for option in options:
        again = [] if option.policy == "as it is" else [(f"updates.{option.policy}.seconds", option.system)]
        columns += [column for column in ((SPENT, option.system), *again) if case.evidence.systems[option.system]]
    found = [case.evidence.figures.get(column) for column in dict.fromkeys(columns)]
    trainings = [seeds - case.evidence.trainings(system) for _, system in dict.fromkeys(columns)]
    if not found or not all(found):
        return ""
    return _costing(case, sum(more * each.value for more, each in zip(trainings, found, strict=True) if each))


def _costing(case: Case, seconds: float) -> str:
    prices = case.situation.prices
    spent = money(seconds / 3600 * prices.hour(case.evidence.machine), prices.currency)
    return f" ({figure(seconds, 'seconds')} of machine time, {spent}; {hour(case)})"


def seeds(case: Case, options: Sequence[Option]) -> str:
    """What it takes to train options that were trained once with three seeds."""
    return f"train with --seeds 3{_training(case, options, 3)}"


def to_measure(measures: Sequence[str], system: str = "") -> str:
    """What to type for figures that are missing."""
    again = any(name.startswith(WITH_FULL) for name in measures)
    axes = " or ".join(dict.fromkeys(axis(name) for name in measures))
    what = ", ".join(dict.fromkeys(measures))
    only = f" of {system}" if system else ""
    wanted = f"({axes})" if " or " in axes else axes
    needs = " (of a suite with revisions.jsonl)" if "updates" in axes else ""
    return f'measure {what}{only}: pytest -m "domain and {wanted}"{" --full" if again else ""}{needs}'


def to_time_again(measures: Sequence[str]) -> str:
    """What to do about seconds that are not reliable."""
    what = ", ".join(dict.fromkeys(measures))
    return f'take {what} again, all systems in one run on a quiet machine: pytest -m "domain and latency"'


def listed(columns: Sequence[Column]) -> list[str]:
    """What to type for figures that are missing, once for each system."""
    systems = dict.fromkeys(system for _, system in columns)
    return [to_measure([measure for measure, name in columns if name == system], system) for system in systems]
