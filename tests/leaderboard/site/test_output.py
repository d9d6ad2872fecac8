"""A site's folder: nothing in it that is not Proctor's is ever overwritten, deleted or written through."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.cli import main
from proctor.core.schema import InputError
from proctor.leaderboard.output import DATA, FOLDERS, HEAD, MARKER, PAGE, Site
from proctor.leaderboard.site.page import publish
from tests.sample_run import TWO, Sample, make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return make_run(tmp_path_factory.mktemp("of") / "run", Sample(questions=6, systems=TWO))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def published(folder: Path, *names: str) -> Site:
    site = Site(folder)
    for name in names:
        site.write(name, name)
    site.finish()
    return site


def test_the_marker_names_every_file_that_a_publication_wrote(run, tmp_path):
    site = publish([run], tmp_path / "site").parent
    names = {*contents(site)} - {MARKER}
    assert (site / MARKER).read_text() == "\n".join([HEAD, *sorted(names), ""])
    assert {*DATA, PAGE} == {name for name in names if "/" not in name}
    assert {name.split("/")[0] for name in names if "/" in name} <= {*FOLDERS}


def test_a_folder_with_files_and_no_marker_is_refused_and_stays_as_it_is(run, tmp_path, capsys):
    site = tmp_path / "docs"
    site.mkdir()
    for name in ("index.html", "leaderboard.csv", "thesis.txt"):
        (site / name).write_text(f'mine <meta content="Proctor"> {name}')
    before = contents(site)
    assert main(["publish", str(run), "--to", str(site)]) == 4
    assert "name a folder that is new or empty" in capsys.readouterr().err
    assert contents(site) == before
    with pytest.raises(InputError, match="no page that this version of Proctor published"):
        Site(site).check()


def test_a_damaged_marker_is_named_as_such(tmp_path):
    published(tmp_path / "site", "index.html", "history.json")
    marker = tmp_path / "site" / MARKER
    whole = marker.read_text()
    for damaged, why in (
        (whole.replace("history", "hist0ry"), "it names 'hist0ry.json', which is no file of a page, and not history.json"),
        (whole.replace("Proctor", "Practor"), "it does not begin with 'Proctor published"),
    ):
        marker.write_text(damaged)
        with pytest.raises(InputError) as caught:
            Site(tmp_path / "site").check()
        assert str(caught.value).startswith(f"{marker} is damaged: {why}")


def test_files_that_a_user_added_stay_and_those_of_earlier_publications_go(tmp_path):
    published(tmp_path / "site", "index.html", "answers/old.js", "plots/old.svg")
    for name in ("CNAME", "answers/mine.js", "plots/mine.svg"):
        (tmp_path / "site" / name).write_text("mine")
    published(tmp_path / "site", "index.html", "answers/new.js")
    expected = {MARKER, "index.html", "answers/new.js", "CNAME", "answers/mine.js", "plots/mine.svg"}
    assert {*contents(tmp_path / "site")} == expected


@pytest.mark.parametrize("name", ["leaderboard.csv", "index.html", "answers", "plots", "history.json"])
@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_something_else_in_the_place_of_a_file_of_the_page_is_named_before_any_work_and_kept(tmp_path, name, kind):
    site, other = tmp_path / "site", tmp_path / "other"
    published(site, "feed.xml")
    other.mkdir()
    if kind == "link":
        (site / name).symlink_to(other if name in FOLDERS else tmp_path / "other.txt")
    elif kind == "folder":
        (site / name).mkdir()
        (site / name / "mine.txt").write_text("mine")
    else:
        (site / name).write_text("mine")
    if kind == "folder" and name in FOLDERS:
        Site(site).check()
        published(site, f"{name}/one.js")
        assert (site / name / "mine.txt").read_text() == "mine"
        return
    before = contents(tmp_path)
    with pytest.raises(InputError, match=f"{name}.*(choose another folder|choose another name)"):
        Site(site).check()
    with pytest.raises(InputError):
        published(site, f"{name}/one.js" if name in FOLDERS else name)
    assert {path: text for path, text in contents(tmp_path).items() if not path.endswith(MARKER)} == {
        path: text for path, text in before.items() if not path.endswith(MARKER)
    }


def test_nothing_is_deleted_through_a_link_or_by_a_marker_of_somebody_else(tmp_path):
    site, other = tmp_path / "site", tmp_path / "other"
    published(site, "index.html", "answers/a.js", "plots/p.svg")
    other.mkdir()
    for name in ("a.js", "p.svg", "secret.txt"):
        (other / name).write_text("mine")
    (site / "answers" / "a.js").unlink()
    (site / "answers").rmdir()
    (site / "answers").symlink_to(other)
    (site / "plots" / "p.svg").unlink()
    (site / "plots" / "p.svg").symlink_to(other / "p.svg")
    (site / MARKER).write_text((site / MARKER).read_text() + "../other/secret.txt\n/etc/hostname\n.\n\n\x00\nanswers\n")
    published(site, "index.html")
    assert {*contents(other)} == {"a.js", "p.svg", "secret.txt"}
    assert (site / "plots" / "p.svg").is_symlink()
    (site / MARKER).unlink()
    (site / MARKER).symlink_to(other / "secret.txt")
    with pytest.raises(InputError, match="no page that this version of Proctor published"):
        published(site, "index.html")
    assert (other / "secret.txt").read_text() == "mine"


def test_after_a_kill_what_was_written_is_known_for_ours(tmp_path):
    site = Site(tmp_path / "site")
    site.write("index.html", "half")
    site.write("answers/a.js", "half")
    with (tmp_path / "site" / MARKER).open("a") as file:
        file.write("answers/b")  # a name that a kill tore
    published(tmp_path / "site", "index.html")
    assert {*contents(tmp_path / "site")} == {MARKER, "index.html"}


def test_nothing_is_read_of_what_is_not_ours(tmp_path):
    published(tmp_path / "site", "plots/one.svg")
    (tmp_path / "site" / "plots" / "two.svg").write_text("<script>")
    site = Site(tmp_path / "site")
    assert site.old("plots/two.svg") is None
    assert site.old("plots/one.svg") == "plots/one.svg"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=12) | st.sampled_from(["..", "../x", "/etc/x", "a/../../x", "~/x", "a/b", "."]), max_size=4))
def test_whatever_its_files_are_called_nothing_lies_outside(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("any")
    site = Site(folder / "deep" / "site")
    for name in names:
        with suppress(InputError):
            site.write(name, "x")
    assert [path for path in folder.iterdir() if path.name != "deep"] == []
    assert [path for path in (folder / "deep").glob("*") if path.name != "site"] == []
