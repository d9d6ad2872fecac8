"""Where systems come from: what the table of systems in a run's provenance says of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proctor.core.schema import NO_BASE

KINDS = {
    "endpoint": "served model",
    "service": "service",
    "callable": "callable",
    "answers": "answers from a file",
    "weights": "finished weights",
}
"""Kind of system -> what a reader is told of it."""


def kinds(systems: Mapping[str, Any]) -> dict[str, str]:
    """System -> what it is, of those that Proctor did not build, or not wholly."""
    return {name: KINDS.get(kind, kind) for name, about in systems.items() if (kind := _kind(about))}


def external(systems: Mapping[str, Any]) -> frozenset[str]:
    """The systems that were asked without having been built: several rounds of such a one are no trainings."""
    return frozenset(name for name, about in systems.items() if _kind(about) not in ("", "weights"))


def called(systems: Mapping[str, Any]) -> frozenset[str]:
    """The systems that answer over a network: the seconds that they take are perhaps another machine's."""
    return frozenset(name for name, about in systems.items() if _kind(about) in ("endpoint", "service"))


def _kind(about: Any) -> str:
    if not isinstance(about, dict):
        return ""
    settings = about.get("settings")
    finished = isinstance(settings, dict) and settings.get("weights")
    return str(about.get("kind") or ("weights" if finished else ""))


def beside(base_model: str) -> str:
    """The base model of a section, in words."""
    return "no base model" if base_model == NO_BASE else f"base model {base_model}"
