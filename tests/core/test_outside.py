"""A suite reads nothing outside of its folder, by whatever link or path, unless the command line allows it."""

from __future__ import annotations

import pytest

from proctor.cli import main
from proctor.core.schema import InputError
from proctor.suites.loading.load import load, load_all
from tests.faults.escapes import LINKS, planted

SECRET = "the-secret-outside"  # noqa: S105 # a made-up one


@pytest.mark.parametrize("kind", LINKS)
def test_what_leads_out_of_a_suite_is_refused_with_file_target_and_remedy(tmp_path, kind):
    folder, link = planted(tmp_path, kind, SECRET)
    with pytest.raises(InputError) as raised:
        load(str(folder))
    said = str(raised.value)
    assert SECRET not in said
    assert f"{folder / link}" in said
    assert f" leads out of the suite's folder, to {tmp_path.resolve()}/outside" in said
    assert "or, where you trust who wrote the suite, add --allow-outside-files" in said


@pytest.mark.parametrize("kind", LINKS)
def test_with_the_option_it_is_read_and_said(tmp_path, kind):
    folder, _ = planted(tmp_path, kind, SECRET)
    (suite,) = load_all([str(folder)], outside=True).values()
    (note,) = [note for note in suite.notes if "outside of the suite's folder, as --allow-outside-files allows" in note]
    assert str(tmp_path.resolve() / "outside") in note
    assert suite.version == load(str(folder), outside=True).version


def test_links_within_a_suite_and_a_link_to_a_suite_are_fine(tmp_path):
    folder, _ = planted(tmp_path, "", SECRET)
    (folder / "more").mkdir()
    (folder / "more" / "blue.md").write_text("It is blue.")
    (folder / "documents" / "more").symlink_to("../more")
    (tmp_path / "link").symlink_to(folder)
    suite = load(str(tmp_path / "link"))
    assert {document.id for document in suite.domain.documents} == {"red", "more/blue"}
    assert suite.notes == ()


def test_a_folder_of_tasks_that_is_named_outside_is_read_and_said(tmp_path):
    folder, _ = planted(tmp_path, "", SECRET)
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "one.yaml").write_text("task: one\n")
    with (folder / "suite.toml").open("a") as file:
        file.write('general = ["../tasks"]\n')
    assert load(str(folder)).notes == ("general: a folder of tasks outside of the suite's folder (../tasks)",)


def test_validate_refuses_it_and_takes_the_option(tmp_path, capsys):
    folder, _ = planted(tmp_path, "a document", SECRET)
    assert main(["validate", str(folder)]) == 4
    assert "add --allow-outside-files" in capsys.readouterr().err
    assert main(["validate", str(folder), "--allow-outside-files"]) == 0
    assert "as --allow-outside-files allows" in capsys.readouterr().out


def test_a_suite_cannot_allow_itself(tmp_path):
    folder, _ = planted(tmp_path, "a document", SECRET)
    with (folder / "suite.toml").open("a") as file:
        file.write("allow_outside_files = true\n")
    with pytest.raises(InputError, match="allow_outside_files': unknown field"):
        load(str(folder))
