"""Verdicts of a judge, kept each for itself: whatever else changes, nobody is asked, or paid, for the same verdict twice.

What a judge says rests on the judge and on what it is shown, and on nothing else of an exam. So each verdict is kept under the
judge's version and a hash of what it was shown. A judge that came to no verdict is asked again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from proctor.core.redaction import within
from proctor.core.storage.cache import Cache, Journal, digest
from proctor.evals.judges.panel import Panel
from proctor.evals.judges.protocols import ChatJudge, EntailingJudge, EntailmentInput, Judge, Schema, chats

if TYPE_CHECKING:
    from pydantic import BaseModel

KIND = "verdicts"
"""The folder of the cache."""


def kept(judge: Judge, cache: Cache) -> Judge:
    """The judge, its verdicts kept in the cache; of a panel, each member's for itself."""
    if isinstance(judge, Panel):
        return Panel(tuple(kept(member, cache) for member in judge.members))
    verdicts = KeptVerdicts(judge, cache)
    return KeptChat(judge, verdicts) if chats(judge) else KeptEntailing(judge, verdicts)


class KeptVerdicts:
    """What one judge said, by hashes of what it was shown. Used from several threads and processes at once."""

    def __init__(self, judge: Judge, cache: Cache) -> None:
        self._judge, self._cache = judge, cache
        self._lock = threading.Lock()
        self._known: dict[str, Any] = {}
        self._read = 0
        """Bytes of the journal that are known."""

    @cached_property
    def _journal(self) -> Journal:
        """Opened by the first verdict: a version is a hash of code, for which all of it is read."""
        return self._cache.journal(KIND, digest(self._judge.version))

    def of(self, asked: Sequence[str]) -> list[Any]:
        """What was said of each; None where nothing was."""
        with self._lock:
            if self._journal.size() != self._read and not all(one in self._known for one in asked):
                self._look()
            return [self._known.get(one) for one in asked]

    def _look(self) -> None:
        """Read what earlier runs and other processes wrote."""
        with self._journal.lock() as rows:
            self._read = self._journal.size()
            self._known = {row["asked"]: row["said"] for row in rows}

    def keep(self, said: Mapping[str, Any]) -> None:
        """Keep what was said, without secrets; None takes back what was kept."""
        rows = {asked: within(one) for asked, one in said.items()}
        with self._lock:
            self._read += self._journal.add({"asked": asked, "said": one} for asked, one in rows.items())
            self._known |= rows


class KeptEntailing:
    """An entailing judge that is asked about each pair once."""

    def __init__(self, judge: EntailingJudge, verdicts: KeptVerdicts) -> None:
        self._judge, self._verdicts = judge, verdicts

    @property
    def name(self) -> str:
        """The judge's own."""
        return self._judge.name

    @property
    def version(self) -> str:
        """The judge's own."""
        return self._judge.version

    def claims(self, question: str, answer: str) -> list[str]:
        """The judge's own: they take no model, and are not kept."""
        return self._judge.claims(question, answer)

    def supports(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """For each pair, whether the passages together bear the claim out."""
        return self._once("supports", self._judge.supports, pairs)

    def contradicts(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """For each pair, whether the passages say otherwise than the answer."""
        return self._once("contradicts", self._judge.contradicts, pairs)

    def _once(
        self, what: str, ask: Callable[[Sequence[EntailmentInput]], list[bool]], pairs: Sequence[EntailmentInput]
    ) -> list[bool]:
        names = [digest(what, pair) for pair in pairs]
        known = dict(zip(names, self._verdicts.of(names), strict=True))
        missing = {name: pair for name, pair in zip(names, pairs, strict=True) if known[name] is None}
        if missing:
            new = dict(zip(missing, ask(list(missing.values())), strict=True))
            self._verdicts.keep(new)
            known |= new
        return [known[name] for name in names]


class KeptChat:
    """A chat judge that is asked each prompt once."""

    def __init__(self, judge: ChatJudge, verdicts: KeptVerdicts) -> None:
        self._judge, self._verdicts = judge, verdicts

    @property
    def name(self) -> str:
        """The judge's own."""
        return self._judge.name

    @property
    def version(self) -> str:
        """The judge's own."""
        return self._judge.version

    def complete(self, prompt: str, schema: type[Schema]) -> Schema:
        """An instance of the schema; JudgeError if none could be had."""
        name = _name(prompt, schema)
        (said,) = self._verdicts.of([name])
        if said is not None:
            return schema.model_validate(said)
        found = self._judge.complete(prompt, schema)
        self._verdicts.keep({name: found.model_dump(mode="json")})
        return found

    def take_back(self, prompt: str, schema: type[BaseModel]) -> None:
        """Ask again the next time: it was no use."""
        self._verdicts.keep({_name(prompt, schema): None})


def _name(prompt: str, schema: type[BaseModel]) -> str:
    return digest(prompt, _form(schema))


@lru_cache(maxsize=64)
def _form(schema: type[BaseModel]) -> str:
    return digest(schema.__name__, schema.model_json_schema())
