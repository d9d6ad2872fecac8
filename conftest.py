"""Tests and suites of this checkout are taken with this checkout's Proctor, and not with another one that is installed."""

from pathlib import Path

import pytest

import proctor

HERE = Path(__file__).resolve().parent


def pytest_configure() -> None:
    """Say so where it is another one."""
    installed = Path(proctor.__file__).resolve().parents[1]  # `proctor ci` has links to the checkout of a commit
    if installed != HERE:
        raise pytest.UsageError(f"Proctor is installed from {installed}, and this is {HERE}: pip install -e {HERE}")
