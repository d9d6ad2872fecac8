"""Which metric of accuracy leads on a suite: in the verdict, on the page and in the advice, and why it is that one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from proctor.core.schema import Suite
from proctor.evals.axes.accuracy import CONTAINS, EXACT, F1, JUDGED, ROUGE_L, SIMILARITY
from proctor.evals.axes.references import are_sentences
from proctor.evals.judges.panel import Panel
from proctor.evals.judges.protocols import Judge, chats


class Headline(NamedTuple):
    """The metric of accuracy that leads, and why."""

    metric: str = EXACT.name
    why: str = ""


SAYS: Mapping[str, str] = {
    EXACT.name: "of questions answered exactly",
    F1.name: "of words shared with the reference (F1)",
    CONTAINS.name: "of answers containing the reference",
    ROUGE_L.name: "of words shared with the reference in order (ROUGE-L)",
    SIMILARITY.name: "similarity to the reference",
    JUDGED.name: "of claims shared with the reference (F1 by the judge)",
}
"""What comes after a figure in a sentence."""


def of(suite: Suite, judge: Judge) -> Headline:
    """What a suite names; else exact match where references are names and values, and where they are sentences what judges them.

    A judge that compares words knows no sentence that says the same in others, so that F1 leads beside it.
    """
    if suite.headline:
        return Headline(suite.headline, "as the suite says")
    if not are_sentences(suite):
        return Headline(EXACT.name, "as references are names and values")
    if all(map(chats, judge.members if isinstance(judge, Panel) else (judge,))):
        return Headline(JUDGED.name, "as references are sentences")
    return Headline(F1.name, "as references are sentences, and the judge is none that chats")


def told(facts: Mapping[str, Any]) -> Headline:
    """What provenance says of a suite; exact match where it says nothing, as that of earlier versions does."""
    found = facts.get("headline")
    metric, why = found if isinstance(found, list) and len(found) == 2 else ("", "")
    return Headline(metric, str(why)) if isinstance(metric, str) and metric in SAYS else Headline()


def of_run(run: Mapping[str, Any], suite: str) -> str:
    """The metric that leads on a suite, by a run's provenance."""
    suites = run.get("suites")
    facts = suites.get(suite) if isinstance(suites, Mapping) else None
    return told(facts if isinstance(facts, Mapping) else {}).metric


def heading(metric: str) -> str:
    """What stands above its figures."""
    return "answered exactly" if metric == EXACT.name else metric
