"""``rewrite = "rewrite"``: the question as a query for a search engine; of a conversation, its last question made to stand alone.

As in Ma et al. 2023, "Query Rewriting for Retrieval-Augmented Large Language Models" (EMNLP), by a model not trained for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from proctor.core.code import code_of
from proctor.models.generation.limits import Ends

ASKED = (
    "Write one query for a search engine, with which documents are found that answer the question below. "
    "If it is a conversation, the query is about its last question and stands alone: it names what that question "
    "refers to. Keep names, numbers and the language of the question. Reply with the query alone."
)
LEAD = "Search query:"
_LEAD = re.compile(r"\s*(?:search\s+)?query\s*:\s*", re.IGNORECASE)
_QUOTES = "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb* "


@dataclass(frozen=True)
class Query:
    """A query in place of the question."""

    tokens: int = 64
    ends: Ends = "line"
    meaning: bool = False

    @property
    def version(self) -> str:
        """Hash of prompt and code."""
        return code_of(__name__)

    def prompt(self, question: str) -> str:
        """What the model is asked."""
        return f"{ASKED}\n\nQuestion: {question}\n{LEAD}"

    def read(self, said: str) -> str:
        r"""The first line that says something, without what models put around it.

        >>> Query().read('\nSearch query: "weight of the Orbis lamp"\nIt finds the weight.')
        'weight of the Orbis lamp'
        """
        lines = (_LEAD.sub("", line, count=1).strip(_QUOTES) for line in said.splitlines())
        return next(filter(None, lines), "")


def rewriter() -> Query:
    """One of it."""
    return Query()
