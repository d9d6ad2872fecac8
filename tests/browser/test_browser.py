"""The page where people read it: in a real browser, from the disk and from a server, light and dark, on a desk and on a phone."""

from __future__ import annotations

import pytest

from proctor.leaderboard.site import page
from proctor.leaderboard.site.page import publish
from tests.browser.walks import AWAY, Way
from tests.browsing import DESK, PHONE, SIZES, VIEWS, needs_browser, served
from tests.sample_run import Sample, make_run

pytestmark = needs_browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_view_opens_from_the_disk_and_asks_nobody(walk, published, size, scheme):
    seen = walk(published / "index.html", Way(size, scheme, picture=f"{{view}}-{size}-{scheme}"))
    assert {view: shown.wider for view, shown in seen.views.items() if shown.wider > 0} == {}
    assert seen.requests == [(published / "index.html").as_uri()]
    assert seen.complaints == []


def texts(walked):
    return {view: shown.text for view, shown in walked.views.items()}


@pytest.fixture
def read(walk, published):
    """The page read on a desk: every view after others that could have left something behind."""
    return walk(published / "index.html", Way(through=AWAY))


def test_every_view_is_the_same_from_a_server(walk, published, read):
    with served(published) as address:
        there = walk(f"{address}/", Way())
    assert texts(there) == texts(read)
    assert there.requests == [f"{address}/"]
    assert there.complaints == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_link_to_a_state_shows_that_state(visit, published, read, view):
    fresh = visit(f"{(published / 'index.html').as_uri()}#{VIEWS[view]}")
    assert fresh.page.inner_text("main") == read.views[view].text
    assert fresh.texts("[aria-current=page]") == read.views[view].current != []


def test_dark_and_light_differ(visit, published):
    grounds = {
        scheme: visit(published / "index.html", DESK, scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert grounds["light"] != grounds["dark"]


def test_a_wide_table_scrolls_in_its_own_box(visit, published):
    page = visit(published / "index.html", PHONE).go("axis=*").page
    assert page.evaluate("[...document.querySelectorAll('.box')].some(box => box.scrollWidth > box.clientWidth)")


def test_the_policy_would_stop_a_script_that_got_in(visit, published, tmp_path):
    text = (published / "index.html").read_text().replace("</main>", "<script>document.title = 'owned'</script></main>")
    broken = tmp_path / "broken.html"
    broken.write_text(text)
    seen = visit(broken)
    assert seen.page.title() == "Proctor leaderboard"
    assert "Content Security Policy" in seen.complaints[0]


def test_the_policy_would_stop_a_text_that_became_markup(visit, published):
    seen = visit(published / "index.html")
    with pytest.raises(Exception, match="TrustedHTML"):
        seen.page.evaluate("() => { document.querySelector('main').innerHTML = '<b>owned</b>' }")
    assert seen.page.evaluate("() => fetch('leaderboard.json').then(() => 'fetched', () => 'refused')") == "refused"


def test_without_scripts_the_figures_and_the_debate_are_there(visit, published, browser):
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto((published / "index.html").as_uri())
    assert opened.get_by_role("table", name="All figures").first.is_visible()
    assert opened.get_by_role("heading", name="Common claims, tested on this domain").first.is_visible()
    assert opened.get_by_role("heading", name="PubMedQA").first.is_visible()
    assert not opened.locator(".js:visible").count()
    context.close()


@pytest.fixture(scope="module")
def beside(published, tmp_path_factory):
    """The same site with the answers in files beside the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "ROOM", 1000)
        runs = [published.parent / name for name in ("run", "other")]
        return publish(runs, tmp_path_factory.mktemp("beside") / "site").parent


ANSWERED = [name for name in VIEWS if name not in ("history", "source")]


def test_answers_beside_the_page_are_shown_the_same(walk, read, beside):
    fromdisk = walk(beside / "index.html", Way())
    with served(beside) as address:
        fromserver = walk(f"{address}/", Way())
    for view in ANSWERED:
        assert fromdisk.views[view].text == fromserver.views[view].text == read.views[view].text
    assert all(request.startswith(f"{address}/") for request in fromserver.requests)
    loaded = [request.removeprefix(beside.as_uri()) for request in fromdisk.requests]
    assert loaded[0] == "/index.html"
    assert "/answers/instruments--tiny--list.js" in loaded
    assert len(loaded) == len(set(loaded))
    assert fromdisk.complaints == fromserver.complaints == []


def test_a_list_is_busy_until_the_last_answer_has_come(visit, beside):
    late = []
    with served(beside) as address:
        seen = visit(f"{address}/")
        seen.page.route("**/*--block-*", lambda route: late.append(route))  # noqa: PLW0108 # it is given an attribute
        with seen.page.expect_request("**/*--block-*"):
            seen.page.evaluate("() => { location.hash = 'view=answers&system=rag' }")
        seen.page.wait_for_selector(".view .box[aria-busy]")
        assert set(seen.texts(".view .answer")) == {""}
        for route in late:
            route.continue_()
        seen.page.wait_for_function("() => !document.querySelector('[aria-busy]')")
        assert "Halden Works" in seen.texts(".view .answer")


def test_nothing_beside_the_page_is_loaded_before_somebody_asks(visit, beside):
    assert len(visit(beside / "index.html").go("axis=*").requests) == 1


def test_a_file_that_is_missing_is_said_in_words_and_found_when_it_is_back(visit, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "ROOM", 1000)
    site = publish([make_run(tmp_path / "run", Sample(questions=6))], tmp_path / "site").parent
    (site / "answers").rename(site / "elsewhere")
    seen = visit(site / "index.html").go("view=answers")
    assert "answers/instruments--tiny--list.js is not there: publish the run again" in seen.page.inner_text("main")
    (site / "elsewhere").rename(site / "answers")
    seen.go("").go("view=answers")
    assert "6 of 6 questions" in seen.page.inner_text("main")


def test_what_was_asked_for_last_is_shown_however_late_the_rest_comes(visit, beside):
    with served(beside) as address:
        seen = visit(f"{address}/")
        held = []

        def hold(route):
            held.append(route)

        seen.page.route("**/*--scores-0.js", hold)
        seen.page.evaluate("location.hash = 'view=answers&metric=accuracy.exact'")
        seen.page.wait_for_timeout(300)
        seen.go("view=answers&metric=latency.seconds")
        assert "ms" in seen.page.inner_text(".list tbody")
        with seen.change():
            held[0].continue_()
        assert "ms" in seen.page.inner_text(".list tbody")
