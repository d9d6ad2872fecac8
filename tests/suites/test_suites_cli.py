"""``proctor new``, ``validate`` and ``import``: what it prints, what it writes and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from proctor.cli import main
from proctor.suites.loading.load import load

ROOT = Path(__file__).parents[2]


def test_new_writes_a_suite_that_validates_and_explains_itself(tmp_path, capsys):
    folder = tmp_path / "my-shop"
    assert main(["new", str(folder)]) == 0
    assert main(["validate", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "4 documents, 8 training examples, 6 questions (1 without an answer in the documents)" in printed
    assert printed.endswith("ok\n")
    settings = (folder / "suite.toml").read_text(encoding="utf-8")
    assert all(
        name in settings for name in ("documents/", "train.jsonl", "questions.jsonl", "revisions.jsonl", f"--suite {folder}")
    )
    assert load(str(folder)).name == "my-shop"


def test_the_starter_holds_its_answers_and_asks_for_what_it_lacks(tmp_path):
    main(["new", str(tmp_path / "a")])
    suite = load(str(tmp_path / "a"))
    for question in suite.questions:
        texts = " ".join(suite.document(name).text for name in question.evidence).lower()
        assert not question.answerable or any(reference.lower() in texts for reference in question.references), question.id
    for revision in suite.revisions:
        for question in revision.questions:
            assert question.references[0] in revision.text
            assert question.outdated[0] in suite.document(revision.document).text


def test_a_folder_whose_name_is_no_suite_name_gets_one(tmp_path):
    assert main(["new", str(tmp_path / "my shop")]) == 0
    assert load(str(tmp_path / "my shop")).name == "my-suite"


@pytest.mark.parametrize("command", [["new"], ["import", "choices", "items.jsonl"], ["import", "csv", "table.csv"]])
def test_nothing_is_ever_overwritten(tmp_path, capsys, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text("question,answer,context\na,b,c\n", encoding="utf-8")
    Path("items.jsonl").write_text(json.dumps({"query": "q", "choices": ["a", "b"], "gold": 0}), encoding="utf-8")
    Path("taken").mkdir()
    Path("taken/notes.txt").write_text("mine", encoding="utf-8")
    assert main([*command, "taken"]) == 4
    assert "nothing is ever overwritten" in capsys.readouterr().err
    assert [path.name for path in Path("taken").iterdir()] == ["notes.txt"]


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "empty").mkdir()
    assert main(["new", str(tmp_path / "empty")]) == 0


def test_validate_lists_every_problem_and_ends_with_4(tmp_path, capsys):
    main(["new", str(tmp_path / "a")])
    (tmp_path / "a/questions.jsonl").write_text('{"question": ""}\nx\n', encoding="utf-8")
    assert main(["validate", str(tmp_path / "a")]) == 4
    printed = capsys.readouterr().err
    assert printed.startswith("error: suite a: 3 problems\n")
    assert "questions.jsonl:1: field 'question'" in printed
    assert "questions.jsonl:2: not JSON" in printed


def test_validate_notes_references_that_their_evidence_does_not_hold(tmp_path, capsys):
    main(["new", str(tmp_path / "a")])
    capsys.readouterr()
    assert main(["validate", str(tmp_path / "a")]) == 0
    assert "note:" not in capsys.readouterr().out
    file = tmp_path / "a/questions.jsonl"
    rows = list(map(json.loads, file.read_text(encoding="utf-8").splitlines()))
    slip = next(row for row in rows if row["references"]) | {
        "id": "slip",
        "question": "How many?",
        "references": ["forty-seven zebras"],
    }
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, slip]), encoding="utf-8")
    assert main(["validate", str(tmp_path / "a")]) == 0
    said = capsys.readouterr().out
    assert f"of {len([row for row in rows if row['references']]) + 1} questions with evidence, 1 has no reference" in said
    assert "(slip)" in said
    assert said.endswith("ok\n")


def test_validate_notes_questions_without_evidence_and_those_asked_twice(tmp_path, capsys):
    main(["new", str(tmp_path / "a")])
    file = tmp_path / "a/questions.jsonl"
    rows = list(map(json.loads, file.read_text(encoding="utf-8").splitlines()))
    twin = {"id": "twin", "question": f"{rows[0]['question']} ", "references": ["another"], "evidence": []}
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, twin]), encoding="utf-8")
    assert main(["validate", str(tmp_path / "a")]) == 0
    said = capsys.readouterr().out
    assert f"note: {rows[0]['id']}, twin ask the same and have different references" in said
    assert "1 names no evidence (twin)" in said


def test_import_makes_a_suite_and_names_its_general_tasks(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("items.jsonl").write_text(json.dumps({"query": "q", "choices": ["a", "b"], "gold": 0}), encoding="utf-8")
    Path("table.csv").write_text("question,answer,context\n" + "".join(f"q{n},a{n},c{n}\n" for n in range(10)), encoding="utf-8")
    assert main(["import", "choices", "items.jsonl", "tasks"]) == 0
    command = ["import", "csv", "table.csv", "mine", "--title", "Mine", "--test-share", "0.2", "--seed", "3"]
    assert main([*command, "--general", "tasks", "--general", "hellaswag"]) == 0
    assert "mine: 10 documents, 8 training examples, 2 questions" in capsys.readouterr().out
    suite = load("mine")
    assert (suite.name, suite.title) == ("mine", "Mine")
    assert suite.general == (str(tmp_path / "tasks"), "hellaswag")
    assert str(tmp_path) not in Path("mine/suite.toml").read_text(encoding="utf-8"), "the two folders can be moved together"


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["new", str(tmp_path / "file/suite")]) == 4
    assert f"cannot write into {tmp_path}/file/suite: {tmp_path}/file: Not a directory" in capsys.readouterr().err


@pytest.mark.parametrize("share", ["0", "2", "x"])
def test_a_share_is_a_share(share, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["import", "csv", "a", "b", "--test-share", share])
    assert ended.value.code == 4
    assert "--test-share" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("command", [["new"], ["validate"], ["import"], ["import", "squad"], ["import", "choices"]])
def test_help_is_there(command):
    done = subprocess.run(
        [sys.executable, "-m", "proctor", *command, "-h"], capture_output=True, text=True, check=True, cwd=ROOT, timeout=300
    )
    assert "usage: proctor" in done.stdout
