"""How many tokens a model has room for, by what configurations say in the wild."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.models.base.room import MOST, room

LIMITLESS = int(1e30)


def rope(kind: str, **more: Any) -> dict[str, Any]:
    return {"rope_type": kind, **more}


@pytest.mark.parametrize(
    ("config", "tokenizer", "expected"),
    [
        ({"max_position_embeddings": 4096}, {"model_max_length": 512}, 4096),
        ({"n_positions": 1024}, {}, 1024),
        ({"max_sequence_length": 8192}, {}, 8192),
        ({"seq_length": 32768}, {}, 32768),
        ({"max_position_embeddings": -1, "n_positions": 300}, {}, 300),
        ({"max_position_embeddings": -1}, {"model_max_length": 700}, 700),
        ({"max_position_embeddings": 32768.0}, {}, 32768),
        ({"max_position_embeddings": "many", "max_seq_len": True}, {}, None),
        ({"max_position_embeddings": LIMITLESS}, {"model_max_length": LIMITLESS}, None),
        ({"model_type": "mamba"}, {"model_max_length": LIMITLESS}, None),
        ({"model_type": "mpt", "alibi": True}, {"model_max_length": 8192}, 8192),
        ({"max_position_embeddings": 32768, "sliding_window": 4096}, {}, 32768),
        ({"text_config": {"max_position_embeddings": 131072}, "max_position_embeddings": 16}, {}, 131072),
        ({"text_config": None, "max_position_embeddings": 128}, {}, 128),
        ({"llm_config": {"max_position_embeddings": 4096}}, {}, 4096),
        ({"text_config": {"hidden_size": 8}, "max_position_embeddings": 256}, {}, 256),
        ({"max_position_embeddings": 4096, "rope_scaling": rope("linear", factor=4.0)}, {}, 16384),
        ({"max_position_embeddings": 4096, "rope_scaling": {"type": "dynamic", "factor": 2}}, {}, 8192),
        (
            {"max_position_embeddings": 32768, "rope_scaling": rope("yarn", factor=4, original_max_position_embeddings=32768)},
            {},
            131072,
        ),
        (
            {"max_position_embeddings": 163840, "rope_scaling": rope("yarn", factor=40, original_max_position_embeddings=4096)},
            {},
            163840,
        ),
        ({"max_position_embeddings": 131072, "rope_scaling": rope("llama3", factor=8)}, {}, 131072),
        ({"max_position_embeddings": 131072, "rope_scaling": rope("longrope", factor=32)}, {}, 131072),
        ({"max_position_embeddings": 131072, "model_type": "gemma3_text", "rope_scaling": rope("linear", factor=8)}, {}, 131072),
        ({"max_position_embeddings": 512, "rope_scaling": None, "rope_parameters": rope("default")}, {}, 512),
        ({"max_position_embeddings": 512, "rope_scaling": rope("linear", factor="four")}, {}, 512),
    ],
)
def test_what_configurations_say(config: dict[str, Any], tokenizer: dict[str, Any], expected: int | None) -> None:
    assert room(config, tokenizer) == expected


ANYTHING = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=3)


@given(ANYTHING, ANYTHING, ANYTHING)
def test_whatever_stands_there_a_room_is_a_sensible_number_or_none(value: Any, other: Any, factor: Any) -> None:
    scaling = {"rope_scaling": {"rope_type": "linear", "factor": factor}}
    found = room({"max_position_embeddings": value, "n_ctx": other, **scaling}, {"model_max_length": other})
    assert found is None or 0 < found < MOST
