"""What to use in a situation, or why there is no clear choice.

Quality comes first: of the options whose figures meet the requirements, the best is recommended, unless one that is expected to
be within the margin of it saves a material amount against it. Of several that do, it is the cheapest, or a better one of them
that does not cost materially more. So cost never decides for less, or for a loss that is more likely than not above the margin.

Seconds that are not reliable, and figures that are missing, decide nothing: costs that rest on them do not count, and where it
depends on them whether an option meets a requirement, and on that which one is recommended, there is no clear choice. Nor is
there where what surely meets the requirements is both worse and materially dearer than what only probably does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from proctor.evals.stats.intervals import SAME
from proctor.leaderboard.advice import settle
from proctor.leaderboard.advice.options import FAILING, FRESH, DecisionProblem, EvaluatedOption, LimitStanding
from proctor.leaderboard.advice.settle import Remedy
from proctor.leaderboard.analysis.series import Column
from proctor.leaderboard.formatting import joined, money

PROBABLY: tuple[LimitStanding, ...] = ("probably met",)
NONE_MEETS = "no option meets the requirements"
CALM = "say that nothing changes, if so (--updates 0)"
LOOSEN = Remedy("loosen a requirement, or add another system")


@dataclass(frozen=True)
class AdvisedChoice:
    """One of several options, and what it was chosen for."""

    pick: EvaluatedOption
    best: EvaluatedOption
    """The highest expected quality."""
    close: tuple[EvaluatedOption, ...]
    """Those within the margin of that; of these, those that surely meet the requirements, if any does."""
    lead: EvaluatedOption
    """The best of these."""
    doubtful: tuple[Column, ...] = ()
    """What costs rest on that is missing or not reliable, where it kept them from counting."""


@dataclass(frozen=True)
class Advised:
    """What is recommended, or why nothing is."""

    weighed: tuple[EvaluatedOption, ...]
    choice: AdvisedChoice | None = None
    runner_up: EvaluatedOption | None = None
    """What would be recommended without it."""
    reason: str = ""
    """Why there is no clear choice; empty where there is one."""
    settle: tuple[str, ...] = ()
    """What would lead to one, each by itself, the cheapest first."""
    safe: EvaluatedOption | None = None
    """Where there is no clear choice: the highest low end of the quality's interval."""
    nearest: EvaluatedOption | None = None
    """Where no option meets the requirements: the one that misses the fewest of them, and by the least."""

    @property
    def pick(self) -> EvaluatedOption | None:
        """What is recommended."""
        return self.choice.pick if self.choice else None

    @property
    def name(self) -> str:
        """Of the recommended option; empty where there is none."""
        return self.pick.option.name if self.pick else ""


class Undecided(Exception):  # noqa: N818 # a finding, and no error
    """The reason, and what would settle it."""

    def __init__(self, reason: str, *remedies: Remedy) -> None:
        super().__init__(reason)
        self.settle = settle.sorted_out(remedies)


def decide(case: DecisionProblem) -> Advised:
    """What to recommend."""
    weighed = tuple(case.weigh(option) for option in case.options)
    try:
        meeting = _meeting(case, weighed)
        choice = _clear(case, meeting)
    except Undecided as why:
        nearest = _nearest(case, weighed) if str(why) == NONE_MEETS else None
        return Advised(weighed, reason=str(why), settle=why.settle, safe=_safe(weighed), nearest=nearest)
    rest = [each for each in meeting if each != choice.pick and each.meets and _is_worth_naming(case, each, choice.pick)]
    return Advised(weighed, choice, _choose(case, rest).pick if rest else None)


def _meeting(case: DecisionProblem, weighed: Sequence[EvaluatedOption]) -> list[EvaluatedOption]:
    """The options whose figures meet the requirements, as far as these are known."""
    known = [each for each in weighed if each.known]
    found = [each for each in known if not each.fails]
    if any(_answers(each) for each in found):
        return found
    if found:
        raise Undecided("no option that may meet the requirements answers a question correctly", LOOSEN)
    if case.aged is None:
        able = any(not case.evidence.why_never([FRESH], system) for system in case.evidence.systems)
        raise Undecided(
            "it is not known what share of the facts an update changes",
            *([Remedy("say what share it is (--changed)", 0.0)] if able else []),
            Remedy(CALM, 0.0),
            settle.to_measure(case, [FRESH]),
        )
    if known or (weighed and all("not met" in each.requirements.values() for each in weighed)):
        may = [settle.requirements(case, each) for each in known if "not met" not in each.requirements.values()]
        could = [each for each in may if each.practical]
        raise Undecided(NONE_MEETS, *(could or [LOOSEN]))
    most = max(
        (each for each in weighed if each.quality), key=lambda each: each.quality.effective if each.quality else 0.0, default=None
    )
    if most and (thin := case.thin(most)):
        raise Undecided(thin.what, settle.questions(case, most))
    lacking = [column for each in weighed for column in each.missing]
    calm = case.situation.updates and any(column in case.evidence.never for column in lacking)
    nothing_changes = [Remedy(CALM, 0.0)] if calm else []
    raise Undecided("the accuracy of no option is known", *nothing_changes, *settle.listed(case, lacking))


def _clear(case: DecisionProblem, meeting: Sequence[EvaluatedOption]) -> AdvisedChoice:
    """The choice, if it does not depend on what is not known, and is not too much of a risk."""
    sure = [each for each in meeting if not each.unknown]
    choice = _choose(case, sure) if sure else None
    if len(sure) < len(meeting):
        other = _choose(case, meeting).pick
        if not choice or other != choice.pick:
            doubt = "; ".join(f"{name}: {settle.standing(case, name, other)}" for name in other.unknown)
            reason = f"it is not known whether {case.title(other.option)} meets the requirements ({doubt})"
            raise Undecided(reason, settle.requirements(case, other), *settle.without(case, other))
    assert choice  # noqa: S101 # there is one that meets them, surely or not
    _check_doubt(case, choice.pick, meeting)
    _check_risk(case, choice.pick, meeting)
    return choice


def _check_doubt(case: DecisionProblem, pick: EvaluatedOption, options: Sequence[EvaluatedOption]) -> None:
    """Refuses what is both worse and materially dearer than another, and better only in that it surely meets the requirements."""
    rivals = [each for each in options if not each.unknown and not each.surely_meets and _outdoes(case, each, pick)]
    if pick.surely_meets and rivals:
        other = max(rivals, key=_goodness)
        points = f"{100 * case.quality(other.option, pick.option).value:.1f} points more accurate"
        saved = money(case.cost(pick.option, other.option).value, pick.currency)
        mine, theirs, names = case.title(pick.option), case.title(other.option), other.among(PROBABLY)
        on = f"the requirement{'s' if len(names) > 1 else ''} on {joined(names)}"
        better = f"{theirs} is expected to be {points} than {mine} and to cost {saved} a month less"
        reason = (
            f"{better}, but only probably meets {on}, which {mine} meets with its whole interval{'s' if len(names) > 1 else ''}"
        )
        raise Undecided(reason, settle.requirements(case, other, PROBABLY))


def _outdoes(case: DecisionProblem, each: EvaluatedOption, pick: EvaluatedOption) -> bool:
    """Whether an option is both expected to be better than another and materially cheaper, as far as costs are known."""
    better = case.quality(each.option, pick.option).value > SAME
    return better and not _doubtful(case, [pick, each]) and _saves(case, each, pick)


def _choose(case: DecisionProblem, options: Sequence[EvaluatedOption]) -> AdvisedChoice:
    """Quality first, and cost where it is material."""
    best = max(options, key=_goodness)
    near = [each for each in options if case.quality(best.option, each.option).value <= case.situation.margin + SAME]
    close = [each for each in near if each.surely_meets] or near
    doubtful = _doubtful(case, close)
    lead = max(close, key=_goodness)
    return AdvisedChoice(lead if doubtful else _worth_it(case, close, lead), best, tuple(close), lead, tuple(doubtful))


def _doubtful(case: DecisionProblem, close: Sequence[EvaluatedOption]) -> list[Column]:
    """What is missing or not reliable among that by which the costs of these differ."""
    if len(close) < 2:  # nothing to compare
        return []
    unpriced = [column for each in close for column in each.unpriced]
    paid = [column for each in close[1:] for column in case.paid(close[0].option, each.option)]
    return list(dict.fromkeys([*unpriced, *(column for column in paid if case.evidence.doubt(column))]))


def _worth_it(case: DecisionProblem, close: Sequence[EvaluatedOption], lead: EvaluatedOption) -> EvaluatedOption:
    """The best of what saves a material amount against the lead and does not cost materially more than the cheapest of that."""
    saving = [each for each in close if _saves(case, each, lead)]
    if not saving:
        return lead
    cheapest = min(saving, key=_price)
    return max((each for each in saving if not _saves(case, cheapest, each)), key=_goodness)


def _saves(case: DecisionProblem, cheap: EvaluatedOption, dear: EvaluatedOption) -> bool:
    """Whether one option saves a material amount against another; both costs are known."""
    saved = case.cost(dear.option, cheap.option).value
    return saved > 0 and saved >= threshold(case, dear)


def threshold(case: DecisionProblem, dear: EvaluatedOption) -> float:
    """What is a material saving against an option."""
    return max(case.situation.material, case.situation.material_share * _price(dear))


def _check_risk(case: DecisionProblem, pick: EvaluatedOption, options: Sequence[EvaluatedOption]) -> None:
    """Refuses what could be worse than another by more than the risk that is taken."""
    gaps = [(case.quality(each.option, pick.option), each.option) for each in options if each != pick]
    gap, rival = max(gaps, key=lambda pair: pair[0].high, default=(None, None))
    if gap and rival and gap.high > case.situation.risk:
        points, most = 100 * gap.high, 100 * case.situation.risk
        could = f"{case.title(pick.option)} could be {points:.1f} points less accurate than {case.title(rival)}"
        more = settle.gap(case, rival, pick.option, case.situation.risk)
        raise Undecided(f"{could} (at most {most:g} are accepted)", more)


def _safe(weighed: Sequence[EvaluatedOption]) -> EvaluatedOption | None:
    """The least bad at worst, of those that meet the requirements as far as known."""
    found = [each for each in weighed if _answers(each) and not each.fails]
    return max(found, key=lambda each: (each.quality.low if each.quality else -1.0, *_goodness(each)), default=None)


def _answers(each: EvaluatedOption) -> bool:
    """Whether an option answered any question correctly."""
    return each.quality is not None and each.quality.value > 0


def _is_worth_naming(case: DecisionProblem, each: EvaluatedOption, pick: EvaluatedOption) -> bool:
    """Whether an option is any good as a runner-up: it can answer something, and is not both worse and more in doubt."""
    able = each.quality is not None and each.quality.low > 0
    surer = {*each.among(PROBABLY)} <= {*pick.among(PROBABLY)}
    return able and (surer or case.quality(pick.option, each.option).low <= 0)


def _nearest(case: DecisionProblem, weighed: Sequence[EvaluatedOption]) -> EvaluatedOption | None:
    """What misses the fewest requirements; of several, what misses them by the least in all, and then the best."""

    def missed(each: EvaluatedOption) -> tuple[int, float, float]:
        misses = [_miss(case, name, each) for name in each.among(FAILING)]
        return len(misses) + len(each.unknown), sum(misses), -(each.quality.value if each.quality else 0.0)

    return min((each for each in weighed if each.fails), key=missed, default=None)


def _miss(case: DecisionProblem, name: str, each: EvaluatedOption) -> float:
    """How far a figure is beyond a limit: as a share, or, of seconds, as a share of the limit."""
    limit = case.limits[name]
    by = missed_by(case, name, each)
    return by if name != "latency" else by / limit.bound if limit.bound else inf


def missed_by(case: DecisionProblem, name: str, each: EvaluatedOption) -> float:
    """How far a figure is beyond a limit, in its unit."""
    found = case.required(name, each)
    return abs(found.value - case.limits[name].bound) if found else 0.0


def _price(each: EvaluatedOption) -> float:
    return each.cost.value if each.cost else inf


def _goodness(each: EvaluatedOption) -> tuple[float, float, str]:
    """Sorts by quality, by cost where that is the same, and then by name."""
    return (each.quality.value if each.quality else -1.0), -_price(each), each.option.name
