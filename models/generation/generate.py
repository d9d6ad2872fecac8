"""Batched generation: left-padded, grouped by length, greedy."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from proctor.core.schema import Stop
from proctor.models.generation import endings
from proctor.models.generation.limits import Limits
from proctor.models.prompts import thinking

log = logging.getLogger("proctor")

BATCH_TOKENS = 8192
"""Prompt tokens, padding included, that one batch may hold."""
BATCH_ROWS = 64

KEPT = ("suppress_tokens", "begin_suppress_tokens", "bad_words_ids", "stop_strings", "eos_token_id")
"""Of the settings that come with a model: what it must not say, and what ends what it says. Its others (sampling, penalties,
forced tokens, least lengths, caches) are left aside: every system's answers are the likeliest tokens, one after the other."""
HARMLESS = {"bos_token_id", "pad_token_id", "decoder_start_token_id", "do_sample", "max_length", "max_new_tokens", "use_cache"}
"""Settings of which nothing is said."""
USUAL = {
    **dict.fromkeys(("temperature", "top_p", "typical_p", "repetition_penalty", "length_penalty"), 1.0),
    **dict.fromkeys(("num_beams", "num_beam_groups", "num_return_sequences"), 1),
    "top_k": 50,
}
"""Settings that say nothing where they have these values."""


class Generated(NamedTuple):
    """What a model said to one prompt."""

    text: str
    tokens: int
    seconds: float
    stop: Stop = ""
    thought: int = 0
    """Tokens of a thought that was taken off before the text."""


def batches(lengths: Sequence[int], rows: int = BATCH_ROWS, tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Indices in batches of prompts of about the same length, longest first, so that too little memory shows at once."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and (len(batch) == rows or (len(batch) + 1) * lengths[batch[0]] > tokens):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[list[int]],
    limits: Limits | int,
    streamer: Any = None,
    thought: int = 0,
) -> list[Generated]:
    """Greedy continuations of one batch of token ids; a ``streamer`` is handed each token as it comes.

    A thought before the answer may take ``thought`` tokens more, and is taken off. A model without a chat template also stops
    at the end that ``limits`` name: it knows no other end of an answer. A number limits new tokens alone.
    """
    import torch
    from transformers import GenerationConfig, StoppingCriteriaList

    tokens, ends = (limits.tokens, limits.ends) if isinstance(limits, Limits) else (limits, Limits.ends)
    batch = tokenizer.pad({"input_ids": list(prompts)}, return_tensors="pt").to(model.device)
    kept = {name: value for name in KEPT[:3] if (value := getattr(model.generation_config, name, None)) is not None}
    settings = GenerationConfig(
        max_new_tokens=tokens + thought,
        do_sample=False,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=_ends(model, tokenizer) or None,
        bos_token_id=tokenizer.bos_token_id,
        **kept,
    )
    rules = endings.Rules(tokens, thought, None if tokenizer.chat_template else ends, _strings(model))
    reader = endings.EndingReader(
        tokenizer, rules, frozenset(_ends(model, tokenizer)), [_row(tokenizer, prompt) for prompt in prompts]
    )
    watched = any((rules.thought, rules.ends, rules.strings))
    length = batch["input_ids"].shape[1]
    started = time.perf_counter()
    with torch.inference_mode(), _plain(model):
        out = model.generate(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            generation_config=settings,
            stopping_criteria=StoppingCriteriaList([endings.watch(reader, length)] if watched else []),
            streamer=streamer,
        )
    seconds = (time.perf_counter() - started) / len(prompts)
    read = [reader.said(row, new) for row, new in zip(reader.rows, out[:, length:].tolist(), strict=True)]
    return [Generated(said.text, said.tokens, seconds, said.stop, said.thought) for said in read]


def _row(tokenizer: Any, prompt: list[int]) -> endings.GeneratedRow:
    return endings.GeneratedRow(opened=bool(tokenizer.chat_template) and thinking.is_open(tokenizer.decode(prompt[-24:])))


def _ends(model: Any, tokenizer: Any) -> list[int]:
    """Every token that closes an answer: the tokenizer's and those of the model's own settings (chat models have several)."""
    own = getattr(model.generation_config, "eos_token_id", None)
    listed = own if isinstance(own, list) else [own]
    return sorted({token for token in (*listed, tokenizer.eos_token_id) if token is not None})


def _strings(model: Any) -> tuple[str, ...]:
    own = getattr(model.generation_config, "stop_strings", None) or ()
    return (own,) if isinstance(own, str) else tuple(own)


@contextmanager
def _plain(model: Any) -> Iterator[None]:
    """The model without its own settings: ``generate`` would take from them what it is not told."""
    from transformers import GenerationConfig

    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    own = [(part, part.generation_config) for part in dict.fromkeys((model, inner))]
    try:
        for part, _ in own:
            part.generation_config = GenerationConfig()
        yield
    finally:
        for part, settings in own:
            part.generation_config = settings


def own_settings(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of the generation settings that come with a model: those that are kept, and those that are left aside."""
    telling = {
        name: value
        for name, value in settings.items()
        if not name.startswith("_") and name != "transformers_version" and value not in (None, False, [], {})
    }
    kept = {name: value for name, value in telling.items() if name in KEPT}
    aside = {name: v for name, v in telling.items() if name not in {*KEPT, *HARMLESS} and v != USUAL.get(name)}
    return kept, aside


def pads(model: Any, tokenizer: Any) -> bool:
    """Whether a padded batch gives a prompt what it gives it alone: the logits of the next two tokens are compared.

    Some architectures take no notice of the mask that tells padding from text.
    """
    import torch

    prompts = [
        tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("What is it that is written here? " * 3, "Why? ")
    ]
    next_token = prompts[0][0]
    together = _logits(model, tokenizer, prompts, next_token)
    for place, prompt in enumerate(prompts):
        alone = _logits(model, tokenizer, [prompt], next_token)[0]
        apart = (together[place] - alone).abs().max() / alone.std().clamp(min=1e-9)
        if not apart < (0.01 if alone.dtype == torch.float32 and model.dtype == torch.float32 else 0.3):
            return False
    return True


def _logits(model: Any, tokenizer: Any, prompts: Sequence[list[int]], then: int) -> Any:
    """After each prompt, and after ``then`` behind it: shape (prompts, 2, vocabulary)."""
    import torch
    from transformers import GenerationConfig

    batch = tokenizer.pad({"input_ids": list(prompts)}, return_tensors="pt").to(model.device)
    settings = GenerationConfig(
        max_new_tokens=2, pad_token_id=tokenizer.pad_token_id, output_logits=True, return_dict_in_generate=True
    )
    with torch.inference_mode(), _plain(model):
        out = model.generate(
            **{name: batch[name] for name in ("input_ids", "attention_mask")},
            generation_config=settings,
            prefix_allowed_tokens_fn=lambda _batch, _tokens: [then],
        )
    return torch.stack([logits.float() for logits in out.logits], dim=1)
