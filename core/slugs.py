"""File names out of other people's names: short, plain, never two alike; and paths that cannot leave their folder."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from proctor.core.schema import InputError

LONGEST = 40
PLAIN = re.compile(r"[a-z0-9]+(?:[_.-][a-z0-9]+)*")
HASHED = re.compile(r".*-[0-9a-f]{10}")
DEVICE = re.compile(r"(?:con|prn|aux|nul|conin|conout|com[0-9]|lpt[0-9])(?:\..*)?")
"""What Windows takes for a device, with any ending."""
ENDING = re.compile(r"(.+)(\.[a-z0-9]{1,10})", re.DOTALL)


def slug(name: str) -> str:
    """`name` itself where it is plain; otherwise what is plain of it, and a hash that tells it from its likes."""
    if PLAIN.fullmatch(name) and len(name) <= LONGEST and not HASHED.fullmatch(name) and not DEVICE.fullmatch(name):
        return name
    kept = "-".join(re.findall(r"[a-z0-9]+", name.lower()[:400]))[: LONGEST - 11].strip("-")
    return f"{kept or 'x'}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:10]}"


def slugs(*names: str) -> str:
    """Several names as one: no plain name holds the ``--`` that joins them."""
    return "--".join(map(slug, names))


def file_slug(name: str) -> str:
    """The slug of a file's name, which keeps its ending (``.json``)."""
    found = ENDING.fullmatch(name)
    return slug(found[1]) + found[2] if found else slug(name)


def below(folder: Path, *names: str) -> Path:
    """The path of these names in a folder. The last defence of what writes: names are slugs by then.

    Raises:
        InputError: it would lie elsewhere, because of a name or of a link.
    """
    path = folder.joinpath(*names)
    try:
        root, there = folder.resolve(), path.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{str(path)!r}: no path that can be written to ({error}); choose another name") from error
    if there == root or not there.is_relative_to(root):
        raise InputError(f"{path}: lies outside of {folder}; remove the link, or choose another name")
    return path
