"""A whole application of somebody else's, at an address or as code: it looks up by itself, and may say what it answered from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from proctor.core.schema import Answer, Question, Timing
from proctor.core.storage.cache import Journal, digest
from proctor.models.candidates import contexts
from proctor.models.candidates.asking.calling import Batches, Caller
from proctor.models.candidates.asking.kept import AskedQuestion
from proctor.models.candidates.contexts import KnownDocuments, SourcedAnswer
from proctor.models.candidates.external import External


@dataclass(frozen=True)
class Application(External):
    """What both kinds of them share: their calls, and how passages are matched with the suite's documents."""

    @cached_property
    def _caller(self) -> Caller:
        return Caller(self.name, self.system.calls)

    @cached_property
    def _corpus(self) -> KnownDocuments:
        return KnownDocuments(self.domain.documents)

    @property
    def _matched(self) -> Journal:
        return self.runtime.cache.journal("matched", digest(self.version, self.seed))

    def _counting(self, batches: Batches) -> Iterator[Sequence[tuple[AskedQuestion, Answer]]]:
        """The batches as they come, while it is noted how their passages were matched."""
        return contexts.counting(self._corpus, self._matched, batches)

    def _read(self, question: Question, said: SourcedAnswer) -> Answer:
        """An answer as it came, with the documents that its passages are of; marks in it cite, if it tells no citations."""
        shown = None if said.passages is None else self._corpus.contexts(said.passages)
        cited = self._corpus.read(said.text, shown or ()) if said.citations is None else self._corpus.cited(said.citations)
        return Answer(question.id, said.text, shown, cited, tokens=said.tokens, prompt_tokens=said.prompt_tokens)

    def one_by_one(self, questions: Sequence[Question]) -> list[Timing]:
        """How long each question takes, asked alone."""
        return [self._timing(question) for question in questions]

    @abstractmethod
    def _timing(self, question: Question) -> Timing:
        """How long one question takes."""
