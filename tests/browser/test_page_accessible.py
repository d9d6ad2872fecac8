"""The page for everybody: by keyboard, to a screen reader, enlarged, without motion or colours, and on paper."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.browser.walks import AWAY, Way
from tests.browsing import DESK, VIEWS, needs_browser

pytestmark = needs_browser
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the package axe-playwright-python is not installed")


@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])  # colours do not hang on the size
def test_axe_finds_nothing_in_any_view(walk, full, size, scheme):
    seen = walk(full, Way(size, scheme, unfold=True, axe=True))
    assert {view: shown.violations for view, shown in seen.views.items() if shown.violations} == {}


@pytest.mark.parametrize("view", VIEWS)
def test_everything_that_can_be_clicked_is_reached_by_tabs_and_its_focus_is_seen(visit, full, view):
    seen = visit(full).go(VIEWS[view])
    page = seen.page
    wanted = """() => [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
        .filter(node => node.checkVisibility({ visibilityProperty: true }) && node.type !== "radio").length"""
    count = page.evaluate(wanted)
    step = """() => {
      const { activeElement: node } = document;
      if (node === document.body) return null;
      node.dataset.reached = "";
      const style = getComputedStyle(node);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 ? "" : node.outerHTML.slice(0, 200);
    }"""
    unseen = []
    for _ in range(count + 1):  # from its end the focus goes through the document itself to its beginning
        page.keyboard.press("Tab")
        if (found := page.evaluate(step)) is None:
            page.keyboard.press("Tab")
            found = page.evaluate(step)
        unseen.append(found)
    assert set(unseen) == {""}
    assert page.evaluate("document.querySelectorAll('[data-reached]').length") == count


def test_the_keyboard_skips_to_the_content(visit, published):
    seen = visit(published / "index.html")
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.className") == "skip"
    assert seen.page.locator(".skip").bounding_box()["x"] >= 0
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "main"
    assert seen.state == ""


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_sorts_and_unfolds(visit, published, key):
    seen = visit(published / "index.html")
    sort = seen.page.locator("th[data-metric='accuracy.exact'] button:visible")
    sort.focus()
    with seen.change():
        seen.page.keyboard.press(key)
    assert seen.texts("table.figures tbody th a")[0] == "hybrid"
    assert seen.page.evaluate("document.activeElement.className") == "sort"
    folded = seen.page.locator(".debate details:visible").first
    folded.locator("summary").focus()
    seen.page.keyboard.press(key)
    assert folded.locator("li").first.is_visible()


def test_the_keyboard_chooses_in_a_list_and_stays_there(visit, published):
    seen = visit(published / "index.html").go("view=answers")
    seen.page.locator("[data-field=field-0]").focus()
    with seen.change():
        seen.page.keyboard.press("ArrowDown")
    assert seen.state == "view=answers&system=base"
    assert seen.page.evaluate("document.activeElement.dataset.field") == "field-0"
    with seen.change():
        seen.page.keyboard.press("ArrowDown")
    assert seen.state == "view=answers&system=rag"


def test_the_focus_goes_along_to_another_view(visit, published):
    seen = visit(published / "index.html")
    for act in (
        lambda: seen.page.get_by_role("link", name="Answers").press("Enter"),
        lambda: seen.page.locator(".list tbody a").nth(30).press("Enter"),
        lambda: seen.page.get_by_role("link", name="the next").press("Enter"),
        lambda: seen.page.get_by_role("link", name="All answers").press("Enter"),
    ):
        with seen.change():
            act()
        seen.page.wait_for_function("() => document.activeElement.id === 'main'")
        assert seen.page.evaluate("scrollY") == 0


def test_a_screen_reader_finds_tables_with_names(visit, published):
    page = visit(published / "index.html").page
    assert page.get_by_role("table", name="All figures: systems against metrics").count() == 1
    assert page.get_by_role("rowheader", name="hybrid").count() >= 1
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("navigation", name="Views").count() == 1


@pytest.mark.parametrize("view", VIEWS)
def test_a_screen_reader_finds_headings_of_every_level(walk, published, view):
    found = walk(published / "index.html", Way(through=AWAY)).views[view].levels
    assert found[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(found)), found


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_enlarged_to_400_per_cent_needs_no_scrolling_sideways(walk, full, view):
    """Tables scroll in boxes of their own."""
    assert walk(full, Way("narrow", unfold=True, picture="{view}-narrow")).views[view].wider <= 0


def test_texts_twice_as_large_still_fit(walk, full):
    views = walk(full, Way("phone", larger="200%")).views
    assert {view: shown.wider for view, shown in views.items() if shown.wider > 0} == {}


def test_who_wants_no_motion_gets_none(visit, published):
    for wish, behaviour in (("reduce", "auto"), ("no-preference", "smooth")):
        seen = visit(published / "index.html", DESK, reduced_motion=wish)
        assert seen.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == behaviour
        assert seen.page.evaluate("document.getAnimations().length") == 0


def test_without_its_colours_the_page_says_the_same(visit, published):
    """Best and tied, sorted and chosen are said by more than colour."""
    seen = visit(published / "index.html", DESK, forced_colors="active").go("sort=accuracy.exact")
    best = seen.page.locator("td.best data:visible").first
    assert int(best.evaluate("node => getComputedStyle(node).fontWeight")) >= 700
    assert seen.page.locator("td.tied .mark:visible").first.inner_text() == "\u2248"
    assert "\u25be" in seen.page.locator("[aria-sort] .sort").first.evaluate("node => getComputedStyle(node, '::after').content")
    marked = (
        "node => getComputedStyle(node).backgroundColor !== 'rgba(0, 0, 0, 0)' || getComputedStyle(node).borderStyle !== 'none'"
    )
    dot = seen.page.locator("td .bar b:visible").first
    assert dot.evaluate(marked)
    assert dot.evaluate("node => getComputedStyle(node).backgroundColor") != seen.page.evaluate(
        "getComputedStyle(document.body).backgroundColor"
    )
    seen.picture("board-forced-colours")


@pytest.mark.parametrize("state", ["", "view=question&q=q0000", "view=system&system=rag"])
def test_paper_gets_everything_that_was_folded(visit, published, state):
    seen = visit(published / "index.html").go(state)
    seen.page.emulate_media(media="print")
    shown = "node.closest('details:not(.columns)') && node.closest('.section:not([hidden]), .view:not([hidden])')"
    folded = f"all => all.filter(node => {shown}).map(node => node.outerHTML)"
    hidden = f"all => all.filter(node => {shown} && !node.checkVisibility())"
    assert seen.page.eval_on_selector_all("details li, details td, details dd, details pre", hidden) == []
    assert seen.page.eval_on_selector_all("details li, details td, details dd, details pre", folded)
    assert not seen.page.locator("#views a, select, .skip").and_(seen.page.locator(":visible")).count()
    assert seen.wider <= 0
