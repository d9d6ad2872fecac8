"""Embedders behind OpenAI's protocol: ``openai:MODEL`` or ``openai:MODEL@URL``, at OpenAI, vLLM, TEI, Ollama, llama.cpp.

A text's vector is asked for once and kept by its content, over runs. Texts go in batches that are within the limits of the API
and whose replies are within those of `core.http`; nothing is paid for twice when a run is killed.
"""

from __future__ import annotations

import base64
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.metadata import version as installed
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from proctor.core import chat, extras
from proctor.core.code import code_of
from proctor.core.counts import counted
from proctor.core.http import BYTES
from proctor.core.pool import as_they_come
from proctor.core.schema import UnreachedError
from proctor.core.storage.cache import Cache, Journal, digest
from proctor.models import served_model, systems
from proctor.models.embedders.timing import read_back
from proctor.models.served_model import ServedModel
from proctor.models.systems import Embedding, System

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger("proctor")

EXAMPLE = "http://127.0.0.1:8080/v1"
RETRIES = 5
"""Requests repeated when the server is busy, broken or silent, as long as one may take."""
WINDOW = 512
"""Tokens that a model is taken to read of which nobody says how many it reads: what most open ones do at least."""
BYTES_A_TOKEN = 2
"""Bytes of UTF-8 that are counted as a token where no tokenizer is at hand. In nearly all texts there are more to one."""
INPUTS, TOKENS = 2048, 300_000
"""What OpenAI takes in one request: texts, and tokens of all together."""
ELSEWHERE = 32
"""Texts that any server takes in one request: TEI refuses more unless it is started otherwise."""
LONGEST_VECTOR = 4096
"""Numbers of the longest vector that is reckoned with before the first has come."""
PACKED, PLAIN = 6, 22
"""Letters of a number in a reply, at most."""
KEPT = "vectors"
TABLE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
"""The file under which tiktoken keeps the tokens of cl100k_base, those of all of OpenAI's embedders."""
BLANK = "."
"""What stands for a text without a letter: the API takes none that is empty."""


class KnownModel(NamedTuple):
    """One of OpenAI's own: https://platform.openai.com/docs/guides/embeddings."""

    window: int
    dimensions: int


MODELS = {
    "text-embedding-ada-002": KnownModel(8191, 1536),
    "text-embedding-3-small": KnownModel(8191, 1536),
    "text-embedding-3-large": KnownModel(8191, 3072),
}


class Embedded(NamedTuple):
    """A text's vector as it came, and its share of the tokens of its request, by its length; None where nobody says."""

    text: str
    """Hash of the text."""
    vector: np.ndarray[Any, np.dtype[np.float32]]
    tokens: float | None


@dataclass
class Spent:
    """What one embedder was asked in this process."""

    cost: float = 0.0
    checked: bool = False
    """Whether it was seen to answer."""
    plain: bool = False
    """Whether the server knows no packed vectors."""
    asked: set[str] = field(default_factory=set)
    """Hashes of texts."""
    tokens: dict[str, float | None] = field(default_factory=dict)
    """By the hash of a text, those that were kept before as well."""
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class ApiEmbedder:
    """One model behind one address."""

    model: ServedModel
    asked: Embedding
    cache: Cache
    spent: Spent = field(default_factory=Spent, compare=False)

    @property
    def name(self) -> str:
        """Model and address, without what an address may hold in secret."""
        return self.model.name

    @cached_property
    def version(self) -> str:
        """Hash of what is known to shape its vectors, the code that asks for them included."""
        code = code_of(__name__, apart=[chat, served_model, systems])
        asked = self.asked
        return digest(code, self._content, asked.query_prompt, asked.passage_prompt, self._reads, self._counted)

    @property
    def _content(self) -> list[Any]:
        """What tells the vectors of a text."""
        return [self.name, self.asked.dimensions, self.asked.version]

    def told(self) -> dict[str, Any]:
        """What a run's provenance says of it."""
        return {"embedder": self.name, "embedder_counts": self._counted}

    def check(self, device: str) -> None:
        """Ask for one vector, whatever is kept: it can be reached, its key is taken, and the vector is as it should be."""
        del device
        if not self.spent.checked:
            vectors = [one.vector for one in self._request(["Is it open?"])]
            self._one_length([*vectors, *self._any_kept()])
            self.spent.checked = True

    def window(self, device: str) -> int:
        """Tokens of the longest text that it reads whole."""
        del device
        return self._reads

    def room(self, device: str, *, query: bool) -> tuple[int, Callable[[str], int]]:
        """How many tokens of a text it reads beside its prompt, and how to count them."""
        del device
        prompt = self.asked.query_prompt if query else self.asked.passage_prompt
        return self._reads - self._count(prompt), self._count

    def passages(self, texts: Sequence[str], device: str) -> Any:
        """One vector a text, float32, of length 1, for passages to be found by."""
        del device
        return self._vectors([self._sent(text) for text in texts], "passages")

    def queries(self, texts: Sequence[str], device: str) -> Any:
        """One vector a text, float32, of length 1, for what is looked up."""
        del device
        return self._vectors([self.asked.query_prompt + text for text in texts], "queries")

    def account(self, texts: Sequence[str]) -> dict[str, float]:
        """What it took to embed passages: tokens, where the server says; and how many were kept from an earlier run."""
        names = {_name(self._sent(text)) for text in texts}
        tokens = [self.spent.tokens.get(name) for name in names]
        known = {} if None in tokens else {"tokens": round(sum(filter(None, tokens)))}
        return {**known, "kept": len(names - self.spent.asked)}

    def missing(self, texts: Sequence[str], *, queries: bool) -> tuple[list[str], int]:
        """Those texts, as they would be sent, that nothing is kept of; and in how many requests."""
        sent = [self.asked.query_prompt + text if queries else self._sent(text) for text in texts]
        wanted = {_name(text): text for text in sent}
        found = self._kept(wanted, self.cache.journal(KEPT, digest(self._content, "queries" if queries else "passages")))
        left = [text for name, text in wanted.items() if name not in found]
        return left, len(list(self._batches(left)))

    def _sent(self, passage: str) -> str:
        return self.asked.passage_prompt + passage

    @cached_property
    def _reads(self) -> int:
        known = MODELS.get(self.model.model)
        return self.asked.max_tokens or (known.window if known else WINDOW)

    @cached_property
    def _counted(self) -> str:
        """How tokens are counted. Nothing is fetched for it."""
        if self.model.model in MODELS and extras.installed("tiktoken") and _table().is_file():
            return f"tiktoken {installed('tiktoken')}"
        return f"{BYTES_A_TOKEN} bytes a token"

    @cached_property
    def _encoding(self) -> Any:
        import tiktoken

        return tiktoken.get_encoding("cl100k_base")

    def _count(self, text: str) -> int:
        most = len(text.encode(errors="replace"))
        if self._counted.startswith("tiktoken"):
            return len(self._encoding.encode(text, disallowed_special=())) if most > self._reads else most  # a token has a byte
        return -(-most // BYTES_A_TOKEN)

    def _vectors(self, texts: Sequence[str], kind: str) -> Any:
        import numpy as np

        if not texts:
            return np.zeros((0, 1), "float32")
        wanted = {_name(text): text for text in texts}
        if kind == "queries" and not read_back():
            found = {one.text: one for one in self._request(list(wanted.values()))}
        else:
            found = self._kept_or_asked(wanted, self.cache.journal(KEPT, digest(self._content, kind)))
        self._one_length([one.vector for one in found.values()])
        vectors = np.stack([found[_name(text)].vector for text in texts])
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo("float32").tiny)

    def _kept_or_asked(self, wanted: Mapping[str, str], journal: Journal) -> dict[str, Embedded]:
        """By the hashes of texts. While some are asked for, nobody else asks: it may be for the same."""
        found = self._kept(wanted, journal)
        if len(found) == len(wanted):
            return found
        with journal.held():
            found = self._kept(wanted, journal)
            missing = [text for name, text in wanted.items() if name not in found]
            log.info("%s: embedding %d of %d texts, the others are kept", self.name, len(missing), len(wanted))
            for batch in self._asked(missing):
                journal.append({"text": one.text, "vector": _packed(one.vector), "tokens": one.tokens} for one in batch)
                found |= {one.text: one for one in batch}
        return found

    def _kept(self, wanted: Mapping[str, str], journal: Journal) -> dict[str, Embedded]:
        rows = (row for row in journal.rows() if row["text"] in wanted)
        found = {row["text"]: Embedded(row["text"], _vector(row["vector"]), row["tokens"]) for row in rows}
        self.spent.tokens.update({name: one.tokens for name, one in found.items()})
        return found

    def _any_kept(self) -> Iterator[Any]:
        """A vector that is kept, if there is one."""
        journal = self.cache.journal(KEPT, digest(self._content, "passages"))
        yield from (_vector(row["vector"]) for row in islice(journal.rows(), 1))

    def _asked(self, texts: Sequence[str]) -> Iterator[list[Embedded]]:
        """Vectors of texts that nothing is kept of, in batches as they come. What came before a failure is not lost."""
        yield from as_they_come(self._request, self._batches(texts), self.asked.max_concurrency, "proctor-embeddings")

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        batch, tokens = list[str](), 0
        for text in texts:
            count = self._count(text)
            if batch and (len(batch) == self._at_once or tokens + count > TOKENS):
                yield batch
                batch, tokens = [], 0
            batch.append(text)
            tokens += count
        if batch:
            yield batch

    @cached_property
    def _at_once(self) -> int:
        """Texts in a request: no more than the server takes, nor than a reply has room for that may be read."""
        known = MODELS.get(self.model.model)
        longest = self.asked.dimensions or (known.dimensions if known else LONGEST_VECTOR)
        most, letters = (ELSEWHERE, PLAIN) if self.model.url else (INPUTS, PACKED)
        return max(1, min(self.asked.max_inputs or most, BYTES // (longest * letters)))

    @cached_property
    def _endpoint(self) -> chat.ChatEndpoint:
        seconds = self.asked.timeout
        return chat.ChatEndpoint(self.model.url, self.model.key, seconds=seconds, longest=seconds, retries=RETRIES)

    def _request(self, texts: Sequence[str]) -> list[Embedded]:
        """One request.

        Raises:
            UnreachedError: there is no usable reply, or as much was spent as may be.
        """
        if self.asked.max_cost is not None and self.spent.cost >= self.asked.max_cost:
            why = f"embedding has cost {self.spent.cost:.4g} in this run, and max_cost is {self.asked.max_cost:g}"
            raise UnreachedError(f"embedder {self.name}: {why}: raise it and run again")
        fields: dict[str, Any] = {"model": self.model.model, "input": [text if text.strip() else BLANK for text in texts]}
        fields |= {"dimensions": self.asked.dimensions} if self.asked.dimensions else {}
        try:
            reply = self._replied(fields)
            found = chat.listing(reply, "data", "embeddings")
            vectors = [_vector(one) for one in _in_order(found["data"], len(texts))]
            self._right(vectors)
        except chat.RefusedError as error:
            raise UnreachedError(f"embedder {self.name} refuses the request: {error}{self._hint(str(error))}") from None
        except chat.ChatError as error:
            raise UnreachedError(f"embedder {self.name} cannot be used: {error}{self._hint(str(error)) or REMEDY}") from None
        except ValueError as error:
            raise UnreachedError(f"embedder {self.name}: {error}") from None
        return self._embedded(texts, vectors, _tokens(found))

    def _replied(self, fields: Mapping[str, Any]) -> chat.ChatReply:
        """What comes back, with vectors packed where the server can do that: a third of the length."""
        if self.spent.plain:
            return self._endpoint.reply("embeddings", **fields)
        try:
            return self._endpoint.reply("embeddings", **fields, encoding_format="base64")
        except chat.RefusedError as error:
            if "encoding_format" not in str(error) and "base64" not in str(error):
                raise
        self.spent.plain = True
        return self._endpoint.reply("embeddings", **fields)

    def _embedded(self, texts: Sequence[str], vectors: Sequence[Any], tokens: int | None) -> list[Embedded]:
        letters = sum(len(text) + 1 for text in texts)
        shares = [None if tokens is None else tokens * (len(text) + 1) / letters for text in texts]
        found = [Embedded(_name(text), vector, share) for text, vector, share in zip(texts, vectors, shares, strict=True)]
        with self.spent.lock:
            self.spent.cost += (tokens or 0) * (self.asked.input_price or 0.0) / 1_000_000
            self.spent.asked.update(one.text for one in found)
            self.spent.tokens.update({one.text: one.tokens for one in found})
        return found

    def _right(self, vectors: Sequence[Any]) -> None:
        """Raise where vectors are not as they should be (ValueError)."""
        import numpy as np

        lost = sum(not np.isfinite(vector).all() for vector in vectors)
        if lost:
            raise ValueError(f"it makes no finite vector of {lost} of {len(vectors)} texts: use another one")
        wrong = {len(vector) for vector in vectors} - ({self.asked.dimensions} if self.asked.dimensions else set())
        if self.asked.dimensions and wrong:
            remedy = "it cannot shorten its vectors: leave dimensions out"
            raise ValueError(f"dimensions is {self.asked.dimensions}, and its vectors have {wrong.pop()}: {remedy}")

    def _one_length(self, vectors: Sequence[Any]) -> None:
        lengths = sorted({len(vector) for vector in vectors})
        if len(lengths) > 1:
            what = f"its vectors have {' and '.join(map(str, lengths))} numbers, some of them kept from an earlier run"
            raise UnreachedError(f"embedder {self.name}: {what}; if another model is behind it now, set embedding.version")

    def _hint(self, refusal: str) -> str:
        """What to do about a refusal, where that is known."""
        low = refusal.lower()
        if any(word in low for word in ("context length", "too long", "maximum input", "must have less than", "max_model_len")):
            return f"; set embedding.max_tokens to what it reads (now {self._reads}, {self._counted})"
        if "batch" in low:
            return f"; set embedding.max_inputs to what it takes at once (now {self._at_once})"
        return "; leave dimensions out" if "dimensions" in low and self.asked.dimensions else ""


REMEDY = "; see that it runs, that the address ends in /v1 or as its manual says, and that the key is right"


def named(rest: str, system: System, cache: Cache) -> ApiEmbedder:
    """The embedder that stands behind ``openai:``.

    Raises:
        InputError: nothing usable stands there, or a key is missing.
    """
    return _shared(served_model.find("embedder", rest, system.embedding.key, EXAMPLE), system.embedding, cache)


@lru_cache(maxsize=16)
def _shared(model: ServedModel, asked: Embedding, cache: Cache) -> ApiEmbedder:
    """One for all systems that ask it alike: what it may cost is for all of them."""
    return ApiEmbedder(model, asked, cache)


def _name(text: str) -> str:
    return digest(text)[:32]


def _table() -> Path:
    """Where tiktoken has what it needs, so that it fetches nothing."""
    usual = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR", usual))
    return Path(folder or os.devnull) / TABLE  # an empty name tells tiktoken to keep nothing


def _packed(vector: Any) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def _vector(given: Any) -> Any:
    """A vector out of a list of numbers, or of 32-bit floats in base64; ValueError where it is neither."""
    import numpy as np

    try:
        if isinstance(given, str):
            return np.frombuffer(base64.b64decode(given, validate=True), "<f4").astype("float32")
        made = np.array(given, "float32")
    except (ValueError, TypeError):
        made = np.zeros((0, 0), "float32")
    if made.ndim != 1 or not len(made):
        raise ValueError("a vector in its reply is no list of numbers")
    return made


def _in_order(data: Sequence[Any], count: int) -> list[Any]:
    """The vectors of a reply in the order of the texts."""
    if len(data) != count or not all(isinstance(one, Mapping) and "embedding" in one for one in data):
        raise ValueError(
            f"{counted(count, 'text')} sent, but {counted(len(data), 'vector')} came back, or something else than vectors"
        )
    places = [one.get("index", place) for place, one in enumerate(data)]
    if sorted(map(str, places)) != sorted(map(str, range(count))):
        raise ValueError("the indexes in its reply do not say which vector belongs to which text")
    return [one["embedding"] for _, one in sorted(zip(places, data, strict=True), key=lambda pair: int(pair[0]))]


def _tokens(found: Mapping[str, Any]) -> int | None:
    """Tokens that the request took; None where it does not say."""
    usage = found.get("usage")
    told = usage.get("prompt_tokens", usage.get("total_tokens")) if isinstance(usage, Mapping) else None
    return told if isinstance(told, int) and told > 0 else None
