from __future__ import annotations

from pathlib import Path

import pytest

from proctor.core.schema import InputError
from proctor.evals.judges.nli import NliJudge
from proctor.evals.judges.protocols import EntailmentInput, JudgeError, load_judge
from tests import tiny

PAIRS = [
    EntailmentInput((passage,), "how long is the warranty?", claim)
    for passage in ("the warranty is 3 years .", "orbis is in turin .", "kestrel 9 kg ! falcon", "yes no yes no")
    for claim in ("3 years", "where is orbis in turin ?", "a falcon of 9 kg is in turin .")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.nli(tmp_path_factory.mktemp("nli"))


def labels(folder: Path, premise: str, hypothesis: str) -> str:
    """What the model itself says of one pair."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    text = AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        best = model(**text(premise, hypothesis, return_tensors="pt")).logits.argmax().item()
    return str(model.config.id2label[best]).lower()


def test_verdicts_are_the_models_own_whatever_the_batch(folder: Path) -> None:
    judge = NliJudge(str(folder))
    expected = [labels(folder, pair.passages[0], pair.text) for pair in PAIRS]
    assert len(set(expected)) > 1, "the random model should not say the same of everything"
    assert judge.supports(PAIRS) == [label == "entailment" for label in expected]
    assert judge.supports(PAIRS[:1]) == judge.supports(PAIRS)[:1]


def test_a_bare_value_is_judged_with_its_question(folder: Path) -> None:
    judge = NliJudge(str(folder))
    question, premise = "how long is the warranty?", "the warranty is 3 years ."
    assert judge.claims(question, "3 years") == [f"{question} 3 years"]
    assert judge.claims(question, "The warranty is 3 years. It is long, they say.") == [
        "The warranty is 3 years.",
        "It is long, they say.",
    ]
    found = [labels(folder, premise, f"{question} {value}") == "contradiction" for value in ("3 years", "9 kg", "turin")]
    assert judge.contradicts([EntailmentInput((premise,), question, value) for value in ("3 years", "9 kg", "turin")]) == found


def test_a_premise_longer_than_the_model_is_read_in_windows(folder: Path) -> None:
    judge = NliJudge(str(folder))
    long = EntailmentInput(("the warranty is 3 years . " * 60,), "?", "a falcon of 9 kg is in turin .")
    assert judge.supports([long, PAIRS[0]])[1] == judge.supports([PAIRS[0]])[0]
    assert judge.supports([long]) in ([True], [False])


def test_a_claim_that_alone_is_too_long_is_a_judge_error(folder: Path) -> None:
    with pytest.raises(JudgeError):
        NliJudge(str(folder)).supports([EntailmentInput(("short",), "?", "the warranty is 3 years . " * 60)])


def test_a_model_without_the_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no NLI model: its labels are happy, sad"):
        NliJudge(str(tiny.nli(tmp_path, ("happy", "sad")))).supports(PAIRS)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be loaded"):
        NliJudge(str(tiny.nli(tmp_path, safe=False))).supports(PAIRS)


def test_the_name_changes_with_the_weights_and_holds_no_path(folder: Path, tmp_path: Path) -> None:
    other = tiny.nli(tmp_path / folder.name, ("entailment", "contradiction"))
    names = {load_judge(f"nli:{path}").name for path in (folder, other)}
    assert len(names) == 2
    assert all(name.startswith(f"nli:{folder.name}#") for name in names)


def test_a_model_that_is_nowhere_is_an_input_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        InputError, match="the judge nobody/nothing: there is no such folder, and the model hub is not asked while"
    ):
        NliJudge("nobody/nothing").supports(PAIRS)


def test_a_claim_that_leaves_little_room_is_read_against_shorter_windows(folder: Path) -> None:
    """Windows that overlap by more than there is room end in a panic of the tokenizer, which is no exception of Python's."""
    judge = NliJudge(str(folder))
    room = judge._max_length - judge._tokenizer.num_special_tokens_to_add(pair=True)
    claims = [text for words in range(1, 60) if (text := "yes " * words) and len(judge._tokenizer.tokenize(text)) < room]
    assert room - len(judge._tokenizer.tokenize(claims[-1])) < 3, "the last one leaves next to nothing"
    pairs = [EntailmentInput(("the warranty is 3 years . " * 9,), "?", claim) for claim in claims]
    assert judge.supports(pairs) == [judge.supports([pair])[0] for pair in pairs]
