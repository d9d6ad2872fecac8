"""The answers behind the figures: the list with all its filters, and one question with what was read, said and scored."""

from __future__ import annotations

from statistics import fmean

import pytest

from proctor.core.schema import PASSAGES, Answer, Context, Question
from proctor.leaderboard.runs.store import Store, read
from proctor.leaderboard.site.page import publish
from tests.browsing import needs_browser
from tests.sample_run import Sample, make_run, record

pytestmark = needs_browser


@pytest.fixture
def answers(visit, published):
    return visit(published / "index.html").go("view=answers")


@pytest.fixture(scope="module")
def right(published):
    """System -> question -> the mean over seeds of its accuracy."""
    found = {}
    for row in read(published.parent / "run").records:
        if row.metric == "accuracy.exact":
            found.setdefault(row.system, {}).setdefault(row.item, []).append(row.value)
    return {system: {item: fmean(values) for item, values in items.items()} for system, items in found.items()}


def listed(seen):
    links = "rows => rows.map(row => new URLSearchParams(row.querySelector('a').hash.slice(1)).get('q'))"
    return seen.page.eval_on_selector_all(".list tbody tr", links)


FIELDS = ("System", "beside", "by", "Show", "of kind")


def field(seen, label):
    return seen.page.locator(f"[data-field=field-{FIELDS.index(label)}]")


def choose(seen, label, value):
    with seen.change():
        field(seen, label).select_option(value)


def test_all_questions_are_listed_with_every_system(answers):
    assert listed(answers) == [f"q{place:04}" for place in range(60)]
    assert answers.texts(".list thead th") == ["question", "right", "base", "rag", "full_ft", "lora", "hybrid"]
    assert answers.texts("[data-view=answers] [role=status]") == ["60 of 60 questions"]
    assert answers.texts(".list tbody tr:nth-child(9) td")[0] == "no answer in the documents"


def test_what_one_or_two_systems_said_is_in_the_list(answers, published):
    run = read(published.parent / "run")
    assert answers.page.locator(".answer").count() == 0
    choose(answers, "System", "rag")
    choose(answers, "beside", "lora")
    said = [[row.answer for row in run.answers("instruments", "tiny", system, 0)] for system in ("rag", "lora")]
    for row, pair in zip(answers.page.locator(".list tbody tr").all(), zip(*said, strict=True), strict=True):
        expected = [f"failed: {answer.error}" if answer.error else answer.text for answer in pair]
        assert row.locator(".answer").all_text_contents() == expected


def test_right_wrong_and_not_scored(answers, right):
    choose(answers, "System", "rag")
    choose(answers, "Show", "wrong")
    assert listed(answers) == [item for item, value in right["rag"].items() if value < 1]
    choose(answers, "Show", "right")
    assert listed(answers) == [item for item, value in right["rag"].items() if value == 1]
    choose(answers, "by", "faithfulness.retrieved")
    choose(answers, "Show", "missing")
    assert listed(answers) == [f"q{place:04}" for place in range(60) if place % 10 == 7]


def test_what_one_gains_and_loses_against_the_other(answers, right):
    choose(answers, "System", "rag")
    assert field(answers, "Show").locator("option").all_text_contents() == ["all questions", "wrong", "right", "not scored"]
    choose(answers, "beside", "hybrid")
    assert answers.texts(".list thead th")[2:] == ["rag", "hybrid"]
    assert "wrong, at least one" in field(answers, "Show").locator("option").all_text_contents()
    good = {system: {item for item, value in right[system].items() if value == 1} for system in ("rag", "hybrid")}
    for word, items in (
        ("gained", good["rag"] - good["hybrid"]),
        ("lost", good["hybrid"] - good["rag"]),
        ("flipped", good["hybrid"] ^ good["rag"]),
    ):
        choose(answers, "Show", word)
        assert listed(answers) == sorted(items)
        assert items
    choose(answers, "beside", "")
    assert "flipped" not in field(answers, "Show").locator("option").evaluate_all("all => all.map(o => o.value)")


def test_kinds_of_question(answers):
    choose(answers, "of kind", "two documents")
    assert listed(answers) == [f"q{place:04}" for place in range(0, 60, 5)]


def test_words_are_found_in_questions_answers_and_names_while_typing_goes_on(answers):
    find = answers.page.get_by_role("searchbox", name="Find")
    find.press_sequentially("brill halden", delay=60)
    answers.page.wait_for_function("() => location.hash.includes('find=brill+halden')")
    assert answers.page.get_by_role("searchbox", name="Find").input_value() == "brill halden"
    assert answers.page.evaluate("document.activeElement.value") == "brill halden"
    assert len(listed(answers)) == 30
    with answers.change():
        answers.page.get_by_role("searchbox", name="Find").fill("Q0017")
    assert listed(answers) == ["q0017"]
    with answers.change():
        answers.page.get_by_role("searchbox", name="Find").fill("nothing like it")
    assert listed(answers) == []
    assert "0 of 60 questions" in answers.page.inner_text("main")


def test_typing_in_the_middle_of_a_word_goes_on_there(answers):
    find = answers.page.get_by_role("searchbox", name="Find")
    find.press_sequentially("bill")
    answers.page.wait_for_function("() => location.hash.includes('find=bill')")
    answers.page.keyboard.press("ArrowLeft")
    answers.page.keyboard.press("ArrowLeft")
    answers.page.keyboard.press("ArrowLeft")
    for letter in "r":
        with answers.change():
            answers.page.keyboard.type(letter)
    with answers.change():
        answers.page.keyboard.type("x")
    assert answers.page.get_by_role("searchbox", name="Find").input_value() == "brxill"


@pytest.fixture(scope="module")
def long_site(tmp_path_factory):
    """250 questions, whose answers are in three parts."""
    folder = tmp_path_factory.mktemp("long")
    return publish([make_run(folder / "run", Sample(questions=250, systems={"rag": 0.8, "lora": 0.7}))], folder / "site").parent


def test_many_questions_are_listed_page_by_page(visit, long_site):
    seen = visit(long_site / "index.html").go("view=answers")
    assert listed(seen) == [f"q{place:04}" for place in range(100)]
    for first, last in ((100, 200), (200, 250)):
        with seen.change():
            seen.page.get_by_role("link", name="the next").click()
        assert listed(seen) == [f"q{place:04}" for place in range(first, last)]
    assert seen.page.get_by_role("link", name="the next").count() == 0
    for first in (100, 0):
        with seen.change():
            seen.page.get_by_role("link", name="before").click()
        assert listed(seen)[0] == f"q{first:04}"
    assert seen.state == "view=answers"


@pytest.mark.parametrize(("start", "first"), [("x", 0), ("-100", 0), ("150", 100), ("100000", 200), ("1e99", 200), ("NaN", 0)])
def test_a_place_that_no_page_starts_at_is_near_one_that_does(visit, long_site, start, first):
    assert listed(visit(long_site / "index.html").go(f"view=answers&from={start}"))[0] == f"q{first:04}"


def test_a_search_starts_at_the_first_page(visit, long_site):
    seen = visit(long_site / "index.html").go("view=answers&from=200")
    with seen.change():
        seen.page.get_by_role("searchbox", name="Find").fill("brill")
    assert listed(seen)[0] == "q0001"


def test_a_filter_starts_at_the_first_page(visit, long_site):
    seen = visit(long_site / "index.html").go("view=answers&from=200")
    choose(seen, "of kind", "one document")
    assert listed(seen)[0] == "q0001"


def test_every_question_opens_with_its_own_answers(visit, long_site):
    seen = visit(long_site / "index.html")
    for place in (0, 99, 100, 199, 249):
        seen.go(f"view=question&q=q{place:04}")
        assert seen.texts("[data-view=question] .about bdi")[0] == f"q{place:04}"
        evidence = f"qx-{place // 3}"
        assert (evidence in seen.page.inner_text("[data-view=question] dl")) == (place % 10 != 8)


def test_the_next_question_and_the_one_before(visit, published):
    seen = visit(published / "index.html").go("view=question&q=q0000")
    assert not seen.page.get_by_role("link", name="the one before").count()
    with seen.change():
        seen.page.get_by_role("link", name="the next").click()
    assert "q=q0001" in seen.state
    assert seen.page.evaluate("document.activeElement.id") == "main"
    with seen.change():
        seen.page.get_by_role("link", name="All answers").click()
    assert len(listed(seen)) == 60


@pytest.fixture(scope="module")
def one_question(tmp_path_factory):
    """One question, as several systems read and answered it."""
    folder = tmp_path_factory.mktemp("question")
    asked = Question("q", "Who?", ("Halden", "Halden Works"), ("d1", "d9"), ("easy",), "c")
    read_by_rag = (Context("d1", "Halden made it.", 0.75), Context("d2", "Brill sold it.", 0.5))
    store = Store(folder / "run")
    prompt = f"Use these:\n{PASSAGES}\nWho?"
    store.add_answers("s", "m", "rag", 0, [(asked, Answer("q", "Halden", read_by_rag, ("d1",), 0.5, 3, 90, 2, prompt=prompt))])
    store.add_answers("s", "m", "lora", 1, [(asked, Answer("q", "Brill", prompt="Who?"))])
    store.add_answers("s", "m", "lora", 2, [(asked, Answer("q", "Halden"))])
    store.add_answers("s", "m", "crash", 0, [(asked, Answer("q", "", error="out of memory"))])
    store.add_answers("s", "m", "none", 0, [(asked, Answer("q", "", contexts=()))])
    gone = Answer("q", "", error="answers.jsonl has no answer to this question", absent=True)
    store.add_answers("s", "m", "file", 0, [(asked, gone)])
    from_elsewhere = (Context("d9", "Halden Works."), Context("", "A text from elsewhere."))
    store.add_answers("s", "m", "bot", 0, [(asked, Answer("q", "Halden", from_elsewhere, seconds=0.5))])
    about = {"suite": "s", "base_model": "m"}
    store.add([record("accuracy.exact", "q", 1.0, system="bot", **about)])
    store.add(
        [record("accuracy.exact", "q", 1.0, **about), record("faithfulness.gold", "q", 0.5, reason="yes: a\nno: b", **about)]
    )
    store.add([record("accuracy.exact", "q", float(seed == 2), system="lora", seed=seed, **about) for seed in (1, 2)])
    store.add([record("accuracy.exact", "q", 0.0, status="failed", reason="out of memory", system="crash", **about)])
    store.add([record("accuracy.exact", "q", 0.0, system="none", **about)])
    return publish([folder / "run"], folder / "site")


@pytest.fixture
def question(visit, one_question):
    return visit(one_question).go("view=question&q=q&system=rag")


def card(seen, system):
    return seen.page.locator(".attempt").filter(has=seen.page.locator("h3").get_by_text(system, exact=True))


def test_a_question_says_what_is_right_and_where_it_stands(question):
    text = question.page.inner_text("[data-view=question]")
    assert question.texts("[data-view=question] h2") == ["Who?"]
    assert "Halden / Halden Works" in text
    assert "d1, d9" in text
    assert "easy" in text


def test_passages_are_listed_with_those_that_hold_the_evidence(question):
    rag = card(question, "rag")
    assert "Halden" in rag.locator(".said").inner_text()
    assert "500\u00a0ms in a batch · 3 tokens after 90 · cites d1 · 2 passages left out for want of room" in rag.inner_text()
    assert not rag.locator(".passages").is_visible()
    rag.get_by_text("2 passages retrieved, 1 with the evidence").click()
    first, second = rag.locator(".passages li").all()
    assert first.inner_text().splitlines()[0] == "d1 · score 0.750 · holds the evidence · cited"
    assert "Halden made it." in first.inner_text()
    assert second.inner_text().splitlines()[0] == "d2 · score 0.500"
    assert "gold" in (first.get_attribute("class") or "")
    assert "gold" not in (second.get_attribute("class") or "")


def test_of_a_system_from_elsewhere_neither_tokens_nor_scores_nor_documents_are_made_up(question):
    bot = card(question, "bot")
    assert bot.locator(".about").first.inner_text() == "500\u00a0ms in a batch"
    bot.get_by_text("2 passages retrieved, 1 with the evidence").click()
    first, second = bot.locator(".passages li").all()
    assert first.inner_text().splitlines()[0] == "d9 · holds the evidence"
    assert second.inner_text().splitlines()[0] == "of no document of the suite"


def test_what_the_model_read_stands_for_its_passages(question):
    rag = card(question, "rag")
    rag.get_by_text("What it read").click()
    assert rag.locator("pre").inner_text().split() == ["Use", "these:", "(the", "2", "passages)", "Who?"]
    lora = card(question, "lora")
    lora.get_by_text("What it read").first.click()
    assert lora.locator("pre").first.inner_text() == "Who?"
    assert card(question, "crash").get_by_text("What it read").count() == 0


def test_every_seed_and_every_claim_of_a_score(question):
    lora = card(question, "lora")
    assert lora.locator("h3").inner_text().endswith("seed 1")
    assert lora.locator(".said").first.inner_text() == "Brill"
    assert not lora.locator(".seed .said").is_visible()
    lora.get_by_text("seed 2").click()
    assert lora.locator(".seed .said").inner_text() == "Halden"
    assert card(question, "rag").locator(".claim").all_inner_texts() == ["yes: a", "no: b"]


def test_an_answer_that_nobody_gave_has_not_failed_and_took_no_time(question):
    file = card(question, "file")
    assert file.locator(".said").inner_text() == "not measured: answers.jsonl has no answer to this question"
    assert "in a batch" not in file.inner_text()


def test_no_answer_and_no_passages_are_said(question):
    assert card(question, "crash").locator(".said").inner_text() == "failed: out of memory"
    assert card(question, "none").locator(".said").inner_text() == "(nothing)"
    assert "0 passages retrieved, 0 with the evidence" in card(question, "none").inner_text()
    assert card(question, "rag").locator("h3").inner_text().startswith("✓")
    assert card(question, "crash").locator("h3").inner_text().startswith("✗")


def test_a_question_or_system_that_there_is_not_is_said(question):
    assert "No such question" in question.go("view=question&q=other").page.inner_text("main")
    assert "No such system" in question.go("view=system&system=other").page.inner_text("main")


def test_answers_that_were_not_kept_are_said(visit, tmp_path):
    Store(tmp_path / "run").add([record("accuracy.exact", "a")])
    seen = visit(publish([tmp_path / "run"], tmp_path / "site")).go("view=answers")
    assert "The answers were not kept with the run." in seen.page.inner_text("main")
    assert "No such question" in seen.go("view=question&q=a").page.inner_text("main")


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """The page of a run without anything."""
    folder = tmp_path_factory.mktemp("empty")
    Store(folder / "run").set_provenance({})
    return publish([folder / "run"], folder / "site")


@pytest.mark.parametrize("view", ["", "view=answers", "view=question&q=x", "view=system&system=x", "view=source", "view=history"])
def test_a_run_without_anything_complains_of_nothing(visit, empty, view):
    seen = visit(empty).go(view)
    assert seen.page.inner_text("main").strip()
    assert seen.complaints == []


def test_the_view_of_a_system_leads_to_its_answers(visit, published, right):
    seen = visit(published / "index.html")
    with seen.change():
        seen.page.locator("table.figures").get_by_role("link", name="rag").first.click()
    assert seen.texts("[data-view=system] h2")[0].startswith("rag")
    seen.page.get_by_text("How it is made").click()
    assert "rank" in seen.page.inner_text("[data-view=system] dl")
    with seen.change():
        seen.page.get_by_role("link", name="Those that are wrong").click()
    assert listed(seen) == [item for item, value in right["rag"].items() if value < 1]
