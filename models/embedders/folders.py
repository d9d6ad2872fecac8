"""A folder of a model of sentence-transformers, looked at without loading it: its files, and why they cannot be used."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from proctor.core import hub
from proctor.core.storage.cache import Cache, digest
from proctor.models.base import files

FILES = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")
"""All that shapes what it makes of a text: weights, configuration, modules and their order, pooling, prompts, tokenizer."""
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def files_of(folder: Path) -> list[Path]:
    """The files that count, those in folders of modules that are links as well."""
    places = [folder, *(folder / module["path"] for module in modules(folder))]
    return sorted({path for place in places for pattern in FILES for path in place.rglob(pattern)})


def stamps(folder: Path) -> tuple[tuple[Path, int, int], ...]:
    """What tells that a file was changed."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((path, (about := path.stat()).st_size, about.st_mtime_ns) for path in found)


def content(folder: Path, cache: Cache) -> str:
    """Hash of the files that count, as they are now."""
    return digest([(path.relative_to(folder).as_posix(), cache.file_digest(path)) for path in files_of(folder)])


def find(what: str, name: str) -> Path:
    """The folder at a path, or of a model of that name on the hub, fetched once; ``what`` asked for it, such as ``embedder``.

    Raises:
        InputError: the hub does not give it.
    """
    folder = Path(name).expanduser()
    on_hub = not folder.exists() and not name.startswith((".", "/", "~")) and name.count("/") <= 1
    return _from_hub(what, name) if on_hub else folder


@lru_cache(maxsize=8)
def _from_hub(what: str, name: str) -> Path:
    return hub.fetched(what, name, FILES)


def unreadable(paths: Sequence[Path]) -> Iterator[str]:
    """Why some files cannot be read."""
    for path in paths:
        if files.is_pointer(path):
            yield f"{path} is a pointer of git LFS, not the file itself; run git lfs pull"
        elif path.suffix == ".safetensors" and not _whole(path):
            yield f"{path} is incomplete or damaged; fetch or save it again"
        if path.suffix == ".json":
            try:
                json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                yield f"{path} is not valid JSON: {error}"


def _whole(path: Path) -> bool:
    try:
        files.tensors(path)
    except files.BrokenFileError:
        return False
    return True


def modules(folder: Path) -> list[dict[str, str]]:
    """The modules that the model is made of; none where no file names them, or it is not as it should be."""
    path = folder / "modules.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    known = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [one for one in known if isinstance(one.get("path"), str) and isinstance(one.get("type"), str)]


def module_problems(folder: Path, module: Mapping[str, str]) -> Iterator[str]:
    """Why a module of the model cannot be used."""
    own, kind = folder / module["path"], module["type"]
    if not own.is_dir() and not kind.endswith(".Normalize"):  # which has nothing to keep
        yield f"{own} is missing, though modules.json names it"
    if not kind.startswith("sentence_transformers."):
        yield f"it needs code of its own ({kind}), which is not run; use one made of sentence-transformers' own modules"
    yield from pickled(own)


def pickled(folder: Path) -> Iterator[str]:
    """Why a folder cannot be used whose weights can run code."""
    found = sorted(path.name for pattern in PICKLED for path in folder.glob(pattern))
    if found and not any(folder.glob("*.safetensors")):
        remedy = "load the model where you trust it, and save it again with save(..., safe_serialization=True)"
        yield f"{folder} holds only pickled weights ({', '.join(found)}), which can run code when loaded; {remedy}"


def read(path: Path) -> dict[str, Any]:
    """The JSON object in a file; nothing where there is no such file."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
