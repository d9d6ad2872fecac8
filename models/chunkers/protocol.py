"""What a chunker is to the index that is made of its passages."""

from __future__ import annotations

from typing import Any, Protocol


class Chunker(Protocol):
    """Splits a document into passages: parts of its text as they stand there, in their order, with nothing left out but blanks.

    Neighbours may share some text.
    """

    @property
    def version(self) -> Any:
        """All that shapes where it splits, as JSON data."""

    def split(self, text: str, head: str) -> list[str]:
        """The parts of a text, without blanks at their ends; none where it holds nothing else.

        ``head`` is what each of them is shown under, which counts where a passage has to fit in somewhere.
        """
