"""Whatever things are called, their files lie in their folder, and no two share one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.core.schema import Answer, Document, InputError, Question
from proctor.core.slugs import below, file_slug, slug
from proctor.evals.judges import agreement
from proctor.leaderboard.compare import thresholds
from proctor.leaderboard.runs.store import Store, read
from proctor.suites.writing.draft import Draft, write_folder
from tests.faults.escapes import NAMES

ANY = st.one_of(st.sampled_from(NAMES), st.text(max_size=20))


@settings(max_examples=20, deadline=None)
@given(st.tuples(ANY, ANY, ANY), st.tuples(ANY, ANY, ANY), st.integers(-3, 12))
def test_whatever_they_are_called_answers_and_lm_eval_s_files_lie_in_the_run_s_folder_each_its_own(
    tmp_path_factory, one, other, seed
):
    folder = tmp_path_factory.mktemp("any")
    store = Store(folder / "deep" / "run")
    for place in {one, other}:
        store.add_answers(*place, seed, [(Question("q", "q"), Answer("q", repr(place)))])
        store.keep_files(*place, seed, "lm-eval", {f"samples_{name}.jsonl": name for name in place if name.isascii()})
    assert [path.name for path in folder.iterdir()] == ["deep"]
    assert [path.name for path in (folder / "deep").iterdir()] == ["run"]
    run = read_answers(folder / "deep" / "run")
    assert {place: run.answers(*place, seed)[0].answer.text for place in {one, other}} == {
        place: repr(place) for place in {one, other}
    }
    written = [path.read_text() for path in (folder / "deep" / "run" / "lm-eval").rglob("samples*")]
    assert sorted(written) == sorted(name for place in {one, other} for name in {*place} if name.isascii())


def read_answers(folder: Path):
    Store(folder).set_provenance({})
    return read(folder)


@given(st.lists(ANY, unique=True, max_size=8))
def test_no_two_names_share_a_file(names):
    for named in (slug, file_slug):
        assert len({named(name).casefold() for name in names}) == len(names)
    assert all("/" not in file_slug(name) and not slug(name).startswith(".") for name in names)


@pytest.mark.parametrize("name", ["con", "NUL", "aux.json", "com1", "lpt9.txt"])
def test_a_name_that_windows_takes_for_a_device_is_none_of_a_file(name):
    assert "-" in slug(name)


@pytest.mark.parametrize("name", ["..", "../x", "/etc/passwd", "a/../../x", ".", "", "a\x00b", "out/x", "loop/x"])
def test_a_path_that_leaves_its_folder_is_refused(tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    (folder / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="choose another name"):
        below(folder, name)
    assert below(folder, "a", "b.txt") == folder / "a" / "b.txt"


def test_a_run_s_answers_are_not_written_through_a_link(tmp_path):
    (tmp_path / "run" / "answers").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "run" / "answers" / "suite").symlink_to(tmp_path / "other")
    with pytest.raises(InputError, match="lies outside of"):
        Store(tmp_path / "run").add_answers("suite", "tiny", "rag", 0, [(Question("q", "q"), Answer("q", "a"))])
    assert list((tmp_path / "other").iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "..", ".x", "-x", "a b", "a\nb", "x" * 200])
def test_a_saved_run_s_name_leads_nowhere_else(tmp_path, name):
    with pytest.raises(InputError, match=r"give a path that ends in \.json"):
        thresholds.place(name, tmp_path)


def test_a_saved_run_without_a_name_is_called_by_its_run_s_folder_and_lies_with_the_others(tmp_path):
    assert thresholds.own_place(tmp_path / "0123456+-89abcdef", tmp_path / "saved").name == "0123456+-89abcdef.json"
    for name in ("x/..", "a b", "x.json", "half \u00e9", "w" * 200):
        place = thresholds.own_place(tmp_path / name, tmp_path / "saved")
        assert place.parent == tmp_path / "saved"
        assert place.suffix == ".json"


def test_documents_of_any_ids_are_imported_into_the_suite_s_folder_each_its_own(tmp_path):
    ids = [name for name in NAMES if name.strip() and name.isprintable()]
    documents = [Document(name, f"It is {number}.", name) for number, name in enumerate(ids)]
    files = Draft(documents, {}, [Question("q", "q", ("red",))]).files("suite", "suite", [])
    write_folder(tmp_path / "deep" / "suite", files)
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["suite"]
    assert len(list((tmp_path / "deep" / "suite" / "documents").rglob("*.md"))) == len(ids)
    with pytest.raises(InputError, match="lies outside of"):
        write_folder(tmp_path / "other", {"../evil.txt": "x"})
    assert not (tmp_path / "evil.txt").exists()


def test_two_judges_of_like_names_are_not_kept_in_one_file(tmp_path):
    names = ["nli:a/b", "nli:a_b", "nli_a_b", "../../nli", "NLI:a/b"]
    assert len({agreement.save([], name, tmp_path / "agreement") for name in names}) == len(names)
    assert [path.name for path in tmp_path.iterdir()] == ["agreement"]
