"""What a run would have embedded over an API: texts, requests, tokens by their letters, and money where the price is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from proctor.core.counts import counted
from proctor.core.schema import Question
from proctor.models.candidates.endpoint import Endpoint
from proctor.models.candidates.local import LocalCandidate
from proctor.models.embedders.openai import ApiEmbedder
from proctor.models.generation.limits import estimated
from proctor.models.retrieval.dense import Vectors
from proctor.models.retrieval.index import Index
from proctor.models.retrieval.passages import split, whole

SEMANTIC = 3
"""How often the text of a document is embedded that is parted by its meaning: as passages, and twice to part it."""


class PlannedEmbedding(NamedTuple):
    """What would be embedded for one candidate on one suite."""

    suite: str
    system: str
    embedder: str
    texts: int
    requests: int
    tokens: int
    price: float | None
    """Of a million tokens."""


def planned(suite: str, candidate: LocalCandidate | Endpoint, questions: Sequence[Question]) -> PlannedEmbedding | None:
    """What a candidate's index and questions would take; None where nothing is asked over an API."""
    if not candidate.system.retrieves:
        return None
    index = candidate.index
    engine = next((one for one in index.engines.values() if isinstance(one, Vectors)), None)
    if engine is None or not isinstance(engine.embedder, ApiEmbedder):
        return None
    embedder, system = engine.embedder, candidate.system
    passages, times = ([], 1) if index.built else _passages(index, engine)
    texts, requests = embedder.missing(passages, queries=False)
    asked, more = embedder.missing([one.text for one in candidate.unanswered(questions)], queries=True)
    tokens = times * sum(map(estimated, texts)) + sum(map(estimated, asked))
    return PlannedEmbedding(
        suite, system.name, embedder.name, len(texts) + len(asked), times * requests + more, tokens, system.embedding.input_price
    )


def _passages(index: Index, engine: Vectors) -> tuple[list[str], int]:
    """What would be embedded of an index' documents, and about how often; to part them by meaning would ask the embedder."""
    semantic = index.system.chunker == "semantic"
    found = [[whole(one)] if semantic else split(one, index.chunker) for one in index.searched]
    return engine.texts([one for some in found for one in some]), SEMANTIC if semantic else 1


def table(parts: Sequence[PlannedEmbedding | None]) -> str:
    """As text: a line for each candidate that has something embedded. Systems that embed the same are asked once."""
    lines = [line for part in parts if part for line in _line(part)]
    head = "embedding over an API (systems that embed the same texts alike pay once):"
    return "\n".join(["", head, *lines, ""]) if lines else ""


def _line(part: PlannedEmbedding) -> Iterator[str]:
    head = f"{part.suite:<16}{part.system:<24}{part.embedder}: "
    if not part.texts:
        yield f"{head}nothing to embed, all is kept"
        return
    money = "" if part.price is None else f", about {part.tokens * part.price / 1_000_000:.2g}"
    yield f"{head}{counted(part.texts, 'text')} in {counted(part.requests, 'request')}, about {part.tokens:,} tokens{money}"
