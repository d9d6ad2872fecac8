"""The embedded model's architecture and the structure that it starts from.

A small transformer spends most of a short training on finding out that it may copy. Here it starts knowing:
one head of the first layer looks at the token before, two heads of the second look for where the present
token stood before and copy what came after it. And it starts knowing that words near each other are about the
same thing: another head of the first layer tags each token with the telling words around it, and one of the
third looks for like tags. Every other branch begins as zero. All of it is trained
on; what results is an ordinary Llama.
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
NEARBY = (7, 8, 9, 10, 11)  # rotary pairs whose sum falls to nothing within some fifty tokens
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
def prepare(model: LlamaForCausalLM, salience: Tensor, seed: int) -> None:
    """Fill the weights: noise, then the structure. `salience` tells for each token how much it says about a text."""
    rng = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        if weight.ndim == 2:
            branch_end = name.endswith(("o_proj.weight", "down_proj.weight"))
            weight.normal_(0, 0 if branch_end else WIDTH**-0.5, generator=rng)
    embedding = model.get_input_embeddings().weight
    embedding.normal_(0, SPREAD, generator=rng)
    embedding[:, 0] = CONSTANT
    embedding[:, 1] = CONSTANT * salience
    read, write, topic, tag = _directions(rng, 4, 2 * (HEAD // 2 - FAST))
    _look_back(model.model.layers[0].self_attn, read, write)
    _gather(model.model.layers[0].self_attn, topic, tag)
    _induce(model.model.layers[1].self_attn, read, write, rng)
    _match(model.model.layers[2].self_attn, tag, rng)


def _directions(rng: torch.Generator, count: int, size: int) -> tuple[Tensor, ...]:
    """Sets of orthonormal rows that leave coordinates 0 and 1 alone."""
    basis = torch.linalg.qr(torch.randn(WIDTH - 2, WIDTH - 2, generator=rng)).Q
    rows = torch.cat((torch.zeros(WIDTH - 2, 2), basis), dim=1)
    return rows[: count * size].split(size)


def _constant() -> float:
    """What the constant coordinate of an embedding is after normalisation."""
    return CONSTANT / math.hypot(SPREAD, CONSTANT / math.sqrt(WIDTH))


def _look_back(attention: LlamaAttention, read: Tensor, write: Tensor) -> None:
    """Head 0 attends to the token before, by rotary phase alone, and hands on a projection of it."""
    sharpness = 6.5 / _constant()
    angles = ROPE ** (-torch.arange(FAST) / (HEAD // 2))
    attention.q_proj.weight[:HEAD, 0] = 0
    attention.k_proj.weight[:HEAD] = 0
    attention.q_proj.weight[:FAST, 0] = sharpness * torch.cos(angles)
    attention.q_proj.weight[HEAD // 2 : HEAD // 2 + FAST, 0] = -sharpness * torch.sin(angles)
    attention.k_proj.weight[:FAST, 0] = sharpness
    attention.v_proj.weight[: len(read)] = read
    attention.o_proj.weight[:, : len(write)] = 0.09 * write.T


def _gather(attention: LlamaAttention, topic: Tensor, tag: Tensor) -> None:
    """Head 1 sums up the telling words of the last thirty tokens or so, and tags each token with what it is about."""
    sharpness = math.sqrt(9 * math.sqrt(HEAD) / len(NEARBY)) / _constant()
    rows = HEAD + torch.tensor(NEARBY)
    part = slice(HEAD, 2 * HEAD)
    attention.q_proj.weight[part] = attention.k_proj.weight[part] = 0
    attention.q_proj.weight[rows, 0] = sharpness
    attention.k_proj.weight[rows, 1] = sharpness
    attention.v_proj.weight[HEAD : HEAD + len(topic)] = topic
    attention.o_proj.weight[:, HEAD : HEAD + len(tag)] = 0.2 * tag.T


def _match(attention: LlamaAttention, tag: Tensor, rng: torch.Generator) -> None:
    """Head 0 looks for tokens with a tag like the present one's, and copies a little of them."""
    slow = torch.tensor([i for i in range(HEAD) if i % (HEAD // 2) >= FAST])
    copied = torch.linalg.qr(torch.randn(WIDTH, HEAD, generator=rng)).Q.T
    attention.q_proj.weight[:HEAD] = attention.k_proj.weight[:HEAD] = 0
    attention.q_proj.weight[slow] = 1.3 * tag
    attention.k_proj.weight[slow] = 1.3 * tag
    attention.v_proj.weight[:HEAD] = copied
    attention.o_proj.weight[:, :HEAD] = 0.1 * copied.T


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
        attention.v_proj.weight[part] = copied[part]
        attention.o_proj.weight[:, part] = 0.3 * copied[part].T
