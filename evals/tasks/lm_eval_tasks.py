"""EleutherAI's lm-eval on a model in memory, or on one that says how likely texts are. The only file that knows lm-eval.

Never with lm-eval's own response cache: its key leaves the model out, so a fine-tuned model would get the base's answers.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from proctor.core.code import code_of
from proctor.core.environment import quiet
from proctor.core.schema import InputError
from proctor.core.storage.cache import digest
from proctor.core.storage.disk import file_digest
from proctor.evals.tasks import task_code, task_files, task_yaml

BATCH = 16
GENERATED = 256
"""New tokens that lm-eval lets a model write where a task does not say."""
Likely = Callable[[Sequence[tuple[str, str]]], list[tuple[float, bool]]]
"""For (context, continuation) texts: the log-likelihood, and whether each token was the likeliest."""
Continued = Callable[[Sequence[tuple[str, Sequence[str], int]]], list[str]]
"""How a model goes on, for (text, texts that end it, most new tokens)."""
TASK_VERSIONS = "task_versions"
"""What `run` adds to lm-eval's own value: task -> `_task_version`."""
_NO_TASK = "{folder}: no lm-eval task found; a task is a *.yaml file with a `task:` name"
Value = dict[str, Any]
"""What lm-eval returned for one entry of `Suite.general`, as plain JSON data: results, configs, versions, samples, ..."""


def definition(entry: str, limit: int | None) -> str:
    """Hash of all but the weights that shapes an entry's results. Reads files, imports nothing heavy.

    lm-eval's own tasks are pinned by its version; their data sets are the Hugging Face hub's.
    """
    folder = Path(entry)
    content = _folder_content(folder) if folder.is_absolute() else [entry]
    return digest(content, limit, importlib.metadata.version("lm_eval"), code_of(run, asked_elsewhere))


def run(entry: str, model: Any, tokenizer: Any, limit: int | None, *, trusted: bool = False) -> Value:
    """The entry's tasks put to a model in memory: see `put`."""

    def in_memory() -> Any:
        from lm_eval.models.huggingface import HFLM

        return HFLM(pretrained=model, tokenizer=tokenizer, batch_size=BATCH)

    return put(entry, in_memory, limit, trusted=trusted)


def put(entry: str, model: Callable[[], Any], limit: int | None, *, trusted: bool = False) -> Value:
    """The entry's tasks put to what ``model`` makes of lm-eval's classes. Like lm-eval's own evaluator, without its calls to git.

    A folder of tasks is data, and its templates are rendered in a sandbox, unless it is trusted.

    Raises:
        InputError: a folder that is not trusted holds what would run code, or a template that cannot be rendered.
    """
    with _sandboxed(Path(entry)) if Path(entry).is_absolute() and not trusted else nullcontext():
        return _put(entry, model, limit, trusted=trusted)


def _put(entry: str, model: Callable[[], Any], limit: int | None, *, trusted: bool) -> Value:
    _quietly()
    import lm_eval
    from lm_eval.utils import handle_non_serializable

    tasks = {"tasks": load_tasks(entry, trusted=trusted)}
    value = lm_eval.evaluate(lm=model(), task_dict=tasks, limit=limit, log_samples=True, bootstrap_iters=0)
    plain: Value = json.loads(json.dumps(value, default=handle_non_serializable))
    code = _code(Path(entry))
    return plain | {
        TASK_VERSIONS: {name: _task_version(tasks["tasks"][name], plain["configs"][name], code) for name in plain["samples"]}
    }


def asked_elsewhere(likelihoods: Likely, continuations: Continued) -> Any:
    """What lm-eval puts its questions to, for a model that answers elsewhere.

    lm-eval's own ``local-completions`` asks by a client of its own, which follows redirections with the key, and needs the
    model's tokenizer.
    """
    from lm_eval.api.model import LM

    class Elsewhere(LM):  # type: ignore[misc] # lm-eval ships no types
        """Hands all on."""

        def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
            return likelihoods([_spaced(*request.args) for request in requests])

        def loglikelihood_rolling(self, requests: list[Any]) -> list[float]:
            return [log for log, _ in likelihoods([("", request.args[0]) for request in requests])]

        def generate_until(self, requests: list[Any]) -> list[str]:
            return continuations([_generated(*request.args) for request in requests])

    return Elsewhere()


def _spaced(context: str, text: str) -> tuple[str, str]:
    """Blanks at the end of a context belong to what goes on from it, as in lm-eval's own models."""
    bare = context.rstrip()
    return bare, context[len(bare) :] + text


def _generated(context: str, settings: Mapping[str, Any]) -> tuple[str, list[str], int]:
    until = settings.get("until") or []
    return context, [until] if isinstance(until, str) else list(until), int(settings.get("max_gen_toks") or GENERATED)


def _task_version(task: Any, config: Mapping[str, Any], code: Sequence[str]) -> str:
    """Short hash of what a task asks and how it scores, whatever part of it is asked and wherever its files are."""
    settings = {name: value for name, value in config.items() if name not in ("dataset_kwargs", "metadata")}
    docs = [json.dumps(doc, sort_keys=True, default=str) for doc in task.eval_docs]
    return digest(settings, docs, code, _version())[:12]


def _code(folder: Path) -> list[str]:
    """Hashes of the functions that the tasks of a folder call."""
    return [file_digest(path) for path in sorted(folder.rglob("*.py"))] if folder.is_absolute() else []


@contextmanager
def _sandboxed(folder: Path) -> Iterator[None]:
    """A folder's templates are rendered as `evals.tasks.templates` does, and not in lm-eval's environment without a sandbox."""
    _quietly()
    import lm_eval.utils
    from jinja2 import TemplateError

    from proctor.evals.tasks import rehearsal
    from proctor.evals.tasks.templates import RenderError, Sandbox

    own, lm_eval.utils.env = lm_eval.utils.env, Sandbox()
    try:
        yield
    except TemplateError as error:
        place = rehearsal.where(folder, error.template) if isinstance(error, RenderError) else ""
        raise InputError(f"general tasks: {place or folder}: {error}; correct the template") from error
    finally:
        lm_eval.utils.env = own


def load_tasks(entry: str, *, trusted: bool = False) -> dict[str, Any]:
    """lm-eval's task objects by name: all tasks of a folder, or those that one of lm-eval's names stands for.

    Raises:
        InputError: there is no such folder or name, no task in the folder, or one that would run code and is not trusted.
    """
    _quietly()
    if not Path(entry).is_absolute():
        return _tasks_of_name(entry)
    if trusted:
        return _tasks_of_folder(Path(entry))
    with _sandboxed(Path(entry)):
        return _tasks_of_data(Path(entry))


def knows(name: str) -> bool:
    """Whether lm-eval itself has a task, group or tag of that name. Reads its files; imports nothing of it."""
    naming, folders = _naming(name), [*_likely_folders(name), *(root / "tasks" for root in _roots())]
    return any(naming.search(path.read_bytes()) for folder in folders for path in folder.rglob("*.yaml"))


def _naming(name: str) -> re.Pattern[bytes]:
    """What a file has that defines a task, group or tag of that name."""
    word = re.escape(name.encode())
    return re.compile(rb"^\s*(?:-|[\"']?(?:task|group|tag)[\"']?\s*:)\s*[\"']?" + word + rb"[\"']?\s*$", re.MULTILINE)


class Fetched(NamedTuple):
    """What tasks of lm-eval's own need beside lm-eval."""

    data_sets: tuple[str, ...] = ()
    """Names on the Hugging Face hub, or addresses."""
    refused: tuple[str, ...] = ()
    """What they would do that Proctor does not let them."""


def fetches(name: str) -> Fetched:
    """What the task, group or tag of lm-eval's own called ``name`` needs. Reads its files; imports nothing of it."""
    folders = [*_likely_folders(name), *(root / "tasks" for root in _roots())]
    tasks: dict[str, dict[str, Any]] = {}
    for folder in folders:
        tasks = _named(name, folder)
        if tasks:
            break
    sets = {str(task["dataset_path"]) for task in tasks.values() if task.get("dataset_path") not in (None, *task_code.LOCAL)}
    files = (
        file for task in tasks.values() for file in task_code.file_names((task.get("dataset_kwargs") or {}).get("data_files"))
    )
    unsafe = ["runs code that the model wrote"] if any(task.get("unsafe_code") for task in tasks.values()) else []
    metrics = {str(metric) for task in tasks.values() for metric in _foreign(task)}
    code = [f"runs the code of a metric of the Hugging Face hub ({metric})" for metric in sorted(metrics)]
    return Fetched(tuple(sorted(sets | {file for file in files if "://" in file})), (*unsafe, *code))


def _foreign(task: Mapping[str, Any]) -> Iterator[Any]:
    """Metrics that lm-eval would look for in the library `evaluate`."""
    rows = task.get("metric_list") if "process_results" not in task else []
    for row in rows if isinstance(rows, list) else []:
        metric = row.get("metric") if isinstance(row, dict) else None
        if isinstance(metric, str) and not isinstance(metric, task_yaml.Function) and metric not in task_code.METRICS:
            yield metric


def _named(name: str, folder: Path) -> dict[str, dict[str, Any]]:
    """The tasks of a folder of lm-eval's own that a name stands for: itself, those of its group and of its tag."""
    todo, found = [name], dict[str, dict[str, Any]]()
    known = {path: path.read_bytes() for path in task_yaml.files(folder)}
    seen: set[str] = set()
    while todo:
        one = todo.pop()
        seen.add(one)
        naming = _naming(one)
        for path in (path for path, raw in known.items() if one.encode() in raw and naming.search(raw)):
            for task in _read(path):
                if task.get("task") == one or one in _several(task.get("tag")):
                    found[str(path)] = task
                elif task.get("group") == one:
                    members = (part.get("task") if isinstance(part, dict) else part for part in _several(task.get("task")))
                    todo += [str(member) for member in members if member and member not in seen]
    return found


@cache
def _read(path: Path) -> list[dict[str, Any]]:
    """One file of lm-eval's own, or nothing where it cannot be read."""
    try:
        return [{key: setting.value for key, setting in task_yaml.read(path).items()}]
    except task_yaml.BrokenError:
        return []


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _quietly() -> None:
    """No telemetry, and no warnings that a model came as an object or that a task has settings: both are the point."""
    quiet()
    logging.getLogger("lm_eval").setLevel(logging.ERROR)


def _tasks_of_data(folder: Path) -> dict[str, Any]:
    """The tasks of a folder, of which lm-eval is given nothing but data that was read and checked here."""
    from lm_eval.tasks import TaskManager

    if problem := next(task_code.refused(folder), None):
        raise InputError(f"{problem.file}:{problem.line}: {problem.what}; {problem.remedy}")
    tasks: dict[str, dict[str, Any]] = {}
    for path in task_yaml.files(folder):
        try:
            found = task_yaml.read(path, folder)
        except task_yaml.BrokenError as broken:
            raise InputError(f"{path}: {broken.problem.what}; {broken.problem.remedy}") from broken
        config = {key: task_yaml.plain(setting.value) for key, setting in found.items()}
        if isinstance(config.get("task"), str) and "group" not in config:
            tasks.setdefault(config["task"], _beside(config, path.parent))
    if not tasks:
        raise InputError(_NO_TASK.format(folder=folder))
    return dict(TaskManager(include_defaults=False).load(list(tasks.values()))["tasks"])


def _tasks_of_folder(folder: Path) -> dict[str, Any]:
    from lm_eval.tasks import TaskManager
    from lm_eval.tasks._yaml_loader import load_yaml

    manager = TaskManager(include_path=str(folder), include_defaults=False)
    paths = [manager.task_index[name].yaml_path for name in manager.all_subtasks]
    if not paths:
        raise InputError(_NO_TASK.format(folder=folder))
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
