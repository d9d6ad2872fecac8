"""What a rewriter is to the system whose model writes."""

from __future__ import annotations

from typing import Protocol

from proctor.models.generation.limits import Ends


class Rewriter(Protocol):
    """What a model is asked to make of a question, and what is searched with then."""

    @property
    def version(self) -> str:
        """Hash of all that shapes what is searched with, besides the model."""

    @property
    def tokens(self) -> int:
        """New tokens that the model may write."""

    @property
    def ends(self) -> Ends:
        """What ends the writing of a model that knows no other end of it."""

    @property
    def meaning(self) -> bool:
        """Whether only retrievers that embed search with what it writes, and those that look words up with the question."""

    def prompt(self, question: str) -> str:
        """What the model is asked."""

    def read(self, said: str) -> str:
        """What is searched with; empty where what the model said is of no use: then the question itself is."""
