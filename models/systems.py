"""The table of systems: one base model x one adaptation x one retrieval, as data."""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from evals.ranges import Range
from evals.schema import InputError
from evals.shown import short, shown
from evals.user_files import read_toml

TABLE = Path(__file__).with_name("systems.toml")

Adapt = Literal["none", "full", "lora"]
Retrieve = Literal["none", "dense", "bm25"]
Adapter = Literal["always", "with passages", "without passages"]


@dataclass(frozen=True)
class System:
    """One entry of the table. ``models/systems.toml`` says what each field means."""

    name: str
    adapt: Adapt = "none"
    retrieve: Retrieve = "none"
    top_k: int = 3
    min_score: float | None = None
    chunk_chars: int = 1000
    chunk_overlap: int = 100
    embedder: str = "minilm"
    epochs: float | None = None
    learning_rate: float | None = None
    batch_size: int = 8
    rank: int = 16
    alpha: int = 32
    shots: int = 0
    passages: bool | None = None
    gold_share: float = 0.8
    adapter: Adapter = "always"
    max_new_tokens: int | None = None

    @property
    def adapts(self) -> bool:
        """Whether its weights are trained."""
        return self.adapt != "none"

    @property
    def needs_examples(self) -> bool:
        """Whether it is made of training examples, as weights or in its prompts."""
        return self.adapts or self.shots > 0

    @property
    def retrieves(self) -> bool:
        """Whether it looks passages up."""
        return self.retrieve != "none"

    @property
    def trains_with_passages(self) -> bool:
        """A model tuned without passages stops reading them, so a hybrid sees them in training unless told not to.

        An adapter that never answers a prompt with passages has no use for them.
        """
        return self.adapts and self.retrieves and self.passages is not False and self.adapter != "without passages"

    def adapter_off(self, *, passages: bool) -> bool:
        """Whether the base's weights answer a prompt with passages in it, or one without."""
        return self.adapter == ("without passages" if passages else "with passages")


def load(path: Path = TABLE) -> dict[str, System]:
    """Every system of a table, by name.

    Raises:
        InputError: with every problem of the file, its line and what was expected.
    """
    text, tables = read_toml(path, remedy=f"copy {TABLE.name} from models/ and change it")
    if not tables:
        raise InputError(f"{path}: no systems in it; add a table such as [base]")
    found = {name: [*_misnamed(name), *_problems(short(name), table)] for name, table in tables.items()}
    problems = [f"{path}:{_line(text, name)}: {problem}" for name, problems in found.items() for problem in problems]
    if problems:
        raise InputError("\n".join(problems))
    return {name: System(name, **table) for name, table in tables.items()}


def choose(systems: dict[str, System], names: list[str]) -> list[System]:
    """The named systems, or all of them where none is named; InputError for a name that the table lacks."""
    for name in names:
        if name not in systems:
            near = difflib.get_close_matches(name, systems, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InputError(f"--system {name}: no such system{hint} (the table has {', '.join(systems)})")
    return [systems[name] for name in (names or systems)]


def _line(text: str, name: str) -> int:
    """The line on which a table starts, for the reader of an error."""
    heads = [number for number, line in enumerate(text.split("\n"), 1) if line.strip().strip("[]").strip("\"'") == name]
    return heads[0] if heads else 1


def _problems(name: str, table: Any) -> list[str]:
    if not isinstance(table, dict):
        return [f"{name}: expected a table, [{name}], found {shown(table)}; write [NAME] on a line of its own"]
    fields = {field.name: field for field in dataclasses.fields(System) if field.name != "name"}
    unknown = [_unknown(name, key, list(fields)) for key in table if key not in fields]
    wrong = [problem for key, value in table.items() if key in fields for problem in _wrong(name, key, value)]
    if table.get("shots") and table.get("adapt", "none") != "none":
        wrong.append(f"{name}.shots: a system that is trained has seen its examples; leave shots out, or adapt")
    return unknown + wrong + _senseless(name, table)


def _senseless(name: str, table: dict[str, Any]) -> list[str]:
    """What cannot be meant, though each field by itself could."""
    if table.get("adapter", "always") == "always":
        return []
    hybrid = table.get("adapt") == "lora" and table.get("retrieve", "none") != "none"
    here = f"{name}.adapter = {shown(table['adapter'])}"
    if not hybrid:
        return [f'{here}: only an adapter beside a retriever can be switched; add adapt = "lora" and retrieve, or leave it out']
    if table["adapter"] == "without passages" and table.get("passages"):
        return [f"{here}: it would be trained with passages and never be shown any; leave one of the two out"]
    return []


def _unknown(name: str, key: str, fields: list[str]) -> str:
    near = difflib.get_close_matches(key, fields, n=1) if len(key) < LONGEST_NAME else []
    return f"{name}.{short(key)}: no such field" + (f"; did you mean {near[0]}?" if near else f"; known are {', '.join(fields)}")


def _wrong(name: str, key: str, value: Any) -> list[str]:
    expected = _EXPECTED[key]
    return [] if expected[1](value) else [f"{name}.{key} = {shown(value)}: expected {expected[0]}"]


def _misnamed(name: str) -> list[str]:
    """A name stands in tables, in file names and on command lines."""
    good = name.isprintable() and name == name.strip() and 0 < len(name) <= LONGEST_NAME
    return [] if good else [f"{shown(name)}: expected a name of 1 to {LONGEST_NAME} letters, without blanks at its ends"]


def _in(numbers: Range) -> Any:
    return str(numbers), numbers.holds


def _one_of(kind: Any) -> Any:
    return ("one of " + ", ".join(f'"{word}"' for word in get_args(kind)), lambda value: value in get_args(kind))


LONGEST_NAME = 100
_EXPECTED: dict[str, Any] = {
    "adapt": _one_of(Adapt),
    "retrieve": _one_of(Retrieve),
    "top_k": _in(Range(1, 10_000, "passages", whole=True)),
    "min_score": _in(Range(-1_000_000, 1_000_000, "the retriever's own score")),
    "chunk_chars": _in(Range(50, 10**9, "letters", whole=True)),
    "chunk_overlap": _in(Range(0, 10**9, "letters", whole=True)),
    "embedder": ("a name or path", lambda value: isinstance(value, str) and value.strip() != "" and len(value) < 4096),
    "epochs": _in(Range(0, 10_000, "passes over the training set", above=True)),
    "learning_rate": _in(Range(0, 10, "of AdamW: 0.0002 is usual for LoRA", above=True)),
    "batch_size": _in(Range(1, 100_000, "examples", whole=True)),
    "rank": _in(Range(1, 100_000, "of LoRA's matrices", whole=True)),
    "alpha": _in(Range(1, 1_000_000, "LoRA's scale", whole=True)),
    "shots": _in(Range(0, 10_000, "examples in the prompt", whole=True)),
    "passages": ("true or false", lambda value: isinstance(value, bool)),
    "gold_share": _in(Range(0, 1, "a share of the examples: 0.8 is 80 %")),
    "adapter": _one_of(Adapter),
    "max_new_tokens": _in(Range(1, 10**9, "tokens", whole=True)),
}
