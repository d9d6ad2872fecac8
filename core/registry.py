"""Things that are chosen by name, Proctor's own and those of installed packages: the one way that one more is added.

A package adds to a group by an entry point, as pytest's plugins are added::

    [project.entry-points."proctor.judges"]
    mine = "my_package.judges:MyJudge"
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar, cast

from proctor.core import extras
from proctor.core.reading.problems import closest
from proctor.core.reading.shown import short
from proctor.core.schema import InputError

T = TypeVar("T")
WRITTEN = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+:[^\W\d]\w*")
"""package.module:attribute"""


class Registry(Mapping[str, T]):
    """Name -> thing, imported when it is asked for.

    ``group`` is that of the entry points; ``built_in`` says where what comes with Proctor is, as "module:attribute", or
    "module:attribute [library]" where, to do its work, it needs a library of `core.extras`. What comes with Proctor cannot be
    replaced.
    """

    def __init__(self, group: str, built_in: Mapping[str, str]) -> None:
        self.group = group
        self._built_in = {name: EntryPoint(name, where, group) for name, where in built_in.items()}
        self.own: dict[str, T] = {}
        """What the user's project adds, in this process."""

    @cached_property
    def _added(self) -> dict[str, EntryPoint]:
        """Those of installed packages."""
        found: dict[str, EntryPoint] = {}
        for entry in _of_installed(tuple(sys.path)).select(group=self.group):
            if found.setdefault(entry.name, entry).value != entry.value:
                packages = " and ".join(sorted(_package(one) for one in (found[entry.name], entry)))
                raise InputError(f"{self.group}: '{short(entry.name)}' is added by {packages}; uninstall one of them")
        return {name: entry for name, entry in found.items() if name not in self._built_in}

    def add(self, name: str, thing: T) -> None:
        """One more, of the user's project. What comes with Proctor cannot be replaced."""
        if name in self._built_in:
            raise InputError(f"{self.group}: '{short(name)}' comes with Proctor; choose another name")
        self.own[name] = thing

    def __iter__(self) -> Iterator[str]:
        """The names, those that come with Proctor first."""
        yield from dict.fromkeys((*self._built_in, *self._added, *self.own))

    def __len__(self) -> int:
        """How many there are."""
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        """Whether there is one of that name, installed or not."""
        return name in self._built_in or name in self._added or name in self.own

    def __getitem__(self, name: str) -> T:
        """What has that name. A name never leads to a module that no entry names, so it may come from anybody's file.

        Raises:
            InputError: there is none, or something that it needs is not installed.
        """
        if name in self.own:
            return self.own[name]
        entry = self._built_in.get(name) or self._added.get(name)
        if entry is None:
            raise InputError(f"{self.group}: there is no '{short(name)}'; {closest(name, self)}")
        return self._loaded(entry)

    def written(self, name: str) -> T:
        """The same, and what a name such as "package.module:attribute" leads to, whose code runs.

        Only for what the user wrote on the command line, never for what a suite or another file says.
        """
        if name in self._built_in or not WRITTEN.fullmatch(name):
            return self[name]
        return self._loaded(EntryPoint(name, name, self.group))

    def get(self, name: str, default: T | None = None) -> T | None:  # type: ignore[override]
        """What has that name; the default where there is no such name."""
        if name not in self:
            return default
        return self[name]

    def version(self, name: str) -> str:
        """Package and version of what an installed package adds; empty for what is Proctor's own, and for what there is not."""
        entry = None if name in self._built_in else self._added.get(name)
        return _package(entry) if entry else ""

    def needs(self, name: str) -> tuple[str, ...]:
        """The modules of `core.extras` that what comes with Proctor under that name needs to do its work; none for all else."""
        entry = self._built_in.get(name)
        return tuple(entry.extras) if entry else ()

    def _loaded(self, entry: EntryPoint) -> T:
        try:
            return cast("T", entry.load())
        except ModuleNotFoundError as error:
            module = (error.name or "").partition(".")[0]
            remedy = extras.install(module) if module in extras.LIBRARIES else "install it beside Proctor"
            what = f"'{entry.name}' needs the module {error.name}, which is missing"
            raise InputError(f"{self.group}: {what}; {remedy}") from error
        except AttributeError as error:
            raise InputError(f"{self.group}: there is no {entry.attr} in {entry.module}; see what it is called there") from error


@lru_cache(maxsize=4)
def _of_installed(_: tuple[str, ...]) -> Any:  # Python 3.11 and 3.12 have classes of their own for it
    """What the packages in these folders add. As many files are read for one group as for all, in up to a tenth of a second."""
    return entry_points()


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.module
