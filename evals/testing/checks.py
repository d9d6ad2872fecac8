"""What a system, a judge or a retriever has to hold, as parameters of a test of your own.

::

    from proctor.evals.testing.checks import judge_checks

    @pytest.mark.parametrize("check", judge_checks(MyJudge))
    def test_my_judge(check):
        check()

What is checked is given as it is or, better, as a class or a function without arguments that makes it: then nothing is made while
pytest collects, and a second one is made to see that it does the same. A check that does not hold says what was expected, what
came, and why it matters. One that is about something else than this thing is skipped, and so is one that is left out, with the
reason that is given for it.

The checks look at what every other part of Proctor relies on, and say nothing of how good an answer, a verdict or a passage is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from proctor.core.schema import Document, Domain, InputError, Question
from proctor.evals.candidate import Candidate
from proctor.evals.judges.protocols import Judge
from proctor.evals.testing import of_candidates, of_chunkers, of_embedders, of_judges, of_rerankers, of_retrievers
from proctor.evals.testing.of_chunkers import TriedChunker
from proctor.evals.testing.of_embedders import TriedEmbedder
from proctor.evals.testing.of_rerankers import TriedReranker
from proctor.evals.testing.of_retrievers import Retriever
from proctor.evals.testing.trials import CheckError, Tried, checks

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

__all__ = [
    "CheckError",
    "Retriever",
    "TriedChunker",
    "TriedEmbedder",
    "TriedReranker",
    "candidate_checks",
    "chunker_checks",
    "embedder_checks",
    "judge_checks",
    "reranker_checks",
    "retriever_checks",
]

NOTHING: Mapping[str, str] = {}


def candidate_checks(
    candidate: Candidate | Callable[[], Candidate],
    questions: Sequence[Question],
    domain: Domain,
    *,
    others: Sequence[Candidate | Callable[[], Candidate]] = (),
    leave_out: Mapping[str, str] = NOTHING,
) -> list[ParameterSet]:
    """What a system must hold, as parameters with ids.

    ``questions`` are about the ``domain`` that the candidate was built for: a few are enough. ``others`` are made like the
    candidate, each with one setting changed. ``leave_out``: the name of a check -> why it need not hold.

    Raises:
        InputError: there are no questions or documents to try it with, or no check is called what is left out.
    """
    if not questions or not domain.documents:
        raise InputError("candidate_checks: give at least one question and one document to try the candidate with")
    return checks(of_candidates.trials(questions, domain), _tried(candidate, others), leave_out)


def judge_checks(
    judge: Judge | Callable[[], Judge],
    *,
    others: Sequence[Judge | Callable[[], Judge]] = (),
    secrets: Sequence[str] = (),
    leave_out: Mapping[str, str] = NOTHING,
) -> list[ParameterSet]:
    """What a judge must hold, of either kind, as parameters with ids.

    ``others`` are made like the judge, with another prompt, model or other setting each. ``secrets`` are texts that it is given
    and must not show, such as a key. ``leave_out``: the name of a check -> why it need not hold.

    Raises:
        InputError: no check is called what is left out.
    """
    return checks(of_judges.trials(secrets), _tried(judge, others), leave_out)


def retriever_checks(
    retriever: Retriever | Callable[[], Retriever],
    documents: Sequence[Document],
    *,
    others: Sequence[Retriever | Callable[[], Retriever]] = (),
    leave_out: Mapping[str, str] = NOTHING,
) -> list[ParameterSet]:
    """What a kind of retrieval must hold, as parameters with ids.

    Of an engine for ``proctor.retrievers``, `proctor.models.retrieval.alone.Alone` makes what is to be checked. ``documents``
    are about different things, so that each can be found by its own words: a few are enough.

    Raises:
        InputError: there are fewer than two documents, or no check is called what is left out.
    """
    if len(documents) < 2:
        raise InputError("retriever_checks: give at least two documents that are about different things")
    return checks(of_retrievers.trials(documents), _tried(retriever, others), leave_out)


def embedder_checks(
    embedder: TriedEmbedder | Callable[[], TriedEmbedder],
    *,
    others: Sequence[TriedEmbedder | Callable[[], TriedEmbedder]] = (),
    secrets: Sequence[str] = (),
    leave_out: Mapping[str, str] = NOTHING,
) -> list[ParameterSet]:
    """What an embedder must hold, as parameters with ids.

    ``others`` are made like it, with another model or other settings each. ``secrets`` are texts that it is given and must not
    show, such as a key. ``leave_out``: the name of a check -> why it need not hold.

    Raises:
        InputError: no check is called what is left out.
    """
    return checks(of_embedders.trials(secrets), _tried(embedder, others), leave_out)


def reranker_checks(
    reranker: TriedReranker | Callable[[], TriedReranker],
    *,
    others: Sequence[TriedReranker | Callable[[], TriedReranker]] = (),
    secrets: Sequence[str] = (),
    leave_out: Mapping[str, str] = NOTHING,
) -> list[ParameterSet]:
    """What a reranker must hold, as parameters with ids.

    ``others`` are made like it, with another model or other settings each. ``secrets`` are texts that it is given and must not
    show, such as a key. ``leave_out``: the name of a check -> why it need not hold.

    Raises:
        InputError: no check is called what is left out.
    """
    return checks(of_rerankers.trials(secrets), _tried(reranker, others), leave_out)


def chunker_checks(
    chunker: TriedChunker | Callable[[], TriedChunker],
    texts: Sequence[str],
    *,
    longest: int | None = None,
    others: Sequence[TriedChunker | Callable[[], TriedChunker]] = (),
    leave_out: Mapping[str, str] = NOTHING,
) -> list[ParameterSet]:
    """What a chunker must hold, as parameters with ids.

    ``texts`` are documents of the kind that it is for, long enough to be parted. ``longest``: letters that a part may have.
    ``others`` are made like it, with other settings each. ``leave_out``: the name of a check -> why it need not hold.

    Raises:
        InputError: there are no texts, or no check is called what is left out.
    """
    if not texts:
        raise InputError("chunker_checks: give at least one text to part")
    return checks(of_chunkers.trials(texts, longest), _tried(chunker, others), leave_out)


def _tried(given: Any, others: Sequence[Any]) -> Tried[Any]:
    return Tried(given, tuple(others))
