"""How far a run's judge agrees with people, where that was measured (`proctor agreement`).

What counts is whether it agrees on the metric's own question (support or contradiction), and on data like the suite's: the
suite's own labels. On other data it may be far better or worse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proctor.evals.judges.protocols import SUPPORT, asked

COMPARES = "lexical"
"""What the names of the embedded judge begin with."""


def agreement(provenance: Mapping[str, Any], judge: str) -> list[dict[str, Any]]:
    """What was found of the judge, a row for each set of labels and question; nothing if it was never checked."""
    judges = provenance.get("judges")
    rows = judges.get(judge) if isinstance(judges, Mapping) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def kappa(provenance: Mapping[str, Any], judge: str, suite: str, metric: str) -> float | None:
    """Cohen's kappa on the suite's own labels for what the metric asks; None if it was not checked on these."""
    own = [row for row in _on(provenance, judge, metric) if _is_own(row, suite)]
    return float(min(row["kappa"] for row in own)) if own else None


def standing(provenance: Mapping[str, Any], judge: str, suite: str, metric: str) -> str:
    """What is known of the judge, for one metric of one suite."""
    rows = _on(provenance, judge, metric)
    own, others = ([row for row in rows if _is_own(row, suite) is mine] for mine in (True, False))
    said = [words_only(judge)] if words_only(judge) else []
    said += ["; ".join(map(_figures, own)) if own else "not checked on data like this"]
    said += [f"elsewhere: {'; '.join(map(_figures, others))}"] if others else []
    return ". ".join(said)


def sentence(provenance: Mapping[str, Any], judge: str) -> str:
    """The figures of every set of labels in words."""
    said = [f"{_question(row)}, {_figures(row)}" for row in agreement(provenance, judge)]
    return "; ".join(said) or "never checked against people's labels"


def words_only(judge: str) -> str:
    """What the embedded judge is said to do, so that nobody takes it for a reader; nothing of other judges."""
    return "it compares words, numbers and names, and does not understand them" if judge.startswith(COMPARES) else ""


def _on(provenance: Mapping[str, Any], judge: str, metric: str) -> list[dict[str, Any]]:
    return [row for row in agreement(provenance, judge) if _question(row) == asked(metric)]


def _question(row: Mapping[str, Any]) -> str:
    """What was asked; files of before that was kept are about support."""
    return str(row.get("question", SUPPORT))


def _is_own(row: Mapping[str, Any], suite: str) -> bool:
    return str(row["labels"]).startswith(f"{suite}/")


def _figures(row: Mapping[str, Any]) -> str:
    return (
        f"{row['labels']}: kappa {row['kappa']:.2f} ({row['kappa_low']:.2f} to {row['kappa_high']:.2f}), "
        f"balanced accuracy {row['balanced_accuracy']:.2f}, {row['n']} labels"
    )
