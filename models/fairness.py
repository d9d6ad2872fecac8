"""Whether a candidate's row may be compared with the others': a stamp, or the reasons why not."""

from __future__ import annotations

from evals.schema import Domain
from models.candidate import Candidate


def verdict(candidate: Candidate) -> bool | list[str]:
    """``True``, or what a reader must know before comparing this system with one that learns by other means."""
    return list(_reasons(candidate)) or True


def _reasons(candidate: Candidate) -> list[str]:
    reasons = []
    if candidate.system.adapts and (unseen := _documents_not_trained_on(candidate.domain)):
        total = len(candidate.domain.documents)
        reasons.append(f"{unseen} of {total} documents have no training example: the index holds facts that training does not")
    if candidate.system.adapts and candidate.retrieves and not candidate.system.trains_with_passages:
        reasons.append("it reads passages and was trained without any")
    return reasons


def _documents_not_trained_on(domain: Domain) -> int:
    taught = {name for example in domain.examples for name in example.evidence}
    return sum(document.id not in taught for document in domain.documents)
