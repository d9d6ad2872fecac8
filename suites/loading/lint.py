"""What a suite may hold, and seldom means to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import combinations, product

from proctor.core.counts import counted
from proctor.core.language.alike import pairs as alike_documents
from proctor.core.language.quantities import Reading, readings
from proctor.core.language.text import RULES, holds, is_abstention, normalise
from proctor.core.reading import values
from proctor.core.schema import Question, Suite
from proctor.evals.axes.matching import exact
from proctor.evals.axes.style import followed

AMOUNT = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?)(?: ?[A-Za-z]{1,3})?(?![\w.,]*\w)")
"""A number, with the unit that follows it if one does."""
SHOWN = 3
"""Ids that are named."""
NOT_THERE = tuple(
    f"the answer to {which}given question is not present in {where}context" for which in ("", "the ") for where in ("", "the ")
)
"""What ragas' generator of test sets writes as the right answer where it found none."""
TAG = re.compile(r"</(?:p|div|span|table|tr|td|th|ul|ol|li|h[1-6])\s*>|<br\s*/?>", re.IGNORECASE)

MANY = 20_000
"""Documents of which pairs that are nearly the same are not looked for any more: it takes half a minute and gigabytes."""


def hints(suite: Suite) -> Iterator[str]:
    """One line for each."""
    yield from _drafts(suite)
    yield from _asked_twice(suite)
    yield from _learnt_twice(suite)
    yield from _equal_documents(suite)
    yield from _nearly_equal_documents(suite)
    yield from _lost_characters(suite)
    yield from _nearly_one_id("documents", (document.id for document in suite.domain.documents))
    yield from _nearly_one_id("questions", (question.id for question in suite.questions))
    yield from _perhaps_missing(suite)
    yield from _declining(suite)
    yield from _tags(suite)
    yield from _out_of_format(suite)
    yield from _same_to_the_rule(suite)
    yield from _decimal_signs(suite)
    yield from _alike_amounts(suite)
    if suite.answer_in == "documents":
        yield from _without_evidence(suite)
        yield from _not_in_evidence(suite)


def _drafts(suite: Suite) -> Iterator[str]:
    if suite.drafts:
        rows = _named([f"{row.file}:{row.line}" for row in suite.drafts])
        what = counted(len(suite.drafts), "row is a draft", "rows are drafts")
        yield f"note: {what} that nobody has reviewed ({rows}): the exam refuses them until `proctor review` accepts them"


def _asked_twice(suite: Suite) -> Iterator[str]:
    asked: dict[str, list[Question]] = {}
    for question in suite.questions:
        asked.setdefault(normalise(question.text), []).append(question)
    several = [same for same in asked.values() if len(same) > 1]
    for same in several:
        if len({question.references for question in same}) > 1:
            ids = _named([question.id for question in same])
            yield f"note: {ids} ask the same and have different references: whoever answers one of them right has others wrong"
    alike = [same for same in several if len({question.references for question in same}) == 1]
    if alike:
        ids = _named([" = ".join(question.id for question in same) for same in alike])
        yield f"note: {counted(len(alike), 'question is', 'questions are')} asked more than once, and each time counts ({ids})"


def _learnt_twice(suite: Suite) -> Iterator[str]:
    said: dict[str, set[str]] = {}
    for example in suite.domain.examples:
        said.setdefault(example.prompt, set()).add(example.completion)
    several = [prompt[:40] for prompt, completions in said.items() if len(completions) > 1]
    if several:
        prompts = counted(len(several), "prompt")
        yield f"note: {prompts} of train.jsonl with several completions ({_named(several)}): all are taught"


def _equal_documents(suite: Suite) -> Iterator[str]:
    held: dict[str, list[str]] = {}
    for document in suite.domain.documents:
        held.setdefault(values.plain(document.text), []).append(document.id)
    twins = [" = ".join(ids) for ids in held.values() if len(ids) > 1]
    if twins:
        yield f"note: {counted(len(twins), 'text is', 'texts are each')} that of several documents ({_named(twins)})"


def _nearly_equal_documents(suite: Suite) -> Iterator[str]:
    if len(suite.domain.documents) > MANY:
        yield f"note: pairs of documents that are nearly the same are not looked for among more than {MANY:,}"
        return
    first = {values.plain(one.text): one.id for one in reversed(suite.domain.documents)}
    texts = {one.id: one.text for one in suite.domain.documents if first[values.plain(one.text)] == one.id}
    alike = [f"{one} = {other}" for one, other in alike_documents(texts)]
    if alike:
        what = counted(len(alike), "pair of documents is", "pairs of documents are")
        yield f"note: {what} nearly the same ({_named(alike)}): where the answer stands in both, each counts as the evidence"


def _lost_characters(suite: Suite) -> Iterator[str]:
    lost = [document.id for document in suite.domain.documents if "\N{REPLACEMENT CHARACTER}" in document.text]
    if lost:
        yield (
            f"note: {counted(len(lost), 'document holds', 'documents hold')} U+FFFD, which stands for characters that were lost "
            f"in a conversion ({_named(lost)}): convert them again from their source"
        )


def _nearly_one_id(what: str, ids: Iterable[str]) -> Iterator[str]:
    alike: dict[str, list[str]] = {}
    for name in ids:
        alike.setdefault(unicodedata.normalize("NFKC", name).casefold(), []).append(name)
    near = [" and ".join(names) for names in alike.values() if len(names) > 1]
    if near:
        yield (
            f"note: ids of {what} differ in case or width alone ({_named(near)}): they are different here, and one file "
            "where a file system does not tell case"
        )


def _perhaps_missing(suite: Suite) -> Iterator[str]:
    odd = [question.id for question in suite.questions if any(each.strip() in values.MISSING for each in question.references)]
    if odd:
        yield (
            f"note: {counted(len(odd), 'question has', 'questions have')} a reference that programs write where there is no "
            f"value ({_named(odd)}): taken for the text itself"
        )


def _out_of_format(suite: Suite) -> Iterator[str]:
    """A house format that no training example teaches."""
    style, examples = suite.style, suite.domain.examples
    if style is None or not (style.pattern or style.schema) or not examples:
        return
    if not any(followed(style, example.completion) for example in examples):
        kind = "pattern" if style.pattern else "schema"
        yield (
            f"note: 0 of {counted(len(examples), 'training example')} follow the {kind} of [style]: systems that are trained "
            "learn another format than is asked for; correct one of the two"
        )


def _same_to_the_rule(suite: Suite) -> Iterator[str]:
    """What the rule that compares answers cannot tell apart, or makes nothing of."""
    revised = [question for revision in suite.revisions for question in revision.questions]
    asked = [*suite.questions, *revised]
    bare = RULES[suite.normalise]
    pairs = {question.id: _together(question, suite) for question in asked}
    if found := {name: pair for name, pair in pairs.items() if pair}:
        (one, other), ids = next(iter(found.values())), list(found)
        yield (
            f"note: {len(ids)} of {len(asked)} questions have references that count as one answer "
            f"({_named(ids)}: {one!r} is {other!r}): keep one of them, unless they should be told apart{_rule(suite)}"
        )
    for question in revised:
        for new, old in product(question.references, question.outdated):
            if exact(new, old, suite.normalise):
                yield f"note: {question.id}: the outdated answer {old!r} counts as the new one, {new!r}{_rule(suite)}"
    if empty := [question.id for question in asked if not all(map(bare, question.references))]:
        what = "questions have a reference of which nothing is left to compare"
        yield f"note: {len(empty)} of {len(asked)} {what} ({_named(empty)}){_rule(suite)}"


def _together(question: Question, suite: Suite) -> tuple[str, str] | None:
    """Two references that are one, and not only because of case, articles or a full stop."""
    pairs = combinations({_plain(reference): reference for reference in question.references}.values(), 2)
    return next((pair for pair in pairs if exact(*pair, suite.normalise)), None)


def _plain(text: str) -> str:
    return " ".join(word for word in text.casefold().split() if word not in ("a", "an", "the")).strip(".")


def _rule(suite: Suite) -> str:
    return "" if suite.normalise == Suite.normalise else f' (normalise = "{suite.normalise}")'


def _decimal_signs(suite: Suite) -> Iterator[str]:
    """Numbers that mean one thing to a reader of English and another to one of German, where a suite has both manners."""
    revised = [question for revision in suite.revisions for question in revision.questions]
    found = readings(reference for question in (*suite.questions, *revised) for reference in question.references)
    german = found.get("decimal comma")
    if suite.normalise != Suite.normalise or german is None:
        return
    others: tuple[Reading, ...] = ("unclear comma", "unclear point", "decimal point")
    for other in (found[name] for name in others if name in found):
        yield (
            f"note: among the references {german} is read as {normalise(german)}, with a decimal comma, and {other} as "
            f"{normalise(other)}: write all with a decimal point, and thousands without a mark, where this is not meant"
        )


def _alike_amounts(suite: Suite) -> Iterator[str]:
    """Versions and units that the rule takes for one amount: 2.1 and 2.10, MW and mW."""
    revised = [question for revision in suite.revisions for question in revision.questions]
    asked = {
        text for question in (*suite.questions, *revised) for reference in question.references for text in _amounts(reference)
    }
    values = {RULES[suite.normalise](text): text for text in asked}
    written = asked.union(*(_amounts(document.text) for document in suite.domain.documents))
    for other in sorted(written):
        one = values.get(RULES[suite.normalise](other), other)
        if one != other and _apart(one, other):
            what = "if they are not, as versions and units may be, write more than the number (version 2.10)"
            yield f"note: a reference has {one!r}, and {other!r} counts as the same: {what}{_rule(suite)}"


def _amounts(text: str) -> set[str]:
    """Each number, alone and with the word that follows it."""
    return {written for found in AMOUNT.finditer(text) for written in (found[0], found[1])}


def _apart(one: str, other: str) -> bool:
    """Whether they differ in zeros at the end of a decimal, or in the case of a unit alone."""
    digits, unit = ([re.sub(pattern, "", text) for text in (one, other)] for pattern in (r"[^\d.]", r"[^A-Za-z]"))
    return unit[0] != unit[1] or (digits[0] != digits[1] and all("." in each for each in digits))


def _without_evidence(suite: Suite) -> Iterator[str]:
    asked = [question for question in suite.questions if question.answerable]
    bare = [question.id for question in asked if not question.evidence]
    if bare:
        yield (
            f"note: of {counted(len(asked), 'question')} with an answer, {counted(len(bare), 'names', 'name')} no evidence "
            f"({_named(bare)}): retrieval, citations and faithfulness to the evidence are not measured on them"
        )


def _not_in_evidence(suite: Suite) -> Iterator[str]:
    asked = [question for question in suite.questions if question.answerable and question.evidence]
    absent = [question.id for question in asked if not any(_stands(each, question, suite) for each in question.references)]
    if absent:
        yield (
            f"note: of {counted(len(asked), 'question')} with evidence, {counted(len(absent), 'has', 'have')} no reference that "
            f"stands in it word for word ({_named(absent)}): as it should be where answers are judgements or are "
            "worded anew, a slip where they are quoted"
        )


def _named(ids: list[str]) -> str:
    return f"{', '.join(ids[:SHOWN])}{', ...' if len(ids) > SHOWN else ''}"


def _stands(reference: str, question: Question, suite: Suite) -> bool:
    documents = [suite.document(name) for name in question.evidence]
    return any(holds(f"{each.title} {each.text}", reference) for each in documents)


def _declining(suite: Suite) -> Iterator[str]:
    phrases = (*suite.abstain, *NOT_THERE)
    declining = (
        question.id
        for question in suite.questions
        for each in question.references
        if normalise(each) and is_abstention(phrases, each)
    )
    odd = list(dict.fromkeys(declining))
    if odd:
        yield (
            f"note: {counted(len(odd), 'question has', 'questions have')} a reference that declines to answer ({_named(odd)}): "
            "write [] for references where the documents do not hold the answer"
        )


def _tags(suite: Suite) -> Iterator[str]:
    tagged = [document.id for document in suite.domain.documents if TAG.search(document.text)]
    if tagged:
        yield (
            f"note: {counted(len(tagged), 'document holds', 'documents hold')} tags of HTML, which are taken for text "
            f"({_named(tagged)}): a file that is called .html is read without them"
        )
