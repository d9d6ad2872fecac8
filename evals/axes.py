"""All axes there are, and the measures that they take."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from evals.schema import Measure

AXES = ("accuracy", "faithfulness", "hallucination", "forgetting", "retrieval", "citations", "style", "latency", "cost")
"""The files of `evals` that hold an axis."""


def measures() -> Iterator[Measure]:
    """Every measure that has a name of its own; those of general tasks (``general.<task>``) depend on the suite."""
    for name in AXES:
        yield from import_module(f"evals.{name}").AXIS.measures
