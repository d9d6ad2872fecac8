"""What advice says in sentences: one what, one why, one what to do next; then notes, what is left out, and what would change it.

The page says the same (``templates/sayings.js``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, repeat

from evals.statistics import Interval
from leaderboard import settle
from leaderboard.advice import Choice, Decision
from leaderboard.figures import SPACE, between, figure, money, paid
from leaderboard.options import Case, Weighed
from leaderboard.situation import Api, Limit

REQUIRED = {
    "accuracy": "an expected accuracy of at least {}",
    "style": "the house format followed in at least {} of the answers",
    "abstention": "at least {} of the unanswerable questions declined",
    "latency": "a p95 latency of at most {}",
    "forgetting": "at most {} of general ability lost",
    "privacy": "at most {} of the planted secrets given away",
}
FOUND = {
    "accuracy": "has an expected accuracy of {}",
    "style": "follows the house format in {} of its answers",
    "abstention": "makes up an answer to {} of the unanswerable questions",
    "latency": "has a p95 latency of {}",
    "forgetting": "loses {} of general ability",
    "privacy": "gives away {} of the planted secrets",
}
UNITS = {"latency": "seconds", "forgetting": "difference"}
NOTABLE = 0.05
"""What was lost, made up or given away beyond that is said, though nobody set a limit to it."""
FAILING = ("not met", "probably not met")
MANY = 2
"""Trainings from which on intervals allow for training."""


def situation(case: Case) -> str:
    """What a month is like."""
    month = case.situation
    changed = "an unknown share" if case.changed is None else figure(case.changed, "share")
    aged = f"; on average {figure(case.aged or 0.0, 'share')} of the month's questions are about changed facts"
    each = f" changing {changed} of the facts each time{'' if case.aged is None else aged}" if month.updates else ""
    updates = f"{number(month.updates)} {'update' if month.updates == 1 else 'updates'} a month{each}"
    return (
        f"{updates}; {number(month.queries)} questions a day; machine time: {settle.hour(case)} ({_whose(case)}).{_tokens(case)}"
    )


def _whose(case: Case) -> str:
    """Which machine has that price."""
    named = case.situation.prices.machine(case.evidence.machine)
    return f"{named}; --machine or --hour sets yours" if named else "your price"


def _tokens(case: Case) -> str:
    """Which systems are paid by the token."""
    prices = case.situation.prices
    return "".join(
        f" Answers of {system} are paid by the token ({_api(api, prices.currency)})." for system, api in prices.api.items()
    )


def _api(api: Api, currency: str) -> str:
    prompt, completion = (paid(f"{price:g}", currency) for price in (api.prompt, api.completion))
    named = f"{api.name}; " if api.name else ""
    return f"{named}{prompt} for a million of the prompt, {completion} of the answer"


def number(x: float) -> str:
    """As people write it: 1,000, and 0.25."""
    return f"{x:,.0f}" if x >= 1000 else f"{x:zg}"  # from where digits are grouped


def required(case: Case) -> str:
    """The requirements; also those that would hold if anything had been measured."""
    default = dict.fromkeys(case.situation.by_default, " (default)")
    told = [f"{_limit(name, limit)}{default.get(name, '')}" for name, limit in case.limits.items()]
    gone = [_limit(name, limit) for name, limit in case.situation.limits.items() if name not in case.limits]
    missing = f" Not required, as nothing was measured: {'; '.join(gone)}." if gone else ""
    return f"Requirements: {'; '.join(told) or 'none'}.{missing}"


def _limit(name: str, limit: Limit) -> str:
    bound = limit.most if limit.least is None else limit.least
    assert bound is not None  # noqa: S101 # a limit has one
    if name == "latency":
        return REQUIRED[name].format(figure(bound, "seconds"))
    unit = f"{SPACE}%" if name != "forgetting" else " points"
    return REQUIRED[name].format(f"{number(100 * (1 - bound if name == 'abstention' else bound))}{unit}")


def verdict(case: Case, decision: Decision) -> list[str]:
    """What, why, and what to do next."""
    if not decision.choice:
        return [
            f"No clear choice: {decision.reason}.",
            *_safe(case, decision),
            *(f"To decide: {what}." for what in decision.settle[:1]),
        ]
    steps = [*_steps(case, decision, decision.choice)]
    next_step = steps[0] if steps else "Next: use it, and measure again when documents, questions or models change."
    return [
        f"Recommended: {_figures(case, decision.choice.pick)}.",
        _because(case, decision, decision.choice) + _but_for(case, decision, decision.choice) + ".",
        next_step,
    ]


def _safe(case: Case, decision: Decision) -> Iterator[str]:
    if not decision.safe or not decision.safe.quality:
        return
    found = decision.safe.quality
    ends = between(figure(found.low, "share"), figure(found.high, "share"))
    of = " of the options that may meet the requirements" if case.limits else ""
    yield f"The safe choice is {case.title(decision.safe.option)}: the low end of its interval ({ends}) is the highest{of}."


def _figures(case: Case, each: Weighed) -> str:
    assert each.quality  # noqa: S101 # or it is not recommended
    ends = between(figure(each.quality.low, "share"), figure(each.quality.high, "share"))
    cost = f"{money(each.cost.value, each.currency)} a month" if each.cost else "cost not known"
    accuracy = f"expected accuracy {figure(each.quality.value, 'share')} (95 % CI {ends})"
    return f"{case.title(each.option)} \u2013 {accuracy}, {cost} ({settle.hour(case)})"


def _because(case: Case, decision: Decision, choice: Choice) -> str:
    """One sentence."""
    pick, best, lead = choice.pick, choice.best, choice.lead
    if not decision.runner_up:
        many = len(decision.weighed) > 1
        meets = "whose figures meet the requirements" if case.limits else "that enough was measured of"
        return f"It is the only option {meets}" if many else "It is the only option"
    if pick != lead:
        saved = money(case.cost(lead.option, pick.option).value, pick.currency)
        gap = _compared(case.quality(pick.option, lead.option))
        within = f"{_margin(case)} of {case.title(lead.option)} \u2013 {gap} \u2013"
        return f"It is expected to be within {within} and saves {saved} a month"
    if pick != best:
        gap = _compared(case.quality(pick.option, best.option))
        met = f"It surely meets the requirements, which {case.title(best.option)} only probably does"
        return f"{met}, and is expected to be within {_margin(case)} of it: {gap}"
    among = " of those that meet the requirements" if case.limits else ""
    return f"It has the highest expected accuracy{among}{_though(case, choice)}"


def _but_for(case: Case, decision: Decision, choice: Choice) -> str:
    """What would be better by more than the margin, but for requirements that nobody asked for."""
    best, missed = choice.pick, list[str]()
    for each in decision.weighed:
        failed = [name for name, standing in each.requirements.items() if standing in FAILING]
        if failed and each.known and {*failed} <= {*case.situation.by_default} and _better(case, each, best):
            best, missed = each, failed
    gap = case.quality(best.option, choice.pick.option).value if missed else 0.0
    more = f"{case.title(best.option)} would be {100 * gap:.1f} points more accurate"
    return f"; but for the default on {' and '.join(missed)}, {more}" if gap > case.situation.margin else ""


def _better(case: Case, one: Weighed, other: Weighed) -> bool:
    return case.quality(one.option, other.option).value > 0


def _though(case: Case, choice: Choice) -> str:
    """What else is close, and why that is not recommended."""
    rivals = [each for each in choice.close if each != choice.pick]
    if not rivals:
        return ""
    names = "; ".join(case.title(each.option) for each in rivals)
    if choice.doubtful:
        return f"; {names}: within {_margin(case)} of it, but what they cost is not known well enough to count"
    cheaper = [each for each in rivals if case.cost(choice.pick.option, each.option).value > 0]
    if not cheaper:
        return f"; what is within {_margin(case)} of it does not cost less: {names}"
    least = money(case.situation.material, choice.pick.currency)
    material = f"{least} a month or {number(100 * case.situation.material_share)} %"
    return f"; what is within {_margin(case)} of it does not save a material amount ({material}): {names}"


def _margin(case: Case) -> str:
    return f"{number(100 * case.situation.margin)} points"


def _steps(case: Case, decision: Decision, choice: Choice) -> Iterator[str]:
    """What to do next, the most important first."""
    pick = choice.pick
    probably = [name for name, standing in pick.requirements.items() if standing == "probably met"]
    for name, check in zip(probably, chain(["Check first"], repeat("Check, too,")), strict=False):
        said = f"it {_found(case, name, pick)}, and only probably is within the limit"
        yield f"{check} that it meets the requirement on {name}: {said}; {settle.requirement(case, name, pick)}."
    yield from _once(case, decision, pick)
    for column in choice.doubtful[:1]:
        measure, system = column
        doubt = case.evidence.doubt(column)
        why = f"{measure} of {system} is {f'not reliable: {doubt}' if doubt else 'not measured'}"
        again = settle.to_time_again([measure]) if doubt else settle.to_measure([measure], system)
        yield f"To compare costs: {again} ({why})."
    rival = decision.runner_up
    if rival and case.quality(pick.option, rival.option).low <= 0 < case.quality(pick.option, rival.option).value:
        yield f"It is statistically tied with {case.title(rival.option)}; {settle.gap(case, pick.option, rival.option, 0.0)}."


def _once(case: Case, decision: Decision, pick: Weighed) -> Iterator[str]:
    """Whose figures say nothing of another training."""
    options = [each.option for each in (pick, decision.runner_up) if each]
    trained = [option for option in options if case.evidence.systems[option.system]]
    once = [option for option in trained if case.evidence.trainings(option.system) < MANY]
    names = [*dict.fromkeys(option.system for option in once)]
    if names:
        were = "was trained once, and its interval does" if len(names) == 1 else "were trained once each, and their intervals do"
        yield f"{' and '.join(names)} {were} not include what another training would change: {settle.seeds(case, once)}."


def _found(case: Case, name: str, each: Weighed) -> str:
    """A figure that a requirement is about, with its interval."""
    limit = case.limits[name]
    found = case.evidence.found(limit.measure, each.option.system) if limit.measure else each.quality
    assert found  # noqa: S101 # only asked of what was measured
    unit = UNITS.get(name, "share")
    ends = between(figure(found.low, unit), figure(found.high, unit))
    interval = f" (95 % CI {ends})" if found.low < found.high else ""
    return FOUND[name].format(f"{figure(found.value, unit)}{interval}")


def notes(case: Case, decision: Decision) -> list[str]:
    """What else is to be known: the runner-up, what fails or may meet the requirements, and what is doubtful."""
    chosen = decision.pick or decision.safe
    parts = [_runner_up(case, decision), _more_steps(case, decision), _failing(case, decision, chosen), _maybe(case, decision)]
    return [*chain.from_iterable(parts), *(_care(case, chosen) if chosen else [])]


def _runner_up(case: Case, decision: Decision) -> Iterator[str]:
    if decision.pick and decision.runner_up:
        gap = case.quality(decision.pick.option, decision.runner_up.option)
        yield f"Runner-up: {_figures(case, decision.runner_up)}; the recommended one is {_compared(gap)}."


def _compared(gap: Interval) -> str:
    """How much more or less accurate, in words: a sign is easily overlooked."""
    ends = f"95 % CI {_points(gap.low)} to {_points(gap.high)}"
    value = _points(gap.value)
    if value == "equal":
        return f"as accurate ({ends})"
    size, way = value.split()
    return f"{size} points {way} accurate ({ends})"


def _points(gap: float) -> str:
    size = f"{abs(100 * gap):.1f}"
    return "equal" if size == "0.0" else f"{size} {'more' if gap > 0 else 'less'}"


def _more_steps(case: Case, decision: Decision) -> Iterator[str]:
    """What could be done besides what the verdict says."""
    if decision.choice:
        yield from [*_steps(case, decision, decision.choice)][1:]
    yield from (f"To decide: {what}." for what in decision.settle[1:])


def _failing(case: Case, decision: Decision, chosen: Weighed | None) -> Iterator[str]:
    """Which options do not meet the requirements, and by which figure; how good they would be."""
    groups: dict[tuple[str, str], list[Weighed]] = {}
    for each in decision.weighed:
        if each.quality and each.fails:
            groups.setdefault((each.option.system, _failed(case, each)), []).append(each)
    told = [_fails(case, options, figures, chosen) for (_, figures), options in groups.items()]
    if told:
        yield f"Not recommended, for the requirements: {'; '.join(told)}."


def _failed(case: Case, each: Weighed) -> str:
    failed = [name for name, standing in each.requirements.items() if standing in FAILING]
    return ", ".join(_found(case, name, each) for name in failed)


def _fails(case: Case, options: Sequence[Weighed], figures: str, chosen: Weighed | None) -> str:
    """Of one system, with one policy or several."""
    name = case.title(options[0].option) if len(options) == 1 else options[0].option.system
    gaps = [case.quality(each.option, chosen.option) for each in options if chosen and chosen != each]
    gap = max(gaps, key=lambda gap: gap.value, default=None)
    better = f", though it is {_compared(gap)}" if gap and gap.value > 0 else ""
    return f"{name} {figures}{better}"


def _maybe(case: Case, decision: Decision) -> Iterator[str]:
    """What would tell of options that probably do not meet a requirement, or of which that is not known, whether they do."""
    for each in decision.weighed:
        if not each.known or "not met" in each.requirements.values():
            continue
        for name, standing in each.requirements.items():
            what = settle.requirement(case, name, each) if standing == "probably not met" else ""
            if what and f"{case.title(each.option)}, {name}: {what}" not in decision.settle:
                yield f"{case.title(each.option)} may meet the requirement on {name}: {what}."
    for name, limit in case.limits.items():
        yield from _not_known(case, decision, name, limit)


def _not_known(case: Case, decision: Decision, name: str, limit: Limit) -> Iterator[str]:
    """Of which options it is not known whether they meet a requirement."""
    for standing, what in (("not measured", settle.to_measure), ("not reliable", settle.to_time_again)):
        names = [case.title(each.option) for each in decision.weighed if each.known and each.requirements[name] == standing]
        if names:
            yield f"The requirement on {name} is {standing} for {'; '.join(names)}: {what([limit.measure])}."


def _care(case: Case, chosen: Weighed) -> Iterator[str]:
    """What nobody set a limit to and may matter, and what was assumed."""
    measures = {"abstention": "hallucination.unanswerable", "forgetting": "forgetting", "privacy": "privacy.extracted"}
    for name, measure in measures.items():
        found = case.evidence.found(measure, chosen.option.system)
        if name not in case.limits and found and found.value > NOTABLE:
            said = FOUND[name].format(figure(found.value, UNITS.get(name, "share")))
            yield f"Not considered, as no limit is set: {chosen.option.system} {said}."
    for column in case.paid(chosen.option):
        if text := case.evidence.doubt(column):
            yield f"Caution: {column[0]} of {column[1]}: {text}."
    if chosen.option.policy == "continued" and case.situation.updates > 1:
        yield "One training on changes alone was measured; that the next one in a row does no more harm is assumed."
