"""Passages looked up by the words that they share with a question, weighed by BM25."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.core.reading.problems import closest
from proctor.core.schema import InputError
from proctor.models.retrieval import words
from proctor.models.retrieval.passages import EngineSearch, Hits, Passage, best

INDEX = "bm25"


@dataclass(frozen=True)
class Words:
    """An index of words, or of their stems."""

    language: str | None = None
    """Whose stems; None: words as they are."""

    def __post_init__(self) -> None:
        """Refuse a language that there are no stems of."""
        if self.language is None:
            return
        from Stemmer import algorithms

        if self.language not in algorithms():
            raise InputError(f"bm25.stem: {closest(self.language, sorted(algorithms()))}")

    @property
    def version(self) -> list[str]:
        """What shapes its scores: the code and what decides about letters and stems."""
        stems = [self.language, installed("PyStemmer")] if self.language else []
        libraries = [installed(name) for name in ("bm25s", "regex")]
        return [code_of(__name__), unicodedata.unidata_version, *libraries, *stems]

    def words(self, text: str) -> list[str]:
        """What a text can be found by."""
        found = words.words(text)
        return _stemmer(self.language).stemWords(found) if self.language else found

    def warm_up(self) -> None:
        """Load the libraries."""
        import bm25s  # noqa: F401

        words.words("")

    def build(self, passages: Sequence[Passage], folder: Path, previous_index: Path | None) -> None:
        """Leave the index in ``folder``. Where no passage has a word there is nothing to leave."""
        import bm25s

        del previous_index  # a word's weight hangs on all passages
        vocabulary: dict[str, int] = {}
        ids = [[vocabulary.setdefault(word, len(vocabulary)) for word in self.words(one.text)] for one in passages]
        if vocabulary:
            index = bm25s.BM25()
            index.index(bm25s.tokenization.Tokenized(ids, vocabulary), show_progress=False)
            index.save(str(folder / INDEX))

    def open(self, folder: Path) -> EngineSearch:
        """A search; a passage that shares no word with a question is not found."""
        import bm25s

        if not (folder / INDEX).exists():
            return lambda queries, _: [[] for _ in queries]
        index = bm25s.BM25.load(str(folder / INDEX))

        def search(queries: Sequence[str], k: int) -> list[Hits]:
            return [_found(index, self.words(query), k) for query in queries]

        return search


@lru_cache(maxsize=4)
def _stemmer(language: str) -> Any:
    from Stemmer import Stemmer

    return Stemmer(language)


def _found(index: Any, query: Sequence[str], k: int) -> Hits:
    known = [index.vocab_dict[word] for word in query if word in index.vocab_dict]
    if not known:
        return []
    scores = index.get_scores_from_ids(known)
    return best({int(place): float(scores[place]) for place in scores.nonzero()[0]}, k)
