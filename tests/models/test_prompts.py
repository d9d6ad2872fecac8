"""What a model reads, and what an answer keeps of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import PASSAGES, Context
from proctor.models.prompts import prompts

PLAIN = SimpleNamespace(chat_template=None)
contexts = st.lists(st.builds(Context, st.text(max_size=5), st.text(max_size=20)), max_size=3)


@pytest.mark.slow
@given(st.text(max_size=20), st.text(max_size=20), contexts)
def test_a_prompt_is_its_passages_put_back_in_place_of_the_mark(instruction, question, found):
    text = prompts.rendered(PLAIN, prompts.prompt(instruction, question, found))
    kept = prompts.without_passages(text, found)
    assert kept.replace(PASSAGES, prompts.passages(found), 1) == text or PASSAGES in text


def test_passages_are_not_kept_twice():
    found = [Context("N1", "It weighs 2 kg.")]
    kept = prompts.without_passages(prompts.prompt("Be brief.", "How heavy?", found), found)
    assert kept == f"Be brief.\n\n{PASSAGES}Question: How heavy?\nAnswer:"


def test_a_template_that_changes_passages_leaves_them_where_they_are():
    found = [Context("N1", "It weighs 2 kg.")]
    loud = prompts.prompt("", "How heavy?", found).upper()
    assert prompts.without_passages(loud, found) == loud
