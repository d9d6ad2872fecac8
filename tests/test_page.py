"""The site as files: valid, true to the board, and deaf to whatever its contents would like to be."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.schema import Answer, Context, InputError, Question
from leaderboard import page, row
from leaderboard.board import board
from leaderboard.figures import figure
from leaderboard.names import slug, slugs
from leaderboard.page import publish
from leaderboard.store import Store, read
from leaderboard.tables import sections
from leaderboard.verdict import verdict
from tests.sample_run import Sample, make_run, record
from tests.test_store import disk_for

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</title></style></textarea><svg onload=alert(1)>",
    "</dd></dl></article><h1>owned",
    "<!--",
    "]]><script>alert(1)</script>",
    "{{ 7*7 }}{% for x in () %}",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "\u202egnp.exe \u2066\u2067",
    "\x00\x08\x1b[2J\ufffe",
    "half a pair \ud800",
    "../../etc/passwd",
    "a/b\\c:d*e?f",
    "$x^2$ \\frac{1}{2} $",
    "&lt;b&gt; &amp;nbsp;",
    "<iframe src=//example.org>",
    "<meta http-equiv=refresh content=0;url=//example.org>",
    "<base href=//example.org>",
    "`${alert(1)}`",
    "w" * 100_000,
    " ",
    '=HYPERLINK("//example.org")',
]  # fmt: skip
VOID = {"meta", "link", "wbr", "br", "img", "path", "use"}


class Page(HTMLParser):
    """A parsed page: complains about tags that do not match, and collects what the tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.cells: dict[tuple[str, str], dict[str, float]] = {}
        self.cell: dict[str, float] | None = None
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]
        found = dict(attrs)
        if tag == "td" and "data-system" in found:
            self.cell = {
                name.removeprefix("data-"): float(found[name]) for name in ("data-low", "data-high", "data-n") if name in found
            }
            self.cells[found["data-system"], found["data-measure"]] = self.cell
        if tag == "data" and self.cell is not None:
            self.cell["value"] = float(found["value"])

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag
            self.cell = None if tag == "td" else self.cell

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def parsed(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    return publish([make_run(folder / "run", Sample(seeds=2))], folder / "site").parent


def hostile_run(folder: Path) -> Path:
    """A run in which everything that has a name bears a hostile one."""
    store = Store(folder)
    for text in HOSTILE:
        everywhere = {"suite": text, "base_model": text, "system": text, "judge": text, "reason": text, "suite_version": text}
        store.add(
            [record(measure, text, 1.0, unit=unit, **everywhere) for measure, unit in (("accuracy.exact", "share"), (text, text))]
        )
        store.add([record("forgetting", text, 0.0, unit="difference", **everywhere)])
        store.add([record("faithfulness.gold", text, None, **everywhere | {"status": "unmeasured"})])
        question = Question(text, text, (text,), (text,), (text,), text)
        answers = [(question, Answer(text, text, (Context(text, text, 0.5),), (text,), error=error)) for error in (None, text)]
        store.add_answers(text, text, text, 0, answers)
    systems = {text: {"version": text, "settings": {text: text}} for text in HOSTILE}
    fair = {row(text, text, text): [text] for text in HOSTILE}
    suites = {text: {"title": text, "documents": text} for text in HOSTILE}
    store.set_provenance({"suites": suites, "systems": systems, "fair": fair, "x": HOSTILE})
    return folder


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    return publish([hostile_run(folder / "run")], folder / "site").parent


def test_every_figure_on_the_page_is_the_board_s(site):
    cells = json.loads((site / "leaderboard.json").read_text())["cells"]
    index = parsed(site / "index.html")
    for cell in cells:
        shown = index.cells[cell["system"], cell["measure"]]
        if cell["value"] is None:
            assert shown == {}
        else:
            assert shown == {"value": cell["value"], "low": cell["ci_low"], "high": cell["ci_high"], "n": cell["n"]}
            assert figure(cell["value"], cell["unit"]) in index.text
    assert len(index.cells) == len(cells)


def test_the_verdict_stands_on_top(site):
    (section,) = sections(board([read(site.parent / "run")]))
    assert verdict(section) in parsed(site / "index.html").text


def test_missing_is_drawn_as_missing(tmp_path):
    Store(tmp_path / "run").add(
        [record("m", "a", None, status="unmeasured", reason="the judge was down"), record("k", "a", None, reason="no index")]
    )
    index = parsed(publish([tmp_path / "run"], tmp_path / "site"))
    titles = {attributes.get("title") for _, attributes in index.tags}
    assert {"unmeasured: the judge was down", "not applicable: no index"} <= titles
    assert "does not apply" in index.text
    assert "1 not measured" in index.text
    assert "0.0" not in index.text


def test_what_a_system_was_not_asked_is_said(tmp_path):
    Store(tmp_path / "run").add([record("accuracy.exact", "a"), record("accuracy.f1", "a", system="lora")])
    assert "not examined" in parsed(publish([tmp_path / "run"], tmp_path / "site")).text


def test_each_system_has_a_page_with_all_its_questions_and_answers(site):
    run = read(site.parent / "run")
    for system in ("base", "rag", "full_ft", "lora", "hybrid"):
        shown = parsed(site / f"systems/instruments--tiny--{system}.html").text
        rows = run.answers("instruments", "tiny", system, 0)
        assert len(rows) == 60
        assert all(row.question.id in shown and row.question.text in shown for row in rows)
        assert all((row.answer.error or row.answer.text) in shown for row in rows)
    assert "holds the evidence" in shown
    assert "the documents do not hold the answer" in shown
    assert "failed: out of memory" in shown
    assert "the judge timed out" in parsed(site / "systems/instruments--tiny--rag.html").text
    assert "(seed 1)" in shown


def test_every_score_of_an_answer_is_on_its_page(site):
    shown = parsed(site / "systems/instruments--tiny--hybrid.html").text
    scores = [
        r for r in read(site.parent / "run").records if r.system == "hybrid" and r.item.startswith("q") and r.value is not None
    ]
    assert all(figure(score.value, score.unit) in shown for score in scores)
    assert shown.count("latency.seconds") == 1 + 60 * 2


def test_links_lead_somewhere_inside_the_site(site):
    for path in pages(site):
        for tag, attributes in parsed(path).tags:
            target = attributes.get("href")
            if tag == "a" and target and not target.startswith("#"):
                assert (path.parent / target).resolve().is_file()
                assert (path.parent / target).resolve().is_relative_to(site.resolve())


def test_anchors_exist_and_ids_are_unique(site, hostile_site):
    for path in pages(site) + pages(hostile_site)[:6]:
        found = parsed(path).tags
        ids = [attributes["id"] for _, attributes in found if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert not [name for name in ids if not name or re.search(r"\s", name)]
        assert {a["href"][1:] for _, a in found if (a.get("href") or "").startswith("#")} <= set(ids)
        assert {a["aria-labelledby"] for _, a in found if "aria-labelledby" in a} <= set(ids)


def test_tables_can_be_heard(site):
    for path in pages(site):
        found = parsed(path).tags
        assert all("scope" in attributes for tag, attributes in found if tag == "th")
        assert sum(tag == "table" for tag, _ in found) == sum(tag == "caption" for tag, _ in found)
        assert [attributes["lang"] for tag, attributes in found if tag == "html"] == ["en"]
        assert sum(tag == "h1" for tag, _ in found) == 1


def test_hostile_content_is_only_ever_text(hostile_site):
    harmless = {tag for path in pages(hostile_site.parent / "site") for tag, _ in parsed(path).tags}
    assert not harmless & {"script", "img", "iframe", "base", "object", "embed", "form", "input", "textarea"}
    for path in pages(hostile_site):
        for tag, attributes in parsed(path).tags:
            assert not [name for name in attributes if name.startswith("on")]
            assert not (attributes.get("href") or "").startswith(("javascript:", "//", "http"))
            assert tag != "meta" or attributes.get("http-equiv") in (None, "Content-Security-Policy")


def test_hostile_content_is_shown_whole_where_there_is_room(hostile_site):
    shown = {path.name: parsed(path).text for path in pages(hostile_site)}
    for text in HOSTILE[:10]:
        assert shown[f"{slugs(text, text, text)}.html"].count(text) >= 5


def test_no_page_holds_what_html_may_not(hostile_site):
    for path in pages(hostile_site):
        assert not page.UNPRINTABLE.search(path.read_bytes().decode())


def test_every_page_forbids_scripts_and_requests(site):
    for path in pages(site):
        policies = [a["content"] for tag, a in parsed(path).tags if a.get("http-equiv") == "Content-Security-Policy"]
        assert len(policies) == 1
        assert policies[0].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


@given(st.lists(st.text(min_size=1, max_size=60), unique=True, max_size=20))
def test_no_two_names_get_the_same_file(names):
    assert len({slug(name) for name in names}) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", slug(name)) and len(slug(name)) <= 40 for name in names)


def test_file_names_that_look_like_others_get_their_own():
    names = ["Foo", "foo", "foo ", "a--b", "a-b", "../a", "", slug("Foo"), slug("a--b"), "x" * 41, "x" * 42]
    assert len({slug(name) for name in names}) == len(names)
    assert slugs("a--b", "c") != slugs("a", "b--c")


def test_publishing_again_changes_no_byte_and_writes_nothing(tmp_path):
    run = make_run(tmp_path / "run")
    publish([run], tmp_path / "site")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "site").rglob("*") if path.is_file()}
    publish([run], tmp_path / "site")
    publish([run], tmp_path / "other")
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert after == before
    assert all(
        (tmp_path / "other" / path.relative_to(tmp_path / "site")).read_bytes() == text for path, (_, text) in before.items()
    )


def test_pages_of_earlier_runs_are_cleared_away_and_nothing_else(tmp_path):
    site = publish([make_run(tmp_path / "old", Sample(suite="old"))], tmp_path / "site").parent
    (site / "notes.txt").write_text("mine")
    publish([make_run(tmp_path / "new", Sample(suite="new"))], site)
    assert {path.name.partition("--")[0] for path in (site / "systems").iterdir()} == {"new"}
    assert {path.name.partition("-")[0] for path in (site / "plots").iterdir()} == {"new"}
    assert (site / "notes.txt").read_text() == "mine"


def test_several_runs_share_a_page(tmp_path):
    runs = [make_run(tmp_path / name, Sample(suite=name, title=f"The {name} desk")) for name in ("first", "second")]
    shown = parsed(publish(runs, tmp_path / "site"))
    assert "The first desk" in shown.text
    assert "The second desk" in shown.text
    assert len(list((tmp_path / "site/systems").iterdir())) == 10


def test_many_questions_are_spread_over_pages(tmp_path):
    store = Store(make_run(tmp_path / "run", Sample(questions=3)))
    rows = [(Question(f"q{i}", f"What is {i}?"), Answer(f"q{i}", "?")) for i in range(page.SHARD + 1)]
    store.add_answers("instruments", "tiny", "rag", 0, rows)
    publish([tmp_path / "run"], tmp_path / "site")
    second = parsed(tmp_path / "site/systems/instruments--tiny--rag--2.html")
    assert f"What is {page.SHARD}?" in second.text
    assert "What is 0?" not in second.text
    assert "instruments--tiny--rag.html" in {attributes.get("href") for _, attributes in second.tags}


def test_a_run_without_anything_still_has_a_page(tmp_path):
    Store(tmp_path / "run").set_provenance({})
    assert "Nothing was measured." in parsed(publish([tmp_path / "run"], tmp_path / "site")).text


def test_records_alone_are_enough(tmp_path):
    Store(tmp_path / "run").add([record("accuracy.exact", "a"), record("accuracy.exact", "b", 0.0)])
    assert "50.0" in parsed(publish([tmp_path / "run"], tmp_path / "site")).text
    assert "not kept" in parsed(tmp_path / "site/systems/instruments--tiny--rag.html").text


def test_a_full_disk_is_said_and_keeps_the_old_page(tmp_path):
    site = publish([make_run(tmp_path / "run")], tmp_path / "site").parent
    before = (site / "index.html").read_bytes()
    Store(tmp_path / "run").add([record("accuracy.new", "a", system=system) for system in ("rag", "lora")])
    with disk_for(1000), pytest.raises(InputError, match=f"cannot publish into {site}: File too large"):
        publish([tmp_path / "run"], site)
    assert (site / "index.html").read_bytes() == before


def test_colours_are_told_apart_from_their_ground():
    style = (page.TEMPLATES / "style.css").read_text()
    for scheme in re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]:
        colours = dict(re.findall(r"--([\w-]+): (#\w+);", scheme))
        for ink in ("ink", "soft", "link", "warn"):
            for ground in ("paper", "card", "tied", *(["best"] if ink in ("ink", "soft") else [])):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        assert contrast(colours["best-ink"], colours["best"]) >= 4.5
        assert contrast(colours["warn"], colours["warn-paper"]) >= 4.5
        assert all(
            contrast(colours[name], colours["card"]) >= 3 for name in ("blue", "orange", "green", "purple", "red", "brown")
        )


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
