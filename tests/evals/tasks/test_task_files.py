"""Broken files of general tasks are named with their line before any work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proctor.evals.tasks.task_files import data_files, names, problems

TASK = """\
task: sides
dataset_path: json
dataset_kwargs: {data_files: {test: sides.jsonl}}
output_type: multiple_choice
doc_to_text: "{{query}}"
doc_to_choice: "{{choices}}"
doc_to_target: gold
"""
ROW = {"query": "left or", "choices": ["right", "up"], "gold": 0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sides.yaml").write_text(TASK)
    (tmp_path / "sides.jsonl").write_text(json.dumps(ROW) + "\n")
    return tmp_path


def test_whole_files_have_no_problem(folder: Path) -> None:
    assert list(problems(folder)) == []
    assert data_files(folder / "sides.yaml") == [folder / "sides.jsonl"]


def test_tasks_are_called_as_their_files_say(folder: Path) -> None:
    (folder / "both.yaml").write_text("group: both\ntask: [sides]\n")
    assert names(str(folder)) == ["sides"]
    assert names("arc_easy") == ["arc_easy"]
    (folder / "sides.yaml").write_text("task: [sides\n")
    assert names(str(folder)) == [folder.name]


@pytest.mark.parametrize(
    ("file", "text", "line", "what"),
    [
        ("sides.yaml", "task: [sides\n", 2, "not YAML"),
        ("sides.yaml", "- sides\n", None, "this is none"),
        ("sides.yaml", "include: _common\ntask: sides\n", 1, "it includes '_common', which is not there"),
        ("sides.yaml", TASK.replace("sides.jsonl", "gone.jsonl"), 3, "its data file 'gone.jsonl' is not there"),
        ("sides.jsonl", "\n", None, "holds no item"),
        ("sides.jsonl", json.dumps(ROW) + '\n{"query": "x"\n', 2, "not JSON"),
        ("sides.jsonl", json.dumps(ROW) + "\n7\n", 2, "this is none"),
        ("sides.jsonl", json.dumps(ROW | {"gold": 2}) + "\n", 1, "choice 2 is the right one, and there are 2"),
    ],
)
def test_what_is_broken_is_named_with_its_line(folder: Path, file: str, text: str, line: int | None, what: str) -> None:
    (folder / file).write_text(text)
    (found,) = problems(folder)
    assert (found.file, found.line) == (folder / file, line)
    assert what in found.what


def test_settings_that_are_included_count(folder: Path) -> None:
    (folder / "_common").write_text(TASK.replace("task: sides\n", ""))
    (folder / "sides.yaml").write_text("include: _common\ntask: sides\n")
    (folder / "sides.jsonl").write_text(json.dumps(ROW | {"gold": 5}) + "\n")
    assert len(list(problems(folder))) == 1


def test_one_document_of_json_and_items_made_by_code_are_left_to_lm_eval(folder: Path) -> None:
    (folder / "sides.jsonl").write_text(json.dumps([ROW | {"gold": 5}], indent=1))
    assert list(problems(folder)) == []
    (folder / "sides.jsonl").write_text(json.dumps(ROW | {"gold": 5}) + "\n")
    (folder / "sides.yaml").write_text(TASK + "process_docs: !function code.same\n")
    assert list(problems(folder)) == []
