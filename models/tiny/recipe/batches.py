"""Documents packed into rows of tokens, each seeing itself only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from proctor.models.tiny.recipe.corpus import document
from proctor.models.tiny.recipe.hints import Document, Look, Span, looks
from proctor.models.tiny.recipe.values import Source

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

PAD, BOS, EOS = 0, 1, 2
MISSES = 10  # documents in a row that fit nowhere before a batch counts as full


@dataclass
class Row:
    """Documents side by side: their tokens, and for each its weight, its position and its document; and what looks where."""

    tokens: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)

    def add(self, encoded: Encoded) -> None:
        """Append a document."""
        owner, start, size = self.owners[-1] + 1 if self.owners else 1, len(self.tokens), len(encoded.tokens)
        self.tokens += encoded.tokens
        self.weights += encoded.weights
        self.positions += range(size)
        self.owners += [owner] * size
        self.looks += [Look(x.head, start + x.query, [start + key for key in x.keys]) for x in encoded.looks]


@dataclass(frozen=True)
class Batch:
    """What one pass through the model needs."""

    tokens: Tensor
    weights: Tensor  # of each token as a prediction; 0 for padding and for the first of a document
    positions: Tensor
    mask: Tensor  # additive, (rows, 1, length, length)
    looks: dict[str, tuple[Tensor, Tensor, Tensor]]  # by head: row and query (n,), and what to look at (n, length), 0 or 1


@dataclass(frozen=True)
class Encoded:
    """Tokens of a document, the weight of each as a prediction, and which of them should look where."""

    tokens: list[int]
    weights: list[float]
    looks: list[Look]


def encode(tokenizer: Tokenizer, document: Document) -> Encoded:
    """A document in tokens, between the begin and the end token."""
    tokens, weights, spans, size = [BOS], [0.0], [(-1, 0)], 0
    for text, weight in document.segments:
        found = tokenizer.encode(text, add_special_tokens=False)
        tokens += found.ids
        weights += [weight] * len(found.ids)
        spans += [_inside(text, span, size) for span in found.offsets]
        size += len(text)
    return Encoded([*tokens, EOS], [*weights, 1.0], [look for hint in document.hints for look in looks(hint, spans)])


def _inside(text: str, span: Span, offset: int) -> Span:
    """A token's characters without the space before a word, counted from the start of the document."""
    start, end = span
    return offset + start + (text[start:end].startswith(" ") and end - start > 1), offset + end


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
            encoded = encode(self.tokenizer, document(rng, progress, is_long=is_long))
            size = len(encoded.tokens)
            free = (row for row in table if len(row.tokens) + size <= length)
            if (row := next(free, None)) is None:
                misses += size <= length
            else:
                row.add(encoded)
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
        {head: _looks(table, head, length) for head in ("gather", "point")},
    )


def _looks(table: list[Row], head: str, length: int) -> tuple[Tensor, Tensor, Tensor]:
    found = [(row, x.query, x.keys) for row, cells in enumerate(table) for x in cells.looks if x.head == head]
    targets = torch.zeros(len(found), length)
    for target, (_, _, keys) in zip(targets, found, strict=True):
        target[keys] = 1.0
    return torch.tensor([f[0] for f in found]), torch.tensor([f[1] for f in found]), targets
