"""Small real implementations of the protocols, for tests and for trying things out. Their scores are known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from proctor.core.schema import Ability, Answer, Context, Domain, Example, Question, Timing
from proctor.evals.judges.protocols import EntailmentInput, JudgeError, Schema


def no_weights() -> tuple[Any, Any]:
    """For candidates that are only asked questions."""
    raise LookupError("this candidate has no weights")


def quick(question: Question) -> Timing:
    """A tenth of a second, most of it spent on writing."""
    return Timing(question.id, seconds=0.1, retrieval=0.01, prefill=0.02, decoding=0.07, tokens=7, prompt_tokens=10, passes=7)


SPENT = ("train_flops", "train_seconds", "index_seconds")


@dataclass(frozen=True)
class Fake:
    """A candidate that answers by a function, and may hand out weights."""

    answer: Callable[[Question], Answer]
    name: str = "fake"
    base_model: str = "none"
    seed: int = 0
    version: str = "1"
    weights_version: str = "base"
    code: str = "1"
    retrieves: bool = False
    top_k: int = 3
    context_length: int = 512
    load: Callable[[], tuple[Any, Any]] = no_weights
    documents: tuple[Context, ...] = ()
    become: Callable[[str, Domain, Sequence[Example]], Fake] | None = None
    """What it is once it is ``reindexed``, ``retrained`` or ``continued`` with a domain and examples."""
    timing: Callable[[Question], Timing] = quick
    spent: Mapping[str, float | str] = field(default_factory=lambda: dict.fromkeys(SPENT, 0.0))

    @property
    def abilities(self) -> frozenset[Ability]:
        """All of them, but for what other fields say: it is trained if its weights are not the base's."""
        always: frozenset[Ability] = frozenset({"reads", "fits", "reindexes", "weights", "times", "costs"})
        more: dict[Ability, bool] = {"retrieves": self.retrieves, "trains": self.weights_version != "base"}
        return always.union(ability for ability, has in more.items() if has)

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question, in order."""
        return [self.answer(question) for question in questions]

    def answers_given_contexts(
        self, questions: Sequence[Question], passages: Sequence[tuple[Context, ...]], room: int | None = None
    ) -> list[Answer]:
        """What it answers to a question whose text has the passages before it, cut to ``room`` words."""
        return [
            replace(self.answer(replace(question, text=_with(passages_of, question.text, room))), contexts=passages_of)
            for question, passages_of in zip(questions, passages, strict=True)
        ]

    def retrieve(self, questions: Sequence[Question], count: int) -> list[tuple[Context, ...]]:
        """The first documents that it knows."""
        return [tuple(self.documents[:count])] * len(questions)

    def chunks_of(self, documents: Sequence[str]) -> dict[str, tuple[Context, ...]]:
        """Each document as one passage."""
        return {known.document: (known,) for known in self.documents if known.document in documents}

    def nll(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """1 for a completion that it would not give, 0 for its own."""
        said = self.answers([Question(prompt, prompt) for prompt, _ in pairs])
        return [float(answer.text != completion) for answer, (_, completion) in zip(said, pairs, strict=True)]

    def reindexed(self, domain: Domain) -> Fake:
        """Itself, if it does not say what it becomes."""
        return self.become("reindexed", domain, ()) if self.become else self

    def retrained(self, domain: Domain) -> Fake:
        """Itself, if it does not say what it becomes."""
        return self.become("retrained", domain, domain.examples) if self.become else self

    def continued(self, domain: Domain, examples: Sequence[Example]) -> Fake:
        """Itself, if it does not say what it becomes."""
        return self.become("continued", domain, examples) if self.become else self

    @contextmanager
    def model_and_tokenizer(self) -> Iterator[tuple[Any, Any]]:
        """What ``load`` gives."""
        yield self.load()

    def latencies(self, questions: Sequence[Question], _beside: Sequence[Any] = ()) -> list[Timing]:
        """What ``timing`` says."""
        return [self.timing(question) for question in questions]

    def costs(self) -> Mapping[str, float | str]:
        """What ``spent`` says."""
        return self.spent


@dataclass(frozen=True)
class Answering:
    """A candidate that answers by a function and can do no more, like a service on the other side of a network."""

    answer: Callable[[Question], Answer]
    name: str = "service"
    base_model: str = "none"
    seed: int = 0
    version: str = "1"
    code: str = ""
    abilities: frozenset[Ability] = frozenset()

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer a question, in order."""
        return [self.answer(question) for question in questions]


@dataclass(frozen=True)
class LikelihoodFake(Answering):
    """A candidate that says how likely texts are, like a served model."""

    likely: Callable[[str, str], tuple[float, bool]] = lambda _, text: (-float(len(text)), False)
    weights_version: str = "served"
    abilities: frozenset[Ability] = frozenset({"likelihoods"})

    def likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
        """What ``likely`` says of context and text."""
        return [self.likely(*pair) for pair in pairs]

    def continuations(self, asked: Sequence[tuple[str, Sequence[str], int]]) -> list[str]:
        """What it answers to a text as a question, up to the first stop."""
        said = [self.answer(Question("", text)).text for text, _, _ in asked]
        return [_until(text, stops) for text, (_, stops, _) in zip(said, asked, strict=True)]


def _until(text: str, stops: Sequence[str]) -> str:
    return text[: min((place for stop in stops if (place := text.find(stop)) >= 0), default=len(text))]


def _with(passages: Sequence[Context], question: str, room: int | None) -> str:
    words = " ".join(context.text for context in passages).split()[:room]
    return " ".join([*words, question])


def canned(answers: Mapping[str, Answer | str], **fields: Any) -> Fake:
    """Answers by question id; silence to a question that it does not know."""

    def answer(question: Question) -> Answer:
        known = answers.get(question.id, "")
        return known if isinstance(known, Answer) else Answer(question.id, known)

    return Fake(answer, **fields)


def gold(**fields: Any) -> Fake:
    """Gives the first reference, and declines where there is none."""
    return Fake(lambda question: Answer(question.id, (*question.references, "unknown")[0]), **{"name": "gold", **fields})


def mute(**fields: Any) -> Fake:
    """Says nothing."""
    return Fake(lambda question: Answer(question.id, ""), **{"name": "mute", **fields})


def crashing(**fields: Any) -> Fake:
    """Fails every question."""
    return Fake(lambda question: Answer(question.id, "", error="it broke"), **{"name": "crashing", **fields})


@dataclass(frozen=True)
class CannedJudge:
    """An entailing judge that knows which texts have support and which are contradicted, and remembers what it was asked."""

    supported: frozenset[str] = frozenset()
    contradicted: frozenset[str] = frozenset()
    silent_on: frozenset[str] = frozenset()
    """Texts that it raises JudgeError on."""
    name: str = "canned"
    version: str = "1"
    asked: list[EntailmentInput] = field(default_factory=list)

    def claims(self, question: str, answer: str) -> list[str]:
        """The answer's parts between semicolons."""
        del question
        return [part.strip() for part in answer.split(";") if part.strip()]

    def supports(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """Whether each text is one of those supported."""
        return [pair.text in self.supported for pair in self._checked(pairs)]

    def contradicts(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """Whether each text is one of those contradicted."""
        return [pair.text in self.contradicted for pair in self._checked(pairs)]

    def _checked(self, pairs: Sequence[EntailmentInput]) -> Sequence[EntailmentInput]:
        self.asked.extend(pairs)
        if any(pair.text in self.silent_on for pair in pairs):
            raise JudgeError("the canned judge is silent")
        return pairs


@dataclass(frozen=True)
class CannedChat:
    """A chat judge that replies by a function of prompt and schema name; what it replies is the schema's fields."""

    reply: Callable[[str, str], dict[str, Any]]
    name: str = "canned-chat"
    version: str = "1"

    def complete(self, prompt: str, schema: type[Schema]) -> Schema:
        """The reply as an instance of the schema; JudgeError if it does not fit."""
        try:
            return schema.model_validate(self.reply(prompt, schema.__name__))
        except ValueError as error:
            raise JudgeError(f"no valid {schema.__name__}") from error


@dataclass(frozen=True)
class RaisingJudge:
    """A chat judge that is down."""

    name: str = "down"
    version: str = "1"

    def complete(self, prompt: str, schema: type[Schema]) -> Schema:
        """Raise JudgeError."""
        raise JudgeError(f"no answer to {len(prompt)} characters for {schema.__name__}")
