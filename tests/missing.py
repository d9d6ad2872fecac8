"""Libraries that are not there, for a while."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Missing:
    """Stands before all that finds modules, and says of some that there are none."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        del path, target
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def hide(*names: str) -> _Missing:
    """From now on."""
    sys.meta_path.insert(0, finder := _Missing(names))
    return finder


@contextmanager
def without(*names: str) -> Iterator[None]:
    """As if these were not installed."""
    known = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}
    finder = hide(*names)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.modules.update(known)
