"""What to take in a situation, or why that is not decided.

Of the options that surely meet all demands, those that are not surely worse than the best by more than the margin are tied, and
the cheapest of them is recommended, unless it could be worse than another by more than the risk that is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.statistics import Interval
from leaderboard.axes import axis
from leaderboard.evidence import SAME, Column
from leaderboard.options import FRESH, Case, Weighed


@dataclass(frozen=True)
class Decision:
    """What is recommended, or why nothing is."""

    weighed: tuple[Weighed, ...]
    pick: Weighed | None = None
    runner_up: Weighed | None = None
    reason: str = ""
    """Why it is not decided; empty where it is."""
    tied: tuple[str, ...] = ()
    """The options that are not surely worse than the best by more than the margin, the recommended one among them."""
    settle: tuple[str, ...] = ()
    """What would have to be measured to decide it."""

    @property
    def name(self) -> str:
        """Of the recommended option; empty where it is not decided."""
        return self.pick.option.name if self.pick else ""


class Undecided(Exception):  # noqa: N818 # a finding, and no error
    """The reason, and what would settle it."""

    def __init__(self, reason: str, *settle: str) -> None:
        super().__init__(reason)
        self.settle = settle


def decide(case: Case) -> Decision:
    """What to recommend."""
    weighed = tuple(case.weigh(option) for option in case.options)
    try:
        fit = _fit(case, weighed)
        pick = _cheapest(case, fit)
        _surely_good(case, pick, fit)
    except Undecided as why:
        return Decision(weighed, reason=str(why), settle=why.settle)
    tied = _tied(case, fit)
    rest = [each for each in tied if each != pick] or [each for each in fit if each != pick]
    return Decision(weighed, pick, _next(case, rest), tied=tuple(each.option.name for each in tied))


def _fit(case: Case, weighed: Sequence[Weighed]) -> list[Weighed]:
    fit = [each for each in weighed if each.fit]
    if fit:
        return fit
    if case.aged is None:
        raise Undecided(
            "the share of the knowledge that an update changes is not known",
            "say what share an update changes (--changed)",
            to_measure([FRESH]),
        )
    if all(each.quality is None for each in weighed):
        raise Undecided("the quality of no option is known", *_to_settle(weighed))
    most = max((each for each in weighed if each.quality), key=lambda each: each.quality.effective if each.quality else 0.0)
    if thin := case.thin(most):
        raise Undecided(thin.what, thin.settle)
    raise Undecided("no option surely meets what is demanded", *_floors(case, weighed))


def _floors(case: Case, weighed: Sequence[Weighed]) -> Iterator[str]:
    """What would tell whether an option meets the demands, for those that may."""
    for each in weighed:
        if each.quality is None or "not met" in each.demands.values():
            continue
        for name, standing in each.demands.items():
            limit = case.situation.limits[name]
            if standing == "not measured":
                yield to_measure([limit.measure], each.option.system)
            elif standing == "not reliable":
                why = case.evidence.doubt((limit.measure, each.option.system))
                yield f"{name} of {each.option.name} is not reliable ({why}): {to_time_again([limit.measure])}"
            elif standing == "perhaps met":
                found = case.evidence.found(limit.measure, each.option.system) if limit.measure else each.quality
                assert found  # noqa: S101 # perhaps met: it was measured
                bound = limit.most if limit.least is None else limit.least
                yield f"{name} of {each.option.name}: {_more(found, bound or 0.0)}"


def _tied(case: Case, fit: Sequence[Weighed]) -> list[Weighed]:
    """The best, and what is not surely worse than it by more than the margin."""
    best = max(fit, key=_goodness).option
    return [each for each in fit if each.option == best or case.quality(best, each.option).low <= case.situation.margin]


def _cheapest(case: Case, fit: Sequence[Weighed]) -> Weighed:
    tied = _tied(case, fit)
    unpriced = [column for each in tied for column in each.unpriced]
    if len(tied) > 1 and unpriced:
        names = "; ".join(each.option.name for each in tied)
        raise Undecided(f"these are not told apart in quality, and not all their costs are known: {names}", *_listed(unpriced))
    pick = min(tied, key=lambda each: (each.cost.value if each.cost else 0.0, -_goodness(each)[0], each.option.name))
    doubtful = {column: None for each in tied if each != pick for column in case.paid(pick.option, each.option)}
    _reliable(case, [column for column in doubtful if case.evidence.doubt(column)], tied)
    return pick


def _reliable(case: Case, doubtful: Sequence[Column], tied: Sequence[Weighed]) -> None:
    """Refuses to tell by seconds that are not to be relied on which is the cheapest."""
    if doubtful:
        names, why = "; ".join(each.option.name for each in tied), case.evidence.doubt(doubtful[0])
        reason = (
            f"these are not told apart in quality, and what they cost rests on seconds that are not reliable ({why}): {names}"
        )
        raise Undecided(reason, to_time_again([measure for measure, _ in doubtful]))


def _surely_good(case: Case, pick: Weighed, fit: Sequence[Weighed]) -> None:
    """Refuses what could be worse than another by more than the risk that is taken."""
    gaps = [(case.quality(each.option, pick.option), each.option.name) for each in fit if each != pick]
    gap, rival = max(gaps, key=lambda pair: pair[0].high, default=(None, ""))
    if gap and gap.high > case.situation.risk:
        points, most = 100 * gap.high, 100 * case.situation.risk
        reason = f"{pick.option.name} could be {points:.1f} points worse than {rival}, and at most {most:g} are risked"
        raise Undecided(reason, f"{pick.option.name} against {rival}: {_more(gap, case.situation.risk)}")


def _next(case: Case, fit: Sequence[Weighed]) -> Weighed | None:
    """The cheapest of these that are tied, or the best of them where the costs for that are not known."""
    if not fit:
        return None
    try:
        return _cheapest(case, fit)
    except Undecided:
        return max(fit, key=_goodness)


def _goodness(each: Weighed) -> tuple[float, str]:
    """Sorts by quality, and by name where that is the same."""
    return (each.quality.value if each.quality else -1.0), each.option.name


def _more(found: Interval, bound: float) -> str:
    """How many questions would put the end of an interval that lies beyond a bound on the bound, if the value stays."""
    reach = found.high - found.value if bound >= found.value else found.value - found.low
    distance = abs(bound - found.value)
    if distance < SAME:
        return "it lies on the bound itself; no number of questions would tell"
    if found.n == 1:
        return "it was measured once for each training; more --seeds would tell"
    also = " and seeds" if "training noise" in found.method else ""
    return f"about {max((reach / distance) ** 2, 1.1):.2g} times as many questions{also} as the {found.n} now would tell"


def to_measure(measures: Sequence[str], system: str = "") -> str:
    """What to type for figures that are missing."""
    again = any(name.startswith(("updates.retrained", "updates.continued")) for name in measures)
    axes = " or ".join(dict.fromkeys(axis(name) for name in measures))
    what = ", ".join(dict.fromkeys(measures))
    only = f" of {system}" if system else ""
    wanted = f"({axes})" if " or " in axes else axes
    needs = " (of a suite with revisions.jsonl)" if "updates" in axes else ""
    return f'{what}{only}: pytest -m "domain and {wanted}"{" --full" if again else ""}{needs}'


def to_time_again(measures: Sequence[str]) -> str:
    """What to do about seconds that are not reliable."""
    what = ", ".join(dict.fromkeys(measures))
    return f'{what}: once more, all systems in one run on a quiet machine: pytest -m "domain and latency"'


def _to_settle(weighed: Sequence[Weighed]) -> list[str]:
    return _listed([column for each in weighed for column in each.missing])


def _listed(columns: Sequence[Column]) -> list[str]:
    """Once for each system."""
    systems = dict.fromkeys(system for _, system in columns)
    return [to_measure([measure for measure, name in columns if name == system], system) for system in systems]
