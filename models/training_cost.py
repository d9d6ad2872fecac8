"""What a training takes: operations, seconds, memory, energy. Measuring touches no weight, gradient or random number."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path
from typing import Any

from models.energy import Energy

log = logging.getLogger("proctor")

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Meter:
    """Seconds, peak memory and energy from its making to its reading."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._counts_memory = _reset_peak(device)
        self._energy = Energy(device)
        self._started = time.monotonic()

    def tick(self) -> None:
        """Look at the counters of energy, which start again from zero after some minutes. Call it more often than that."""
        self._energy.tick()

    def read(self) -> dict[str, float | None]:
        """``seconds``; ``peak_bytes`` and ``energy_joules``, each ``None`` where this machine does not count it."""
        return {
            "seconds": time.monotonic() - self._started,
            "peak_bytes": _peak(self._device) if self._counts_memory else None,
            "energy_joules": self._energy.joules(),
        }


def flops_per_token(model: Any, batch: dict[str, Any]) -> float | None:
    """Floating-point operations that a forward and backward pass of a batch takes, per token, padding included.

    They are counted as they are run: a multiplication and an addition are two, attention counts the whole square, and the
    output layer only those tokens that the collator keeps. ``None`` where the model does not let itself be counted.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    inputs = {name: value.to(model.device) if torch.is_tensor(value) else value for name, value in batch.items()}
    moving = [weight for weight in model.parameters() if weight.requires_grad]
    trains = model.training
    model.eval()  # without dropout, which draws random numbers
    try:
        with torch.enable_grad(), FlopCounterMode(display=False, custom_mapping=_attention_on_cpu()) as counter:
            torch.autograd.grad(model(**inputs).loss, moving, allow_unused=True)  # returned, not added to the weights' own
    except Exception as error:  # noqa: BLE001 # the training is done and good: no model may lose it here
        log.warning("cannot count the operations of training: %s: %s", type(error).__name__, error)
        return None
    finally:
        model.train(trains)
    return float(counter.get_total_flops() / batch["input_ids"].numel())


def _attention_on_cpu() -> dict[Any, Any]:
    """The one kernel of attention that torch's counter does not know (2.13)."""
    import torch

    aten = torch.ops.aten
    return {
        aten._scaled_dot_product_flash_attention_for_cpu: _attention,  # noqa: SLF001 # the kernel has no other name
        aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_backward,  # noqa: SLF001
    }


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    """Two matrix products for every head: queries with keys, and what they weigh with values."""
    rows, heads, queries, width = query
    return int(2 * rows * heads * queries * key[-2] * (width + value[-1]))


def _attention_backward(_grad: Any, query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    """Five: those for the gradients of queries, keys, values and weights, and one that is done again to save memory."""
    rows, heads, queries, width = query
    return int(2 * rows * heads * queries * key[-2] * (3 * width + 2 * value[-1]))


def _reset_peak(device: str) -> bool:
    """Begin anew to look for the peak; whether this machine can."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        return True
    try:
        RESET.write_text("5", encoding="ascii")  # Linux: the peak of the resident set is what it is now (man 5 proc)
    except OSError:
        return False
    return device == "cpu" and _peak(device) is not None


def _peak(device: str) -> int | None:
    """Bytes that tensors took on a GPU at most; on a CPU what the whole process took."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    found = re.search(r"VmHWM:\s*(\d+) kB", STATUS.read_text(encoding="ascii"))
    return 1024 * int(found[1]) if found else None
