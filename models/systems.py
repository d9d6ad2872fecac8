"""The table of systems: one base model x one adaptation x one retrieval, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from proctor.core.reading.problems import Problems, near
from proctor.core.reading.ranges import Range
from proctor.core.reading.shown import shown
from proctor.core.reading.tables import Contradiction, SettingsTable, TextSetting, either
from proctor.core.registry import Registry
from proctor.core.schema import InputError

TABLE = Path(__file__).with_name("systems.toml")

Adapt = Literal["none", "full", "lora"]
Adapter = Literal["always", "with passages", "without passages"]


NAME = TextSetting(
    "a name of 1 to 100 letters, without blanks at its ends", 100, like=lambda name: name.isprintable() and name == name.strip()
)
"""A name stands in tables, in file names and on command lines."""


RETRIEVERS: Registry[Callable[..., Any]] = Registry(
    "proctor.retrievers",
    {"dense": "proctor.models.retrieval.search:vectors [faiss]", "bm25": "proctor.models.retrieval.search:words"},
)
"""Name -> what makes an `Engine` (models/retrieval/passages.py) for a system, with the cache and the device."""


class Retrieve:
    """What ``retrieve`` may be. A table of systems names no code: what it names is installed."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        if isinstance(value, str) and (value == "none" or value in RETRIEVERS):
            return ""
        return f"expected {either(['none', *RETRIEVERS])}, not {shown(value)}"


@dataclass(frozen=True)
class System:
    """One entry of the table. ``models/systems.toml`` says what each field means."""

    name: str
    adapt: Adapt = "none"
    retrieve: Annotated[str, Retrieve()] = "none"
    top_k: Annotated[int, Range(1, 10_000, "passages", whole=True)] = 3
    min_score: Annotated[float | None, Range(-1_000_000, 1_000_000, "the retriever's own score")] = None
    chunk_chars: Annotated[int, Range(50, 10**9, "letters", whole=True)] = 1000
    chunk_overlap: Annotated[int, Range(0, 10**9, "letters", whole=True)] = 100
    embedder: Annotated[str, TextSetting("a name or path", 4095)] = "minilm"
    epochs: Annotated[float | None, Range(0, 10_000, "passes over the training set", above=True)] = None
    learning_rate: Annotated[float | None, Range(0, 10, "of AdamW: 0.0002 is usual for LoRA", above=True)] = None
    batch_size: Annotated[int, Range(1, 100_000, "examples", whole=True)] = 8
    rank: Annotated[int, Range(1, 100_000, "of LoRA's matrices", whole=True)] = 16
    alpha: Annotated[int, Range(1, 1_000_000, "LoRA's scale", whole=True)] = 32
    few_shot: Annotated[int, Range(0, 10_000, "examples in the prompt", whole=True)] = 0
    train_with_context: bool | None = None
    gold_in_context: Annotated[float, Range(0, 1, "a share of the examples: 0.8 is 80 %")] = 0.8
    adapter_when: Adapter = "always"
    max_new_tokens: Annotated[int | None, Range(1, 10**9, "tokens", whole=True)] = None

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        if self.few_shot and self.adapts:
            yield ("few_shot",), "a system that is trained has seen its examples", "leave shots out, or adapt"
        if self.adapter_when == "always":
            return
        if not (self.adapt == "lora" and self.retrieves):
            what = "only an adapter beside a retriever can be switched"
            yield ("adapter_when",), what, 'add adapt = "lora" and retrieve, or leave it out'
        elif self.adapter_when == "without passages" and self.train_with_context:
            yield ("adapter_when",), "it would be trained with passages and never be shown any", "leave one of the two out"

    @property
    def adapts(self) -> bool:
        """Whether its weights are trained."""
        return self.adapt != "none"

    @property
    def needs_examples(self) -> bool:
        """Whether it is made of training examples, as weights or in its prompts."""
        return self.adapts or self.few_shot > 0

    @property
    def retrieves(self) -> bool:
        """Whether it looks passages up."""
        return self.retrieve != "none"

    @property
    def trains_with_passages(self) -> bool:
        """A model tuned without passages stops reading them, so a hybrid sees them in training unless told not to.

        An adapter that never answers a prompt with passages has no use for them.
        """
        return self.adapts and self.retrieves and self.train_with_context is not False and self.adapter_when != "without passages"

    def adapter_off(self, *, passages: bool) -> bool:
        """Whether the base's weights answer a prompt with passages in it, or one without."""
        return self.adapter_when == ("without passages" if passages else "with passages")


def load(path: Path = TABLE) -> dict[str, System]:
    """Every system of a table, by name.

    Raises:
        InputError: with every problem of the file, its line and what was expected.
    """
    problems = Problems()
    systems = SettingsTable(path, problems, remedy=f"copy {TABLE.name} from models/ and change it").each(System, NAME)
    problems.check()
    if not systems:
        raise InputError(f"{path}: no systems in it; add a table such as [base]")
    return systems


def choose(systems: dict[str, System], names: list[str]) -> list[System]:
    """The named systems, or all of them where none is named; InputError for a name that the table lacks."""
    for name in names:
        if name not in systems:
            meant = near(name, systems)
            hint = f"; did you mean {meant}?" if meant else ""
            raise InputError(f"--system {name}: no such system{hint} (the table has {', '.join(systems)})")
    return [systems[name] for name in (names or systems)]
