"""``rewrite = "hyde"``: a passage that might answer the question is embedded in the question's place.

Hypothetical document embeddings (Gao et al. 2023, "Precise Zero-Shot Dense Retrieval without Relevance Labels", ACL). What the
passage says need not be true: it stands nearer to the passages that are looked for than the question does. It is written greedily
and once, where the paper averages several that are drawn. Words are looked up with the question, as those of the passage
are a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from proctor.core.code import code_of
from proctor.models.generation.limits import Ends

ASKED = "Write a short passage of a document that answers the question. Use the language of the question, and write nothing else."
LEAD = "Passage:"
_LEAD = re.compile(r"\s*passage\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True)
class HypotheticalPassage:
    """A passage in place of the question."""

    tokens: int = 160
    ends: Ends = "blank line"
    meaning: bool = True

    @property
    def version(self) -> str:
        """Hash of prompt and code."""
        return code_of(__name__)

    def prompt(self, question: str) -> str:
        """What the model is asked."""
        return f"{ASKED}\n\nQuestion: {question}\n{LEAD}"

    def read(self, said: str) -> str:
        r"""The passage on one line.

        >>> HypotheticalPassage().read("Passage: The lamp weighs\n3 kg.")
        'The lamp weighs 3 kg.'
        """
        return " ".join(_LEAD.sub("", said, count=1).split())


def rewriter() -> HypotheticalPassage:
    """One of it."""
    return HypotheticalPassage()
