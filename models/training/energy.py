"""Energy, from the counters that processors keep: RAPL for CPUs under Linux, NVML for NVIDIA's GPUs. No sampling, no model.

The counters are of the whole machine: what else runs on it is counted as well.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from proctor.models.training import nvml

RAPL = Path("/sys/class/powercap")

EnergyCounter = tuple[Callable[[], float], float]
"""Reads joules since some time; and the joules at which it starts again from zero."""


class Energy:
    """Joules since its making, of all counters that this user may read."""

    def __init__(self, device: str, rapl: Path = RAPL) -> None:
        self._counters = [*_packages(rapl), *_gpu(device)]
        self._last = [read() for read, _ in self._counters]
        self._sum = 0.0

    def tick(self) -> None:
        """Add what was used since the last time."""
        now = [read() for read, _ in self._counters]
        self._sum += sum(
            (new - old) % again for new, old, (_, again) in zip(now, self._last, self._counters, strict=True) if new != old
        )
        self._last = now

    def joules(self) -> float | None:
        """The sum; ``None`` where there is no counter."""
        self.tick()
        return self._sum if self._counters else None


def _packages(folder: Path) -> list[EnergyCounter]:
    """One counter for each CPU package, in microjoules; their parts and the whole platform would count things twice."""
    found: list[EnergyCounter] = []
    for zone in sorted(folder.glob("intel-rapl:*")):
        try:
            if (zone / "name").read_text(encoding="ascii").startswith("package"):
                _joules(zone / "energy_uj")
                found.append((lambda path=zone / "energy_uj": _joules(path), _joules(zone / "max_energy_range_uj")))  # type: ignore[misc]
        except (OSError, ValueError):  # readable to root alone, by default
            continue
    return found


def _joules(path: Path) -> float:
    return int(path.read_text(encoding="ascii")) / 1e6


def _gpu(device: str) -> list[EnergyCounter]:
    """The counter of the GPU, in millijoules (Volta and later)."""
    card = nvml.card(device)
    first = nvml.joules(card) if card else None
    if card is None or first is None:
        return []
    last = [first]

    def read() -> float:
        last[0] = nvml.joules(card) or last[0]
        return last[0]

    return [(read, 2**64 / 1e3)]
