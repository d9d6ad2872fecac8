"""Code of the project as a system: a function, or an object of LangChain, LlamaIndex or Haystack.

It is imported when the exam is planned, so that what is wrong with it is said before any work, and made and asked once it is
needed. It is asked one question at a time, in the thread that takes the exam, as much such code bears no other. Async functions,
and those whose row says ``calls.max_concurrency``, are asked several at a time.
"""

from __future__ import annotations

import inspect
import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from proctor.core.code import code_of
from proctor.core.project_code import project_code
from proctor.core.schema import Ability, Answer, Domain, InputError, Question, Timing
from proctor.core.storage.cache import digest
from proctor.models.candidates import contexts, returned
from proctor.models.candidates.application import Application
from proctor.models.candidates.asking import manners
from proctor.models.candidates.asking.calling import AT_A_TIME, Batches, CallError
from proctor.models.candidates.asking.kept import AskedQuestion
from proctor.models.candidates.asking.manners import CallManner
from proctor.models.candidates.asking.waiting import Loop
from proctor.models.candidates.contexts import SourcedAnswer
from proctor.models.candidates.imported import imported, reason

log = logging.getLogger("proctor")

LIST = 32
"""Questions that a function which takes lists is given at a time, where its row says nothing else."""
ELSEWHERE = re.compile("Connect|Timeout|Auth|RateLimit|Unavailable")
"""Exceptions that are about what the code calls, and not about a question, by their names."""


@dataclass(frozen=True)
class Callable(Application):
    """What ``callable`` names, before one domain."""

    renewed: bool = False
    """Whether it was given the domain's documents, instead of those that it came with."""

    def __post_init__(self) -> None:
        """Refuse at once what could only fail later. What has to be made first is looked at when it is."""
        if not manners.is_maker(self._named):
            _ = self._manner

    @property
    def _written(self) -> str:
        return self.system.callable or ""

    @cached_property
    def _named(self) -> Any:
        return imported(self._written, self.setup.root)

    @cached_property
    def _thing(self) -> Any:
        """What is asked: what is named, or what that makes, with the documents that it shall answer from."""
        made = self._made() if manners.is_maker(self._named) else self._named
        if not self.renewed:
            return made
        changed = self._raising(lambda: made.reindex(list(self.domain.documents)), "reindex failed")
        if changed is None and made is self._named:
            raise InputError(
                f"callable: reindex of {self._written} returned nothing; have it return another object, which answers from the "
                "documents that it is given, or name a class: the one that is examined must stay as it is"
            )
        return made if changed is None else changed

    def _made(self) -> Any:
        return self._raising(self._named, "it cannot be made")

    def _raising(self, make: Any, what: str) -> Any:
        try:
            return make()
        except Exception as error:
            raise InputError(f"callable: {self._written}: {what}: {reason(error)}") from error

    @cached_property
    def _manner(self) -> CallManner:
        thing = self._thing
        try:
            found = manners.manner(thing)
        except InputError as error:
            raise InputError(f"callable: {self._written}: {error}") from error
        log.info("%s: %s is asked as a %s", self.name, self._written, found.what)
        return found

    @property
    def fingerprint(self) -> list[Any]:
        """Its name, its code where no version is declared, and the documents that its passages are matched with."""
        code = None if self.system.version else self._code
        return [self._written, code, digest([document.shown for document in self.domain.documents]), self.renewed]

    @cached_property
    def _code(self) -> str:
        """Hash of its code: that of the project, or of the package that it is in where that is another's."""
        module = self._written.partition(":")[0]
        try:
            return project_code(module, self.setup.root) or code_of(module)
        except (LookupError, SyntaxError, UnicodeDecodeError):  # no Python
            return ""

    @property
    def abilities(self) -> frozenset[Ability]:
        """Whether it retrieves is told by its answers: one without passages says nothing of what it was made from."""
        always: frozenset[Ability] = frozenset({"retrieves", "times"})
        of = self._named if inspect.isclass(self._named) else self._thing
        return always | {"reindexes"} if callable(getattr(of, "reindex", None)) else always

    def ask(self, missing: list[AskedQuestion]) -> Batches:
        """Answers in batches, as they come."""
        asked = self._together(missing) if self._manner.several else self._each(missing)
        return self._counting(asked)

    def _each(self, missing: Sequence[AskedQuestion]) -> Batches:
        calls = self.system.calls
        several = calls.max_concurrency or (AT_A_TIME if self._manner.waits else 1)
        if several == 1:
            return self._caller.in_turn(missing, self._answer)
        return self._caller.in_threads(missing, self._answer, several)

    def _together(self, missing: Sequence[AskedQuestion]) -> Iterator[Sequence[tuple[AskedQuestion, Answer]]]:
        """In lists; where a list fails, each of its questions alone, so that only the one that cannot be answered is lost."""
        size = self.system.calls.max_concurrency or LIST
        for start in range(0, len(missing), size):
            some = missing[start : start + size]
            found = self._list([one.question for one in some])
            yield from self._caller.in_turn(some, partial(self._found_or_asked, found))

    def _found_or_asked(self, found: Mapping[str, Answer], question: Question) -> Answer:
        return found.get(question.text) or self._answer(question)

    def _list(self, questions: Sequence[Question]) -> dict[str, Answer]:
        """The answers to several questions, by their texts; none where they fail together."""
        started = time.perf_counter()
        try:
            came = list(self._came([question.text for question in questions]))
            if len(came) != len(questions):
                return {}
            share = round((time.perf_counter() - started) / len(questions), 6)
            read = (self._read(question, self._said(one)) for question, one in zip(questions, came, strict=True))
            said = [replace(answer, seconds=share) for answer in read]
        except Exception:  # noqa: BLE001 # each is asked alone, and says why it fails
            return {}
        return {question.text: answer for question, answer in zip(questions, said, strict=True)}

    def _answer(self, question: Question) -> Answer:
        return self._read(question, self._said(self._one(question)))

    def _one(self, question: Question) -> Any:
        """What it returns for one question."""
        if not self._manner.several:
            return self._came(question.text)
        came = list(self._came([question.text]))
        if len(came) != 1:
            raise CallError(f"it was given 1 question and returned {len(came)} answers", "returned")
        return came[0]

    def _came(self, asked: Any) -> Any:
        try:
            came = self._manner.ask(asked)
            return self._loop.result(came, self.system.calls.timeout) if inspect.isawaitable(came) else came
        except CallError:
            raise
        except Exception as error:
            name = type(error).__name__
            raise CallError(reason(error), name if ELSEWHERE.search(name) else "") from error

    @staticmethod
    def _said(came: Any) -> SourcedAnswer:
        try:
            return returned.read(came)
        except returned.ReturnedError as error:
            raise CallError(str(error), "returned") from error

    @cached_property
    def _loop(self) -> Loop:
        return Loop()

    def _timing(self, question: Question) -> Timing:
        started = time.perf_counter()
        try:
            came = self._one(question)
            seconds = time.perf_counter() - started
            found = self._said(came)
        except CallError as error:
            return Timing(question.id, error=str(error))
        return Timing(question.id, seconds, tokens=found.tokens, prompt_tokens=found.prompt_tokens)

    def reindexed(self, domain: Domain) -> Callable:
        """The same code, answering from another domain's documents."""
        return replace(self, setup=replace(self.setup, domain=domain), renewed=True)

    def describe(self) -> dict[str, Any]:
        """What the run's provenance says of it: also how its passages were matched with the suite's documents."""
        found = contexts.matched(self._matched)
        return super().describe() | ({"answers": {"passages": found}} if found else {})
