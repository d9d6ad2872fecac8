from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import Answer, InputError, Record, Score
from proctor.core.storage.cache import Cache
from proctor.evals.axes import forgetting
from proctor.evals.exam import EvalContext, Exam
from proctor.evals.tasks.lm_eval_tasks import definition, lm_eval_files, load_tasks, run
from proctor.evals.testing import fakes
from proctor.leaderboard.compare.changes import apart
from tests import tiny
from tests.sample_evaluation import evaluation, scores, suite

TASK = """\
task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {file}
output_type: {kind}
test_split: test
doc_to_text: "{{{{query}}}}"
doc_to_target: gold
doc_to_choice: "{{{{choices}}}}"
metric_list:
  - metric: {metric}
metadata:
  version: 1.0
"""
ROWS = [
    {"query": f"is {a} or {b} kg", "choices": ["yes", "no", f"in turin {a}", "where"], "gold": (a + b) % 4}
    for a in range(6)
    for b in range(5)
]


def write_task(folder: Path, name: str, file: str = "{name}.jsonl", metric: str = "acc", rows: list[Any] = ROWS) -> Path:
    folder.mkdir(exist_ok=True)
    file = file.format(name=name)
    (folder / file).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / f"{name}.yaml").write_text(TASK.format(name=name, file=file, kind="multiple_choice", metric=metric))
    return folder


@pytest.fixture(scope="module", autouse=True)
def _datasets_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    import datasets

    datasets.config.HF_DATASETS_CACHE = tmp_path_factory.mktemp("datasets")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_task(tmp_path_factory.mktemp("tasks") / "general", "reading")
    return write_task(folder, "counting", metric="acc_norm", rows=ROWS[:12])


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [tiny.causal_lm(tmp_path_factory.mktemp("model"), seed) for seed in (1, 2)]


def loaded(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


def candidate(folder: Path, version: str, opened: list[str] | None = None) -> fakes.Fake:
    def load() -> tuple[Any, Any]:
        if opened is not None:
            opened.append(version)
        return loaded(folder)

    return fakes.mute(weights_version=version, load=load)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def on(folder: Path, models: list[Path], cache: Cache) -> EvalContext:
    base, tuned = (candidate(model, version) for model, version in zip(models, ("base", "tuned"), strict=True))
    return evaluation(tuned, suite(general=[str(folder)]), base=base, cache=cache)


def directly(model: Path, tasks: Path) -> dict[str, Any]:
    """lm-eval by itself, on the saved weights; it looks for data files in the working folder."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(tasks), include_defaults=False)
    with contextlib.chdir(tasks):
        found = simple_evaluate(
            "hf",
            model_args={"pretrained": str(model), "tokenizer": str(model), "device": "cpu"},
            tasks=["reading", "counting"],
            batch_size=16,
            task_manager=manager,
            bootstrap_iters=0,
        )
    return dict(found)


@pytest.mark.slow
def test_agrees_with_lm_eval_run_by_itself_on_the_saved_weights(on: EvalContext, folder: Path, models: list[Path]) -> None:
    theirs = directly(models[1], folder)
    (ours,) = forgetting.general(on.cache, on.candidate, on.suite).values()
    assert isinstance(ours, dict)
    for task, metric in (("reading", "acc,none"), ("counting", "acc_norm,none")):
        assert ours["results"][task][metric] == theirs["results"][task][metric]
    for task, metric in (("reading", "acc"), ("counting", "acc_norm")):
        expected = {f"{task}/{sample['doc_id']}": float(sample[metric]) for sample in theirs["samples"][task]}
        items = scores(forgetting.AXIS, on)[f"general.{task}"]
        assert {item: score.value for item, score in items.items()} == expected


def test_forgetting_is_base_less_system_item_by_item(on: EvalContext, folder: Path, models: list[Path]) -> None:
    found = scores(forgetting.AXIS, on)
    before = {str(s["doc_id"]): s["acc"] for s in run(str(folder), *loaded(models[0]), None)["samples"]["reading"]}
    after = found["general.reading"]
    for item, score in found["forgetting"].items():
        if item.startswith("reading/"):
            assert score.value == before[item.partition("/")[2]] - (after[item].value or 0.0)
    assert {score.value for score in found["forgetting"].values()} == {-1.0, 0.0, 1.0}
    assert len(found["forgetting"]) == len(ROWS) + 12


def test_a_system_on_the_bases_weights_has_forgotten_nothing_and_is_not_run(on: EvalContext, models: list[Path]) -> None:
    opened: list[str] = []
    same = evaluation(candidate(models[1], "base", opened), on.suite, base=on.base, cache=on.cache)
    found = scores(forgetting.AXIS, same)
    assert {score.value for score in found["forgetting"].values()} == {0.0}
    assert opened == []


def test_base_is_questioned_once_for_all_systems_suites_and_seeds(folder: Path, models: list[Path], tmp_path: Path) -> None:
    opened: list[str] = []
    base = candidate(models[0], "base", opened)
    for version in ("tuned-1", "tuned-2"):
        asked = evaluation(
            candidate(models[1], version, opened), suite(general=[str(folder)]), base=base, cache=Cache(tmp_path), limit=2
        )
        scores(forgetting.AXIS, asked)
    assert opened == ["base", "tuned-1", "tuned-2"]


def test_a_changed_task_data_file_limit_or_model_is_another_result(folder: Path, tmp_path: Path) -> None:
    copy = write_task(tmp_path / "general", "reading")
    first = definition(str(copy), None)
    assert definition(str(copy), 5) != first
    (copy / "reading.jsonl").write_text("{}\n")
    assert definition(str(copy), None) != first != definition(str(folder), None)
    assert definition("hellaswag", None) != definition("piqa", None)


def test_edited_answers_are_scored_anew_and_are_another_metric_by_name(models: list[Path], tmp_path: Path) -> None:
    copy = write_task(tmp_path / "general", "reading", rows=ROWS[:6])
    asked = evaluation(
        candidate(models[0], "base"), suite(general=[str(copy)]), base=candidate(models[0], "base"), cache=Cache(tmp_path / "c")
    )

    def taken() -> dict[str, list[Record]]:
        kept: list[Record] = []
        Exam(asked, kept.extend).run(forgetting.AXIS)
        return {name: [one for one in kept if one.metric == name] for name in ("general.reading", "forgetting")}

    before, again = taken(), taken()
    assert before == again
    write_task(copy, "reading", rows=[{**row, "gold": (row["gold"] + 1) % 4} for row in ROWS[:6]])
    after = taken()
    assert [one.value for one in after["general.reading"]] != [one.value for one in before["general.reading"]]
    for name, rows in after.items():
        (text,) = apart(before[name][0], rows[0], {}, {})
        assert text.startswith(f"definition of metric {name}: 1 ")


def test_what_part_of_a_task_is_asked_does_not_make_it_another_metric(folder: Path, models: list[Path]) -> None:
    some, all_of_it = (run(str(folder), *loaded(models[0]), limit)["task_versions"] for limit in (3, None))
    assert some == all_of_it
    assert some["reading"] != some["counting"]


def test_a_data_file_outside_the_folder_counts_too(tmp_path: Path) -> None:
    outside = tmp_path / "rows.jsonl"
    copy = write_task(tmp_path / "general", "reading")
    (copy / "reading.yaml").write_text(TASK.format(name="reading", file=outside, kind="multiple_choice", metric="acc"))
    outside.write_text("one")
    first = definition(str(copy), None)
    outside.write_text("two")
    assert definition(str(copy), None) != first


def test_data_files_are_found_beside_the_task_from_any_working_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert set(load_tasks(str(folder))) == {"reading", "counting"}


def test_a_limit_takes_the_first_items(folder: Path, models: list[Path]) -> None:
    value = run(str(folder), *loaded(models[0]), 3)
    assert {task: len(samples) for task, samples in value["samples"].items()} == {"reading": 3, "counting": 3}


def test_a_peft_model_is_questioned_with_its_adapter(folder: Path, models: list[Path]) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    model, text = loaded(models[0])
    adapted = get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj", "v_proj"]))
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.fill_(3.0)

    def answers(value: dict[str, Any]) -> list[Any]:
        return [sample["filtered_resps"] for sample in value["samples"]["reading"]]

    with_adapter = answers(run(str(folder), adapted, text, 5))
    merged = answers(run(str(folder), adapted.merge_and_unload(), text, 5))
    assert [first for (first, _), *_ in with_adapter] == pytest.approx([first for (first, _), *_ in merged], rel=1e-4)
    assert with_adapter != answers(run(str(folder), *loaded(models[0]), 5))


def test_lm_evals_own_files_can_be_written_as_it_writes_them(on: EvalContext) -> None:
    values = forgetting.general(on.cache, on.candidate, on.suite)
    files = lm_eval_files({entry: value for entry, value in values.items() if isinstance(value, dict)})
    assert sorted(files) == ["results_general.json", "samples_counting.jsonl", "samples_reading.jsonl"]
    assert set(json.loads(files["results_general.json"])) >= {"results", "configs", "versions", "n-samples", "higher_is_better"}
    lines = [json.loads(line) for line in files["samples_reading.jsonl"].splitlines()]
    assert [line["doc"] for line in lines] == ROWS
    assert "NaN" not in "".join(files.values())


def test_a_metric_that_has_no_number_for_an_item_is_unmeasured() -> None:
    assert forgetting._value("perplexity", [-3.2, 4]).status == "unmeasured"
    assert forgetting._value("acc", float("nan")).status == "unmeasured"
    assert forgetting._value("acc", 1) == Score(1.0)


def test_a_task_whose_data_cannot_be_had_costs_only_itself(on: EvalContext, folder: Path) -> None:
    missing = write_task(folder.parent / "missing", "gone")
    (missing / "gone.jsonl").unlink()
    asked = evaluation(on.candidate, suite(general=[str(folder), str(missing)]), base=on.base, cache=on.cache)
    found = scores(forgetting.AXIS, asked)
    (score,) = found["general.missing"].values()
    assert score.status == "unmeasured"
    assert found["forgetting"][str(missing)].status == "unmeasured"
    assert found["general.reading"]["reading/0"].status == "scored"


def test_an_empty_folder_and_an_unknown_name_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no lm-eval task found"):
        load_tasks(str(tmp_path))


@pytest.mark.slow
def test_a_name_that_lm_eval_does_not_know_is_an_input_error() -> None:
    with pytest.raises(InputError, match="neither a folder nor a name"):
        load_tasks("no_such_task_anywhere")


def test_a_suite_without_general_tasks_has_no_marks(on: EvalContext) -> None:
    assert scores(forgetting.AXIS, evaluation(on.candidate, suite(), base=on.base, cache=on.cache)) == {}


def likely(say: Any = len, **fields: Any) -> fakes.LikelihoodFake:
    """Says that texts are the likelier the smaller what ``say`` finds in them."""
    return fakes.LikelihoodFake(
        lambda question: Answer(question.id, ""), likely=lambda _, text: (-float(say(text)), False), **fields
    )


def test_of_a_model_that_says_how_likely_texts_are_the_likeliest_choice_counts(folder: Path, cache: Cache) -> None:
    on = evaluation(likely(), suite(general=[str(folder)]), cache=cache)
    found = scores(forgetting.AXIS, on)["general.reading"]
    shortest = min(range(4), key=lambda place: len(ROWS[0]["choices"][place]))
    assert {item: score.value for item, score in found.items()} == {
        f"reading/{place}": float(row["gold"] == shortest) for place, row in enumerate(ROWS)
    }


def test_a_served_model_is_held_against_the_served_one_that_is_named_as_its_base(folder: Path, cache: Cache) -> None:
    base, tuned = likely(weights_version="short"), likely(lambda text: -len(text), weights_version="long")
    found = scores(forgetting.AXIS, evaluation(tuned, suite(general=[str(folder)]), base=base, cache=cache))
    alone = scores(forgetting.AXIS, evaluation(base, suite(general=[str(folder)]), base=base, cache=cache))
    for item, score in found["forgetting"].items():
        task = f"general.{item.partition('/')[0]}"
        assert score.value == (alone[task][item].value or 0) - (found[task][item].value or 0)
    assert {score.value for score in alone["forgetting"].values()} == {0.0}


def test_a_served_model_without_a_served_base_has_forgotten_nothing_that_is_known(folder: Path, cache: Cache) -> None:
    found = scores(forgetting.AXIS, evaluation(likely(), suite(general=[str(folder)]), cache=cache))
    assert {score.status for score in found["general.counting"].values()} == {"scored"}
    assert {(score.status, score.reason) for score in found["forgetting"].values()} == {("not_applicable", forgetting.UNPAIRED)}


def test_of_what_says_nothing_of_texts_general_tasks_are_not_asked(folder: Path, cache: Cache) -> None:
    silent = fakes.Answering(lambda question: Answer(question.id, ""))
    found = scores(forgetting.AXIS, evaluation(silent, suite(general=[str(folder)]), cache=cache))
    reasons = {(score.status, score.reason) for items in found.values() for score in items.values()}
    assert reasons == {("not_applicable", "the system's weights cannot be had, and the system does not say how likely a text is")}


def test_a_server_that_does_not_say_leaves_its_tasks_unmeasured(folder: Path, cache: Cache) -> None:
    def refuse(text: str) -> float:
        raise OSError("the server gives no log-probabilities")

    found = scores(forgetting.AXIS, evaluation(likely(refuse, weights_version="mute"), suite(general=[str(folder)]), cache=cache))
    assert {score.status for score in found["general.general"].values()} == {"unmeasured"}
