"""Drafting a suite's questions from documents with a model: what is asked, checked, counted and written."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from proctor.core.counts import counted
from proctor.core.reading.problems import Problems
from proctor.core.reading.tally import Tally
from proctor.core.schema import Document, InputError
from proctor.core.storage.cache import digest
from proctor.evals.judges.lexical import LexicalJudge
from proctor.evals.judges.protocols import EntailingJudge
from proctor.models.chunkers.recursive import Recursive
from proctor.models.generation.limits import estimated
from proctor.suites.drafting import checks, replies, rows, tasks
from proctor.suites.drafting.passages import FEWEST, Source, in_order, shared_out
from proctor.suites.drafting.replies import Drafted, Dropped
from proctor.suites.loading.documents import Corpus, read_documents
from proctor.suites.loading.own_files import OwnFiles
from proctor.suites.writing.draft import Draft, json_lines

log = logging.getLogger("proctor")

PASSAGE = 1000
"""Letters of a passage, at most."""
VISITS = 3
"""Questions that are asked for of one passage, at most."""
TRIES = 2
"""Calls for each draft that is wanted, at most: what is dropped is tried again with another passage."""
TOKENS = 400
"""New tokens of a reply, at most."""
SHOWN = 3
"""Passages by which it is checked that documents do not hold an answer, of each way to search."""


NO_REPLY = "no reply"


class Said(NamedTuple):
    """What a model said."""

    text: str
    cut: bool = False
    error: str = ""


@dataclass(frozen=True)
class Wanted:
    """How many drafts are wanted."""

    questions: int
    unanswerable: int
    examples: int

    @property
    def untold(self) -> int:
        """Training examples that decline, in the same proportion as questions of the test without an answer."""
        return round(self.examples * self.unanswerable / self.questions) if self.questions else 0


@dataclass(frozen=True)
class Drafter:
    """A model that drafts."""

    by: Mapping[str, str]
    """What the drafts' rows say of it: ``by``, and ``version``."""
    say: Callable[[str, Sequence[str]], list[Said]]
    """What it says to several texts after an instruction."""
    answer: Callable[[Sequence[str]], list[tuple[Said, list[str]]]]
    """What it answers to questions from the passages that are found for each, and these passages."""


@dataclass
class Outcome:
    """What was drafted of one kind."""

    kept: list[Drafted] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    calls: int = 0


def documents_of(folder: Path, suite: Path, *, outside: bool = False) -> tuple[tuple[Document, ...], Tally]:
    """The documents in a folder, read as those of the suite that is to be written; ``outside``: links may lead anywhere.

    Raises:
        InputError: some cannot be read, or there are none. All problems are said.
    """
    problems = Problems(f"documents {folder}", folder, outside=outside)
    found = read_documents(folder, problems, OwnFiles(suite))
    problems.check()
    return found.documents, problems.tally


@dataclass
class Drafting:
    """Drafts for one suite. Each kind is drafted once the kinds before it are, as none may repeat another's questions."""

    documents: Sequence[Document]
    drafter: Drafter
    wanted: Wanted
    judge: EntailingJudge = field(default_factory=LexicalJudge)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """What is drafted -> what came of it."""

    def __post_init__(self) -> None:
        """Share the passages out."""
        test = self.wanted.questions + self.wanted.unanswerable
        self._test, self._training = shared_out(passages(self.documents), test, self.wanted.examples)
        self._corpus = Corpus(tuple(self.documents))
        self._asked = checks.Asked(text for task in tasks.SHOWN for text in tasks.examples_of(task))

    def draft(self) -> Draft:
        """All that was kept, as a suite whose rows are drafts.

        Raises:
            InputError: no question of the test was kept; says why.
        """
        wanted = self.wanted
        asked = self._drafted("questions", tasks.ANSWERABLE, self._test, wanted.questions)
        untold = self._drafted("questions without an answer", tasks.UNANSWERABLE, self._test, wanted.unanswerable)
        if not (asked or untold):
            raise InputError(self._nothing())
        told = self._drafted("training examples", tasks.ANSWERABLE, self._training, wanted.examples - wanted.untold, asked)
        declining = self._drafted("training examples without an answer", tasks.UNANSWERABLE, self._training, wanted.untold)
        self._questions, self._examples = [*asked, *untold], [*told, *declining]
        return Draft(self.documents, {}, [], tasks.INSTRUCTION)

    def files(self, name: str) -> dict[str, str]:
        """The files of the suite."""
        files = self.draft().files(name, name, ["general"])
        files[rows.QUESTIONS] = json_lines(self._question(one) for one in self._questions)
        if self._examples:
            files[rows.TRAINING] = json_lines(self._example(one) for one in self._examples)
        return files

    def told(self) -> Iterator[str]:
        """What became of each kind: how many were kept, and how many were dropped for which reason."""
        for kind, outcome in self.outcomes.items():
            yield f"{kind}: {len(outcome.kept)} kept of {counted(outcome.calls, 'draft')}"
            yield from (f"  {count} dropped: {why}" for why, count in outcome.dropped.most_common())
        if self._examples:
            yield "training examples are drafted from other passages than the test, and none has evidence of its passages"

    def _drafted(
        self, kind: str, task: str, sources: Sequence[Source], wanted: int, test: Sequence[Drafted] = ()
    ) -> list[Drafted]:
        """As many drafts as are wanted, or as can be had."""
        outcome = Outcome()
        if not wanted:
            return []
        self.outcomes[kind] = outcome
        asked: set[str] = set()
        for _ in range(VISITS):
            left = [source for source in sources if self._text(source, outcome.kept) not in asked]
            while left and len(outcome.kept) < wanted and outcome.calls < TRIES * wanted:
                count = min(wanted - len(outcome.kept), TRIES * wanted - outcome.calls)
                batch, left = left[:count], left[count:]
                asked |= {self._text(source, outcome.kept) for source in batch}
                self._tried(outcome, task, batch, test)
                log.info("%s: %d of %d drafted", kind, len(outcome.kept), wanted)
        return outcome.kept

    def _tried(self, outcome: Outcome, task: str, sources: Sequence[Source], test: Sequence[Drafted]) -> None:
        texts = [self._text(source, outcome.kept) for source in sources]
        said = self.drafter.say(tasks.instruction(task), texts)
        found = [_read(source, one, task) for source, one in zip(sources, said, strict=True)]
        outcome.calls += len(found)
        for one in self._checked(found, test):
            if isinstance(one, Drafted):
                outcome.kept.append(one)
            else:
                outcome.dropped[one.why] += 1

    def _text(self, source: Source, kept: Sequence[Drafted]) -> str:
        title = source.document.title if source.document.title != source.document.id else ""
        return tasks.asked(source.text, title, [one.question for one in kept if one.source == source])

    def _checked(self, found: Sequence[Drafted | Dropped], test: Sequence[Drafted]) -> Iterator[Drafted | Dropped]:
        """The same, with those dropped that do not pass."""
        stages = (self._by_themselves, self._supported, partial(self._apart, test), self._usable, self._new, self._untold)
        now = list(found)
        for stage in stages:
            passed = iter(stage([one for one in now if isinstance(one, Drafted)]))
            now = [next(passed) if isinstance(one, Drafted) else one for one in now]
        yield from now

    def _by_themselves(self, drafts: Sequence[Drafted]) -> list[Drafted | Dropped]:
        return [checks.first_fault(one) or one for one in drafts]

    def _supported(self, drafts: Sequence[Drafted]) -> list[Drafted | Dropped]:
        wrong = checks.unsupported(drafts, self.judge)
        return [checks.NOT_SUPPORTED if bad else one for one, bad in zip(drafts, wrong, strict=True)]

    def _apart(self, test: Sequence[Drafted], drafts: Sequence[Drafted]) -> list[Drafted | Dropped]:
        return [checks.SHARED if checks.is_shared(one, test) else one for one in drafts]

    def _usable(self, drafts: Sequence[Drafted]) -> list[Drafted | Dropped]:
        """Those whose rows a suite can hold."""
        return [one if self._can_stand(one) else checks.UNUSABLE for one in drafts]

    def _can_stand(self, one: Drafted) -> bool:
        try:
            rows.check(rows.QUESTIONS, self._question(one), self._corpus)
        except InputError:
            return False
        return True

    def _new(self, drafts: Sequence[Drafted]) -> list[Drafted | Dropped]:
        return [one if self._asked.is_new(one.question) else checks.ALIKE_ASKED for one in drafts]

    def _untold(self, drafts: Sequence[Drafted]) -> list[Drafted | Dropped]:
        """Those that are meant to have no answer: the model answers them from the best passages of all documents."""
        asked = [one for one in drafts if not one.answer]
        came = self.drafter.answer([one.question for one in asked]) if asked else []
        wrong = {
            one.question: checks.ANSWERED if not said.error else Dropped(f"it could not be checked: {said.error}")
            for one, (said, shown) in zip(asked, came, strict=True)
            if said.error or checks.answered(one.question, said.text, shown, self.judge)
        }
        return [wrong.get(one.question, one) if not one.answer else one for one in drafts]

    def _question(self, one: Drafted) -> dict[str, Any]:
        row: dict[str, Any] = {"id": f"draft-{digest(one.question)[:10]}", "question": one.question}
        row |= {"references": [one.answer] if one.answer else [], "evidence": _evidence(one, self._corpus)}
        tags = {} if one.answer else {"tags": ["unanswerable"]}
        return row | tags | {"cluster": one.source.document.id, "draft": self._mark(one)}

    def _example(self, one: Drafted) -> dict[str, Any]:
        row = {"prompt": one.question, "completion": one.answer or tasks.UNKNOWN, "evidence": _evidence(one, self._corpus)}
        return row | {"draft": self._mark(one)}

    def _mark(self, one: Drafted) -> dict[str, str]:
        return {**self.drafter.by, "from": one.source.document.id}

    def _nothing(self) -> str:
        """Why there is not a single question, and what to do."""
        found = "; ".join(
            f"{count} of {outcome.calls} {why}"
            for outcome in self.outcomes.values()
            for why, count in outcome.dropped.most_common()
        )
        if not found:
            return f"no document has a passage of {FEWEST} letters that something could be asked about; nothing was written"
        if all(why.startswith(NO_REPLY) for outcome in self.outcomes.values() for why in outcome.dropped):
            return (
                f"{self.drafter.by['by']} gave no reply, and nothing was written ({found}); see to that and run the command again"
            )
        return (
            f"{self.drafter.by['by']} drafted no question that passes the checks, and nothing was written ({found}). Small "
            "models, and those that are not tuned to follow instructions, seldom do: name another with --model, such as "
            "openai:MODEL@URL"
        )


def passages(documents: Sequence[Document]) -> list[Source]:
    """The passages of documents, in the order in which they are asked about."""
    splitter = Recursive(PASSAGE, 0)
    return in_order(documents, lambda document: splitter.split(document.text, document.title))


class Estimate(NamedTuple):
    """What drafting would take: numbers for the case that nothing is dropped, and for the most that it can be."""

    calls: tuple[int, int]
    read: tuple[int, int]
    written: tuple[int, int]


def estimate(documents: Sequence[Document], wanted: Wanted) -> Estimate:
    """Calls and tokens, these by the letters of texts; answers are taken to be a quarter as long as they may be."""
    found = passages(documents)
    average = sum(len(source.text) for source in found) // max(1, len(found))
    told, untold = wanted.questions + wanted.examples - wanted.untold, wanted.unanswerable + wanted.untold
    passage = "x" * average
    one = [estimated(tasks.instruction(task) + tasks.asked(passage)) for task in (tasks.ANSWERABLE, tasks.UNANSWERABLE)]
    checked = estimated(tasks.ANSWERING + passage * 2 * SHOWN)
    calls, read, written = told + 2 * untold, told * one[0] + untold * (one[1] + checked), (told + 2 * untold) * TOKENS // 4
    return Estimate(*((least, TRIES * least) for least in (calls, read, written)))


def _read(source: Source, said: Said, task: str) -> Drafted | Dropped:
    if said.error:
        return Dropped(f"{NO_REPLY}: {said.error}")
    return replies.read(source, said.text, tasks.FIELDS[task], cut=said.cut)


def _evidence(one: Drafted, corpus: Corpus) -> list[str]:
    """The sentence, where nothing but the document that it is taken from holds it, or else the document."""
    if not one.answer:
        return []
    document = one.source.document.id
    told = corpus.is_passage(one.evidence) and corpus.holding(one.evidence) == [document]
    return [one.evidence if told else document]
