"""Ways to put a question otherwise before it is looked up, by the names that a table of systems has for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proctor.core.registry import Registry

REWRITERS: Registry[Callable[..., Any]] = Registry(
    "proctor.rewriters",
    {"rewrite": "proctor.models.rewriters.rewrite:rewriter", "hyde": "proctor.models.rewriters.hyde:rewriter"},
)
"""Name -> what makes a `Rewriter` (models/rewriters/protocol.py)."""
