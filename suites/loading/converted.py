"""What a converter made of a file, kept by the file's content: a folder of PDFs is read once, not at each start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from proctor.core import extras, workspace
from proctor.core.code import code_of
from proctor.core.reading.problems import Problems
from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache, digest
from proctor.suites.loading.markup import Page

KIND = "documents"
Pages = Page | Sequence[Page] | None
"""What a reader makes of a file: a page, or several; ``None`` where it noted a problem."""
Reader = Callable[[Path, Problems], Pages]


def with_libraries(modules: Sequence[str]) -> str:
    """The libraries that convert a file, with their versions: ``pypdf 7.1.1``."""
    return " and ".join(f"{name} {version(name)}" for name in (extras.LIBRARIES[module].name for module in modules))


def converted(reader: Reader, modules: Sequence[str], path: Path, problems: Problems) -> Pages:
    """What a reader that needs these libraries makes of a file, which it raises nothing but errors about.

    A cache that takes nothing keeps nobody from reading documents.
    """
    cache = Cache(workspace.current().cache)
    key = digest("converted", code_of(reader), with_libraries(modules), cache.file_digest(path))
    with suppress(InputError):
        if cache.has(KIND, key):
            return [Page(*page) for page in cache.json(KIND, key, list)]
    found = reader(path, problems)
    pages = [found] if isinstance(found, Page) else list(found or ())
    with suppress(InputError):
        cache.json(KIND, key, lambda: pages)
    return pages
