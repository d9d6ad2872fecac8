"""Many objects that last, such as modules, plans and trees of code: a search for garbage among them finds none and takes long."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is searched for garbage while the context is open."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def lasting() -> Iterator[None]:
    """As `uncollected`; what is there at its end is not searched later, either, until the next such context begins.

    That spares a process that ends soon, and Python itself when it ends, several walks through all there is.
    """
    with uncollected():
        gc.unfreeze()  # what lasted until now may be garbage: of an earlier run in the same process
        yield
        gc.freeze()
