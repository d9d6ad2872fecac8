"""Every input of a figure is in its key: change one, and what depends on it, and nothing else, is made anew.

The keys are those of the real objects: a suite on the disk, a base model, an embedder and a table of systems. No model is run.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import pytest

from proctor.core import code, machine, schema
from proctor.core.storage.cache import Cache
from proctor.evals.axes import catalogue
from proctor.evals.exam import EvalContext, Exam
from proctor.evals.judges.protocols import load_judge
from proctor.leaderboard.compare.changes import resettings
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import Run
from proctor.models import systems
from proctor.models.base import base as base_models
from proctor.models.candidates.local import LocalCandidate
from proctor.models.generation import limits
from proctor.models.runtime import Runtime
from proctor.suites.loading.load import load
from tests import tiny

TABLE = """
[base]
[bm25]
retrieve = "bm25"
[dense]
retrieve = "dense"
embedder = "EMBEDDER"
[prompted]
few_shot = 1
[full]
adapt = "full"
[lora]
adapt = "lora"
rank = 4
[hybrid]
adapt = "lora"
rank = 4
retrieve = "dense"
embedder = "EMBEDDER"
"""
ALL = ("base", "bm25", "dense", "prompted", "full", "lora", "hybrid")
TRAINED, RETRIEVING, DENSE = {"full", "lora", "hybrid"}, {"bm25", "dense", "hybrid"}, {"dense", "hybrid"}
TASK = """
task: sides
dataset_path: json
dataset_kwargs: {data_files: {test: sides.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{query}}"
doc_to_target: gold
doc_to_choice: "{{choices}}"
process_docs: !function code.same
"""
SUITE: dict[str, Any] = {
    "suite.toml": """
name = "shop"
general = ["tasks"]
instruction = "Be brief."
[style]
pattern = "Answer (?P<answer>.+)"
guide = "As it is."
""",
    "documents/hours.md": "Open from 9 to 5.",
    "documents/bikes.md": "A bike weighs 14 kg.",
    "train.jsonl": json.dumps({"prompt": "When do you open?", "completion": "9", "evidence": ["hours"]}) + "\n",
    "questions.jsonl": json.dumps({"id": "open", "question": "From when on?", "references": ["9"], "evidence": ["hours"]}) + "\n",
    "revisions.jsonl": json.dumps(
        {
            "document": "hours",
            "text": "Open from 10 to 5.",
            "questions": [{"id": "now", "question": "From when on now?", "references": ["10"], "outdated": ["9"]}],
            "examples": [{"prompt": "When do you open now?", "completion": "10"}],
        }
    )
    + "\n",
    "tasks/sides.yaml": TASK,
    "tasks/sides.jsonl": json.dumps({"query": "left or", "choices": ["right", "up"], "gold": 0}) + "\n",
    "tasks/code.py": "def same(docs):\n    return docs\n",
}
AXES = [*catalogue.AXES.values()]
Keys = dict[tuple[str, str], str]
"""(what is kept, system) -> its key."""


@pytest.fixture(scope="module", autouse=True)
def read_once() -> Iterator[None]:
    """What is installed stays while these tests run: its versions, of which every key has several, are read once.

    Hashes of code are not kept: what is edited here is no file.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code, "_kept_in", [])
        patch.setattr(metadata, "distribution", cache(metadata.distribution))
        patch.setattr(metadata.Distribution, "version", property(cache(lambda self: self.metadata["Version"])))
        yield


class World:
    """All files of an exam, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.judge, self.device, self.seed, self.limit = "lexical", "cpu", 0, None
        self.remote = False

    def edit(self, file: str, old: str = "", new: str = " ") -> None:
        """Put one text in the place of another, or at the end."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new) if old else text + new, encoding="utf-8")

    def flip(self, file: str) -> None:
        """Change the last byte of a file."""
        path = self.folder / file
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 1
        path.write_bytes(raw)

    def keys(self) -> Keys:
        """What everything is kept under."""
        return dict(self._keys())

    def _keys(self) -> Iterator[tuple[tuple[str, str], str]]:
        kept, suite = Cache(self.folder / "cache"), load(str(self.folder / "shop"), trust=True)
        base = base_models.find(str(self.folder / "model"), kept, trust_remote_code=self.remote)
        stand, room, judge = Runtime(kept, self.device), limits.limits(suite, base), load_judge(self.judge)
        for name, system in systems.load(self.folder / "systems.toml").items():
            made = LocalCandidate(system, base, suite.domain, stand, self.seed if system.adapts else 0, limits=room)
            plain = LocalCandidate(systems.System("base"), base, suite.domain, stand, limits=room)
            yield ("weights", name), made.weights_version
            yield ("answers", name), made.version
            if made.retrieves:
                yield ("index", name), made.index.version
            evaluation = EvalContext(suite, suite.questions[: self.limit], made, plain, judge, kept, self.limit)
            for axis in AXES:
                yield (f"scores of {axis.name}", name), Exam(evaluation, print)._key(axis)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worlds") / "made"
    for name, text in SUITE.items():
        path = folder / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    tiny.causal_lm(folder / "model", chat=True)
    (folder / "model" / "modeling.py").write_text("", encoding="utf-8")
    tiny.embedder(folder / "parts")
    (folder / "parts" / "embedder").rename(folder / "embedder")
    return folder


@contextmanager
def copied(made: Path) -> Iterator[World]:
    """A copy that may be changed, each time in the same place: where an embedder lies is a part of some keys."""
    folder = made.with_name("copy")
    shutil.copytree(made, folder)
    (folder / "systems.toml").write_text(TABLE.replace("EMBEDDER", str(folder / "embedder")), encoding="utf-8")
    yield World(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def before(made: Path) -> Keys:
    """What everything is kept under before any change."""
    with copied(made) as world:
        return world.keys()


@pytest.fixture
def world(made: Path, before: Keys) -> Iterator[World]:
    with copied(made) as world:
        yield world


def anew(before: Keys, after: Keys) -> dict[str, set[str]]:
    """What is kept under another key now -> of which systems; all scores are one where they agree."""
    found: dict[str, set[str]] = {}
    for (kind, system), key in after.items():
        if before[kind, system] != key:
            found.setdefault(kind, set()).add(system)
    scores = {
        frozenset(found.pop(kind)) if kind in found else frozenset() for kind in [f"scores of {axis.name}" for axis in AXES]
    }
    if len(scores) == 1:
        return found | ({"scores": set(*scores)} if any(scores) else {})
    return found | {"scores of some": set().union(*scores)}


EVERYTHING = {"weights": set(ALL), "answers": set(ALL), "scores": set(ALL)}
SCORES = {"scores": set(ALL)}
WHATEVER_IS_TRAINED = {"weights": TRAINED, "answers": TRAINED, "scores": TRAINED}
Change = Callable[[World], None]
CHANGES: dict[str, tuple[Change, dict[str, set[str]]]] = {
    "the base model's weights": (lambda w: w.flip("model/model.safetensors"), EVERYTHING),
    "its configuration": (lambda w: w.edit("model/config.json"), EVERYTHING),
    "its tokenizer": (lambda w: w.edit("model/tokenizer.json"), EVERYTHING),
    "its chat template": (lambda w: w.edit("model/chat_template.jinja", "assistant", "model"), EVERYTHING),
    "its generation settings": (lambda w: w.edit("model/generation_config.json"), EVERYTHING),
    "an embedder's weights": (
        lambda w: w.flip("embedder/model.safetensors"),
        {"index": DENSE, "weights": {"hybrid"}, "answers": DENSE, "scores": DENSE},
    ),
    "an embedder's tokenizer": (
        lambda w: w.edit("embedder/tokenizer.json"),
        {"index": DENSE, "weights": {"hybrid"}, "answers": DENSE, "scores": DENSE},
    ),
    "a document": (
        lambda w: w.edit("shop/documents/bikes.md", "14", "15"),
        {"index": RETRIEVING, "weights": {"hybrid"}, "answers": RETRIEVING, "scores": set(ALL)},
    ),
    "a training example": (
        lambda w: w.edit("shop/train.jsonl", '"9"', '"nine"'),
        {"weights": TRAINED, "answers": TRAINED | {"prompted"}, "scores": set(ALL)},
    ),
    "a question": (lambda w: w.edit("shop/questions.jsonl", "From", "Since"), SCORES),
    "a reference": (lambda w: w.edit("shop/questions.jsonl", '["9"]', '["9 am"]'), SCORES),
    "a question's evidence": (lambda w: w.edit("shop/questions.jsonl", '["hours"]', '["bikes"]'), SCORES),
    "a revision": (lambda w: w.edit("shop/revisions.jsonl", "from 10", "from 11"), SCORES),
    "an outdated answer": (lambda w: w.edit("shop/revisions.jsonl", '["9"]', '["nine"]'), SCORES),
    "the instruction": (
        lambda w: w.edit("shop/suite.toml", "brief", "terse"),
        {**WHATEVER_IS_TRAINED, "answers": set(ALL), "scores": set(ALL)},
    ),
    "the guide to the house format": (
        lambda w: w.edit("shop/suite.toml", "As it is", "Plainly"),
        {"answers": {"prompted"}, "scores": set(ALL)},
    ),
    "the house format": (lambda w: w.edit("shop/suite.toml", ".+", ".*"), SCORES),
    "how declining is worded": (
        lambda w: w.edit("shop/suite.toml", "general", 'abstain = ["not in the documents", "unknown"]\ngeneral'),
        SCORES,
    ),
    "the rule that texts are compared by": (
        lambda w: w.edit("shop/suite.toml", "general", 'normalise = "squad"\ngeneral'),
        SCORES,
    ),
    "data of a general task": (lambda w: w.edit("shop/tasks/sides.jsonl", "0", "1"), {"scores of some": set(ALL)}),
    "definition of a general task": (
        lambda w: w.edit("shop/tasks/sides.yaml", "{{query}}", "Q: {{query}}"),
        {"scores of some": set(ALL)},
    ),
    "code of a general task": (lambda w: w.edit("shop/tasks/code.py"), {"scores of some": set(ALL)}),
    "the seed": (lambda w: setattr(w, "seed", 1), WHATEVER_IS_TRAINED),
    "the judge": (
        lambda w: setattr(w, "judge", f"nli:{tiny.nli(w.folder / 'judge')}"),
        {"scores of some": set(ALL)},
    ),
    "the limit": (lambda w: setattr(w, "limit", 1), SCORES),
    "a title": (lambda w: w.edit("shop/suite.toml", "general", 'title = "Shop"\ngeneral'), {}),
    "a file that nobody reads": (lambda w: (w.folder / "model" / "README.md").write_text("x") and None, {}),
}
SETTINGS: dict[str, tuple[str, str, dict[str, set[str]]]] = {
    "search": (
        "[bm25]",
        '[bm25]\nsearch = { expand = "window:1" }',
        {"index": {"bm25"}, "answers": {"bm25"}, "scores": {"bm25"}},
    ),
    "top_k": ("[bm25]", "[bm25]\ntop_k = 1", {"answers": {"bm25"}, "scores": {"bm25"}}),
    "min_score": ("[bm25]", "[bm25]\nmin_score = 0.5", {"answers": {"bm25"}, "scores": {"bm25"}}),
    "chunk_chars": ("[bm25]", "[bm25]\nchunk_chars = 60", {"index": {"bm25"}, "answers": {"bm25"}, "scores": {"bm25"}}),
    "chunk_overlap": ("[bm25]", "[bm25]\nchunk_overlap = 7", {"index": {"bm25"}, "answers": {"bm25"}, "scores": {"bm25"}}),
    "chunker": ("[bm25]", '[bm25]\nchunker = "markdown"', {"index": {"bm25"}, "answers": {"bm25"}, "scores": {"bm25"}}),
    "bm25": ("[bm25]", '[bm25]\nbm25 = { stem = "english" }', {"index": {"bm25"}, "answers": {"bm25"}, "scores": {"bm25"}}),
    "chunk_tokens": (
        'retrieve = "bm25"',
        'retrieve = "bm25"\nchunker = "tokens"\nchunk_tokens = 99',
        {"index": {"bm25"}, "answers": {"bm25"}, "scores": {"bm25"}},
    ),
    "max_new_tokens": ("[bm25]", "[bm25]\nmax_new_tokens = 9", {"answers": {"bm25"}, "scores": {"bm25"}}),
    "few_shot": ("few_shot = 1", "few_shot = 0", {"answers": {"prompted"}, "scores": {"prompted"}}),
    "epochs": ("[full]", "[full]\nepochs = 1", {"weights": {"full"}, "answers": {"full"}, "scores": {"full"}}),
    "learning_rate": ("[full]", "[full]\nlearning_rate = 0.1", {"weights": {"full"}, "answers": {"full"}, "scores": {"full"}}),
    "batch_size": ("[full]", "[full]\nbatch_size = 2", {"weights": {"full"}, "answers": {"full"}, "scores": {"full"}}),
    "rank": (
        '[lora]\nadapt = "lora"\nrank = 4',
        '[lora]\nadapt = "lora"\nrank = 2',
        {"weights": {"lora"}, "answers": {"lora"}, "scores": {"lora"}},
    ),
    "alpha": ("[lora]", "[lora]\nalpha = 3", {"weights": {"lora"}, "answers": {"lora"}, "scores": {"lora"}}),
    "train_with_context": (
        "[hybrid]",
        "[hybrid]\ntrain_with_context = false",
        {"weights": {"hybrid"}, "answers": {"hybrid"}, "scores": {"hybrid"}},
    ),
    "gold_in_context": (
        "[hybrid]",
        "[hybrid]\ngold_in_context = 0.5",
        {"weights": {"hybrid"}, "answers": {"hybrid"}, "scores": {"hybrid"}},
    ),
    "adapter_when": ("[hybrid]", '[hybrid]\nadapter_when = "with passages"', {"answers": {"hybrid"}, "scores": {"hybrid"}}),
}
LIBRARIES: dict[str, dict[str, set[str]]] = {
    "torch": {"index": DENSE, "weights": TRAINED, "answers": set(ALL), "scores": set(ALL)},
    "transformers": {"index": DENSE, "weights": TRAINED, "answers": set(ALL), "scores": set(ALL)},
    "tokenizers": {"weights": TRAINED, "answers": set(ALL), "scores": set(ALL)},
    "peft": WHATEVER_IS_TRAINED,
    "accelerate": WHATEVER_IS_TRAINED,
    "sentence-transformers": {"index": DENSE, "weights": {"hybrid"}, "answers": DENSE, "scores of some": set(ALL)},
    "bm25s": {"index": {"bm25"}, "answers": {"bm25"}, "scores": {"bm25"}},
    "langchain-text-splitters": {"index": RETRIEVING, "weights": {"hybrid"}, "answers": RETRIEVING, "scores": RETRIEVING},
    "lm_eval": {"scores of some": set(ALL)},
    "ragas": {"scores of some": set(ALL)},
    "deepeval": {"scores of some": set(ALL)},
    "ir-measures": {"scores of some": set(ALL)},
    "jsonschema": {"scores of some": set(ALL)},
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_input_makes_anew_what_depends_on_it_and_nothing_else(world: World, before: Keys, change: str) -> None:
    make, expected = CHANGES[change]
    make(world)
    assert anew(before, world.keys()) == expected


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_changed_setting_makes_anew_what_depends_on_it_and_nothing_else(world: World, before: Keys, setting: str) -> None:
    old, new, expected = SETTINGS[setting]
    world.edit("systems.toml", old, new)
    assert anew(before, world.keys()) == expected


def test_every_setting_of_a_system_is_tried() -> None:
    several = {"name", "adapt", "retrieve", "embedder", "embedding"}  # the table has several of these; of API's alone the last
    elsewhere = set(systems.System.__dataclass_fields__) - {*systems.COMPOSED, "adapt", "name"}  # of what Proctor does not build
    fields = set(systems.System.__dataclass_fields__) - several - elsewhere
    assert fields == set(SETTINGS)


@pytest.mark.slow
@pytest.mark.parametrize("library", LIBRARIES)
def test_another_version_of_a_library_makes_anew_what_it_works_out(
    world: World, before: Keys, library: str, monkeypatch: Any
) -> None:
    real = metadata.version

    def version(name: str) -> str:
        return "99" if name.replace("_", "-") == library.replace("_", "-") else real(name)

    monkeypatch.setattr(metadata, "version", version)
    for name, module in list(sys.modules.items()):
        if name.startswith(("proctor.evals.", "proctor.models.")) and vars(module).get("installed") is real:
            monkeypatch.setattr(module, "installed", version)
    schema._installed.cache_clear()
    try:
        assert anew(before, world.keys()) == LIBRARIES[library]
    finally:
        schema._installed.cache_clear()


def test_code_of_the_models_own_counts_where_it_may_run(world: World, before: Keys) -> None:
    world.edit("model/modeling.py", new="# other\n")
    assert world.keys() == before
    world.remote = True
    trusted = world.keys()
    world.edit("model/modeling.py", new="# another\n")
    assert anew(trusted, world.keys()) == EVERYTHING


def test_another_device_is_another_answer(world: World, before: Keys) -> None:
    world.device = "cuda"
    found = anew(before, world.keys())
    assert (found["answers"], found["weights"], found["index"]) == (set(ALL), TRAINED, DENSE)


def test_another_machine_takes_seconds_anew_and_nothing_else(world: World, before: Keys, monkeypatch: Any) -> None:
    monkeypatch.setattr(machine, "facts", lambda: {"model": "another"})
    after = world.keys()
    assert {kind for (kind, _), key in after.items() if before[kind, _] != key} == {
        f"scores of {axis.name}" for axis in AXES if axis.timed
    }


CODE: dict[str, tuple[str, dict[str, set[str]]]] = {
    "models/prompts/prompts.py": ("def prompt(", {"weights": TRAINED, "answers": set(ALL), "scores": set(ALL)}),
    "models/generation/generate.py": ("def generate(", {"answers": set(ALL), "scores": set(ALL)}),
    "models/generation/habits.py": ("def habits(", {"weights": TRAINED, "answers": set(ALL), "scores": set(ALL)}),
    "models/training/trainer.py": ("def train(", WHATEVER_IS_TRAINED),
    "models/training/raft.py": ("def mixed(", {"weights": {"hybrid"}, "answers": {"hybrid"}, "scores": {"hybrid"}}),
    "models/embedders/local.py": ("def find(", {"index": DENSE, "weights": {"hybrid"}, "answers": DENSE, "scores": DENSE}),
    "models/retrieval/bm25.py": ("def _found(", {"index": {"bm25"}, "answers": {"bm25"}, "scores": {"bm25"}}),
    "models/candidates/costs.py": ("def costs(", SCORES),
    "evals/axes/accuracy.py": ("def f1(", {"scores of some": set(ALL)}),
    "evals/judges/lexical.py": ("def _supported(", {"scores of some": set(ALL)}),
    "core/command_line.py": ("def begin(", {}),
    "core/storage/cache.py": ("def digest(", {}),
    "evals/judges/protocols.py": ("def load_judge(", {}),
}
"""File -> a function that is edited, and what is made anew."""


Edit = Callable[..., None]


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch) -> Iterator[Edit]:
    """As if a function of a file were written otherwise, or something were put before it."""
    read: list[str] = []

    def edit(file: str, function: str, line: str = "@(lambda one: one)") -> None:
        real = code._text

        def text(path: Path) -> str:
            found = real(path)
            if path != code.HOME / file:
                return found
            assert f"\n{function}" in found
            return found.replace(f"\n{function}", f"\n{line}\n{function}")

        monkeypatch.setattr(code, "_text", text)
        read.append(f"proctor.{file.removesuffix('.py').replace('/', '.')}")
        _forget_code(read[-1])

    yield edit
    monkeypatch.undo()
    for module in read:
        _forget_code(module)


def _forget_code(module: str) -> None:
    """Only of one file, as reading all takes a second."""
    code.TREE.looked_at.pop(module, None)
    code._code_of.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize("file", CODE)
def test_changed_code_makes_anew_what_it_makes_and_nothing_else(world: World, before: Keys, file: str, edited: Edit) -> None:
    function, kinds = CODE[file]
    edited(file, function)
    assert anew(before, world.keys()) == kinds


@pytest.mark.parametrize(
    "file", ["evals/judges/lexical.py", "evals/axes/accuracy.py", "models/training/trainer.py", "models/generation/answering.py"]
)
def test_a_comment_or_another_form_of_the_same_code_makes_nothing_anew(
    world: World, before: Keys, file: str, edited: Edit
) -> None:
    edited(file, "from __future__", "# a remark\n")
    assert world.keys() == before


def test_every_axis_names_the_file_that_it_is_in() -> None:
    for axis in AXES:
        assert axis in vars(import_module(axis.module)).values()


def test_a_replaced_embedder_is_named_where_runs_are_compared(world: World) -> None:
    def told() -> dict[str, Any]:
        kept, suite = Cache(world.folder / "cache"), load(str(world.folder / "shop"), trust=True)
        dense = systems.load(world.folder / "systems.toml")["dense"]
        found = LocalCandidate(
            dense, base_models.find(str(world.folder / "model"), kept), suite.domain, Runtime(kept, "cpu")
        ).describe()
        return {"systems": {"dense": found}}

    before = told()
    world.flip("embedder/model.safetensors")
    (text,) = resettings(*(Run(Path(), Records.of(()), provenance) for provenance in (before, told())))
    assert text.startswith("dense: embedder_content ")
