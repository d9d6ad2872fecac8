"""Judges: what decides whether texts support an answer.

Two kinds behind one word. An *entailing* judge splits an answer into claims and says of each whether passages support
it. A *chat* judge completes the prompts that ragas and deepeval write. `load_judge` makes either from a short text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from proctor.core import extras
from proctor.core.reading.problems import near
from proctor.core.redaction import hide_addresses, redact
from proctor.core.registry import WRITTEN, Registry
from proctor.core.schema import InputError

if TYPE_CHECKING:
    from pydantic import BaseModel
    from typing_extensions import TypeIs

    from proctor.core.schema import Score

Schema = TypeVar("Schema", bound="BaseModel")

FORMS = """\
  lexical                  embedded: compares words, numbers and names; no model
  nli:MODEL                a Hugging Face NLI classifier, by name or folder (nli:MODEL@REVISION pins one)
  openai:MODEL             a chat model; OPENAI_API_KEY and OPENAI_BASE_URL come from the environment
  openai:MODEL@BASE_URL    the same at another OpenAI-compatible endpoint
  anthropic:MODEL          a chat model of Anthropic's; ANTHROPIC_API_KEY comes from the environment
  google:MODEL             a chat model of Google's; GEMINI_API_KEY or GOOGLE_API_KEY comes from the environment
  panel:SPEC+SPEC+SPEC     several of these: the median of what they say, which of yes and no is the majority
  package.module:NAME      what NAME in a module of your own makes; package.module:NAME:TEXT hands it a text"""


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


def asked(metric: str) -> str:
    """What a metric asks its judge; empty for one that no labels answer, such as a rubric."""
    return _ASKED.get(metric, "")


class EntailmentInput(NamedTuple):
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

    def supports(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """For each pair, whether the passages together bear the claim out."""

    def contradicts(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
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


JUDGES: Registry[Callable[..., Judge]] = Registry(
    "proctor.judges",
    {
        "lexical": "proctor.evals.judges.lexical:LexicalJudge",
        "nli": "proctor.evals.judges.nli:NliJudge",
        "openai": "proctor.evals.judges.openai:openai_judge [httpx2]",
        "anthropic": "proctor.evals.judges.openai:anthropic_judge [httpx2]",
        "google": "proctor.evals.judges.openai:google_judge [httpx2]",
        "panel": "proctor.evals.judges.panel:panel_judge",
    },
)
"""What is before the first colon -> what makes a judge of what is behind it, or of nothing."""


def load_judge(spec: str) -> Judge:
    """The judge that a text names. Cheap: models are loaded and endpoints called when the first verdict is asked for.

    Raises:
        InputError: no judge is written like that, its key is missing, or a library that it needs.
    """
    kind, _, rest = spec.strip().partition(":")
    if "." in kind:
        attribute, _, rest = rest.partition(":")
        kind = f"{kind}:{attribute}"
    extras.require({f"the judge {kind}": JUDGES.needs(kind)})
    if (kind in JUDGES or WRITTEN.fullmatch(kind)) and _takes(make := JUDGES.written(kind), given := [rest] if rest else []):
        return make(*given)
    hide_addresses(spec)
    meant = near(kind, JUDGES)
    hint = f"; did you mean {meant}?" if meant and meant != kind else "."
    raise InputError(f"unknown judge {redact(spec)!r}{hint} A judge is one of:\n{FORMS}")


def _takes(make: Callable[..., Judge], given: Sequence[str]) -> bool:
    """Whether a judge is made of so many texts."""
    try:
        signature(make).bind(*given)
    except TypeError:
        return False
    return True


Judged = TypeVar("Judged")
Outcomes = TypeVar("Outcomes")


def each(ask: Callable[[Sequence[Judged]], Sequence[Outcomes]], things: Sequence[Judged]) -> list[Outcomes | JudgeError]:
    """Ask about all at once and, if that fails, one at a time: a thing that cannot be judged costs only itself."""
    if not things:
        return []
    try:
        return [*ask(things)]
    except JudgeError as error:
        if len(things) == 1:
            return [error]
        return [outcome for thing in things for outcome in each(ask, [thing])]
