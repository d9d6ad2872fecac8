"""Thoughts that a model writes before its answer: switched off where the chat template can, else given room and taken off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

ALLOWANCE = 1024
"""Tokens that a thought may take where it cannot be switched off, and at most a quarter of what the model has room for."""
TODAY = date(2025, 1, 1)
"""The date that templates which ask for it are told: the same prompt on each day."""
CHANNEL = "<|channel|>final<|message|>"
"""Opens the answer in the format that is called harmony, in which a thought has a channel of its own."""

MARKS = (
    *(
        (f"<{word}>", f"</{word}>")
        for word in ("think", "thinking", "thought", "reasoning", "reason", "seed:think", "longcat_think")
    ),
    ("[THINK]", "[/THINK]"),
    ("\u25c1think\u25b7", "\u25c1/think\u25b7"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel>thought", "<channel|>"),
    ("<unused94>thought", "<unused95>"),
    ("<|channel|>", CHANNEL),
)
"""What opens and closes a thought in public model families. The last is that of harmony."""
_OPENED = re.compile(rf"(?:{'|'.join(re.escape(opened) for opened, _ in MARKS)})\s*\Z")
_CLOSED = re.compile(
    "|".join([r"<\|channel\|>final[^<]{0,40}(?:<\|constrain\|>\w+)?<\|message\|>", *(re.escape(c) for _, c in MARKS[:-1])])
)
_BEGINS = re.compile(rf"\s*(?:<\|start\|>assistant\s*)?(?:{'|'.join(re.escape(opened) for opened, _ in MARKS)})")
LAST_LETTERS = "".join(sorted({closed[-1] for _, closed in MARKS}))
"""A thought ends at a token that holds one of these."""


class Manner(NamedTuple):
    """How a model with a chat template is spoken to."""

    options: Mapping[str, Any]
    """Variables of its template."""
    thinks: bool
    """Whether its answers may begin with a thought."""
    lead: str
    """What closes a thought before the completion of a training example, which has none."""
    says: str
    """For the run's provenance."""


PLAIN = Manner({}, thinks=False, lead="", says="none")
"""Without a chat template."""


def manner(tokenizer: Any) -> Manner:
    """How to speak to the model of a tokenizer."""
    return _manner(tokenizer) if tokenizer.chat_template else PLAIN


@lru_cache(maxsize=8)
def _manner(tokenizer: Any) -> Manner:
    template = str(tokenizer.get_chat_template())
    options: dict[str, Any] = {"strftime_now": TODAY.strftime} if "strftime_now" in template else {}
    off = False
    for name in [name for name in _VALUES if re.search(rf"\b{name}\b", template)]:
        value = _value(tokenizer, template, name, options)
        if value is not None:
            options[name] = value
            off |= value in (False, "none")
    shown = _shown(tokenizer, options) or ""
    opened = _OPENED.search(shown)
    known = template + " ".join(getattr(tokenizer, "added_tokens_encoder", {}))
    thinks = bool(opened) or (not off and any(mark in known for mark, _ in MARKS))
    lead = f"\n{dict(MARKS)[opened.group().strip()]}\n\n" if opened else ""
    if "<|channel|>" in template and not opened:
        lead = CHANNEL if shown.endswith("<|start|>assistant") else ""
    return Manner(options, thinks, lead, _says(options, thinks=thinks))


_VALUES: Mapping[str, tuple[Any, ...]] = {"enable_thinking": (False,), "thinking": (False,), "reasoning_effort": ("none", "low")}
"""Variables that switch thinking off, or have less of it, in the templates of public model families."""


def _value(tokenizer: Any, template: str, name: str, options: Mapping[str, Any]) -> Any:
    """The value to give to a variable; None where the prompt does not depend on it."""
    usual = _shown(tokenizer, options)
    for value in _VALUES[name]:
        if value == "none" and not re.search(r"""['"]none['"]""", template):
            continue  # the template would write a word that the model does not know
        prompts = [_shown(tokenizer, {**options, name: other}) for other in (value, True)]
        if prompts[0] is not None and (prompts[0] != usual or (value is False and prompts[1] not in (usual, None))):
            return value
    return None


def _shown(tokenizer: Any, options: Mapping[str, Any]) -> str | None:
    """A prompt; None where the template refuses the options."""
    from jinja2 import TemplateError

    try:
        chat = [{"role": "user", "content": "Where?"}]
        return str(tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False, **options))
    except (TemplateError, TypeError, ValueError):
        return None


def _says(options: Mapping[str, Any], *, thinks: bool) -> str:
    told = ", ".join(f"{name} = {str(value).lower()}" for name, value in options.items() if name in _VALUES)
    if thinks:
        return f"up to {ALLOWANCE} tokens before an answer, taken off" + (f" ({told})" if told else "")
    return f"off ({told})" if told else "none"


def allowance(tokenizer: Any, context_length: int) -> int:
    """Tokens that are kept free for a thought, of a model with room for ``context``."""
    return min(ALLOWANCE, context_length // 4) if manner(tokenizer).thinks else 0


def is_open(prompt: str) -> bool:
    """Whether a prompt ends within a thought, which the template has begun."""
    return _OPENED.search(prompt) is not None


def begins(text: str) -> bool:
    """Whether what was said begins with a mark that opens a thought."""
    return _BEGINS.match(text) is not None


def closes(text: str) -> bool:
    """Whether a thought is closed in what was said."""
    return _CLOSED.search(text) is not None


def answer_start(text: str, *, opened: bool) -> int | None:
    r"""Where the answer starts in what was said; None while a thought goes on. ``opened``: the prompt had begun one.

    >>> text = "<think>\nTwo and two.\n</think>\n\nFour"
    >>> text[answer_start(text, opened=False):]
    '\n\nFour'
    """
    if not (opened or _BEGINS.match(text)):
        return 0
    found = _CLOSED.search(text)
    return found.end() if found else None
