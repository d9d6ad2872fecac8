"""The embedded model's architecture and the structure that it starts from.

A small transformer spends most of a short training on finding out that it may copy. Here it starts knowing:
one head of the first layer looks at the token before, two heads of the second look for where the present
token stood before and copy what came after it, one of the fourth copies what it is taught to look at
(`hints`), and every other branch begins as zero. All of it is trained on; what results is an ordinary Llama.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.models.llama.modeling_llama import LlamaAttention

WIDTH, LAYERS, HEADS, INNER = 256, 6, 4, 384
HEAD = WIDTH // HEADS
ROPE = 500_000.0
SPREAD, CONSTANT = 0.04, 0.2  # of embeddings: their deviation, and coordinate 0, which is the same for all tokens
GATHER, POINT = (1, 2), (3, 0)  # layer and head that hints teach
FAST = 12  # rotary pairs that turn fast enough to tell neighbours apart; the others hardly turn


def config(vocabulary: int, context: int) -> LlamaConfig:
    """Some 3.9 million parameters."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        rms_norm_eps=1e-6,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE},
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )


@torch.no_grad()
def prepare(model: LlamaForCausalLM, seed: int) -> None:
    """Fill the weights: noise, then the copying structure."""
    rng = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        if weight.ndim == 2:
            branch_end = name.endswith(("o_proj.weight", "down_proj.weight"))
            weight.normal_(0, 0 if branch_end else WIDTH**-0.5, generator=rng)
    embedding = model.get_input_embeddings().weight
    embedding.normal_(0, SPREAD, generator=rng)
    embedding[:, 0] = CONSTANT
    read, write = _directions(rng, 2 * (HEAD // 2 - FAST))
    _look_back(model.model.layers[0].self_attn, read, write)
    _induce(model.model.layers[1].self_attn, read, write, rng)
    _copy(model.model.layers[POINT[0]].self_attn, POINT[1], torch.linalg.qr(torch.randn(WIDTH, HEAD, generator=rng)).Q.T)


def _directions(rng: torch.Generator, size: int) -> tuple[Tensor, Tensor]:
    """Two sets of orthonormal rows that leave coordinate 0 alone."""
    basis = torch.linalg.qr(torch.randn(WIDTH - 1, WIDTH - 1, generator=rng)).Q
    rows = torch.cat((torch.zeros(WIDTH - 1, 1), basis), dim=1)
    return rows[:size], rows[size : 2 * size]


def _look_back(attention: LlamaAttention, read: Tensor, write: Tensor) -> None:
    """Head 0 attends to the token before, by rotary phase alone, and hands on a projection of it."""
    sharpness = 6.5 * math.hypot(SPREAD, CONSTANT / math.sqrt(WIDTH)) / CONSTANT
    angles = ROPE ** (-torch.arange(FAST) / (HEAD // 2))
    attention.q_proj.weight[:HEAD, 0] = 0
    attention.k_proj.weight[:HEAD] = 0
    attention.q_proj.weight[:FAST, 0] = sharpness * torch.cos(angles)
    attention.q_proj.weight[HEAD // 2 : HEAD // 2 + FAST, 0] = -sharpness * torch.sin(angles)
    attention.k_proj.weight[:FAST, 0] = sharpness
    attention.v_proj.weight[: len(read)] = read
    attention.o_proj.weight[:, : len(write)] = 0.09 * write.T


def _induce(attention: LlamaAttention, read: Tensor, write: Tensor, rng: torch.Generator) -> None:
    """Heads 0 and 1 match the present token with tokens that followed it before, and copy those."""
    slow = torch.tensor([i for i in range(HEAD) if i % (HEAD // 2) >= FAST])
    copied = torch.linalg.qr(torch.randn(WIDTH, 2 * HEAD, generator=rng)).Q.T
    for head in range(2):
        rows = slow + head * HEAD
        part = slice(head * HEAD, (head + 1) * HEAD)
        attention.q_proj.weight[part] = attention.k_proj.weight[part] = 0
        attention.q_proj.weight[rows] = 1.2 * read
        attention.k_proj.weight[rows] = 1.2 * write
        _copy(attention, head, copied[part])


def _copy(attention: LlamaAttention, head: int, directions: Tensor) -> None:
    """Head hands on the token that it looks at."""
    part = slice(head * HEAD, (head + 1) * HEAD)
    attention.v_proj.weight[part] = directions
    attention.o_proj.weight[:, part] = 0.3 * directions.T
