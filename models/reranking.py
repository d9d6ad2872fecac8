"""Rerankers by their names, and how a table of systems names one and says how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from proctor.core.reading.problems import near
from proctor.core.reading.ranges import Range
from proctor.core.reading.shown import shown
from proctor.core.reading.tables import Contradiction, TextSetting
from proctor.core.registry import Registry

RERANKERS: Registry[Callable[..., Any]] = Registry(
    "proctor.rerankers",
    {
        "cross-encoder": "proctor.models.rerankers.cross_encoder:named",
        "rerank": "proctor.models.rerankers.api:named [httpx2]",
        "openai": "proctor.models.rerankers.listwise:named [httpx2]",
    },
)
"""Name -> what makes a `Reranker` (models/retrieval/reranker.py) of what follows the colon, `Reranking`, and the cache."""

LOCAL = ("cross-encoder",)
"""Names of rerankers that run here, and of which nothing is asked over an API."""
FORMS = '"cross-encoder:NAME", "rerank:MODEL@URL", "openai:MODEL@URL"'
LONGEST = 4095


@dataclass(frozen=True)
class Reranking:
    """How a reranker is asked that is reached over an API."""

    key: Annotated[str | None, TextSetting("the name of an environment variable", 200, like=str.isidentifier)] = None
    max_inputs: Annotated[int | None, Range(1, 10_000, "passages in a request", whole=True)] = None
    thought_tokens: Annotated[int, Range(0, 10**9, "tokens for a thought before the reply", whole=True)] = 0
    version: Annotated[str, TextSetting("a version: what you know of it, and Proctor cannot see", 1000)] = ""
    max_concurrency: Annotated[int, Range(1, 1000, "requests at a time", whole=True)] = 4
    timeout: Annotated[float, Range(0, 86_400, "seconds for one request", above=True)] = 120.0
    input_price: Annotated[float | None, Range(0, 1_000_000, "for a million tokens that are read")] = None
    output_price: Annotated[float | None, Range(0, 1_000_000, "for a million tokens that are written")] = None
    request_price: Annotated[float | None, Range(0, 1_000_000, "for a request, or for what is billed as one")] = None
    max_cost: Annotated[float | None, Range(0, 1_000_000, "what a run may spend, in the currency of the prices")] = None

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        if self.max_cost is not None and not self.priced:
            yield ("max_cost",), "nothing says what a request costs", "add input_price or request_price"

    def price(self, read: float, written: float, requests: float) -> float:
        """What so many tokens and requests cost, as far as prices are known."""
        tokens = read * (self.input_price or 0.0) + written * (self.output_price or 0.0)
        return tokens / 1_000_000 + requests * (self.request_price or 0.0)

    @property
    def priced(self) -> bool:
        """Whether anything says what it costs."""
        return any(price is not None for price in (self.input_price, self.output_price, self.request_price))


UNSET = Reranking()


class RerankSetting:
    """What ``rerank`` may be."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        if not isinstance(value, str) or len(value) > LONGEST:
            return f"expected {FORMS}, or one of an installed package, not {shown(value)}"
        kind, _, rest = value.partition(":")
        if kind not in RERANKERS:
            meant = f"did you mean {near(kind, RERANKERS)}? " if near(kind, RERANKERS) else ""
            return f"there is no reranker {shown(kind[:100])}; {meant}write {FORMS}"
        if kind in LOCAL and not rest.strip():
            return f"it names no model: write {kind}:NAME, with a folder or a name on the model hub"
        return _wrong_address(kind, rest)


def _wrong_address(kind: str, rest: str) -> str:
    if kind not in ("rerank", "openai"):
        return ""
    from proctor.core import chat  # loads asyncio, which listing tests has no use for

    found = chat.named(rest)
    if found is None or (kind == "rerank" and not found.url):
        return f"it names no model, or no address: write {kind}:MODEL@URL, with a URL that begins with http:// or https://"
    return ""
