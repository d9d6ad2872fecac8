"""What a reranker behind an API was asked in this process, which all systems that use it share."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from proctor.core.schema import UnreachedError
from proctor.core.storage.once import KeptRow


@dataclass
class RerankerState:
    """What one reranker was asked in this process."""

    money: float = 0.0
    checked: bool = False
    """Whether it was seen to answer."""
    tei: bool = False
    """Whether the server is asked as TEI is."""
    known: dict[str, KeptRow] = field(default_factory=dict)
    """By the hash of a question and a passage, or of all its passages, those that were kept before as well."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def within(self, most: float | None, name: str) -> None:
        """See to it that more may be spent; ``name``: of the reranker.

        Raises:
            UnreachedError: as much was spent as may be.
        """
        if most is not None and self.money >= most:
            why = f"reranking has cost {self.money:.4g} in this run, and max_cost is {most:g}"
            raise UnreachedError(f"reranker {name}: {why}: raise it and run again")
