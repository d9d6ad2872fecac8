"""NVIDIA's library of the driver, without a package around it: one GPU's counters."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple


class GpuCard(NamedTuple):
    """The library, and its handle of a GPU."""

    library: Any
    handle: Any


class _Use(ctypes.Structure):
    """``nvmlUtilization_t``: per cent of the last second or less in which kernels ran, and in which memory was used."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


def card(device: str) -> GpuCard | None:
    """The GPU that torch calls so; None where it is none of NVIDIA's, or the library is not there."""
    if not device.startswith("cuda"):
        return None
    import torch

    handle, uuid = ctypes.c_void_p(), f"GPU-{torch.cuda.get_device_properties(device).uuid}"
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
        known = library.nvmlInit_v2() == 0 and library.nvmlDeviceGetHandleByUUID(uuid.encode(), ctypes.byref(handle)) == 0
    except (OSError, AttributeError):
        return None
    return GpuCard(library, handle) if known else None


def joules(found: GpuCard) -> float | None:
    """The counter of energy (Volta and later); None where it cannot be read."""
    millijoules = ctypes.c_ulonglong()
    try:
        wrong = found.library.nvmlDeviceGetTotalEnergyConsumption(found.handle, ctypes.byref(millijoules))
    except AttributeError:
        return None
    return None if wrong else millijoules.value / 1e3


def use(found: GpuCard) -> float | None:
    """Share of the last second or less in which kernels ran, whosever they are; None where it cannot be read."""
    last = _Use()
    try:
        wrong = found.library.nvmlDeviceGetUtilizationRates(found.handle, ctypes.byref(last))
    except AttributeError:
        return None
    return None if wrong else last.gpu / 100
