"""EleutherAI's lm-eval on a model in memory. The only file that knows lm-eval.

Never with lm-eval's own response cache: its key leaves the model out, so a fine-tuned model would get the base's answers.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import task_files
from evals.cache import digest, file_digest, source
from evals.quiet import quiet
from evals.schema import InputError

BATCH = 16
TASK_VERSIONS = "task_versions"
"""What `run` adds to lm-eval's own value: task -> `_task_version`."""
Value = dict[str, Any]
"""What lm-eval returned for one entry of `Suite.general`, as plain JSON data: results, configs, versions, samples, ..."""


def definition(entry: str, limit: int | None) -> str:
    """Hash of all but the weights that shapes an entry's results. Reads files, imports nothing heavy.

    lm-eval's own tasks are pinned by its version; their data sets are the Hugging Face hub's.
    """
    folder = Path(entry)
    content = _folder_content(folder) if folder.is_absolute() else [entry]
    return digest(content, limit, importlib.metadata.version("lm_eval"), source(__file__))


def run(entry: str, model: Any, tokenizer: Any, limit: int | None) -> Value:
    """The entry's tasks put to a model. Like lm-eval's own evaluator, without its calls to git and pip."""
    _quietly()
    import lm_eval
    from lm_eval.models.huggingface import HFLM
    from lm_eval.utils import handle_non_serializable

    tasks = {"tasks": load_tasks(entry)}
    lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=BATCH)
    value = lm_eval.evaluate(lm=lm, task_dict=tasks, limit=limit, log_samples=True, bootstrap_iters=0)
    plain: Value = json.loads(json.dumps(value, default=handle_non_serializable))
    code = _code(Path(entry))
    return plain | {
        TASK_VERSIONS: {name: _task_version(tasks["tasks"][name], plain["configs"][name], code) for name in plain["samples"]}
    }


def _task_version(task: Any, config: Mapping[str, Any], code: Sequence[str]) -> str:
    """Short hash of what a task asks and how it scores, whatever part of it is asked and wherever its files are."""
    settings = {name: value for name, value in config.items() if name not in ("dataset_kwargs", "metadata")}
    docs = [json.dumps(doc, sort_keys=True, default=str) for doc in task.eval_docs]
    return digest(settings, docs, code, _version())[:12]


def _code(folder: Path) -> list[str]:
    """Hashes of the functions that the tasks of a folder call."""
    return [file_digest(path) for path in sorted(folder.rglob("*.py"))] if folder.is_absolute() else []


def load_tasks(entry: str) -> dict[str, Any]:
    """lm-eval's task objects by name: all tasks of a folder, or those that one of lm-eval's names stands for.

    Raises:
        InputError: there is no such folder or name, or no task in the folder.
    """
    _quietly()
    return _tasks_of_folder(Path(entry)) if Path(entry).is_absolute() else _tasks_of_name(entry)


def knows(name: str) -> bool:
    """Whether lm-eval itself has a task, group or tag of that name. Reads its files; imports nothing of it."""
    word = re.escape(name.encode())
    named = re.compile(rb"^\s*(?:-|task\s*:|group\s*:|tag\s*:)\s*[\"']?" + word + rb"[\"']?\s*$", re.MULTILINE)
    folders = [*_likely_folders(name), *(root / "tasks" for root in _roots())]
    return any(named.search(path.read_bytes()) for folder in folders for path in folder.rglob("*.yaml"))


def _quietly() -> None:
    """No telemetry, and no warnings that a model came as an object or that a task has settings: both are the point."""
    quiet()
    logging.getLogger("lm_eval").setLevel(logging.ERROR)


def _tasks_of_folder(folder: Path) -> dict[str, Any]:
    from lm_eval.tasks import TaskManager
    from lm_eval.tasks._yaml_loader import load_yaml

    manager = TaskManager(include_path=str(folder), include_defaults=False)
    paths = [manager.task_index[name].yaml_path for name in manager.all_subtasks]
    if not paths:
        raise InputError(f"{folder}: no lm-eval task found; a task is a *.yaml file with a `task:` name")
    return dict(manager.load([_beside(load_yaml(path), path.parent) for path in paths])["tasks"])


def _beside(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The configuration with its data files looked for beside the YAML first: lm-eval itself looks in the working folder."""
    files = (config.get("dataset_kwargs") or {}).get("data_files")
    if files is None:
        return config
    return {**config, "dataset_kwargs": {**config["dataset_kwargs"], "data_files": task_files.placed(files, folder)}}


def _tasks_of_name(name: str) -> dict[str, Any]:
    """Tasks of lm-eval's own. The folder is guessed from the name first: reading its whole index takes ten seconds."""
    from lm_eval.tasks import TaskManager

    guesses = [str(folder) for folder in _likely_folders(name)]
    for manager in (lambda: TaskManager(include_path=guesses, include_defaults=False), TaskManager):
        try:
            return dict(manager().load([name])["tasks"])
        except KeyError:
            continue
    raise InputError(f"general task {name!r} is neither a folder nor a name that lm-eval {_version()} knows")


def _likely_folders(name: str) -> Iterator[Path]:
    """Folders called like the beginning of a task's name: arc for arc_easy."""
    words = name.split("_")
    for root in _roots():
        candidates = (root / "tasks" / "_".join(words[:count]) for count in range(len(words), 0, -1))
        yield from (folder for folder in candidates if folder.is_dir())


def _roots() -> list[Path]:
    """Where lm-eval is installed, found without importing it."""
    spec = importlib.util.find_spec("lm_eval")
    return [Path(root) for root in (spec and spec.submodule_search_locations) or ()]


def _version() -> str:
    return importlib.metadata.version("lm_eval")


def _folder_content(folder: Path) -> list[tuple[str, str]]:
    """Name and hash of every file in the folder, and of the data files elsewhere that its tasks name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    inside = [(str(path.relative_to(folder)), file_digest(path)) for path in files]
    named = (file for path in files if path.suffix == ".yaml" for file in task_files.data_files(path))
    return inside + [(str(file), file_digest(file)) for file in sorted(set(named)) if file.is_file()]


def lm_eval_files(values: Mapping[str, Value]) -> dict[str, str]:
    """File name -> text of what lm-eval would have left in its output folder, for the values of `forgetting.general`.

    ``results_<entry>.json`` is the result without its samples, ``samples_<task>.jsonl`` has a line for each sample.
    """
    files = {}
    for entry, value in values.items():
        rest = {key: part for key, part in value.items() if key not in ("samples", TASK_VERSIONS)}
        files[f"results_{Path(entry).name}.json"] = json.dumps(rest, indent=2, ensure_ascii=False) + "\n"
        for task, samples in value["samples"].items():
            lines = (json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples)
            files[f"samples_{task}.jsonl"] = "".join(lines)
    return files
