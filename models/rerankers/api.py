"""Rerankers behind an API: ``rerank:MODEL@URL``, at Cohere, Jina, vLLM, llama.cpp, or Text Embeddings Inference (TEI).

They are asked alike, for one question and some passages, under ``/rerank``: Cohere's (https://docs.cohere.com/reference/rerank),
Jina's and vLLM's with ``documents``, and a reply of ``results`` that have an ``index`` and a ``relevance_score``; TEI with
``texts``, and a reply that is a list of an ``index`` and a ``score``. A passage's score for a question is asked for once and kept
by its content, over runs; nothing is paid for twice when a run is killed.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from proctor.core import http
from proctor.core.code import code_of
from proctor.core.counts import counted
from proctor.core.http import HttpClient, HttpError
from proctor.core.pool import as_they_come
from proctor.core.schema import UnreachedError
from proctor.core.storage.cache import Cache, digest
from proctor.core.storage.once import KeptRow, once
from proctor.models import reranking, served_model
from proctor.models.embedders.timing import read_back
from proctor.models.rerankers.state import RerankerState
from proctor.models.reranking import Reranking
from proctor.models.served_model import ServedModel

log = logging.getLogger("proctor")

EXAMPLE = "https://api.cohere.com/v2"
PATH = "/rerank"
RETRIES = 5
"""Requests repeated when the server is busy, broken or silent, as long as one may take."""
AT_ONCE, OF_TEI = 100, 32
"""Passages in a request: what Cohere bills as one search, and what TEI takes unless it is started otherwise."""
REFUSED = ("400", "413", "422")
"""What says that the request is not understood, or too large."""
KEPT = "reranked"
BLANK = "."
"""What stands for a text without a letter: some servers take none that is empty."""
REMEDY = (
    "see that it runs, that the address is the one before /rerank, such as https://api.cohere.com/v2, and that the key is right"
)


class ScoredPassages(NamedTuple):
    """What one request came to."""

    scores: list[float]
    tokens: int | None
    """Tokens that it took; None where the server does not say."""
    requests: float
    """What is billed as one."""

    def rows(self, names: Sequence[str]) -> dict[str, KeptRow]:
        """What is kept of each pair: its score, and its share of what the request took."""
        share = len(self.scores)
        tokens = None if self.tokens is None else self.tokens / share
        about = {"tokens": tokens, "requests": self.requests / share}
        return {name: {"score": score, **about} for name, score in zip(names, self.scores, strict=True)}


@dataclass(frozen=True)
class ApiReranker:
    """One model behind one address."""

    model: ServedModel
    asked: Reranking
    cache: Cache
    spent: RerankerState = field(default_factory=RerankerState, compare=False)

    @property
    def name(self) -> str:
        """Model and address, without what an address may hold in secret."""
        return self.model.name

    @cached_property
    def version(self) -> str:
        """Hash of what is known to shape its scores, the code that asks for them included."""
        return digest(code_of(__name__, apart=[http, reranking, served_model]), self._content)

    @property
    def _content(self) -> list[str]:
        """What tells the score of a passage."""
        return [self.name, self.asked.version]

    def check(self, device: str) -> None:
        """Ask for one score, whatever is kept: it can be reached, its key is taken, and the score is as it should be."""
        del device
        if not self.spent.checked:
            self._scored("Is it open?", ["It is open."])
            self.spent.checked = True

    def scores(self, queries: Sequence[str], texts: Sequence[Sequence[str]], device: str) -> list[list[float]]:
        """For each question the scores of its passages."""
        del device
        named = [[_name(query, text) for text in some] for query, some in zip(queries, texts, strict=True)]
        pairs = {
            name: (query, text)
            for query, some, names in zip(queries, texts, named, strict=True)
            for text, name in zip(some, names, strict=True)
        }
        found = once(self.cache.journal(KEPT, digest(self._content)), pairs, self._missing, anew=not read_back())
        self.spent.known |= found
        return [[found[name]["score"] for name in names] for names in named]

    def account(self, query: str, texts: Sequence[str]) -> dict[str, float]:
        """Requests and tokens that these scores took, by their share of what each request took, and their price."""
        rows = [self.spent.known[name] for text in dict.fromkeys(texts) if (name := _name(query, text)) in self.spent.known]
        tokens = [row["tokens"] for row in rows]
        requests = sum(row["requests"] for row in rows)
        said = {} if None in tokens else {"tokens": sum(tokens)}
        money = self.asked.price(sum(filter(None, tokens)), 0, requests)
        return {"requests": requests, **said, **({"money": money} if self.asked.priced else {})}

    def told(self) -> dict[str, Any]:
        """What a run's provenance says of it."""
        return {"reranker": self.name}

    def _missing(self, pairs: Mapping[str, tuple[str, str]]) -> Iterator[dict[str, KeptRow]]:
        """Scores that nothing is kept of, a request at a time, as they come."""
        log.info("%s: %s to score", self.name, counted(len(pairs), "passage"))
        yield from as_they_come(self._request, self._batches(pairs), self.asked.max_concurrency, "proctor-rerankers")

    def _batches(self, pairs: Mapping[str, tuple[str, str]]) -> Iterator[list[tuple[str, str, str]]]:
        """(name, question, passage) of one question each, no more than a request may have."""
        of: dict[str, list[tuple[str, str, str]]] = {}
        for name, (query, text) in pairs.items():
            of.setdefault(query, []).append((name, query, text))
        for some in of.values():
            yield from (some[start : start + self._at_once] for start in range(0, len(some), self._at_once))

    @property
    def _at_once(self) -> int:
        return self.asked.max_inputs or (OF_TEI if self.spent.tei else AT_ONCE)

    def _request(self, batch: Sequence[tuple[str, str, str]]) -> dict[str, KeptRow]:
        names, texts = [name for name, _, _ in batch], [text for _, _, text in batch]
        return self._scored(batch[0][1], texts).rows(names)

    def _scored(self, query: str, texts: Sequence[str]) -> ScoredPassages:
        """One request.

        Raises:
            UnreachedError: there is no usable reply, or as much was spent as may be.
        """
        self.spent.within(self.asked.max_cost, self.name)
        try:
            reply = self._replied(query or BLANK, [text if text.strip() else BLANK for text in texts])
            found = ScoredPassages(scores_of(reply, len(texts)), *_taken(reply))
        except HttpError as error:
            what = "refuses the request" if error.kind in REFUSED else "cannot be used"
            raise UnreachedError(f"reranker {self.name} {what}: {error}; {self._remedy(error)}") from None
        except ValueError as error:
            raise UnreachedError(f"reranker {self.name}: {error}") from None
        with self.spent.lock:
            self.spent.money += self.asked.price(found.tokens or 0, 0, found.requests)
        return found

    def _replied(self, query: str, texts: Sequence[str]) -> Any:
        """What comes back. A server that wants ``texts`` is asked as TEI is, from then on."""
        if not self.spent.tei:
            try:
                return self._called(model=self.model.model, query=query, documents=texts)
            except HttpError as error:
                if error.kind not in REFUSED or "texts" not in str(error):
                    raise
            self.spent.tei = True
        parts = [texts[start : start + self._at_once] for start in range(0, len(texts), self._at_once)]
        replies = [self._called(query=query, texts=part, truncate=True) for part in parts]
        return replies[0] if len(replies) == 1 else _joined(replies, list(map(len, parts)))

    def _called(self, **fields: Any) -> Any:
        self._client.ready()
        return http.run(self._client.call("POST", fields, "" if self.model.url.rstrip("/").endswith(PATH) else PATH))

    @cached_property
    def _client(self) -> HttpClient:
        headers = {"Authorization": f"Bearer {self.model.key}"} if self.model.key else {}
        seconds = self.asked.timeout
        return HttpClient(self.model.url, headers, longest=seconds, silence=seconds, retries=RETRIES)

    def _remedy(self, error: HttpError) -> str:
        """What to do about a failure, where that is known."""
        low = str(error).lower()
        if "batch" in low or error.kind == "413":
            return f"set reranking.max_inputs to what it takes at once (now {self._at_once})"
        if any(word in low for word in ("context length", "too long", "maximum input", "max_model_len")):
            return "a question and a passage are longer than what it reads together: set a smaller chunk_chars"
        return REMEDY


def named(rest: str, asked: Reranking, cache: Cache) -> ApiReranker:
    """The reranker that stands behind ``rerank:``.

    Raises:
        InputError: nothing usable stands there, or a key is missing.
    """
    variable = asked.key or served_model.KEYS["rerank"]
    return _shared(served_model.find("rerank", rest, variable, EXAMPLE, "rerank"), asked, cache)


@lru_cache(maxsize=16)
def _shared(model: ServedModel, asked: Reranking, cache: Cache) -> ApiReranker:
    """One for all systems that ask it alike: what it may cost is for all of them."""
    return ApiReranker(model, asked, cache)


def scores_of(reply: Any, count: int) -> list[float]:
    """The scores in a reply, in the order of the passages, of which there were so many.

    Raises:
        ValueError: it is of another kind, or does not have one score for each passage.
    """
    if isinstance(reply, Mapping) and reply.get("error"):
        raise ValueError(f"it answered with an error: {str(reply['error'])[:300]}")
    rows = reply.get("results") if isinstance(reply, Mapping) else reply
    if not isinstance(rows, list):
        said = ", ".join(map(str, list(reply)[:6])) if isinstance(reply, Mapping) else type(reply).__name__
        raise ValueError(f"it answered with JSON of another kind ({said or 'empty'}), not with scores; {REMEDY}")  # noqa: TRY004
    scores = {}
    for row in rows:
        place, score = _score(row)
        if not 0 <= place < count or place in scores:
            raise ValueError(f"its reply scores passage {place} {'twice' if place in scores else f'of {count}'}")
        scores[place] = score
    if lost := [place for place in range(count) if place not in scores]:
        raise ValueError(f"its reply has no score of {len(lost)} of {counted(count, 'passage')} (the first is {lost[0]})")
    return [scores[place] for place in range(count)]


def _score(row: Any) -> tuple[int, float]:
    """Place and score of one passage."""
    found = row if isinstance(row, Mapping) else {}
    place, score = found.get("index"), found.get("relevance_score", found.get("score"))
    if type(place) is not int or isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
        raise ValueError(f"its reply has no index and score in {str(row)[:100]!r}")
    return place, float(score)


def _taken(reply: Any) -> tuple[int | None, float]:
    """Tokens that a request took, where the reply says so, and how many requests are billed."""
    about = _mapping(reply)
    meta = _mapping(about.get("meta"))
    usage, billed, read = _mapping(about.get("usage")), _mapping(meta.get("billed_units")), _mapping(meta.get("tokens"))
    told = next((one for one in (usage.get("total_tokens"), read.get("input_tokens"), billed.get("total_tokens")) if one), None)
    units = billed.get("search_units")
    return _amount(told), float(units) if isinstance(units, int | float) and units > 0 else 1.0


def _amount(told: Any) -> int | None:
    return int(told) if isinstance(told, int | float) and told > 0 else None


def _joined(replies: Sequence[Any], lengths: Sequence[int]) -> list[dict[str, float]]:
    """The replies to parts of the passages as one."""
    scores = [score for reply, length in zip(replies, lengths, strict=True) for score in scores_of(reply, length)]
    return [{"index": place, "score": score} for place, score in enumerate(scores)]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _name(query: str, text: str) -> str:
    return digest(query, text)[:32]
