"""The machine that figures such as seconds are of, without loading anything to ask it."""

from __future__ import annotations

import os
import platform
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "CUDA_VISIBLE_DEVICES")
"""What of the environment decides how much of the machine torch uses."""


@lru_cache(maxsize=1)
def facts() -> dict[str, Any]:
    """What shapes its speed: equal facts, comparable seconds."""
    known = {
        "system": platform.system(),
        "processor": platform.machine(),
        "model": _named(Path("/proc/cpuinfo"), r"model name\s*:\s*(.+)") or platform.processor(),
        "cores": cores(),
        "gpus": ", ".join(_gpus(Path("/proc/driver/nvidia/gpus"))),
        "threads": ", ".join(f"{name}={os.environ[name]}" for name in THREADS if name in os.environ),
    }
    return {name: value for name, value in known.items() if value}


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _gpus(folder: Path) -> list[str]:
    return [_named(path, r"Model:\s*(.+)") for path in sorted(folder.glob("*/information"))]


def _named(path: Path, pattern: str) -> str:
    """The first match in a file that the system writes, or nothing."""
    try:
        found = re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return found[1].strip() if found else ""
