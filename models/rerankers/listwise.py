"""A language model as a reranker: ``openai:MODEL@URL``. It is shown several passages and lists them, the best first.

After RankGPT (Sun et al. 2023, "Is ChatGPT Good at Search?", EMNLP): a window of `WINDOW` passages slides from the worst to the
best, by `STEP` at a time, so that a good passage is carried to the front. A reply that cannot be understood leaves the order as
it was, and is counted. An order is asked for once and kept by question and passages, over runs.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from proctor.core import chat, http
from proctor.core.code import code_of
from proctor.core.counts import counted
from proctor.core.pool import as_they_come
from proctor.core.schema import UnreachedError
from proctor.core.storage.cache import Cache, digest
from proctor.core.storage.once import KeptRow, once
from proctor.models import reranking, served_model
from proctor.models.embedders.timing import read_back
from proctor.models.generation import stopwatch
from proctor.models.generation.served import Heard, Served, TooLongError
from proctor.models.rerankers.state import RerankerState
from proctor.models.reranking import Reranking
from proctor.models.served_model import ServedModel
from proctor.models.systems import OpenAI

log = logging.getLogger("proctor")

EXAMPLE = "http://127.0.0.1:8000/v1"
RETRIES = 5
"""Requests repeated when the server is busy, broken or silent, as long as one may take."""
WINDOW, STEP = 20, 10
"""Passages that are listed together, and by how many the next window is nearer to the front."""
TOKENS, SPARE = 8, 32
"""New tokens that a passage's number may take in a reply, and those around all of them."""
KEPT = "listed"
_MARKED = re.compile(r"\[\s*(\d{1,6})\s*\]")
_BARE = re.compile(r"\W*\d{1,6}(?:(?:\s*[>,;]\s*|\s+)\d{1,6})*\W*")
_NUMBER = re.compile(r"\d+")
REMEDY = "see that it runs, that the address ends in /v1 or as its manual says, and that the key is right"


@dataclass(frozen=True)
class ListwiseReranker:
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
        """Hash of what is known to shape its order, the prompt and the code that asks for it included."""
        return digest(code_of(__name__, apart=[chat, http, reranking, served_model, stopwatch]), self._content)

    @property
    def _content(self) -> list[Any]:
        """What tells an order: the prompt, too, as it is its own."""
        return [self.name, self.asked.version, self._window, prompt("question", ["one", "two"]), self.asked.thought_tokens]

    @property
    def _window(self) -> int:
        return self.asked.max_inputs or WINDOW

    def check(self, device: str) -> None:
        """Have it list two passages, whatever is kept: it can be reached, and its key is taken."""
        del device
        if not self.spent.checked:
            self._heard(prompt("Is it open?", ["It is open.", "It weighs 3 kg."]), 2)
            self.spent.checked = True

    def scores(self, queries: Sequence[str], texts: Sequence[Sequence[str]], device: str) -> list[list[float]]:
        """For each question one over the place of each of its passages in the model's order."""
        del device
        names = [_name(query, some) for query, some in zip(queries, texts, strict=True)]
        lists = {
            name: (name, query, list(some)) for name, query, some in zip(names, queries, texts, strict=True) if len(some) > 1
        }
        found = once(self.cache.journal(KEPT, digest(self._content)), lists, self._missing, anew=not read_back())
        self.spent.known |= found
        self._tell(found)
        orders = [found[name]["order"] if name in found else range(len(some)) for name, some in zip(names, texts, strict=True)]
        return [_scores(order) for order in orders]

    def account(self, query: str, texts: Sequence[str]) -> dict[str, float]:
        """Requests and tokens that this order took, their price, and how many replies could not be understood."""
        row = self.spent.known.get(_name(query, texts))
        if row is None:
            return {}
        money = {"money": self.asked.price(row["tokens"], row["written"], row["requests"])} if self.asked.priced else {}
        return {name: row[name] for name in ("requests", "tokens", "written", "unread")} | money

    def told(self) -> dict[str, Any]:
        """What a run's provenance says of it."""
        return {"reranker": self.name}

    def _tell(self, found: Mapping[str, KeptRow]) -> None:
        unread, all_of = (sum(row[name] for row in found.values()) for name in ("unread", "requests"))
        if unread:
            said = "%s: %d of %d replies list no passages that could be read, and left the order as it was"
            log.warning(said, self.name, unread, all_of)

    def _missing(self, lists: Mapping[str, tuple[str, str, list[str]]]) -> Iterator[dict[str, KeptRow]]:
        log.info("%s: %s to rerank for", self.name, counted(len(lists), "question"))
        yield from as_they_come(self._ordered, lists.values(), self.asked.max_concurrency, "proctor-rerankers")

    def _ordered(self, asked: tuple[str, str, list[str]]) -> dict[str, KeptRow]:
        """The order of one question's passages, window by window."""
        name, query, texts = asked
        order, row = list(range(len(texts))), {"requests": 0, "tokens": 0, "written": 0, "unread": 0}
        for start, end in windows(len(texts), self._window, max(1, self._window * STEP // WINDOW)):
            shown = order[start:end]
            heard = self._heard(prompt(query, [texts[place] for place in shown]), len(shown))
            listed = read(heard.text, len(shown))
            order[start:end] = [shown[place] for place in listed or range(len(shown))]
            for what, more in (("requests", 1), ("tokens", heard.prompt_tokens), ("written", heard.tokens)):
                row[what] += more
            row["unread"] += listed is None
        return {name: {"order": order, **row}}

    def _heard(self, asked: str, count: int) -> Heard:
        """One request.

        Raises:
            UnreachedError: there is no usable reply, or as much was spent as may be.
        """
        self.spent.within(self.asked.max_cost, self.name)
        self._endpoint.ready()
        try:
            heard = http.run(self._served.say(asked))
        except TooLongError as error:
            what = "set a smaller reranking.max_inputs or chunk_chars"
            raise UnreachedError(f"reranker {self.name} has no room for {counted(count, 'passage')}: {error}; {what}") from None
        except chat.ChatError as error:
            raise UnreachedError(f"reranker {self.name} cannot be used: {error}; {REMEDY}") from None
        with self.spent.lock:
            self.spent.money += self.asked.price(heard.prompt_tokens, heard.tokens, 1)
        return heard

    @cached_property
    def _served(self) -> Served:
        settings = OpenAI(thought_tokens=self.asked.thought_tokens)
        return Served(self.model.model, self._endpoint, settings, SPARE + TOKENS * self._window, "line")

    @cached_property
    def _endpoint(self) -> chat.ChatEndpoint:
        seconds = self.asked.timeout
        return chat.ChatEndpoint(self.model.url, self.model.key, seconds=seconds, longest=seconds, retries=RETRIES)


def named(rest: str, asked: Reranking, cache: Cache) -> ListwiseReranker:
    """The reranker that stands behind ``openai:``.

    Raises:
        InputError: nothing usable stands there, or a key is missing.
    """
    return _shared(served_model.find("rerank", rest, asked.key or served_model.KEYS["openai"], EXAMPLE), asked, cache)


@lru_cache(maxsize=16)
def _shared(model: ServedModel, asked: Reranking, cache: Cache) -> ListwiseReranker:
    """One for all systems that ask it alike: what it may cost is for all of them."""
    return ListwiseReranker(model, asked, cache)


def prompt(question: str, texts: Sequence[str]) -> str:
    r"""What a model is asked that is to list passages.

    >>> prompt("How heavy is it?", ["It is red.", "It weighs 2 kg."]).splitlines()[2:4]
    ['[1] It is red.', '[2] It weighs 2 kg.']
    """
    shown = "\n".join(f"[{number}] {' '.join(text.split())}" for number, text in enumerate(texts, 1))
    return (
        f"Below are {len(texts)} passages, each behind its number in brackets, and a question.\n\n{shown}\n\n"
        f"Question: {' '.join(question.split())}\n\n"
        f"Rank all {len(texts)} passages by how well each helps to answer the question. Reply with their numbers alone, "
        "the best first, in this form: [2] > [1]"
    )


def read(reply: str, count: int) -> list[int] | None:
    """The order in a reply to a list of so many passages, as places from 0; None where it lists none of them.

    Numbers that come again or that no passage has are passed over; passages that are not listed follow in their old order.

    >>> read("Ranking: [3] > [1] > [3] > [9]", 4)
    [2, 0, 1, 3]
    """
    numbers = _MARKED.findall(reply) or (_NUMBER.findall(reply) if _BARE.fullmatch(reply) else [])
    places = dict.fromkeys(int(number) - 1 for number in numbers)
    listed = [place for place in places if 0 <= place < count]
    return [*listed, *(place for place in range(count) if place not in places)] if listed else None


def windows(count: int, size: int, step: int) -> Iterator[tuple[int, int]]:
    """First place and end of each window over so many passages, the last passages first.

    >>> list(windows(35, 20, 10))
    [(15, 35), (5, 25), (0, 15)]
    """
    end = count
    while end > 0:
        start = max(0, end - size)
        yield start, end
        if start == 0:
            return
        end -= step


def _scores(order: Sequence[int]) -> list[float]:
    """By the places of the passages: 1, 1/2, 1/3, ... as they are listed."""
    ranks = {place: rank for rank, place in enumerate(order, 1)}
    return [round(1 / ranks[place], 6) for place in range(len(ranks))]


def _name(query: str, texts: Sequence[str]) -> str:
    return digest(query, list(texts))[:32]
