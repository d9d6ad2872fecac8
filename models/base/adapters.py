"""LoRA adapters that another tool trained: whether they fit the base model, by what their files tell, and how they are put on it.

Whatever saves in peft's layout is read: TRL, Axolotl, LLaMA-Factory, Unsloth, peft itself; with DoRA and rsLoRA, which the
adapter's own settings name.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proctor.core.schema import InputError
from proctor.models.base import files
from proctor.models.base.base import BaseModel

SETTINGS, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
FILES = (SETTINGS, WEIGHTS)
PREFIX = "base_model.model."
"""What peft puts before the names of the base's layers."""


def choose(folder: Path) -> Path:
    """The adapter in a folder, or in the only folder in it that has one.

    Raises:
        InputError: there is none, or several.
    """
    if (folder / SETTINGS).is_file():
        return folder
    inside = sorted(path.parent for path in folder.glob(f"*/{SETTINGS}") if not path.parent.name.startswith("checkpoint-"))
    if len(inside) == 1:
        return inside[0]
    if inside:
        named = ", ".join(path.name for path in inside)
        raise InputError(f"{folder} has several adapters, in {named}: name the folder of one of them")
    full = '; it is a whole model: write adapt = "full"' if (folder / "config.json").is_file() else ""
    raise InputError(f"{folder / SETTINGS} is missing{full or '; name the folder that an adapter of peft was saved in'}")


def problems(folder: Path, base: BaseModel) -> Iterator[str]:
    """Why an adapter cannot be put on a base model."""
    settings = files.read_json(folder / SETTINGS)
    kind = settings.get("peft_type")
    if kind != "LORA":
        yield f"{folder / SETTINGS}: peft_type is {kind!r}, and only LORA is examined: merge it into its base, and name that"
    elif settings.get("task_type") not in (None, "CAUSAL_LM"):
        yield f"{folder / SETTINGS}: task_type is {settings['task_type']!r}: it does not write text"
    elif not (folder / WEIGHTS).is_file():
        pickled = "; adapter_model.bin is pickled, and not loaded: save it with safe_serialization=True"
        yield f"{folder / WEIGHTS} is missing{pickled if (folder / 'adapter_model.bin').exists() else ''}"
    elif files.is_pointer(folder / WEIGHTS):
        yield f"{folder / WEIGHTS} is only a pointer of git LFS; run `git lfs pull` there"
    else:
        try:
            held = files.tensors(folder / WEIGHTS)
        except (files.BrokenFileError, OSError) as error:
            yield str(error)
        else:
            yield from _ranks(folder, settings, held)
            yield from _layers(folder, settings, held, base)


def _ranks(folder: Path, settings: Mapping[str, Any], held: Mapping[str, files.Tensor]) -> Iterator[str]:
    """Whether the matrices have the rank that the settings name."""
    found = {tensor.shape[0] for name, tensor in held.items() if name.endswith(".lora_A.weight")}
    pattern = settings.get("rank_pattern")
    named = {settings.get("r"), *(pattern.values() if isinstance(pattern, dict) else ())}
    if not found:
        yield f"{folder / WEIGHTS} holds no LoRA matrices (lora_A, lora_B)"
    elif strange := sorted(found - named):
        yield f"{folder / SETTINGS}: r is {settings.get('r')}, and {WEIGHTS} holds matrices of rank {strange[0]}"


def _layers(folder: Path, settings: Mapping[str, Any], held: Mapping[str, files.Tensor], base: BaseModel) -> Iterator[str]:
    """Whether the base model has each layer that the adapter changes, in that shape. Of packed weights the shape says nothing."""
    if base.quantised:
        return
    shapes = _by_ends(base)
    for name, tensor in held.items():
        if not name.endswith(".lora_A.weight"):
            continue
        layer = name.removeprefix(PREFIX).removesuffix(".lora_A.weight")
        out = held.get(name.replace(".lora_A.", ".lora_B."))
        known = next((shapes[end] for end in _ends(f"{layer}.weight") if end in shapes), None)
        if known is None and not layer.endswith("lm_head"):
            yield _misfit(folder, settings, base, f"{layer} is changed, and there is no such layer")
            return
        wanted = (out.shape[0], tensor.shape[1]) if out else ()
        if known is not None and wanted not in known and wanted[::-1] not in known:
            there = "x".join(map(str, min(known)))
            yield _misfit(folder, settings, base, f"{layer} is {'x'.join(map(str, wanted))} for it, and {there} there")
            return


def _misfit(folder: Path, settings: Mapping[str, Any], base: BaseModel, what: str) -> str:
    trained = settings.get("base_model_name_or_path") or "a base model that it does not name"
    return f"{folder / WEIGHTS} does not fit {base.label}: {what}; it was trained on {trained}: examine it with that one"


def _by_ends(base: BaseModel) -> dict[str, set[tuple[int, ...]]]:
    """Shapes of the base's weights by the ends of their names: models call their outermost parts one thing or another."""
    found: dict[str, set[tuple[int, ...]]] = {}
    for name, tensor in files.loaded(base.folder):
        for end in _ends(name):
            found.setdefault(end, set()).add(tensor.shape)
    return found


def _ends(name: str) -> Iterator[str]:
    """The ends of a name, the longest first, none without the number of its layer."""
    parts = name.split(".")
    layer = next((place for place, part in enumerate(parts) if part.isdigit()), max(0, len(parts) - 2))
    yield from (".".join(parts[start:]) for start in range(layer + 1))


def put_on(model: Any, folder: Path | None) -> Any:
    """A base model with an adapter on it.

    Raises:
        InputError: some of the adapter is missing in its file, and would be left at what changes nothing.
    """
    import peft

    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Found missing adapter keys")
        try:
            return peft.PeftModel.from_pretrained(model, folder)
        except UserWarning as error:
            raise InputError(f"{folder}: the adapter is not whole: {str(error)[:300]}") from error
