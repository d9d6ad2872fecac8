"""What a store of vectors is to a dense index: it is filled, brought up to date, and finds the nearest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from proctor.models.stores.named import StoreName, StoreSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix: TypeAlias = NDArray[np.float32]
    """Vectors as rows."""
else:
    Matrix: TypeAlias = Any

Near: TypeAlias = list[tuple[int, float]]
"""(place, score) of what is near to one vector, best first; the place is that in `StoreContent`."""
Nearest: TypeAlias = Callable[[Matrix, int], list[Near]]
"""For each of some vectors, the so many that are nearest."""


class StorePlace(NamedTuple):
    """Where and how a store is to be had."""

    name: StoreName
    settings: StoreSettings
    folder: Path
    """Where stores without a place of their own keep their files."""


@dataclass(frozen=True)
class StoreContent:
    """What an index holds: vectors under the hashes of their texts, no hash twice."""

    names: Sequence[str]
    vectors: Matrix
    origin: Sequence[Any] = ()
    """What shapes the vectors besides the texts: the same text has another vector by another embedder."""


class EarlierIndex(NamedTuple):
    """An index that was filled before, and what it holds."""

    folder: Path
    content: StoreContent


class StoreReport(NamedTuple):
    """What filling a store took."""

    added: int
    removed: int
    unpaid: float = 0.0
    """Seconds that are no part of it: of copying what is brought up to date, as the original is kept, and of keeping vectors."""
    found: bool = False
    """Whether it was there already, filled by an earlier run with the same."""


class VectorStore(Protocol):
    """A kind of store. Scores are inner products, which are cosines where vectors have length one: more is nearer."""

    exact: bool
    """Whether the nearest are always found, and not only most of the time."""

    @property
    def version(self) -> list[Any]:
        """All that shapes what is found, besides the vectors."""

    def check(self) -> None:
        """See to it that the store can be used.

        Raises:
            InputError: it is not reached, or lacks something; says what to do.
        """

    def warm_up(self) -> None:
        """Load what filling and searching need."""

    def build(self, folder: Path, content: StoreContent, earlier: EarlierIndex | None) -> StoreReport:
        """Fill it, and leave in ``folder`` what is needed to find it again. ``earlier`` is left as it is.

        Killed at any point, it leaves nothing that is taken for whole.
        """

    def vectors(self, folder: Path) -> Matrix:
        """The vectors of what was built there, in their order."""

    def open(self, folder: Path, names: Sequence[str]) -> Nearest:
        """A search of what was built there, whose hashes are ``names``."""
