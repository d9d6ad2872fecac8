from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.core.schema import Document, Domain, Example, Question, RevisedQuestion, Revision, Rule, Style, Suite
from proctor.suites.loading.lint import hints


def noted(*questions: Question, rule: Rule = "default") -> str:
    return "\n".join(hints(replace(Suite("s", "S", "1", Domain(()), questions), normalise=rule)))


@pytest.mark.parametrize(
    ("references", "rule", "together"),
    [
        (("1,000", "1000"), "default", True),
        (("½", "1/2"), "default", True),
        (("3.5", "35"), "default", False),
        (("3.5", "35"), "squad", True),
        (("C", "C++"), "squad", True),
        (("-5", "5"), "squad", True),
        (("the office", "Office."), "default", False),
        (("Turin", "Turin"), "default", False),
    ],
)
def test_references_that_the_rule_cannot_tell_apart_are_noted(references: tuple[str, ...], rule: Rule, *, together: bool) -> None:
    said = noted(Question("q", "How many?", references), rule=rule)
    assert ("1 of 1 questions have references that count as one answer (q: " in said) is together


@pytest.mark.parametrize(
    ("style", "said"),
    [
        (Style(r"\d+ units"), "note: 0 of 2 training examples follow the pattern of [style]"),
        (Style(schema={"type": "object"}), "note: 0 of 2 training examples follow the schema of [style]"),
        (Style(r"\w+\."), ""),
        (Style(rubric="Be polite."), ""),
    ],
)
def test_a_house_format_that_no_training_example_follows_is_noted(style: Style, said: str) -> None:
    domain = Domain((), tuple(Example("How many?", text) for text in ("Two.", "About three")))
    found = [hint for hint in hints(Suite("s", "S", "1", domain, (), style=style)) if "[style]" in hint]
    assert [hint.partition(":")[0] + ":" + hint.split(":")[1] for hint in found] == ([said] if said else [])


@pytest.mark.parametrize(
    ("reference", "rule", "empty"),
    [("A", "squad", True), ("+", "squad", True), ("A", "default", False), ("\u200b", "default", True)],
)
def test_references_of_which_nothing_is_left_are_noted(reference: str, rule: Rule, *, empty: bool) -> None:
    said = noted(Question("q", "Which?", (reference,)), rule=rule)
    assert ("1 of 1 questions have a reference of which nothing is left to compare (q)" in said) is empty


@pytest.mark.parametrize(
    ("new", "old", "rule", "same"),
    [("3.50", "3.5", "default", True), ("3.5", "35", "default", False), ("3.5", "35", "squad", True)],
)
def test_an_outdated_answer_that_counts_as_the_new_one_is_noted(new: str, old: str, rule: Rule, *, same: bool) -> None:
    revised = RevisedQuestion("q", "How much?", (new,), outdated=(old,))
    suite = Suite("s", "S", "1", Domain(()), (), (Revision("d", "text", (revised,)),), normalise=rule)
    assert (f"note: q: the outdated answer {old!r} counts as the new one, {new!r}" in "\n".join(hints(suite))) is same


@pytest.mark.parametrize(
    ("references", "unclear"),
    [(("3,5", "1,234"), "1,234 as 1234"), (("1.234,5", "1.234"), "1.234 as 1.234"), (("3,5", "3.25"), "3.25 as 3.25")],
)
def test_numbers_in_the_manners_of_two_languages_are_noted(references: tuple[str, ...], unclear: str) -> None:
    asked = [Question(str(place), f"How much is {place}?", (reference,)) for place, reference in enumerate(references)]
    assert f"with a decimal comma, and {unclear}" in noted(*asked)


@pytest.mark.parametrize("references", [("3.5", "1,234"), ("3,5", "12,75"), ("1,234", "1.234")])
def test_numbers_in_one_manner_are_not_noted(references: tuple[str, ...]) -> None:
    asked = [Question(str(place), f"How much is {place}?", (reference,)) for place, reference in enumerate(references)]
    assert "decimal" not in noted(*asked)


@pytest.mark.parametrize(
    ("reference", "text", "told"),
    [
        ("2.1", "Firmware 2.10 is out.", True),
        ("5 MW", "It draws 5 mW.", True),
        ("5 kg", "It weighs 5kg.", False),
        ("4", "It is 4.0 wide.", False),
        ("2.1", "Firmware 2.1.10 is out.", False),
    ],
)
def test_versions_and_units_that_the_rule_takes_for_one_are_noted(reference: str, text: str, *, told: bool) -> None:
    suite = Suite("s", "S", "1", Domain((Document("d", text),)), (Question("q", "Which?", (reference,), ("d",)),))
    assert any("counts as the same" in hint for hint in hints(suite)) is told


def test_documents_that_are_nearly_the_same_are_noted_and_equal_ones_only_as_that() -> None:
    filler = " ".join(f"Rule {number} holds for everybody." for number in range(30))
    documents = tuple(
        Document(name, f"{filler} Made in {month}.") for name, month in zip("abc", ("May", "June", "May"), strict=True)
    )
    said = [one for one in hints(Suite("s", "S", "1", Domain(documents), ())) if "documents" in one]
    assert [one.partition(":")[2].split(":")[0].strip() for one in said] == [
        "1 text is that of several documents (a = c)",
        "1 pair of documents is nearly the same (a = b)",
    ]
