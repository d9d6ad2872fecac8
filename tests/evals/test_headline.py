from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proctor.core.schema import Question
from proctor.evals import headline
from proctor.evals.axes import references
from proctor.evals.judges.protocols import load_judge
from proctor.suites.loading.load import load
from tests.sample_evaluation import suite

WORDY = Question("warranty", "How long is it?", ("The warranty of the Kestrel 40 lasts three years.",))


class Chats:
    name = version = "chats"

    def complete(self, prompt: str, schema: Any) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3 years", 2),
        ("The warranty of the Kestrel 40 lasts three years.", 7),
        ("...", 0),
        ("OUT - Lamtran - Vorver - 16 h", 5),
        ("東京タワー", 2.5),
        ("东京塔有三百三十三米高", 5.5),
    ],
)
def test_words_are_counted_by_what_makes_a_word_in_their_script(text: str, words: float) -> None:
    assert references.words(text) == words


def test_a_suite_of_names_and_values_is_led_by_exact_match_and_one_of_sentences_by_a_judge_that_chats() -> None:
    sentences, lexical = suite(WORDY), load_judge("lexical")
    assert headline.of(suite(), Chats()) == ("accuracy.exact", "as references are names and values")
    assert headline.of(sentences, Chats()) == ("accuracy.judged", "as references are sentences")
    assert headline.of(sentences, lexical)[0] == "accuracy.f1"
    assert headline.of(replace(sentences, headline="accuracy.contains"), Chats()) == ("accuracy.contains", "as the suite says")


def test_the_shortest_of_a_questions_references_tells_how_long_they_are() -> None:
    assert not references.are_sentences(suite(replace(WORDY, references=(*WORDY.references, "three years"))))
    assert not references.are_sentences(suite(Question("q", "Which colour is it?")))


@pytest.mark.parametrize("name", ["instruments", "loans"])
def test_suites_that_come_with_proctor_are_led_by_exact_match(name: str) -> None:
    assert headline.of(load(name), Chats()).metric == "accuracy.exact"


@pytest.mark.parametrize("facts", [{}, {"headline": "accuracy.f1"}, {"headline": [1, 2]}, {"headline": ["no.such", "because"]}])
def test_what_provenance_does_not_say_in_the_known_form_is_exact_match(facts: dict[str, Any]) -> None:
    assert headline.told(facts) == headline.Headline()


def test_every_metric_of_accuracy_has_its_words() -> None:
    from proctor.evals.axes import accuracy

    assert set(headline.SAYS) == {metric.name for metric in accuracy.LEADING}
