"""That a public class or type has a name of its own: whoever reads `Row` or `Cell` should not have to ask which."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "evals", "models", "suites", "leaderboard", "proctor")
RECIPE = ROOT / "models" / "tiny" / "recipe"
"""Scripts for a terminal, which nothing else imports."""


def types(path: Path) -> Iterator[str]:
    """The public classes and types at the top of a module; constants are in capitals."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [one.id for one in targets if isinstance(one, ast.Name) and not one.id.isupper()]
        else:
            names = []
        yield from (name for name in names if name[0].isupper())


def test_no_two_public_classes_or_types_have_one_name() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if RECIPE not in path.parents):
        for name in types(path):
            where[name].append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in where.items() if len(files) > 1} == {}
