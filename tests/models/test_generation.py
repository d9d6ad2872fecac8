"""Batches change the speed of generation and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.models.base.base import BaseModel
from proctor.models.generation.endings import ended
from proctor.models.generation.generate import batches, generate
from proctor.models.generation.limits import Limits
from proctor.models.prompts.prompts import as_tokens, completion_tokens, prompt
from tests import tiny
from tests.scripted import scripted


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


@pytest.mark.parametrize(
    ("said", "heard", "stop"),
    [
        ("3 years\nQuestion: more", "3 years", "line"),
        ("3 years</s>x", "3 years", "end"),
        ("\nlate\nx", "late", "line"),
        ("\n\n Question: more", "", "line"),
    ],
)
def test_an_answer_ends_at_the_line_or_the_end_token(base: BaseModel, said: str, heard: str, stop: str) -> None:
    tokenizer = base.tokenizer()
    model = scripted(base.load("cpu"), tokenizer, said)
    result = generate(model, tokenizer, [as_tokens(tokenizer, "Question: x\nAnswer:")], 20)[0]
    assert (result.text, result.stop) == (heard, stop)
    assert result.tokens <= 14


RIGHT = {
    "line": "3 years",
    "blank line": "1. open\n2. close",
    "question": "one\n\ntwo",
}


@pytest.mark.parametrize("ends", RIGHT)
def test_an_answer_of_several_lines_ends_where_no_right_answer_goes_on(base: BaseModel, ends: Any) -> None:
    tokenizer, limits = base.tokenizer(), Limits(40, ends)
    for after, stop in (("\n\n\nQuestion: x", "line"), ("</s>x", "end")):
        model = scripted(base.load("cpu"), tokenizer, RIGHT[ends] + after)
        (heard,) = generate(model, tokenizer, [as_tokens(tokenizer, "Hi")], limits)
        assert (heard.text, heard.stop) == (RIGHT[ends], stop)


def test_what_never_ends_is_cut_and_says_so(base: BaseModel) -> None:
    tokenizer = base.tokenizer()
    (heard,) = generate(scripted(base.load("cpu"), tokenizer, "the"), tokenizer, [as_tokens(tokenizer, "Hi")], 5)
    assert (heard.text, heard.stop, heard.tokens) == ("the" * 5, "length", 5)


def test_padding_behind_an_answer_is_not_counted(base: BaseModel) -> None:
    """One row ends at a line and one at an end token, long before the third; the padding token is no end token."""
    tokenizer, texts = base.tokenizer(), ["3\n", "3</s>", "the 1 2 3 4 5 6 7 8 9"]
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    asked = [as_tokens(tokenizer, text) for text in ("Hi", "Hi there", "Ho")]
    together = generate(scripted(base.load("cpu"), tokenizer, *texts), tokenizer, asked, 30)
    for text, prompt_tokens, heard in zip(texts, asked, together, strict=True):
        (alone,) = generate(scripted(base.load("cpu"), tokenizer, text), tokenizer, [prompt_tokens], 30)
        assert heard._replace(seconds=0) == alone._replace(seconds=0)
    assert [heard.tokens for heard in together] == [2, 1, 30]


@given(st.text(alphabet="ab \n", max_size=20))
def test_line_ends_before_an_answer_are_no_part_of_it(text: str) -> None:
    found = ended(text, "line")
    assert ended("\n \n" + text, "line") == found
    assert found is None or (found == found.strip() and "\n" not in found and found in text)


def test_prompt_without_passages_is_the_closed_book_prompt() -> None:
    from proctor.core.schema import Context
    from proctor.models.prompts.prompts import passages

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
