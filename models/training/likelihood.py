"""How likely a model finds a text: the loss that training sees, one completion at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proctor.models.generation import generate
from proctor.models.training import batches


def nll(model: Any, tokenizer: Any, pairs: Sequence[tuple[str, str]], context_length: int, together: int) -> list[float]:
    """Negative log-likelihood of each completion after its prompt, its end included, in nats: up to ``together`` at once.

    Raises:
        ValueError: a completion takes more tokens than the model has room for.
    """
    import torch

    fitted = batches.fitted(tokenizer, pairs, context_length)
    if fitted.left_out:
        raise ValueError(
            f"{fitted.left_out} of {len(pairs)} texts take more than the {context_length} tokens that the model has room for"
        )
    rows = fitted.rows.to_list()
    collate = batches.Collator(tokenizer.pad_token_id, model)
    found = [0.0] * len(rows)
    for batch in generate.batches([row["length"] for row in rows], together):
        inputs = collate([rows[index] for index in batch])
        labels = inputs.pop("labels").to(model.device)
        shown = {name: value.to(model.device) if hasattr(value, "to") else value for name, value in inputs.items()}
        with torch.inference_mode():
            logits = model(**shown).logits[:, :-1].float()
        each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), labels[:, 1:], reduction="none")
        for index, total in zip(batch, each.sum(dim=1).tolist(), strict=True):
            found[index] = total
    return found
