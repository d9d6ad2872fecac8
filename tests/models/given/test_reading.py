"""Files of answers as other programs write them: each is seen to be what it is, and what is wrong in one is named."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.core.schema import InputError
from proctor.models.given import reading
from proctor.models.given.rows import File

ROWS = [
    {"id": "q1", "question": "Who supplies the Halvo?", "answer": "Hal Systems", "contexts": ["Hal Systems supplies it."]},
    {"id": "q2", "question": "How long is the cable?", "answer": '8 m, "as" the | notice says\nso', "contexts": []},
]


def read(path: Path, provider: str | None = None) -> File:
    return reading.read(path, reading.content(path), provider)


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def as_csv(rows: list[dict[str, Any]]) -> str:
    import pandas as pd

    return pd.DataFrame(rows).to_csv(index=False)


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    import pandas as pd

    buffer = io.BytesIO()
    pd.DataFrame(rows).to_parquet(buffer)
    return buffer.getvalue()


WRITERS: dict[str, Callable[[list[dict[str, Any]]], str | bytes]] = {
    "JSON lines": lines,
    "JSON": json.dumps,
    "JSON in an object": lambda rows: json.dumps({"dataset": "x", "rows": rows}),
    "CSV": as_csv,
    "Parquet": as_parquet,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_the_same_rows_are_read_from_every_format_whatever_the_file_is_called(tmp_path: Path, kind: str) -> None:
    written = WRITERS[kind](ROWS)
    (path := tmp_path / "answers.dat").write_bytes(written if isinstance(written, bytes) else written.encode())
    found = read(path)
    said = [(row.id, *row.texts, row.text, [one.text for one in row.passages or ()]) for row in found.rows]
    assert said == [(row["id"], row["question"], row["answer"], row["contexts"]) for row in ROWS]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1).filter(lambda text: text.strip() == text)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_every_text_comes_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text(lines([{"question": asked, "answer": said} for asked, said in pairs]), encoding="utf-8")
    assert [(*row.texts, row.text) for row in read(path).rows] == pairs


HEADS = st.sampled_from([b"", b"PAR1", b"PK\x03\x04", b"{", b"[", b"answer,id\n"])


@settings(max_examples=150, deadline=None)
@given(HEADS, st.binary(max_size=60))
def test_whatever_a_file_holds_it_is_read_or_refused_by_its_name(head: bytes, rest: bytes) -> None:
    try:
        reading.read(Path("any.file"), head + rest)
    except InputError as error:
        said = str(error)
    else:
        said = "any.file"
    assert said.startswith("any.file")


def test_data_sets_of_ragas_and_deepeval_hold_what_a_system_said(tmp_path: Path) -> None:
    ragas = {"user_input": "Who?", "retrieved_contexts": ["Hal."], "response": "Hal", "reference": "Hal Systems"}
    old = {"question": "Who?", "contexts": ["Hal."], "answer": "Hal", "ground_truth": "Hal Systems"}
    deepeval = {"input": "Who?", "actual_output": "Hal", "expected_output": "Hal Systems", "retrieval_context": ["Hal."]}
    for row in (ragas, old, deepeval):
        (path := tmp_path / "data.json").write_text(json.dumps([row]))
        (found,) = read(path).rows
        assert (found.texts, found.text, [one.text for one in found.passages or ()]) == (("Who?",), "Hal", ["Hal."])


def test_a_run_of_deepeval_holds_its_answers_beside_its_scores(tmp_path: Path) -> None:
    case = {"input": "Who?", "actualOutput": "Hal", "retrievalContext": ["Hal."], "metricsData": [{"score": 1.0}]}
    held = {"testCases": [case], "conversationalTestCases": [], "metricsScores": [{"metric": "m", "scores": [1.0]}]}
    (path := tmp_path / "run.json").write_text(json.dumps(held))
    (row,) = read(path).rows
    assert (row.texts, row.text, [one.text for one in row.passages or ()]) == (("Who?",), "Hal", ["Hal."])


@pytest.mark.slow
def test_what_ragas_and_deepeval_themselves_write_is_read(tmp_path: Path) -> None:
    from deepeval.dataset import EvaluationDataset, Golden
    from ragas import EvaluationDataset as Ragas

    held = Ragas.from_list([{"user_input": "Who?", "retrieved_contexts": ["a | b", "c"], "response": "Hal", "reference": "x"}])
    held.to_csv(tmp_path / "ragas.csv")
    held.to_jsonl(tmp_path / "ragas.jsonl")
    EvaluationDataset(goldens=[Golden(input="Who?", actual_output="Hal", retrieval_context=["a | b", "c"])]).save_as(
        "json", str(tmp_path), "deepeval"
    )
    for name in ("ragas.csv", "ragas.jsonl", "deepeval.json"):
        (row,) = read(tmp_path / name).rows
        assert (row.texts, row.text, [one.text for one in row.passages or ()]) == (("Who?",), "Hal", ["a | b", "c"])


PROMPTFOO = {
    "evalId": "eval-1",
    "results": {
        "version": 3,
        "results": [
            {
                "promptIdx": 0,
                "testIdx": number,
                "provider": {"id": provider, "label": ""},
                "vars": {"question": question, "tone": "plain"},
                "response": {"output": f"{provider} says {number}", "tokenUsage": {"prompt": 10, "completion": 3, "total": 13}},
                "latencyMs": 250,
                "success": False,
                "failureReason": 1,
                "error": "Expected output to equal",
            }
            for provider in ("openai:a", "openai:b")
            for number, question in enumerate(("Who?", "Where?"))
        ],
    },
}


def test_results_of_promptfoo_are_those_of_one_provider(tmp_path: Path) -> None:
    (path := tmp_path / "results.json").write_text(json.dumps(PROMPTFOO))
    with pytest.raises(InputError, match=r"results.json: answers of openai:a, openai:b; .*provider = "):
        read(path)
    with pytest.raises(InputError, match="no provider is called openai:c"):
        read(path, "openai:c")
    first, second = read(path, "openai:b").rows
    assert (first.text, first.tokens, first.prompt_tokens, first.seconds) == ("openai:b says 0", 3, 10, 0.25)
    assert "Where?" in second.texts
    assert first.error is None, "an assertion of promptfoo that failed is no failure of the system"


def test_results_of_promptfoo_are_read_line_by_line_too_and_an_output_in_json_is_a_text(tmp_path: Path) -> None:
    (row, *_) = PROMPTFOO["results"]["results"]  # type: ignore[index]
    (path := tmp_path / "results.jsonl").write_text(lines([{**row, "response": {"output": {"value": "8 m"}}}]))
    assert [found.text for found in read(path).rows] == ['{"value": "8 m"}']


def test_a_call_that_failed_in_promptfoo_failed_and_is_not_an_empty_answer(tmp_path: Path) -> None:
    row = {
        "provider": {"id": "a"},
        "vars": {"question": "Who?"},
        "response": {"error": "429"},
        "failureReason": 2,
        "error": "429",
    }
    (path := tmp_path / "results.json").write_text(json.dumps({"results": {"results": [row]}}))
    (found,) = read(path).rows
    assert (found.text, found.error) == (None, "429")


def sample(name: str, epoch: int, said: str, **more: Any) -> dict[str, Any]:
    choice = {"message": {"role": "assistant", "content": said}, "stop_reason": "max_tokens"}
    output = {"model": "m", "choices": [choice], "usage": {"input_tokens": 9, "output_tokens": 2}}
    return {"id": name, "epoch": epoch, "input": "Who?", "target": "x", "output": output, "working_time": 0.5} | more


LOG = {"version": 2, "status": "success", "eval": {"task": "t"}, "samples": [sample("q1", 1, "Hal"), sample("q1", 2, "Val")]}


def test_logs_of_inspect_are_read_as_json_and_as_archives(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_text(json.dumps(LOG))
    with zipfile.ZipFile(tmp_path / "log.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", "{}")
        for number, one in enumerate(LOG["samples"]):
            archive.writestr(f"samples/q1_epoch_{number}.json", json.dumps(one))
    for name in ("log.json", "log.eval"):
        found = read(tmp_path / name)
        (row,) = found.rows
        assert (row.id, row.text, row.tokens, row.prompt_tokens, row.seconds, row.stop) == ("q1", "Hal", 2, 9, 0.5, "length")
        assert found.notes == ("1 answer of later epochs left aside",)


def test_an_archive_of_inspect_itself_is_read_though_it_is_packed_with_zstandard() -> None:
    found = read(Path(__file__).with_name("mock.eval"))
    assert [(row.id, row.texts, row.text, row.tokens, row.stop) for row in found.rows] == [
        ("q1", ("What is the capital of France?",), "Paris", 3, "end"),
        ("q2", ("What is 2 and 2?",), "5", 3, "length"),
    ]


def test_a_damaged_archive_is_said_to_be_one(tmp_path: Path) -> None:
    data = bytearray(Path(__file__).with_name("mock.eval").read_bytes())
    start = data.index(b"samples/q1_epoch_1.json") + 200
    data[start : start + 40] = bytes(40)
    (path := tmp_path / "log.eval").write_bytes(data)
    with pytest.raises(InputError, match=r"log\.eval: samples/q1_epoch_1.json in it .*inspect log convert"):
        read(path)


def lm_eval(said: Any, **more: Any) -> dict[str, Any]:
    document = {"question": "Who?", "id": "q1"}
    asked = {"gen_args_0": {"arg_0": "Answer.\n\nWho?", "arg_1": {}}}
    return {"doc_id": 0, "doc": document, "target": "x", "arguments": asked, "resps": said, "filter": "none"} | more


def test_samples_of_lm_eval_are_what_was_generated_and_no_log_likelihoods(tmp_path: Path) -> None:
    path = tmp_path / "samples_t_2026.jsonl"
    path.write_text(lines([lm_eval([["Hal", "Val"]])]))
    (row,) = read(path).rows
    assert (row.id, row.text) == ("q1", "Hal")
    assert "Who?" in row.texts
    path.write_text(lines([lm_eval([[["-1.5", "False"]], [["-2.5", "True"]]])]))
    with pytest.raises(InputError, match=r"line 1: the task compares log-likelihoods"):
        read(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no answers in it"),
        ("question,anwser\nWho?,Hal\n", "f:1: no field says what the system said (is 'anwser' meant?); call it response"),
        ("answer\nHal\n", "f:1: no field says which question it was asked; call it id"),
        ('{"id": "q1", "answer": "a"}\n{"id": "q2" "answer": "b"}\n', "f:2: not JSON at column 13"),
        ('{"id": "q1", "answer": "a"}\n["b"]\n', "f:2: an object is expected, not ['b']"),
        ('{"id": "q1", "id": "q2", "answer": "a"}\n', "id: an object has this key twice"),
        ('{"id": "q1", "answer": {"text": "a"}}\n', "f:1: answer: a text is expected, not {'text': 'a'}"),
        ('{"id": "q1", "answer": "a"}\n{"id": "q2", "answer": "b", "tokens": -1}\n', "f:2: tokens: a whole number from 0"),
        ('{"id": "q1", "answer": "a", "contexts": [1.5]}\n{"id": "q2", "answer": "b"}\n', "f:1: contexts: a passage is a text"),
        ('[{"id": "q1", "answer": "a"}, 5]', "entry 2: an object is expected"),
        ('id,answer\nq1,a\nq2,"b\n', "f:3: the quote that opens here does not close"),
        ("input,actual_output,retrieval_context\nWho?,Hal,a|b\n", "f:2: retrieval_context: '|' may part several passages"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_field(tmp_path: Path, text: str, said: str) -> None:
    (path := tmp_path / "f").write_text(text)
    with pytest.raises(InputError) as raised:
        read(path)
    assert said in str(raised.value)


def test_an_empty_cell_and_null_are_no_answer_and_an_empty_text_of_json_is_one(tmp_path: Path) -> None:
    (path := tmp_path / "f").write_text("id,answer\nq1,\nq2,b\n")
    assert [row.text for row in read(path).rows] == [None, "b"]
    path.write_text(lines([{"id": "q1", "answer": None}, {"id": "q2", "answer": ""}]))
    assert [row.text for row in read(path).rows] == [None, ""]


def test_a_provider_is_refused_for_a_file_that_has_none(tmp_path: Path) -> None:
    (path := tmp_path / "f").write_text(lines(ROWS))
    with pytest.raises(InputError, match="provider: only results of promptfoo have several"):
        read(path, "openai:a")
