"""What made a result, in one hash: the code of a module and of all of Proctor's code that it uses, at any depth.

Files are parsed and never imported. Only what is used counts: of a module that another imports a function from, that function and
what it uses in turn. Comments, docstrings, the form of a text and the place of a file change nothing.

Parsing takes a third of a second. In a cache (`keep_in`) hashes are kept as long as no file of these packages is another one or
was written to, as far as the file system tells.

What is looked up by a name made at run time (``import_module(f"...{name}")``) is not seen, nor are files beside a module: whoever
uses them puts them into the key beside this hash.
"""

from __future__ import annotations

import ast
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache as once
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import proctor
from proctor.core import environment, hub, lasting, redaction, stopping
from proctor.core.storage import cache, disk, errors, manifest, sealed, temporary

HOME = Path(__file__).resolve().parents[1]
FOLDERS = {"proctor": Path(proctor.__file__).parent} | {
    f"proctor.{name}": HOME / name for name in ("core", "evals", "models", "suites", "leaderboard")
}
"""Package -> its folder. In a checkout they lie side by side; installed, all others lie in that of `proctor`."""
PLUMBING = frozenset(
    [
        __name__,
        *(
            module.__name__
            for module in (cache, disk, hub, lasting, manifest, environment, redaction, sealed, stopping, errors, temporary)
        ),
    ]
)
"""Modules that bring files and results here, to the disk and back, and shape none: an edit of them makes nothing anew."""
WHOLE = ""
"""In place of the name of a definition: all of its module."""

CodeObject = str | ModuleType | Any
"""A module, by its name or itself, or a class or function."""


class Used(NamedTuple):
    """A definition of a module, or the whole of it."""

    module: str
    name: str = WHOLE


def code_of(*things: CodeObject, apart: Iterable[CodeObject] = ()) -> str:
    """Hash of modules, classes or functions, and of all code of Proctor's, and of their own packages, that they use at any depth.

    ``apart`` are modules whose code is not followed, as what they make has a version of its own in the same key.

    Raises:
        LookupError: there is no such module.
    """
    return _code_of(tuple(map(_used, things)), frozenset(_used(thing).module for thing in apart))


def _used(thing: CodeObject) -> Used:
    if isinstance(thing, str):
        return Used(thing)
    return Used(thing.__name__) if isinstance(thing, ModuleType) else Used(thing.__module__, thing.__qualname__.partition(".")[0])


@lru_cache(maxsize=256)
def _code_of(used: tuple[Used, ...], apart: frozenset[str]) -> str:
    others = {one.module for one in used if one.module.partition(".")[0] not in FOLDERS}
    added = {module.partition(".")[0]: _folder(module) for module in sorted(others)}
    tree = Tree(FOLDERS | added, PLUMBING) if others else TREE

    def parsed() -> str:
        with lasting.uncollected():
            return tree.hash(used, apart)

    if not _kept_in:
        return parsed()
    state = [_own_state(), *map(_state, added.values())]
    key = cache.digest(sorted(used), sorted(apart), sorted(tree.folders), state, sys.version_info[:2])
    return str(_kept_in[-1].json("code", key, parsed))


_kept_in: list[cache.Cache] = []


def keep_in(kept: cache.Cache) -> None:
    """From now on, in this process, read hashes back from a cache, and keep new ones there."""
    _kept_in[:] = [kept]


@once
def _own_state() -> str:
    return cache.digest([_state(folder) for folder in FOLDERS.values()])


def _state(package: Path) -> str:
    """What the file system says of the files that a package may be made of: it changes when one is written, added or removed."""
    single = package.with_name(f"{package.name}.py")
    found = [(str(single), single.stat())] if single.is_file() else []
    found += _python_files(str(package), set()) if package.is_dir() else ()
    told = [(path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino) for path, stat in sorted(found)]
    return cache.digest(told)


def _python_files(folder: str, seen: set[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Those of a folder and of those in it whose names a module can have. A link in a circle is followed once."""
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    for entry in os.scandir(folder):
        if entry.name.endswith(".py"):
            yield entry.path, entry.stat()
        elif entry.name.isidentifier() and entry.name != "__pycache__" and entry.is_dir():
            yield from _python_files(entry.path, seen)


def _folder(module: str) -> Path:
    """Where the package of a module lies that adds something to Proctor: its code counts as Proctor's own does.

    A package without ``__init__.py`` may lie in several places; the one that holds the module is meant.
    """
    package, _, rest = module.partition(".")
    spec = find_spec(package)
    places = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    if spec and spec.origin and not places:
        return Path(spec.origin).with_suffix("")
    holding = [place for place in places if _file(place.joinpath(*rest.split("."))) or not rest]
    if not holding:
        raise LookupError(f"there is no module {module}")
    return holding[0]


def _file(place: Path) -> Path | None:
    """The file of a module whose place, without a suffix, is known."""
    return next((path for path in (place.with_name(f"{place.name}.py"), place / "__init__.py") if path.is_file()), None)


@dataclass(frozen=True)
class Tree:
    """Packages by name, each with its folder, in which uses are followed from file to file."""

    folders: Mapping[str, Path]
    plumbing: frozenset[str] = frozenset()
    looked_at: dict[str, Source | None] = field(default_factory=dict)
    """The modules that were looked at, by name; None for what is no file of these packages."""

    def hash(self, things: Iterable[Used], apart: frozenset[str] = frozenset()) -> str:
        """Hash of those things and of all that they use. It is the same in whatever order and files the code stands."""
        shapes = sorted({part.shape for one in self.reached(things, apart) for part in self._parts(one)})
        return hashlib.sha256("\n".join(shapes).encode()).hexdigest()

    def reached(self, things: Iterable[Used], apart: frozenset[str] = frozenset()) -> set[Used]:
        """Those things and all that they use, at any depth."""
        todo, found = list(things), set[Used]()
        while todo:
            one = todo.pop()
            if one in found or one.module in apart | self.plumbing:
                continue
            found.add(one)
            todo += (other for part in self._parts(one) for other in self._uses(one.module, part))
        return found

    def source(self, module: str) -> Source | None:
        """A module's source; None for what is none of these packages'."""
        if module not in self.looked_at:
            self.looked_at[module] = self._read(module)
        return self.looked_at[module]

    def _known(self, module: str) -> Source:
        source = self.source(module)
        if source is None:
            raise LookupError(f"there is no module {module} in {', '.join(self.folders)}")
        return source

    def _read(self, module: str) -> Source | None:
        place = self._place(module)
        path = _file(place) if place else None
        return Source(_text(path)) if path else None

    def _place(self, module: str) -> Path | None:
        """The file of a module, without its suffix, or its folder; None for what is none of these packages'."""
        package = module
        while package not in self.folders:
            package, dot, _ = package.rpartition(".")
            if not dot:
                return None
        return self.folders[package].joinpath(*module[len(package) :].split(".")[1:])

    def _parts(self, one: Used) -> list[CodePart]:
        return self._known(one.module).parts(one.name)

    def _uses(self, module: str, part: CodePart) -> Iterator[Used]:
        """What a part of a module names: definitions beside it, and what it or its module imports."""
        source = self._known(module)
        for name, attribute in part.names:
            if name in source.definitions:
                yield Used(module, name)
            for imported in (*part.imports.get(name, ()), *source.imports.get(name, ())):
                yield from self._imported(imported, attribute)

    def _imported(self, imported: Used, attribute: str) -> Iterator[Used]:
        """A module, of which one attribute is used or all; or a definition of a module."""
        whole = f"{imported.module}.{imported.name}" if imported.name else imported.module
        if source := self.source(whole):
            yield Used(whole, attribute if attribute in source.definitions else WHOLE)
        elif imported.name and (source := self.source(imported.module)):
            yield from self._defined(imported, source)

    def _defined(self, one: Used, source: Source) -> Iterator[Used]:
        if one.name in source.definitions:
            yield one
        elif passed_on := source.imports.get(one.name):
            for imported in passed_on:
                yield from self._imported(imported, "")
        else:
            yield Used(one.module)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


class Source:
    """The text of a module, taken apart."""

    def __init__(self, text: str) -> None:
        self._body = ast.parse(text).body
        self._made: dict[int, CodePart] = {}

    @cached_property
    def definitions(self) -> dict[str, list[ast.stmt]]:
        """The statements at the top that define something, by its name."""
        found: dict[str, list[ast.stmt]] = {}
        for node in self._body:
            for name in _defined_by(node):
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def imports(self) -> dict[str, list[Used]]:
        """What the statements at the top import, by the names that it has there."""
        found: dict[str, list[Used]] = {}
        for part in map(self._part, self._loose):
            for name, imported in part.imports.items():
                found.setdefault(name, []).extend(imported)
        return found

    @cached_property
    def _loose(self) -> list[ast.stmt]:
        """The statements at the top that define nothing: they are run whatever is used."""
        return [node for node in self._body if not any(_defined_by(node)) and not _is_docstring(node)]

    def parts(self, name: str) -> list[CodePart]:
        """The code of one definition, or of all, with what is run as the module is imported."""
        nodes = self.definitions[name] if name else [node for found in self.definitions.values() for node in found]
        return [part for part in map(self._part, [*nodes, *self._loose]) if part.shape]

    def _part(self, node: ast.stmt) -> CodePart:
        if id(node) not in self._made:
            self._made[id(node)] = _taken_apart(node)
        return self._made[id(node)]


class CodePart(NamedTuple):
    """A statement at the top of a module."""

    shape: str
    """Hash of its code, imports left out; empty where nothing is left."""
    names: frozenset[tuple[str, str]]
    """The names in it, each with the attribute that is taken of it, if one is."""
    imports: dict[str, list[Used]]
    """What it imports, by the names that it has there."""


def _defined_by(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


def _taken_apart(node: ast.stmt) -> CodePart:
    walk = _Walk()
    walk.node(node)
    shape = hashlib.sha256("\n".join(walk.said).encode()).hexdigest() if walk.said else ""
    return CodePart(shape, frozenset(walk.names), walk.imports)


class _Walk:
    """What a piece of code says, which names it uses and what it imports, found in one go, as there is much code.

    Fields that are empty are left out, so that those which a later Python adds change nothing.
    """

    def __init__(self) -> None:
        self.said: list[str] = []
        self.names: set[tuple[str, str]] = set()
        self.imports: dict[str, list[Used]] = {}

    def node(self, node: Any) -> None:
        kind = type(node)
        if kind is ast.Import or kind is ast.ImportFrom:
            for name, used in _imported_by(node):
                self.imports.setdefault(name, []).append(used)
        elif kind is ast.Name:
            self.names.add((node.id, ""))
            self.said.append(node.id)
        elif kind is ast.Attribute and type(node.value) is ast.Name:
            self.names.add((node.value.id, node.attr))
            self.said.append(f"{node.value.id}.{node.attr}")
        elif not (_is_docstring(node) or _is_for_hints(node)):
            self._fields(node, kind)

    def _fields(self, node: Any, kind: type[ast.AST]) -> None:
        self.said.append(f"{kind.__name__}(")
        for name in FIELDS[kind]:
            value = getattr(node, name, None)
            if value is not None and value != []:
                self.said.append(name)
                self._value(value)
        self.said.append(")")

    def _value(self, value: Any) -> None:
        if isinstance(value, ast.AST):
            self.node(value)
        elif type(value) is list:
            self.said.append("[")
            for one in value:
                self._value(one)
            self.said.append("]")
        else:
            self.said.append(repr(value))


FIELDS = {
    kind: tuple(name for name in kind._fields if name not in ("ctx", "kind", "type_comment"))
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
"""The fields of each kind of node that say more than the form of the text does."""


def _imported_by(node: Any) -> Iterator[tuple[str, Used]]:
    """The names that an import gives, and what they stand for."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, Used(node.module or "", alias.name)
        else:
            yield alias.asname or alias.name.partition(".")[0], Used(alias.name)


def _is_docstring(node: ast.AST) -> bool:
    """Whether it is a text that stands alone: of a module, a class, a function or a field."""
    return type(node) is ast.Expr and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_for_hints(node: ast.AST) -> bool:
    return type(node) is ast.If and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


TREE = Tree(FOLDERS, PLUMBING)
