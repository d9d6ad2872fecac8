"""Where candidates run: one device, one cache, and one model in memory, or as many as there is room for."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache
from proctor.models.base import adapters
from proctor.models.base.base import BaseModel

GPU_NODES = ("/dev/nvidia0", "/dev/kfd", "/dev/dxg")
"""Device files of NVIDIA, AMD and, under Windows' Linux, either."""


ROOM = 2.0
"""How many times its own size has to be free for a further model to be held: it wants room to work in, too."""


class LoadedModel(NamedTuple):
    """A model in memory, and its tokenizer."""

    model: Any
    tokenizer: Any


class Runtime:
    """Shares what is expensive to load among the candidates of a process. LoRA adapters are put on the base in memory."""

    def __init__(self, cache: Cache, device: str = "cpu") -> None:
        self.cache = cache
        self.device = device
        self.failed: dict[str, InputError] = {}
        """Trainings that came to nothing, by version: none is tried again for the next axis."""
        self._held: dict[str, LoadedModel] = {}
        self._several = False

    @contextmanager
    def model_and_tokenizer(self, base: BaseModel, adapt: str, trained: Path | None) -> Iterator[tuple[Any, Any]]:
        """The model and its tokenizer: the base, the base with a LoRA adapter on it, or fully trained weights."""
        model, tokenizer = self._loaded(base, trained if adapt == "full" else None)
        if adapt != "lora":
            yield model, tokenizer
            return
        adapted = adapters.put_on(model, trained)
        try:
            yield adapted.eval(), tokenizer
        finally:
            adapted.unload()

    @contextmanager
    def merged(self, base: BaseModel, adapt: str, trained: Path | None) -> Iterator[tuple[Any, Any]]:
        """As `weights`, with a LoRA adapter merged into a base that is loaded for it alone.

        Taking a merged adapter out again would not give the base its floats back, so no other candidate gets this one.
        """
        if adapt != "lora":
            with self.model_and_tokenizer(base, adapt, trained) as both:
                yield both
            return
        yield self._shelved(f"{trained} merged", lambda: LoadedModel(self._merged(base, trained), base.tokenizer()))

    @contextmanager
    def several(self) -> Iterator[None]:
        """As many models as there is room for stay in memory while the context is open, so that they can be used in turn."""
        self._several = True
        try:
            yield
        finally:
            self._several = False
            self.clear()

    def clear(self) -> None:
        """Forget the models in memory, to make room for training."""
        self._held.clear()
        gc.collect()
        gc.freeze()  # what is left are modules and plans, half a second to walk through: once is enough

    def _loaded(self, base: BaseModel, weights: Path | None) -> LoadedModel:
        return self._shelved(str(weights or base.folder), lambda: LoadedModel(base.load(self.device, weights), base.tokenizer()))

    def _merged(self, base: BaseModel, trained: Path | None) -> Any:
        return adapters.put_on(base.load(self.device), trained).merge_and_unload().eval()

    def _shelved(self, name: str, load: Callable[[], LoadedModel]) -> LoadedModel:
        """What is held under a name, loaded where it is not; the last that came makes room for it where there is none."""
        if name not in self._held:
            if not self._several:
                self.clear()
            elif self._held and not self._room():
                self._held.popitem()
                gc.collect()
            self._held[name] = load()
        return self._held[name]

    def _room(self) -> bool:
        """Whether a further model like the largest that is held would fit."""
        return free(self.device) > ROOM * max(size(held.model) for held in self._held.values())


def size(model: Any) -> int:
    """Bytes of a model's weights."""
    return sum(weight.numel() * weight.element_size() for weight in model.parameters())


def free(device: str) -> int:
    """Bytes of memory that are free: of the GPU, or else of the machine."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0]) + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    import psutil

    return int(psutil.virtual_memory().available)


def pick_device(asked: str) -> str:
    """The device to run on: what was asked for, or for ``auto`` a GPU where there is one. Does not import torch for a CPU.

    Raises:
        InputError: no such kind of device, or none of it here.
    """
    has_gpu = any(Path(node).exists() for node in GPU_NODES)
    if asked == "auto":
        return "cuda" if has_gpu and _cuda_works() else "cpu"
    if not re.fullmatch(r"cpu|mps|cuda(:\d+)?", asked):
        raise InputError(f"--device {asked}: expected cpu, cuda, cuda:N, mps or auto")
    if asked.startswith("cuda") and not (has_gpu and _cuda_works()):
        raise InputError(f"--device {asked}: there is no GPU here that torch can use; leave the option out to run on the CPU")
    return asked


def _cuda_works() -> bool:
    import torch

    return bool(torch.cuda.is_available())
