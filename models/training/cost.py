"""What a training takes: operations, seconds, memory, energy. Measuring touches no weight, gradient or random number."""

from __future__ import annotations

import ctypes
import logging
import re
import time
from pathlib import Path
from typing import Any

from proctor.models.training.energy import Energy

log = logging.getLogger("proctor")

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
MULTIPLIES = re.compile(
    r"mm(_|$)|matmul|attention|(^|_)conv|(?<!upsample_)(?<!upsample_bi)(?<!upsample_tri)linear|lstm|gru|rnn"
    r"|(^|_)(addmv|vdot|addr|cdist)(_|$)|int[48]pack"
)
"""Names of torch's own kernels that hold products of matrices."""
OWN_KERNELS = {"aten", "prim", "prims"}
PACKS = re.compile(r"(de)?quanti[sz]e(_.*)?")
HARMLESS = {"profiler", "c10d", "_c10d_functional", "inductor", "rngprims", "streams"}
"""Namespaces of other kernels that compute nothing."""


class Memory:
    """The most memory that was taken since its making, beyond what was taken then. Make it before what is measured is loaded."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._before = _reset_peak(device)

    def peak(self) -> int | None:
        """Bytes; ``None`` where this machine does not tell."""
        now = _peak(self._device) if self._before is not None else None
        return None if now is None or self._before is None else max(0, now - self._before)


class ResourceMeter:
    """Seconds and energy from its making to its reading; peak memory as ``memory`` has it."""

    def __init__(self, device: str, memory: Memory | None = None) -> None:
        self._memory = memory or Memory(device)
        self._energy = Energy(device)
        self._started = time.monotonic()

    def tick(self) -> None:
        """Look at the counters of energy, which start again from zero after some minutes. Call it more often than that."""
        self._energy.tick()

    def read(self) -> dict[str, float | None]:
        """``seconds``; ``peak_bytes`` and ``energy_joules``, each ``None`` where this machine does not count it."""
        return {
            "seconds": time.monotonic() - self._started,
            "peak_bytes": self._memory.peak(),
            "energy_joules": self._energy.joules(),
        }


def flops_per_token(model: Any, batch: dict[str, Any]) -> float | str:
    """Floating-point operations that a forward and backward pass of a batch takes, per token, padding included.

    They are counted as they are run: a multiplication and an addition are two, attention counts the whole square, the output
    layer only those tokens that the collator keeps, and of experts those that a token is sent to. Instead of a number the
    reason is returned where the model does not let itself be counted, or runs a kernel that is not known.
    """
    import torch

    inputs = {name: value.to(model.device) if torch.is_tensor(value) else value for name, value in batch.items()}
    moving = [weight for weight in model.parameters() if weight.requires_grad]
    trains = model.training
    model.eval()  # without dropout, which draws random numbers
    try:
        with torch.enable_grad(), _counter() as counter:
            torch.autograd.grad(model(**inputs).loss, moving, allow_unused=True)  # returned, not added to the weights' own
    except Exception as error:  # noqa: BLE001 # the training is done and good: no model may lose it here
        log.warning("cannot count the operations of training: %s: %s", type(error).__name__, error)
        return f"the operations of this model cannot be counted: {type(error).__name__}"
    finally:
        model.train(trains)
    if counter.unknown:
        return f"operations of {', '.join(sorted(counter.unknown))} are not known: the sum would be too small"
    return float(counter.get_total_flops() / batch["input_ids"].numel())


def _counter() -> Any:
    """Torch's counter, with the kernels that it does not know (2.13), and a note of those that nobody does."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    aten = torch.ops.aten
    known = {
        aten._scaled_dot_product_flash_attention_for_cpu: _attention,  # noqa: SLF001 # the kernel has no other name
        aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_backward,  # noqa: SLF001
        aten._grouped_mm: _grouped,  # noqa: SLF001
        aten.mv: _matrix_vector,
        aten.dot: _dot,
    }
    fallback = getattr(torch.ops.transformers, "grouped_mm_fallback", None)  # on machines without the kernel
    known |= {fallback: _grouped} if fallback else {}

    class Counter(FlopCounterMode):
        """Counts, and collects the names of what multiplies matrices and cannot be counted."""

        def __init__(self) -> None:
            super().__init__(display=False, custom_mapping=known)
            self.unknown: set[str] = set()

        def _count_flops(self, kernel: Any, out: Any, args: Any, kwargs: Any) -> Any:
            if kernel not in self.flop_registry and _multiplies(str(kernel)):
                self.unknown.add(str(kernel))
            return super()._count_flops(kernel, out, args, kwargs)  # type: ignore[no-untyped-call] # torch left it untyped

    return Counter()


def _multiplies(kernel: str) -> bool:
    """Whether a kernel may hold products of matrices: one of torch's by its name, any other unless it only packs or unpacks."""
    space, _, name = kernel.rpartition(".")
    if space in OWN_KERNELS:
        return bool(MULTIPLIES.search(name))
    return space not in HARMLESS and not PACKS.fullmatch(name)


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    """Two matrix products for every head: queries with keys, and what they weigh with values."""
    rows, heads, queries, width = query
    return int(2 * rows * heads * queries * key[-2] * (width + value[-1]))


def _attention_backward(_grad: Any, query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    """Five: those for the gradients of queries, keys, values and weights, and one that is done again to save memory."""
    rows, heads, queries, width = query
    return int(2 * rows * heads * queries * key[-2] * (3 * width + 2 * value[-1]))


def _grouped(left: Any, right: Any, *_: Any, **__: Any) -> int:
    """One product for each expert, of the rows that were sent to it. Where both sides are stacks, one for each pair of them."""
    stacks = left[0] if len(left) == len(right) == 3 else 1
    return int(2 * stacks * left[-2] * left[-1] * right[-1])


def _matrix_vector(matrix: Any, *_: Any, **__: Any) -> int:
    return int(2 * matrix[0] * matrix[1])


def _dot(vector: Any, *_: Any, **__: Any) -> int:
    return int(2 * vector[0])


def _reset_peak(device: str) -> int | None:
    """Begin anew to look for the peak; the bytes that are taken now, or ``None`` where this machine does not tell."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        return int(torch.cuda.memory_allocated(device))
    if device != "cpu":
        return None
    _give_back()
    try:
        RESET.write_text("5", encoding="ascii")  # Linux: the peak of the resident set is what it is now (man 5 proc)
        return _status("VmRSS")
    except OSError:
        return None


def _give_back() -> None:
    """Have the C library return what was freed, or else a training would take it up and seem to need nothing."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError, TypeError):  # not glibc
        return


def _peak(device: str) -> int | None:
    """Bytes that tensors took on a GPU at most; on a CPU what the whole process took."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    return _status("VmHWM")


def _status(name: str) -> int | None:
    """A number of bytes that Linux keeps of this process."""
    found = re.search(rf"{name}:\s*(\d+) kB", STATUS.read_text(encoding="ascii"))
    return 1024 * int(found[1]) if found else None
