"""Patterns that are compiled when they are first used: some take as long as a start of pytest, which may need none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

Compiled = TypeVar("Compiled")


def later(compiling: Callable[..., Compiled], pattern: str, flags: int = 0) -> Compiled:
    """What ``compiling(pattern, flags)`` gives, once somebody looks at it. A pattern that is none is told only then."""
    return cast("Compiled", _Later(compiling, pattern, flags))


class _Later:
    """Stands for a pattern. Its methods are looked up once, and are as quick as the pattern's own from then on."""

    def __init__(self, *how: Any) -> None:
        self._how = how

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # copying and pickling ask for some, before there is anything
            raise AttributeError(name)
        compiling, *rest = self._how
        if "_made" not in vars(self):
            self._made = compiling(*rest)
        found = getattr(self._made, name)
        setattr(self, name, found)
        return found
