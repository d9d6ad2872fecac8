"""Which tests a process of pytest-xdist's ``-n`` gets: what shares a candidate or a file goes to one, and is made once."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

from proctor.collect import ELSEWHERE, FILE


class ByCandidate(LoadScopeScheduling):  # type: ignore[misc] # xdist exports it untyped
    """Groups tests by what they share."""

    def _split_scope(self, nodeid: str) -> str:
        return worker_scope(nodeid)


def worker_scope(nodeid: str) -> str:
    """What a test shares its process with: its candidate's other axes, or, where it is none of the exam, its file."""
    file, _, test = nodeid.partition("::")
    return test.rpartition("[")[2] if file.endswith((FILE, ELSEWHERE.name)) and "[" in test else file
