"""Files of a published site: each appears whole or not at all, and those of earlier times are cleared away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from evals.disk import write_atomically
from evals.redaction import redact
from evals.schema import InputError

GENERATOR = b'content="Proctor"'
"""What the head of a page holds that Proctor wrote."""


class Site:
    """A folder being published into."""

    def __init__(self, folder: Path) -> None:
        """Publish into ``folder``, which need not exist yet."""
        self.folder = folder
        self._written: set[Path] = set()

    def check(self) -> None:
        """Whether it can be published into.

        Raises:
            InputError: files cannot be written there, or its index.html is none that Proctor wrote.
        """
        there = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        with self._plainly(), TemporaryFile(dir=there):
            pass
        page = self.folder / "index.html"
        if page.is_file() and GENERATOR not in page.read_bytes()[:4096]:
            raise InputError(f"{page} was not written by Proctor, and would be lost; choose another folder for the page")

    def old(self, name: str) -> str | None:
        """What a file said when it was last published; it is kept."""
        try:
            text = (self.folder / name).read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            return None
        self._written.add(self.folder / name)
        return text

    def write(self, name: str, content: str | bytes) -> Path:
        """Publish one file; untouched if it says this already."""
        path = self.folder / name
        wanted = redact(content).encode() if isinstance(content, str) else content
        with self._plainly():
            if not path.is_file() or path.read_bytes() != wanted:
                write_atomically(path, [wanted])
        self._written.add(path)
        return path

    def clear(self, *patterns: str) -> None:
        """Remove what matches and was not published this time."""
        with self._plainly():
            for pattern in patterns:
                for path in sorted(self.folder.glob(pattern)):
                    if path not in self._written:
                        path.unlink()

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or str(error)
            raise InputError(f"cannot publish into {self.folder}: {why}; make room or choose another folder") from error
