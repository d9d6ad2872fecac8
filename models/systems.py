"""The table of systems, as data: one base model x one adaptation x one retrieval, or what answers elsewhere."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from proctor.core.reading.problems import Problems, closest, near
from proctor.core.reading.ranges import Range
from proctor.core.reading.shown import shown
from proctor.core.reading.tables import Contradiction, SettingsTable, TextSetting, either
from proctor.core.redaction import public_name
from proctor.core.registry import Registry
from proctor.core.schema import InputError, as_json
from proctor.models import search_settings
from proctor.models.search_settings import RetrieveSetting, Search
from proctor.models.services import Address, ServiceReply, ServiceRequest
from proctor.models.stores import named
from proctor.models.stores.named import StoreSetting, StoreSettings

TABLE = Path(__file__).with_name("systems.toml")

Adapt = Literal["none", "full", "lora"]
Adapter = Literal["always", "with passages", "without passages"]


NAME = TextSetting(
    "a name of 1 to 100 letters, without blanks at its ends", 100, like=lambda name: name.isprintable() and name == name.strip()
)
"""A name stands in tables, in file names and on command lines."""


NAMED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
"""package.module:name"""


RETRIEVERS: Registry[Callable[..., Any]] = Registry(
    "proctor.retrievers",
    {"dense": "proctor.models.retrieval.search:vectors", "bm25": "proctor.models.retrieval.search:words"},
)
"""Name -> what makes an `Engine` (models/retrieval/passages.py) for a system, with the cache and the device."""
EMBEDDERS: Registry[Callable[..., Any]] = Registry(
    "proctor.embedders",
    {"minilm": "proctor.models.embedders.local:packaged", "openai": "proctor.models.embedders.openai:named [httpx2]"},
)
"""Name -> what makes an `Embedder` (models/embedders/protocol.py) of what follows the name and a colon, a system and the cache.

All other embedders are folders, or names on the model hub.
"""
CHUNKERS: Registry[Callable[..., Any]] = Registry(
    "proctor.chunkers",
    {
        "recursive": "proctor.models.chunkers.recursive:chunker",
        "sentences": "proctor.models.chunkers.sentences:chunker",
        "markdown": "proctor.models.chunkers.markdown:chunker",
        "tokens": "proctor.models.chunkers.tokens:chunker",
        "semantic": "proctor.models.chunkers.semantic:chunker",
    },
)
"""Name -> what makes a `Chunker` (models/chunkers/protocol.py) for a system, with the cache and the device."""


@dataclass(frozen=True)
class Installed:
    """What a field may be that chooses by name. A table of systems names no code: what it names is installed."""

    registry: Registry[Callable[..., Any]]
    besides: tuple[str, ...] = ()
    """Names that stand for no thing."""

    def wrong(self, value: object) -> str:
        """What is wrong with a value."""
        if isinstance(value, str) and (value in self.besides or value in self.registry):
            return ""
        return f"expected {either([*self.besides, *self.registry])}, not {shown(value)}"


EXTERNAL = ("endpoint", "service", "callable", "answers")
"""The fields that each name a system which Proctor does not build, and so the kinds of such systems."""
BUILT = "built"
"""The kind of a system that Proctor builds on a base model."""
WHOLE = ("service", "callable", "answers")
"""Kinds that look up and prompt for themselves: what says how does not concern them."""
COMPOSED = (
    *("retrieve", "top_k", "min_score", "chunk_chars", "chunk_overlap", "chunker", "chunk_tokens", "embedder", "embedding"),
    *("bm25", "search", "few_shot", "max_new_tokens"),
    *("epochs", "learning_rate", "batch_size", "rank", "alpha", "train_with_context", "gold_in_context", "adapter_when"),
)
"""What says how a system of Proctor's is put together."""
STORED = ("store", "store_settings")
"""What says where its vectors are kept."""
TRAINING = ("epochs", "learning_rate", "batch_size", "rank", "alpha", "train_with_context", "gold_in_context")
"""What says how weights are trained."""


UNSAID = ("chunker", "chunk_tokens", "embedding", "bm25", "search")
"""What provenance says only where it is set, as runs before there was such a setting say nothing of it."""

OWN = {"request": "service", "reply": "service", "given": "answers", "openai": "endpoint"}
"""Tables that systems of one kind alone have -> that kind."""


@dataclass(frozen=True)
class Calls:
    """How something that answers elsewhere is called."""

    max_concurrency: Annotated[int | None, Range(1, 1000, "calls at a time", whole=True)] = None
    """None: as many as the kind bears, mostly 8."""
    requests_per_minute: Annotated[float | None, Range(0, 1_000_000, "calls begun in a minute", above=True)] = None
    timeout: Annotated[float, Range(0, 86_400, "seconds for one answer", above=True)] = 120.0
    max_cost: Annotated[float | None, Range(0, 1_000_000, "what all answers may cost, in the currency of the prices")] = None
    input_price: Annotated[float | None, Range(0, 1_000_000, "for a million tokens that are read")] = None
    output_price: Annotated[float | None, Range(0, 1_000_000, "for a million tokens that are written")] = None

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        if self.max_cost is not None and None in (self.input_price, self.output_price):
            yield ("max_cost",), "nothing says what an answer costs", "add input_price and output_price, for a million tokens"


SENT = ("model", "messages", "prompt", "stream", "stream_options", "n", "echo", "logprobs")
"""Fields of a request that Proctor fills in, whatever a table says."""


@dataclass(frozen=True)
class OpenAI:
    """How a served model is asked over OpenAI's protocol, beyond what its prompt says."""

    api: Literal["chat", "completions"] = "chat"
    key: Annotated[str, TextSetting("the name of an environment variable", 200, like=str.isidentifier)] = "OPENAI_API_KEY"
    thought_tokens: Annotated[int, Range(0, 10**9, "tokens for a thought before the answer", whole=True)] = 0
    logprobs: bool = False
    body: Any = None

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        if self.body is not None and not isinstance(self.body, Mapping):
            yield ("body",), f"expected a table of fields of the request, not {shown(self.body)}", "write body = {field = value}"
        for name in SENT if isinstance(self.body, Mapping) else ():
            if name in self.body:
                yield ("body", name), "Proctor fills this field of the request in itself", "leave it out"


@dataclass(frozen=True)
class Embedding:
    """How an embedder is asked that is reached over an API."""

    key: Annotated[str, TextSetting("the name of an environment variable", 200, like=str.isidentifier)] = "OPENAI_API_KEY"
    dimensions: Annotated[int | None, Range(1, 100_000, "numbers of a vector", whole=True)] = None
    max_tokens: Annotated[int | None, Range(16, 10**7, "tokens that it reads of a text", whole=True)] = None
    max_inputs: Annotated[int | None, Range(1, 2048, "texts in a request", whole=True)] = None
    query_prompt: Annotated[str, TextSetting("what stands before a question", 4000, empty=True, like=lambda _: True)] = ""
    passage_prompt: Annotated[str, TextSetting("what stands before a passage", 4000, empty=True, like=lambda _: True)] = ""
    version: Annotated[str, TextSetting("a version: what you know of it, and Proctor cannot see", 1000)] = ""
    max_concurrency: Annotated[int, Range(1, 1000, "requests at a time", whole=True)] = 4
    timeout: Annotated[float, Range(0, 86_400, "seconds for one request", above=True)] = 120.0
    input_price: Annotated[float | None, Range(0, 1_000_000, "for a million tokens")] = None
    max_cost: Annotated[float | None, Range(0, 1_000_000, "what a run may spend, in the currency of the price")] = None

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        if self.max_cost is not None and self.input_price is None:
            yield ("max_cost",), "nothing says what a token costs", "add input_price, for a million tokens"


@dataclass(frozen=True)
class Bm25:
    """How words are looked up."""

    stem: Annotated[str | None, TextSetting("the name of a language, such as english", 50, like=str.isidentifier)] = None


@dataclass(frozen=True)
class FileOfAnswers:
    """What to take of a file of answers, where it holds those of several systems."""

    provider: Annotated[str | None, TextSetting("the label or id of a provider of promptfoo", 1000)] = None


@dataclass(frozen=True)
class System:
    """One entry of the table. ``models/systems.toml`` says what each field means."""

    name: str
    adapt: Adapt = "none"
    retrieve: Annotated[str | tuple[str, ...], RetrieveSetting(RETRIEVERS)] = "none"
    top_k: Annotated[int, Range(1, 10_000, "passages", whole=True)] = 3
    min_score: Annotated[float | None, Range(-1_000_000, 1_000_000, "the retriever's own score")] = None
    chunk_chars: Annotated[int, Range(50, 10**9, "letters", whole=True)] = 1000
    chunk_overlap: Annotated[int, Range(0, 10**9, "letters", whole=True)] = 100
    chunker: Annotated[str, Installed(CHUNKERS)] = "recursive"
    chunk_tokens: Annotated[int | None, Range(16, 10**9, "tokens of the embedder", whole=True)] = None
    embedder: Annotated[str, TextSetting("a name or path", 4095)] = "minilm"
    embedding: Embedding = Embedding()
    bm25: Bm25 = Bm25()
    search: Search = search_settings.PLAIN
    store: Annotated[str, StoreSetting()] = "faiss"
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
    endpoint: Annotated[str | None, TextSetting("openai:MODEL or openai:MODEL@URL", 4095)] = None
    service: Annotated[str | None, Address()] = None
    callable: Annotated[str | None, TextSetting("package.module:name", 4095, like=NAMED.fullmatch)] = None
    answers: Annotated[str | None, TextSetting("a file of answers", 4095)] = None
    weights: Annotated[str | None, TextSetting("a folder of finished weights, or their name on the hub", 4095)] = None
    version: Annotated[str, TextSetting("a version: what you know of it, and Proctor cannot see", 1000)] = ""
    base: Annotated[str | None, TextSetting("the name of another system of the table", 100)] = None
    store_settings: StoreSettings = named.UNSET
    calls: Calls = Calls()
    given: FileOfAnswers = FileOfAnswers()
    request: ServiceRequest = dataclasses.field(default_factory=ServiceRequest)
    reply: ServiceReply = dataclasses.field(default_factory=ServiceReply)
    openai: OpenAI = OpenAI()

    def contradictions(self) -> Iterator[Contradiction]:
        """What cannot be meant, though each field by itself could."""
        yield from self._other_kinds()
        yield from self._of_passages()
        yield from self._stored()
        if self.kind not in WHOLE:
            yield from search_settings.contradictions(self.search, self.retrievers, self.top_k)
        if self.few_shot and self.adapts:
            yield ("few_shot",), "a system that is trained has seen its examples", "leave few_shot out, or adapt"
        if self.adapter_when == "always":
            return
        if not (self.adapt == "lora" and self.retrieves):
            what = "only an adapter beside a retriever can be switched"
            yield ("adapter_when",), what, 'add adapt = "lora" and retrieve, or leave it out'
        elif self.adapter_when == "without passages" and self.train_with_context:
            yield ("adapter_when",), "it would be trained with passages and never be shown any", "leave one of the two out"

    def _of_passages(self) -> Iterator[Contradiction]:
        if self.chunk_tokens is not None and self.chunker != "tokens":
            yield ("chunk_tokens",), 'only the chunker "tokens" counts them', 'leave it out, or add chunker = "tokens"'
        if self.bm25 != DEFAULT.bm25 and "bm25" not in self.retrievers:
            yield ("bm25",), "it looks no words up", 'leave it out, or add retrieve = "bm25"'
        if self.embedding != DEFAULT.embedding and embedder_kind(self.embedder) in ("", "minilm"):
            what = f"the embedder {shown(self.embedder)} runs here, and nothing is asked over an API"
            yield ("embedding",), what, 'leave it out, or add embedder = "openai:MODEL@URL"'

    def _other_kinds(self) -> Iterator[Contradiction]:
        named = [field for field in EXTERNAL if getattr(self, field) is not None]
        if len(named) > 1:
            yield (named[1],), f"a system has one origin, and {named[0]} names another", f"leave {' or '.join(named)} out"
        if named and self.adapts:
            yield ("adapt",), f"the weights behind {named[0]} are not trained here", "leave adapt out"
        if self.weights is not None:
            yield from self._of_finished()
        if self.kind in WHOLE:
            for field in (*COMPOSED, *STORED):
                if getattr(self, field) != getattr(DEFAULT, field):
                    yield (field,), f"what is behind {self.kind} is not put together here", f"leave {field} out"
        if not named:
            yield from self._not_called()
        yield from self._of_another_kind()

    def _stored(self) -> Iterator[Contradiction]:
        """What does not fit the store that is named."""
        kept, plain = (self.store, self.store_settings), (DEFAULT.store, DEFAULT.store_settings)
        if kept[1] != plain[1] and (kind := named.parsed(self.store).kind) in named.IN_PROCESS:
            yield ("store_settings",), f"{kind} takes none", 'leave it out, or name another store, such as "chroma"'
        elif kept != plain and "dense" not in self.retrievers and self.kind not in WHOLE:
            what = "only a system that looks passages up by their vectors has one"
            yield ("store",), what, 'leave it out, or add retrieve = "dense"'

    def _of_another_kind(self) -> Iterator[Contradiction]:
        if self.kind == "answers" and self.calls != DEFAULT.calls:
            yield ("calls",), "the answers are in a file, and nothing is called", "leave it out"
        for field, kind in OWN.items():
            if self.kind != kind and getattr(self, field) != getattr(DEFAULT, field):
                yield (field,), f"only a system with {kind} has it", f"leave it out, or add {kind}"

    def _of_finished(self) -> Iterator[Contradiction]:
        if not self.adapts:
            yield ("weights",), "nothing says what they are", 'add adapt = "lora" for an adapter, or "full" for a checkpoint'
        for field in TRAINING:
            if getattr(self, field) != getattr(DEFAULT, field):
                yield (field,), "weights names finished weights, and nothing is trained", "leave one of the two out"

    def _not_called(self) -> Iterator[Contradiction]:
        for field in ("calls", "base"):
            if getattr(self, field) != getattr(DEFAULT, field):
                kinds = f"{', '.join(EXTERNAL[:-1])} or {EXTERNAL[-1]}"
                yield (field,), "only a system that Proctor does not build has it", f"leave it out, or add {kinds}"

    @property
    def kind(self) -> str:
        """What it is: one of `EXTERNAL`, or `BUILT`."""
        return next((field for field in EXTERNAL if getattr(self, field) is not None), BUILT)

    @property
    def external(self) -> bool:
        """Whether Proctor asks it without having built it."""
        return self.kind != BUILT

    @property
    def live(self) -> bool:
        """Whether it is asked when the exam is taken, so that it may say something else the next time."""
        return self.external and self.kind != "answers"

    @property
    def settings(self) -> dict[str, Any]:
        """What a run's provenance says of how it is set: fields by name, without those of other kinds that are not set."""
        own = {*COMPOSED, "adapt"} if self.kind not in WHOLE else set()
        known = vars(self) | {"embedder": public_name(self.embedder), "store": named.parsed(self.store).public}
        known["search"] = self.search.told or DEFAULT.search
        return {
            name: as_json(value) if is_dataclass(value) else value
            for name, value in known.items()
            if name != "name" and ((name in own and name not in UNSAID) or value != getattr(DEFAULT, name))
        }

    @property
    def adapts(self) -> bool:
        """Whether its weights are not the base model's."""
        return self.adapt != "none"

    @property
    def trains(self) -> bool:
        """Whether its weights are trained here."""
        return self.adapts and self.weights is None

    @property
    def needs_examples(self) -> bool:
        """Whether it is made of training examples, as weights or in its prompts."""
        return self.trains or self.few_shot > 0

    @property
    def retrieves(self) -> bool:
        """Whether it looks passages up."""
        return self.retrieve != "none"

    @property
    def retrievers(self) -> tuple[str, ...]:
        """The names of what finds passages for it; none where it looks nothing up."""
        return (self.retrieve,) * self.retrieves if isinstance(self.retrieve, str) else self.retrieve

    @property
    def trains_with_passages(self) -> bool:
        """A model tuned without passages stops reading them, so a hybrid sees them in training unless told not to.

        An adapter that never answers a prompt with passages has no use for them.
        """
        return self.trains and self.retrieves and self.train_with_context is not False and self.adapter_when != "without passages"

    def adapter_off(self, *, passages: bool) -> bool:
        """Whether the base's weights answer a prompt with passages in it, or one without."""
        return self.adapter_when == ("without passages" if passages else "with passages")


DEFAULT = System("")
"""What is left out."""


def embedder_kind(embedder: str) -> str:
    """The name in `EMBEDDERS` that an embedder begins with; empty for a folder or a name on the hub."""
    name = embedder.partition(":")[0]
    return name if name and "/" not in name and name in EMBEDDERS else ""


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
    for system in systems.values():
        if system.base and not systems.get(system.base, DEFAULT).external:
            meant = closest(system.base, [name for name, one in systems.items() if one.external])
            raise InputError(f"{path}: {system.name}: base: no external system of the table is called {system.base}; {meant}")
    return {name: _placed(system, path.parent) for name, system in systems.items()}


def check_variables(path: Path, chosen: Iterable[System], environment: Mapping[str, str] = os.environ) -> None:
    """See to it that the environment has what some systems of a table need of it.

    Raises:
        InputError: with every variable that is not set, and the line of the table that names it.
    """
    problems = Problems()
    lacking = [(system, list(system.request.lacking(environment))) for system in chosen]
    if any(found for _, found in lacking):
        table = SettingsTable(path, problems, remedy="name another table")
        for system, found in lacking:
            for key, what, remedy in found:
                table.problem((system.name, "request", *key), what, remedy)
    problems.check()


def _placed(system: System, folder: Path) -> System:
    """A system whose files are where its table says: beside the table, where the path is a relative one."""
    answers = None if system.answers is None else str(folder / system.answers)
    beside = folder / system.weights if system.weights else None
    weights = str(beside) if beside and beside.is_dir() else system.weights
    return replace(system, answers=answers, weights=weights, store=named.beside(system.store, folder))


def choose(systems: dict[str, System], names: list[str]) -> list[System]:
    """The named systems, or all of them where none is named; InputError for a name that the table lacks."""
    for name in names:
        if name not in systems:
            meant = near(name, systems)
            hint = f"; did you mean {meant}?" if meant else ""
            raise InputError(f"--system {name}: no such system{hint} (the table has {', '.join(systems)})")
    return [systems[name] for name in (names or systems)]
