"""What the columns of a suite's JSON lines are called, here and in the files of ragas and deepeval, and what they mean.

Some names mean two things. `answer` is the right answer in many tables, and what some system said in those of ragas until
0.1 (question, answer, contexts, ground_truth); `contexts` there is what that system found. Which it is shows in the other
columns, so that all rows of a file are judged alike; where it does not, the file is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

ColumnNames = Mapping[str, tuple[str, ...]]
"""Our name of a column -> the other names that it may have."""

QUESTION: ColumnNames = {
    "id": ("question_id",),
    "question": ("user_input", "input", "query"),
    "references": ("reference", "expected_output", "ground_truth", "ground_truths", "answers", "answer"),
    "evidence": ("reference_context_ids", "reference_contexts", "context", "contexts"),
    "tags": (),
    "cluster": (),
    "draft": (),
}
REVISED: ColumnNames = {**{name: also for name, also in QUESTION.items() if name != "draft"}, "outdated": ()}
EXAMPLE: ColumnNames = {
    "prompt": ("user_input", "input", "question", "query", "instruction"),
    "completion": ("reference", "expected_output", "ground_truth", "response", "output", "answer"),
    "evidence": QUESTION["evidence"],
    "draft": (),
}
REVISION: ColumnNames = {"document": (), "text": (), "questions": (), "examples": ()}

IGNORED = frozenset({
    # what some system answered
    "actual_output", "multi_responses", "response", "retrieval_context", "retrieved_context_ids", "retrieved_contexts",
    # how the row was made
    "additional_metadata", "comments", "episode_done", "evolution_type", "metadata", "name", "persona_name", "query_length",
    "query_style", "source_file", "synthesizer_name",
    # what only those libraries' own metrics look at
    "completion_time", "custom_column_key_values", "expectations", "expected_labels", "expected_tools", "flaky",
    "images_mapping", "input_token_count", "multimodal", "output_token_count", "rubrics", "token_cost", "tools_called",
})  # fmt: skip
"""Columns of the same libraries that are no part of an exam: accepted and left aside."""

RIGHT = frozenset({"references", "reference", "expected_output", "ground_truth", "ground_truths", "completion"})
"""Columns of right answers, beyond doubt."""
SAID = frozenset({"response", "actual_output", "multi_responses"})
"""Columns of what some system answered."""
FOUND = frozenset({"retrieved_contexts", "retrieved_context_ids", "retrieval_context"})
"""Columns of what some system retrieved."""
GOLD = frozenset({"evidence", "reference_contexts", "reference_context_ids"})
"""Columns of the evidence, beyond doubt."""
GENERATED = frozenset({"evolution_type", "episode_done", "synthesizer_name"})
"""Columns of a generated test set, whose contexts are those that the question was made from."""


class Meaning(NamedTuple):
    """What the columns of one file mean, where their names alone do not say it."""

    aside: Mapping[str, str]
    """Column -> why it is left aside."""
    unclear: Mapping[str, tuple[str, str]]
    """Column -> how it can be read in two ways, and what to do about it."""


def meaning(names: AbstractSet[str], columns: ColumnNames) -> Meaning:
    """What the columns called ``names`` mean together, in a file of questions or of training examples."""
    learnt = "completion" in columns
    aside, unclear = _answers(names, learnt=learnt)
    said = aside.keys() | (names & (SAID - {"response"} if learnt else SAID))
    _contexts(names, aside, unclear, said=bool(said))
    return Meaning(aside, unclear)


def _answers(names: AbstractSet[str], *, learnt: bool) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """The columns that may hold right answers or what some system said."""
    aside: dict[str, str] = {}
    unclear: dict[str, tuple[str, str]] = {}
    right = sorted(names & RIGHT)
    for column in ("answer", "response") if learnt else ("answer",):
        if column not in names:
            continue
        if right:
            aside[column] = f"what some system said, since '{right[0]}' holds the right answers"
        elif names & {"contexts", *FOUND} and not names & SAID - {column}:
            beside = min(names & {"contexts", *FOUND})
            ours = "completion" if learnt else "references"
            unclear[column] = (
                f"beside '{beside}' this may be the right answer or what some system said",
                f"call it '{ours}' if it is right, and 'actual_output' if a system said it",
            )
    return aside, unclear


def _contexts(names: AbstractSet[str], aside: dict[str, str], unclear: dict[str, tuple[str, str]], *, said: bool) -> None:
    """The columns that may hold evidence or what some system found."""
    remedy = "call it 'evidence' if it holds the right answer, and 'retrieved_contexts' if a system found it"
    old = names & {"ground_truth", "ground_truths"} and not names & GENERATED
    if "contexts" in names and names & GOLD:
        aside["contexts"] = f"what some system found, since '{min(names & GOLD)}' holds the evidence"
    elif "contexts" in names and "answer" in aside:
        aside["contexts"] = "what some system found for its answer"
    elif "contexts" in names and (said or old) and not names & FOUND:
        unclear["contexts"] = ("this may be the evidence or what some system found", remedy)
    if "context" in names and "answer" in aside and not names & {"contexts", *FOUND}:
        unclear["context"] = ("beside what a system said this may be the evidence or what that system found", remedy)
