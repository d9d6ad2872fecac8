"""The embedder of a system, by the name that its row has for it."""

from __future__ import annotations

from proctor.core.storage.cache import Cache
from proctor.models.embedders import local
from proctor.models.embedders.protocol import Embedder
from proctor.models.systems import EMBEDDERS, System, embedder_kind


def embedder(system: System, cache: Cache) -> Embedder:
    """What a system's passages and questions are embedded by.

    Raises:
        InputError: there is none of that name, or it cannot be used.
    """
    kind = embedder_kind(system.embedder)
    if not kind:
        return local.find(system.embedder, cache)
    made: Embedder = EMBEDDERS[kind](system.embedder.partition(":")[2], system, cache)
    return made
