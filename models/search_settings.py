"""How passages are searched for, beyond the retrievers that find them: ``[NAME.search]`` of a table of systems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal

from proctor.core.reading.ranges import Range
from proctor.core.reading.shown import shown
from proctor.core.reading.tables import Contradiction, TextSetting, either
from proctor.core.redaction import public_name
from proctor.models import reranking
from proctor.models.reranking import Reranking, RerankSetting
from proctor.models.rewriting import BY_WORDS, RewriteSetting

CANDIDATES = 20
"""Passages found at least where a later stage chooses among them."""
PARENT = 4000
"""Letters of the longest section that is shown in place of a passage, where ``expand`` says nothing else."""
EXPAND = re.compile(r"none|window:(?P<window>[1-9]\d{0,3})|parent(:(?P<parent>[1-9]\d{1,8}))?")
WEIGHING = Range(0, 1_000_000, "a weight")
Filter = tuple[tuple[str, tuple[str, ...]], ...]
"""Fields of front matter with the values of which a document must have one, for each field."""


class WeightsSetting:
    """What ``weights`` may be."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        if not isinstance(value, list) or not value:
            return f"expected a list of numbers, such as [0.7, 0.3], not {shown(value)}"
        wrong = next(filter(None, map(WEIGHING.wrong, value)), "")
        return wrong or ("" if any(value) else "expected a list of numbers of which one is more than 0")

    def read(self, value: Sequence[float]) -> tuple[float, ...]:
        """The list as it is kept."""
        return tuple(map(float, value))


class FilterSetting:
    """What ``filter`` may be: values are compared as texts, as front matter has no others."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        if not isinstance(value, dict) or not value:
            return f'expected a table of fields, such as {{language = "en"}}, not {shown(value)}'
        for field, wanted in value.items():
            if not all(isinstance(one, str | int | float | date) for one in _listed(wanted)) or not _listed(wanted):
                return f"expected a text or a list of texts for {shown(str(field))}, not {shown(wanted)}"
        return ""

    def read(self, value: Mapping[str, Any]) -> Filter:
        """The table as it is kept."""
        return tuple((field, tuple(map(as_text, _listed(wanted)))) for field, wanted in value.items())


def as_text(value: object) -> str:
    """A value as front matter would say it; the case of its letters is nothing there."""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _listed(wanted: object) -> list[Any]:
    return wanted if isinstance(wanted, list) else [wanted]


class RetrieveSetting:
    """What ``retrieve`` may be: a name, or a list of names whose finds are put together."""

    def __init__(self, known: Any, none: str = "none") -> None:
        self.known, self.none = known, none

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        names = [self.none, *self.known]
        if isinstance(value, str):
            return "" if value in names else f"expected {either(names)}, or a list of several, not {shown(value)}"
        if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
            return f'expected a name or a list of names, such as ["dense", "bm25"], not {shown(value)}'
        wrong = next((one for one in value if one not in self.known), None)
        if wrong is not None:
            return f"expected a list of {either([*self.known])}, and {shown(wrong)} is none of them"
        return "expected each name once" if len({*value}) < len(value) else ""

    def read(self, value: str | Sequence[str]) -> str | tuple[str, ...]:
        """A list of one name is that name."""
        return value if isinstance(value, str) else value[0] if len(value) == 1 else tuple(value)


@dataclass(frozen=True)
class Search:
    """What happens between a question and the passages in its prompt. ``models/systems.toml`` says what each field means."""

    fusion: Literal["rrf", "weights"] = "rrf"
    weights: Annotated[tuple[float, ...], WeightsSetting()] = ()
    candidates: Annotated[int | None, Range(1, 10_000, "passages", whole=True)] = None
    mmr: Annotated[float | None, Range(0, 1, "how much nearness to the question counts")] = None
    rerank: Annotated[str | None, RerankSetting()] = None
    reranking: Reranking = reranking.UNSET
    rewrite: Annotated[str | None, RewriteSetting()] = None
    expand: Annotated[str, TextSetting('"none", "window:N", "parent" or "parent:LETTERS"', 50, like=EXPAND.fullmatch)] = "none"
    filter: Annotated[Filter, FilterSetting()] = ()

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        if self.weights and self.fusion != "weights":
            yield ("weights",), "ranks are put together, and nothing is weighed", 'leave it out, or add fusion = "weights"'
        if self.fusion == "weights" and not self.weights:
            yield ("fusion",), "nothing says what counts how much", "add weights = [...], a number for each retriever"
        if self.reranking != reranking.UNSET and (self.rerank or "").partition(":")[0] in ("", *reranking.LOCAL):
            what = "no reranker is asked over an API"
            yield ("reranking",), what, 'leave it out, or add rerank = "rerank:MODEL@URL"'

    @property
    def told(self) -> dict[str, Any]:
        """What of it is set, as plain data, without what is secret in the address of a reranker."""
        shown = replace(self, rerank=self.rerank and public_name(self.rerank))
        found = {name: value for name, value in vars(shown).items() if value != getattr(PLAIN, name)}
        asked = {name: value for name, value in vars(self.reranking).items() if value != getattr(reranking.UNSET, name)}
        return found | ({"reranking": asked} if asked else {})

    @property
    def shaping(self) -> dict[str, Any]:
        """What shapes a search and has no version of its own, as what reranks and rewrites has."""
        return {name: value for name, value in vars(self).items() if name not in ("rerank", "reranking", "rewrite")}

    @property
    def window(self) -> int:
        """Passages that are shown on each side of one that was found."""
        found = EXPAND.fullmatch(self.expand)
        return int(found["window"] or 0) if found else 0

    @property
    def parent(self) -> int:
        """Letters of the longest section that is shown in place of a passage; 0 where none is."""
        found = EXPAND.fullmatch(self.expand)
        return int(found["parent"] or PARENT) if found and self.expand.startswith("parent") else 0

    def shows(self, letters: int) -> int:
        """About how many letters are shown of a document where a passage of so many was found."""
        return max(self.parent, letters * (2 * self.window + 1))

    def wide(self, count: int, retrievers: int) -> int:
        """How many passages each retriever finds where so many are wanted in the end."""
        chooses = retrievers > 1 or self.rerank is not None or self.mmr is not None
        return max(count, self.candidates or (CANDIDATES if chooses else 0))


PLAIN = Search()


def contradictions(search: Search, retrievers: Sequence[str], top_k: int) -> Iterator[Contradiction]:
    """What of a search does not fit the rest of its row."""
    if search != PLAIN and not retrievers:
        yield ("search",), "nothing is searched", 'leave it out, or add retrieve = "dense"'
        return
    if search.fusion == "weights" and len(retrievers) < 2:
        what = "there is one retriever, and nothing to put together"
        yield ("search", "fusion"), what, 'leave it out, or write retrieve = ["dense", "bm25"]'
    elif search.weights and len(search.weights) != len(retrievers):
        what = f"{len(search.weights)} weights for {len(retrievers)} retrievers"
        yield ("search", "weights"), what, f"write a number for each of {', '.join(retrievers)}"
    if search.candidates is not None and search.candidates < top_k:
        what = f"{search.candidates} passages are found, and top_k of them are shown: {top_k}"
        yield ("search", "candidates"), what, f"write at least {top_k}, or lower top_k"
    if search.rewrite == "hyde" and {*retrievers} <= {*BY_WORDS}:
        what = "a passage is embedded in place of the question, and this search embeds nothing"
        yield ("search", "rewrite"), what, 'write rewrite = "rewrite", or add "dense" to retrieve'
    if search.mmr is not None and "dense" not in retrievers:
        what = "how alike passages are is told by their vectors, and there are none"
        yield ("search", "mmr"), what, 'leave it out, or add "dense" to retrieve'
