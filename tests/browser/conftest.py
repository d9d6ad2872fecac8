"""A browser, which all tests of a worker share, and what a walk through the page's views shows, which is taken once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from tests import browsing
from tests.browser import walks

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What lies here needs Chromium."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """A browser for as long as tests of this folder follow each other: its loop would be in the way of tests with their own."""
    with browsing.browsing() as opened:
        yield opened


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., browsing.Visit]]:
    """Opens pages, which are closed when the test ends."""
    visits: list[browsing.Visit] = []

    def go(address: Path | str, *how: Any, **more: Any) -> browsing.Visit:
        visits.append(browsing.Visit(browser, address, *how, **more))
        return visits[-1]

    yield go
    for each in visits:
        each.close()


@pytest.fixture(scope="package")
def walk(browser: Any) -> Callable[..., walks.Walk]:
    """`walks.walk`, of which each is taken once."""
    return cache(partial(walks.walk, browser))
