"""A judge that fails again and again is asked no more in this run: a dead one would cost a minute or more for each sample."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from proctor.evals.judges.protocols import EndpointError, JudgeError

log = logging.getLogger("proctor")

UNREACHED = 5
"""Samples in a row that could not be put to a judge, for the same reason, after which it is taken for dead."""
UNFIT = 25
"""Samples in a row to which it replied nothing that is a verdict, for the same reason."""

Called = TypeVar("Called")


class Breaker:
    """Lets questions through to a judge until too many in a row have failed alike. Used from several threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._kind, self._count, self._dead = "", 0, ""

    def ask(self, question: Callable[[], Called]) -> Called:
        """What ``question()`` returns.

        Raises:
            JudgeError: it failed, or it was not asked because too many before it did.
        """
        if self._dead:
            raise JudgeError(self._dead)
        try:
            found = question()
        except JudgeError as error:
            self._failed(error)
            raise
        with self._lock:
            self._kind, self._count = "", 0
        return found

    def _failed(self, error: JudgeError) -> None:
        kind, enough = (error.kind, UNREACHED) if isinstance(error, EndpointError) else (str(error), UNFIT)
        with self._lock:
            self._kind, self._count = kind, self._count + 1 if kind == self._kind else 1
            if self._dead or self._count < enough:
                return
            self._dead = f"not asked: {self._count} samples in a row had failed ({error})"[:500]
        log.warning(
            "the judge %s is asked no more in this run: %d samples in a row failed, the last with: %s. "
            "What it has not judged is unmeasured; see to the judge and run the same command again",
            self.name,
            self._count,
            error,
        )
