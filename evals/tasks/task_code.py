"""What of a folder of lm-eval tasks would run code, or be fetched from elsewhere, named before any work.

A task of somebody else is data: its settings are those listed here, its data and what it includes lie in its folder, and its
templates are such as `templates` renders. lm-eval itself takes more: functions of Python files, metrics whose code is on
the Hugging Face hub, data sets from there or from any address, and templates that may call whatever Python has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from proctor.evals.tasks.task_yaml import BrokenError, Function, TaskProblem, TaskSetting, files, inside, line, read, within

LOCAL = ("json", "csv", "text", "parquet")
"""Values of ``dataset_path`` that stand for files of one's own."""
TEMPLATES = ("description", "doc_to_text", "doc_to_target", "doc_to_choice", "doc_to_decontamination_query", "gen_prefix")
"""Settings that lm-eval renders for every item."""
PLAIN = (
    *("task", "task_alias", "tag", "group", "group_alias", "aggregate_metric_list", "recipe", "metadata", "output_type"),
    *("repeats", "num_fewshot", "dataset_name", "training_split", "validation_split", "test_split", "fewshot_split"),
    *("should_decontaminate", "target_delimiter", "fewshot_delimiter"),
)
"""Settings that are taken as they are."""
CODE = {
    "class": "it names a class that would be run",
    "custom_dataset": "its items would be made by a function",
    "process_docs": "its items would be changed by a function",
    "process_results": "its results would be scored by a function",
    "unsafe_code": "it would run code that a model wrote",
    "use_prompt": "its prompts would be read by another package, or from a file elsewhere",
    "doc_to_image": "it would open pictures by their address",
    "doc_to_audio": "it would open sounds by their address",
    "task_list": "it makes tasks out of another",
}
"""Settings that have no place in a task of data, and why."""
DATA_OPTIONS = (
    *(
        "data_files",
        "field",
        "encoding",
        "column_names",
        "names",
        "header",
        "usecols",
        "delimiter",
        "sep",
        "quotechar",
        "quoting",
    ),
    *("skiprows", "keep_linebreaks", "sample_by", "columns"),
)
GENERATION = (
    *("until", "do_sample", "temperature", "top_p", "top_k", "num_beams", "repetition_penalty", "length_penalty", "seed"),
    *("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens", "max_length", "min_new_tokens"),
)
FEWSHOT = (
    *("sampler", "split", "fewshot_indices", "samples", "doc_to_text", "doc_to_choice", "doc_to_target", "gen_prefix"),
    *("fewshot_delimiter", "target_delimiter"),
)
METRICS = (
    *("acc", "acc_all", "acc_bytes", "acc_mutual_info", "acc_norm", "bits_per_byte", "bleu", "brier_score", "byte_perplexity"),
    *("bypass", "chrf", "chrf++", "exact_match", "f1", "likelihood", "mcc", "perplexity", "ter", "word_perplexity"),
)
"""lm-eval's own. It looks for any other in the library `evaluate`, which runs code of the Hugging Face hub."""
AGGREGATIONS = (
    *("bits_per_byte", "bleu", "brier_score", "bypass", "chrf", "chrf++", "f1", "matthews_corrcoef", "mean", "median", "nanmean"),
    *("perplexity", "ter", "weighted_perplexity"),
)
STEPS = (
    *("format_span", "lowercase", "majority_vote", "map", "multi_choice_regex", "regex", "regex_pos", "remove_whitespace"),
    *("take_first", "take_first_k", "uppercase"),
)
"""Filters of answers."""
PATTERNS = "*?["
"""In the name of a data file: what makes one name stand for many."""
TRUST = "where you trust who wrote the suite, add --trust-suite-code"


class _Found(NamedTuple):
    """Something that a task of data may not have."""

    place: Any
    """A value that knows its line."""
    what: str
    instead: str


def refused(folder: Path) -> Iterator[TaskProblem]:
    """All that a folder of tasks may have only where its code is trusted. A file that cannot be read is `task_files`' matter."""
    told: set[tuple[Path, int | None, str]] = set()
    for path in files(folder):
        try:
            config = read(path, folder)
        except BrokenError as broken:
            if "outside the folder" in broken.problem.what:
                yield broken.problem._replace(remedy=f"{broken.problem.remedy}, or, {TRUST}")
            continue
        for problem in of_task(config, path.parent, folder):
            if problem[:3] not in told:  # what many tasks include is said once
                told.add(problem[:3])
                yield problem


def of_task(config: Mapping[str, TaskSetting], beside: Path, folder: Path) -> Iterator[TaskProblem]:
    """The same of one task, whose data files are looked for in ``beside``, and lie in ``folder``."""
    for key, setting in config.items():
        for place, what, instead in _of_setting(key, setting.value, beside, folder):
            where = line(place, setting.line) if place is not None else setting.line
            yield TaskProblem(setting.file, where, what, f"{instead}, or, {TRUST}")
    path, options = map(config.get, ("dataset_path", "dataset_kwargs"))
    if path and path.value in LOCAL and not file_names(_table(options and options.value).get("data_files")):
        what = "it names no data file, so whatever lies in the working folder would be read"
        yield TaskProblem(path.file, path.line, what, f"name one under `data_files` of `dataset_kwargs`, or, {TRUST}")


def _of_setting(key: str, value: Any, beside: Path, folder: Path) -> Iterator[_Found]:
    functions = [one for one in within(value) if isinstance(one, Function)]
    for function in functions:
        yield _Found(function, f"`{key}: !function {function}` runs code", "write the items and the answers into the data file")
    if functions:
        return
    if key in CODE:
        if value is not None and value is not False:
            yield _Found(None, f"`{key}`: {CODE[key]}", "leave it out")
    elif key in TEMPLATES:
        yield from _of_templates(value)
    elif key in _CHECKS:
        yield from _CHECKS[key](value, beside, folder)
    elif key not in PLAIN:
        yield _Found(None, f"`{key}` is no setting of a task that is data only", "leave it out")


def _of_templates(value: Any) -> Iterator[_Found]:
    from proctor.evals.tasks.templates import problem

    if isinstance(value, str) and (what := problem(str(value))):
        yield _Found(value, f"an unsafe template: {what}", "write it with the columns of the item alone")


def _data_set(value: Any, *_: Path) -> Iterator[_Found]:
    if value not in (None, *LOCAL):
        what = f"its data set '{value}' would be fetched from the Hugging Face hub, or made by other code"
        yield _Found(value, what, f"put its items into the folder of tasks, and write `dataset_path: {LOCAL[0]}`")


def _data_options(value: Any, beside: Path, folder: Path) -> Iterator[_Found]:
    table = _table(value)
    yield from _others(table, DATA_OPTIONS, "dataset_kwargs")
    for name in file_names(table.get("data_files")):
        if "://" in name or "::" in name:
            yield _Found(name, f"its data file '{name}' would be fetched from elsewhere", "put the file into the folder of tasks")
        elif any(sign in name for sign in PATTERNS):
            yield _Found(name, f"its data files '{name}' are not named one by one", "name each of them")
        elif not inside(beside / name, folder):
            yield _Found(name, f"its data file '{name}' lies outside the folder of tasks", "put it there")


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def file_names(value: Any) -> list[str]:
    """The names in ``data_files``: one, a list, or a table of splits."""
    if isinstance(value, Mapping | list):
        return [name for part in (value.values() if isinstance(value, Mapping) else value) for name in file_names(part)]
    return [] if value is None else [value if isinstance(value, str) else str(value)]


def _metrics(value: Any, *_: Path) -> Iterator[_Found]:
    for row in value if isinstance(value, list) else [value]:
        table = _table(row)
        metric, way = table.get("metric"), table.get("aggregation")
        if (metric is not None and metric not in METRICS) or table.get("hf_evaluate"):
            yield _Found(
                metric, f"the metric '{metric}' is code of the Hugging Face hub", "take one of lm-eval's own, such as acc"
            )
        if way is not None and way not in AGGREGATIONS:
            yield _Found(way, f"the aggregation '{way}' is none of lm-eval's own", "take one of those, such as mean")


def _filters(value: Any, *_: Path) -> Iterator[_Found]:
    for row in within(value):
        step = row.get("function") if isinstance(row, Mapping) else None
        if step is not None and step not in STEPS:
            yield _Found(step, f"the filter '{step}' is none of lm-eval's own that only read", "take one of those, such as regex")


def _generation(value: Any, *_: Path) -> Iterator[_Found]:
    yield from _others(value, GENERATION, "generation_kwargs")


def _fewshot(value: Any, *_: Path) -> Iterator[_Found]:
    yield from _others(value, FEWSHOT, "fewshot_config")
    for key, part in value.items() if isinstance(value, Mapping) else ():
        if key in TEMPLATES:
            yield from _of_templates(part)


_CHECKS: Mapping[str, Callable[..., Iterator[_Found]]] = {
    "dataset_path": _data_set,
    "dataset_kwargs": _data_options,
    "metric_list": _metrics,
    "filter_list": _filters,
    "generation_kwargs": _generation,
    "fewshot_config": _fewshot,
}


def _others(value: Any, known: tuple[str, ...], table: str) -> Iterator[_Found]:
    """Keys that a table of a task of data does not have: `custom_generate` of `generation_kwargs` fetches code and runs it."""
    for key in value if isinstance(value, Mapping) else ():
        if key not in known:
            yield _Found(key, f"`{table}.{key}` is no setting of a task that is data only", "leave it out")
