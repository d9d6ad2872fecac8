"""What lasts is not searched for garbage, and is found once it is garbage after all."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from proctor.core.lasting import lasting, uncollected


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.collect()


class Node:
    """What refers to itself: garbage that only a search finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.slow
def test_what_is_made_lasts_until_something_else_is_to_last() -> None:
    with lasting():
        node = Node()
    gone = weakref.ref(node)
    del node
    gc.collect()
    assert gone()
    with lasting():
        pass
    assert gone()  # frozen once more, and nobody searched in between
    with lasting():
        gc.collect()
    assert not gone()


@pytest.mark.slow
@pytest.mark.parametrize("context", [uncollected, lasting])
def test_searching_goes_on_as_before(context) -> None:
    with context():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with context():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.slow
def test_searching_goes_on_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), lasting():
        raise ZeroDivisionError
    assert gc.isenabled()
