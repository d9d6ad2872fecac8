"""Files of a published site: each appears whole or not at all, and those of earlier times are cleared away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evals.cache import write_atomically
from evals.schema import InputError


class Site:
    """A folder being published into."""

    def __init__(self, folder: Path) -> None:
        """Publish into ``folder``, which need not exist yet."""
        self.folder = folder
        self._written: set[Path] = set()

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
        wanted = content.encode() if isinstance(content, str) else content
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
