"""Training examples as batches: which tokens carry a loss, what is computed for them, and in which order they come."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from proctor.models.prompts.prompts import as_tokens, completion_tokens

POOL = 4
"""Batches whose examples are sorted by length together. On the embedded domain this leaves a third of the padding of random
batches. Larger pools, such as those of the `Trainer`'s own sampler, put examples of like wording together, and batches of those
learn slower."""


class FittedRows(NamedTuple):
    """Training examples as the model has room for them."""

    rows: Any
    """A data set of token ids, labels (-100 where there is no loss) and lengths."""
    cut: int
    """Examples whose prompt lost its head."""
    left_out: int
    """Examples whose completion does not fit: cut, they would teach never to end."""


def fitted(tokenizer: Any, pairs: Sequence[tuple[str, str]], context_length: int) -> FittedRows:
    """The (prompt, completion) texts that a model with room for ``context`` tokens can learn, and what became of the others."""
    from datasets import Dataset

    listed, cut = [], 0
    for prompt, completion in pairs:
        answer, ids = completion_tokens(tokenizer, completion), as_tokens(tokenizer, prompt)
        room = context_length - len(answer)
        if room < 1:
            continue
        cut += len(ids) > room
        ids = ids[-room:]
        labels = [-100] * len(ids) + answer
        listed.append({"input_ids": ids + answer, "attention_mask": [1] * len(labels), "labels": labels, "length": len(labels)})
    return FittedRows(Dataset.from_list(listed), cut, len(pairs) - len(listed))


def rows(tokenizer: Any, pairs: Sequence[tuple[str, str]], context_length: int) -> Any:
    """The data set alone."""
    return fitted(tokenizer, pairs, context_length).rows


class Collator:
    """Batches padded on the left, so that all answers end together and logits are computed for answers alone.

    Most of a prompt's tokens carry no loss, and the output layer is what a small model's training spends most on. Models
    whose ``forward`` does not take ``logits_to_keep`` get logits for every token, to the same loss.
    """

    def __init__(self, pad: int, model: Any) -> None:
        self.pad = pad
        own = model.get_base_model() if hasattr(model, "get_base_model") else model  # below peft's, which takes anything
        accepted = inspect.signature(own.forward).parameters
        self.positions = "position_ids" in accepted
        self.keeps = "logits_to_keep" in accepted

    def __call__(self, rows: Sequence[dict[str, list[int]]]) -> dict[str, Any]:
        """Tensors of shape (rows, longest row); with ``logits_to_keep``, labels of (rows, longest answer + 1)."""
        import torch

        longest = max(len(row["input_ids"]) for row in rows)
        fillers = {"input_ids": self.pad, "attention_mask": 0, "labels": -100}
        batch: dict[str, Any] = {
            field: torch.tensor([[filler] * (longest - len(row[field])) + row[field] for row in rows])
            for field, filler in fillers.items()
        }
        if self.positions:  # from a row's own first token: a model with absolute positions would count from the padding
            batch["position_ids"] = (batch["attention_mask"].cumsum(1) - 1).clamp(min=0)
        if self.keeps:  # the last token before an answer predicts its first
            kept = min(longest, max(sum(label != -100 for label in row["labels"]) for row in rows) + 1)
            batch |= {"labels": batch["labels"][:, -kept:], "logits_to_keep": kept}
        return batch


class Pools:
    """A sampler of rows for batches of like length, in a new order each epoch, drawn from torch's own generator.

    Rows are sorted by length within random pools of ``POOL`` batches, and the batches put in random order.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, drawn_from: Any = None) -> None:
        """``drawn_from``: the generator's state that the first epoch is drawn from, where it was begun before."""
        self.lengths = list(lengths)
        self.batch_size = batch_size
        self.drawn_from = drawn_from
        """The state that the epoch that runs was drawn from."""
        self._again = drawn_from is not None

    def __len__(self) -> int:
        """Rows."""
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        """One epoch."""
        import torch

        if self._again:
            torch.set_rng_state(self.drawn_from)
        self._again, self.drawn_from = False, torch.get_rng_state()
        drawn = torch.randperm(len(self)).tolist()
        pools = (sorted(pool, key=self.lengths.__getitem__) for pool in _slices(drawn, POOL * self.batch_size))
        *batches, last = (batch for pool in pools for batch in _slices(pool, self.batch_size))
        for place in torch.randperm(len(batches)).tolist():
            yield from batches[place]
        yield from last  # where it is: it may not be full


def _slices(rows: Sequence[int], size: int) -> list[Sequence[int]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
