"""Suites, models, documents and answers are not trusted: whatever they hold is text on the page, and nothing else."""

from __future__ import annotations

import csv
import re
import unicodedata
from urllib.parse import urlencode

import pytest

from proctor.core.slugs import slugs
from proctor.leaderboard.site import details
from proctor.leaderboard.site.escape import printable
from tests.browsing import DESK, PHONE, needs_browser, served
from tests.hostile import CROWD, HOSTILE, LISTED
from tests.markup import parsed

WALK = """async states => {
  const [known, found, inside] = [new Set(NAMES), [], /^(#|[a-z]+\\.(json|csv|parquet|xml)$)/];
  const event = node => [...node.attributes].some(({ name }) => name.startsWith("on"));
  for (const state of states) {
    const before = performance.getEntriesByName("shown").length;
    location.hash = state;
    const busy = () => performance.getEntriesByName("shown").length === before || document.querySelector("[aria-busy]");
    while (busy()) await new Promise(done => setTimeout(done, 2));
    const shown = [...document.querySelectorAll(".section, .view")].find(each => !each.hidden);
    const nodes = [...shown.querySelectorAll("*")];
    const odd = nodes.filter(node => !known.has(node.localName.toLowerCase()) || event(node));
    const away = nodes.filter(node => node.localName === "a" && !inside.test(node.getAttribute("href")));
    found.push({
      state, odd: odd.map(node => node.outerHTML), away: away.map(node => node.outerHTML),
      wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      title: shown.querySelector("h2")?.textContent, view: shown.dataset.view ?? shown.dataset.section,
      names: [...new Set([...shown.querySelectorAll(".attempt h3 bdi, .list thead bdi")].map(node => node.textContent))],
      said: [...shown.querySelectorAll(".said")].map(node => node.textContent), text: shown.innerText.slice(0, 2000),
    });
  }
  return found;
}"""
"""Goes to each state and tells what is shown there."""


def of_text(text):
    """How a page holds it."""
    return printable(text)


def cut(text):
    return details._cut(of_text(text))


def in_order(*systems):
    """Those in the table of systems first, the others by name."""
    return sorted(systems, key=lambda name: (name not in LISTED, name))


def states(text):
    """Every view of what a text is the name of."""
    where, name = slugs(text, text), of_text(text)
    views = [{"axis": "*", "than": name, "sort": name}, {"tag": name, "columns": name}, {"view": "system", "system": name}]
    views += [{"view": "answers", "metric": name, "system": name, "other": "other"}, {"view": "question", "q": name}]
    return [urlencode({"in": where, **view}) for view in views]


def names_of_elements(published):
    index = parsed(published / "index.html")
    made = {"title", "i", "mark", "pre", "button", "input", "fieldset", "legend", "article", "output", "circle", "text", "line"}
    return sorted({tag for tag, _ in index.tags} - {"script", "style", "meta", "link", "html", "head"} | made)


@pytest.fixture(scope="module")
def walk(published):
    script = WALK.replace("NAMES", repr(names_of_elements(published)))
    return lambda seen, states: seen.page.evaluate(script, states)


def check(seen, found, site):
    for each in found:
        assert each["odd"] == each["away"] == [], each["state"]
        assert each["wider"] <= 0, each["state"]
    assert seen.complaints == []
    assert seen.page.url.startswith(f"{seen.address}#")
    assert {request.removeprefix(site).split("/")[1] for request in seen.requests} <= {"", "index.html", "answers"}
    assert seen.page.locator("iframe, img, object, embed, form, base, video, audio, svg script").count() == 0
    assert seen.page.locator("script:not([type='application/json']):not([src^='answers/'])").count() == 1
    assert seen.page.evaluate("Object.keys(Object.prototype).length + Object.keys(Array.prototype).length") == 0


@needs_browser
def test_every_view_of_hostile_names_is_only_text(visit, hostile_site, walk):
    seen = visit(hostile_site / "index.html", PHONE)
    found = walk(seen, [state for text in HOSTILE for state in states(text)])
    check(seen, found, hostile_site.as_uri())
    questions = [each for each in found if each["view"] == "question"]
    assert [each["title"] for each in questions] == [cut(text) for text in HOSTILE]
    assert [each["said"] for each in questions] == [[cut(text)] * 2 for text in HOSTILE]
    assert [each["names"] for each in questions] == [list(map(of_text, in_order(text, "other"))) for text in HOSTILE]
    systems = [each for each in found if each["view"] == "system"]
    assert [each["title"].startswith(of_text(text)) for each, text in zip(systems, HOSTILE, strict=True)] == [True] * len(HOSTILE)
    assert not [each["text"] for each in found if "cannot be shown" in each["text"] or "No such" in each["text"]]


@needs_browser
def test_names_that_differ_stay_apart(visit, hostile_site, walk):
    seen, where = visit(hostile_site / "index.html", DESK), slugs(CROWD, CROWD)
    found = walk(seen, [urlencode({"in": where, "view": "answers", "system": of_text(text)}) for text in HOSTILE])
    assert [each["names"] for each in found] == [[of_text(text)] for text in HOSTILE]
    found += walk(
        seen, [urlencode({"in": where, "axis": "*", "than": of_text(text), "sort": of_text(text)}) for text in HOSTILE[::24]]
    )
    found += walk(
        seen, [urlencode({"in": where, "view": "question", "q": of_text(f"q {HOSTILE[0]}")}), "view=source", "view=history"]
    )
    assert found[-3]["names"] == sorted(map(of_text, HOSTILE), key=found[-3]["names"].index)
    check(seen, found, hostile_site.as_uri())
    rows = "rows => rows.map(row => row.dataset.system)"
    systems = seen.page.eval_on_selector_all(f"[data-section='{where}'] tr[data-system]", rows)
    assert len(set(systems)) == len(systems) == len(HOSTILE)
    assert set(systems) == set(map(of_text, HOSTILE))


@needs_browser
def test_a_share_of_right_answers_goes_to_the_name_that_earned_it(visit, hostile_site):
    """In the crowd a system is right about the questions that are not below its own name."""
    seen = visit(hostile_site / "index.html", DESK).go(urlencode({"in": slugs(CROWD, CROWD)}))
    cell = "td[data-metric='accuracy.exact'] data"
    values = "(rows, cell) => rows.map(row => [row.dataset.system, Number(row.querySelector(cell).value)])"
    shown = dict(seen.page.eval_on_selector_all(f"[data-section='{slugs(CROWD, CROWD)}'] tr[data-system]", values, cell))
    for text in HOSTILE:
        assert shown[of_text(text)] == pytest.approx(sum(item <= text for item in HOSTILE) / len(HOSTILE), rel=1e-8)


@needs_browser
def test_hostile_content_is_only_text_from_a_server_too(visit, hostile_site, walk):
    with served(hostile_site) as address:
        seen = visit(f"{address}/index.html", DESK)
        check(seen, walk(seen, [states(text)[-1] for text in HOSTILE[::3]] + ["view=source"]), address)


def test_the_file_holds_hostile_content_as_text_only(hostile_site, published):
    index = parsed(hostile_site / "index.html")
    allowed = {tag for tag, _ in parsed(published / "index.html").tags} | {"select", "option"}
    assert {tag for tag, _ in index.tags} <= allowed
    for tag, attributes in index.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert not (attributes.get("href") or "").lower().startswith(("javascript:", "//", "http"))
        assert tag != "meta" or attributes.get("http-equiv") in (None, "Content-Security-Policy")
        assert tag != "script" or "src" not in attributes


def test_files_beside_the_page_are_called_by_plain_names(hostile_site):
    names = [path.name for path in (hostile_site / "answers").iterdir()]
    assert names
    assert all(name.replace("-", "").replace(".", "").replace("_", "").isalnum() and name.isascii() for name in names)


def test_no_cell_of_a_table_for_download_is_a_formula(hostile_site):
    with (hostile_site / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len({len(row) for row in rows}) == 1
    texts = {cell for row in rows for cell in row if not number(cell)}
    assert not [cell for cell in texts if unicodedata.normalize("NFKC", cell)[:1] in tuple("=+-@\t\r\n")]
    assert {f"'{text}" for text in HOSTILE if text.startswith(("=", "+", "@"))} <= texts


def number(cell):
    return re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", cell) or not cell
