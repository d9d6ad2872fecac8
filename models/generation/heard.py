"""What weights said to prompts: systems that come to the same prompt with the same weights ask it once between them.

Systems that differ in nothing but where their vectors are kept come to the same prompts all along.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from proctor.core.storage.cache import Journal, digest
from proctor.models.generation.generate import Generated


def key(tokens: Sequence[int], *, adapter_off: bool) -> str:
    """What identifies a prompt to weights."""
    return digest(list(tokens), adapter_off)


class Heard:
    """What one system's weights said so far, to prompts of any system."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    @cached_property
    def known(self) -> dict[str, Generated]:
        """Prompt -> what was said, as of when this was first looked at."""
        return {row["prompt"]: Generated(**row["said"]) for row in self.journal.rows()}

    def keep(self, said: Iterable[tuple[str, Generated]]) -> None:
        """Keep what was said to some prompts."""
        self.journal.add({"prompt": prompt, "said": one._asdict()} for prompt, one in said)
