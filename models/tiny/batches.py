"""Documents packed into rows of tokens, each seeing itself only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from models.tiny.corpus import document
from models.tiny.values import Source

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

    from models.tiny.reading import Segments

PAD, BOS, EOS = 0, 1, 2
MISSES = 10  # documents in a row that fit nowhere before a batch counts as full


@dataclass
class Row:
    """Documents side by side: their tokens, and for each its weight, its position and its document."""

    tokens: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)

    def add(self, tokens: list[int], weights: list[float]) -> None:
        """Append a document."""
        owner = self.owners[-1] + 1 if self.owners else 1
        self.tokens += tokens
        self.weights += weights
        self.positions += range(len(tokens))
        self.owners += [owner] * len(tokens)


@dataclass(frozen=True)
class Batch:
    """What one pass through the model needs."""

    tokens: Tensor
    weights: Tensor  # of each token as a prediction; 0 for padding and for the first of a document
    positions: Tensor
    mask: Tensor  # additive, (rows, 1, length, length)


def encode(tokenizer: Tokenizer, segments: Segments) -> tuple[list[int], list[float]]:
    """Tokens of a document, and the weight of each as a prediction."""
    tokens, weights = [BOS], [0.0]
    for text, weight in segments:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        tokens += ids
        weights += [weight] * len(ids)
    return [*tokens, EOS], [*weights, 1.0]


@dataclass
class Packer:
    """Batches for every step of a training; a step's documents depend on the seed and the step alone."""

    tokenizer: Tokenizer
    seed: int

    def batches(self, step: int, progress: float, count: int) -> list[Batch]:
        """Batches of one step."""
        rng = Source(f"{self.seed}/{step}")
        return [self._batch(rng, progress) for _ in range(count)]

    def _batch(self, rng: Source, progress: float) -> Batch:
        """4096 tokens: mostly short rows, later some with long documents so that far words are read too."""
        is_long = progress > 0.3 and rng.random() < 0.15
        length = 512 if is_long else 256
        table, misses = [Row() for _ in range(4096 // length)], 0
        while misses < MISSES:
            tokens, weights = encode(self.tokenizer, document(rng, progress, is_long=is_long))
            free = (row for row in table if len(row.tokens) + len(tokens) <= length)
            if (row := next(free, None)) is None:
                misses += len(tokens) <= length
            else:
                row.add(tokens, weights)
        return collate(table, length)


def collate(table: list[Row], length: int) -> Batch:
    """Fill rows up to one length."""

    def grid(cells: list[list[float]] | list[list[int]], kind: torch.dtype) -> Tensor:
        return torch.tensor([[*row, *[0] * (length - len(row))] for row in cells], dtype=kind)

    owners = grid([r.owners for r in table], torch.long)
    seen = (owners[:, :, None] == owners[:, None, :]) & torch.ones(length, length, dtype=torch.bool).tril()
    mask = torch.zeros(seen.shape, dtype=torch.bfloat16).masked_fill(~seen, torch.finfo(torch.bfloat16).min)
    return Batch(
        grid([r.tokens for r in table], torch.long),
        grid([r.weights for r in table], torch.float32),
        grid([r.positions for r in table], torch.long),
        mask[:, None],
    )
