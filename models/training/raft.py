"""What a hybrid is trained to read: its evidence among passages that only look like it, after RAFT (Zhang et al. 2024)."""

from __future__ import annotations

import random
from collections.abc import Sequence

from proctor.core.language.holders import Holders
from proctor.core.schema import Context, Domain, Example
from proctor.models.retrieval.passages import whole
from proctor.models.systems import System


def mixed(domain: Domain, found: Sequence[Sequence[Context]], system: System, seed: int) -> list[tuple[Context, ...]]:
    """For each example, given what retrieval ``found`` for its prompt, the passages to train with.

    In ``gold_in_context`` of the prompts the evidence is there; in the others only distractors are.
    """
    draw = random.Random(seed)  # noqa: S311 # reproducible shuffling, not a secret
    texts = {document.id: whole(document).text for document in domain.documents}
    holders = Holders(domain.documents)
    return [
        _one(example, [context for context in contexts if not holders.shown(example.evidence, context, {})], texts, draw, system)
        for example, contexts in zip(domain.examples, found, strict=True)
    ]


def _one(
    example: Example, others: Sequence[Context], texts: dict[str, str], draw: random.Random, system: System
) -> tuple[Context, ...]:
    gold = [Context(name, texts[name]) for name in example.evidence] if draw.random() < system.gold_in_context else []
    chosen = (gold + list(others))[: max(system.top_k, len(gold))]
    draw.shuffle(chosen)
    return tuple(chosen)
