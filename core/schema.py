"""The vocabulary: what every other file speaks of. Frozen data, standard library only.

Suite --Domain--> System --> Answer --Metric--> Record --> Run
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, Literal, NamedTuple, get_args

from proctor.core import former_names
from proctor.core.language import patterns
from proctor.core.language.characters import fold

FORMAT = 4
"""Number of the record format that is written."""
READABLE = (1, 2, 3, 4)
"""Formats that are read: in 1, records had no cautions, before 3 their lines had no checksum, and before 4 some fields and
metrics had other names. A reader refuses what it does not know."""
PASSAGES = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands for the passages in an answer's prompt: the answer holds them already."""

Better = Literal["higher", "lower"]
AnswerIn = Literal["documents", "question"]
Rule = Literal["default", "squad"]
"""How texts are compared; `core.language.text.RULES` holds what each does."""
Status = Literal["scored", "not_applicable", "unmeasured", "failed"]
Stop = Literal["", "end", "line", "length"]
"""An end token; the end of the line, for a model that knows no other end; the limit of new tokens."""
NO_BASE = "external"
"""Stands for the base model where there is none, as every system was built elsewhere."""
STATUSES: tuple[str, ...] = get_args(Status)
Ability = Literal["trains", "retrieves", "reads", "fits", "reindexes", "weights", "likelihoods", "times", "costs"]
"""What a system can do besides answering; `evals.candidate` says what each means."""


class InputError(ValueError):
    """What a user gave cannot be used. The message names file, line, field and remedy; it may list several problems."""


class UnreachedError(InputError):
    """A system is asked no more in this run, as it is not reached or has cost what it may; its figures are unmeasured."""


@dataclass(frozen=True)
class Document:
    """One text of the corpus. ``title`` may be empty."""

    id: str
    text: str
    title: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """What its front matter says besides: names in small letters, and values, of a list each under the list's name.

    Some systems search by it; none is shown it.
    """

    @property
    def shown(self) -> dict[str, str]:
        """What systems that are built elsewhere are known to be given of it."""
        return {"id": self.id, "text": self.text, "title": self.title}


@dataclass(frozen=True)
class Example:
    """One training pair; ``evidence`` names the documents that hold the completion's facts."""

    prompt: str
    completion: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One test question. No ``references`` means that the documents do not hold the answer."""

    id: str
    text: str
    references: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    cluster: str = ""
    quotes: tuple[str, ...] = ()
    """Passages by whose text evidence is named: whatever holds that text holds this evidence, too."""

    @property
    def answerable(self) -> bool:
        """Whether the documents hold an answer."""
        return bool(self.references)


@dataclass(frozen=True)
class Revision:
    """A document's new text, with the questions whose answers it changes and training examples that say the new."""

    document: str
    text: str
    questions: tuple[RevisedQuestion, ...] = ()
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class RevisedQuestion(Question):
    """A question whose right answer a revision changed; ``outdated`` holds the old answers."""

    outdated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Domain:
    """All that a system may learn from. Builders get this and never a question or a reference."""

    documents: tuple[Document, ...]
    examples: tuple[Example, ...] = ()
    instruction: str = ""
    """Put before every prompt, for every system alike."""
    guide: str = ""
    """The house format in words, for systems that are told how to answer."""

    def after(self, revisions: Sequence[Revision]) -> Domain:
        """The domain once the revisions are in: new texts, and examples that say the new in place of those that said the old.

        Old examples about a revised document are taken out, as nobody says what they should be now.
        """
        texts = {revision.document: revision.text for revision in revisions}
        said = {example.prompt: example for revision in revisions for example in revision.examples}
        documents = tuple(replace(known, text=texts.get(known.id, known.text)) for known in self.documents)
        kept = tuple(old for old in self.examples if old.prompt not in said and texts.keys().isdisjoint(old.evidence))
        return replace(self, documents=documents, examples=kept + tuple(said.values()))


@dataclass(frozen=True)
class Style:
    """A house format. What is left empty is not demanded; `evals.axes.style` tells whether an answer follows the rest."""

    pattern: str = ""
    """A regular expression for the whole answer; its group ``answer``, if it has one, is the bare answer."""
    schema: Mapping[str, Any] | None = None
    """A JSON schema for an answer in JSON."""
    answer: str = ""
    """The property of that JSON that holds the bare answer."""
    rubric: str = ""
    """A demand in words, for a judge to decide."""

    def bare(self, text: str) -> str:
        """The answer without the house format; the text itself where that is not followed.

        Raises:
            core.language.patterns.TooSlowError: it takes too long to tell.
        """
        found = patterns.fullmatch(self.pattern, text.strip()) if self.pattern else None
        if found and "answer" in found.groupdict():
            held: str = found["answer"] or ""  # a group that is optional may be left out
            return held
        return self._property(text.strip()) if self.answer else text.strip()

    def _property(self, text: str) -> str:
        try:
            value = json.loads(text)[self.answer]
        except (ValueError, TypeError, LookupError, RecursionError):
            return text
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class DraftRow(NamedTuple):
    """A row of a suite's files that a model drafted and nobody has reviewed."""

    file: str
    line: int
    question: str = ""
    """The question's id; empty for a training example."""


@dataclass(frozen=True)
class Suite:
    """A domain and what is asked about it."""

    name: str
    title: str
    version: str
    """Hash of everything in the suite that can change a record."""
    domain: Domain
    questions: tuple[Question, ...]
    revisions: tuple[Revision, ...] = ()
    general: tuple[str, ...] = ()
    """Folders of lm-eval tasks (absolute paths) or names of lm-eval's own tasks."""
    trusted: tuple[str, ...] = field(default=(), compare=False)
    """Those folders of ``general`` whose code may run: Proctor's own, and others where the user said so."""
    abstain: tuple[str, ...] = ("unknown", "i don't know", "i do not know", "not in the documents")
    """Texts that count as declining to answer."""
    style: Style | None = None
    rubrics: Mapping[str, str] = field(default_factory=dict)
    """Name -> a demand in words that a judge decides on, each a metric of its own: ``rubric.<name>``."""
    answer_in: AnswerIn = "documents"
    """Where answers have what they say from; where it is the question, documents say only how it is said."""
    normalise: Rule = "default"
    """The rule by which answers are compared with references."""
    headline: str = field(default="", compare=False)
    """The metric of accuracy that leads; empty: `evals.headline` chooses."""
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """metric -> system -> value that the metric must not be surely worse than."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What its reader changed, left out or found odd, a line each: for whoever reads figures of this suite."""
    drafts: tuple[DraftRow, ...] = field(default=(), compare=False)
    """Rows that a model drafted and nobody has reviewed. To accept one as it stands changes no record, and no version."""

    @property
    def references(self) -> tuple[str, ...]:
        """All right answers, those of revised questions and those that were right before a revision included."""
        revised = [question for revision in self.revisions for question in revision.questions]
        outdated = [text for question in revised for text in question.outdated]
        return (*(text for question in (*self.questions, *revised) for text in question.references), *outdated)

    @property
    def completions(self) -> tuple[str, ...]:
        """What training examples say, those of revisions included."""
        renewed = (example for revision in self.revisions for example in revision.examples)
        return tuple(example.completion for example in (*self.domain.examples, *renewed))

    def document(self, id: str) -> Document:
        """The document called ``id``; KeyError if there is none."""
        return self._by_id[id]

    @cached_property
    def names(self) -> frozenset[str]:
        """What a mark may call the documents: ids, names of files and titles, as `core.language.characters.fold` spells them."""
        documents = self.domain.documents
        found = (name for one in documents for name in (one.id, one.id.rpartition("/")[2], one.title))
        return frozenset(map(fold, found)) - {""}

    @property
    def _by_id(self) -> dict[str, Document]:
        cached: dict[str, Document] | None = self.__dict__.get("_documents")
        if cached is None:
            cached = {document.id: document for document in self.domain.documents}
            object.__setattr__(self, "_documents", cached)
        return cached

    def bare(self, text: str) -> str:
        """``text`` without the house format, if the suite has one."""
        return self.style.bare(text) if self.style else text.strip()


@dataclass(frozen=True)
class Context:
    """One retrieved passage: the document that it comes from, its text and its retrieval score.

    ``document`` is empty where a system that Proctor does not build was shown what is none of the suite's documents.
    """

    document: str
    text: str
    score: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What a system said to one question."""

    question: str
    """The question's id."""
    text: str
    contexts: tuple[Context, ...] | None = None
    """``None``: the system does not retrieve, or does not say what it was shown. ``()``: it retrieved nothing."""
    citations: tuple[str, ...] = ()
    seconds: float = 0.0
    """Wall time of its batch, shared evenly among the batch's questions."""
    tokens: int = 0
    """New tokens generated."""
    prompt_tokens: int = 0
    cut: int = 0
    """Retrieved passages left out because the prompt would not fit the model's context."""
    error: str | None = None
    """Why there is no answer. The question then counts as wrong, unless the answer is ``absent``."""
    prompt: str = ""
    """What the model read, with `PASSAGES` in place of the passages; empty where that is not known."""
    stop: Stop = ""
    """Why the model stopped; empty where that is not known."""
    thought: int = 0
    """New tokens of a thought that was taken off before the text."""
    searching: Mapping[str, float] = field(default_factory=dict, hash=False)
    """What looking its passages up took besides time: of its own model ``rewrite_tokens`` that are new and
    ``rewrite_prompt_tokens``; of its reranker ``rerank_requests``, ``rerank_tokens``, ``rerank_money`` and the like."""
    absent: bool = False
    """Whether nobody knows what the system says: nothing went wrong, and the question is unmeasured; ``error`` says why."""

    @property
    def unsaid(self) -> bool:
        """Whether the model came to its end before it had begun to answer: it neither answers nor declines."""
        return not self.text and (self.stop == "length" or self.thought > 0)

    @property
    def caution(self) -> str:
        """What a reader should know before trusting a score of this answer, one thing a line; empty if nothing."""
        return "\n".join(text for text in (self._shortened, self._not_shown) if text)

    @property
    def _shortened(self) -> str:
        if self.unsaid and self.thought:
            return "there is no answer: the model's thought came to no end"
        return f"the answer was cut off after {self.tokens - self.thought} new tokens" if self.stop == "length" else ""

    @property
    def _not_shown(self) -> str:
        return "passages were left out, as the prompt would not fit" if self.cut else ""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Answer:
        """The inverse of ``dataclasses.asdict``."""
        contexts = row["contexts"]
        known = {**row, "citations": tuple(row["citations"])}
        known["contexts"] = None if contexts is None else tuple(Context(**context) for context in contexts)
        return cls(**known)


@dataclass(frozen=True)
class Timing:
    """How long a system took for one question that was asked alone, in seconds of wall time."""

    question: str
    """The question's id."""
    seconds: float = 0.0
    """From the question's text to the answer's text."""
    retrieval: float = 0.0
    """Embedding the question and searching the index, which is in memory."""
    prefill: float = 0.0
    """From there to the first new token."""
    decoding: float = 0.0
    """From there to the end."""
    tokens: int = 0
    """New tokens generated."""
    prompt_tokens: int = 0
    passes: int = 0
    """Passes through the model that ``decoding`` took: one for each token after the first, the one that ends an answer too."""
    unmerged: float | None = None
    """``seconds`` with the LoRA adapter left beside the weights; ``None`` for a system without one."""
    round: str = ""
    """The round in which it was asked: what the systems that were timed in turn have in common."""
    caution: str = ""
    """Why the seconds may not be what they seem."""
    error: str | None = None
    """Why there is no time."""


@dataclass(frozen=True)
class Score:
    """The outcome of one metric on one item: a finite value, or the reason why there is none."""

    value: float | None
    reason: str = ""
    status: Status = "scored"
    caution: str = ""
    """Why the value may not be what it seems, one reason a line. The same text for every item that it holds for: they are counted
    by it."""

    def __post_init__(self) -> None:
        """Missing is not zero: only scored and failed items have a value, and it is finite."""
        has_value = self.value is not None
        if has_value != (self.status in ("scored", "failed")):
            raise ValueError(f"a {self.status} score cannot have the value {self.value!r}")
        if self.value is not None and not -float("inf") < self.value < float("inf"):
            raise ValueError(f"a score must be finite, not {self.value!r}")


def not_applicable(reason: str) -> Score:
    """The value cannot exist: this metric is not defined for this system or item."""
    return Score(None, reason, "not_applicable")


def unmeasured(reason: str) -> Score:
    """The value should exist and does not: a judge was down or could not be understood."""
    return Score(None, reason, "unmeasured")


@dataclass(frozen=True)
class Metric:
    """One named, versioned quantity. Change what it computes, and its version changes too."""

    name: str
    unit: str = "share"
    better: Better = "higher"
    version: str = "1"
    library: str = ""
    """The package that works it out, if one does: another version of it may come to another value."""
    compares: bool = False
    """Whether its scores depend on the rule by which a suite compares texts."""
    says: str = ""
    """What it is, in a sentence for a reader who sees it for the first time."""
    headline: bool = False
    """Whether it is among the few that a reader asks for first."""
    shown: bool = False
    """Whether the page's table shows it before a reader chooses columns: what is gained, what is lost, and what it takes."""
    neutral: bool = False
    """Whether neither more nor less is better, as with a part of a whole: systems are not ranked by it."""
    metered: bool = False
    """Whether it is read off a meter although its unit is one of what is counted: the next time it would be another amount."""
    needs: frozenset[Ability] = frozenset()
    """What a system must be able to do for it, beyond what its whole axis needs."""

    @property
    def edition(self) -> str:
        """What a record is compared by: the metric's version, and its library's."""
        return f"{self.version} ({self.library} {_installed(self.library)})" if self.library else self.version

    def version_under(self, rule: Rule) -> str:
        """The version of its records in a suite with that rule: "2", or "2, squad"."""
        return f"{self.edition}, {rule}" if self.compares and rule != Suite.normalise else self.edition

    @property
    def worst(self) -> float:
        """What a failed question counts as, for a metric between 0 and 1."""
        return 0.0 if self.better == "higher" else 1.0

    def without(self, answer: Answer) -> Score:
        """The score of a question without an answer: that it failed, or that its answer is not known."""
        why = answer.error or "there is no answer"
        return unmeasured(why) if answer.absent else self.failed(why)

    def failed(self, reason: str) -> Score:
        """The score of a question that the system crashed on: it counts as wrong. Of an amount there is no worst."""
        return Score(self.worst, reason, "failed") if self.unit in ("share", "difference") else unmeasured(reason)


@dataclass(frozen=True)
class Record:
    """One value of one metric for one item, by one system, on one suite, with one seed. One JSON line."""

    suite: str
    suite_version: str
    base_model: str
    system: str
    system_version: str
    seed: int
    metric: str
    metric_version: str
    unit: str
    better: Better
    item: str
    cluster: str
    status: Status
    value: float | None
    reason: str = ""
    judge: str = ""
    """The judge that decided, or nothing where none was asked."""
    caution: str = ""
    """Why the value may not be what it seems; see `Score`."""
    format: int = FORMAT

    @property
    def key(self) -> tuple[str | int, ...]:
        """What makes two lines the same measurement."""
        return (self.suite, self.base_model, self.system, self.seed, self.metric, self.item)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Record:
        """The inverse of ``dataclasses.asdict``; InputError for a format that this version does not know."""
        if row.get("format") not in READABLE:
            raise InputError(f"record format {row.get('format')!r} is not known: read it with the version that wrote it")
        if row.get("status") not in STATUSES:
            raise InputError(f"record status {row.get('status')!r} is none of {', '.join(STATUSES)}")
        return cls(**{**(row if row["format"] == FORMAT else former_names.record(row)), "format": FORMAT})


@cache
def _installed(package: str) -> str:
    from importlib.metadata import version  # takes a while to load, and is mostly not needed

    return version(package)


def as_json(thing: Any) -> dict[str, Any]:
    """A dataclass of this file as plain JSON data.

    As `dataclasses.asdict`, which also copies every text, and takes five times as long.
    """
    kind: Any = type(thing)
    return {name: _plain(getattr(thing, name)) for name in _field_names(kind)}


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in dataclasses.fields(kind))


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in (str, int, float, bool, type(None)):
        return value
    if kind is tuple or kind is list:
        return kind(map(_plain, value))
    if kind is dict:
        return {key: _plain(one) for key, one in value.items()}
    return as_json(value) if dataclasses.is_dataclass(value) else copy.deepcopy(value)


def row(suite: str, base_model: str, system: str) -> str:
    """What provenance calls a row of the leaderboard, in its table ``comparable``."""
    return f"{suite}/{base_model}/{system}"
