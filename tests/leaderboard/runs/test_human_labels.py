"""Labels from people: drawn blind, read with care, and what they make of a judge's figure."""

import json
import random
import shutil

import pytest

from proctor.cli import main
from proctor.core.schema import InputError
from proctor.evals.stats.ppi import corrected
from proctor.leaderboard.board.board import board
from proctor.leaderboard.board.terminal import as_text
from proctor.leaderboard.runs import labels
from proctor.leaderboard.runs.store import read

METRIC = "hallucination.contradicted"


def draws(seed, n, labelled, lenient):
    """Truths of which the judge sees ``lenient`` wrong ones as right."""
    chance = random.Random(seed)  # noqa: S311 # made up, and the same each time
    truth = [float(chance.random() < 0.6) for _ in range(n)]
    judge = [1.0 if right or chance.random() < lenient else 0.0 for right in truth]
    return list(zip(truth[:labelled], judge[:labelled], strict=True)), judge[labelled:]


@pytest.mark.slow
def test_a_lenient_judge_is_put_right_as_often_as_the_interval_says():
    found = [corrected(*draws(seed, 1000, 100, 0.5)) for seed in range(200)]
    assert sum(one.low <= 0.6 <= one.high for one in found) >= 180  # 190 are due; binomial error 3
    judged = [sum(values) / len(values) for _, values in (draws(seed, 1000, 100, 0.5) for seed in range(200))]
    assert min(judged) > 0.7  # what the judge alone says of it


def test_a_faultless_judge_gains_by_its_many_answers():
    one = corrected(*draws(0, 1000, 100, 0.0))
    alone = 2 * 1.96 * (0.6 * 0.4 / 100) ** 0.5
    assert one.high - one.low < 0.8 * alone


def test_labels_without_a_single_no_are_not_certainty():
    one = corrected([(1.0, 1.0)] * 40, [1.0] * 144)
    assert one.value == 1.0
    assert one.low < 0.92  # Wilson's limit for 40 of 40 is .91


def test_few_labels_correct_nothing():
    labelled, judged = draws(0, 100, 19, 0.5)
    assert corrected(labelled, judged) is None
    assert corrected(draws(0, 100, 20, 0.5)[0], []) is None


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ppi_py", None)
    with pytest.raises(InputError, match=r'needs ppi-python: pip install "proctor\[people\]"'):
        corrected(*draws(0, 100, 30, 0.5))


@pytest.fixture
def run(small, tmp_path):
    return shutil.copytree(small, tmp_path / "run")


def filled(run, label):
    """The file as a person would leave it."""
    path = run / labels.FILE
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(json.dumps(row | {"label": label(row)}) + "\n" for row in rows), encoding="utf-8")


def test_both_values_are_on_the_board_and_in_the_table(run, capsys):
    assert main(["sample", str(run), "--metric", METRIC, "-n", "30"]) == 0
    assert f"{5 * 30} answers" in capsys.readouterr().out
    filled(run, lambda _: 1.0)
    found = board([read(run)])
    cells = {cell.system: cell for cell in found.cells if cell.metric == METRIC}
    assert {cell.labelled for cell in cells.values()} == {30}
    assert all(cell.corrected > cell.value for name, cell in cells.items() if name != "base")
    assert all(cell.corrected is None for cell in found.cells if cell.metric != METRIC)
    assert "people" in as_text(found)


def test_what_the_judge_said_is_not_shown(run):
    labels.sample(read(run), METRIC, 5)
    row = json.loads((run / labels.FILE).read_text(encoding="utf-8").splitlines()[0])
    assert row["question"]
    assert row["answer"]
    assert not {"value", "judge", "reason"} & row.keys()


def test_more_are_drawn_without_losing_or_repeating_any(run):
    assert labels.sample(read(run), METRIC, 10) == 50
    filled(run, lambda _: 0.0)
    assert labels.sample(read(run), METRIC, 100) == 250
    assert labels.sample(read(run), METRIC, 100) == 0
    said = labels.labels([read(run)])
    assert (len(said), set(said.values())) == (50, {0.0})


def test_a_label_of_another_version_of_the_system_does_not_count(run):
    labels.sample(read(run), METRIC, 30)
    path = run / labels.FILE
    path.write_text(path.read_text(encoding="utf-8").replace('"system_version": "rag1"', '"system_version": "rag0"'), "utf-8")
    filled(run, lambda _: 1.0)
    cells = {cell.system: cell for cell in board([read(run)]).cells if cell.metric == METRIC}
    assert (cells["rag"].labelled, cells["rag"].corrected) == (0, None)
    assert cells["lora"].labelled == 30


@pytest.mark.parametrize(("line", "said"), [("{}", "suite"), ("nonsense", "not JSON"), ("[]", "expected a JSON object")])
def test_a_damaged_file_is_named_with_its_line(run, line, said):
    labels.sample(read(run), METRIC, 1)
    with (run / labels.FILE).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match=rf"human_labels\.jsonl:6: .*{said}"):
        labels.labels([read(run)])


def test_labels_of_answers_that_the_run_does_not_hold_are_counted_aloud(run, caplog):
    labels.sample(read(run), METRIC, 2)
    filled(run, lambda row: 1.0 if row["system"] == "rag" else None)
    path = run / labels.FILE
    path.write_text(path.read_text(encoding="utf-8").replace('"system_version": "rag1"', '"system_version": "rag0"', 1), "utf-8")
    assert len(labels.labels([read(run)])) == 2
    assert "human_labels.jsonl: 1 of 2 labels are of answers that the run does not hold" in caplog.text


def test_every_wrong_label_is_said_and_two_that_differ_are(run):
    labels.sample(read(run), METRIC, 1)
    path = run / labels.FILE
    first, second, *rest = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    rows = [first | {"label": 1}, second | {"label": 5}, first | {"label": 1}, first | {"label": 0}, *rest]
    path.write_text("\n\n".join(map(json.dumps, rows)), encoding="utf-8-sig")
    with pytest.raises(InputError, match=r"(?s)jsonl:3: label: expected.*jsonl:7: label: line 1 says 1 of the same answer"):
        labels.labels([read(run)])


@pytest.mark.parametrize("label", ["yes", 2, -0.1, True, float("nan")])
def test_a_label_that_is_no_share_is_refused(run, label):
    labels.sample(read(run), METRIC, 1)
    filled(run, lambda _: label)
    with pytest.raises(
        InputError, match=r"human_labels\.jsonl:1: label: expected a number from 0 to 1 .*write null for none yet"
    ):
        labels.labels([read(run)])


def test_a_metric_that_no_judge_decides_needs_no_people(run, capsys):
    assert main(["sample", str(run), "--metric", "accuracy.exact"]) == 4
    assert "it did of faithfulness.retrieved, hallucination.contradicted" in capsys.readouterr().err
