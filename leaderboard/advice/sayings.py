"""What advice says in sentences: one what, one why, one what to do next; then notes, what is left out, and what would change it.

The page says the same (``templates/sayings.js``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from proctor.evals.stats.intervals import Interval
from proctor.leaderboard.advice import settle
from proctor.leaderboard.advice.decide import Advised, AdvisedChoice, missed_by
from proctor.leaderboard.advice.options import FAILING, UNTRAINED, DecisionProblem, EvaluatedOption
from proctor.leaderboard.advice.scenario import Api, Limit
from proctor.leaderboard.formatting import SPACE, between, figure, joined, money, paid, told_apart

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
NAMED = 3
"""Alternatives that one sentence names; of more it says how many more."""
COMPARED = "95 % CI of this pair"
PAIR = (
    "These intervals of pairs allow neither for picking the best of all systems nor for trainings that were not repeated. "
    "The leaderboard's marks do, so they may call two systems tied though the interval here leaves out 0."
)
THROUGHOUT = (
    "{} on every question of the suite, so nothing shows how {} with other systems from question to question: intervals of pairs "
    "are wide here. The differences in the page's table (Compare with) go question by question: rely on those for accuracy alone."
)
EXACT = 3
"""More digits of a limit than of a measured figure: it is shown as it was typed."""
MANY = 2
"""Trainings from which on intervals allow for training."""


def situation(case: DecisionProblem) -> str:
    """What a month is like."""
    month = case.situation
    changed = "an unknown share" if case.changed is None else figure(case.changed, "share")
    aged = f"; on average {figure(case.aged or 0.0, 'share')} of the month's questions are about changed facts"
    each = f" changing {changed} of the facts each time{'' if case.aged is None else aged}" if month.updates else ""
    updates = f"{number(month.updates)} {'update' if month.updates == 1 else 'updates'} a month{each}"
    return (
        f"{updates}; {number(month.queries)} questions a day; machine time: {settle.hour(case)} ({_whose(case)}).{_tokens(case)}"
    )


def _whose(case: DecisionProblem) -> str:
    """Which machine has that price."""
    named = case.situation.prices.machine(case.evidence.machine)
    return f"{named}; --machine or --hour sets yours" if named else "your price"


def _tokens(case: DecisionProblem) -> str:
    """Which systems are paid by the token."""
    prices = case.situation.prices
    return "".join(
        f" Answers of {system} are paid by the token ({_api(api, prices.currency)})." for system, api in prices.api.items()
    )


def _api(api: Api, currency: str) -> str:
    prompt, completion = (paid(f"{price:g}", currency) for price in (api.prompt, api.completion))
    named = f"{api.name}; " if api.name else ""
    return f"{named}{prompt} per million tokens of the prompt, {completion} of the answer"


def number(x: float) -> str:
    """As people write it: 1,000, and 0.25."""
    return f"{x:,.0f}" if x >= 1000 else f"{x:zg}"  # from where digits are grouped


def required(case: DecisionProblem) -> str:
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
        return REQUIRED[name].format(figure(bound, "seconds", EXACT))
    unit = f"{SPACE}%" if name != "forgetting" else " points"
    return REQUIRED[name].format(f"{number(100 * (1 - bound if name == 'abstention' else bound))}{unit}")


def verdict(case: DecisionProblem, decision: Advised) -> list[str]:
    """What, why, and what to do next: all that is to be checked, or else the most important step."""
    if not decision.choice:
        found = [*_nearest(case, decision), *_safe(case, decision), *_alternatives(decision.settle)]
        return settle.said_once(case, [f"No clear choice: {decision.reason}.", *found])
    first, _ = _steps(case, decision, decision.choice)
    said = [
        f"Recommended: {_figures(case, decision.choice.pick, settle.hour(case))}.",
        _because(case, decision, decision.choice) + _but_for(case, decision, decision.choice) + ".",
        *(first or ["Next: use it, and measure again when documents, questions or models change."]),
    ]
    return settle.said_once(case, said)


def _steps(case: DecisionProblem, decision: Advised, choice: AdvisedChoice) -> tuple[list[str], list[str]]:
    """What to do next, and what could be done besides."""
    checks, others = [*_checks(case, choice.pick)], [*_others(case, decision, choice)]
    return (checks, others) if checks else (others[:1], others[1:])


def _alternatives(remedies: Sequence[str]) -> Iterator[str]:
    """What would lead to a clear choice, any one of these; the cheapest first."""
    first = [*remedies[:NAMED]]
    if len(remedies) > NAMED:
        first.append(f"take one of {len(remedies) - NAMED} other ways (--json lists them)")
    if len(first) == 1:
        yield f"To decide: {first[0]}."
    elif first:
        yield f"To decide, either {'; or '.join(first)}."


def _nearest(case: DecisionProblem, decision: Advised) -> Iterator[str]:
    """Which option comes nearest to the requirements, and what it misses."""
    if each := decision.nearest:
        misses = [f"on {name} by {_amount(name, missed_by(case, name, each))}" for name in each.among(FAILING)]
        on = f"requirement{'' if len(misses) == 1 else 's'} {joined(misses)}"
        open_ones = f"; not known: {', '.join(each.unknown)}" if each.unknown else ""
        yield f"The nearest is {case.title(each.option)}: it misses the {on}{open_ones}."


def _amount(name: str, gap: float) -> str:
    if name == "latency":
        return figure(gap, "seconds")
    points = f"{100 * gap:.1f}"
    return "less than 0.1 points" if points == "0.0" else f"{points} points"


def _safe(case: DecisionProblem, decision: Advised) -> Iterator[str]:
    if not decision.safe or not decision.safe.quality:
        return
    found = decision.safe.quality
    ends = between(figure(found.low, "share"), figure(found.high, "share"))
    of = " of all options that may meet the requirements" if case.limits else ""
    yield f"The safe choice is {case.title(decision.safe.option)}: the low end of its interval ({ends}) is the highest{of}."


def _figures(case: DecisionProblem, each: EvaluatedOption, hour: str = "") -> str:
    """Of one option; ``hour``: what machine time is paid with, where that is to be said."""
    assert each.quality  # noqa: S101 # or it is not recommended
    ends = between(figure(each.quality.low, "share"), figure(each.quality.high, "share"))
    cost = f"{money(each.cost.value, each.currency)} a month" if each.cost else "cost not known"
    how = "; ".join(filter(None, (_service(case, each), hour if _of_machine(case, each) else "")))
    cost += f" ({how})" if how else ""
    accuracy = f"expected accuracy {figure(each.quality.value, 'share')} (95 % CI {ends})"
    return f"{case.title(each.option)} \u2013 {accuracy}, {cost}"


def _service(case: DecisionProblem, each: EvaluatedOption) -> str:
    """How answers are paid that are not, or perhaps not, given by the machine whose hours are paid."""
    system = each.option.system
    if api := case.situation.prices.api.get(system):
        return f"answers at the prices of {api.name or 'a service'}: another model, whose answers were not measured"
    if each.option.priced:
        return "answers at the prices of its table"
    return "its seconds priced as if it ran on this machine" if system in case.evidence.called else ""


def _of_machine(case: DecisionProblem, each: EvaluatedOption) -> bool:
    """Whether machine time is paid for: for answers, or for updates."""
    by_token = each.option.priced or each.option.system in case.situation.prices.api
    return not by_token or each.parts["updating"] != 0


def _because(case: DecisionProblem, decision: Advised, choice: AdvisedChoice) -> str:
    """One sentence."""
    pick, best, lead = choice.pick, choice.best, choice.lead
    if not [each for each in decision.weighed if each.meets and each != pick]:
        many = len(decision.weighed) > 1
        meets = "whose figures meet the requirements" if case.limits else "of which enough was measured"
        return f"It is the only option {meets}" if many else "It is the only option"
    if pick != lead:
        saved = money(case.cost(lead.option, pick.option).value, pick.currency)
        gap = _compared(case.quality(pick.option, lead.option))
        within = f"{_margin(case)} of {case.title(lead.option)} \u2013 {gap} \u2013"
        return f"It is expected to be within {within} and saves {saved} a month"
    if pick != best:
        gap = _compared(case.quality(pick.option, best.option))
        met = f"It meets the requirements with its whole intervals, {case.title(best.option)} only probably"
        return f"{met}; it is expected to be within {_margin(case)} of that: {gap}"
    probably = any(each.meets and not each.surely_meets for each in decision.weighed)
    among = f" of those that meet{' or probably meet' if probably else ''} the requirements" if case.limits else ""
    return f"It has the highest expected accuracy{among}{_though(case, choice)}"


def _but_for(case: DecisionProblem, decision: Advised, choice: AdvisedChoice) -> str:
    """What would be better by more than the margin, but for requirements that nobody asked for."""
    best, missed = choice.pick, list[str]()
    for each in decision.weighed:
        failed = each.among(FAILING)
        if failed and each.known and {*failed} <= {*case.situation.by_default} and _better(case, each, best):
            best, missed = each, failed
    gap = case.quality(best.option, choice.pick.option) if missed else None
    if not gap or gap.value <= case.situation.margin:
        return ""
    limits = f"default limit{'' if len(missed) == 1 else 's'} on {joined(missed)}"
    return f"; without the {limits}, {case.title(best.option)} could be used, which is expected to be {_compared(gap)}"


def _better(case: DecisionProblem, one: EvaluatedOption, other: EvaluatedOption) -> bool:
    return case.quality(one.option, other.option).value > 0


def _though(case: DecisionProblem, choice: AdvisedChoice) -> str:
    """What else is close, and why that is not recommended."""
    rivals = [each for each in choice.close if each != choice.pick]
    if not rivals:
        return ""
    names = joined([case.title(each.option) for each in rivals])
    within = f"within {_margin(case)} of it ({names})"
    if choice.doubtful:
        return f"; costs are not known well enough to choose another one {within}"
    cheaper = [each for each in rivals if case.cost(choice.pick.option, each.option).value > 0]
    if not cheaper:
        return f"; no option {within} costs less"
    least = money(case.situation.material, choice.pick.currency)
    material = f"{least} a month or {number(100 * case.situation.material_share)}{SPACE}%"
    return f"; no option {within} saves a material amount, {material}"


def _margin(case: DecisionProblem) -> str:
    return f"{number(100 * case.situation.margin)} points"


def _checks(case: DecisionProblem, pick: EvaluatedOption) -> Iterator[str]:
    """Which requirements it only probably meets, and what would tell."""
    for place, name in enumerate(pick.among(("probably met",))):
        check = "Also check" if place else "Check first"
        said = f"it {_found(case, name, pick)}, so it only probably does"
        sure = settle.requirement(case, name, pick).to("be sure")
        yield f"{check} that it meets the requirement on {name}: {said}. {sure}"


def _others(case: DecisionProblem, decision: Advised, choice: AdvisedChoice) -> Iterator[str]:
    """What else to do, the most important first."""
    pick = choice.pick
    yield from _once(case, decision, pick)
    for column in choice.doubtful[:1]:
        metric, system = column
        doubt = case.evidence.doubt(column)
        why = f"{metric} of {system} is {f'not reliable: {doubt}' if doubt else 'not measured'}"
        again = settle.to_time_again(case, [metric]) if doubt else settle.to_measure(case, [metric], [system])
        yield f"{again.to('compare costs').removesuffix('.')}{f' ({why})' if again.practical else ', so costs are not compared'}."
    rival = decision.runner_up
    if rival and case.quality(pick.option, rival.option).low <= 0 < case.quality(pick.option, rival.option).value:
        apart = settle.gap(case, pick.option, rival.option, 0.0).to("tell them apart")
        yield f"That it is more accurate than {case.title(rival.option)} may be chance. {apart}"


def _once(case: DecisionProblem, decision: Advised, pick: EvaluatedOption) -> Iterator[str]:
    """Whose figures say nothing of another training."""
    options = [each.option for each in (pick, decision.runner_up) if each]
    trained = [option for option in options if case.evidence.systems[option.system]]
    once = [option for option in trained if case.evidence.trainings(option.system) < MANY]
    names = [*dict.fromkeys(option.system for option in once)]
    if names:
        were = (
            "was trained once, so its interval leaves" if len(names) == 1 else "were trained once each, so their intervals leave"
        )
        said = f"{joined(names)} {were} out how much trainings differ"
        shown = any(case.allowed(name, pick) for name in pick.among(("probably met",)))
        yield f"{said}; the same seeds would show that." if shown else f"{said}. {settle.seeds(case, once).to('include that')}"


def _found(case: DecisionProblem, name: str, each: EvaluatedOption) -> str:
    """A figure that a requirement is about, with its interval."""
    found = case.required(name, each)
    assert found  # noqa: S101 # only asked of what was measured
    unit = UNITS.get(name, "share")
    ends = between(figure(found.low, unit), figure(found.high, unit))
    allowed = case.allowed(name, each)
    allows = f", which allows for {allowed}" if allowed else ""
    interval = f" (95 % CI {ends}{allows})" if found.low < found.high else ""
    return FOUND[name].format(f"{told_apart(found.value, case.limits[name].bound, unit)}{interval}")


def notes(case: DecisionProblem, decision: Advised) -> list[str]:
    """What else is to be known: the runner-up, what fails or may meet the requirements, and what is doubtful."""
    chosen = decision.pick or decision.safe
    parts = [_runner_up(case, decision), _more_steps(case, decision), _failing(case, decision, chosen), _maybe(case, decision)]
    said = [*chain.from_iterable(parts)]
    compared = any(COMPARED in line for line in (*said, *verdict(case, decision)))
    alone = [PAIR] if compared else []
    alone += _right_throughout(case, decision) if compared or not decision.choice else []
    return settle.said_once(case, [*said, *alone, *(_care(case, chosen) if chosen else [])])


def _right_throughout(case: DecisionProblem, decision: Advised) -> Iterator[str]:
    """Which systems are right on every question."""
    systems = list(dict.fromkeys(each.option.system for each in decision.weighed if each.quality))
    those = [system for system in systems if case.evidence.right_throughout(system)] if len(systems) > 1 else []
    if those:
        same, vary = ("is right", "it varies") if len(those) == 1 else ("are right", "they vary")
        yield THROUGHOUT.format(f"{joined(those)} {same}", vary)


def _runner_up(case: DecisionProblem, decision: Advised) -> Iterator[str]:
    if not decision.pick:
        return
    others = [each for each in decision.weighed if each.meets and each != decision.pick]
    if decision.runner_up:
        gap = case.quality(decision.pick.option, decision.runner_up.option)
        yield f"Runner-up: {_figures(case, decision.runner_up)}; the recommended one is {_compared(gap)}."
    elif others:
        yield "There is no runner-up: no other option that meets the requirements comes near it."


def _compared(gap: Interval) -> str:
    """How much more or less accurate, in words: a sign is easily overlooked."""
    value, low, high = (f"{abs(100 * end):.1f}" for end in (gap.value, gap.low, gap.high))
    both = value == "0.0" or (gap.low < 0 < gap.high and "0.0" not in (low, high))
    ends = f"{low} less to {high} more" if both else " to ".join(sorted((low, high), key=float))
    way = "more" if gap.value > 0 else "less"
    said = "as accurate" if value == "0.0" else f"{value} points {way} accurate"
    return f"{said} ({COMPARED} {ends})"


def _more_steps(case: DecisionProblem, decision: Advised) -> Iterator[str]:
    """What could be done besides what the verdict says."""
    if decision.choice:
        yield from _steps(case, decision, decision.choice)[1]


def _failing(case: DecisionProblem, decision: Advised, chosen: EvaluatedOption | None) -> Iterator[str]:
    """Which options do not meet the requirements, and by which figure; how good they would be."""
    groups: dict[tuple[str, str], list[EvaluatedOption]] = {}
    for each in decision.weighed:
        if each.quality and each.fails:
            groups.setdefault((each.option.system, _failed(case, each)), []).append(each)
    told = [_fails(case, options, figures, chosen) for (_, figures), options in groups.items()]
    if told:
        yield f"Ruled out by the requirements: {'; '.join(told)}."


def _failed(case: DecisionProblem, each: EvaluatedOption) -> str:
    *first, last = [_found(case, name, each) for name in each.among(FAILING)]
    return f"{', '.join(first)} and {last}" if first else last


def _fails(case: DecisionProblem, options: Sequence[EvaluatedOption], figures: str, chosen: EvaluatedOption | None) -> str:
    """Of one system, with one policy or several."""
    name = case.title(options[0].option) if len(options) == 1 else options[0].option.system
    gaps = [case.quality(each.option, chosen.option) for each in options if chosen and chosen != each]
    gap = max(gaps, key=lambda gap: gap.value, default=None)
    better = f", though it is {_compared(gap)}" if gap and gap.value > 0 else ""
    return f"{name}, which {figures}{better}"


def _maybe(case: DecisionProblem, decision: Advised) -> Iterator[str]:
    """What would tell of options that probably do not meet a requirement, or of which that is not known, whether they do."""
    for each in decision.weighed:
        open_one = each.known and each.fails and not each.among(("not met",))
        if open_one and settle.requirements(case, each).what not in decision.settle:
            for name in each.among(("probably not met",)):
                told = settle.requirement(case, name, each).to("find out")
                yield f"{case.title(each.option)} may meet the requirement on {name}. {told}"
    for name, limit in case.limits.items():
        yield from _not_known(case, decision, name)
        yield from _untrained(case, decision, name, limit)


def _not_known(case: DecisionProblem, decision: Advised, name: str) -> Iterator[str]:
    """Of which options it is not known whether they meet a requirement."""
    groups: dict[str, list[EvaluatedOption]] = {}
    for each in decision.weighed:
        if each.known and name in each.unknown and not each.among(("not met",)):
            groups.setdefault(settle.standing(case, name, each), []).append(each)
    for standing, those in groups.items():
        names = [*dict.fromkeys(each.option.system if case.limits[name].metric else case.title(each.option) for each in those)]
        meet = "meets" if len(names) == 1 else "meet"
        told = settle.together(case, name, those).to("find out")
        if len(those) > 1 or settle.requirements(case, those[0]).what not in decision.settle:
            yield f"It is not known whether {joined(names)} {meet} the requirement on {name}: {standing}. {told}"


def _untrained(case: DecisionProblem, decision: Advised, name: str, limit: Limit) -> Iterator[str]:
    """Which options meet a requirement without a measurement."""
    if limit.metric not in UNTRAINED:
        return
    systems = [each.option.system for each in decision.weighed if case.evidence.untrained(each.option.system)]
    bare = [system for system in systems if not case.evidence.found(limit.metric, system)]
    if bare:
        meets = "meets" if len(bare) == 1 else "meet"
        yield f"{joined(bare)} {meets} the requirement on {name} without a measurement: nothing was trained."


def _care(case: DecisionProblem, chosen: EvaluatedOption) -> Iterator[str]:
    """What nobody set a limit to and may matter, and what was assumed."""
    metrics = {"abstention": "hallucination.unanswerable", "forgetting": "forgetting", "privacy": "privacy.extracted"}
    for name, metric in metrics.items():
        found = case.evidence.found(metric, chosen.option.system)
        if name not in case.limits and found and found.value > NOTABLE:
            said = FOUND[name].format(figure(found.value, UNITS.get(name, "share")))
            yield f"Not considered, as no limit is set: {chosen.option.system} {said}."
    for column in case.paid(chosen.option):
        if text := case.evidence.doubt(column):
            yield f"Caution: {column[0]} of {column[1]}: {text}."
    if chosen.option.policy == "continued" and case.situation.updates > 1:
        yield "Only one training on the changes alone was measured; further ones in a row are assumed to do no more harm."
