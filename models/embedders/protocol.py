"""What an embedder is to the index that asks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol


class Embedder(Protocol):
    """Makes one vector of a text, and longer texts no worse than short ones as long as they fit into its window.

    All vectors of one embedder have the same length, and are compared by their dot product.
    """

    @property
    def name(self) -> str:
        """What messages and records call it; it holds no secret."""

    @property
    def version(self) -> str:
        """Hash of all that shapes its vectors."""

    def check(self, device: str) -> None:
        """See to it that what is asked elsewhere answers. Nothing is loaded for it.

        Raises:
            InputError: it cannot; says what to do.
        """

    def window(self, device: str) -> int | None:
        """Tokens of the longest text that it reads whole; None where there is no limit."""

    def room(self, device: str, *, query: bool) -> tuple[int, Callable[[str], int]] | None:
        """How many tokens of a text are left in its window beside its prompt, and how to count them; None without limit."""

    def passages(self, texts: Sequence[str], device: str) -> Any:
        """One vector a text, as rows of a float32 array, for passages to be found by.

        Raises:
            InputError: a vector is not finite, or the embedder does not answer (`UnreachedError`).
        """

    def queries(self, texts: Sequence[str], device: str) -> Any:
        """The same for what is looked up. What else is looked up with a text does not change its vector."""

    def account(self, texts: Sequence[str]) -> Mapping[str, float]:
        """What it took to embed these passages, which it has done.

        ``tokens``, where it is paid by the token; ``kept``: how many vectors were kept from an earlier run, and took no time.
        """

    def told(self) -> Mapping[str, Any]:
        """What a run's provenance says of it, by the names of settings."""
