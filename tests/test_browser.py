"""The page where people read it: in a real browser, from the disk, in light and dark, on a desk and on a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leaderboard.page import publish
from tests.sample_run import Sample, make_run
from tests.test_page import HOSTILE, hostile_run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
PICTURES = os.environ.get("PROCTOR_PICTURES")
"""A folder for screenshots, to be looked at."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("browsed")
    runs = [
        make_run(folder / "run", Sample(seeds=3)),
        make_run(folder / "other", Sample(suite="pubmed", title="PubMedQA", base_model="qwen")),
    ]
    return publish(runs, folder / "site").parent


class Visit:
    """A page that was opened, with everything that it tried."""

    def __init__(self, browser: Any, path: Path, size: dict[str, int] = DESK, scheme: str = "light") -> None:
        context = browser.new_context(viewport=size, color_scheme=scheme)
        self.page = context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))
        self.page.goto(path.as_uri())

    def picture(self, name: str) -> None:
        if PICTURES:
            height = min(self.page.evaluate("document.documentElement.scrollHeight"), 4000)
            self.page.set_viewport_size({**self.page.viewport_size, "height": height})
            self.page.screenshot(path=Path(PICTURES) / f"{name}.png")

    def close(self) -> None:
        self.page.context.close()


@pytest.fixture
def visit(browser) -> Iterator[Any]:
    visits: list[Visit] = []

    def go(path: Path, *how: Any) -> Visit:
        visits.append(Visit(browser, path, *how))
        return visits[-1]

    yield go
    for each in visits:
        each.close()


VIEWS = ["index.html", "systems/instruments--tiny--hybrid.html"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_view_opens_from_the_disk_and_asks_nobody(visit, site, view, scheme, size):
    seen = visit(site / view, size, scheme)
    assert seen.requests == [(site / view).as_uri()]
    assert seen.complaints == []
    wider = seen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    seen.picture(f"{Path(view).stem}-{'desk' if size is DESK else 'phone'}-{scheme}")


def test_dark_and_light_differ(visit, site):
    grounds = {
        scheme: visit(site / "index.html", DESK, scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert grounds["light"] != grounds["dark"]


def test_a_wide_table_scrolls_in_its_own_box(visit, site):
    page = visit(site / "index.html", PHONE).page
    assert page.evaluate("[...document.querySelectorAll('.box')].some(box => box.scrollWidth > box.clientWidth)")


def test_the_plot_is_drawn_in_the_colours_of_the_page(visit, site):
    page = visit(site / "index.html", DESK, "dark").page
    fills = page.evaluate("[...document.querySelectorAll('figure svg text')].map(text => getComputedStyle(text).fill)")
    assert set(fills) == {"rgb(232, 234, 237)", "rgb(163, 171, 181)"}
    assert page.locator("figure svg").first.bounding_box()["height"] > 200


def test_two_clicks_lead_to_a_question_and_back(visit, site):
    seen = visit(site / "index.html")
    seen.page.get_by_role("link", name="hybrid").first.click()
    assert seen.page.title().startswith("hybrid on Bench instruments")
    passages = seen.page.locator("details").first
    assert not passages.locator("li").first.is_visible()
    passages.locator("summary").click()
    assert passages.locator("li").first.is_visible()
    seen.page.get_by_role("link", name="Proctor", exact=True).click()
    assert seen.page.url == (site / "index.html").as_uri()
    assert seen.complaints == []


def test_the_keyboard_reaches_the_content_the_links_and_the_tables(visit, site):
    page = visit(site / "index.html").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName + ' ' + document.activeElement.className"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
    assert {"DIV box", "A "} <= reached


def test_the_keyboard_unfolds_the_claims_that_were_not_measured(visit, site):
    seen = visit(site / "index.html", PHONE)
    debate = seen.page.get_by_role("region", name="The debate, on this domain").first
    rest = debate.get_by_text("the run does not measure updates.fresh").first
    assert debate.get_by_text("contradicted").or_(debate.get_by_text("supported")).first.is_visible()
    assert not rest.is_visible()
    debate.locator("summary").focus()
    seen.page.keyboard.press("Enter")
    assert rest.is_visible()
    assert seen.complaints == []


def test_a_screen_reader_finds_tables_with_names_and_headings(visit, site):
    page = visit(site / "index.html").page
    assert page.get_by_role("table", name="At a glance").count() == 2
    assert page.get_by_role("rowheader", name="hybrid").count() > 5
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("img", name="Accuracy against general ability kept: hybrid answered most").count() == 2
    assert "best" in page.get_by_role("table", name="At a glance").first.inner_text()


def test_hostile_content_runs_nothing_and_asks_nobody(visit, tmp_path):
    site = publish([hostile_run(tmp_path / "run")], tmp_path / "site").parent
    pages = sorted(site.rglob("*.html"))
    assert len(pages) == 1 + len(HOSTILE)
    for path in pages:
        seen = visit(path)
        assert seen.requests == [path.as_uri()]
        assert seen.complaints == []
        assert seen.page.url == path.as_uri()
        assert seen.page.locator("script, iframe, img, object, embed, form").count() == 0
        assert seen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        seen.close()


def test_the_policy_would_stop_a_script_that_got_in(visit, site, tmp_path):
    text = (site / "index.html").read_text().replace("</main>", "<script>document.title = 'owned'</script></main>")
    broken = tmp_path / "broken.html"
    broken.write_text(text)
    seen = visit(broken)
    assert seen.page.title() == "Proctor leaderboard"
    assert "Content Security Policy" in seen.complaints[0]


def test_paper_gets_everything(visit, site):
    page = visit(site / "systems/instruments--tiny--rag.html").page
    page.emulate_media(media="print")
    assert page.locator("details li").first.is_visible()
