"""All axes there are, and the measures that they take."""

from __future__ import annotations

from collections.abc import Iterator

from evals.exam import Axis
from evals.registry import Registry
from evals.schema import Measure

AXES: Registry[Axis] = Registry(
    "proctor.axes",
    {
        "accuracy": "evals.accuracy:AXIS",
        "faithfulness": "evals.faithfulness:AXIS",
        "hallucination": "evals.hallucination:AXIS",
        "forgetting": "evals.forgetting:AXIS",
        "retrieval": "evals.retrieval:AXIS",
        "dependence": "evals.dependence:AXIS",
        "context": "evals.context:AXIS",
        "citations": "evals.citations:AXIS",
        "style": "evals.style:AXIS",
        "updates": "evals.updates:AXIS",
        "updates_retrained": "evals.updates:RETRAINED",
        "updates_continued": "evals.updates:CONTINUED",
        "hunger": "evals.hunger:AXIS",
        "privacy": "evals.privacy:AXIS",
        "latency": "evals.latency:AXIS",
        "cost": "evals.cost:AXIS",
    },
)
"""In the order in which a page shows them. The test of an axis is called test_ and its name."""


def measures() -> Iterator[Measure]:
    """Every measure that has a name of its own; those of general tasks (``general.<task>``) depend on the suite."""
    for axis in AXES.values():
        yield from axis.measures
