"""The site as files: valid, whole, the same each time, and nothing in it but what was measured."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import InputError
from proctor.core.slugs import slug, slugs
from proctor.leaderboard.board import summary
from proctor.leaderboard.board.board import board
from proctor.leaderboard.board.sections import sections
from proctor.leaderboard.formatting import figure
from proctor.leaderboard.runs.store import Store, read
from proctor.leaderboard.site import page
from proctor.leaderboard.site.escape import UNPRINTABLE, as_data, printable
from proctor.leaderboard.site.page import publish
from proctor.leaderboard.site.render import TEMPLATES
from tests.hostile import HOSTILE
from tests.leaderboard.runs.test_store import disk_for
from tests.markup import parsed
from tests.sample_run import TWO, Sample, make_run, record


@pytest.fixture(scope="module")
def index(published):
    return parsed(published / "index.html")


def test_every_figure_on_the_page_is_the_board_s(published, index):
    cells = json.loads((published / "leaderboard.json").read_text())["cells"]
    for cell in cells:
        shown = index.cells[slugs(cell["suite"], cell["base_model"]), cell["system"], cell["metric"]]
        if cell["value"] is None:
            assert shown == {}
        else:
            assert shown == {"value": cell["value"], "low": cell["ci_low"], "high": cell["ci_high"], "n": cell["n"]}
            assert figure(cell["value"], cell["unit"]) in index.text
    assert len(index.cells) == len(cells)


def test_the_verdict_stands_on_top(published, index):
    parts = index.text.split("All figures of")
    for section, text in zip(sections(board([read(published.parent / name) for name in ("run", "other")])), parts, strict=False):
        assert summary.winner(section) in text
        assert all(sentence in text for sentence in summary.others(section))


def test_missing_is_drawn_as_missing(tmp_path):
    Store(tmp_path / "run").add(
        [record("m", "a", None, status="unmeasured", reason="the judge was down"), record("k", "a", None, reason="no index")]
    )
    shown = parsed(publish([tmp_path / "run"], tmp_path / "site"))
    assert {"unmeasured: the judge was down", "not applicable: no index"} <= set(shown.attributes("title"))
    assert "does not apply" in shown.text
    assert "1 not measured" in shown.text
    assert "0.0" not in shown.text


def test_what_a_system_was_not_asked_is_said(tmp_path):
    Store(tmp_path / "run").add([record("accuracy.exact", "a"), record("accuracy.f1", "a", system="lora")])
    assert "not examined" in parsed(publish([tmp_path / "run"], tmp_path / "site")).text


def test_all_questions_and_answers_are_in_the_page(published, index):
    run = read(published.parent / "run")
    listed = index.data("instruments--tiny--list")
    block = index.data("instruments--tiny--block-0")
    assert listed["systems"] == ["base", "rag", "full_ft", "lora", "hybrid"]
    for said, (system, seed) in zip(block["answers"], block["systems"], strict=True):
        rows = run.answers("instruments", "tiny", system, seed)
        assert [question[:2] for question in listed["questions"]] == [[row.question.id, row.question.text] for row in rows]
        assert [block["texts"][one[0]] for one in said] == [row.answer.text for row in rows]
        assert [one[8] for one in said] == [row.answer.error for row in rows]


def test_links_lead_somewhere_inside_the_site(published, index):
    for target in index.attributes("href"):
        if target and not target.startswith(("#", "data:")):
            assert (published / target).is_file(), target


@pytest.fixture(params=["published", pytest.param("hostile_site", marks=pytest.mark.slow)])
def site(request):
    """A site, and one in which all names are hostile, of which the making alone takes seconds."""
    return request.getfixturevalue(request.param)


def test_anchors_exist_and_ids_are_unique(site):
    found = parsed(site / "index.html")
    ids = found.attributes("id")
    assert len(ids) == len(set(ids))
    assert not [name for name in ids if not name or re.search(r"\s", name)]
    for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
        assert set(found.attributes(name)) <= set(ids)
    assert {target[1:] for target in found.attributes("href") if re.fullmatch(r"#\w+", target or "")} <= set(ids)


def test_one_name_of_two_systems_is_refused(tmp_path):
    one, other = (make_run(tmp_path / name, Sample(questions=3)) for name in ("one", "other"))
    told = read(other).provenance
    told["systems"]["rag"]["settings"]["rank"] = 16
    Store(other).set_provenance(told)
    with pytest.raises(InputError) as caught:
        publish([one, other], tmp_path / "site")
    problem, *_, difference = str(caught.value).splitlines()
    assert problem == "systems or base models of these runs have one name and are not the same;"
    assert difference == "rag: rank 8 -> 16"


def test_a_run_of_few_questions_does_not_take_the_place_of_a_whole_one(tmp_path):
    one, other = (make_run(tmp_path / name, Sample(questions=3)) for name in ("one", "other"))
    Store(other).set_provenance(read(other).provenance | {"limit": 3})
    with pytest.raises(InputError, match="questions asked: all in one run, the first 3 in another"):
        publish([one, other], tmp_path / "site")


def test_what_is_told_of_a_run_stands_once(tmp_path):
    folder = make_run(tmp_path / "run", Sample(questions=3, systems=TWO))
    Store(folder).set_provenance(read(folder).provenance | {"limit": None, "unfinished": "3 of 9 tests were run"})
    index = publish([folder], tmp_path / "site")
    assert "This run was not finished: 3 of 9 tests were run. The same command goes on where it stopped." in parsed(index).text
    facts = set(re.findall(r"<dt><bdi>([^<]+)</bdi></dt>", index.read_text()))
    assert {"started", "seeds", "judge"} <= facts
    assert not {"command", "comparable", "limit"} & facts  # said elsewhere, or not at all


def test_ids_are_unique_whatever_suites_are_called(tmp_path):
    runs = [
        make_run(tmp_path / name, Sample(suite=name, questions=3, systems=TWO))
        for name in ("a", "table-a", "take-a", "debate-a", "plots-a")
    ]
    ids = parsed(publish(runs, tmp_path / "site")).attributes("id")
    assert len(ids) == len(set(ids))


def test_tables_can_be_heard(index):
    assert all("scope" in attributes for tag, attributes in index.tags if tag == "th")
    assert sum(tag == "table" for tag, _ in index.tags) == sum(tag == "caption" for tag, _ in index.tags)
    assert [attributes["lang"] for tag, attributes in index.tags if tag == "html"] == ["en"]
    assert sum(tag == "h1" for tag, _ in index.tags) == 1


def test_a_page_holds_one_script_and_lets_no_other_run(site):
    found = parsed(site / "index.html")
    (policy,) = [a["content"] for _, a in found.tags if a.get("http-equiv") == "Content-Security-Policy"]
    (script,) = [text for attributes, text in found.scripts if attributes.get("type") != "application/json"]
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{hashed}' 'strict-dynamic'"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert not rules.keys() & {"connect-src", "frame-src", "object-src", "font-src"}
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]


@pytest.mark.slow
def test_no_page_holds_what_html_may_not(hostile_site):
    for path in [hostile_site / "index.html", *(hostile_site / "answers").iterdir()]:
        assert not UNPRINTABLE.search(path.read_bytes().decode())


TEXTS = st.text() | st.sampled_from(HOSTILE[:60]) | st.from_regex(r"[\\\\\r\nbfru0-9\x00-\x1f\ud800]{0,9}")


@given(st.recursive(st.none() | TEXTS, lambda one: st.lists(one) | st.dictionaries(TEXTS, one)))
def test_data_in_a_page_is_what_it_was_with_codes_for_what_no_page_may_hold(value):
    text = as_data(value)
    assert "<" not in text
    assert not UNPRINTABLE.search(text)
    assert not re.search("[\u2028\u2029]", text)
    assert json.loads(text) == in_code(value)


def in_code(value):
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {in_code(name): in_code(one) for name, one in value.items()}
    return [in_code(one) for one in value] if isinstance(value, list) else value


@given(st.lists(st.text(min_size=1, max_size=60), unique=True, max_size=20))
def test_no_two_names_get_the_same_file(names):
    assert len({slug(name) for name in names}) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", slug(name)) and len(slug(name)) <= 40 for name in names)


def test_file_names_that_look_like_others_get_their_own():
    names = ["Foo", "foo", "foo ", "a--b", "a-b", "../a", "", slug("Foo"), slug("a--b"), "x" * 41, "x" * 42]
    assert len({slug(name) for name in names}) == len(names)
    assert slugs("a--b", "c") != slugs("a", "b--c")


def test_publishing_again_changes_no_byte_and_writes_nothing(tmp_path, monkeypatch):
    run = make_run(tmp_path / "run", Sample(questions=12, systems=TWO))
    monkeypatch.setattr(page, "ROOM", 1000)
    publish([run], tmp_path / "site")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "site").rglob("*") if path.is_file()}
    publish([run], tmp_path / "site")
    publish([run], tmp_path / "other")
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert any(path.parent.name == "answers" for path in before)
    assert after == before
    assert all(
        (tmp_path / "other" / path.relative_to(tmp_path / "site")).read_bytes() == text for path, (_, text) in before.items()
    )


def test_files_of_earlier_runs_are_cleared_away_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "ROOM", 1000)
    site = publish([make_run(tmp_path / "old", Sample(suite="old", questions=6, systems=TWO))], tmp_path / "site").parent
    (site / "notes.txt").write_text("mine")
    publish([make_run(tmp_path / "new", Sample(suite="new", questions=6, systems=TWO))], site)
    assert {path.name.partition("--")[0] for path in (site / "answers").iterdir()} == {"new"}
    assert (site / "notes.txt").read_text() == "mine"


@pytest.mark.slow
def test_answers_that_have_no_room_are_beside_the_page(published, index, tmp_path, monkeypatch):
    runs = [published.parent / name for name in ("run", "other")]
    monkeypatch.setattr(page, "ROOM", size_of_answers(index, "instruments--tiny"))
    site = publish(runs, tmp_path / "site").parent
    found = parsed(site / "index.html")
    first, second = found.data("about")
    assert first["inside"]
    assert not second["inside"]
    assert set(second["parts"].values()) == {f"answers/{path.name}" for path in (site / "answers").iterdir()}
    for name, beside in second["parts"].items():
        text = (site / beside).read_text()
        assert text.startswith(f'proctorPart("{beside}",')
        assert json.loads(text.partition(",")[2].removesuffix(");\n")) == index.data(f"pubmed--qwen--{name}")


def size_of_answers(index, section: str) -> int:
    return sum(len(text.encode()) for about, text in index.scripts if str(about.get("id")).startswith(section))


def test_several_runs_share_a_page(tmp_path):
    desks = [Sample(suite=name, title=f"The {name} desk", questions=3, systems=TWO) for name in ("first", "second")]
    runs = [make_run(tmp_path / desk.suite, desk) for desk in desks]
    found = parsed(publish(runs, tmp_path / "site"))
    assert "The first desk" in found.text
    assert "The second desk" in found.text
    assert [about["suite"] for about in found.data("about")] == ["first", "second"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"suite_version": "s2"}, "data of suite instruments: s1 in one run, s2 in another"),
        ({"metric_version": "2"}, "definition of metric accuracy.exact: 1 in one run, 2 in another"),
        ({"judge": "another"}, "judge of metric accuracy.exact: lexical in one run, another in another"),
    ],
)
def test_systems_that_took_different_exams_do_not_stand_beside_each_other(tmp_path, change, said):
    rows = (
        [record("accuracy.exact", "q1", system="rag", judge="lexical")],
        [record("accuracy.exact", "q1", system="lora", **{"judge": "lexical"} | change)],
        [record("accuracy.exact", "q1", system="rag", **{"judge": "lexical"} | change)],
    )
    for name, found in zip("abc", rows, strict=True):
        Store(tmp_path / name).add(found)
    with pytest.raises(InputError, match=said):
        publish([tmp_path / "a", tmp_path / "b"], tmp_path / "site")
    assert publish([tmp_path / "a", tmp_path / "c"], tmp_path / "site").is_file()  # the last has the word about rag


def test_a_run_without_anything_still_has_a_page(tmp_path):
    Store(tmp_path / "run").set_provenance({})
    assert "Nothing was measured." in parsed(publish([tmp_path / "run"], tmp_path / "site")).text


def test_records_alone_are_enough(tmp_path):
    Store(tmp_path / "run").add([record("accuracy.exact", "a"), record("accuracy.exact", "b", 0.0)])
    assert "50.0" in parsed(publish([tmp_path / "run"], tmp_path / "site")).text


def test_a_full_disk_is_said_and_keeps_the_old_page(tmp_path):
    site = publish([make_run(tmp_path / "run", Sample(questions=6, systems=TWO))], tmp_path / "site").parent
    before = (site / "index.html").read_bytes()
    Store(tmp_path / "run").add([record("accuracy.new", "a", system=system) for system in ("rag", "lora")])
    with disk_for(1000), pytest.raises(InputError, match=f"cannot publish into {site}: File too large"):
        publish([tmp_path / "run"], site)
    assert (site / "index.html").read_bytes() == before


def test_colours_are_told_apart_from_their_ground():
    style = (TEMPLATES / "style.css").read_text()
    schemes = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#\w+);", scheme))
        for ink in ("ink", "soft", "link", "warn", "up", "down"):
            for ground in ("paper", "card", "faint", "tied", *(["best"] if ink in ("ink", "soft") else [])):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        assert contrast(colours["best-ink"], colours["best"]) >= 4.5
        assert contrast(colours["warn"], colours["warn-paper"]) >= 4.5
        assert contrast(colours["ink"], colours["warn-paper"]) >= 4.5
        assert contrast(colours["paper"], colours["ink"]) >= 4.5
        for mark in ("blue", "orange", "green", "purple", "red", "brown", "dot", "gold"):
            assert contrast(colours[mark], colours["card"]) >= 3, mark


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
