"""The files of a base model: which of them are loaded, and what their headers say, without loading them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
SETTINGS = (
    *("*.json", "*.txt", "*.model", "*.tiktoken", "*.spm", "*.codes", "*.vocab"),
    *("*.jinja", "additional_chat_templates/*.jinja"),
)
"""Patterns of the files that shape a model's output besides its weights: configuration, tokenizer, chat templates."""
LEFTOVERS = {
    "trainer_state.json",
    "all_results.json",
    "train_results.json",
    "eval_results.json",
    "requirements.txt",
    "LICENSE.txt",
}
POINTER = b"version https://git-lfs.github.com/spec/"
LONGEST_HEADER = 100_000_000
"""Bytes, as the format itself limits it."""
PACKED_BITS = {"I8": 8, "U8": 8, "I16": 16, "U16": 16, "I32": 32, "U32": 32, "I64": 64, "F8_E4M3": 8, "F8_E5M2": 8}
"""Data types that quantised weights are packed into."""
SCALES = (
    *("scales", "scale", "scale_inv", "scale_2", "qzeros", "g_idx", "absmax", "quant_map", "zero_point", "zeros", "perm", "SCB"),
    *("input_scale", "weight_scale", "weight_scale_inv", "weight_zero_point", "weight_shape", "weight_g_idx", "input_zero_point"),
    *("nested_absmax", "nested_quant_map", "bitsandbytes__nf4", "bitsandbytes__fp4", "weight_format", "weight_global_scale"),
)
"""Last parts of the names of tensors that only say how to unpack others."""


class Tensor(NamedTuple):
    """What a header says of one tensor."""

    dtype: str
    shape: tuple[int, ...]
    path: Path
    start: int
    """Byte of the file at which it begins."""
    end: int

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


class BrokenFileError(ValueError):
    """A file of weights that cannot be what it should be."""


def weights(folder: Path) -> list[Path]:
    """The files of weights that are loaded, present or not; none where there are no weights of a known name.

    As transformers does: the file that the configuration names, else ``model.safetensors``, else what the index of shards names.
    """
    named = [name for name in (read_json(folder / "config.json").get("transformers_weights"), WEIGHTS, INDEX) if name]
    first = next((folder / name for name in named if (folder / name).exists() or (folder / name).is_symlink()), None)
    if first is None:
        return []
    if not first.name.endswith(".index.json"):
        return [first]
    shards = read_json(first).get("weight_map")
    return [folder / name for name in sorted({*map(str, shards.values())})] if isinstance(shards, dict) else []


def settings(folder: Path) -> list[Path]:
    """Configuration, tokenizer and chat templates."""
    return [
        path for pattern in SETTINGS for path in sorted(folder.glob(pattern)) if path.is_file() and path.name not in LEFTOVERS
    ]


def code(folder: Path) -> list[Path]:
    """The model's own Python code, as far as it lies in its folder."""
    return sorted(path for path in folder.rglob("*.py") if path.is_file())


def size(folder: Path) -> int:
    """Bytes of what is needed to answer: weights that are loaded, configuration and tokenizer."""
    return sum(path.stat().st_size for path in {*weights(folder), *settings(folder)})


def is_pointer(path: Path) -> bool:
    """Whether git LFS has not yet put the file itself in the place of its pointer."""
    try:
        with path.open("rb") as file:
            return file.read(len(POINTER)) == POINTER
    except OSError:
        return False


def read_json(path: Path) -> dict[str, Any]:
    """A file's JSON object; empty where there is no such file, or something else in it."""
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def tensors(path: Path) -> dict[str, Tensor]:
    """Name -> tensor, as the header of a safetensors file says.

    Raises:
        BrokenFileError: the file is too short for what its header says, or has no header.
    """
    whole = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(LONGEST_HEADER, max(0, whole - 8)):
            raise BrokenFileError(f"{path} is not a whole safetensors file ({whole} bytes, no complete header)")
        found = _parsed(file.read(length), path)
    needed = max((tensor.end for tensor in found.values()), default=8 + length)
    if needed != whole:
        raise BrokenFileError(f"{path} is incomplete or damaged: its header names {needed} bytes, and it has {whole}")
    return found


def _parsed(header: bytes, path: Path) -> dict[str, Tensor]:
    data = 8 + len(header)
    try:
        entries = json.loads(header)
        entries.pop("__metadata__", None)
        return {name: _entry(entry, path, data) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise BrokenFileError(f"{path} is not a safetensors file: its header cannot be read ({type(error).__name__})") from error


def _entry(entry: Mapping[str, Any], path: Path, data: int) -> Tensor:
    start, end = map(int, entry["data_offsets"])
    return Tensor(str(entry["dtype"]), tuple(map(int, entry["shape"])), path, data + start, data + end)


def loaded(folder: Path) -> Iterator[tuple[str, Tensor]]:
    """The tensors of all files that are loaded, by name."""
    for path in weights(folder):
        yield from tensors(path).items()


def parameters(found: Mapping[str, Tensor], config: Mapping[str, Any]) -> int:
    """Number of parameters: what is tied counts once, and what is packed as what it unpacks to."""
    quantised = config.get("quantization_config")
    counted = dict(found)
    if config.get("tie_word_embeddings") is not False:
        counted = {
            name: tensor
            for name, tensor in found.items()
            if not name.endswith("lm_head.weight") or not _saved_twice(tensor, found)
        }
    if not isinstance(quantised, Mapping):
        return sum(tensor.numbers for tensor in counted.values())
    bits = _bits(quantised)
    return sum(_unpacked(tensor, bits) for name, tensor in counted.items() if not _unpacks(name))


def _saved_twice(head: Tensor, found: Mapping[str, Tensor]) -> bool:
    """Whether the embedding holds the same numbers: only then does transformers tie what was saved twice."""
    alike = [tensor for name, tensor in found.items() if "emb" in name or name.endswith("wte.weight")]
    return any(tensor[:2] == head[:2] and _same_bytes(tensor, head) for tensor in alike)


def _same_bytes(one: Tensor, other: Tensor) -> bool:
    with one.path.open("rb") as first, other.path.open("rb") as second:
        first.seek(one.start)
        second.seek(other.start)
        left = one.end - one.start
        while left > 0:
            some = min(left, 2**20)
            if first.read(some) != second.read(some):
                return False
            left -= some
    return True


def _unpacks(name: str) -> bool:
    """Whether a tensor only says how to unpack another."""
    last = name.rpartition(".")[2]
    return last in SCALES or last.endswith("_scales")


def _bits(quantised: Mapping[str, Any]) -> int:
    """Bits of a packed weight."""
    if quantised.get("load_in_4bit") or quantised.get("quant_method") == "mxfp4":
        return 4
    groups = quantised.get("config_groups")
    first: Any = next(iter(groups.values()), {}) if isinstance(groups, Mapping) else {}
    grouped = (first.get("weights") or {}).get("num_bits")
    told = quantised.get("bits") or quantised.get("w_bit") or quantised.get("wbits") or grouped or 8
    return int(told) if isinstance(told, int) and told in range(1, 17) else 8


def _unpacked(tensor: Tensor, bits: int) -> int:
    """Packed into a wider type there are several weights in each number."""
    return tensor.numbers * max(1, PACKED_BITS.get(tensor.dtype, bits) // bits)
