"""Data that would like to be code: payloads in suites, models, judges, policies and runs, and how many of them ran.

Each writes a marker file when it runs. What is watched beside that: commands, and connections to anywhere (audit events).
"""

from __future__ import annotations

import json
import pickle
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from proctor.core.schema import InputError

EVENTS = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen", "socket.connect", "socket.getaddrinfo")
TASK = {
    "task": "sides",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "sides.jsonl"}},
    "test_split": "test",
    "output_type": "multiple_choice",
    "doc_to_text": "{{query}}",
    "doc_to_choice": "{{choices}}",
    "doc_to_target": "gold",
}
ROW = {"query": "left or", "choices": ["right", "up"], "gold": 0}
SECRET = "a-secret-beside-the-suite"  # noqa: S105 # a made-up one
FUNCTIONS = (
    *("doc_to_text", "doc_to_target", "doc_to_choice", "process_docs", "process_results", "custom_dataset", "class"),
    *("doc_to_image", "doc_to_audio", "gen_prefix", "description", "doc_to_decontamination_query", "metadata", "anything"),
)
"""Settings that lm-eval would take a function for, or look into."""
NESTED = (
    "metric_list: [{metric: !function code.run}]",
    "metric_list: [{metric: acc, aggregation: !function code.run}]",
    "filter_list: [{name: x, filter: [{function: custom, filter_fn: !function code.run}]}]",
    "fewshot_config: {sampler: first_n, samples: !function code.run}",
    "fewshot_config: {process_docs: !function code.run}",
    "fewshot_config: {sampler: !function code.run}",
    "group: many\ntask: [{task: other, doc_to_text: !function code.run}]",
    "doc_to_text: !!python/object/apply:os.system ['touch MARKER']",
    "doc_to_text: !!python/name:os.system",
    "doc_to_text: !!python/module:code",
    "doc_to_text: !!python/object/new:os.system ['touch MARKER']",
)
TEMPLATES = (
    "{{ cycler.__init__.__globals__.os.system('touch MARKER') }}",
    "{{ joiner.__init__.__globals__['os'].popen('touch MARKER').read() }}",
    "{{ lipsum.__globals__.os.system('touch MARKER') }}",
    "{{ namespace.__init__.__globals__.os.system('touch MARKER') }}",
    "{{ self.__init__.__globals__.__builtins__.open('MARKER', 'w') }}",
    "{{ self._TemplateReference__context.cycler.__init__.__globals__.os.system('touch MARKER') }}",
    "{{ query.__class__.__mro__[1].__subclasses__() }}",
    "{{ query['__cla' ~ 'ss__'].__base__ }}",
    "{{ query|attr('__class__') }}",
    "{{ (query|attr('__cl' ~ 'ass__')).__base__ }}",
    "{{ query|map(attribute='__class__')|list }}{{ query|map('attr', '__class__')|list }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(query) }}",
    "{{ ('{0.__class__}'.format)(query) }}",
    "{{ {}.__class__.__base__ }}",
    "{{ range.__init__.__self__ }}",
    "{{ dict.__base__.__subclasses__()|length }}",
    "{% set f = query.__init_subclass__ %}{{ f.__self__ }}",
    "{% for name in ['__class__'] %}{{ query[name] }}{% endfor %}",
    "{% include '/etc/hostname' %}",
    "{% import 'os' as os %}{{ os.system('touch MARKER') }}",
    "{% extends '/etc/hostname' %}",
    "{% macro run() %}{{ caller.__globals__ }}{% endmacro %}{{ run() }}",
    "{% call query.__class__() %}{% endcall %}",
)
ENDLESS = (
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% set d = [1,1,1,1,1,1,1,1,1,1] %}" + "{% for a in d %}" * 12 + "x" + "{% endfor %}" * 12,
    "{{ 'x' * 10 ** 10 }}",
    "{{ 9 ** 9 ** 9 ** 9 }}{{ 9 ** (9 ** 9) }}",
    "{{ '%9999999999d' % 1 }}",
    "{{ '{:>9999999999}'.format(1) }}",
    "{{ 'x'.center(10 ** 10) }}{{ 'x'|center(10 ** 10) }}",
    "{% set n = namespace(x='xx') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x='xx') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    "{{ ('x' * 999999).replace('x', 'y' * 999999) }}",
    "{{ ('x' * 999999)|replace('x', 'y' * 999999) }}",
    "{{ ('x' * 999999).join(['y'] * 99999) }}",
    "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "{{ (5).to_bytes(10 ** 10, 'big') }}",
)
SETTINGS: tuple[dict[str, Any], ...] = (
    {"dataset_path": "evil/data"},
    {"dataset_path": "./script.py"},
    {"dataset_path": "pandas"},
    {"dataset_path": "webdataset"},
    {"dataset_path": "arrow"},
    {"dataset_path": "json", "dataset_kwargs": {}},
    {"dataset_kwargs": {"data_files": {"test": "https://example.org/x.jsonl"}}},
    {"dataset_kwargs": {"data_files": {"test": "hf://datasets/evil/data/x.jsonl"}}},
    {"dataset_kwargs": {"data_files": ["sides.jsonl", "zip://x.jsonl::https://example.org/x.zip"]}},
    {"dataset_kwargs": {"data_files": {"https://example.org/x": "https://example.org/x"}}},
    {"dataset_kwargs": {"data_files": {"test": "../secret.jsonl"}}},
    {"dataset_kwargs": {"data_files": {"test": "linked.jsonl"}}},
    {"dataset_kwargs": {"data_files": {"test": "../*.jsonl"}}},
    {"dataset_kwargs": {"data_files": {"test": "SECRET"}}},
    {"dataset_kwargs": {"data_files": {"test": "sides.jsonl"}, "trust_remote_code": True}},
    {"dataset_kwargs": {"data_files": {"test": "sides.jsonl"}, "storage_options": {"protocol": "file"}}},
    {"dataset_kwargs": {"data_dir": ".."}},
    {"metric_list": [{"metric": "code_eval"}]},
    {"metric_list": [{"metric": "./metric.py"}]},
    {"metric_list": [{"metric": "acc", "hf_evaluate": True}]},
    {"output_type": "generate_until", "generation_kwargs": {"custom_generate": "evil/code", "trust_remote_code": True}},
    {"output_type": "generate_until", "generation_kwargs": {"assistant_model": "evil/code"}},
    {"use_prompt": "prompts.yaml:x"},
    {"use_prompt": "promptsource:x"},
    {"unsafe_code": True},
    {"task_list": [{"task": "other", "dataset_path": "evil/data"}]},
    {"include": "../common"},
    {"include": "/etc/hostname"},
)


@dataclass
class Seen:
    """What a payload did."""

    marker: Path
    events: list[str] = field(default_factory=list)
    said: str = ""
    """The refusal, if it was refused."""
    leaked: bool = False

    @property
    def outcome(self) -> str:
        """In a word."""
        if self.marker.exists() or any(not event.startswith("socket") for event in self.events):
            return "ran"
        if self.events:
            return "reached the network"
        return "read what it should not" if self.leaked else "refused" if self.said else "did nothing"


@dataclass(frozen=True)
class Payload:
    """One way to run something: what it is called, and what writes and uses it."""

    way: str
    name: str
    use: Callable[[Path, Seen], None]


def payloads() -> Iterator[Payload]:
    """All of them."""
    for key in FUNCTIONS:
        yield from _task(f"{key}: !function", f"{key}: !function code.run\n", without=key)
    for text in NESTED:
        yield from _task(text.splitlines()[-1][:60], f"{text}\n", without=text.partition(":")[0])
    yield from _task("an overridden !function of an included file", "include: common\n")
    for key in ("doc_to_text", "doc_to_choice", "description"):
        for template in TEMPLATES:
            yield from _task(f"{key}: {template}", template=(key, template), without=key)
    for template in (*TEMPLATES, *ENDLESS):
        yield Payload("a template as it is rendered", template, _rendered(template))
    for settings in SETTINGS:
        yield from _task(json.dumps(settings), json.dumps(settings)[1:-1].replace(', "', '\n"') + "\n", settings=settings)
    for name, files in FOLDERS.items():
        yield Payload("a suite's folder", name, _suite(files))
    yield from _models()
    for text in POLICIES:
        yield Payload("a policy", text, _policy(text))
    yield from _texts()


def _task(
    name: str,
    text: str = "",
    *,
    without: str = "",
    settings: dict[str, Any] | None = None,
    template: tuple[str, str] | None = None,
) -> Iterator[Payload]:
    def write(folder: Path, seen: Seen) -> Path:
        tasks = folder / "suite" / "tasks"
        tasks.mkdir(parents=True)
        told = {key: value for key, value in TASK.items() if key != without and key not in (settings or {})}
        more = text if settings is None else "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items())
        if template:
            more = f"{template[0]}: {json.dumps(template[1])}\n"
        lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in told.items()) + more
        secret = folder / "suite" / "secret.jsonl"
        secret.write_text(json.dumps(ROW | {"query": SECRET}) + "\n")
        (tasks / "linked.jsonl").symlink_to(secret)
        (folder / "suite" / "common").write_text("description: x\n")
        (tasks / "sides.yaml").write_text(lines.replace("MARKER", str(seen.marker)).replace("SECRET", str(secret)))
        (tasks / "sides.jsonl").write_text(json.dumps(ROW) + "\n")
        (tasks / "common").write_text("gen_prefix: !function code.run\n")
        code = f"open({str(seen.marker)!r}, 'w').close()\ndef run(*a, **k): return 'x'\n"
        for file in ("code.py", "script.py", "metric.py"):
            (tasks / file).write_text(code)
        if "use_prompt" in (settings or {}):
            (tasks / "prompts.yaml").write_text("prompts: {x: '{{ query }}'}\n")
        (folder / "suite" / "suite.toml").write_text('general = ["tasks"]\n')
        (folder / "suite" / "documents").mkdir()
        (folder / "suite" / "documents" / "a.txt").write_text("x")
        (folder / "suite" / "questions.jsonl").write_text(json.dumps({"question": "y", "references": ["x"]}) + "\n")
        return tasks

    def validated(folder: Path, seen: Seen) -> None:
        from proctor.suites.loading.load import load

        write(folder, seen)
        load(str(folder / "suite"))

    def loaded(folder: Path, seen: Seen) -> None:
        from proctor.evals.tasks.lm_eval_tasks import load_tasks

        for task in load_tasks(str(write(folder, seen))).values():
            seen.leaked |= any(SECRET in str(doc) for doc in task.eval_docs)

    yield Payload("a task that is validated", name, validated)
    yield Payload("a task that is loaded", name, loaded)


def _rendered(template: str) -> Callable[[Path, Seen], None]:
    def use(_: Path, seen: Seen) -> None:
        from lm_eval import utils

        from proctor.evals.tasks.lm_eval_tasks import _sandboxed

        with _sandboxed():
            said = utils.apply_template(template.replace("MARKER", str(seen.marker)), ROW)
        seen.leaked = "class" in said or "globals" in said

    return use


CODE = "open({marker!r}, 'w').close()\n"
FOLDERS: dict[str, dict[str, str]] = {
    "pytest.ini with a plugin": {"pytest.ini": "[pytest]\naddopts = -p code\n", "code.py": CODE},
    "pyproject.toml with a plugin": {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-p code"\n', "code.py": CODE},
    "tox.ini with a plugin": {"tox.ini": "[pytest]\naddopts = -p code\n", "code.py": CODE},
    "conftest.py and tests": {"conftest.py": CODE, "test_x.py": CODE},
    "a schema from an address": {"suite.toml": '[style]\nschema = { "$ref" = "http://127.0.0.1:9/x" }\n'},
    "a schema from a file elsewhere": {"suite.toml": '[style]\nschema = { "$ref" = "file:///etc/hostname" }\n'},
    "a schema outside the suite": {"suite.toml": '[style]\nschema = "../secret.json"\n'},
    "a dialect from an address": {"suite.toml": '[style]\nschema = { "$schema" = "http://127.0.0.1:9/x", type = "object" }\n'},
    "general tasks by dotted name": {"suite.toml": 'general = ["code.run"]\n', "code.py": CODE},
    "general tasks as a file": {"suite.toml": 'general = ["code.py"]\n', "code.py": CODE},
    "a task that runs what a model wrote": {"suite.toml": 'general = ["humaneval"]\n'},
    "an embedder of its own": {"suite.toml": 'embedder = "code.run"\n', "code.py": CODE},
    "a page with pictures and scripts": {
        "documents/b.html": "<img src='http://127.0.0.1:9/x'><script src='http://127.0.0.1:9/y'></script>b"
    },
    "XML with entities": {"documents/b.html": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><p>&e;</p>"},
}


def _suite(files: dict[str, str]) -> Callable[[Path, Seen], None]:
    def use(folder: Path, seen: Seen) -> None:
        from proctor.suites.loading.load import load

        suite = folder / "suite"
        plain = {
            "suite.toml": "",
            "documents/a.txt": "x",
            "questions.jsonl": json.dumps({"question": "y", "references": ["x"]}) + "\n",
        }
        for name, text in (plain | files).items():
            (suite / name).parent.mkdir(parents=True, exist_ok=True)
            (suite / name).write_text(text.replace("{marker!r}", repr(str(seen.marker))))
        (folder / "secret.json").write_text('{"type": "object"}')
        with _importable(suite):
            load(str(suite))

    return use


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in ("conftest", "test_x"):
            sys.modules.pop(name, None)


class Pickled:
    """Makes the marker when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return open, (str(self.marker), "w")


def _models() -> Iterator[Payload]:
    kinds: dict[str, Callable[[Path, Seen], None]] = {
        "pickled weights": lambda folder, seen: _pickle(folder, seen, "model.safetensors"),
        "code of its own": _own_code,
        "a generate of its own": _own_generate,
        "an attention kernel": lambda folder, _: _edit(folder / "config.json", attn_implementation="evil/kernel"),
        "a chat template": lambda folder, seen: _chat(folder, seen, TEMPLATES[0]),
        "a chat template that looks for classes": lambda folder, seen: _chat(folder, seen, TEMPLATES[6]),
        "a tokenizer of its own": _own_tokenizer,
        "an adapter elsewhere": lambda folder, _: _write(
            folder / "adapter_config.json", {"base_model_name_or_path": "evil/model"}
        ),
    }
    for name, spoil in kinds.items():
        yield Payload("a base model", name, _base(spoil))
    yield Payload("an NLI judge", "code of its own", _judge(_own_code))
    yield Payload("an NLI judge", "pickled weights", _judge(lambda folder, seen: _pickle(folder, seen, "model.safetensors")))
    for name, module in (("a module of its own", "code.Run"), ("any callable", "os.system")):
        yield Payload("an embedder", name, _embedder(module))


def _base(spoil: Callable[[Path, Seen], object]) -> Callable[[Path, Seen], None]:
    def use(folder: Path, seen: Seen) -> None:
        from proctor.core.storage.cache import Cache
        from proctor.models.base.base import find_all
        from tests import tiny

        with unwatched():
            model = tiny.causal_lm(folder / "model", chat=True)
            spoil(model, seen)
        (found,) = find_all([str(model)], Cache(folder / "cache"))
        tokenizer = found.tokenizer()
        found.load("cpu").generate(**tokenizer("x", return_tensors="pt"), max_new_tokens=1)
        tokenizer.apply_chat_template([{"role": "user", "content": "x"}], tokenize=False)

    return use


def _judge(spoil: Callable[[Path, Seen], object]) -> Callable[[Path, Seen], None]:
    def use(folder: Path, seen: Seen) -> None:
        from proctor.evals.judges.protocols import EntailmentInput, load_judge
        from tests import tiny

        with unwatched():
            judge = tiny.nli(folder / "judge")
            spoil(judge, seen)
        load_judge(f"nli:{judge}").supports([EntailmentInput("x", ("x",))])

    return use


def _embedder(module: str) -> Callable[[Path, Seen], None]:
    def use(folder: Path, seen: Seen) -> None:
        from proctor.core.storage.cache import Cache
        from proctor.models.embedders.local import find
        from tests import tiny

        with unwatched():
            tiny.embedder(folder)
        modules = folder / "embedder" / "modules.json"
        known = json.loads(modules.read_text())
        known[0]["type"] = module
        _write(modules, known)
        (folder / "embedder" / "code.py").write_text(CODE.replace("{marker!r}", repr(str(seen.marker))))
        find(str(folder / "embedder"), Cache(folder / "cache")).load("cpu")

    return use


def _write(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value))


def _edit(file: Path, **values: Any) -> None:
    _write(file, json.loads(file.read_text()) | values)


def _own_code(folder: Path, seen: Seen) -> None:
    (folder / "modeling_x.py").write_text(CODE.replace("{marker!r}", repr(str(seen.marker))))
    named = dict.fromkeys(
        ("AutoConfig", "AutoModel", "AutoModelForCausalLM", "AutoModelForSequenceClassification"), "modeling_x.X"
    )
    _edit(folder / "config.json", auto_map=named, model_type="own")


def _own_generate(folder: Path, seen: Seen) -> None:
    (folder / "custom_generate").mkdir()
    text = CODE.replace("{marker!r}", repr(str(seen.marker))) + "def generate(model, **k): return model\n"
    (folder / "custom_generate" / "generate.py").write_text(text)
    _edit(folder / "generation_config.json", custom_generate=str(folder), trust_remote_code=True)


def _own_tokenizer(folder: Path, seen: Seen) -> None:
    (folder / "tokenization_x.py").write_text(CODE.replace("{marker!r}", repr(str(seen.marker))))
    _edit(folder / "tokenizer_config.json", auto_map={"AutoTokenizer": ["tokenization_x.X", None]}, tokenizer_class="X")


def _pickle(folder: Path, seen: Seen, weights: str) -> None:
    (folder / weights).unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Pickled(seen.marker)))


def _chat(folder: Path, seen: Seen, template: str) -> None:
    (folder / "chat_template.jinja").write_text(template.replace("MARKER", str(seen.marker)) + "{{ messages[0].content }}")


POLICIES = (
    "version: 1\nalpha: !!python/object/apply:os.system ['touch MARKER']\n",
    "version: 1\nmetrics: {x: !!python/name:os.system }\n",
    "version: 1\nalpha: !function code.run\n",
)


def _policy(text: str) -> Callable[[Path, Seen], None]:
    def use(folder: Path, seen: Seen) -> None:
        from proctor.leaderboard.compare.policy import load

        file = folder / "policy.yaml"
        file.write_text(text.replace("MARKER", str(seen.marker)))
        load(file)

    return use


def _texts() -> Iterator[Payload]:
    """Names and answers that are templates, in a run that is published; the same in a saved run."""
    for template in TEMPLATES[:3]:
        yield Payload("a run that is published", template, _published(template))
        yield Payload("a judge's answer", template, _judged(template))


def _published(template: str) -> Callable[[Path, Seen], None]:
    def use(folder: Path, seen: Seen) -> None:
        from proctor.leaderboard.site.page import publish
        from tests.sample_run import Sample, make_run

        text = template.replace("MARKER", str(seen.marker))
        run = make_run(folder / "run", Sample(title=text))
        known = json.loads((run / "provenance.json").read_text())
        _write(run / "provenance.json", known | {"command": text, "judge": text})
        publish([run], folder / "site")

    return use


def _judged(template: str) -> Callable[[Path, Seen], None]:
    def use(_: Path, seen: Seen) -> None:
        from proctor.evals.axes.style import PROMPT

        text = template.replace("MARKER", str(seen.marker))
        assert text in PROMPT.format(rubric=text, question=text, answer=text)

    return use


WATCHED: list[Seen] = []


@contextmanager
def unwatched() -> Iterator[None]:
    """While a payload is written: libraries that save a model start processes of their own."""
    seen = WATCHED.pop()
    try:
        yield
    finally:
        WATCHED.append(seen)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if WATCHED and event in EVENTS:
        WATCHED[-1].events.append(event)
        if event.startswith("socket"):
            raise ConnectionRefusedError(f"{event}{arguments[1:]}")


def put(payload: Payload, folder: Path) -> Seen:
    """Use a payload in a folder, and what it did."""
    _prepare()
    folder.mkdir(parents=True, exist_ok=True)
    seen = Seen(folder / "RAN")
    WATCHED.append(seen)
    try:
        payload.use(folder, seen)
    except InputError as error:
        seen.said = str(error)
    except Exception as error:  # noqa: BLE001 # a payload may break anything
        seen.said = f"{type(error).__name__}: {error}"
    finally:
        WATCHED.pop()
    return seen


@cache
def _prepare() -> None:
    """Watch; and load what starts processes when it is loaded for the first time."""
    from proctor.core.environment import quiet

    quiet()
    import sentence_transformers  # noqa: F401

    sys.addaudithook(_hook)


def run(seed: int = 0) -> Iterator[str]:
    """A Markdown table: each way in, how many payloads, and what became of them. ``seed`` is of no use: all are put."""
    del seed
    found: dict[str, Counter[str]] = {}
    odd = []
    with tempfile.TemporaryDirectory() as place:
        for number, payload in enumerate(payloads()):
            seen = put(payload, Path(place) / str(number))
            found.setdefault(payload.way, Counter())[seen.outcome] += 1
            if seen.outcome not in ("refused", "did nothing"):
                odd.append(f"{payload.way}: {payload.name}: {seen.outcome} {seen.events}")
    names = ("refused", "did nothing", "ran", "reached the network", "read what it should not")
    yield f"| way in | payloads | {' | '.join(names)} |"
    yield f"|---{'|---' * (len(names) + 1)}|"
    for way, counts in found.items():
        yield f"| {way} | {counts.total()} | {' | '.join(str(counts[name]) for name in names)} |"
    total = sum(found.values(), Counter())
    yield f"| all | {total.total()} | {' | '.join(str(total[name]) for name in names)} |"
    yield from odd
