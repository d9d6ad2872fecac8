"""Base models: found, checked and fingerprinted without loading them; loaded from safetensors only."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from evals.cache import Cache, digest
from evals.schema import InputError

log = logging.getLogger("proctor")

EMBEDDED = Path(__file__).with_name("tiny")
HUB_FILES = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]


@dataclass(frozen=True)
class BaseModel:
    """A causal language model in a folder, in Hugging Face's layout."""

    folder: Path
    label: str
    cache: Cache
    trust_remote_code: bool = False

    @cached_property
    def config(self) -> dict[str, Any]:
        """The model's own configuration."""
        parsed: dict[str, Any] = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        return {**parsed, **parsed.get("text_config", {})}

    @cached_property
    def version(self) -> str:
        """Hash of weights, configuration and tokenizer."""
        files = [path for pattern in HUB_FILES for path in sorted(self.folder.glob(pattern))]
        return digest([(path.name, self.cache.file_digest(path)) for path in files])

    @property
    def parameters(self) -> int:
        """Number of parameters, read from the headers of the weights."""
        return sum(_parameters(path) for path in self.folder.glob("*.safetensors"))

    @property
    def context(self) -> int:
        """How many tokens a prompt and its answer may have together."""
        names = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")
        return next((int(self.config[name]) for name in names if self.config.get(name)), 2048)

    @property
    def narrowest_layer(self) -> int:
        """Smallest side of any linear layer that LoRA adapts: a rank above it is no low rank."""
        config = self.config
        hidden = int(config.get("hidden_size") or config.get("n_embd") or config.get("d_model") or 0)
        heads = int(config.get("num_attention_heads") or config.get("n_head") or 1)
        width = int(config.get("head_dim") or (hidden // heads if hidden else 0))
        keys = int(config.get("num_key_value_heads") or heads) * width
        return min(side for side in (hidden, keys, 2**31) if side)

    def load(self, device: str, weights: Path | None = None) -> Any:
        """The model in memory, in evaluation mode; ``weights`` names a folder with trained weights of the same shape.

        On a CPU it runs in float32: bfloat16 would let the size of a batch change greedy answers.
        """
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        model = AutoModelForCausalLM.from_pretrained(
            weights or self.folder,
            dtype=torch.float32 if device == "cpu" else "auto",
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=self.trust_remote_code,
        )
        return model.to(device).eval()

    def tokenizer(self) -> Any:
        """Its tokenizer, padding on the left, with some padding token."""
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(
            self.folder, padding_side="left", local_files_only=True, trust_remote_code=self.trust_remote_code
        )
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        return tokenizer


def find(name: str, cache: Cache, *, trust_remote_code: bool = False) -> BaseModel:
    """The base model at a path, or of that name on the hub (fetched once, then read from its own cache).

    Raises:
        InputError: there is no such model, or it has no weights that can be loaded safely.
    """
    path = Path(name).expanduser()
    if not path.exists() and not name.startswith((".", "/", "~")) and name.count("/") <= 1:
        path = _from_hub(name)
    problem = _problem(path)
    if problem:
        raise InputError(f"--base-model {name}: {problem}")
    label = Path(name).resolve().name if Path(name).exists() else name.rsplit("/", 1)[-1]
    return BaseModel(path.resolve(), label, cache, trust_remote_code)


def _problem(folder: Path) -> str | None:
    if not folder.is_dir():
        return "no such folder; give a folder with config.json and *.safetensors, or a name on the model hub"
    if not (folder / "config.json").is_file():
        return f"{folder / 'config.json'} is missing; save the model with save_pretrained()"
    try:
        json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        return f"{folder / 'config.json'} is not valid JSON: {error}"
    if not any(folder.glob("*.safetensors")):
        return _no_weights(folder)
    if not any((folder / file).exists() for file in ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")):
        return f"{folder} has no tokenizer; save it there with tokenizer.save_pretrained()"
    return None


def _no_weights(folder: Path) -> str:
    pickled = [path.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt") for path in folder.glob(pattern)]
    if pickled:
        return (
            f"{folder} holds only pickled weights ({', '.join(sorted(pickled))}), which can run code when loaded; "
            "convert them: load the model where you trust it and save_pretrained(..., safe_serialization=True)"
        )
    return f"{folder} has no weights (*.safetensors)"


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    log.info("looking for %s on the model hub", name)
    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES))
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"--base-model {name}: neither a folder here nor to be had from the model hub ({reason})") from error


def _parameters(path: Path) -> int:
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    shapes = [entry["shape"] for name, entry in header.items() if name != "__metadata__"]
    return sum(_product(shape) for shape in shapes)


def _product(shape: list[int]) -> int:
    total = 1
    for side in shape:
        total *= side
    return total
