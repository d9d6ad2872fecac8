"""Weights that were trained elsewhere: found, checked against the base model before any work, and told from others by content."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from proctor.core import hub
from proctor.core.schema import InputError
from proctor.core.storage.cache import digest
from proctor.models.base import adapters, files, refusal
from proctor.models.base.base import NOT_LOADED, BaseModel
from proctor.models.systems import System

log = logging.getLogger("proctor")

ELSEWHERE = "its weights were trained elsewhere"


@dataclass(frozen=True)
class Finished:
    """The weights that a system's row names."""

    system: System
    base: BaseModel

    @cached_property
    def folder(self) -> Path:
        """Where they are.

        Raises:
            InputError: there are none, or they do not fit the base model; with the file and what differs.
        """
        lora = self.system.adapt == "lora"
        try:
            named = self._found()
            folder = adapters.choose(named) if lora else named
            found = list(adapters.problems(folder, self.base) if lora else _misfits(folder, self.base))
        except InputError as error:
            found = [str(error)]
        if found:
            raise InputError("\n".join(f"system {self.system.name}: weights: {problem}" for problem in found))
        self._tell(folder)
        return folder

    @cached_property
    def version(self) -> str:
        """Hash of all that shapes them."""
        return digest("finished", self.base.version, [(path.name, self.base.cache.file_digest(path)) for path in self.needed])

    @property
    def needed(self) -> list[Path]:
        """The files that are loaded."""
        if self.system.adapt == "lora":
            return [self.folder / name for name in adapters.FILES]
        return [self.folder / "config.json", *files.weights(self.folder)]

    def _found(self) -> Path:
        name = str(self.system.weights)
        path = Path(name).expanduser()
        if path.is_dir():
            return path.resolve()
        if path.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1:
            raise InputError(f"{name} is no folder; name one that holds finished weights, or their name on the model hub")
        if self.system.adapt == "lora":
            return hub.fetched("adapter", name, ["adapter_*", "*/adapter_*"], without=["*.bin", "checkpoint-*"])
        return hub.fetched("checkpoint", name, ["*.safetensors", "*.json"], without=NOT_LOADED)

    def _tell(self, folder: Path) -> None:
        trained = str(files.read_json(folder / adapters.SETTINGS).get("base_model_name_or_path") or "")
        if trained and trained.rstrip("/").rpartition("/")[2] not in (self.base.label, self.base.folder.name):
            log.warning("%s: the adapter was trained on %s, and is put on %s", self.system.name, trained, self.base.label)


def _misfits(folder: Path, base: BaseModel) -> Iterator[str]:
    """Why a checkpoint is no full fine-tuning of a base model."""
    if not (folder / "config.json").is_file() and (folder / adapters.SETTINGS).is_file():
        yield f'{folder} holds an adapter, and no whole model: write adapt = "lora"'
        return
    named = [one for one in refusal.problems(folder) if "tokenizer" not in one]  # the base's own is used
    yield from named
    if named:
        return
    config, own = files.read_json(folder / "config.json"), files.read_json(base.folder / "config.json")
    for key in ("model_type", "architectures"):
        if config.get(key) != own.get(key):
            yield f"{folder / 'config.json'}: {key} is {config.get(key)!r}, and {base.label} has {own.get(key)!r}"
            return
    differing = list(_differing(dict(files.loaded(folder)), dict(files.loaded(base.folder))))
    if differing:
        more = f", and {len(differing) - 3} more" if len(differing) > 3 else ""
        yield f"{folder} is no checkpoint of {base.label}: {'; '.join(differing[:3])}{more}; name the base that it was tuned from"


def _differing(these: Mapping[str, files.Tensor], those: Mapping[str, files.Tensor]) -> Iterator[str]:
    """Tensors that only one of two models has, or that differ in shape. A head that is tied may be saved or not."""
    for name in dict.fromkeys((*those, *these)):
        one, other = these.get(name), those.get(name)
        if (one is None or other is None) and name.endswith("lm_head.weight"):
            continue
        if one is None or other is None:
            yield f"{name} is {'missing' if one is None else 'one too many'}"
        elif one.shape != other.shape:
            yield f"{name} is {'x'.join(map(str, one.shape))} and not {'x'.join(map(str, other.shape))}"
