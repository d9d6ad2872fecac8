"""Templates of general tasks are tried on the first items, so that what is wrong with one has a file, a line and a remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proctor.core.language import patterns
from proctor.core.schema import InputError
from proctor.evals.tasks.lm_eval_tasks import _sandboxed, load_tasks
from proctor.evals.tasks.rehearsal import problems, where
from proctor.evals.tasks.templates import Sandbox

TASK = """\
task: sides
dataset_path: json
dataset_kwargs: {data_files: {test: sides.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{query}}"
doc_to_choice: "{{choices}}"
doc_to_target: gold
"""
ROWS = [
    {"query": "left or", "choices": ["right", "up"], "gold": 0},
    {"query": "up or", "choices": ["down"], "gold": 0, "note": "x"},
]
REMEDY = "write it with the columns of the item alone"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sides.yaml").write_text(TASK)
    (tmp_path / "sides.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return tmp_path


def change(folder: Path, old: str, new: str) -> None:
    assert old in TASK
    (folder / "sides.yaml").write_text(TASK.replace(old, new))


@pytest.mark.parametrize(
    "template", ["query", "'{{query}}'", "'{{query}}{% if note %}!{% endif %}'", "'{{ choices[0] }}: {{ 9**99 }}'"]
)
def test_a_template_that_can_be_rendered_is_taken(folder: Path, template: str) -> None:
    change(folder, '"{{query}}"', template)
    assert list(problems(folder)) == []


@pytest.mark.parametrize(
    ("template", "what", "remedy"),
    [
        ("'{{ qurey }}'", "'qurey' is undefined", "did you mean 'query'?"),
        ("qurey", "is 'qurey' for every item, as no column of sides.jsonl is called so", "did you mean 'query'?"),
        ("'{{ query.nosuch.deeper }}'", "has no attribute 'nosuch'", REMEDY),
        ("'{{ range(99999999) }}'", "Range too big", REMEDY),
        ("\"{{ 'a' * 9999999999 }}\"", "* makes more than 1,000,000 characters", REMEDY),
        ("'{{ [0] * 999999999 }}'", "* makes more than 1,000,000 characters", REMEDY),
        ("'{{ 9**(9**9) }}'", "** makes a number of more than 10,000 bits", REMEDY),
        ("\"{{ ('f'*900000)|int(0, 16) // 3 }}\"", "it makes a number of more than 10,000 bits", REMEDY),
        ("\"{{ ('a'*99999)|regex_replace('a', 'b'*99999) }}\"", "regex_replace makes more than 1,000,000 characters", REMEDY),
        ("\"{{ ('a'*60 ~ '!')|regex_replace('^(a|aa)+$', '') }}\"", "takes more than 0.2 s", REMEDY),
        ("\"{{ query|regex_replace('(', '') }}\"", "regex_replace: missing )", REMEDY),
    ],
)
def test_a_template_that_cannot_be_rendered_is_named_with_its_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, template: str, what: str, remedy: str
) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.2)
    change(folder, '"{{query}}"', template)
    (found,) = problems(folder)
    assert (found.file, found.line) == (folder / "sides.yaml", 6)
    assert found.what.startswith("`doc_to_text` of the task 'sides' ")
    assert what in found.what
    assert found.remedy == remedy


def test_choices_that_are_no_list_are_named(folder: Path) -> None:
    change(folder, '"{{choices}}"', '"{{query}}"')
    (found,) = problems(folder)
    assert (found.line, found.what) == (
        7,
        "`doc_to_choice` of the task 'sides' gives no list of choices for item 1 of sides.jsonl: 'left or'",
    )


def test_what_several_tasks_include_is_named_once_where_it_stands(folder: Path) -> None:
    (folder / "common").write_text('doc_to_text: "{{qurey}}"\n')
    text = TASK.replace('doc_to_text: "{{query}}"', "include: common")
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(text.replace("task: sides", f"task: {name}"))
    (found,) = problems(folder)
    assert (found.file, found.line) == (folder / "common", 1)


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("json", "sides.json", json.dumps(ROWS)),
        ("csv", "sides.csv", "query,gold\nleft or,0\n"),
        ("text", "sides.txt", "left or\nright or\n"),
    ],
)
def test_items_are_read_from_other_files_too(folder: Path, kind: str, name: str, content: str) -> None:
    (folder / name).write_text(content)
    column = "text" if kind == "text" else "query"
    for template, wrong in ((column, 0), ("nosuch", 1)):
        (folder / "sides.yaml").write_text(
            TASK.replace("json", kind, 1)
            .replace("sides.jsonl", name)
            .replace("{{query}}", f"{{{{{template}}}}}")
            .replace('doc_to_choice: "{{choices}}"', "doc_to_choice: [a, b]")
        )
        assert len(list(problems(folder))) == wrong


def test_items_of_a_parquet_file_are_tried(folder: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(ROWS), folder / "sides.parquet")
    (folder / "sides.yaml").write_text(
        TASK.replace("json", "parquet", 1).replace("sides.jsonl", "sides.parquet").replace("query", "qurey")
    )
    assert [found.remedy for found in problems(folder)] == ["did you mean 'query'?"]


def test_what_fails_later_in_an_exam_names_its_task_too(folder: Path) -> None:
    import datasets

    datasets.config.HF_DATASETS_CACHE = folder / "datasets"
    rows = [*ROWS, {"query": "", "choices": [], "gold": 0}]
    (folder / "sides.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    change(folder, '"{{query}}"', '"{{choices[0]}}"')
    assert list(problems(folder)) == []
    assert where(folder, "{{choices[0]}}") == f"{folder / 'sides.yaml'}:6: `doc_to_text` of the task 'sides'"

    def render() -> None:
        with _sandboxed(folder):
            (task,) = load_tasks(str(folder)).values()
            for doc in rows:
                Sandbox().from_string(task.config.doc_to_text).render(**doc)

    with pytest.raises(InputError) as caught:
        render()
    assert str(caught.value).startswith(f"general tasks: {folder / 'sides.yaml'}:6: `doc_to_text` of the task 'sides': ")
