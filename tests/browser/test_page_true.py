"""What people read is what was measured: every number on the page, against the files beside it and against the records."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import product
from statistics import fmean

import pytest

from proctor.core.slugs import slugs
from proctor.leaderboard.board.cells import Result, bounds, of_cell
from proctor.leaderboard.claims.text import evidence
from proctor.leaderboard.claims.verdicts import ClaimResult
from proctor.leaderboard.formatting import figure, signed
from proctor.leaderboard.runs.store import read
from tests.browsing import needs_browser

pytestmark = needs_browser

TABLE = """() => {
  const table = [...document.querySelectorAll("table.figures")].find(each => each.checkVisibility());
  const heads = [...table.querySelectorAll("thead tr:last-child th[data-metric]")];
  const lines = node => [...node.querySelectorAll("data, small, abbr")].map(each => each.firstChild.data.trim());
  return [...table.querySelectorAll("tbody tr")].flatMap(row => heads.map((head, place) => {
    const cell = row.cells[place + 1];
    return {
      system: row.dataset.system, metric: head.dataset.metric, n: head.querySelector("small")?.innerText,
      value: cell.querySelector("data")?.value, lines: lines(cell), best: cell.classList.contains("best"),
      tied: cell.classList.contains("tied"), up: cell.classList.contains("up"), down: cell.classList.contains("down"),
      examined: !cell.classList.contains("absent"),
    };
  }));
}"""
"""All cells of the table that is shown."""


@pytest.fixture(scope="module")
def told(published):
    return json.loads((published / "leaderboard.json").read_text())


@pytest.fixture(scope="module")
def measured(published):
    """Suite, base model, system, metric -> item -> seed -> record."""
    found = defaultdict(lambda: defaultdict(dict))
    for name in ("run", "other"):
        for record in read(published.parent / name).records:
            found[record.suite, record.base_model, record.system, record.metric][record.item][record.seed] = record
    return found


SECTIONS = {"instruments--tiny": ("instruments", "tiny"), "pubmed--qwen": ("pubmed", "qwen")}


def of(rows, place):
    return [row for row in rows if (row["suite"], row["base_model"]) == place]


def mean_over_seeds(by_seed):
    values = [record.value for record in by_seed.values() if record.value is not None]
    return fmean(values) if values else None


def test_the_board_s_figures_are_means_over_items_of_means_over_seeds(told, measured):
    assert len(told["cells"]) == len(measured)
    for cell in told["cells"]:
        items = measured[cell["suite"], cell["base_model"], cell["system"], cell["metric"]]
        values = [value for by_seed in items.values() if (value := mean_over_seeds(by_seed)) is not None]
        assert cell["n"] == len(values)
        assert cell["value"] == (pytest.approx(fmean(values), rel=1e-8) if values else None)
        for status in ("failed", "unmeasured"):
            count = sum(any(record.status == status for record in by_seed.values()) for by_seed in items.values())
            assert cell[status] == count
        assert cell["seeds"] == len({seed for by_seed in items.values() for seed in by_seed})
        if values:
            assert cell["ci_low"] <= cell["value"] <= cell["ci_high"]


def test_differences_are_means_over_the_items_that_both_have(told, measured):
    assert told["pairs"]
    for pair in told["pairs"]:
        place = (pair["suite"], pair["base_model"])
        sides = [measured[*place, pair[name], pair["metric"]] for name in ("system", "than")]
        both = [(mean_over_seeds(sides[0][item]), mean_over_seeds(sides[1][item])) for item in sides[0].keys() & sides[1].keys()]
        gaps = [mine - theirs for mine, theirs in both if mine is not None and theirs is not None]
        assert pair["n"] == len(gaps)
        assert pair["difference"] == pytest.approx(fmean(gaps), rel=1e-8, abs=1e-12)


def test_kinds_of_question_are_means_over_the_questions_that_bear_the_tag(published, told, measured):
    tags = defaultdict(set)
    for name in ("run", "other"):
        run = read(published.parent / name)
        for key in run.answer_files:
            for row in run.answers(*key):
                for tag in row.question.tags:
                    tags[key[0], tag].add(row.question.id)
    assert told["tags"]
    for kind in told["tags"]:
        items = measured[kind["suite"], kind["base_model"], kind["system"], kind["metric"]]
        values = [mean_over_seeds(items[item]) for item in items.keys() & tags[kind["suite"], kind["tag"]]]
        values = [value for value in values if value is not None]
        assert kind["n"] == len(values)
        assert kind["value"] == pytest.approx(fmean(values), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_cell_of_the_table_says_what_the_board_says(visit, published, told, section):
    shown = visit(published / "index.html").go(f"in={section}&axis=*").page.evaluate(TABLE)
    cells = {(row["system"], row["metric"]): Result(**row) for row in of(told["cells"], SECTIONS[section])}
    assert {(each["system"], each["metric"]) for each in shown if each["examined"]} == cells.keys()
    for each in shown:
        cell = cells[each["system"], each["metric"]]
        assert of_cell(cell) in each["lines"]
        assert (each["best"], each["tied"]) == (cell.best, cell.tied)
        if cell.value is not None:
            assert float(each["value"]) == cell.value
            assert f"n {cell.n}" in (each["n"], *each["lines"])
            assert bounds(cell) in ("", *each["lines"])
        if cell.seed_sd is not None:
            spread = figure(cell.seed_sd, "difference" if cell.unit == "share" else cell.unit)
            assert f"{cell.seeds} seeds, ± {spread}" in each["lines"]
        said = [line for line in each["lines"] if line.endswith((" failed", " not measured"))]
        expected = [(cell.failed, "failed"), (cell.unmeasured, "not measured")]
        assert said == [f"{count} {word}" for count, word in expected if count]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_difference_is_the_board_s_turned_round_where_it_must_be(visit, published, told, section):
    seen = visit(published / "index.html")
    cells = {(row["system"], row["metric"]): Result(**row) for row in of(told["cells"], SECTIONS[section])}
    pairs = {}
    for pair in of(told["pairs"], SECTIONS[section]):
        ends = (pair["wide_low"], pair["wide_high"])
        pairs[pair["metric"], pair["system"], pair["than"]] = (pair["difference"], *ends)
        pairs[pair["metric"], pair["than"], pair["system"]] = (-pair["difference"], -ends[1], -ends[0])
    systems = list(dict.fromkeys(system for system, _ in cells))
    for than in systems:
        for each in seen.go(f"in={section}&axis=*&than={than}").page.evaluate(TABLE):
            mine, theirs = cells[each["system"], each["metric"]], cells[than, each["metric"]]
            if mine.value is None or theirs.value is None:
                assert each["lines"] == ["not comparable"]
            elif than == each["system"]:
                assert each["lines"] == ["reference"]
            else:
                found = pairs.get((each["metric"], each["system"], than))
                value = found[0] if found else mine.value - theirs.value
                assert float(each["value"]) == pytest.approx(value, abs=1e-12)
                assert each["lines"][0] == signed(float(each["value"]), mine.unit)
                assert each["lines"][1:] == [said_of(found, mine.unit)]
                sure = found is not None and not found[1] <= 0 <= found[2]
                assert (each["up"], each["down"]) == (sure and better(value, mine), sure and not better(value, mine))


def said_of(found, unit):
    if found is None:
        return "no interval (one reading each)"
    _, low, high = found
    unit = "difference" if unit == "share" else unit
    return f"{figure(low, unit)} to {figure(high, unit)}{', n.s.' if low <= 0 <= high else ''}"


def better(value, cell):
    return (value > 0) == (cell.better == "higher")


@pytest.mark.parametrize(("section", "tag"), list(product(SECTIONS, ["one document", "two documents"])))
def test_every_figure_for_a_kind_of_question_is_the_board_s(visit, published, told, section, tag):
    kinds = {(row["system"], row["metric"]): row for row in of(told["tags"], SECTIONS[section]) if row["tag"] == tag}
    assert kinds
    for each in visit(published / "index.html").go(f"in={section}&axis=*&tag={tag}").page.evaluate(TABLE):
        found = kinds.get((each["system"], each["metric"]))
        if found is None:
            assert each["lines"] == ["no breakdown"]
        else:
            unit = found["unit"]
            ends = f"{figure(found['ci_low'], unit)} to {figure(found['ci_high'], unit)}"
            assert each["lines"] == [figure(found["value"], unit), ends, f"n {found['n']}"]


@pytest.mark.parametrize("section", SECTIONS)
def test_the_scoreboard_has_the_best_first(visit, published, told, section):
    seen = visit(published / "index.html").go(f"in={section}")
    shown = zip(seen.texts(".scoreboard .who"), seen.texts(".scoreboard data"), strict=True)
    cells = [Result(**row) for row in of(told["cells"], SECTIONS[section]) if row["metric"] == "accuracy.exact"]
    assert list(shown) == [(cell.system, of_cell(cell)) for cell in sorted(cells, key=lambda cell: -cell.value)]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_claim_has_its_verdict_and_its_figures(visit, published, told, section):
    seen = visit(published / "index.html").go(f"in={section}")
    seen.page.eval_on_selector_all(".debate details", "nodes => nodes.forEach(node => { node.open = true })")
    rows = """nodes => nodes.filter(node => node.checkVisibility())
        .map(node => [node.dataset.ruled, ...["p", "small"].map(part => node.querySelector(part).innerText)])"""
    shown = {words: (ruled, about) for ruled, words, about in seen.page.eval_on_selector_all(".claims li", rows)}
    findings = [ClaimResult(**row) for row in of(told["claims"], SECTIONS[section])]
    assert shown.keys() == {found.claim for found in findings}
    for found in findings:
        ruled, about = shown[found.claim]
        if [each.claim for each in findings].count(found.claim) == 1:
            assert ruled == found.verdict
            assert about.partition(" · source:")[0] == evidence(found)


MARKED = {"-": "\u2013", "?": "?", "x": "✗", 1.0: "✓", 0.0: "✗"}


def as_mark(value, record):
    """How the list of answers shows a value."""
    good = value if record.better == "higher" else 1 - value
    return MARKED[good] if record.unit == "share" and good in (0.0, 1.0) else figure(value, record.unit)


@pytest.mark.parametrize(
    "metric", ["accuracy.exact", "accuracy.f1", "hallucination.contradicted", "faithfulness.retrieved", "latency.seconds"]
)
def test_every_mark_in_the_list_of_answers_is_the_record_s(visit, published, measured, metric):
    seen = visit(published / "index.html").go(f"view=answers&metric={metric}")
    systems = seen.texts(".list thead th")[2:]
    rows = "rows => rows.map(row => [...row.cells].slice(2).map(cell => (cell.querySelector('.mark').firstChild.data)))"
    shown = seen.page.eval_on_selector_all(".list tbody tr", rows)
    assert len(shown) == 60
    for place, marks in enumerate(shown):
        for system, found in zip(systems, marks, strict=True):
            by_seed = measured["instruments", "tiny", system, metric][f"q{place:04}"]
            last = next(iter(by_seed.values()))
            value = mean_over_seeds(by_seed)
            if any(record.status == "failed" for record in by_seed.values()):
                assert found == MARKED["x"]
            elif value is None:
                assert found == MARKED["?" if last.status == "unmeasured" else "-"]
            else:
                assert found == as_mark(value, last)


SCORES = """() => [...document.querySelectorAll(".attempt")].flatMap(card => {
  const bodies = [card, ...card.querySelectorAll(".seed")];
  return bodies.flatMap((body, number) => [...body.querySelectorAll(".scores tbody tr")]
    .filter(row => (row.closest(".seed") ?? card) === body)
    .map(row => ({
      system: card.querySelector("h3 bdi").textContent, number, metric: row.cells[0].textContent,
      value: row.querySelector("data")?.value, because: row.cells[2].textContent,
      text: (row.querySelector("data") ?? row.querySelector(".mark").firstChild).textContent,
    })));
})"""


@pytest.mark.parametrize("place", [0, 7, 8, 9, 59])
def test_every_score_of_a_question_is_the_record_s_with_its_reason(visit, published, measured, place):
    shown = visit(published / "index.html").go(f"view=question&q=q{place:04}").page.evaluate(SCORES)
    expected = {
        (system, number, metric): record
        for (suite, _, system, metric), items in measured.items()
        if suite == "instruments"
        for number, record in items.get(f"q{place:04}", {}).items()
    }
    assert {(each["system"], each["number"], each["metric"]) for each in shown} == expected.keys()
    assert len(shown) == len(expected)
    for each in shown:
        record = expected[each["system"], each["number"], each["metric"]]
        assert each["because"] == record.reason
        if record.status == "scored":
            assert float(each["value"]) == pytest.approx(record.value, rel=1e-5)
            assert each["text"] == figure(record.value, record.unit)
        else:
            assert each["text"] == {"failed": "✗", "unmeasured": "?", "not_applicable": "\u2013"}[record.status]


def test_the_view_of_a_system_has_all_its_figures_whatever_the_table_was_turned_into(visit, published, told):
    seen = visit(published / "index.html").go("than=rag&tag=one+document").go("axis=*&than=lora").go("view=system&system=hybrid")
    lines = (
        "rows => rows.map(({ cells: [name, cell] }) => "
        "[name.innerText.split(' ')[0], cell.querySelector('data, abbr').firstChild.data])"
    )
    shown = dict(seen.page.eval_on_selector_all("[data-view=system] tbody tr:not(.metric)", lines))
    cells = [Result(**row) for row in of(told["cells"], ("instruments", "tiny")) if row["system"] == "hybrid"]
    assert shown == {cell.metric: of_cell(cell) for cell in cells}


VALUES = [
    0,
    1,
    -1,
    0.5,
    1 / 3,
    2 / 3,
    0.0005,
    0.00049,
    0.9995,
    0.99949,
    12.35,
    99.94,
    99.95,
    999.4,
    999.5,
    1234.5,
    59.95,
    600,
    599.9,
    86400,
    1e-7,
]
AMOUNTS = [*VALUES, 0.125, 0.0625, 0.875, 2.5, 1.005, 123456789, 1.9e13, 6.02e23, -0.00049, -1234.5, 0.045, 0.055, 0.115]


UNITS = ["share", "difference", "seconds", "tokens", "tokens/s", "bytes", "joules", "FLOP", "bits", "passages", ""]


@pytest.mark.parametrize("how", [figure, signed])
def test_scripts_write_numbers_as_the_server_does(visit, published, how):
    seen = visit(published / "index.html")
    pairs = [(value, unit) for value, unit in product(AMOUNTS, UNITS) if abs(value) < 1e15 or unit == "FLOP"]
    script = f"pairs => pairs.map(([value, unit]) => Figures.{how.__name__}(value, unit))"
    assert seen.page.evaluate(script, pairs) == [how(value, unit) for value, unit in pairs]


def test_sections_are_those_of_the_board(published, told):
    places = dict.fromkeys((cell["suite"], cell["base_model"]) for cell in told["cells"])
    assert {slugs(*place): place for place in places} == SECTIONS
