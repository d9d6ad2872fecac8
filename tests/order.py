"""The order in which the workers of `-n` take the tests: what takes long begins early, so that nobody waits for it at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

BROWSER = "tests/browser/"
SECONDS = {
    "tests/exam/test_face.py": 120,
    "tests/browser/test_page_accessible.py": 90,
    "tests/browser/test_page_hostile.py": 60,
    "tests/exam/test_ci.py": 60,
    "tests/exam/test_options.py": 40,
    "tests/exam/test_own_metrics.py": 40,
    "tests/browser/test_browser.py": 30,
    "tests/leaderboard/plots/test_plots.py": 24,
    "tests/models/test_adaptation.py": 23,
    "tests/leaderboard/history/test_history.py": 21,
    "tests/leaderboard/claims/test_simulated_claims.py": 15,
    "tests/core/test_versions.py": 14,
    "tests/evals/test_comparison.py": 14,
    "tests/leaderboard/compare/test_gate.py": 13,
    "tests/evals/axes/test_forgetting.py": 12,
    "tests/evals/axes/test_hallucination.py": 12,
    "tests/evals/axes/test_cost.py": 11,
    "tests/evals/test_statistics.py": 11,
    "tests/robustness/test_faults.py": 11,
    "tests/leaderboard/site/test_page.py": 10,
    "tests/leaderboard/advice/test_advice.py": 10,
    "tests/robustness/test_payloads.py": 10,
    "tests/evals/test_best.py": 9,
    "tests/models/test_candidate.py": 9,
    "tests/browser/test_page_valid.py": 8,
    "tests/leaderboard/history/test_news.py": 6,
    "tests/leaderboard/advice/test_evidence.py": 6,
}
"""File -> about how many seconds it takes, for those that take longest; `pytest tests --durations=0` tells."""

MUCH = ("tests/models/", "tests/evals/", "tests/exam/", "tests/robustness/", "tests/test_axes.py", "tests/core/test_versions.py")
"""What loads torch and the libraries of judges and of training, which takes a worker some ten seconds."""


def loads_much(file: str) -> bool:
    """Whether tests of a file load such libraries."""
    return file.startswith(MUCH)


def ordered(files: Sequence[str]) -> list[int]:
    """Places of tests, each given by its file, in the order in which they are to be taken; those of a file stay together.

    What shares a browser comes first, in one piece, and then what takes longest; of files of which nothing is noted, those that
    hold the most tests.
    """
    tests, first = Counter(files), {file: place for place, file in reversed([*enumerate(files)])}

    def key(place: int) -> tuple[bool, int, int, int]:
        file = files[place]
        return not file.startswith(BROWSER), -SECONDS.get(file, 0), -tests[file], first[file]

    return sorted(range(len(files)), key=key)
