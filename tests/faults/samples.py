"""One sound example of every input that a user writes, and how each is read."""
# ruff: noqa: E501 # the files as they are written

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

SUITE = {
    "suite.toml": """\
name = "demo"
title = "A demonstration"
instruction = "Answer in one word."
general = ["tasks"]
abstain = ["unknown"]
answer_in = "documents"
normalise = "default"

[style]
pattern = '(?P<answer>\\w+)\\.?'
schema = "format.json"
guide = "One word."

[thresholds]
"accuracy.exact" = { rag = 0.5 }
""",
    "format.json": '{"type": ["object", "string"], "properties": {"value": {"type": "string", "maxLength": 9}}, "required": ["value"]}\n',
    "questions.jsonl": """\
{"id": "q1", "question": "Where is the pump?", "references": ["cellar"], "evidence": ["pump"], "tags": ["where"], "cluster": "a"}
{"id": "q2", "question": "Who owns the lamp?", "references": ["Mara"], "evidence": ["notes/lamp"], "tags": ["who"], "cluster": "b"}
{"id": "q3", "question": "What does the boat cost?", "references": [], "evidence": [], "tags": ["what"], "cluster": "c"}
""",
    "train.jsonl": """\
{"prompt": "Where is the ladder?", "completion": "attic.", "evidence": ["pump"]}
{"prompt": "Who owns the saw?", "completion": "Ivo.", "evidence": ["notes/lamp"]}
""",
    "revisions.jsonl": (
        '{"document": "pump", "text": "The pump is in the garage.", "questions": [{"id": "r1", "question": "Where is the pump now?",'
        ' "references": ["garage"], "outdated": ["cellar"]}], "examples": [{"prompt": "And the pump?", "completion": "garage."}]}\n'
    ),
    "documents/pump.md": "---\nid: pump\ntitle: The pump\n---\n# The pump\n\nThe pump is in the cellar, and the ladder in the attic.\n",
    "documents/notes/lamp.txt": "Mara owns the lamp. Ivo owns the saw.\n",
    "documents/page.html": "<!doctype html><html><head><title>Page</title></head><body><h1>Page</h1><p>A boat.</p></body></html>\n",
    "tasks/odd.yaml": """\
task: odd
dataset_path: json
dataset_kwargs:
  data_files:
    test: odd.jsonl
test_split: test
output_type: multiple_choice
doc_to_text: "{{query}}"
doc_to_choice: "{{choices}}"
doc_to_target: "{{gold}}"
metric_list:
  - metric: acc
""",
    "tasks/odd.jsonl": '{"query": "1 + 1 =", "choices": ["2", "3"], "gold": 0}\n{"query": "2 + 1 =", "choices": ["2", "3"], "gold": 1}\n',
}
SYSTEMS = """\
[base]

[rag]
retrieve = "dense"
top_k = 3
min_score = 0.1
chunk_chars = 500
chunk_overlap = 50
embedder = "minilm"
max_new_tokens = 20

[hybrid]
adapt = "lora"
retrieve = "bm25"
epochs = 2.0
learning_rate = 0.001
batch_size = 4
rank = 8
alpha = 16
train_with_context = true
gold_in_context = 0.8
adapter_when = "always"

[few]
few_shot = 2
"""
DEFAULT_HYPERPARAMETERS = """\
[steady]
adapt = "full"
epochs = 3
learning_rate = 0.0001
batch_size = 8
"""
PRICES = """\
currency = "$"
storage_gb_month = 0.023

[[machine]]
name = "small"
hour = 0.1
vcpus = 2
processor = "x86_64"
terms = "on demand"
date = "2026-06"
source = "a page"

[[machine]]
name = "big"
hour = 3.5
gpu = "L4"
gpus = 2

[[api]]
name = "mini"
prompt = 0.15
completion = 0.6
"""
POLICY = """\
version: 1
alpha: 0.05
correction: holm
min_pairs: 20
judge_kappa_min: 0.4
inconclusive: stop
defaults:
  tier: supporting
  max_drop: 0.02
metrics:
  accuracy.exact:
    tier: critical
    max_drop: 0.03
  style.format_followed:
    max_relative_drop: 0.1
    inconclusive: go
"""
CLAIMS = """\
[[claim]]
claim = "Looking things up helps."
metric = "accuracy.exact"
system = "rag"
against = "base"
expect = "higher"
margin = 0.02
about = "RAG"
source = "a paper"

[[claim]]
claim = "Style stays."
metric = "style.format_followed"
system = "lora"
against = "base"
expect = "equal"
margin = 0.05
"""
ABOUT = {
    "suite": "demo",
    "suite_version": "1",
    "base_model": "tiny",
    "system": "rag",
    "system_version": "1",
    "seed": 0,
    "metric": "accuracy.exact",
    "metric_version": "1",
    "unit": "share",
    "better": "higher",
    "judge": "",
}
PROJECT = """\
[tool.proctor]
suites = ["loans", "domains/own"]
systems = ["rag", "lora"]
systems_table = "systems.toml"
judge = "lexical"
seeds = 3
limit = 20
full = true
site = "public"
cache = ".cache"
claims = ["claims.toml"]
"""
SAVED = {
    "format": 1,
    "run": {"started": "2026-01-01T00:00:00+00:00", "seeds": 1},
    "items": {"3f2a9c": [["q1", "a"], ["q2", "b"], ["q3", "c"]]},
    "series": [
        {**ABOUT, "items": "3f2a9c", "values": "10x"},
        {**ABOUT, "metric": "latency.p95", "unit": "s", "better": "lower", "items": "3f2a9c", "values": [0.5, 1.5, "-"]},
    ],
}
SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": f"Article_{number}",
            "paragraphs": [
                {
                    "context": f"The pump {number} is in the cellar.",
                    "qas": [{"id": f"s{number}", "question": "Where?", "answers": [{"text": "cellar"}], "is_impossible": False}],
                }
            ],
        }
        for number in (1, 2)
    ],
}
PUBMEDQA = {
    str(number): {"QUESTION": f"Does drug {number} help?", "CONTEXTS": ["It did.", "In mice."], "final_decision": "yes"}
    for number in (11, 12)
}
TABLE = (
    "id,question,answer,context,title,split\n"
    't1,Where?,cellar,"The pump is in the cellar, below.",Pump,test\n'
    "t2,Who?,Mara,Mara owns the lamp.,Lamp,train\n"
)
CHOICES = SUITE["tasks/odd.jsonl"]
LABELS = (
    '{"contexts": ["The pump is in the cellar."], "question": "Where?", "answer": "cellar", "supported": true}\n'
    '{"contexts": ["The pump is in the cellar."], "question": "Where?", "answer": "attic", "supported": false}\n'
)
PEOPLE = {
    "suite": "demo",
    "base_model": "tiny",
    "system": "rag",
    "system_version": "1",
    "seed": 0,
    "metric": "faithfulness.gold",
    "item": "q1",
    "label": 0.5,
    "question": "Where?",
    "answer": "cellar",
    "passages": [],
    "evidence": [],
}


@dataclass(frozen=True)
class Sample:
    """An input, and how it is read."""

    name: str
    files: Mapping[str, str]
    target: str
    """The file of those that is changed."""
    read: Callable[[Path], int]
    """Reads the folder: exit code 0 if it was accepted. It may raise InputError."""
    strict: bool = True
    """Whether all of its fields are ours, so that a wrong one must be refused."""
    free: tuple[str, ...] = ()
    """Fields of which anything may be said."""


def _validate(folder: Path) -> int:
    from proctor.cli import main

    return main(["validate", str(folder)])


def _imported(kind: str, file: str) -> Callable[[Path], int]:
    def read(folder: Path) -> int:
        from proctor.cli import main

        return main(["import", kind, str(folder / file), str(folder / "made")])

    return read


def _systems(folder: Path) -> int:
    from proctor.models.systems import load

    load(folder / "systems.toml")
    return 0


def _prices(folder: Path) -> int:
    from proctor.leaderboard.advice.prices import load

    load(folder / "prices.toml")
    return 0


def _project(folder: Path) -> int:
    from proctor.core.workspace import at

    at(folder)
    return 0


def _policy(folder: Path) -> int:
    from proctor.leaderboard.compare.policy import load

    load(folder / "policy.yaml")
    return 0


def _claims(folder: Path) -> int:
    from proctor.leaderboard.claims.table import load

    load([folder / "claims.toml"])
    return 0


def _saved(folder: Path) -> int:
    from proctor.leaderboard.runs.saved import open_run

    open_run(folder / "saved.json")
    return 0


def _labels(folder: Path) -> int:
    from proctor.evals.judges.agreement import read_labels

    read_labels(folder / "labels.jsonl")
    return 0


def _people(folder: Path) -> int:
    from types import SimpleNamespace

    from proctor.leaderboard.runs.labels import labels

    labels([SimpleNamespace(folder=folder, records=[])])
    return 0


def _of_suite(target: str, *, strict: bool = True, free: tuple[str, ...] = ()) -> Sample:
    return Sample(f"suite: {target}", SUITE, target, _validate, strict, free)


def _alone(name: str, text: object, read: Callable[[Path], int], free: tuple[str, ...] = (), *, strict: bool = True) -> Sample:
    written = text if isinstance(text, str) else json.dumps(text, indent=1)
    return Sample(name, {name: written}, name, read, strict, free)


SAMPLES = (
    _of_suite("suite.toml", free=("schema",)),
    _of_suite("questions.jsonl"),
    _of_suite("train.jsonl"),
    _of_suite("revisions.jsonl"),
    _of_suite("format.json", free=("maxLength", "value")),
    _of_suite("documents/pump.md", strict=False),
    _of_suite("documents/notes/lamp.txt", strict=False),
    _of_suite("documents/page.html", strict=False),
    _of_suite("tasks/odd.yaml", strict=False),
    _of_suite("tasks/odd.jsonl", strict=False),
    _alone("systems.toml", SYSTEMS, _systems),
    _alone("systems.toml", DEFAULT_HYPERPARAMETERS, _systems),
    _alone("pyproject.toml", PROJECT, _project),
    _alone("prices.toml", PRICES, _prices),
    _alone("policy.yaml", POLICY, _policy),
    _alone("claims.toml", CLAIMS, _claims),
    _alone("saved.json", SAVED, _saved, free=("run",)),
    _alone("squad.json", SQUAD, _imported("squad", "squad.json"), free=("version", "is_impossible")),
    _alone("pubmedqa.json", PUBMEDQA, _imported("pubmedqa", "pubmedqa.json")),
    _alone("table.csv", TABLE, _imported("csv", "table.csv"), strict=False),
    _alone("odd.jsonl", CHOICES, _imported("choices", "odd.jsonl")),
    _alone("labels.jsonl", LABELS, _labels),
    _alone("human_labels.jsonl", json.dumps(PEOPLE) + "\n", _people, free=("question", "answer", "passages", "evidence")),
)


def read(sample: Sample, folder: Path) -> int:
    """Read a folder as a command would; an input that cannot be used is said on stderr."""
    from proctor.core.schema import InputError

    try:
        return sample.read(folder)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 4
