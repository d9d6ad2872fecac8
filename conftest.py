"""Tests and suites of this checkout are taken with this checkout's Proctor, and not with another one that is installed."""

from pathlib import Path

import pytest

import proctor

HERE = Path(__file__).parent


def pytest_configure() -> None:
    """Say so where it is another one."""
    installed = Path(proctor.__file__).parents[1]
    if installed != HERE:
        raise pytest.UsageError(f"Proctor is installed from {installed}, and this is {HERE}: pip install -e {HERE}")
