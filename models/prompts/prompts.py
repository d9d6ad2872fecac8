"""The one prompt template. Without its passages a retrieving system's prompt is the closed-book prompt, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from proctor.core.schema import PASSAGES, Context, Example
from proctor.core.storage.cache import digest
from proctor.models.prompts import thinking


def prompt(instruction: str, question: str, contexts: Sequence[Context] = (), shown: str = "") -> str:
    r"""What a system is asked, after what it is ``shown`` of answers.

    >>> prompt("", "How heavy is it?", [Context("N1", "It weighs 2 kg.")])
    '[N1] It weighs 2 kg.\\n\\nQuestion: How heavy is it?\\nAnswer:'
    """
    head = f"{instruction}\n\n" if instruction else ""
    return f"{head}{shown}{passages(contexts)}Question: {question}\nAnswer:"


def shots(guide: str, examples: Sequence[Example]) -> str:
    r"""The house format in words, and answers in it.

    >>> shots("Be brief.", [Example("How heavy?", "2 kg")])
    'Be brief.\\n\\nQuestion: How heavy?\\nAnswer: 2 kg\\n\\n'
    """
    head = f"{guide}\n\n" if guide else ""
    return head + "".join(f"{prompt('', example.prompt)} {example.completion}\n\n" for example in examples)


def passages(contexts: Sequence[Context]) -> str:
    """The block of passages, one a line, or nothing."""
    lines = "".join(f"[{context.document}] {' '.join(context.text.split())}\n" for context in contexts)
    return f"{lines}\n" if lines else ""


def template() -> str:
    """Short hash of what the template makes of any question: runs that differ in it asked differently."""
    return digest(prompt("instruction", "question", [Context("document", "text")]))[:8]


def rendered(tokenizer: Any, text: str) -> str:
    """What a model is given to read: through the chat template where the tokenizer has one, plain text otherwise."""
    if not tokenizer.chat_template:
        return text
    message, told = [{"role": "user", "content": text}], thinking.manner(tokenizer).options
    return str(tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False, **told))


def without_passages(text: str, contexts: Sequence[Context]) -> str:
    r"""A rendered prompt with a mark in place of its passages; whole where the chat template changed them.

    >>> without_passages("[N1] It weighs 2 kg.\\n\\nQuestion", [Context("N1", "It weighs 2 kg.")]) == PASSAGES + "Question"
    True
    """
    block = passages(contexts)
    return text.replace(block, PASSAGES, 1) if block else text


def as_tokens(tokenizer: Any, text: str) -> list[int]:
    """Token ids of a prompt: after whatever the tokenizer puts before each text, once, and without a token that ends it."""
    shown = rendered(tokenizer, text)
    bare = list(tokenizer(shown, add_special_tokens=False)["input_ids"])
    first = _put_before(tokenizer)
    ids = bare if bare[: len(first)] == first else [*first, *bare]
    while len(ids) > 1 and ids[-1] == tokenizer.eos_token_id:
        ids.pop()
    return ids


def completion_tokens(tokenizer: Any, text: str) -> list[int]:
    """Token ids of what follows a prompt in training, closed by the end-of-sequence token."""
    lead = thinking.manner(tokenizer).lead if tokenizer.chat_template else " "
    return [*tokenizer(lead + text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]


@lru_cache(maxsize=8)
def _put_before(tokenizer: Any) -> list[int]:
    """Tokens that the tokenizer puts before each text, such as <s>. What it puts behind one would end a prompt."""
    whole, bare = (list(tokenizer("a", add_special_tokens=special)["input_ids"]) for special in (True, False))
    places = [place for place in range(len(whole)) if whole[place : place + len(bare)] == bare]
    return whole[: places[0]] if bare and places else []
