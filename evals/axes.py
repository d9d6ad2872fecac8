"""All axes there are, and the measures that they take."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from evals.exam import Axis
from evals.schema import Measure

AXES = (
    "accuracy",
    "faithfulness",
    "hallucination",
    "forgetting",
    "retrieval",
    "dependence",
    "context",
    "citations",
    "style",
    "updates",
    "hunger",
    "privacy",
    "latency",
    "cost",
)
"""The files of `evals` that hold an axis."""


def measures() -> Iterator[Measure]:
    """Every measure that has a name of its own; those of general tasks (``general.<task>``) depend on the suite."""
    for name in AXES:
        for axis in vars(import_module(f"evals.{name}")).values():
            if isinstance(axis, Axis):
                yield from axis.measures
