"""The board's controls: sorting, columns, differences, kinds of question, finding systems, several domains, the claims."""

from __future__ import annotations

import json

import pytest

from proctor.leaderboard.runs.store import Store
from proctor.leaderboard.site.page import publish
from tests.browsing import needs_browser
from tests.sample_run import Sample, make_run, record

pytestmark = needs_browser
SYSTEMS = ["base", "rag", "full_ft", "lora", "hybrid"]


@pytest.fixture
def board(visit, published):
    return visit(published / "index.html")


@pytest.fixture(scope="module")
def cells(published):
    rows = json.loads((published / "leaderboard.json").read_text())["cells"]
    return {(row["system"], row["metric"]): row for row in rows if row["suite"] == "instruments"}


def systems(seen):
    return seen.texts("table.figures tbody th a")


def columns(seen):
    shown = "heads => heads.filter(head => head.checkVisibility()).map(head => head.dataset.metric)"
    return seen.page.eval_on_selector_all("table.figures th[data-metric]", shown)


def by_value(cells, metric, *, greatest_first):
    sign = -1 if greatest_first else 1
    values = {system: cells[system, metric]["value"] for system in SYSTEMS}
    known = sorted((system for system in SYSTEMS if values[system] is not None), key=lambda one: sign * values[one])
    return [*known, *(system for system in SYSTEMS if values[system] is None)]


def click(seen, metric):
    with seen.change():
        seen.page.locator(f"th[data-metric='{metric}'] .sort:visible").click()


@pytest.mark.parametrize("metric", ["accuracy.exact", "faithfulness.retrieved", "hallucination.contradicted", "forgetting"])
def test_a_column_sorts_best_first_then_worst_first_then_not(board, cells, metric):
    higher = cells["base", metric]["better"] == "higher"
    board.go("axis=*")
    head = board.page.locator(f"th[data-metric='{metric}']").first
    for greatest_first, state in ((higher, f"axis=*&sort={metric}"), (not higher, f"axis=*&sort={metric}&way=worst")):
        click(board, metric)
        assert systems(board) == by_value(cells, metric, greatest_first=greatest_first)
        assert head.get_attribute("aria-sort") == ("descending" if greatest_first else "ascending")
        assert board.page.locator("th[aria-sort]").count() == 1
        assert board.state == state
    click(board, metric)
    assert systems(board) == SYSTEMS
    assert board.page.locator("th[aria-sort]").count() == 0
    assert board.state == "axis=*"


def test_what_is_shown_is_what_is_sorted_by(board, published):
    told = json.loads((published / "leaderboard.json").read_text())
    kinds = {
        row["system"]: row["value"]
        for row in told["tags"]
        if (row["suite"], row["tag"], row["metric"]) == ("instruments", "two documents", "accuracy.exact")
    }
    board.go("tag=two+documents&sort=accuracy.exact")
    assert [kinds[system] for system in systems(board)] == sorted(kinds.values(), reverse=True)
    board.go("than=rag&sort=faithfulness.retrieved&way=worst")
    assert systems(board)[-3:] == ["base", "full_ft", "lora"]


def test_one_axis_all_axes_or_what_is_asked_for_first(board):
    assert columns(board) == ["accuracy.exact", "forgetting"]
    select = board.page.get_by_label("Show what").or_(board.page.locator("select[data-set=axis]:visible")).first
    with board.change():
        select.select_option("forgetting")
    assert columns(board) == ["forgetting", "general.arithmetic", "general.colours", "general.opposites"]
    assert board.state == "axis=forgetting"
    assert [text.partition("\n")[0] for text in board.texts("tr.axes th")] == ["forgetting"]
    with board.change():
        select.select_option("*")
    assert len(columns(board)) == 12
    assert "cost.train_flops" in columns(board)


def test_columns_are_chosen_one_by_one(board):
    page = board.page
    page.get_by_text("Choose columns").first.click()
    group = page.locator("fieldset:visible").filter(has=page.get_by_text("latency", exact=True))
    with board.change():
        group.get_by_role("checkbox").first.check()
    assert columns(board)[-1] == "latency.seconds"
    while page.locator("[data-columns] input:checked:visible").count():
        with board.change():
            page.locator("[data-columns] input:checked:visible").first.uncheck()
    assert columns(board) == []
    assert systems(board) == SYSTEMS
    with board.change():
        page.locator("[data-columns] input[value='accuracy.f1']:visible").check()
    assert columns(board) == ["accuracy.f1"]
    with board.change():
        page.locator("select[data-set=axis]:visible").select_option("accuracy")
    assert columns(board) == ["accuracy.exact", "accuracy.f1"]


def test_a_column_s_name_may_hold_whatever_joins_names(visit, tmp_path):
    metrics = ["a,b", "a", "b", "none", ",", "%2C", "*", "a b"]
    Store(tmp_path / "run").add([record(metric, "q", system=system) for metric in metrics for system in ("x", "y")])
    seen = visit(publish([tmp_path / "run"], tmp_path / "site")).go("axis=*")
    boxes = seen.page.locator("[data-columns] input")
    seen.page.get_by_text("Choose columns").click()
    for place in range(1, len(metrics)):
        with seen.change():
            boxes.nth(place).uncheck()
    alone = columns(seen)
    assert len(alone) == 1
    for place in range(1, len(metrics)):
        with seen.change():
            boxes.nth(place).check()
        assert len(columns(seen)) == place + 1
        assert len(visit(f"{seen.address}#{seen.state}").texts("table.figures th[data-metric]")) == place + 1
        with seen.change():
            boxes.nth(place).uncheck()
        with seen.change():
            boxes.nth(place).check()


def test_differences_and_kinds_exclude_each_other_and_are_taken_back(board):
    page, plain = board.page, board.page.inner_text("table.figures >> nth=0")
    with board.change():
        page.locator("select[data-set=than]:visible").select_option("rag")
    assert "reference" in page.inner_text("table.figures >> nth=0")
    with board.change():
        page.locator("select[data-set=tag]:visible").select_option("two documents")
    assert board.state == "tag=two+documents"
    assert page.locator("select[data-set=than]:visible").input_value() == ""
    assert board.page.locator("td.up, td.down, td.itself").count() == 0
    with board.change():
        page.locator("select[data-set=tag]:visible").select_option("")
    assert page.inner_text("table.figures >> nth=0") == plain
    assert page.locator("td.other").count() == 0


@pytest.mark.parametrize(
    "state",
    [
        "than=nobody",
        "tag=none+such",
        "sort=nothing",
        "way=worst",
        "view=nothing",
        "view=constructor",
        "in=x",
        "from=x",
        "%%%",
        "=&=&",
    ],
)
def test_what_there_is_not_changes_nothing(board, state):
    plain = board.page.inner_text("main")
    assert board.go(state).page.inner_text("main") == plain
    assert board.complaints == []


def test_systems_are_found_by_a_part_of_their_name(board):
    with board.change():
        board.page.locator("input[data-set=named]:visible").press_sequentially("R", delay=20)
    assert systems(board) == ["rag", "lora", "hybrid"]
    with board.change():
        board.page.locator("input[data-set=named]:visible").press_sequentially("a", delay=20)
    assert systems(board) == ["rag", "lora"]
    assert board.state == "named=Ra"
    assert board.page.evaluate("document.activeElement.value") == "Ra"


def test_a_domain_is_chosen_and_kept_in_other_views(board):
    with board.change():
        board.page.locator("#where").select_option("pubmed--qwen")
    assert board.texts("h2") == ["PubMedQA"]
    assert board.state == "in=pubmed--qwen"
    for view in ("Answers", "Board"):
        with board.change():
            board.page.get_by_role("link", name=view, exact=True).click()
        assert "in=pubmed--qwen" in board.state
        assert "PubMedQA" in board.page.inner_text("main")
    with board.change():
        board.page.get_by_role("link", name="Proctor", exact=True).click()
    assert board.texts("h2") == ["Bench instruments: support desk"]


def test_two_suites_and_two_base_models_are_four_domains(visit, tmp_path):
    places = [(suite, model) for suite in ("a", "b") for model in ("small", "large")]
    runs = [
        make_run(tmp_path / f"{s}-{m}", Sample(suite=s, title=f"The {s}", base_model=m, questions=6, seed=n))
        for n, (s, m) in enumerate(places)
    ]
    seen = visit(publish(runs, tmp_path / "site"))
    options = seen.page.locator("#where").locator("option").all_inner_texts()
    assert options == ["The a · large", "The a · small", "The b · large", "The b · small"]
    texts = {seen.go(f"in={suite}--{model}").page.inner_text("table.figures >> visible=true") for suite, model in places}
    assert len(texts) == 4


def test_claims_are_shown_by_their_verdict(board):
    ruled = "rows => rows.filter(row => row.checkVisibility()).map(row => row.dataset.ruled)"
    everything = board.page.eval_on_selector_all(".topic [data-ruled]", ruled)
    assert {"supported", "contradicted", "not shown"} == set(everything)
    for word in ("supported", "contradicted", "not shown"):
        with board.change():
            board.page.locator("select[data-set=ruled]:visible").select_option(word)
        assert board.page.eval_on_selector_all(".topic [data-ruled]", ruled) == [word] * everything.count(word)
        assert "" not in board.texts(".topic")


def test_back_and_forward_walk_through_the_views(board):
    page = board.page
    first = page.inner_text("main")
    steps = [("link", "hybrid"), ("link", "All its answers")]
    shown = [first]
    for role, name in steps:
        with board.change():
            page.get_by_role(role, name=name, exact=True).first.click()
        shown.append(page.inner_text("main"))
    with board.change():
        page.locator(".list tbody a").first.click()
    shown.append(page.inner_text("main"))
    assert len(set(shown)) == 4
    for before in reversed(shown[:-1]):
        with board.change():
            page.go_back()
        assert page.inner_text("main") == before
    for after in shown[1:]:
        with board.change():
            page.go_forward()
        assert page.inner_text("main") == after
    assert board.complaints == []


def test_a_field_adds_no_step_to_go_back(board):
    before = board.page.evaluate("history.length")
    click(board, "accuracy.exact")
    with board.change():
        board.page.locator("select[data-set=than]:visible").select_option("rag")
    assert board.page.evaluate("history.length") == before


def test_words_that_explain_are_shown_on_pointing_and_on_focus(board):
    bubble, axis = board.page.locator("#bubble"), board.page.locator("tr.axes abbr:visible").first
    assert not bubble.is_visible()
    axis.hover()
    assert bubble.inner_text() == "Does it answer the questions of the domain correctly?"
    board.page.keyboard.press("Escape")
    assert not bubble.is_visible()
    board.page.mouse.move(0, 0)
    axis.focus()
    assert bubble.is_visible()
    box, size = bubble.bounding_box(), board.page.viewport_size
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    board.page.keyboard.press("Tab")
    assert "correctly" not in bubble.inner_text() or not bubble.is_visible()


def test_what_a_figure_is_is_said_on_its_head(board):
    head = board.page.locator("th[data-metric='accuracy.exact']:visible")
    head.locator(".sort").focus()
    said = "The share of questions answered word for word as a reference says, case and punctuation aside."
    assert board.page.locator("#bubble").inner_text() == said
    board.go("view=system&system=rag").page.mouse.move(0, 0)
    board.page.locator("[data-view=system] tbody th", has_text="accuracy.exact").hover()
    assert board.page.locator("#bubble").inner_text() == said


def test_links_on_the_page_lead_to_its_parts(board):
    for name, part in (("All figures", "table"), ("Claims", "debate")):
        board.page.get_by_role("link", name=name, exact=True).first.click()
        top = board.page.locator(f"[data-part={part}]:visible").bounding_box()["y"]
        assert 0 <= top < 300
        assert board.page.evaluate("document.activeElement.dataset.part") == part
    assert board.state == ""


def test_the_command_is_copied(visit, published):
    seen = visit(published / "index.html", permissions=["clipboard-read", "clipboard-write"]).go("view=source")
    seen.page.get_by_role("button", name="Copy").click()
    seen.page.get_by_role("button", name="Copied").wait_for()
    copied = seen.page.evaluate("navigator.clipboard.readText()")
    assert copied == "git checkout 0123456789abcdef0123456789abcdef01234567\npytest -m domain"


def test_a_command_that_cannot_be_copied_is_selected(visit, published):
    seen = visit(published / "index.html").go("view=source")
    seen.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    seen.page.get_by_role("button", name="Copy").click()
    seen.page.get_by_role("button", name="Selected").wait_for()
    assert "pytest -m domain" in seen.page.evaluate("getSelection().toString()")


def test_the_legend_tells_of_what_the_cells_show(board):
    def explained():
        return [text.split()[0] for text in board.texts("[aria-label=Legend] li")]

    assert explained()[:2] == ["bold", "≈"]
    board.go("than=rag")
    assert explained()[0] == "bold"
    assert "significantly" in board.texts("[aria-label=Legend] li")[0]
    assert "≈" not in explained()
    board.go("")
    assert explained()[:2] == ["bold", "≈"]
