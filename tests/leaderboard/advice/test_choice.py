"""What is recommended, whatever the figures: rules that hold for any options, and how good it is where the truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from proctor.evals.stats.intervals import Interval
from proctor.leaderboard.advice.decide import Advised, decide
from proctor.leaderboard.advice.estimates import Evidence
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.advice.scenario import Prices, Situation
from tests.simulate import advice as simulation

MONTH = Situation(Prices(gpu_hour=3.6, storage_gb_month=0.0), updates=0, queries=1000, risk=1.0, max_forgetting=None)
"""A second costs a thousandth; 30,000 questions: 30 a month for each second of an answer."""
Made = tuple[float, float, float]
"""Accuracy, seconds of an answer, and the share of unanswerable questions that it makes up an answer to."""
MADE = st.tuples(
    st.integers(60, 64).map(lambda points: points / 100),
    st.integers(1, 12).map(lambda parts: parts / 50),
    st.sampled_from((0.1, 0.45, 0.55, 0.9)),
)
"""So that there are ties, and differences of less and more than the margin and what is material (a step costs 0.60 a month)."""
STANDINGS = ("not met", "probably not met", "probably met", "met")


def decided(made: list[Made], month: Situation = MONTH) -> Advised:
    return decide(DecisionProblem(known({f"s{place}": each for place, each in enumerate(made)}), month))


def known(systems: dict[str, Made]) -> Evidence:
    figures = {}
    for name, (accuracy, seconds, made_up) in systems.items():
        figures["accuracy.exact", name] = around(accuracy, 0.03)
        figures["hallucination.unanswerable", name] = around(made_up, 0.1)
        figures["latency.seconds", name] = around(seconds, 0.0)
        figures["cost.artifact_bytes", name] = around(0.0, 0.0)
        figures["updates.seconds", name] = around(0.0, 0.0)
    mixed = [column for column in figures if column[0] == "accuracy.exact"]
    covariances = {column: [*[0.0] * place, 0.0002] for place, column in enumerate(mixed)}
    seeds = {column: {0: figures[column].value} for column in mixed}
    return Evidence("s", "m", None, dict.fromkeys(systems, False), figures, frozenset(), seeds, covariances)


def around(value: float, reach: float) -> Interval:
    return Interval(value, value - reach, value + reach, 200, 200, "t", 200.0)


def worth(decision: Advised, name: str) -> tuple[float, float, int]:
    """Of an option: accuracy, cost turned round, and how it stands to the requirement. More of each is better."""
    (each,) = (each for each in decision.weighed if each.option.system == name)
    return each.quality.value, -each.cost.value, STANDINGS.index(each.requirements["abstention"])


@given(st.lists(MADE, min_size=1, max_size=6))
def test_what_another_beats_in_all_respects_is_never_recommended(made):
    found = decided(made)
    assume(found.pick)
    pick = worth(found, found.pick.option.system)
    for each in found.weighed:
        other = worth(found, each.option.system)
        assert other == pick or any(a < b for a, b in zip(other, pick, strict=True))


@given(st.lists(MADE, min_size=1, max_size=5), st.integers(1, 10), st.integers(0, 10))
def test_a_worse_option_more_changes_nothing(made, points, tenths):
    found = decided(made)
    assume(found.pick)
    accuracy, seconds, made_up = made[int(found.pick.option.system[1:])]
    more = decided([*made, (accuracy - points / 100, seconds + tenths / 10, made_up)])
    assert more.name == found.name


@given(st.lists(MADE, min_size=2, max_size=6), st.sampled_from((0.0, 1.0, 4.0)), st.sampled_from((0.0, 0.05, 0.5)))
def test_accuracy_is_given_up_only_for_a_material_saving_and_never_beyond_the_margin(made, material, share):
    month = replace(MONTH, material=material, material_share=share)
    found = decided(made, month)
    assume(found.pick)
    lead, pick = found.choice.lead, found.pick
    if lead != pick:
        assert lead.cost.value - pick.cost.value >= max(material, share * lead.cost.value) - 1e-9
    best = found.choice.best
    assert best.quality.value - pick.quality.value <= month.margin + 1e-9
    assert lead == best or pick.surely_meets


@given(st.lists(MADE, min_size=2, max_size=6), st.integers(0, 5), st.integers(1, 10))
def test_what_becomes_dearer_is_not_recommended_for_it(made, place, tenths):
    place %= len(made)
    accuracy, seconds, made_up = made[place]
    dearer = [*made]
    dearer[place] = (accuracy, seconds + tenths / 10, made_up)
    before, after = decided(made), decided(dearer)
    assert after.name != f"s{place} (as it is)" or before.name == after.name


@given(MADE, MADE, st.floats(0, 10), st.floats(0, 10))
def test_as_machine_time_becomes_dearer_the_cheaper_of_two_does_not_lose(one, other, low, high):
    low, high = sorted((low, high))
    prices = [replace(MONTH, prices=replace(MONTH.prices, gpu_hour=price)) for price in (low, high)]
    before, after = (decided([one, other], month) for month in prices)
    assume(before.pick and after.pick)  # no clear choice where the cheaper one, better but in doubt, becomes materially cheaper
    seconds = [made[1] for made in (one, other)]
    assert seconds[int(after.pick.option.system[1:])] <= seconds[int(before.pick.option.system[1:])]


@given(st.permutations([(0.66, 1.5, 0.1), (0.65, 0.5, 0.1), (0.65, 0.51, 0.45), (0.6, 0.1, 0.1), (0.64, 0.5, 0.55)]))
def test_the_order_of_the_options_does_not_matter(made):
    found = decided(made)
    assert made[int(found.pick.option.system[1:])] == (0.65, 0.5, 0.1)


def test_of_two_that_save_the_better_one_is_recommended_where_it_is_hardly_dearer():
    found = decided([(0.66, 2.0, 0.1), (0.65, 1.02, 0.1), (0.645, 1.0, 0.1)])
    assert found.name == "s1 (as it is)"
    assert decided([(0.66, 2.0, 0.1), (0.65, 1.2, 0.1), (0.645, 1.0, 0.1)]).name == "s2 (as it is)"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("questions", "close", "undecided", "loss"), [(40, False, 0.65, 0.025), (250, False, 0.1, 0.015), (250, True, 0.15, 0.01)]
)
def test_recommendations_are_good_where_the_truth_is_known(questions, close, undecided, loss):
    rng = np.random.default_rng(0)
    drawn = [simulation.truth(rng, 6, close=close) for _ in range(80)]
    cases = [DecisionProblem(simulation.measured(rng, true, questions), simulation.MONTH) for true in drawn]
    found = [simulation.outcome(decide(case), true) for case, true in zip(cases, drawn, strict=True)]
    recommended = [each for each in found if each.decided]
    assert 1 - len(recommended) / len(found) <= undecided
    assert np.mean([each.lost for each in recommended]) <= loss
    assert np.mean([each.violates for each in recommended]) <= 0.25
    assert np.mean([each.unsaid for each in recommended]) <= 0.05
