"""The bench that candidates stand on: one device, one cache, and one model in memory at a time."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evals.cache import Cache
from evals.schema import InputError
from models.base import BaseModel

GPU_NODES = ("/dev/nvidia0", "/dev/kfd", "/dev/dxg")
"""Device files of NVIDIA, AMD and, under Windows' Linux, either."""


class Bench:
    """Shares what is expensive to load among the candidates of a process. LoRA adapters are put on the base in memory."""

    def __init__(self, cache: Cache, device: str = "cpu") -> None:
        self.cache = cache
        self.device = device
        self._held: tuple[Path, Any, Any] | None = None

    @contextmanager
    def weights(self, base: BaseModel, adapt: str, trained: Path | None) -> Iterator[tuple[Any, Any]]:
        """The model and its tokenizer: the base, the base with a LoRA adapter on it, or fully trained weights."""
        model, tokenizer = self._loaded(base, trained if adapt == "full" else None)
        if adapt != "lora":
            yield model, tokenizer
            return
        import peft

        adapted = peft.PeftModel.from_pretrained(model, trained)
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
            with self.weights(base, adapt, trained) as both:
                yield both
            return
        import peft

        self.clear()
        yield peft.PeftModel.from_pretrained(base.load(self.device), trained).merge_and_unload().eval(), base.tokenizer()

    def clear(self) -> None:
        """Forget the model in memory, to make room for training."""
        self._held = None
        gc.collect()
        gc.freeze()  # what is left are modules and plans, half a second to walk through: once is enough

    def _loaded(self, base: BaseModel, weights: Path | None) -> tuple[Any, Any]:
        folder = weights or base.folder
        if self._held is None or self._held[0] != folder:
            self.clear()
            self._held = (folder, base.load(self.device, weights), base.tokenizer())
        return self._held[1], self._held[2]


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
