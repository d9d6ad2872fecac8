"""Templates compiled once, and kept where Python keeps the bytecode of the modules beside them, under the same settings."""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2 import FileSystemBytecodeCache


def beside(templates: Path, settings: Path) -> FileSystemBytecodeCache | None:
    """Where to keep what templates were compiled to; None where Python keeps nothing, or nothing can be written there.

    ``settings`` is the module that says how they are compiled: where it was changed, they are compiled anew. Jinja sees by itself
    whether a template was changed.
    """
    if sys.dont_write_bytecode:
        return None
    folder = Path(cache_from_source(str(templates / "all.py"))).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    if not os.access(folder, os.W_OK):
        return None
    how = hashlib.sha256(settings.read_bytes() + jinja2.__version__.encode()).hexdigest()[:12]
    return FileSystemBytecodeCache(str(folder), f"%s-{how}.jinja")
