"""What each part of retrieval changes: systems that differ in that part and in nothing else, paired question by question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from proctor.core.schema import Better
from proctor.evals.axes.catalogue import axis, followed
from proctor.evals.stats.comparison import ALPHA, corrected
from proctor.leaderboard.analysis.effects import UNITS, EffectParts, cautions, contrast_of, p_of
from proctor.leaderboard.analysis.recall import leading
from proctor.leaderboard.analysis.section import Section
from proctor.leaderboard.analysis.series import rounded

PARTS: Mapping[str, tuple[str, ...]] = {
    "chunker": ("chunker", "chunk_chars", "chunk_overlap", "chunk_tokens"),
    "embedder": ("embedder", "embedding", "embedder_content", "embedder_counts"),
    "store": ("store", "store_settings"),
    "retrieval and fusion": ("retrieve", "bm25", "search.fusion", "search.weights"),
    "reranker": ("search.rerank", "search.candidates", "search.reranking"),
    "query rewriting": ("search.rewrite",),
    "diversity": ("search.mmr",),
    "expansion": ("search.expand",),
    "filter": ("search.filter",),
    "passages shown": ("top_k", "min_score"),
}
"""Part of retrieval -> the settings that make it up; the first is what it is called by."""
OTHERWISE = {"chunker": "recursive", "store": "faiss", "search.fusion": "rrf"}
"""What a setting is that provenance does not name; any other is none."""
HASHES = ("embedder_content", "embedder_counts")
"""Settings that say nothing to a reader, unless they alone differ."""


@dataclass(frozen=True)
class PartEffect:
    """What one part of retrieval changes in one metric, from one system to another."""

    suite: str
    base_model: str
    part: str
    before: str
    after: str
    system: str
    """The later of the two in the table of systems, less which the difference is taken."""
    than: str
    metric: str
    unit: str
    better: Better
    value: float
    ci_low: float
    ci_high: float
    n: int
    p: float
    """Two-sided, corrected for all such effects of the section (Benjamini and Hochberg 1995)."""
    caution: str

    @property
    def significant(self) -> bool:
        """Whether the corrected test finds an effect, and the interval leaves zero out."""
        return self.p < ALPHA and not self.ci_low <= 0 <= self.ci_high


def part_effects(sections: Iterable[Section]) -> Iterator[PartEffect]:
    """All effects of parts on what a reader asks of retrieval and of answers; none where no two systems differ in one part."""
    for section in sections:
        found = list(_of_section(section))
        for effect, p in zip(found, corrected([effect.p for effect in found], "bh"), strict=True):
            yield replace(effect, p=rounded(p))


def _of_section(section: Section) -> Iterator[PartEffect]:
    pairs = list(differing(section.systems))
    shown = {*followed(), leading(section)}
    for metric in section.metrics if pairs else ():
        if metric not in shown and axis(metric) != "retrieval":
            continue
        columns = {name: series for name, series in section.metrics[metric].items() if series.unit in UNITS}
        known = section.variation(metric)
        for part, before, after, than, system in pairs:
            if not {than, system} <= columns.keys():
                continue
            two: EffectParts = [(1, columns[system]), (-1, columns[than])]
            if change := contrast_of(section, two):
                first = two[0][1].first
                about = (section.suite, section.base_model, part, before, after, system, than, metric, first.unit, first.better)
                ends = (rounded(change.value), rounded(change.low), rounded(change.high))
                p, caution = p_of(section, two, known), "; ".join(cautions(section, two, known))
                yield PartEffect(*about, *ends, change.n, p, caution)


def differing(systems: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str, str]]:
    """Retrieving systems that differ in one part alone: part, what it was, what it is, earlier and later system.

    Of several that a system differs from in the same part, the first of the table is what it is compared with.
    """
    compared = set[tuple[str, str]]()
    flat = {name: _flat(about.get("settings") or {}) for name, about in systems.items() if isinstance(about, Mapping)}
    retrieving = {name: settings for name, settings in flat.items() if settings.get("retrieve") not in (None, "none")}
    for (than, mine), (system, theirs) in combinations(retrieving.items(), 2):
        apart = {key for key in mine.keys() | theirs.keys() if _value(mine, key) != _value(theirs, key)}
        parts = [part for part, keys in PARTS.items() if apart & {*keys}]
        if len(parts) == 1 and apart <= {*PARTS[parts[0]]} and (parts[0], system) not in compared:
            compared.add((parts[0], system))
            keys = _told([key for key in PARTS[parts[0]] if key in apart])
            yield parts[0], _said(mine, keys, parts[0]), _said(theirs, keys, parts[0]), than, system


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    search = settings.get("search")
    inner = {f"search.{key}": value for key, value in search.items()} if isinstance(search, Mapping) else {}
    return {key: value for key, value in settings.items() if key != "search"} | inner


def _value(settings: Mapping[str, Any], key: str) -> Any:
    value = settings.get(key)
    return OTHERWISE.get(key) if value is None else value


def _told(keys: Sequence[str]) -> list[str]:
    """The settings that a reader is told of."""
    return [key for key in keys if key not in HASHES] or list(keys)


def _said(settings: Mapping[str, Any], keys: Sequence[str], part: str) -> str:
    """The settings as text; the one that a part is called by needs no name."""
    texts = []
    for key in keys:
        text = _text(_value(settings, key))
        texts.append(text if key == PARTS[part][0] else f"{key.removeprefix('search.')} {text}")
    return ", ".join(texts)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " + ".join(map(_text, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(one)}" for key, one in value.items() if one not in (None, ""))
    return "none" if value is None else str(value)
