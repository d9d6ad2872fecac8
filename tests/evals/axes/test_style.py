from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Style
from proctor.core.storage.cache import Cache
from proctor.evals.axes import catalogue, style
from proctor.evals.exam import Exam
from proctor.evals.judges.protocols import JudgeError
from proctor.evals.testing import fakes
from tests.sample_evaluation import evaluation, scores, suite

HOUSE = Style(r"Per \S+: (?P<answer>.*)\.")
SCHEMA = {
    "type": "object",
    "properties": {"value": {"$ref": "#/$defs/text"}, "sure": {"type": "boolean"}},
    "required": ["value"],
    "additionalProperties": False,
    "$defs": {"text": {"type": "string"}},
}
AS_JSON = Style(schema=SCHEMA, answer="value")


def test_only_the_whole_format_counts() -> None:
    said = {"warranty": "Per K-40: 3 years.", "seat": "Per K-40: Turin", "colour": "per K-40: red."}
    found = scores(style.AXIS, evaluation(fakes.canned(said), suite(style=HOUSE)))["style.format_followed"]
    assert [found[item].value for item in ("warranty", "seat", "colour", "loose")] == [1.0, 0.0, 0.0, 0.0]


def test_a_suite_without_a_style_has_nothing_to_follow() -> None:
    found = scores(style.AXIS, evaluation(fakes.gold()))["style.format_followed"]
    assert {score.status for score in found.values()} == {"not_applicable"}


def test_a_crash_does_not_follow_it() -> None:
    found = scores(style.AXIS, evaluation(fakes.crashing(), suite(style=HOUSE)))["style.format_followed"]
    assert {(score.status, score.value) for score in found.values()} == {("failed", 0.0)}


# A schema.


@pytest.mark.parametrize(
    ("said", "followed", "bare"),
    [
        ('{"value": "3 years", "sure": true}', True, "3 years"),
        (' {"value": "3 years"}\n', True, "3 years"),
        ('{"value": 3}', False, "3"),
        ('{"sure": true}', False, '{"sure": true}'),
        ('{"value": "3 years", "more": 1}', False, "3 years"),
        ('```json\n{"value": "3 years"}\n```', False, '```json\n{"value": "3 years"}\n```'),
        ('["3 years"]', False, '["3 years"]'),
        ("3 years", False, "3 years"),
        ("", False, ""),
        ("[" * 100_000, False, "[" * 100_000),
    ],
)
def test_an_answer_in_json_is_held_against_the_schema(said, followed, bare):
    assert style.followed(AS_JSON, said) == followed
    assert AS_JSON.bare(said) == bare


def test_what_python_reads_and_json_does_not_have_is_no_json():
    assert not style.followed(Style(schema={}), "NaN")
    assert style.followed(Style(schema={}), "1")


def test_a_pattern_and_a_schema_are_both_to_be_followed():
    both = Style(pattern=r"\{.{,30}\}", schema=SCHEMA, answer="value")
    assert style.followed(both, '{"value": "3 years"}')
    assert not style.followed(both, '{"value": "3 years and a good deal more than fits"}')
    assert not style.followed(both, '{"other": 1}')


def test_the_answers_of_a_suite_are_held_against_its_schema():
    said = {"warranty": '{"value": "3 years"}', "seat": "Turin"}
    found = scores(style.AXIS, evaluation(fakes.canned(said), suite(style=AS_JSON)))["style.format_followed"]
    assert [found[item].value for item in ("warranty", "seat")] == [1.0, 0.0]


@given(st.text())
def test_whatever_is_said_there_is_a_bare_answer_and_a_verdict(text):
    assert isinstance(AS_JSON.bare(text), str)
    assert isinstance(style.followed(AS_JSON, text), bool)


# A rubric.


class Courteous:
    """A judge that finds courteous what says please, and fails on what says fail."""

    name = "courteous"
    version = "1"

    def __init__(self) -> None:
        self.asked, self.threads = [], set()

    def complete(self, prompt, schema):
        self.asked.append(prompt)
        self.threads.add(threading.get_ident())
        said = prompt.split("---")[1]
        if "fail" in said:
            raise JudgeError("the judge is down")
        return schema(met="please" in said, reason="as it says")


POLITE = Style(rubric="The answer says please.")


def test_a_judge_that_chats_decides_what_a_rubric_demands():
    judge = Courteous()
    said = {"warranty": "3 years, please", "seat": "Turin", "colour": "fail"}
    found = scores(style.AXIS, evaluation(fakes.canned(said), suite(style=POLITE), judge))
    rubric = found["style.rubric"]
    assert [rubric[item].value for item in ("warranty", "seat")] == [1.0, 0.0]
    assert (rubric["colour"].status, rubric["colour"].reason) == ("unmeasured", "the judge is down")
    assert rubric["seat"].reason == "as it says"
    assert all("The answer says please." in prompt for prompt in judge.asked)
    assert any("How long is the warranty of the Kestrel 40?" in prompt for prompt in judge.asked)
    assert {score.status for score in found["style.format_followed"].values()} == {"not_applicable"}


def test_a_judge_that_compares_texts_leaves_a_rubric_unmeasured():
    found = scores(style.AXIS, evaluation(fakes.gold(), suite(style=POLITE)))["style.rubric"]
    assert {score.status for score in found.values()} == {"unmeasured"}
    assert all("--judge openai:MODEL" in score.reason for score in found.values())


def test_a_crash_meets_no_rubric():
    found = scores(style.AXIS, evaluation(fakes.crashing(), suite(style=POLITE), Courteous()))["style.rubric"]
    assert {(score.status, score.value) for score in found.values()} == {("failed", 0.0)}


def test_without_a_rubric_nobody_is_asked():
    judge = Courteous()
    assert scores(style.AXIS, evaluation(fakes.gold(), suite(style=HOUSE), judge)).keys() == {"style.format_followed"}
    assert not judge.asked


class Polite:
    """A judge that chats, and finds polite what says please, and brief what has no more than two words."""

    name = version = "polite"

    def complete(self, prompt, schema):
        said = prompt.split("---")[1]
        met = "please" in said if "polite" in prompt else len(said.split()) < 3
        return schema(met=met, reason="so it is")


RUBRICS = {"polite": "The answer is polite.", "brief": "The answer is brief."}


def test_each_rubric_of_a_suite_is_a_metric_of_its_own():
    said = {"warranty": "3 years, please ask", "seat": "Turin"}
    found = scores(style.AXIS, evaluation(fakes.canned(said), replace(suite(), rubrics=RUBRICS), judge=Polite()))
    assert [found["rubric.polite"][item].value for item in ("warranty", "seat")] == [1.0, 0.0]
    assert [found["rubric.brief"][item].value for item in ("warranty", "seat")] == [0.0, 1.0]
    assert "style.rubric" not in found


def test_a_rubric_s_records_name_the_judge_and_a_reader_is_told_what_it_is():
    on = evaluation(fakes.gold(), replace(suite(), rubrics=RUBRICS), judge=Polite(), cache=Cache(Path("unused")))
    records = {record.metric: record for record in Exam(on, lambda _: None)._records(style.AXIS)}
    assert (records["rubric.polite"].judge, records["style.format_followed"].judge) == ("polite", "")
    assert catalogue.axis("rubric.polite") == "style"
    assert "as a judge decides" in catalogue.words("rubric.polite")


def test_a_judge_that_compares_words_decides_no_rubric():
    found = scores(style.AXIS, evaluation(fakes.gold(), replace(suite(), rubrics=RUBRICS)))
    assert {score.status for score in found["rubric.polite"].values()} == {"unmeasured"}
