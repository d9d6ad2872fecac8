"""What to type for figures that a run does not have."""

from __future__ import annotations

from collections.abc import Iterable

from proctor.evals.axes.catalogue import axis

WITH_FULL = ("updates.retrained", "updates.continued", "privacy.", "data_efficiency.")
"""Metrics that are taken with --full alone."""


def command(metrics: Iterable[str], options: str = "") -> str:
    """`pytest -m "domain and (data_efficiency or privacy)" --full`, with further options: what takes these metrics."""
    names = list(metrics)
    axes = list(dict.fromkeys(map(axis, names)))
    wanted = f"({' or '.join(axes)})" if len(axes) > 1 else axes[0]
    full = " --full" if any(name.startswith(WITH_FULL) for name in names) else ""
    return f'pytest -m "domain and {wanted}"{full}{f" {options}" if options else ""}'
