"""Batches change the speed of generation and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import BaseModel
from models.generation import batches, generate
from models.prompts import as_tokens, completion_tokens, prompt
from tests import tiny


@given(st.lists(st.integers(1, 300)), st.integers(1, 8), st.integers(300, 1000))
def test_batches_hold_every_prompt_once_and_keep_their_limits(lengths: list[int], rows: int, tokens: int) -> None:
    made = list(batches(lengths, rows, tokens))
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    assert all(len(batch) <= rows and len(batch) * max(lengths[i] for i in batch) <= tokens for batch in made)


def test_a_prompt_longer_than_a_batch_still_goes() -> None:
    assert list(batches([50], 4, 10)) == [[0]]


@pytest.fixture(scope="module")
def prompts() -> list[str]:
    return [prompt("", "How " * length + "many years?") for length in (1, 7, 2, 30, 3)]


def test_batched_texts_equal_single_ones(base: BaseModel, prompts: list[str]) -> None:
    model, tokenizer = base.load("cpu"), base.tokenizer()
    rows = [as_tokens(tokenizer, text) for text in prompts]
    together = [said.text for said in generate(model, tokenizer, rows, 12)]
    alone = [generate(model, tokenizer, [row], 12)[0].text for row in rows]
    assert together == alone
    assert any(together)


def test_agrees_with_plain_generate(base: BaseModel, prompts: list[str]) -> None:
    import torch

    model, tokenizer = base.load("cpu"), base.tokenizer()
    for text in prompts:
        ids = torch.tensor([as_tokens(tokenizer, text)])
        plain = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=12)
        expected = tokenizer.decode(plain[0, ids.shape[1] :], skip_special_tokens=True).split("\n")[0].strip()
        assert generate(model, tokenizer, [ids[0].tolist()], 12)[0].text == expected


class Scripted:
    """Says what it is told to, one token a step, whatever it is asked."""

    def __init__(self, tokens: list[int], base: Any) -> None:
        import torch

        self.tokens, self.base = tokens, base
        self.eye = torch.eye(len(base.tokenizer())) * 10

    def __call__(self, model: Any) -> Any:
        import torch

        start: list[int] = []

        def forward(input_ids: Any, **_: Any) -> Any:
            start.append(0)
            step = min(len(start), len(self.tokens)) - 1
            logits = self.eye[self.tokens[step]].expand(input_ids.shape[0], input_ids.shape[1], -1)
            from transformers.modeling_outputs import CausalLMOutput

            return CausalLMOutput(logits=torch.clone(logits))

        model.forward = forward
        return model


@pytest.mark.parametrize(("said", "heard"), [("3 years\nQuestion: more", "3 years"), ("3 years</s>x", "3 years"), ("\nlate", "")])
def test_an_answer_ends_at_the_line_or_the_end_token(base: BaseModel, said: str, heard: str) -> None:
    tokenizer = base.tokenizer()
    model = Scripted(tokenizer(said)["input_ids"], base)(base.load("cpu"))
    result = generate(model, tokenizer, [as_tokens(tokenizer, "Question: x\nAnswer:")], 20)[0]
    assert result.text == heard
    assert result.tokens <= 8


def test_prompt_without_passages_is_the_closed_book_prompt() -> None:
    from evals.schema import Context
    from models.prompts import passages

    contexts = [Context("N1", "one\ntwo"), Context("N2", "three")]
    open_book, closed = prompt("Be brief.", "How heavy?", contexts), prompt("Be brief.", "How heavy?")
    assert open_book.replace(passages(contexts), "") == closed
    assert "[N1] one two\n[N2] three\n\nQuestion" in open_book


def test_chat_template_is_used_where_there_is_one() -> None:
    plain, chat = tiny.tokenizer(), tiny.tokenizer(chat=True)
    assert plain.decode(as_tokens(plain, "Hi")) == "Hi"
    assert chat.decode(as_tokens(chat, "Hi")) == "<s>user: Hi\nassistant: "
    assert plain.decode(completion_tokens(plain, "3 years")) == " 3 years</s>"
    assert chat.decode(completion_tokens(chat, "3 years")) == "3 years</s>"
