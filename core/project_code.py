"""The code of a project that a module of it runs: what tells one version of it from another.

Files are parsed and never imported: the module's own, and at any depth those of the project that they import, also inside
functions. Comments and layout change nothing. What is not seen: modules that are imported by a name made at run time,
installed packages, and files that are no code, such as prompts, settings and indices.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

INSTALLED = ("site-packages", "dist-packages")


def project_code(module: str, root: Path) -> str:
    """Hash of a module and of all modules of a project that it imports; empty where the project has no such module."""
    shapes = sorted((name, _shape(path)) for name, path in modules(module, root).items())
    return hashlib.sha256(repr(shapes).encode()).hexdigest() if shapes else ""


def modules(module: str, root: Path) -> dict[str, Path]:
    """The modules that a module of a project runs, itself among them, by name, as far as they lie in the project."""
    places, todo, found = _places(root), [module], dict[str, Path]()
    while todo:
        name = todo.pop()
        for part in _with_packages(name):
            path = _file(part, places)
            if path and part not in found:
                found[part] = path
                todo += _imported(part, path)
    return found


def _places(root: Path) -> list[Path]:
    """Where modules of the project are imported from: its root, and folders in it that Python looks into."""
    root = root.resolve()
    looked_into = [Path(place).resolve() for place in sys.path if place]
    own = [place for place in looked_into if place.is_relative_to(root) and not any(part in INSTALLED for part in place.parts)]
    return list(dict.fromkeys([root, *own]))


def _with_packages(name: str) -> Iterator[str]:
    """a, a.b, a.b.c: a package's own module is run first."""
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _file(name: str, places: list[Path]) -> Path | None:
    for place in places:
        path = place.joinpath(*name.split("."))
        for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
            if file.is_file():
                return file
    return None


def _imported(name: str, path: Path) -> Iterator[str]:
    """The names of what may be modules: of ``from a import b``, b is a module of a or a thing in it."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names if base)


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):  # whoever imports it is told
        return ast.Module([], [])


def _shape(path: Path) -> str:
    return ast.dump(_parsed(path))
