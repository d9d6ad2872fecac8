"""The door: pytest's plugin, the command, the plan of a run, and what Python and notebooks use.

import proctor

run = proctor.open_run("runs/candidate")
run.records, run.answers, run.board  # pandas DataFrames
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as type checkers understand it; `typing` alone takes longer to import than all else here
if TYPE_CHECKING:
    from typing import Any

    from proctor.api import ExamRun, exam, open_run
    from proctor.core.schema import InputError

__all__ = ["ExamRun", "InputError", "exam", "open_run"]

_PLACES = {"ExamRun": "proctor.api", "InputError": "proctor.core.schema", "exam": "proctor.api", "open_run": "proctor.api"}
"""Name -> the module that has it, loaded when the name is first used: `import proctor` costs nothing."""


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'proctor' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
