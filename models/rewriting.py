"""Ways to put a question otherwise before it is looked up, by the names that a table of systems has for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proctor.core.reading.problems import closest
from proctor.core.reading.shown import shown
from proctor.core.registry import Registry

REWRITERS: Registry[Callable[..., Any]] = Registry(
    "proctor.rewriters",
    {"rewrite": "proctor.models.rewriters.rewrite:rewriter", "hyde": "proctor.models.rewriters.hyde:rewriter"},
)
"""Name -> what makes a `Rewriter` (models/rewriters/protocol.py)."""

BY_WORDS = ("bm25",)
"""Retrievers that look words up: a passage that a model made up is no query for them."""


class RewriteSetting:
    """What ``rewrite`` may be."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        if isinstance(value, str) and value in REWRITERS:
            return ""
        return f"there is no rewriter {shown(value)}; {closest(str(value)[:100], REWRITERS)}"
