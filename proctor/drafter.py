"""The model that drafts: served, or a base model in a folder. It is asked as systems are, so that no call is made twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from proctor.core.redaction import hide_addresses, redact
from proctor.core.schema import NO_BASE, Domain, InputError, Question
from proctor.drafting import SHOWN, TOKENS, Drafter, Said
from proctor.models import runtime, systems
from proctor.models.base import base as base_models
from proctor.models.base.base import BaseModel
from proctor.models.candidates import kinds
from proctor.models.candidates.external import Setup
from proctor.models.candidates.kinds import Examined
from proctor.models.generation.limits import Limits
from proctor.models.systems import Calls, OpenAI, System
from proctor.suites.drafting import tasks

NAME = "drafting"
SEARCHED = ("dense", "bm25")
"""Ways to search for an answer that documents are not meant to hold."""
SERVED = "openai:"


@dataclass(frozen=True)
class Asking:
    """How a model is asked."""

    model: str
    """openai:MODEL@URL, a served system of the project's table, or a base model's folder or name."""
    table: Path | None = None
    """The project's table of systems."""
    key: str = OpenAI.key
    calls: Calls = field(default_factory=Calls)
    device: str = "auto"

    @property
    def is_spelt_out(self) -> bool:
        """Whether it is a served model that is not in a table, so that words of the command say how it is called."""
        return self.model.startswith(SERVED)

    @property
    def shown(self) -> str:
        """The model's name, without what an address may hold in secret."""
        hide_addresses(self.model)
        return redact(self.model)

    @property
    def system(self) -> System:
        """The model as a system without retrieval."""
        row = systems.load(self.table).get(self.model) if self.table else None
        if self.table and row and row.endpoint:
            systems.check_variables(self.table, [row])
            return System(
                NAME, endpoint=row.endpoint, openai=row.openai, calls=row.calls, max_new_tokens=TOKENS, version=row.version
            )
        if self.is_spelt_out:
            openai = OpenAI(key=self.key)
            return System(NAME, endpoint=self.model, openai=openai, calls=self.calls, max_new_tokens=TOKENS)
        return System(NAME, max_new_tokens=TOKENS)


def drafter(asking: Asking, place: runtime.Runtime, documents: Domain) -> Drafter:
    """The model, ready to draft from documents. Nothing is loaded or asked before it is needed.

    Raises:
        InputError: there is no such model, or it cannot be used.
    """
    system = asking.system
    base = None if system.external else base_models.find_all([asking.model], place.cache)[0]
    first = _candidate(system, base, place, Domain(()))

    def say(instruction: str, texts: Sequence[str]) -> list[Said]:
        asked = _with(first, Domain((), instruction=instruction))
        answers = asked.answers([Question(str(number), text) for number, text in enumerate(texts)])
        return [Said(one.text, one.stop == "length", one.error or "") for one in answers]

    searching = [_candidate(replace(system, retrieve=way, top_k=SHOWN), base, place, documents) for way in SEARCHED]
    return Drafter(_by(first, base), say, _answer(first, searching))


def _answer(first: Examined, searching: Sequence[Examined]) -> Callable[[Sequence[str]], list[tuple[Said, list[str]]]]:
    reader = _with(first, Domain((), instruction=tasks.ANSWERING))

    def answer(texts: Sequence[str]) -> list[tuple[Said, list[str]]]:
        questions = [Question(str(number), text) for number, text in enumerate(texts)]
        found = zip(*(one.retrieve(questions) for one in searching), strict=True)  # type: ignore[union-attr]
        shown = [tuple({one.text: one for some in ways for one in some}.values()) for ways in found]
        answers = reader.answers_given_contexts(questions, shown)  # type: ignore[union-attr]
        told = (Said(one.text, one.stop == "length", one.error or "") for one in answers)
        return [(said, [one.text for one in passages]) for said, passages in zip(told, shown, strict=True)]

    return answer


def _candidate(system: System, base: BaseModel | None, place: runtime.Runtime, domain: Domain) -> Examined:
    """InputError says of the model what candidates say of systems."""
    limits = Limits(TOKENS, "line")
    try:
        return kinds.candidate(system, base, Setup(domain, place, base.label if base else NO_BASE, limits))
    except InputError as error:
        raise InputError(f"--model: {str(error).removeprefix(f'system {NAME}: ')}") from error


def _with(first: Examined, domain: Domain) -> Examined:
    """The same model with another instruction: calls are counted together."""
    return first.reindexed(domain)  # type: ignore[union-attr]


def _by(first: Examined, base: BaseModel | None) -> dict[str, str]:
    """Who drafts: of a served model the version is what its row of the table says."""
    if base:
        return {"by": base.label, "version": base.version[:12]}
    told = first.describe()["settings"]
    return {"by": str(told["endpoint"])} | ({"version": first.system.version} if first.system.version else {})
