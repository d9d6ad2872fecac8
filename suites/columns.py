"""What the columns of a suite's JSON lines are called, here and in the files of ragas and deepeval."""

from __future__ import annotations

from collections.abc import Mapping

Columns = Mapping[str, tuple[str, ...]]
"""Our name of a column -> the other names that it may have."""

QUESTION: Columns = {
    "id": ("question_id",),
    "question": ("user_input", "input", "query"),
    "references": ("reference", "expected_output", "ground_truth", "answers", "answer"),
    "evidence": ("reference_context_ids", "reference_contexts", "context", "contexts"),
    "tags": (),
    "cluster": (),
}
REVISED: Columns = {**QUESTION, "outdated": ()}
EXAMPLE: Columns = {
    "prompt": ("user_input", "input", "question", "query", "instruction"),
    "completion": ("reference", "expected_output", "response", "output", "answer"),
    "evidence": QUESTION["evidence"],
}
REVISION: Columns = {"document": (), "text": (), "questions": (), "examples": ()}

IGNORED = frozenset({
    # what some system answered
    "actual_output", "multi_responses", "response", "retrieval_context", "retrieved_context_ids", "retrieved_contexts",
    # how the row was made
    "additional_metadata", "comments", "metadata", "name", "persona_name", "query_length", "query_style", "source_file",
    "synthesizer_name",
    # what only those libraries' own metrics look at
    "completion_time", "custom_column_key_values", "expectations", "expected_labels", "expected_tools", "flaky",
    "images_mapping", "input_token_count", "multimodal", "output_token_count", "rubrics", "token_cost", "tools_called",
})  # fmt: skip
"""Columns of the same libraries that are no part of an exam: accepted and left aside."""
