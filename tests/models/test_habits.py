"""What is found out about a base model before it is asked: padding, thinking, settings of its own."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import Domain, Question
from proctor.core.storage.cache import Cache
from proctor.models.base.base import BaseModel, find
from proctor.models.candidates.local import LocalCandidate
from proctor.models.generation.generate import generate, own_settings
from proctor.models.generation.habits import habits, known
from proctor.models.prompts.prompts import as_tokens
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from tests import tiny
from tests.scripted import scripted


def test_an_architecture_that_takes_no_notice_of_padding_is_asked_one_by_one(
    tmp_path: Path, domain: Domain, questions: tuple[Question, ...], caplog: Any
) -> None:
    cache = Cache(tmp_path / "cache")
    base, runtime = find(str(tiny.causal_lm(tmp_path / "rwkv", family="RwkvConfig")), cache), Runtime(cache)
    asked = [Question("long", "How long is it covered? " * 6), *questions[:2]]
    with caplog.at_level(logging.INFO, logger="proctor"):
        together = LocalCandidate(System("base", max_new_tokens=6), base, domain, runtime).answers(asked)
    assert caplog.text.count("takes no notice of padding") == 1
    model, tokenizer = base.load("cpu"), base.tokenizer()
    from proctor.models.prompts.prompts import prompt

    alone = [generate(model, tokenizer, [as_tokens(tokenizer, prompt("", one.text))], 6)[0].text for one in asked]
    assert [answer.text for answer in together] == alone
    assert habits(base, runtime).rows == 1


@pytest.mark.parametrize("family", ["LlamaConfig", "GPT2Config", "Gemma3TextConfig", "MambaConfig"])
def test_others_are_asked_in_batches(family: str, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    base = find(str(tiny.causal_lm(tmp_path / "base", family=family)), cache)
    assert habits(base, Runtime(cache)).pads


def test_what_is_known_is_not_looked_at_again(base: BaseModel, runtime: Runtime) -> None:
    assert known(base, runtime) is None
    first = habits(base, runtime)
    runtime.clear()
    assert known(base, runtime) == habits(base, runtime) == first
    assert not runtime._held


SETTINGS = {
    "repetition_penalty": 5.0,
    "min_new_tokens": 9,
    "no_repeat_ngram_size": 1,
    "forced_eos_token_id": 2,
    "do_sample": True,
    "temperature": 0.6,
    "top_k": 50,
    "num_beams": 3,
    "cache_implementation": "static",
    "stop_strings": ["kg"],
    "eos_token_id": 2,
}


@pytest.fixture
def set_base(tmp_path: Path) -> BaseModel:
    """A model that comes with settings of its own for all of generation."""
    folder = tiny.causal_lm(tmp_path / "set")
    (folder / "generation_config.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    return find(str(folder), Cache(tmp_path / "cache"))


def test_settings_that_change_greedy_answers_are_left_aside_and_said(set_base: BaseModel, runtime: Runtime, caplog: Any) -> None:
    with caplog.at_level(logging.INFO, logger="proctor"):
        found = habits(set_base, runtime)
    assert "repetition_penalty = 5.0" in caplog.text
    assert set(found.kept) == {"stop_strings", "eos_token_id"}
    assert {"repetition_penalty", "min_new_tokens", "temperature", "num_beams", "cache_implementation"} <= set(found.aside)
    assert {"top_k", "do_sample"}.isdisjoint(found.aside)
    assert found.told()["own_settings_left_aside"] == found.aside


@pytest.mark.parametrize("adapted", [False, True], ids=["plain", "lora"])
def test_the_settings_of_a_model_do_not_shape_its_answers(set_base: BaseModel, base: BaseModel, *, adapted: bool) -> None:
    import peft

    asked = [as_tokens(base.tokenizer(), "Question: how long is it?\nAnswer:")]
    model = set_base.load("cpu")
    own = model.generation_config
    if adapted:
        config = peft.LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
        model = peft.get_peft_model(model, config).eval()
    expected = generate(base.load("cpu"), base.tokenizer(), asked, 12)[0]
    assert generate(model, set_base.tokenizer(), asked, 12)[0]._replace(seconds=0) == expected._replace(seconds=0)
    assert model.generation_config is own


def test_what_ends_an_answer_and_what_must_not_be_said_holds(set_base: BaseModel) -> None:
    tokenizer, model = set_base.tokenizer(), set_base.load("cpu")
    said = generate(scripted(model, tokenizer, "the 2 kg is"), tokenizer, [as_tokens(tokenizer, "Hi")], 12)[0]
    assert (said.text, said.stop) == ("the 2", "end")
    model = set_base.load("cpu")
    (never,) = tokenizer("the", add_special_tokens=False)["input_ids"]
    model.generation_config.suppress_tokens = [never]
    said = generate(scripted(model, tokenizer, "the"), tokenizer, [as_tokens(tokenizer, "Hi")], 3)[0]
    assert "the" not in said.text


def test_plain_settings_are_nothing_to_speak_of() -> None:
    assert own_settings(
        {"eos_token_id": None, "temperature": 1.0, "top_k": 50, "_from_model_config": True, "max_length": 20}
    ) == ({}, {})
