"""What was called otherwise in earlier versions: upgraded where it is read, or said where a user wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

SETTINGS = {
    "shots": "few_shot",
    "passages": "train_with_context",
    "gold_share": "gold_in_context",
    "adapter": "adapter_when",
    "bars": "thresholds",
    "source": "answer_in",
    "measure": "metric",
    "measures": "metrics",
}
"""Fields of tables that users write -> what they are called now. A reader refuses the old ones and names the new."""
FIELDS = {"measure": "metric", "measure_version": "metric_version"}
"""Fields of records up to format 3, of saved runs up to format 2 and of labels."""
LABELS = "people.jsonl"
"""The file of labels from people in a run's folder."""
AXES = {"dependence": "robustness", "hunger": "data_efficiency"}
METRICS = {"style.followed": "style.format_followed"}


@cache
def metric(name: str) -> str:
    """What a metric is called that had this name.

    >>> metric("hunger.half"), metric("style.followed"), metric("accuracy.exact")
    ('data_efficiency.half', 'style.format_followed', 'accuracy.exact')
    """
    axis, dot, rest = name.partition(".")
    return METRICS.get(name, f"{AXES.get(axis, axis)}{dot}{rest}")


def is_record(row: Mapping[str, Any]) -> bool:
    """Whether a row has a field of a record by its former name."""
    return not FIELDS.keys().isdisjoint(row)


def record(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the fields of a record, or some of them, as it is written now."""
    found = {FIELDS.get(name, name): value for name, value in row.items()}
    return {**found, "metric": metric(found["metric"])} if isinstance(found.get("metric"), str) else found


def in_versions(suite: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a suite by the names that its version is made with: a field that is called otherwise makes no other suite."""
    old = {SETTINGS[name]: name for name in ("bars", "source")}
    return {old.get(name, name): value for name, value in suite.items()}


def provenance(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a run says of itself: whether its systems may be compared, and how they are set."""
    found = {"comparable" if name == "fair" else name: value for name, value in told.items()}
    systems = found.get("systems")
    if isinstance(systems, Mapping):
        found["systems"] = {name: _system(system) for name, system in systems.items()}
    return found


def in_ids(systems: Any) -> Any:
    """How systems are set by the names that the ids of runs are made with: a run that was published before keeps its id."""
    old = {new: name for name, new in SETTINGS.items()}
    return {name: _system(system, old) for name, system in systems.items()} if isinstance(systems, Mapping) else systems


def _system(told: Any, names: Mapping[str, str] = SETTINGS) -> Any:
    if not (isinstance(told, Mapping) and isinstance(told.get("settings"), Mapping)):
        return told
    return {**told, "settings": {names.get(name, name): value for name, value in told["settings"].items()}}
