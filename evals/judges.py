"""Judges: what decides whether texts support an answer.

Two kinds behind one word. An *entailing* judge splits an answer into claims and says of each whether passages support
it. A *chat* judge completes the prompts that ragas and deepeval write. `load_judge` makes either from a short text.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from evals.redaction import hide_addresses, redact
from evals.schema import InputError

if TYPE_CHECKING:
    from pydantic import BaseModel
    from typing_extensions import TypeIs

    from evals.schema import Score

Schema = TypeVar("Schema", bound="BaseModel")

FORMS = """\
  lexical                  embedded: compares words, numbers and names; no model
  nli:MODEL                a Hugging Face NLI classifier, by name or folder (nli:MODEL@REVISION pins one)
  openai:MODEL             a chat model; OPENAI_API_KEY and OPENAI_BASE_URL come from the environment
  openai:MODEL@BASE_URL    the same at another OpenAI-compatible endpoint"""


class JudgeError(RuntimeError):
    """The judge did not come to a verdict. The message is the reason that a record shows; it never holds a key."""


class EndpointError(JudgeError):
    """The judge cannot be reached, or whatever answers is none: to ask about something else would not help."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind
        """What went wrong, in a word that is the same each time: a status, a class of exceptions."""


SUPPORT, CONTRADICTION = "support", "contradiction"
"""What a judge is asked. To agree with people on one says nothing of the other."""
_ASKED = {
    "faithfulness.retrieved": SUPPORT,
    "faithfulness.gold": SUPPORT,
    "hallucination.contradicted": CONTRADICTION,
}


def asked(measure: str) -> str:
    """What a measure asks its judge; empty for one that no labels answer, such as a rubric."""
    return _ASKED.get(measure, "")


class Pair(NamedTuple):
    """What an entailing judge looks at: passages, the question, and a claim (or a whole answer) to hold against them."""

    passages: tuple[str, ...]
    question: str
    text: str
    among: int = 1
    """How many claims the answer makes, of which this is one."""


class EntailingJudge(Protocol):
    """Decides for itself. Many pairs come in one call, so that a model can batch them."""

    @property
    def name(self) -> str:
        """What records show of it: all that a user can choose, and a number of how it decides."""

    @property
    def version(self) -> str:
        """All that can change a verdict on the same pair: what verdicts are kept under, and scores with them."""

    def claims(self, question: str, answer: str) -> list[str]:
        """The statements that an answer makes. None, if it makes none that this judge could weigh."""

    def supports(self, pairs: Sequence[Pair]) -> list[bool]:
        """For each pair, whether the passages together bear the claim out."""

    def contradicts(self, pairs: Sequence[Pair]) -> list[bool]:
        """For each pair, whether the passages say otherwise than the answer."""


class ChatJudge(Protocol):
    """Completes a prompt in the form of a schema."""

    @property
    def name(self) -> str:
        """What records show of it: all that a user can choose, and numbers of how it is asked."""

    @property
    def version(self) -> str:
        """All that can change a verdict on the same prompt: what verdicts are kept under, and scores with them."""

    def complete(self, prompt: str, schema: type[Schema]) -> Schema:
        """An instance of the schema; JudgeError if none could be had. Called from several threads."""


Judge = EntailingJudge | ChatJudge


def chats(judge: Judge) -> TypeIs[ChatJudge]:
    """Whether the judge is of the chat kind."""
    return hasattr(judge, "complete")


class Attempt:
    """A chat judge while one score is worked out. What it said stays kept, if it is, only where a score came of it."""

    def __init__(self, judge: ChatJudge) -> None:
        self._judge = judge
        self._said: list[tuple[str, type[BaseModel]]] = []
        self._failed = False

    @property
    def name(self) -> str:
        """The judge's own."""
        return self._judge.name

    @property
    def version(self) -> str:
        """The judge's own."""
        return self._judge.version

    def complete(self, prompt: str, schema: type[Schema]) -> Schema:
        """What the judge says."""
        try:
            found = self._judge.complete(prompt, schema)
        except Exception:
            self._failed = True
            raise
        self._said.append((prompt, schema))
        return found

    def settled(self, score: Score) -> Score:
        """The score. Where there is none though the judge replied, they were unfit, and it is asked again the next time."""
        take_back = getattr(self._judge, "take_back", None)
        if take_back and score.status == "unmeasured" and not self._failed:
            for prompt, schema in self._said:
                take_back(prompt, schema)
        return score


def load_judge(spec: str) -> Judge:
    """The judge that a text names. Cheap: models are loaded and endpoints called when the first verdict is asked for.

    Raises:
        InputError: no judge is written like that, or its key is missing.
    """
    kind, _, rest = spec.strip().partition(":")
    if (kind, rest) == ("lexical", ""):
        from evals.lexical import LexicalJudge

        return LexicalJudge()
    if kind == "nli" and rest:
        from evals.nli import NliJudge

        return NliJudge(rest)
    if kind == "openai" and rest:
        from evals.openai_judge import openai_judge

        return openai_judge(rest, os.environ)
    hide_addresses(spec)
    raise InputError(f"unknown judge {redact(spec)!r}. A judge is one of:\n{FORMS}")


Thing = TypeVar("Thing")
Outcome = TypeVar("Outcome")


def each(ask: Callable[[Sequence[Thing]], Sequence[Outcome]], things: Sequence[Thing]) -> list[Outcome | JudgeError]:
    """Ask about all at once and, if that fails, one at a time: a thing that cannot be judged costs only itself."""
    if not things:
        return []
    try:
        return [*ask(things)]
    except JudgeError as error:
        if len(things) == 1:
            return [error]
        return [outcome for thing in things for outcome in each(ask, [thing])]
