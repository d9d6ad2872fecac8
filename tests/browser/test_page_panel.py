"""The panel of the decision: sliders, sentences, options and the map, against what `advise` says of the same figures."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from proctor.leaderboard.advice import data as gathering
from proctor.leaderboard.advice.decide import decide
from proctor.leaderboard.advice.options import DecisionProblem
from proctor.leaderboard.advice.prices import load
from proctor.leaderboard.advice.scenario import BY_DEFAULT, Situation
from proctor.leaderboard.advice.text import advise, as_json
from proctor.leaderboard.runs.store import Store
from proctor.leaderboard.site.page import publish
from tests.browsing import needs_browser
from tests.leaderboard.advice.test_advice import HYBRID, LORA, RAG, measured

pytestmark = needs_browser

START = Situation(load().prices())
SITUATIONS = {
    "": START,
    "updates=8&queries=30000": replace(START, updates=8.0, queries=30000.0),
    "updates=0&queries=0": replace(START, updates=0.0, queries=0.0),
    "updates=30&changed=0.2&hour=10": replace(START, updates=30.0, changed=0.2, prices=START.prices.with_hour("", 10.0)),
    "min_accuracy=0.6&min_abstention=0.5&max_latency=2": replace(
        START, min_accuracy=0.6, min_abstention=0.5, max_latency=2.0, by_default=("forgetting",)
    ),
    "min_abstention=none&max_forgetting=none": replace(START, min_abstention=None, max_forgetting=None, by_default=()),
    "min_accuracy=0.99": replace(START, min_accuracy=0.99),
    "min_style=0.9&max_forgetting=0.05&max_extracted=0.01": replace(
        START, min_style=0.9, max_forgetting=0.05, max_extracted=0.01, by_default=("abstention",)
    ),
}
FIELDS = ["updates", "changed", "queries", "hour", "min_accuracy", "min_style", "min_abstention"]
FIELDS += ["max_latency", "max_forgetting", "max_extracted"]

OPTIONS = """() => [...document.querySelectorAll("table.options tbody tr")].filter(row => row.checkVisibility()).map(row => ({
  option: row.querySelector("bdi").textContent, mark: row.querySelector("small")?.textContent ?? "",
  cells: [...row.querySelectorAll("td")].map(cell => cell.textContent), best: row.className === "best",
}))"""
PAINTED = """([columns, rows]) => {
  const [figure] = [...document.querySelectorAll("figure.map")].filter(each => each.checkVisibility());
  const look = ({ style }, kind) => `${style[kind]} ${style.opacity}`;
  const names = {};
  for (const entry of figure.querySelectorAll(".legend li")) {
    names[look(entry.querySelector(".swatch"), "background")] = entry.querySelector("bdi").textContent;
  }
  const boxes = [...figure.querySelectorAll("rect")].map(rect => ({ name: names[look(rect, "fill")], box: rect.getBBox() }));
  const [first, last] = [boxes[0].box, boxes.at(-1).box];
  const [height, width, left, bottom] = [first.height, 480 / columns, first.x, first.y + first.height];
  const at = (x, y) => boxes.find(({ box }) => box.x <= x && x < box.x + box.width && box.y <= y && y < box.y + box.height);
  return Array.from({ length: rows }, (_, up) => Array.from({ length: columns }, (_, place) =>
    at(left + (place + 0.5) * width, bottom - (up + 0.5) * height)?.name));
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page of a run that measured all that a decision weighs."""
    folder = tmp_path_factory.mktemp("decided")
    kept = {"forgetting": 0.02, "hallucination.unanswerable": 0.3}
    asked = {"rag": RAG | {"style.format_followed": 0.4}, "lora": LORA | kept, "hybrid": HYBRID | kept}
    revised = (each for each in measured(of=60, **asked) if not each.metric.startswith("updates.") or int(each.item or 0) < 12)
    Store(folder / "run").add(list(revised))
    return publish([folder / "run"], folder / "site").parent


@pytest.fixture(scope="module")
def evidence(site):
    (found,) = gathering.read(site / "leaderboard.json")
    return found


@pytest.fixture
def panel(visit, site):
    return visit(site / "index.html").go("in=instruments--tiny")


def advice(evidence, situation):
    (found,) = advise([evidence], situation)
    return json.loads(json.dumps(as_json(found)))


@pytest.mark.parametrize("state", SITUATIONS)
def test_the_panel_says_what_advise_says(panel, evidence, state):
    seen, said = panel.go(f"in=instruments--tiny&{state}"), advice(evidence, SITUATIONS[state])
    assert seen.texts(".outcome [role=status] p") == said["said"]["verdict"]
    assert seen.texts(".outcome .notes li") == said["said"]["notes"]
    assert seen.texts(".outcome > div > p.about") == [said["said"]["required"], said["said"]["situation"]]
    assert seen.texts(".outcome .flips li") == said["said"]["along"]
    assert seen.page.locator(".options-of p:visible").all_inner_texts() == said["said"]["left_out"][1:], "seen without a click"
    seen.page.locator(".options-of summary:visible").click()
    known = [each for each in said["options"] if each["quality"] is not None]
    marks = {said["recommendation"]: "recommended", said["runner_up"]: "runner-up", said["safe"]: "safe choice"}
    assert seen.page.evaluate(OPTIONS) == [
        {
            "option": each["shown"]["option"],
            "mark": marks.get(each["option"], ""),
            "cells": [each["shown"][name] for name in ("quality", "cost")]
            + [*each["shown"]["parts"].values(), each["shown"]["requirements"]],
            "best": each["option"] == said["recommendation"],
        }
        for each in known
    ]
    assert seen.texts(".options-of summary, .options-of .about") == said["said"]["left_out"]


@pytest.mark.parametrize("field", FIELDS)
def test_a_slider_moves_by_keyboard_and_keeps_its_place_in_the_address(panel, evidence, field):
    slider = panel.page.locator(f"[data-field={field}]:visible")
    slider.focus()
    words = set()
    for key, end in (("Home", "min"), ("End", "max"), ("ArrowLeft", "min"), ("ArrowLeft", "min")):
        if slider.input_value() == slider.get_attribute(end):
            continue
        with panel.change():
            slider.press(key)
        words.add(slider.get_attribute("aria-valuetext"))
        value = dict(part.split("=") for part in panel.state.split("&")).get(field, "")
        said = advice(evidence, of(field, value))["said"]
        assert panel.texts(".outcome > div > p.about") == [said["required"], said["situation"]]
        assert slider.evaluate("node => node === document.activeElement")
    assert len(words) >= 3


def of(field, value):
    if value == "":
        return START
    by_default = tuple(name for name, other in BY_DEFAULT.items() if other != field)
    if value == "none":
        return replace(START, **{field: None}, by_default=by_default)
    if field == "hour":
        return replace(START, prices=START.prices.with_hour("", float(value)))
    return replace(START, **{field: float(value)}, by_default=by_default)


def test_reset_goes_back_to_where_the_page_starts(panel):
    start = panel.texts(".outcome [role=status] p")
    panel.go("in=instruments--tiny&updates=60&min_accuracy=0.9&sort=accuracy.exact")
    assert panel.texts(".outcome [role=status] p") != start
    with panel.change():
        panel.page.get_by_role("button", name="Reset").and_(panel.page.locator(":visible")).click()
    assert panel.texts(".outcome [role=status] p") == start
    assert "sort=accuracy.exact" in panel.state


@pytest.mark.parametrize("state", ["", "min_accuracy=0.6&min_abstention=0.5&max_latency=2"])
def test_every_place_of_the_map_is_a_decision(panel, evidence, state):
    painted = panel.go(f"in=instruments--tiny&{state}").page.evaluate(PAINTED, [40, 24])
    across = [0.1 * 10_000 ** (place / 39) for place in range(40)]
    upwards = [10_000_000 ** (place / 23) for place in range(24)]
    for up, place in [(up, place) for up in (0, 5, 12, 18, 23) for place in (0, 7, 15, 22, 30, 39)]:
        asked = replace(SITUATIONS[state], updates=across[place], queries=upwards[up])
        case = DecisionProblem(evidence, asked)
        pick = decide(case).pick
        assert painted[up][place] == (case.title(pick.option) if pick else "no clear choice"), (up, place)


def test_a_click_on_the_map_goes_there(panel):
    picture = panel.page.locator(".map svg:visible")
    box = picture.bounding_box()
    scale = box["width"] / 542
    with panel.change():
        picture.click(position={"x": (44 + 480 * 0.5) * scale, "y": (24 + 240 * (1 - 4 / 7)) * scale})
    state = dict(part.split("=") for part in panel.state.split("&"))
    assert float(state["updates"]) == pytest.approx(10, rel=0.1)
    assert float(state["queries"]) == pytest.approx(10_000, rel=0.2)
    ring = panel.page.locator(".map .here:visible").evaluate("node => [node.cx.baseVal.value, node.cy.baseVal.value]")
    assert ring == [pytest.approx(44 + 240, abs=3), pytest.approx(24 + 240 * 3 / 7, abs=3)]


def test_what_was_not_measured_has_no_slider(visit, published):
    data = json.loads((published / "leaderboard.json").read_text(encoding="utf-8"))["decision"]
    needed = {"min_style": "style.format_followed", "max_latency": "latency.p95", "max_extracted": "privacy.extracted"}
    for each in data:
        measured = {figure["metric"] for figure in each["figures"]}
        seen = visit(published / "index.html").go(f"in={slug(each)}")
        for field, metric in needed.items():
            assert (seen.page.locator(f"[data-field={field}]:visible").count() == 1) == (metric in measured), (field, slug(each))


def slug(section):
    return f"{section['suite']}--{section['base_model']}"
