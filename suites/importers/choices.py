"""Multiple-choice questions as tasks of lm-eval: what a model could do before, to see whether it still can."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from proctor.core.reading.problems import Place, Problems
from proctor.core.reading.tally import Tally
from proctor.suites.loading.columns import ColumnNames
from proctor.suites.loading.rows import InputRow, read_rows
from proctor.suites.loading.settings import NAME
from proctor.suites.writing.draft import json_lines

COLUMNS: ColumnNames = {"query": ("question", "input"), "choices": ("options",), "gold": ("answer", "label")}
TASK = """\
task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {name}.jsonl
test_split: test
output_type: multiple_choice
# A question is followed by "Answer:"; the beginning of a sentence is followed by its end.
doc_to_text: "{{{{query.strip()}}}}{{% if query.startswith('Question:') %}}\\nAnswer:{{% endif %}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: "{{{{gold}}}}"
target_delimiter: " "
num_fewshot: 0
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1
"""


def choices(files: Sequence[Path]) -> tuple[dict[str, str], Tally]:
    """A folder with a task for every file of JSON lines {query, choices, gold}; ``gold`` is the right choice's index.

    Raises:
        InputError: a line is not of that form. All that is wrong is listed.
    """
    problems = Problems("import of choices")
    written: dict[str, str] = {}
    for file in files:
        name = file.name.split(".")[0]
        taken = {known.casefold() for known in written}
        if not NAME.fullmatch(name) or f"{name}.yaml".casefold() in taken:
            problems.add(Place(file), f"'{name}' cannot name a task, or does so already", "rename the file")
        known = len(problems.found)
        rows = read_rows(file, COLUMNS, problems, required=True)
        written[f"{name}.jsonl"] = json_lines([_item(row) for row in rows])
        written[f"{name}.yaml"] = TASK.format(name=name)
        if not written[f"{name}.jsonl"] and len(problems.found) == known:
            problems.add(Place(file), "no questions", "give a file with at least one")
    problems.check()
    return written, problems.tally


def _item(row: InputRow) -> dict[str, object]:
    listed, gold = _value(row, "choices"), _value(row, "gold")
    if not isinstance(listed, list) or len(listed) < 2 or not all(isinstance(choice, str) and choice for choice in listed):
        row.problems.add(row.at("choices"), "a list of two texts or more is expected", 'write ["...", "..."]')
    elif len(set(listed)) < len(listed):
        row.problems.add(row.at("choices"), "two choices are the same, and one alone counts as right", "keep one of them")
    elif isinstance(gold, bool) or not isinstance(gold, int) or not 0 <= gold < len(listed):
        what = f"the index of a choice is expected: 0 to {len(listed) - 1}"
        row.problems.add(row.at("gold"), what, "count the choices from 0")
    return {"query": row.text("query"), "choices": listed, "gold": gold}


def _value(row: InputRow, field: str) -> object:
    return next((row.values[name] for name in (field, *COLUMNS[field]) if name in row.values), None)
