"""A few of the failing judges of `python -m tests.faults judges`, and what bounds the damage that they do."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from proctor.core.chat import ChatEndpoint, ChatError
from proctor.core.schema import Document, Domain, Question, Suite
from proctor.core.storage.cache import Cache
from proctor.evals.axes import faithfulness
from proctor.evals.exam import EvalContext, Exam
from proctor.evals.judges import ragas_metric
from proctor.evals.judges.breaker import UNFIT, UNREACHED, Breaker
from proctor.evals.judges.openai import OpenAIJudge
from proctor.evals.judges.protocols import EndpointError, JudgeError
from proctor.evals.judges.samples import PARALLEL, Sample
from proctor.evals.testing import fakes
from tests.faults.failing import KEY, PASSWORD, shows
from tests.faults.judges import LIMITS, QUICK, faults, put
from tests.faults.loopback import Request, completion, reply, serving, verdict


def judge(url: str, **limits: Any) -> OpenAIJudge:
    return OpenAIJudge("small", ChatEndpoint(url, KEY, **{**LIMITS, **limits}))


def samples(count: int) -> list[Sample]:
    return [Sample("How long?", f"{n} years.", (f"The cover is for {n} years.",)) for n in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(QUICK))
def test_a_failing_judge_is_bounded_invents_nothing_and_lets_nothing_out(name: str) -> None:
    with serving(reply(200, completion("{}"))) as elsewhere:
        fault = next(fault for fault in faults(elsewhere) if fault.name == name)
        found = put(fault, elsewhere)
    assert set(found.words) <= {"unmeasured", "scored"}, found
    assert ("scored" in found.words) == (name == "key in verdicts")


@pytest.mark.parametrize("name", ["another origin", "elsewhere.example"])
def test_a_redirection_is_not_followed_and_says_where_it_leads_and_what_to_do(name: str) -> None:
    with serving(reply(200, completion("{}"))) as elsewhere:
        there = f"http://127.0.0.1:{elsewhere.port}/v1" if name == "another origin" else f"https://u:{PASSWORD}@{name}"
        with (
            serving(reply(307, b"", f"Location: {there}")) as server,
            pytest.raises(ChatError, match=r"redirects to https?://[a-z0-9.:]+(/v1)?: name that one"),
        ):
            judge(server.url).endpoint.reply(model="m", messages=[])
    assert not elsewhere.requests


def test_credentials_of_an_address_are_sent_as_it_says_and_parameters_stay_parameters() -> None:
    with serving(reply(200, completion("{}"))) as server:
        url = server.url.replace("//", "//us%40er:pa%2Fss-word@") + "?api-key=abc&api-version=2024-06-01"
        judge(url).endpoint.reply(model="m", messages=[])
    (request,) = server.requests
    assert request.line == "POST /v1/chat/completions?api-key=abc&api-version=2024-06-01 HTTP/1.1"
    assert request.headers["authorization"] == "Basic dXNAZXI6cGEvc3Mtd29yZA=="


def test_a_dead_judge_is_given_up_after_a_few_samples_and_said_to_be_once(caplog: pytest.LogCaptureFixture) -> None:
    with serving(reply(401, b"{}")) as server:
        scores = ragas_metric.faithfulness(judge(server.url), samples(40))
    assert UNREACHED <= len(server.requests) <= UNREACHED + PARALLEL
    assert [score.status for score in scores] == ["unmeasured"] * 40
    assert "not asked: 5 samples in a row had failed" in scores[-1].reason
    assert "status 401" in scores[-1].reason
    assert [line.count("is asked no more in this run") for line in caplog.messages] == [1]
    assert "run the same command again" in caplog.text


def test_a_judge_that_fails_now_and_then_is_asked_on() -> None:
    turns = iter(range(1000))

    def moody(connection: socket.socket, request: Request) -> None:
        ill = next(turns) % 3 == 0
        reply(404 if ill else 200, b"{}" if ill else completion(verdict(request)))(connection, request)

    with serving(moody) as server:
        scores = ragas_metric.faithfulness(judge(server.url), samples(20))
    assert {score.status for score in scores} == {"scored", "unmeasured"}
    assert not any("not asked" in score.reason for score in scores)


def test_another_reason_begins_a_new_row_and_an_answer_ends_one() -> None:
    breaker, asked = Breaker("judge"), []

    def fails(kind: str) -> Any:
        def ask() -> None:
            asked.append(kind)
            raise EndpointError(kind, kind)

        return ask

    for kind in "aaaabbbb":
        with pytest.raises(EndpointError):
            breaker.ask(fails(kind))
    assert breaker.ask(lambda: "fine") == "fine"
    for _ in range(UNREACHED + 3):
        with pytest.raises(JudgeError):
            breaker.ask(fails("b"))
    assert len(asked) == 8 + UNREACHED


def test_a_judge_that_never_gives_a_verdict_is_given_up_later() -> None:
    breaker, asked = Breaker("judge"), []

    def unfit() -> None:
        asked.append(1)
        raise JudgeError("no valid Verdict")

    for _ in range(UNFIT + 10):
        with pytest.raises(JudgeError):
            breaker.ask(unfit)
    assert len(asked) == UNFIT


@pytest.mark.slow
def test_a_judge_that_hangs_costs_its_limit_once_and_not_once_a_sample() -> None:
    with serving(lambda *_: time.sleep(10)) as server:
        ragas_metric.faithfulness(judge(server.url, longest=0.6, retries=0), samples(60))
    assert len(server.requests) <= UNREACHED + PARALLEL


@pytest.mark.parametrize(
    "form", [KEY[:12], KEY[-12:], json.dumps(KEY), KEY.encode().hex(), "c2stUGxhbnRlZDBLZXkxRm9yMlRlc3RzMw=="]
)
def test_the_search_for_planted_secrets_finds_them(form: str) -> None:
    assert shows(f"before {form} after".encode(), KEY)


def test_a_resumed_run_asks_a_judge_again_that_was_dead(cache: Cache) -> None:
    documents = (Document("d", "The cover is for three years."),)
    questions = tuple(Question(f"q{n}", f"How long, {n}?", ("three years",), ("d",)) for n in range(12))
    suite = Suite("covers", "Covers", "1", Domain(documents, ()), questions)
    alive: list[bool] = []

    def treat(connection: socket.socket, request: Request) -> None:
        reply(200 if alive else 401, completion(verdict(request)) if alive else b"{}")(connection, request)

    def take(url: str) -> set[str]:
        candidate = fakes.gold()
        exam = Exam(EvalContext(suite, questions, candidate, candidate, judge(url), cache), lambda _: None)
        return {record.status for record in exam._scored(faithfulness.AXIS) if record.metric == "faithfulness.gold"}

    with serving(treat) as server:
        assert take(server.url) == {"unmeasured"}
        alive.append(True)
        assert take(server.url) == {"scored"}
