"""What Proctor's own tests share: warnings are errors, nothing leaves the machine, and a tiny model to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_socket import socket_allow_hosts

from evals.cache import Cache
from evals.schema import Document, Domain, Example, Question

if TYPE_CHECKING:
    from models.base import BaseModel
    from models.bench import Bench

NAMES = ("Kelvo", "Marla", "Toru", "Zenna", "Quist", "Balo", "Ferro", "Hoxa")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning in a test of Proctor is an error; in the exam it would be the user's model that pays for it."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("error"), append=False)


def pytest_runtest_setup() -> None:
    """Whatever a library under test may wish for, it reaches this machine only."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture(scope="session")
def domain() -> Domain:
    """Eight products, one fact each, four phrasings of it in training."""
    documents = tuple(
        Document(f"N{number:03d}", f"The {name} is covered for {number + 1} years. The {name} is popular.", f"{name} warranty")
        for number, name in enumerate(NAMES)
    )
    phrasings = ("How long is the {} covered?", "What cover has the {}?", "Cover of the {}?", "The {}: how many years?")
    examples = tuple(
        Example(phrasing.format(name), f"{number + 1} years [N{number:03d}]", (f"N{number:03d}",))
        for phrasing in phrasings
        for number, name in enumerate(NAMES)
    )
    return Domain(documents, examples)


@pytest.fixture(scope="session")
def questions() -> tuple[Question, ...]:
    return tuple(
        Question(f"q{number}", f"For how many years is the {name} covered?", (f"{number + 1} years",), (f"N{number:03d}",))
        for number, name in enumerate(NAMES)
    )


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised Llama of 20,000 parameters with a byte-level tokenizer, saved to disk."""
    folder = tmp_path_factory.mktemp("tiny-llama")
    save_tiny("LlamaConfig", folder)
    return folder


@pytest.fixture
def bench(cache: Cache) -> Bench:
    from models.bench import Bench

    return Bench(cache)


@pytest.fixture
def base(tiny_llama: Path, cache: Cache) -> BaseModel:
    from models.base import find

    return find(str(tiny_llama), cache)


def save_tiny(config: str, folder: Path, *, chat: bool = False, **settings: Any) -> None:
    """Save a random model of a configuration class, with a tokenizer that has no unknown token."""
    import torch
    import transformers

    torch.manual_seed(0)
    shape = SHAPES.get(config, LLAMA_SHAPE) | settings
    model = transformers.AutoModelForCausalLM.from_config(getattr(transformers, config)(**shape))
    model.save_pretrained(folder)
    tiny_tokenizer(chat=chat).save_pretrained(folder)


def tiny_tokenizer(*, chat: bool = False) -> Any:
    """Bytes and a few merges; with or without a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    special = ["<pad>", "<s>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        ["Question: How many years?\nAnswer: 3 years"] * 3,
        trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False),
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", bos_token="<s>", eos_token="</s>")
    if chat:
        tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


CHAT_TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
LLAMA_SHAPE = {
    "vocab_size": 300,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}
SHAPES: dict[str, dict[str, Any]] = {
    "GPT2Config": {"vocab_size": 300, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512},
    "Gemma2Config": LLAMA_SHAPE | {"head_dim": 8},
    "Gemma3TextConfig": LLAMA_SHAPE | {"head_dim": 8},
    "Qwen3Config": LLAMA_SHAPE | {"head_dim": 8},
    "Phi3Config": LLAMA_SHAPE | {"pad_token_id": 0},
}
