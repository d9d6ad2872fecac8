"""Files of a published site: each appears whole or not at all, and those of earlier times are cleared away.

A site's folder holds `MARKER`, which names every file that was published there. These alone are ever overwritten or deleted:
what somebody else put there stays, and a folder that holds something and no marker is not published into.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from proctor.core.reading.shown import short
from proctor.core.redaction import redact
from proctor.core.schema import InputError
from proctor.core.slugs import below
from proctor.core.storage import errors, temporary
from proctor.core.storage.disk import write_atomically

GENERATOR = b'content="Proctor"'
"""What the head of a page holds that Proctor wrote."""
MARKER = ".proctor-site"
"""The file that makes a folder a site of ours: `HEAD`, and then a name a line."""
HEAD = "Proctor published these files. It overwrites and deletes them, and no others."
DATA = ("leaderboard.json", "leaderboard.csv", "leaderboard.parquet", "history.json", "regressions.json", "feed.xml")
PAGE = "index.html"
FOLDERS = ("answers", "plots")
"""What a site consists of: `DATA`, `PAGE` and the files in these."""


def _of_a_page(name: str) -> bool:
    """Whether a page has files that are called so."""
    return name in (*DATA, PAGE) or name.partition("/")[0] in FOLDERS


class Site:
    """A folder being published into."""

    def __init__(self, folder: Path) -> None:
        """Publish into ``folder``, which need not exist yet."""
        self.folder = folder
        self._marker = folder / MARKER
        self._known, self._written = self._named(), set[str]()

    def check(self) -> None:
        """Whether it can be published into.

        Raises:
            InputError: files cannot be written there, or it holds what Proctor did not write and would have to overwrite.
        """
        with self._plainly():
            errors.probe(self.folder)
            self._check_ours()
            for name in (*DATA, PAGE):
                self._place(name)
            for name in FOLDERS:
                self._check_folder(name)
                errors.probe(self.folder / name)
            page = self.folder / PAGE
            mine = not page.is_file() or GENERATOR in page.read_bytes()[:4096]
        if not mine:
            raise InputError(f"{page} was not written by Proctor, and would be lost; choose another folder for the page")

    def old(self, name: str) -> str | None:
        """What a file said when it was last published; it is kept."""
        if name not in self._known:
            return None
        try:
            text = self._place(name).read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            return None
        self._written.add(name)
        return text

    def write(self, name: str, content: str | bytes) -> Path:
        """Publish one file; untouched if it says this already.

        Raises:
            InputError: it cannot be written, or would take the place of what is not Proctor's.
        """
        wanted = redact(content).encode() if isinstance(content, str) else content
        with self._plainly():
            self._check_ours()
            path = self._place(name)
            self._claim(name)
            if not path.is_file() or path.read_bytes() != wanted:
                write_atomically(path, [wanted])
        self._written.add(name)
        return path

    def finish(self) -> None:
        """Remove what was published before and was not this time."""
        with self._plainly():
            temporary.sweep(self.folder, *(self.folder / name for name in FOLDERS))
            gone = self._known - self._written
            for path in filter(None, map(self._removable, sorted(gone))):
                path.unlink(missing_ok=True)
            self._list((self._named() - gone) | self._written)

    def _check_ours(self) -> None:
        """InputError where the folder is somebody else's. What a killed publication was writing is nobody's."""
        if self._is_marked() or not self.folder.is_dir():
            return
        if self._marker.is_file() and not self._marker.is_symlink() and self._marker.stat().st_size:
            raise InputError(self._damaged(f"it does not begin with '{HEAD}'"))
        if any(not temporary.is_temporary(path.name) for path in self.folder.iterdir()):
            raise InputError(
                f"{self.folder} holds files, and no page that this version of Proctor published (there is no {MARKER} in it); "
                "name a folder that is new or empty, or delete this one if an earlier version wrote it"
            )

    def _place(self, name: str) -> Path:
        """The path of a file of the site; InputError if it cannot be there, or something else is."""
        path = below(self.folder, name)
        inside = (path, *path.parents)[: len(Path(name).parts)]
        if link := next((each for each in inside if each.is_symlink()), None):
            raise InputError(f"{link} is a link, and a page would be published through it; remove it, or choose another folder")
        if path.is_dir():
            raise InputError(f"{path} is a folder, and the page has a file of that name; move it, or choose another folder")
        if path.exists() and name not in self._known:
            if odd := next((each for each in sorted(self._known) if not _of_a_page(each)), None):
                raise InputError(self._damaged(f"it names {short(odd)!r}, which is no file of a page, and not {name}"))
            raise InputError(f"{path} was not written by Proctor, and would be lost; move it, or choose another folder")
        return path

    def _damaged(self, why: str) -> str:
        return f"{self._marker} is damaged: {why}; delete {self.folder} if all in it was published, or choose another folder"

    def _check_folder(self, name: str) -> None:
        path = below(self.folder, name)
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise InputError(f"{path} is no folder, and the page has one of that name; move it, or choose another folder")

    def _removable(self, name: str) -> Path | None:
        """The path of a file that was published; nothing where something else is in its place."""
        try:
            return self._place(name)
        except InputError:
            return None

    def _is_marked(self) -> bool:
        try:
            return not self._marker.is_symlink() and self._lines()[:1] == [HEAD]
        except OSError:
            return False

    def _lines(self) -> list[str]:
        """The whole lines of the marker; one that a kill tore is as good as not written."""
        return self._marker.read_bytes().decode(errors="replace").split("\n")[:-1]

    def _named(self) -> set[str]:
        return set(self._lines()[1:]) if self._is_marked() else set()

    def _claim(self, name: str) -> None:
        """Name a file as ours before it is there, so that it is known for ours after a kill."""
        if name in self._known:
            return
        self._known.add(name)
        if self._is_marked() and self._marker.read_bytes().endswith(b"\n"):
            with self._marker.open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")
        else:
            self._list(self._known)

    def _list(self, names: set[str]) -> None:
        text = "\n".join([HEAD, *sorted(names), ""])
        if not self._is_marked() or self._marker.read_text(encoding="utf-8", errors="replace") != text:
            write_atomically(self._marker, text)

    def _plainly(self) -> AbstractContextManager[None]:
        return errors.told("cannot publish into", self.folder, "choose another folder for the page")
