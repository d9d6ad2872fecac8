"""What of a folder of tasks is no data is refused with its file and line; what is data is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proctor.cli import main
from proctor.core.command_line import USAGE_ERROR
from proctor.core.schema import InputError
from proctor.evals.tasks import task_code, task_files
from proctor.evals.tasks.lm_eval_tasks import fetches, load_tasks, run
from proctor.evals.tasks.task_code import refused
from proctor.suites.loading.load import load, read
from proctor.suites.loading.settings import GENERAL

TASK = """\
task: sides
dataset_path: json
dataset_kwargs:
  data_files:
    test: sides.jsonl
test_split: test
output_type: multiple_choice
doc_to_text: "{{query}}"
doc_to_choice: "{{choices}}"
doc_to_target: gold
metric_list:
  - metric: acc
    aggregation: mean
"""
CODE = "from pathlib import Path\nPath({marker!r}).touch()\n\ndef text(doc):\n    return doc['query']\n"


@pytest.fixture(autouse=True)
def _datasets_elsewhere(tmp_path: Path) -> None:
    import datasets

    datasets.config.HF_DATASETS_CACHE = tmp_path / "datasets"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "suite"
    (folder / "documents").mkdir(parents=True)
    (folder / "tasks").mkdir()
    (folder / "documents" / "a.txt").write_text("x")
    (folder / "questions.jsonl").write_text(json.dumps({"question": "y", "references": ["x"]}) + "\n")
    (folder / "suite.toml").write_text('general = ["tasks"]\n')
    (folder / "tasks" / "sides.yaml").write_text(TASK)
    rows = [{"query": "left or", "choices": ["right", "up"], "gold": 0}] * 2
    (folder / "tasks" / "sides.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "tasks" / "code.py").write_text(CODE.format(marker=str(tmp_path / "RAN")))
    return folder


def change(suite: Path, old: str, new: str) -> None:
    assert old in TASK
    (suite / "tasks" / "sides.yaml").write_text(TASK.replace(old, new))


FUNCTION = ('"{{query}}"', "!function code.text")


def test_data_is_taken(suite: Path) -> None:
    assert list(refused(suite / "tasks")) == []
    assert len(load_tasks(str(suite / "tasks"))["sides"].eval_docs) == 2
    assert load(str(suite)).trusted == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        (*FUNCTION, 8, "`doc_to_text: !function code.text` runs code"),
        ("    aggregation: mean", "    aggregation: !function code.text", 13, "runs code"),
        ('"{{query}}"', '"{{query.__class__}}"', 8, "an unsafe template: '__class__' leads into Python itself"),
        ("dataset_path: json", "dataset_path: evil/data", 2, "'evil/data' would be fetched"),
        ("sides.jsonl", "https://example.org/x.jsonl", 5, "would be fetched from elsewhere"),
        ("sides.jsonl", "../questions.jsonl", 5, "lies outside the folder of tasks"),
        ("metric: acc", "metric: code_eval", 12, "the metric 'code_eval' is code of the Hugging Face hub"),
        ("test_split: test", "test_split: test\nunsafe_code: true", 7, "code that a model wrote"),
        (
            "test_split: test",
            "test_split: test\ngeneration_kwargs: {custom_generate: evil/code}",
            7,
            "generation_kwargs.custom_generate",
        ),
        ("test_split: test", "test_split: test\nnew_of_lm_eval: 1", 7, "no setting of a task that is data only"),
        ("dataset_kwargs:\n  data_files:\n    test: sides.jsonl\n", "", 2, "names no data file"),
    ],
)
def test_what_is_no_data_is_refused_with_its_line_and_a_remedy(suite: Path, old: str, new: str, line: int, what: str) -> None:
    change(suite, old, new)
    file = suite / "tasks" / "sides.yaml"
    with pytest.raises(InputError) as error:
        load(str(suite))
    (said,) = (text for text in str(error.value).splitlines() if what in text)
    assert f"{file}:{line}: " in said
    assert "or, where you trust who wrote the suite, add --trust-suite-code" in said
    with pytest.raises(InputError, match="--trust-suite-code"):
        load_tasks(str(suite / "tasks"))


def test_code_runs_where_the_user_trusts_it_and_that_is_written_down(suite: Path, tmp_path: Path, capsys: Any) -> None:
    change(suite, *FUNCTION)
    assert main(["validate", str(suite)]) == USAGE_ERROR
    assert not (tmp_path / "RAN").exists()
    assert main(["validate", str(suite), "--trust-suite-code"]) == 0
    said = (
        f"note: general: trusted by --trust-suite-code: `doc_to_text: !function code.text` runs code ({suite}/tasks/sides.yaml:8)"
    )
    assert said in capsys.readouterr().out
    assert not (tmp_path / "RAN").exists(), "validate runs nothing, trusted or not"
    trusted = load(str(suite), trust=True)
    assert trusted.trusted == (str(suite / "tasks"),)
    assert (trusted.version, any("trusted by" in note for note in trusted.notes)) == (load_untouched(suite).version, True)
    assert set(load_tasks(str(suite / "tasks"), trusted=True)) == {"sides"}
    assert (tmp_path / "RAN").exists()


def load_untouched(suite: Path) -> Any:
    (suite / "tasks" / "sides.yaml").write_text(TASK)
    try:
        return load(str(suite))
    finally:
        change(suite, *FUNCTION)


def test_nothing_is_broken_in_the_tasks_that_come_with_proctor_which_no_run_looks_at_again() -> None:
    assert len(list(GENERAL.rglob("*.yaml"))) > 1
    assert list(task_files.problems(GENERAL)) == []


def test_only_proctors_own_tasks_need_no_word(suite: Path) -> None:
    (suite / "suite.toml").write_text('general = ["general", "tasks"]\n')
    assert load(str(suite)).trusted == (str(GENERAL),)


def test_a_template_that_cannot_be_rendered_is_said(suite: Path) -> None:
    change(suite, '"{{query}}"', '"{{gone}}"')
    with pytest.raises(InputError, match="'gone' is undefined"):
        run(str(suite / "tasks"), None, None, None)


def test_lm_evals_own_templates_are_rendered_as_before_afterwards(suite: Path) -> None:
    from lm_eval import utils

    before = utils.env
    load_tasks(str(suite / "tasks"))
    assert utils.env is before


def test_metrics_aggregations_and_filters_are_lm_evals_own() -> None:
    from lm_eval.api import registry

    assert set(task_code.METRICS) == set(registry.metric_registry.keys())
    assert set(task_code.AGGREGATIONS) == set(registry.aggregation_registry.keys())
    assert set(registry.filter_registry.keys()) - set(task_code.STEPS) == {"custom"}


def test_settings_that_are_taken_are_lm_evals() -> None:
    from dataclasses import fields

    from lm_eval.config.group import GroupConfig
    from lm_eval.config.task import FewshotConfig, TaskConfig

    known = {field.name for kind in (TaskConfig, GroupConfig) for field in fields(kind)} | {"task_list", "class", "recipe"}
    assert {*task_code.PLAIN, *task_code.TEMPLATES, *task_code.CODE, *task_code._CHECKS} == known
    assert {field.name for field in fields(FewshotConfig)} - set(task_code.FEWSHOT) == {"process_docs"}


def test_values_that_refer_to_one_another_without_end_are_refused(suite: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (suite / "tasks" / "bomb.yaml").write_text("task: bomb\n" + "\n".join(lines) + "\n")
    (suite / "tasks" / "ring.yaml").write_text("task: ring\nmetadata: &a [*a]\n")
    (suite / "tasks" / "one.yaml").write_text("include: two\ntask: one\n")
    (suite / "tasks" / "two").write_text("include: one.yaml\n")
    with pytest.raises(InputError) as error:
        load(str(suite))
    assert "bomb.yaml:6: not YAML: more than 100,000 values" in str(error.value)
    assert "ring.yaml:2: not YAML: an alias stands for what it lies in" in str(error.value)
    assert "two:1: it includes 'one.yaml', which includes it" in str(error.value)


def test_what_lm_evals_own_tasks_download_is_said_and_what_runs_answers_is_refused(suite: Path, capsys: Any) -> None:
    (suite / "suite.toml").write_text('general = ["arc_easy"]\n')
    assert main(["validate", str(suite)]) == 0
    said = "note: general: lm-eval's own task 'arc_easy' downloads its data, unless it was downloaded before: allenai/ai2_arc"
    assert said in capsys.readouterr().out
    (suite / "suite.toml").write_text('general = ["humaneval"]\n')
    with pytest.raises(InputError, match="lm-eval's own task 'humaneval' runs code that the model wrote"):
        load(str(suite), trust=True)
    assert fetches("ai2_arc").data_sets == ("allenai/ai2_arc",), "a tag stands for its tasks"


def test_a_suite_brings_no_settings_of_pytest(suite: Path) -> None:
    (suite / "pytest.ini").write_text("[pytest]\naddopts = -p code\n")
    (suite / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    with pytest.raises(
        InputError, match=r"1 problem\n.*pytest\.ini: a suite is data, and pytest would take its settings from this file"
    ):
        read(str(suite))
