"""The commands for people who work on Proctor, such as benchmarks: no test runs them whole, and each can be started."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def _is_started(path: Path) -> bool:
    """Whether a module is run by itself."""
    tests = (node.test for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.If))
    return any("__name__" in ast.unparse(test) for test in tests)


COMMANDS = sorted(path.relative_to(TESTS.parent) for path in TESTS.rglob("*.py") if _is_started(path))


@pytest.mark.parametrize("path", COMMANDS, ids=str)
def test_a_command_finds_all_that_it_imports(path: Path) -> None:
    import_module(".".join(path.with_suffix("").parts))
