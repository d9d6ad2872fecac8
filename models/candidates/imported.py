"""Code of the project that a table of systems names: imported from the project's root, with every way to fail in words."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from typing import Any

from proctor.core.reading.problems import closest
from proctor.core.redaction import redact
from proctor.core.schema import InputError

LETTERS = 500
"""Length of the longest reason."""


def imported(written: str, root: Path) -> Any:
    """What "package.module:name" names, with the project's root first among the places that modules are imported from.

    Raises:
        InputError: there is no such module or name, or importing it fails.
    """
    module, _, name = written.partition(":")
    found: Any = _module(module, root)
    for part in name.split("."):
        if not hasattr(found, part):
            there = [one for one in dir(found) if not one.startswith("_")]
            raise InputError(f"callable: there is no {part} in {module}; {closest(part, there)}")
        found = getattr(found, part)
    return found


def _module(module: str, root: Path) -> Any:
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
        importlib.invalidate_caches()
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise InputError(_not_found(module, error.name or "", root)) from error
    except (Exception, SystemExit) as error:
        raise InputError(f"callable: {module} cannot be imported: {reason(error)}; mend that first") from error


def _not_found(module: str, missing: str, root: Path) -> str:
    if module == missing or module.startswith(f"{missing}."):
        return f"callable: there is no module {missing} in {root}, nor installed; name it as you would import it from there"
    return f"callable: {module} needs the module {missing}, which is missing; install it for the Python that runs Proctor"


def reason(error: BaseException) -> str:
    """What was raised, and in which file and line."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({Path(last[0].filename).name}, line {last[0].lineno})" if last else ""
    return redact(f"{type(error).__name__}: {error}{where}")[:LETTERS]
