"""The view of retrieval, against `leaderboard.json` and the run that it is of."""

from __future__ import annotations

import json

import pytest

from proctor.leaderboard.analysis.recall import SAVED
from proctor.leaderboard.formatting import between, figure
from proctor.leaderboard.runs.saved import save
from proctor.leaderboard.runs.store import Store, read
from proctor.leaderboard.site.page import publish
from tests.browsing import PHONE, needs_browser
from tests.sample_run import TWO, Sample, lost, make_run, record

pytestmark = needs_browser

VIEW = ".view[data-view=retrieval]"
CHUNKED = {"settings": {"adapt": "none", "retrieve": "dense", "chunker": "sentences"}}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Of three systems that look passages up, two of which differ in their chunkers alone."""
    folder = tmp_path_factory.mktemp("retrieval")
    sample = Sample(full=True, questions=120)
    make_run(folder / "run", sample)
    store = Store(folder / "run")
    told = read(folder / "run").provenance
    settings = {"adapt": "none", "retrieve": "dense", "chunker": "recursive"}
    told["systems"] |= {"rag": {"settings": settings}, "chunked": {"settings": settings | {"chunker": "sentences"}}}
    told["made"] = {"instruments/tiny/rag/0": {"index": {"passages": 300, "long": 7}}}
    about = {"system": "chunked", "cluster": "c"}
    rows = [
        record("accuracy.exact", f"q{place:04}", float(place % 3 == 0), **about | {"cluster": f"c{place}"})
        for place in range(120)
    ]
    rows += [
        record("retrieval.recall@3", f"q{place:04}", float(place % 2), **about | {"cluster": f"c{place}"}) for place in range(120)
    ]
    rows += [record("cost.index_seconds", "all", 3.0, unit="seconds", better="lower", system="rag")]
    store.add(rows)
    store.set_provenance(told)
    return publish([folder / "run"], folder / "site").parent


@pytest.fixture(scope="module")
def known(site):
    return json.loads((site / "leaderboard.json").read_text())


def data(seen, rows):
    """Of every row what its attributes say, and the values of its cells."""
    script = """rows => rows.map(row => ({...row.dataset,
        values: [...row.querySelectorAll("data")].map(node => Number(node.value)),
        texts: [...row.cells].map(cell => cell.textContent)}))"""
    return seen.page.eval_on_selector_all(f"{VIEW} {rows}", script)


def test_the_curve_and_its_table_are_those_of_the_board(visit, site, known):
    seen = visit(site / "index.html").go("view=retrieval")
    shown = data(seen, ".curve tbody tr")
    wanted = [(row["system"], *point) for row in known["retrieval"] for point in row["curve"]]
    assert [(row["system"], int(row["k"]), row["values"]) for row in shown] == [(who, k, [value]) for who, k, value, *_ in wanted]
    for row, (_, _, value, low, high) in zip(shown, wanted, strict=True):
        assert row["texts"][2] == figure(value, "share") + between(figure(low, "share"), figure(high, "share"))
    drawn = seen.page.locator(f"{VIEW} .curve svg[role=img]").get_attribute("aria-label")
    assert figure(wanted[0][2], "share") in drawn
    assert seen.complaints == []


def test_where_evidence_was_lost_is_what_the_board_counts(visit, site, known):
    seen = visit(site / "index.html").go("view=retrieval")
    rows = {row["system"]: row for row in known["retrieval"] if row["n"]}
    cells = seen.page.eval_on_selector_all(
        f"{VIEW} .lost td[data-cause]",
        """cells => cells.map(cell => [cell.closest("tr").dataset.system, cell.dataset.cause,
            Number(cell.querySelector("data").value), cell.querySelector("small")?.textContent ?? ""])""",
    )
    assert {system for system, *_ in cells} == rows.keys()
    for system, cause, count, words in cells:
        assert count == rows[system]["lost"].get(cause, 0)
        assert words == (f"{rows[system]['wrong'][cause]} wrong" if count else "")
    assert {cause for _, cause, count, _ in cells if count} == {"split", "far", "beyond", "cut", "shown"}


def test_costs_are_of_a_thousand_documents_or_not_measured(visit, site, known):
    seen = visit(site / "index.html").go("view=retrieval")
    rows = {row["system"]: row["per_thousand"]["seconds"] for row in known["retrieval"]}
    cells = dict(
        seen.page.eval_on_selector_all(
            f"{VIEW} td[data-cost=seconds]", "cells => cells.map(cell => [cell.closest('tr').dataset.system, cell.textContent])"
        )
    )
    assert cells == {who: "not measured" if value is None else figure(value, "seconds") for who, value in rows.items()}
    assert rows["rag"] == 20.0
    assert "7 of 300 passages are longer than the embedder reads" in seen.texts(f"{VIEW} .cautions")[0]


@pytest.mark.parametrize("metric", ["accuracy.exact", "retrieval.recall@3"])
def test_effects_of_parts_are_those_of_the_board(visit, site, known, metric):
    seen = visit(site / "index.html").go(f"view=retrieval&metric={metric}")
    (wanted,) = [row for row in known["parts"] if row["metric"] == metric]
    (row,) = data(seen, ".parts tbody tr")
    assert row["values"] == [wanted["value"]]
    assert row["texts"][1] == "recursive → sentences"
    assert row["texts"][2].endswith(between(figure(wanted["ci_low"], "difference"), figure(wanted["ci_high"], "difference")))
    significant = wanted["p"] < 0.05 and not wanted["ci_low"] <= 0 <= wanted["ci_high"]
    assert row["verdict"] == (("better" if wanted["value"] > 0 else "worse") if significant else "n.s.")


def test_a_count_leads_to_its_questions_with_what_is_missing_beside_what_was_found(visit, site):
    seen = visit(site / "index.html").go("view=retrieval")
    link = seen.page.locator(f"{VIEW} .lost tr[data-system=hybrid] [data-cause=beyond] a")
    count = int(link.inner_text())
    link.focus()
    with seen.change():
        seen.page.keyboard.press("Enter")
    seen.page.wait_for_function("() => document.activeElement.id === 'failures'")
    assert "cause=beyond" in seen.state
    wanted = [row for row in json.loads(lost(Sample(questions=120), "hybrid"))["questions"] if row["cause"] == "beyond"]
    cards = seen.page.locator(f"{VIEW} .failures article")
    assert (cards.count(), count) == (len(wanted), len(wanted))
    first = cards.first.inner_text()
    assert wanted[0]["pieces"][0]["text"] in first
    assert "it is number 7" in first
    assert "Found and shown: 3" in first
    with seen.change():
        cards.first.locator("h4 a").click()
    assert f"q={wanted[0]['question']}" in seen.state


def test_failures_are_those_whose_evidence_was_lost_or_that_were_answered_wrongly(visit, site, known):
    seen = visit(site / "index.html").go("view=retrieval&system=rag")
    (row,) = [row for row in known["retrieval"] if row["system"] == "rag"]
    failed = sum(row["lost"].values()) - row["lost"]["shown"] + row["wrong"]["shown"]
    assert seen.texts(f"{VIEW} [role=status]") == [f"{failed} questions"]
    shown = []
    while True:
        shown += seen.page.eval_on_selector_all(f"{VIEW} .failures article", "cards => cards.map(card => card.dataset.cause)")
        following = seen.page.locator(f"{VIEW} .pager a", has_text="the next")
        if not following.count():
            break
        with seen.change():
            following.click()
    assert len(shown) == failed
    order = ["split", "far", "beyond", "cut", "shown"]
    assert shown == sorted(shown, key=order.index)


def test_a_saved_run_shows_what_it_has_and_says_what_is_missing(visit, tmp_path):
    make_run(tmp_path / "run", Sample(questions=12, systems=TWO))
    save(read(tmp_path / "run"), tmp_path / "saved.json")
    site = publish([tmp_path / "saved.json"], tmp_path / "site").parent
    seen = visit(site / "index.html").go("view=retrieval")
    text = seen.page.inner_text(VIEW)
    assert SAVED in text
    assert "which count documents" in text
    assert len(data(seen, ".curve tbody tr")) == 1
    assert seen.complaints == []


def test_without_a_system_that_looks_passages_up_there_is_no_link_and_the_view_says_so(visit, tmp_path):
    site = publish([make_run(tmp_path / "run", Sample(questions=6, systems={"base": 0.1}))], tmp_path / "site").parent
    seen = visit(site / "index.html")
    assert "Retrieval" not in seen.texts("#views a")
    assert "No system of this board looks passages up" in seen.go("view=retrieval").page.inner_text(VIEW)


def test_failures_stand_below_each_other_on_a_phone(visit, site):
    seen = visit(site / "index.html", PHONE).go("view=retrieval&system=rag&cause=beyond")
    sides = seen.page.locator(f"{VIEW} .sides").first.locator("> div")
    above, below = (sides.nth(place).bounding_box() for place in range(2))
    assert below["y"] >= above["y"] + above["height"]
    assert seen.wider <= 0


def test_the_view_is_whole_on_paper(visit, site):
    seen = visit(site / "index.html").go("view=retrieval&system=rag&cause=beyond")
    seen.page.emulate_media(media="print")
    text = seen.page.inner_text(VIEW)
    assert "Where the evidence was lost" in text
    assert "What rag should have found" in text
    assert not seen.page.locator("#views").is_visible()
