"""The decision in a browser comes to what the command comes to: the same figures and the same words, from the same data.

Figures are the same to six digits; beside the tenth decimal, differences are those of two libraries' exponential functions.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.evals.stats.intervals import Interval, t_quantile
from proctor.leaderboard import formatting
from proctor.leaderboard.advice import text as counsel
from proctor.leaderboard.advice.break_points import moved
from proctor.leaderboard.advice.data import REQUIRED, WEIGHED, as_json, gathered
from proctor.leaderboard.advice.decide import decide
from proctor.leaderboard.advice.estimates import QUALITY, Anew, Evidence, Hardware
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.advice.scenario import Api, Prices, Situation
from proctor.leaderboard.analysis.section import sections
from proctor.leaderboard.runs import saved
from proctor.leaderboard.site import render
from tests.browsing import MISSING
from tests.leaderboard.advice.test_advice import HYBRID, LORA, MONTH, RAG, measured

pytestmark = pytest.mark.skipif(bool(MISSING), reason=str(MISSING))

SHIPPED = Path(saved.__file__).parents[1] / "baseline" / "embedded.json"
ONCE = [metric for metric in WEIGHED if metric.startswith("cost.") or metric.endswith("seconds")]
SHARES = st.one_of(st.sampled_from((0.0, 0.1, 1.0)), st.floats(0, 1))
AMOUNTS = st.one_of(st.sampled_from((0.0, 1.0)), st.floats(1e-3, 1e4))


@pytest.fixture(scope="module")
def run(browser: Any) -> Iterator[Any]:
    """Runs JavaScript in a page that holds the scripts of the decision, and nothing else."""
    tab = browser.new_page()
    tab.add_script_tag(content=render.script(render.DECISION))
    yield tab.evaluate
    tab.close()


@pytest.fixture(scope="module")
def shipped() -> Evidence:
    found, *_ = gathered(sections(saved.load(SHIPPED).records))
    return found


def differences(mine: Any, theirs: Any, where: str = "") -> Iterator[str]:
    """Where plain data is not the same."""
    if isinstance(mine, dict) and isinstance(theirs, dict) and mine.keys() == theirs.keys():
        for name in mine:
            yield from differences(mine[name], theirs[name], f"{where}.{name}")
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for place, pair in enumerate(zip(mine, theirs, strict=True)):
            yield from differences(*pair, f"{where}[{place}]")
    elif not (mine == theirs or (_number(mine) and _number(theirs) and math.isclose(mine, theirs, rel_tol=1e-6, abs_tol=1e-10))):
        yield f"{where}: {mine!r} in Python, {theirs!r} in the browser"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def compare(run: Any, cases: list[tuple[Evidence, Situation]]) -> list[dict[str, Any]]:
    """What the command says of each; it is what the page says, and what remains when evidence goes through JSON."""
    said = [counsel.as_json(advice) for evidence, month in cases for advice in counsel.advise([evidence], month)]
    asked = [[as_json(evidence), asdict(month)] for evidence, month in cases]
    found = run("cases => cases.map(([data, situation]) => Decision.advise(data, situation))", asked)
    assert [*differences(json.loads(json.dumps(said)), found)] == []
    return said


# What is given.


@st.composite
def situations(draw: Any, systems: tuple[str, ...] = ("rag", "lora")) -> Situation:
    paid = draw(st.lists(st.sampled_from(systems), unique=True, max_size=2))
    api = {name: Api(draw(AMOUNTS), draw(AMOUNTS), draw(st.sampled_from(("", "a service, June 2026")))) for name in paid}
    machines = draw(st.sampled_from(({}, {"gpu": "a GPU", "cpu": "a CPU"})))
    prices = Prices(draw(AMOUNTS), draw(AMOUNTS), api, draw(st.sampled_from(("$", "EUR"))), draw(AMOUNTS), machines)
    floors = ("min_accuracy", "min_style", "min_abstention", "max_forgetting", "max_extracted")
    return Situation(
        prices,
        updates=draw(st.one_of(st.sampled_from((0.0, 1.0)), st.floats(1e-4, 500))),
        changed=draw(st.none() | SHARES),
        queries=draw(st.one_of(st.sampled_from((0.0, 1000.0)), st.floats(1, 1e6))),
        margin=draw(st.sampled_from((0.0, 0.02, 0.3))),
        material=draw(st.sampled_from((0.0, 1.0, 100.0))),
        material_share=draw(st.sampled_from((0.0, 0.05))),
        by_default=draw(st.sampled_from((("abstention", "forgetting"), ("forgetting",), ()))),
        risk=draw(st.sampled_from((0.0, 0.1, 1.0))),
        max_latency=draw(st.none() | AMOUNTS),
        **{name: draw(st.sampled_from((None, None, 0.0, 0.5, 1.0)) | SHARES) for name in floors},
    )


@st.composite
def evidences(draw: Any) -> Evidence:
    """Any there could be: metrics missing or impossible, one seed or several, few clusters or many, means that do not vary."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    systems = {
        name: draw(st.booleans())
        for name in sorted(draw(st.sets(st.sampled_from(("rag", "lora", "7", "it's é (b)")), min_size=1)))
    }
    there = {(metric, name): draw(st.sampled_from((True, True, True, True, False))) for metric in WEIGHED for name in systems}
    clusters = draw(st.lists(st.sampled_from((1, 2, 9, 10, 12, 40)), min_size=1, max_size=2))
    found = {
        column: _figure(chance, column[0], clusters[chance.integers(len(clusters))]) for column, known in there.items() if known
    }
    mixed = [column for column in found if column[0] in QUALITY]
    rows = chance.normal(size=(len(mixed), 6)) * chance.choice((0.0, 0.01, 0.03, 0.03, 0.03), size=(len(mixed), 1))
    trainings = draw(st.sampled_from((1, 1, 2, 3)))
    repeated = [column for column in found if column[0] in REQUIRED and trainings > 1 and chance.random() < 0.7]
    seeds = {
        column: {seed: float(found[column].value + chance.normal() / 50) for seed in _seeds(chance, trainings)}
        for column in (*mixed, *repeated)
    }
    once = {column: "run-to-run variation (assumed)" for column in found if column[0] in REQUIRED and chance.random() < 0.4}
    noisy = [column for column in (*once, *seeds) if column in once or chance.random() < 0.4]
    asked = {column: _within(chance, found[column]) for column in noisy}
    anew = {
        name: Anew(*draw(st.sampled_from(((0.04, 1e6, "run-to-run variation (assumed)"), (0.02, 2.0, "what others show")))))
        for name in systems
        if chance.random() < 0.3
    }
    options = draw(st.sampled_from(("", "--suite s", "--suite 'a b' --run-dir runs/a")))
    covariances = {column: (rows[: place + 1] @ rows[place]).tolist() for place, column in enumerate(mixed)}
    impossible = frozenset(column for column, known in there.items() if not known and chance.random() < 0.5)
    odd = draw(st.sampled_from((0.0, 0.0, 0.2, 1.0)))
    seconds = [column for column in found if column[0].endswith("seconds") or column[0] == "latency.p95"]
    cautions = {column: f"the machine was busy: {column[1]}" for column in seconds if chance.random() < odd}
    machine = draw(st.sampled_from(("", "cpu", "gpu")))
    changed = draw(st.none() | SHARES)
    never = {
        column: chance.choice(("nobody knows", "it is not told"))
        for column in there
        if column not in found and chance.random() < 0.4
    }
    called = frozenset(name for name in systems if chance.random() < 0.3)
    about = (cautions, machine, Hardware(), asked, once, anew, never, options, called)
    return Evidence("s", "m", changed, systems, found, impossible, seeds, covariances, *about)


def _within(chance: np.random.Generator, found: Interval) -> tuple[float, float]:
    """Narrower ends."""
    part = float(chance.choice((0.0, 0.5, 1.0)))
    return found.value - part * (found.value - found.low), found.value + part * (found.high - found.value)


def _figure(chance: np.random.Generator, metric: str, clusters: int) -> Interval:
    effective = max(1.0, float(chance.choice((1.0, 0.62))) * clusters)
    value = float(chance.choice((0.0, 0.5, 1.0, chance.random()), p=(0.1, 0.1, 0.1, 0.7)))
    if metric in ONCE:
        return Interval(
            value * 100, value * 100, value * 100 + float(chance.choice((0.0, 5.0))), clusters, clusters, "exact", effective
        )
    method = str(chance.choice(("clopper-pearson", "wilson difference, with training noise")))
    return Interval(value, max(0.0, value - 0.07), min(1.0, value + 0.05), 3 * clusters, clusters, method, effective)


def _seeds(chance: np.random.Generator, trainings: int) -> list[int]:
    """Mostly those of all metrics; now and then one alone."""
    return [int(chance.integers(trainings))] if chance.random() < 0.1 else list(range(trainings))


# What is the same.


def test_the_shipped_figures_lead_to_the_same(run, shipped):
    months = [MONTH, replace(MONTH, updates=0), replace(MONTH, updates=1, changed=None), replace(MONTH, risk=1.0, queries=1e6)]
    demands = [{"min_accuracy": 0.7}, {"max_latency": 0.1}, {"min_abstention": 0.5}, {"max_forgetting": 0.05}, {"min_style": 0.9}]
    said = compare(run, [(shipped, replace(month, **demand)) for month in months for demand in ({}, demands[0])])
    said += compare(run, [(shipped, replace(months[-1], **demand)) for demand in demands])
    said += compare(run, [(shipped, replace(MONTH, max_extracted=0.1)), (shipped, replace(MONTH, min_accuracy=0.99))])
    assert len({each["recommendation"] for each in said}) > 2


def test_systems_with_every_policy_lead_to_the_same(run):
    twins = measured(seeds=3, of=60, rag=RAG, lora=LORA, hybrid=HYBRID, twin=HYBRID, other=LORA | {"latency.seconds": 0.5})
    (found,) = gathered(sections(twins))
    said = compare(run, [(found, replace(MONTH, updates=n, margin=m, risk=1.0)) for n in (0.5, 4, 20) for m in (0.0, 0.02)])
    causes = {flip["cause"] for each in said for flip in each["flips"]}
    assert {"margin", "saving"} <= causes, causes


def test_seconds_in_doubt_decide_nothing_in_either(run):
    (found,) = gathered(sections(measured(of=60, rag=RAG, twin=RAG | {"latency.seconds": 1.0}, lora=LORA)))
    busy = {column: "the machine was busy" for column in found.figures if column[0].startswith("latency.")}
    trained = {column: "this was trained on another machine" for column in found.figures if column[0].startswith("updates.")}
    cases = [
        (replace(found, cautions=cautions, machine=machine), replace(MONTH, prices=prices, **month))
        for cautions in ({}, busy, trained, busy | trained)
        for machine, prices in (("", MONTH.prices), ("cpu", replace(MONTH.prices, cpu_hour=0.2)), ("gpu", MONTH.prices))
        for month in ({}, {"max_latency": 5.0}, {"queries": 0.0}, {"margin": 0.3, "risk": 1.0})
    ]
    said = compare(run, cases)
    assert {each["machine"] for each in said} == {"", "cpu", "gpu"}
    told = [line for each in said for line in (*each["said"]["verdict"], *each["said"]["notes"])]
    assert any("To compare costs, take latency.seconds again" in line for line in told)
    assert any("Caution: updates" in line for line in told)


@settings(max_examples=6)
@given(st.lists(situations(("full_ft", "lora", "rag")), min_size=1, max_size=8))
def test_any_situation_leads_to_the_same(run, shipped, months):
    compare(run, [(shipped, month) for month in months])


@settings(max_examples=8)
@given(st.lists(st.tuples(evidences(), situations()), min_size=1, max_size=12))
def test_any_evidence_leads_to_the_same(run, cases):
    compare(run, cases)


def test_the_map_is_made_of_decisions(run):
    (found,) = gathered(
        sections(measured(of=60, rag=RAG, lora=LORA, hybrid=HYBRID | {"accuracy.exact": 0.91, "updates.retained": 0.91}))
    )
    updates, queries = [0.0, 0.5, 4.0, 50.0], [0.0, 100.0, 1e5]
    asked = [as_json(found), asdict(MONTH), updates, queries]
    drawn = run("([data, situation, updates, queries]) => Decision.map(data, situation, updates, queries)", asked)
    cases = [[moved(moved(DecisionProblem(found, MONTH), "updates", n), "queries", q) for n in updates] for q in queries]
    assert [[drawn["names"][cell] or "" for cell in row] for row in drawn["cells"]] == [
        [decide(c).name for c in row] for row in cases
    ]
    assert len(drawn["names"]) > 2


def test_deciding_and_flips_are_parts_of_advice(run):
    (found,) = gathered(sections(measured(of=60, rag=RAG, lora=LORA)))
    script = "([d, s]) => [Decision.advise(d, s), Decision.decide(d, s), Decision.flips(d, s)]"
    whole, decided, flips = run(script, [as_json(found), asdict(MONTH)])
    assert whole["flips"] == flips
    assert flips
    along = {"along": whole["said"]["along"]}
    assert whole == {**decided, "flips": flips, "said": decided["said"] | along}


def test_what_a_page_leaves_out_is_not_required(run):
    (found,) = gathered(sections(measured(of=60, rag=RAG, lora=LORA)))
    bare = {name: value for name, value in asdict(MONTH).items() if not name.startswith(("min_", "max_"))}
    whole, short = run(
        "cases => cases.map(([d, s]) => Decision.decide(d, s))", [[as_json(found), month] for month in (asdict(MONTH), bare)]
    )
    assert {**whole, "situation": None} == {**short, "situation": None}


def test_the_scripts_can_stand_in_any_page():
    text = render.script(render.DECISION)
    assert not [word for word in ("</", "eval(", "innerHTML", "document.", "window.", "fetch(", "Function(") if word in text]
    assert text.count('(() => {\n  "use strict";') == 10


# Numbers.


@settings(max_examples=5)
@given(st.lists(st.tuples(st.floats(0.55, 0.9999), st.floats(1, 1e7)), min_size=1, max_size=200))
def test_student_s_t_is_scipy_s(run, asked):
    found = run("asked => asked.map(([share, degrees]) => Student.quantile(share, degrees))", asked)
    assert found == pytest.approx([t_quantile(*one) for one in asked], rel=1e-9)


NUMBERS = st.one_of(
    st.integers(-2000, 2000).map(lambda n: n / 16),  # some lie halfway between two that are shown
    st.integers(-2000, 2000).map(lambda n: n / 2000),
    st.floats(-1, 1),
    st.floats(-1e15, 1e15),
)


@settings(max_examples=5)
@given(st.lists(NUMBERS, min_size=1, max_size=300))
def test_figures_are_written_alike(run, numbers):
    units = ("share", "difference", "seconds", "tokens", "tokens/s", "bytes", "joules", "FLOP", "models", "")
    script = """([numbers, units]) => numbers.map((x) => [
        ...["€", "EUR"].map((currency) => Figures.money(Math.abs(x), currency)),
        Figures.general(x, 6), Figures.general(x, 2), Figures.grouped(Figures.fixed(x, 0)),
        ...units.flatMap((unit) => [Figures.figure(x, unit), Figures.signed(x, unit)]),
        ...units.slice(0, 3).flatMap((unit) => [0, 1e-13, 1e-5, 0.01].map((gap) => Figures.toldApart(x, x + gap, unit))),
        Figures.between(Figures.figure(x, "share"), Figures.figure(x + 1, "share")),
        Figures.between(Figures.figure(x, "seconds"), Figures.figure(1e3 * x, "seconds")),
    ])"""
    expected = [
        [
            *(formatting.money(abs(x), currency) for currency in ("€", "EUR")),
            *(f"{x:zg}", f"{x:z.2g}", f"{x:z,.0f}"),
            *(write(x, unit) for unit in units for write in (formatting.figure, formatting.signed)),
            *(formatting.told_apart(x, x + gap, unit) for unit in units[:3] for gap in (0.0, 1e-13, 1e-5, 0.01)),
            formatting.between(formatting.figure(x, "share"), formatting.figure(x + 1, "share")),
            formatting.between(formatting.figure(x, "seconds"), formatting.figure(1e3 * x, "seconds")),
        ]
        for x in numbers
    ]
    assert run(script, [numbers, units]) == expected
