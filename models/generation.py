"""Batched generation: left-padded, grouped by length, greedy."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

BATCH_TOKENS = 8192
"""Prompt tokens, padding included, that one batch may hold."""
BATCH_ROWS = 64


class Generated(NamedTuple):
    """What a model said to one prompt."""

    text: str
    tokens: int
    seconds: float


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
    model: Any, tokenizer: Any, prompts: Sequence[list[int]], max_new_tokens: int, streamer: Any = None
) -> list[Generated]:
    """Greedy continuations of one batch of token ids; a ``streamer`` is handed each token as it comes.

    A model without a chat template also stops at the end of the line: it knows no other end of an answer.
    """
    import torch
    from transformers import GenerationConfig, StoppingCriteriaList

    batch = tokenizer.pad({"input_ids": list(prompts)}, return_tensors="pt").to(model.device)
    stops = StoppingCriteriaList([] if tokenizer.chat_template else [_line_end(tokenizer)])
    settings = GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=_ends(model, tokenizer),
        bos_token_id=tokenizer.bos_token_id,
    )
    started = time.perf_counter()
    with torch.inference_mode():
        out = model.generate(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            generation_config=settings,
            stopping_criteria=stops,
            streamer=streamer,
        )
    seconds = (time.perf_counter() - started) / len(prompts)
    new = out[:, batch["input_ids"].shape[1] :].tolist()
    return [_read(tokenizer, row, set(settings.eos_token_id), seconds) for row in new]


def _ends(model: Any, tokenizer: Any) -> list[int]:
    """Every token that closes an answer: the tokenizer's and those of the model's own settings (chat models have several)."""
    own = getattr(model.generation_config, "eos_token_id", None)
    listed = own if isinstance(own, list) else [own]
    return sorted({token for token in (*listed, tokenizer.eos_token_id) if token is not None})


def _read(tokenizer: Any, row: list[int], ends: set[int], seconds: float) -> Generated:
    kept = row[: next((index for index, token in enumerate(row) if token in ends), len(row))]
    text = tokenizer.decode(kept, skip_special_tokens=True)
    if not tokenizer.chat_template:
        text = text.split("\n", 1)[0]
    return Generated(text.strip(), len(kept), seconds)


def _line_end(tokenizer: Any) -> Any:
    import torch
    from transformers import StoppingCriteria

    line_ends = torch.tensor(_tokens_with_line_end(tokenizer))

    class LineEnd(StoppingCriteria):  # type: ignore[misc] # transformers ships no types
        """Stops a row once its newest token holds a line end."""

        def __call__(self, input_ids: Any, _scores: Any, **_: Any) -> Any:
            return torch.isin(input_ids[:, -1], line_ends.to(input_ids.device))

    return LineEnd()


@lru_cache(maxsize=8)
def _tokens_with_line_end(tokenizer: Any) -> list[int]:
    texts = tokenizer.batch_decode([[token] for token in range(len(tokenizer))])
    return [token for token, text in enumerate(texts) if "\n" in text]
