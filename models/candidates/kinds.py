"""The kinds of systems, and the one way to make a candidate of a row of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from proctor.core.registry import Registry
from proctor.core.schema import InputError
from proctor.models.base.base import BaseModel
from proctor.models.candidates.external import External, Setup
from proctor.models.candidates.local import LocalCandidate
from proctor.models.systems import BUILT, System

Examined: TypeAlias = LocalCandidate | External

KINDS: Registry[Callable[[System, Setup, int], External]] = Registry(
    "proctor.systems",
    {
        "endpoint": "proctor.models.candidates.endpoint:Endpoint [httpx2]",
        "service": "proctor.models.candidates.service:HttpService [httpx2]",
        "callable": "proctor.models.candidates.callable:Callable",
        "answers": "proctor.models.candidates.answers:Answers",
    },
)
"""Kind of external system -> what makes a candidate of a row, what stands beside it and the number of the time it is asked."""


def candidate(system: System, base: BaseModel | None, setup: Setup, seed: int = 0) -> Examined:
    """A system ready to be examined. Nothing is trained, indexed or asked before it is needed.

    Only an external system can do without a base model.

    Raises:
        InputError: it could only fail later; says what is wrong with its row.
    """
    if system.kind == BUILT:
        if base is None:
            raise InputError(f"system {system.name}: it is built on a base model; name one with --base-model")
        return LocalCandidate(system, base, setup.domain, setup.runtime, seed, limits=setup.limits)
    try:
        return KINDS[system.kind](system, setup, seed)
    except InputError as error:
        raise InputError(f"system {system.name}: {error}") from error
