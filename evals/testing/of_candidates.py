"""What a candidate must hold: see `evals.testing.checks.candidate_checks`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast, get_args

from proctor.core.schema import Ability, Answer, Context, Domain, Question, Revision
from proctor.evals.candidate import Candidate, Costs, Fits, HasWeights, Likelihoods, Reads, Reindexes, Searches, Times, Trains
from proctor.evals.testing.trials import ODD_TEXTS, Trial, Tried, differing, each_of, hold, not_for, of_settings

ABILITIES: tuple[Ability, ...] = get_args(Ability)
PROTOCOLS: Mapping[frozenset[Ability], type] = {
    frozenset({"reads"}): Reads,
    frozenset({"fits"}): Fits,
    frozenset({"retrieves", "reads"}): Searches,
    frozenset({"reindexes"}): Reindexes,
    frozenset({"trains"}): Trains,
    frozenset({"weights"}): HasWeights,
    frozenset({"likelihoods"}): Likelihoods,
    frozenset({"times"}): Times,
    frozenset({"costs"}): Costs,
}
"""Abilities -> what a candidate has that has all of them."""
FEW = 3
"""Questions that are enough for what costs much."""


@dataclass(frozen=True)
class CheckMaterial:
    """What a candidate is tried with."""

    questions: tuple[Question, ...]
    domain: Domain

    @property
    def documents(self) -> frozenset[str]:
        """The ids of the documents."""
        return frozenset(document.id for document in self.domain.documents)

    @property
    def revised(self) -> Domain:
        """The domain with another text in each document."""
        texts = [Revision(one.id, f"{one.text}\n\nThis was looked at again in May.") for one in self.domain.documents]
        return self.domain.after(texts)


CandidateCheck = Callable[[CheckMaterial, Tried[Candidate]], None]


def trials(questions: Sequence[Question], domain: Domain) -> list[Trial[Candidate]]:
    """All checks of a candidate."""
    return [partial(check, CheckMaterial(tuple(questions), domain)) for check in ALL]


def _texts(answers: Sequence[Answer]) -> list[tuple[str, str, str | None]]:
    return [(answer.question, answer.text, answer.error) for answer in answers]


def answers_each_question_in_order(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """One `Answer` a question, with its id, in the order of the questions."""
    found = tried.one.answers(asked.questions)
    wrong = [answer for answer in found if not isinstance(answer, Answer) or not isinstance(answer.text, str)]
    hold(not wrong, "an Answer with a text for each question", wrong, "nothing else can be scored")
    hold(
        [answer.question for answer in found] == [question.id for question in asked.questions],
        f"the answers to {', '.join(question.id for question in asked.questions)}, in that order",
        [answer.question for answer in found],
        "answers belong to questions by their places, so one too few or another order gives each the wrong score",
    )


def answers_nothing_if_nothing_is_asked(_: CheckMaterial, tried: Tried[Candidate]) -> None:
    """No questions, no answers."""
    found = tried.one.answers([])
    hold(list(found) == [], "no answers to no questions", found, "an axis may have no question that it can ask a suite")


def answers_the_same_again(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """The same question has the same answer, also from a second one that was made alike."""
    first = _texts(tried.one.answers(asked.questions))
    for other in (tried.one, tried.another()):
        hold(
            not differing(first, again := _texts(other.answers(asked.questions))),
            "the same answers when asked again",
            differing(first, again),
            "answers are kept under the version: what differs from run to run is no property of the system (fix the seed, set "
            "the temperature to 0, or keep the answers)",
        )


def answers_the_same_in_any_company(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """An answer hangs neither on what is asked beside it nor on the order."""
    together = _texts(tried.one.answers(asked.questions))
    candidate = tried.another()
    alone = [_texts(candidate.answers([question]))[0] for question in reversed(asked.questions)][::-1]
    hold(
        not differing(together, alone),
        "the same answer to a question asked alone as among others",
        differing(together, alone),
        "a run that is resumed, limited or spread over processes asks in other batches, and would find other figures",
    )


def does_not_see_references(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """An answer hangs on the question's text alone: not on its references, its evidence or its tags."""
    bare = [Question(question.id, question.text) for question in asked.questions]
    other = [
        replace(question, references=("42 blue horses",), evidence=(), tags=("made up",), cluster="other", quotes=())
        for question in asked.questions
    ]
    with_references = _texts(tried.one.answers(asked.questions))
    candidate = tried.another()
    for questions in (bare, other):
        hold(
            not differing(with_references, found := _texts(candidate.answers(questions))),
            "the same answer whatever references, evidence and tags a question has",
            differing(with_references, found),
            "a system that sees what the right answer is has passed no exam",
        )


def has_a_name_and_a_version_that_stay(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """Name, base model, version, code and seed are texts and a number, and the same before and after, and for one made alike."""
    matters = "records and what is kept are found again by them"

    def identity(candidate: Candidate) -> tuple[str, str, str, str, int]:
        return (candidate.name, candidate.base_model, candidate.version, candidate.code, candidate.seed)

    before = identity(tried.one)
    texts, seed = before[:4], before[4]
    hold(all(isinstance(text, str) for text in texts), "texts as name, base_model, version and code", texts, matters)
    hold(all(texts[:3]), "a name, a base_model and a version that are not empty", texts[:3], matters)
    hold(
        before[0].isprintable() and before[0] == before[0].strip(), "a printable name", before[0], "it stands in tables and paths"
    )
    hold(type(seed) is int, "a whole number as seed", seed, matters)
    tried.one.answers(asked.questions[:FEW])
    for when, after in (("after it was asked", identity(tried.one)), ("of one made alike", identity(tried.another()))):
        hold(before == after, f"the same name, base_model, version, code and seed {when}", f"{before}, then {after}", matters)


def has_another_version_with_other_settings(_: CheckMaterial, tried: Tried[Candidate]) -> None:
    """Those with other settings, given as ``others``, have other versions."""
    of_settings(lambda candidate: candidate.version, tried, "the system")


def has_what_its_abilities_promise(_: CheckMaterial, tried: Tried[Candidate]) -> None:
    """Each ability is one that there is, and what comes with it is there."""
    declared = tried.one.abilities
    hold(
        isinstance(declared, frozenset) and declared <= set(ABILITIES),
        f"a frozenset of some of {', '.join(ABILITIES)}",
        declared,
        "axes ask for abilities by these names, and are not applicable to a system without them",
    )
    missing = {
        f"{name} ({' and '.join(sorted(needed))})"
        for needed, protocol in PROTOCOLS.items()
        if needed <= declared
        for name in _members(protocol)
        if not hasattr(tried.one, name)
    }
    hold(
        not missing,
        "every method and property of what it declares (proctor.evals.candidate)",
        f"without {', '.join(sorted(missing))}",
        "an axis uses them of every system that declares the ability; leave the ability out if the system has it not",
    )


def _members(protocol: type) -> set[str]:
    return {
        name
        for base in protocol.__mro__
        for name in vars(base)
        if not name.startswith("_") and base.__module__ == Reads.__module__
    }


def has_contexts_only_if_it_retrieves(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """An answer's contexts are passages of the domain's documents, or of none; ``None`` of a system that does not retrieve."""
    found = [answer.contexts for answer in tried.one.answers(asked.questions) if answer.error is None]
    if "retrieves" not in tried.one.abilities:
        hold(
            all(contexts is None for contexts in found),
            "None as contexts of each answer, as it does not declare 'retrieves'",
            found,
            "() says that it looked up and found nothing, and passages that it does",
        )
        return
    matters = "retrieval is scored by the documents that passages come from"
    said = all(contexts is None or isinstance(contexts, tuple) for contexts in found)
    hold(said, "a tuple as contexts of each answer, or None where it does not say them", found, matters)
    _hold_of_documents(asked, [context for contexts in found for context in contexts or ()], matters)


def _hold_of_documents(asked: CheckMaterial, contexts: Sequence[Context], matters: str) -> None:
    strange = [
        context for context in contexts if context.document not in asked.documents | {""} or not isinstance(context.text, str)
    ]
    hold(not strange, "passages with a text, each of one of the domain's documents, or of '' for none of them", strange, matters)
    endless = [context for context in contexts if not math.isfinite(context.score)]
    hold(not endless, "finite scores", endless, "records hold finite numbers alone")


def cites_documents(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """Citations are ids of the domain's documents."""
    found = [answer.citations for answer in tried.one.answers(asked.questions)]
    strange = [cited for cited in found if not isinstance(cited, tuple) or not set(cited) <= asked.documents]
    hold(
        not strange,
        "a tuple of ids of the domain's documents as citations, () where there are none",
        strange,
        "a citation that names nothing counts as a wrong one; leave such marks in the text",
    )


def has_sane_counts(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """Seconds and tokens are finite, and not below 0."""
    for answer in tried.one.answers(asked.questions):
        counted = {name: getattr(answer, name) for name in ("seconds", "tokens", "prompt_tokens", "cut", "thought")}
        wrong = {name: value for name, value in counted.items() if not (math.isfinite(value) and value >= 0)}
        whole = {name: value for name, value in counted.items() if name != "seconds" and type(value) is not int}
        matters = "costs and latency are worked out from them; leave at 0 what is not known"
        hold(not wrong, "seconds and tokens that are finite and not below 0", wrong, matters)
        hold(not whole, "whole numbers of tokens and passages", whole, matters)


def takes_odd_texts(_: CheckMaterial, tried: Tried[Candidate]) -> None:
    """Whatever a question's text is, there is one answer, perhaps with an ``error``."""
    asked = {name: Question(f"odd {place}", text) for place, (name, text) in enumerate(ODD_TEXTS.items())}

    def ask(question: Question) -> None:
        (answer,) = tried.one.answers([question])
        text: object = answer.text
        if answer.question != question.id or not isinstance(text, str):
            raise ValueError(f"an answer to {answer.question!r}: {text!r}")

    raised = each_of(asked, ask)
    hold(
        not raised,
        "one answer to each odd text, with a reason in Answer.error where there is none",
        "; ".join(raised),
        "an exception ends the axis for all questions, and a suite may hold such a question",
    )


def loses_no_question_to_another(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """A question that cannot be answered costs only itself."""
    odd = [Question("too long", ODD_TEXTS["50,000 letters"]), Question("nothing", "")]
    alone = _texts(tried.one.answers(asked.questions))
    among = _texts(tried.another().answers([odd[0], *asked.questions, odd[1]]))
    hold(
        not differing(alone, among[1:-1]),
        "the same answers to the others when a question of 50,000 letters and an empty one are asked with them",
        differing(alone, among[1:-1]),
        "one bad question must not count as a failure of all: put the reason into Answer.error of that one",
    )


def reads_what_it_is_shown(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """``reads``: one answer a question with other passages than its own, or with none, in order."""
    _need(tried, "reads")
    candidate, questions = cast("Reads", tried.one), asked.questions[:FEW]
    document = asked.domain.documents[0]
    for shown in ((Context(document.id, document.text),), ()):
        found = candidate.answers_given_contexts(questions, [shown] * len(questions))
        hold(
            [answer.question for answer in found] == [question.id for question in questions],
            f"one answer a question, in order, when shown {len(shown)} passages",
            [answer.question for answer in found],
            "answers belong to questions by their places",
        )
    hold(
        list(candidate.answers_given_contexts([], [])) == [],
        "no answers to no questions",
        candidate.answers_given_contexts([], []),
        "suites may have none",
    )


def has_room_for_prompts(_: CheckMaterial, tried: Tried[Candidate]) -> None:
    """``fits``: its model has room for more than no token."""
    _need(tried, "fits")
    context = cast("Fits", tried.one).context_length
    hold(context > 0, "a context of more than 0 tokens", context, "axes fill a share of it with passages")


def says_how_likely_a_text_is(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """``likelihoods``: log-likelihoods that are finite and not above 0."""
    _need(tried, "likelihoods")
    candidate = cast("Likelihoods", tried.one)
    pairs = [(question.text, " yes") for question in asked.questions[:FEW]]
    found = candidate.likelihoods(pairs)
    sane = len(found) == len(pairs) and all(math.isfinite(log) and log <= 0 for log, _ in found)
    hold(
        sane, f"{len(pairs)} log-likelihoods, finite and not above 0", found, "general tasks choose the likeliest answer by them"
    )


def searches_its_documents(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """``retrieves`` and ``reads``: no more passages than asked for, best first, and each document's in full."""
    _need(tried, "retrieves", "reads")
    candidate = cast("Searches", tried.one)
    for count in (1, candidate.top_k, len(asked.documents) + 1):
        found = candidate.retrieve(asked.questions, count)
        sizes = [len(passages) for passages in found]
        matters = "axes ask for more or fewer passages than the system shows"
        hold(len(found) == len(asked.questions), "passages for each question", f"{len(found)} lists", matters)
        hold(max(sizes, default=0) <= count, f"at most {count} passages for a question", sizes, matters)
        _hold_of_documents(asked, [one for passages in found for one in passages], matters)
        for passages in found:
            _hold_best_first([passage.score for passage in passages])
    pieces = candidate.chunks_of(sorted(asked.documents))
    hold(
        set(pieces) == asked.documents and all(one.document == name for name, own in pieces.items() for one in own),
        "each document's id with the passages that it was split into",
        pieces,
        "evidence is shown to the system in the pieces that it would find",
    )


def _hold_best_first(scores: Sequence[float]) -> None:
    hold(
        list(scores) == sorted(scores, reverse=True),
        "the best passage first: scores that do not rise",
        list(scores),
        "ranks are scored, and what does not fit into a prompt is cut from the end",
    )


def leaves_itself_as_it_was_when_reindexed(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """``reindexes``: with other documents it is another candidate, and the first is as before."""
    _need(tried, "reindexes")
    candidate = cast("Reindexes", tried.one)
    _hold_apart(asked, candidate, lambda: candidate.reindexed(asked.revised), differs="retrieves" in candidate.abilities)


def leaves_itself_as_it_was_when_trained_again(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """``trains``: trained on other examples, or further, it is another candidate, and the first is as before."""
    _need(tried, "trains")
    candidate, examples = cast("Trains", tried.one), asked.domain.examples
    hold(bool(examples), "a domain with examples to train on", "a domain without", "give candidate_checks one that has some")
    fewer = replace(asked.domain, examples=examples[: max(1, len(examples) // 2)] if len(examples) > 1 else examples * 2)
    _hold_apart(asked, candidate, lambda: candidate.retrained(fewer), differs=True)
    _hold_apart(asked, candidate, lambda: candidate.continued(asked.domain, examples[:1]), differs=True)


def _hold_apart(asked: CheckMaterial, first: Candidate, change: Callable[[], Candidate], *, differs: bool) -> None:
    """What a change makes answers, under a version of its own if it differs, and the first is as it was."""
    questions = asked.questions[:FEW]
    before = (first.version, _texts(first.answers(questions)))
    changed = change()
    found = _texts(changed.answers(questions))
    hold(
        [one[0] for one in found] == [question.id for question in questions],
        "one answer a question, in order, of the changed system",
        found,
        "updates and training are measured by what the changed system answers",
    )
    hold(
        not differs or changed.version != before[0],
        "another version of the changed system",
        changed.version,
        "answers are kept under the version: the changed one would be given those of the first",
    )
    hold(
        not differing(before, after := (first.version, _texts(first.answers(questions)))),
        "the first system as it was",
        differing(before, after),
        "other axes go on asking it: whatever it was changed into must be another object, with files of its own",
    )


def has_weights_to_look_at(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """``weights``: model and tokenizer in memory, and losses that are finite and not below 0."""
    _need(tried, "weights")
    candidate = cast("HasWeights", tried.one)
    version = candidate.weights_version
    hold(
        isinstance(version, str) and bool(version),
        "a text as weights_version",
        version,
        "it tells trained weights from the base's",
    )
    with candidate.model_and_tokenizer() as held:
        hold(len(held) == 2, "a model and a tokenizer", held, "general tasks are put to the model itself")
    pairs = [(question.text, text) for question in asked.questions[:FEW] for text in question.references[:1]]
    found = candidate.nll(pairs)
    hold(
        len(found) == len(pairs) and all(math.isfinite(loss) and loss >= 0 for loss in found),
        f"{len(pairs)} losses in nats, finite and not below 0",
        found,
        "what was learnt by heart is told from them",
    )


def is_timed_question_by_question(asked: CheckMaterial, tried: Tried[Candidate]) -> None:
    """``times``: one timing a question, in order, of seconds that are finite and not below 0."""
    _need(tried, "times")
    questions = asked.questions[:FEW]
    found = cast("Times", tried.one).latencies(questions, [tried.one])
    matters = "latency is compared question by question"
    hold([one.question for one in found] == [one.id for one in questions], "one timing a question, in order", found, matters)
    for timing in found:
        parts = (timing.seconds, timing.retrieval, timing.prefill, timing.decoding)
        sane = all(math.isfinite(part) and part >= 0 for part in parts)
        hold(timing.error is not None or (sane and timing.seconds > 0), "seconds that are finite, and above 0", timing, matters)


def says_what_it_costs(_: CheckMaterial, tried: Tried[Candidate]) -> None:
    """``costs``: numbers that are finite and not below 0, or texts that say why there is none."""
    _need(tried, "costs")
    found = cast("Costs", tried.one).costs()
    wrong = {name: value for name, value in found.items() if not _is_cost(value)}
    hold(not wrong, "finite numbers not below 0, or a text that says why there is none", wrong, "they are shown and added up")


def _is_cost(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int | float) and math.isfinite(value) and value >= 0)


def _need(tried: Tried[Candidate], *abilities: Ability) -> None:
    missing = [ability for ability in abilities if ability not in tried.one.abilities]
    if missing:
        not_for(f"the system does not declare {', '.join(missing)}")


ALL: tuple[CandidateCheck, ...] = (
    has_a_name_and_a_version_that_stay,
    has_another_version_with_other_settings,
    has_what_its_abilities_promise,
    answers_each_question_in_order,
    answers_nothing_if_nothing_is_asked,
    answers_the_same_again,
    answers_the_same_in_any_company,
    does_not_see_references,
    has_contexts_only_if_it_retrieves,
    cites_documents,
    has_sane_counts,
    takes_odd_texts,
    loses_no_question_to_another,
    reads_what_it_is_shown,
    has_room_for_prompts,
    searches_its_documents,
    leaves_itself_as_it_was_when_reindexed,
    leaves_itself_as_it_was_when_trained_again,
    has_weights_to_look_at,
    says_how_likely_a_text_is,
    is_timed_question_by_question,
    says_what_it_costs,
)
