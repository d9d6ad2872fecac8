"""How far a run's judge agrees with people, where that was measured (`python -m evals calibrate`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def agreement(provenance: Mapping[str, Any], judge: str) -> list[dict[str, Any]]:
    """What was found of the judge, a row for each set of labels; nothing if it was never checked."""
    judges = provenance.get("judges")
    rows = judges.get(judge) if isinstance(judges, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def kappa(provenance: Mapping[str, Any], judge: str, suite: str) -> float | None:
    """Cohen's kappa on the suite's own labels; on the labels that suit the judge least where it has none."""
    rows = agreement(provenance, judge)
    own = [row["kappa"] for row in rows if str(row["labels"]).startswith(f"{suite}/")]
    return float(min(own or [row["kappa"] for row in rows])) if rows else None


def sentence(provenance: Mapping[str, Any], judge: str) -> str:
    """The figures of every set of labels in words."""
    rows = agreement(provenance, judge)
    said = [
        f"{row['labels']}: kappa {row['kappa']:.2f} ({row['kappa_low']:.2f} to {row['kappa_high']:.2f}), "
        f"balanced accuracy {row['balanced_accuracy']:.2f}, {row['n']} labels"
        for row in rows
    ]
    return "; ".join(said) or "never checked against people's labels"
