"""What is broken fails the check that is about it, and is told what to do; what a check is not about is skipped."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import Answer, Context, Document, Domain, Example, InputError, Question
from proctor.evals.judges.protocols import EntailmentInput
from proctor.evals.testing.checks import CheckError, candidate_checks, judge_checks, reranker_checks, retriever_checks
from proctor.evals.testing.fakes import Answering, CannedChat, CannedJudge, Fake
from proctor.evals.testing.of_judges import PLAIN

DOCUMENTS = tuple(
    Document(name, f"The {name} is covered for {place} years.") for place, name in enumerate(("kelvo", "toru", "zenna"))
)
QUESTIONS = tuple(
    Question(f"q{place}", f"How long is the {one.id} covered?", (f"{place} years",)) for place, one in enumerate(DOCUMENTS)
)
DOMAIN = Domain(DOCUMENTS, (Example("Cover of the kelvo?", "0 years"),))
PASSAGES = tuple(Context(one.id, one.text) for one in DOCUMENTS)


def failed(checks: Sequence[Any]) -> dict[str, str]:
    """The checks that do not hold, and what is said."""
    found = {}
    for parameter in checks:
        try:
            parameter.values[0]()
        except CheckError as error:
            found[parameter.id] = str(error)
        except pytest.skip.Exception:
            pass
    return found


def says(text: str = "3 years", **fields: Any) -> Answering:
    return Answering(lambda question: Answer(question.id, text, **fields))


class Reordering(Answering):
    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        return super().answers(sorted(questions, key=lambda question: question.text, reverse=True))


class Batching(Answering):
    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        return [Answer(question.id, str(len(questions))) for question in questions]


class Padding(Answering):
    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        return super().answers(questions or [Question("none", "")])


def at_odds(question: Question) -> Answer:
    return Answer(question.id, question.text.encode("ascii").decode())


def dear(question: Question) -> Answer:
    return Answer(question.id, (*question.references, "?")[0])


def at_random(question: Question) -> Answer:
    return Answer(question.id, secrets.token_hex())


def changed(_: str, domain: Domain, __: object) -> Fake:
    return replace(ABLE, documents=tuple(Context(one.id, one.text) for one in domain.documents))


ABLE = Fake(
    lambda question: Answer(question.id, "3 years", PASSAGES[:2]),
    retrieves=True,
    documents=PASSAGES,
    become=changed,
    load=lambda: (1, 2),
)


class Halved(Fake):
    @property
    def abilities(self) -> Any:
        return frozenset({"retrieves", "flies"})


class Silent(Answering):
    @property
    def answers_given_contexts(self) -> None:
        raise AttributeError("it cannot")


@pytest.mark.parametrize(
    ("candidate", "broken"),
    [
        (
            Reordering(lambda one: Answer(one.id, one.text)),
            {"answers_each_question_in_order", "answers_the_same_in_any_company", "loses_no_question_to_another"},
        ),
        (Batching(lambda one: Answer(one.id, "")), {"answers_the_same_in_any_company", "loses_no_question_to_another"}),
        (Padding(lambda one: Answer(one.id, "")), {"answers_nothing_if_nothing_is_asked"}),
        (Answering(dear), {"does_not_see_references"}),
        (
            Answering(at_random),
            {
                *("answers_the_same_again", "answers_the_same_in_any_company"),
                *("does_not_see_references", "loses_no_question_to_another"),
            },
        ),
        (Answering(at_odds), {"takes_odd_texts"}),
        (says(contexts=()), {"has_contexts_only_if_it_retrieves"}),
        (says(citations=("nowhere",)), {"cites_documents"}),
        (says(citations=["kelvo"]), {"cites_documents"}),
        (says(seconds=float("nan")), {"has_sane_counts"}),
        (says(tokens=-1), {"has_sane_counts"}),
        (says(tokens=1.5), {"has_sane_counts"}),
        (replace(says(), version=""), {"has_a_name_and_a_version_that_stay"}),
        (replace(says(), seed="1"), {"has_a_name_and_a_version_that_stay"}),
        (Silent(says().answer, abilities=frozenset({"reads"})), {"has_what_its_abilities_promise"}),
        (ABLE, {"leaves_itself_as_it_was_when_reindexed"}),
        (
            replace(ABLE, spent={"train_seconds": -1.0}, become=None, retrieves=False, answer=says().answer),
            {"says_what_it_costs"},
        ),
    ],
    ids=lambda value: " ".join(sorted(value))[:60] if isinstance(value, set) else "",
)
def test_a_broken_candidate_fails_the_check_that_is_about_it(candidate: Any, broken: set[str]) -> None:
    leave_out = {"reads_what_it_is_shown": "it would raise"} if isinstance(candidate, Silent) else {}
    kept = [one for one in candidate_checks(candidate, QUESTIONS, DOMAIN, leave_out=leave_out) if one.id not in leave_out]
    assert failed(kept).keys() == broken


def test_one_that_is_made_anew_is_told_apart_from_the_first() -> None:
    seeds = iter(range(99))
    made = lambda: replace(says(str(seed := next(seeds))), version=str(seed))  # noqa: E731
    found = failed(candidate_checks(made, QUESTIONS, DOMAIN))
    assert {"has_a_name_and_a_version_that_stay", "answers_the_same_again"} <= found.keys()
    assert not failed(candidate_checks(made(), QUESTIONS, DOMAIN))


def test_settings_without_a_trace_in_the_version_are_found() -> None:
    found = failed(candidate_checks(says("1"), QUESTIONS, DOMAIN, others=[says("2")]))
    assert found.keys() == {"has_another_version_with_other_settings"}


def test_what_does_not_hold_is_said_with_what_came_and_why_it_matters() -> None:
    (said,) = failed(candidate_checks(says(citations=("nowhere",)), QUESTIONS, DOMAIN)).values()
    expected, came, matters = said.splitlines()
    assert expected.startswith("expected: a tuple of ids of the domain's documents")
    assert came.startswith("came: [('nowhere',)")
    assert matters.startswith("why it matters: a citation that names nothing")


@dataclass(frozen=True)
class Judge(CannedJudge):
    """Right about everything that is plain."""

    supported: frozenset[str] = frozenset(one.claim for one in PLAIN if one.supported)
    contradicted: frozenset[str] = frozenset(one.claim for one in PLAIN if not one.supported)


class Crashing(Judge):
    def supports(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        if any("\0" in pair.text for pair in pairs):
            raise KeyError("\0")
        return super().supports(pairs)


class Exchanged(Judge):
    def supports(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        return super().contradicts(pairs)


class Counting(Judge):
    def contradicts(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        return [found and place < 4 for place, found in enumerate(super().contradicts(pairs))]


class Numbering(Judge):
    def supports(self, pairs: Sequence[EntailmentInput]) -> Any:
        return [int(found) for found in super().supports(pairs)]


class Both(Judge):
    def complete(self, prompt: str, schema: Any) -> Any:
        return CannedChat(right).complete(prompt, schema)


class Indiscreet(Judge):
    def __repr__(self) -> str:
        return "Indiscreet(key='sk-secret')"


@pytest.mark.parametrize(
    ("judge", "broken"),
    [
        (Judge, set()),
        (Crashing, {"raises_nothing_but_judge_errors"}),
        (Exchanged, {"says_yes_to_plain_support"}),
        (Counting, {"judges_each_pair_by_itself", "says_yes_to_plain_contradiction"}),
        (Numbering, {"gives_a_verdict_for_each_pair"}),
        (Indiscreet, {"shows_no_secret"}),
        (Judge(version=""), {"has_a_name_and_a_version_that_stay"}),
    ],
)
def test_a_broken_judge_fails_the_check_that_is_about_it(judge: Any, broken: set[str]) -> None:
    assert failed(judge_checks(judge, secrets=["sk-secret"])).keys() == broken


def right(prompt: str, _: str) -> dict[str, Any]:
    verdict = int(any(one.prompt == prompt and one.supported for one in PLAIN))
    return {"verdict": verdict, "verdicts": [{"reason": "so it is", "verdict": verdict}]}


class Unformed(CannedChat):
    def complete(self, prompt: str, schema: Any) -> Any:
        return self.reply(prompt, schema.__name__)


def test_a_chat_judge_that_keeps_to_no_schema_is_found() -> None:
    plain = {"answers_a_plain_question": "it has no field verdict"}
    checks = [one for one in judge_checks(Unformed(right), leave_out=plain) if one.id not in plain]
    assert failed(checks).keys() == {"keeps_to_the_schema"}
    assert failed(judge_checks(Both())).keys() == {"is_of_one_kind"}
    assert not failed(judge_checks(CannedChat(right)))


@dataclass(frozen=True)
class ByLetters:
    """Finds documents by the letters that they share with a query; ``fault`` says what is wrong with it."""

    fault: str = ""
    version: str = "1"

    def build(self, documents: Sequence[Document], folder: Path, previous_index: Path | None = None) -> None:
        known = [document for document in documents if not (previous_index and self.fault == "stale")]
        lines = [f"{document.id}\t{document.text}".replace("\n", " ") for document in known]
        (folder / "index").write_text("\n".join(lines), encoding="utf-8")

    def open(self, folder: Path) -> Callable[[Sequence[str], int], list[tuple[Context, ...]]]:
        read = (folder / "index").read_text(encoding="utf-8").split("\n")
        texts = [line.split("\t", 1) for line in read if line]

        def one(query: str, count: int) -> tuple[Context, ...]:
            found = [Context(name, text, len({*text.split()} & {*query.split()})) for name, text in texts]
            ranked = sorted(found, key=lambda context: -context.score, reverse=self.fault == "worst first")
            if self.fault == "strange":
                ranked = [replace(context, document=f"{context.document}.txt") for context in ranked]
            if self.fault == "odd":
                query.encode("ascii")
            return tuple(ranked if self.fault == "all" else ranked[:count])

        def find(queries: Sequence[str], count: int) -> list[tuple[Context, ...]]:
            return [one(" ".join(queries) if self.fault == "mixed" else query, count) for query in queries]

        return find


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ("", set()),
        ("all", {"finds_no_more_than_asked_for", "finds_the_best_first"}),
        ("worst first", {"finds_the_best_first"}),
        ("odd", {"takes_odd_texts"}),
        ("mixed", {"finds_the_same_for_one_query_as_for_many"}),
        ("stale", {"is_brought_up_to_date_as_if_built_anew"}),
    ],
)
def test_a_broken_retriever_fails_the_check_that_is_about_it(fault: str, broken: set[str]) -> None:
    found = failed(retriever_checks(ByLetters(fault), DOCUMENTS)).keys()
    assert found >= broken
    assert broken or not found


@dataclass
class ByWords:
    """Scores passages by the words that they share with a question; ``fault`` says what is wrong with it."""

    fault: str = ""
    name: str = "by words"

    @property
    def version(self) -> str:
        return secrets.token_hex(8) if self.fault == "changing" else "1"

    def check(self, device: str) -> None:
        if self.fault == "down":
            raise CheckError(device)

    def told(self) -> dict[str, Any]:
        return {"reranker": "sk-secret" if self.fault == "tells" else self.name}

    def account(self, query: str, texts: Sequence[str]) -> dict[str, float]:
        return {"tokens": float("nan") if self.fault == "unknown" else len(query) + len(texts)}

    def scores(self, queries: Sequence[str], texts: Sequence[Sequence[str]], device: str) -> list[list[float]]:
        del device
        if self.fault == "odd":
            _ = [text.encode("ascii") for some in texts for text in some]
        more = len(queries) if self.fault == "company" else 0
        rows = [
            [float(len({*text.split()} & {*query.split()}) + more) for text in some]
            for query, some in zip(queries, texts, strict=True)
        ]
        return [row[:1] for row in rows] if self.fault == "short" else rows


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ("", set()),
        ("changing", {"has_a_version_that_stays"}),
        ("down", {"can_be_used"}),
        ("short", {"gives_each_passage_a_score"}),
        ("company", {"gives_the_same_scores_in_any_company"}),
        ("odd", {"takes_odd_texts"}),
        ("unknown", {"tells_what_it_took"}),
        ("tells", {"shows_no_secrets"}),
    ],
)
def test_a_broken_reranker_fails_the_check_that_is_about_it(fault: str, broken: set[str]) -> None:
    assert failed(reranker_checks(lambda: ByWords(fault), secrets=["sk-secret"])).keys() == broken


def test_what_is_left_out_is_a_check_and_has_a_reason() -> None:
    with pytest.raises(InputError, match="there is no check 'cites_document'; did you mean 'cites_documents'"):
        candidate_checks(says(), QUESTIONS, DOMAIN, leave_out={"cites_document": "it cites nothing"})
    with pytest.raises(InputError, match="'cites_documents' has no reason; say why"):
        candidate_checks(says(), QUESTIONS, DOMAIN, leave_out={"cites_documents": " "})
    with pytest.raises(InputError, match="give at least one question and one document"):
        candidate_checks(says(), [], DOMAIN)
    with pytest.raises(InputError, match="give at least two documents"):
        retriever_checks(ByLetters, DOCUMENTS[:1])


def test_nothing_is_made_while_pytest_collects() -> None:
    def never() -> Any:
        raise AssertionError("made")

    assert len(judge_checks(never)) > 10
    assert len(candidate_checks(never, QUESTIONS, DOMAIN)) > 15
    assert len(retriever_checks(never, DOCUMENTS)) > 10
