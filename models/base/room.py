"""How many tokens a model has room for, prompt and answer together, from what its files say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMES = (
    *("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length", "seq_length", "max_seq_length"),
    *("model_max_length", "max_context_length"),
)
"""What configurations call it."""
TEXT = ("text_config", "llm_config", "language_config")
"""Where models of several kinds of input keep the configuration of their text model."""
ASSUMED = 2048
"""Where nothing names a room: models without positions (Mamba) or with a slope in their place (ALiBi) have no limit of their own,
and were trained on at least so many tokens."""
MOST = 10**8
"""A larger number means "no limit" (tokenizers write 1e30), not a room."""
LEAST, SHORTEST = 64, 16
"""Tokens that a question and an answer take at the least, and a question alone."""
EXTENDED_ALREADY = ("longrope", "su", "llama3", "default", "mrope", "proportional")
"""Kinds of scaled positions with which the configuration names the room after scaling."""


def text_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration, with that of the text model over it where there is one inside."""
    inner: Mapping[str, Any] = next((config[name] for name in TEXT if isinstance(config.get(name), Mapping)), {})
    return {**config, **inner}


def room(config: Mapping[str, Any], tokenizer_config: Mapping[str, Any]) -> int | None:
    """Tokens; ``None`` where neither configuration names a number that can be one.

    A sliding window is no limit: what is outside of it was read by the tokens inside.
    """
    flat = text_config(config)
    found = next((size for name in NAMES for place in (flat, config) if (size := _size(place.get(name)))), None)
    if found is None:
        return _size(tokenizer_config.get("model_max_length"))
    return _scaled(found, flat)


def nonsense(config: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that should name a room and cannot: -1, 0, a text. A very large number says that there is no limit."""
    flat = text_config(config)
    named = {name: flat[name] for name in NAMES if flat.get(name) is not None and _size(flat[name]) is None}
    return {name: value for name, value in named.items() if not isinstance(value, int | float) or value < MOST}


def _size(value: Any) -> int | None:
    """The value, if it can be a number of tokens."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 1 <= value < MOST else None


def _scaled(trained: int, config: Mapping[str, Any]) -> int:
    """The room after the scaling of positions (linear, dynamic, YaRN), where the configuration names it before.

    Gemma 3 names it after, although its scaling is linear.
    """
    rope = config.get("rope_scaling") or config.get("rope_parameters")
    if not isinstance(rope, Mapping) or str(config.get("model_type", "")).startswith("gemma"):
        return trained
    kind, factor = rope.get("rope_type") or rope.get("type") or "default", rope.get("factor")
    if kind in EXTENDED_ALREADY or isinstance(factor, bool) or not isinstance(factor, int | float) or factor <= 1:
        return trained
    original = _size(rope.get("original_max_position_embeddings")) or trained
    scaled = original * factor
    return max(trained, int(scaled)) if scaled < MOST else trained
