"""A domain's own view and that of history, against the files beside the page."""

from __future__ import annotations

import json

import pytest

from proctor.leaderboard.formatting import between, figure
from proctor.leaderboard.runs.store import read
from proctor.leaderboard.site.page import publish
from tests.browsing import needs_browser
from tests.sample_run import Sample, make_run

pytestmark = needs_browser


def rows(seen, table):
    """Every row as the texts of its head and of its cells, hidden words left out."""
    script = """tables => [...tables.find(each => each.checkVisibility()).querySelectorAll("tbody tr")]
        .map(row => [...row.cells]
            .map(cell => [...cell.querySelectorAll("a, data, small, .spoken")].map(node => node.textContent)))"""
    return seen.page.eval_on_selector_all(table, script)


@pytest.mark.parametrize("metric", ["accuracy.exact", "faithfulness.retrieved"])
def test_a_domain_shows_every_kind_of_question_for_every_system(visit, published, metric):
    kinds = [row for row in json.loads((published / "leaderboard.json").read_text())["tags"] if row["suite"] == "instruments"]
    seen = visit(published / "index.html").go(f"in=instruments--tiny&view=suite&metric={metric}")
    systems = seen.texts("[data-view=suite] thead th")[1:]
    found = {(row["tag"], row["system"]): row for row in kinds if row["metric"] == metric}
    assert found
    shown = rows(seen, "[data-view=suite] table")
    assert [head for [head], *_ in shown] == list(dict.fromkeys(tag for tag, _ in found))
    for [tag], *cells in shown:
        for system, texts in zip(systems, cells, strict=True):
            row = found.get((tag, system))
            assert texts == (["not told"] if row is None else said(row))


def said(row):
    value, low, high = (figure(row[name], row["unit"]) for name in ("value", "ci_low", "ci_high"))
    return [value, between(low, high), f"n {row['n']}"]


def test_a_domain_tells_what_it_is_made_of_and_leads_to_its_questions(visit, published):
    seen = visit(published / "index.html").go("in=instruments--tiny&view=suite")
    assert seen.texts("[data-view=suite] h2") == ["Bench instruments: support desk on tiny"]
    facts = dict(zip(seen.texts("[data-view=suite] dt"), seen.texts("[data-view=suite] dd"), strict=True))
    assert "title" not in facts
    assert facts["questions"] == "60"
    asked = [row.question for row in read(published.parent / "run").answers("instruments", "tiny", "rag", 0)][:6]
    assert seen.texts("[data-view=suite] .sample a") == [question.text for question in asked]
    assert seen.texts("[data-view=suite] .sample li > :last-child") == [question.references[0] for question in asked]
    with seen.change():
        seen.page.locator("[data-view=suite] tbody a").first.click()
    assert "view=answers" in seen.state
    assert "tag=" in seen.state


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A site that knows three runs: better, then worse."""
    folder = tmp_path_factory.mktemp("runs")
    skills = ({"rag": 0.5, "lora": 0.5}, {"rag": 0.9, "lora": 0.5}, {"rag": 0.2, "lora": 0.5})
    runs = [
        make_run(folder / f"run{n}", Sample(systems=skill, questions=80, started=f"2026-0{n + 1}-01T00:00:00+00:00"))
        for n, skill in enumerate(skills)
    ]
    return publish([runs[-1]], folder / "site", saved=runs[:-1]).parent


def test_history_shows_every_point_of_every_line(visit, told):
    history = json.loads((told / "history.json").read_text())
    assert len(history["runs"]) == 3
    marks = {point["mark"] for line in history["lines"] for point in line["points"]}
    assert {"better", "worse"} <= marks
    seen = visit(told / "index.html").go("view=history")
    script = """tables => tables.flatMap(table => [...table.tBodies].flatMap(body => [...body.rows].slice(1).map(row => ({
        metric: body.rows[0].cells[0].firstChild.data.trim(), system: row.cells[0].innerText.trim(),
        values: [...row.cells].slice(1).map(cell => Number(cell.querySelector("data")?.value ?? NaN)),
        marks: [...row.cells].slice(1).map(cell => cell.className.replace("-", " ")),
    }))))"""
    shown = {(each["metric"], each["system"]): each for each in seen.page.eval_on_selector_all("table.history", script)}
    assert shown.keys() == {(line["metric"], line["system"]) for line in history["lines"]}
    for line in history["lines"]:
        each = shown[line["metric"], line["system"]]
        assert each["values"] == [point["value"] for point in line["points"]]
        assert each["marks"] == [point["mark"] for point in line["points"]]


def test_history_begins_with_what_changed(visit, told):
    seen = visit(told / "index.html").go("view=history")
    moves = json.loads((told / "history.json").read_text())["lines"]
    sure = [point["sentence"] for line in moves for point in line["points"] if point["mark"] in ("better", "worse")]
    listed = seen.texts(".changes li")
    assert len(listed) == len(sure)
    assert all(any(sentence in line for line in listed) for sentence in sure)
    assert (told / "feed.xml").is_file()
    regressions = json.loads((told / "regressions.json").read_text())
    assert regressions
