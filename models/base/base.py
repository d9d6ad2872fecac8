"""Base models: found, checked, named and fingerprinted without loading them; loaded from safetensors only."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from proctor.core import hub
from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache, digest
from proctor.models.base import files, labels, refusal, room, trial

log = logging.getLogger("proctor")

EMBEDDED = Path(__file__).parents[1] / "tiny"
NOT_LOADED = ["*/*.safetensors", "consolidated*", "*.gguf", "onnx/*", "original/*"]
"""What lies on the hub beside the files that are loaded."""
EXPERTS = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")
EXPERTS_USED = ("num_experts_per_tok", "num_experts_per_token", "moe_k", "moe_topk", "top_k_experts")


@dataclass(frozen=True)
class BaseModel:
    """A causal language model in a folder, in Hugging Face's layout."""

    folder: Path
    label: str
    cache: Cache
    trust_remote_code: bool = False

    @cached_property
    def config(self) -> dict[str, Any]:
        """The model's own configuration; that of its text model where it has several."""
        parsed: dict[str, Any] = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        return room.text_config(parsed)

    @cached_property
    def version(self) -> str:
        """Hash of all that shapes its output: weights that are loaded, configuration, tokenizer, and its own code if run."""
        parts = [*files.settings(self.folder), *files.weights(self.folder)]
        parts += files.code(self.folder) if self.trust_remote_code else []
        return digest([(str(path.relative_to(self.folder)), self.cache.file_digest(path)) for path in parts])

    @cached_property
    def _tensors(self) -> dict[str, files.Tensor]:
        return dict(files.loaded(self.folder))

    @cached_property
    def parameters(self) -> int:
        """Number of parameters, read from the headers of the weights."""
        return files.parameters(self._tensors, self.config)

    @cached_property
    def active_parameters(self) -> int:
        """Parameters that take part in one token: of a mixture's experts, as many as are chosen for it."""
        experts = {name: tensor for name, tensor in self._tensors.items() if ".experts." in name}
        there, used = self._number(*EXPERTS), self._number(*EXPERTS_USED)
        if not experts or not 0 < used < there:
            return self.parameters
        idle = files.parameters(experts, self.config) * (there - used) / there
        return round(self.parameters - idle)

    @property
    def vocabulary(self) -> int:
        """Tokens that it knows; 0 where its configuration does not say."""
        return self._number("vocab_size", "n_vocab", "padded_vocab_size")

    @property
    def quantised(self) -> bool:
        """Whether its weights are packed."""
        return bool(files.read_json(self.folder / "config.json").get("quantization_config"))

    @cached_property
    def _room(self) -> int | None:
        config = files.read_json(self.folder / "config.json")
        return room.room(config, files.read_json(self.folder / "tokenizer_config.json"))

    @property
    def names_room(self) -> bool:
        """Whether its files say how many tokens it has room for."""
        return self._room is not None

    @property
    def context_length(self) -> int:
        """How many tokens a prompt and its answer may have together."""
        return self._room or room.ASSUMED

    @property
    def narrowest_layer(self) -> int:
        """Smallest side of any linear layer that LoRA adapts: a rank above it is no low rank."""
        hidden = self._number("hidden_size", "n_embd", "d_model")
        heads = self._number("num_attention_heads", "n_head", "n_heads") or 1
        width = self._number("head_dim") or hidden // heads
        keys = (self._number("num_key_value_heads") or heads) * width
        return min(side for side in (hidden, keys, 2**31) if side)

    def load(self, device: str, weights: Path | None = None) -> Any:
        """The model in memory, in evaluation mode; ``weights`` names a folder with trained weights of the same shape.

        On a CPU it runs in float32: bfloat16 would let the size of a batch change greedy answers.

        Raises:
            InputError: some of its own weights are no numbers, as a broken merge or conversion leaves them.
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
        broken = None if weights else next((name for name, weight in model.named_parameters() if not _numbers(weight)), None)
        if broken:
            raise InputError(
                f"base model {self.label}: {broken} in its weights holds values that are no numbers (NaN or infinite)"
            )
        return model.to(device).eval()

    def tokenizer(self) -> Any:
        """Its tokenizer, padding on the left, with some padding token.

        One that names no end token has that of the model's configuration. A padding token that the model does not know is none.
        """
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(
            self.folder, padding_side="left", local_files_only=True, trust_remote_code=self.trust_remote_code
        )
        if tokenizer.eos_token_id is None and (end := self._end()) is not None:
            tokenizer.eos_token = tokenizer.convert_ids_to_tokens(end)
        if tokenizer.pad_token_id is None or tokenizer.pad_token_id >= (self.vocabulary or 2**31):
            tokenizer.pad_token = tokenizer.eos_token
        return tokenizer

    def _end(self) -> int | None:
        """The end token that the model's own settings name."""
        for told in (files.read_json(self.folder / "generation_config.json"), self.config):
            end = told.get("eos_token_id")
            end = end[0] if isinstance(end, list) and end else end
            if isinstance(end, int) and not isinstance(end, bool):
                return end
        return None

    def _number(self, *names: str) -> int:
        """The first of these settings that is a positive number, or 0."""
        found = (self.config.get(name) for name in names)
        return next((value for value in found if isinstance(value, int) and value > 0), 0)


def _numbers(weight: Any) -> bool:
    """Whether all of it are numbers; narrow floating types (8 bits and fewer) cannot be asked."""
    return not weight.is_floating_point() or weight.element_size() < 2 or bool(weight.isfinite().all())


def find(name: str, cache: Cache, *, trust_remote_code: bool = False) -> BaseModel:
    """The base model at a path, or of that name on the hub (fetched once, then read from its own cache).

    Raises:
        InputError: there is no such model, or its files tell that it cannot be examined. All problems are said.
    """
    path = Path(name).expanduser()
    if _on_hub(name):
        path = _from_hub(name, code=trust_remote_code)
    found = refusal.problems(path, trust_remote_code=trust_remote_code)
    if found:
        raise InputError("\n".join(f"--base-model {name}: {problem}" for problem in found))
    folder = path.resolve()
    return BaseModel(folder, _parts(name, folder)[-1], cache, trust_remote_code)


def find_all(names: Sequence[str], cache: Cache, *, trust_remote_code: bool = False) -> list[BaseModel]:
    """The base models of these names, each tried and none twice, with labels that tell them apart.

    Raises:
        InputError: some cannot be examined, or be told apart. All problems of all of them are said.
    """
    found: list[tuple[str, BaseModel]] = []
    problems: list[str] = []
    for name in names:
        try:
            found.append((name, find(name, cache, trust_remote_code=trust_remote_code)))
        except InputError as error:
            problems.append(str(error))
    kept = _once(found)
    for name, base in kept:
        tried = trial.problems(base) if base.folder != EMBEDDED.resolve() else []  # Proctor's own tests try the embedded one
        problems += [f"--base-model {name}: {problem}" for problem in tried]
    if problems:
        raise InputError("\n".join(dict.fromkeys(problems)))
    for _, base in kept:
        if not base.names_room:
            log.warning("base model %s: nothing names its room; %d tokens are assumed", base.folder, room.ASSUMED)
    told = labels.distinct([_parts(name, base.folder) for name, base in kept])
    return [replace(base, label=label) for (_, base), label in zip(kept, told, strict=True)]


def _once(found: Sequence[tuple[str, BaseModel]]) -> list[tuple[str, BaseModel]]:
    """One name for each model. The same folder, or the same content in another, is the same model: it has one row."""
    kept: list[tuple[str, BaseModel]] = []
    for name, base in found:
        known = next((other for other, one in kept if one.folder == base.folder or one.version == base.version), None)
        if known is None:
            kept.append((name, base))
        else:
            log.warning("--base-model %s and %s are the same model, which gets one row", known, name)
    return kept


def _on_hub(name: str) -> bool:
    """Whether it is meant as a name on the hub: nothing here is called so, and it is no path."""
    return not Path(name).expanduser().exists() and not name.startswith((".", "/", "~")) and name.count("/") <= 1


def _parts(name: str, folder: Path) -> tuple[str, ...]:
    return labels.parts(name, folder, from_hub=_on_hub(name))


def _from_hub(name: str, *, code: bool) -> Path:
    wanted = ["*.safetensors", *files.SETTINGS, *(["*.py"] if code else [])]
    return hub.fetched("--base-model", name, wanted, without=NOT_LOADED)
