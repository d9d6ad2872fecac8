"""A service behind which stands a system of Proctor's own has that system's figures: nothing is lost or added on the way."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import Answer, Domain, Question, Suite
from proctor.evals.axes import accuracy, citations, faithfulness, hallucination, retrieval, style
from proctor.evals.exam import Axis, EvalContext
from proctor.models.base import base as base_models
from proctor.models.candidates import kinds
from proctor.models.candidates.external import Setup
from proctor.models.candidates.local import LocalCandidate
from proctor.models.runtime import Runtime
from proctor.models.systems import System, load
from proctor.suites.loading.load import load as load_suite
from tests.faults.loopback import Request, Treat, reply, serving
from tests.sample_evaluation import evaluation, scores

AXES = (accuracy.AXIS, retrieval.AXIS, citations.AXIS, faithfulness.AXIS, hallucination.AXIS, style.AXIS)
NAMED = """
[reply]
contexts = "/sources"
text = "/text"
document = "/id"
score = "/score"
tokens = "/usage/out"
prompt_tokens = "/usage/in"
"""
UNNAMED = '[reply]\ncontexts = "/sources"\ntext = "/text"\ntokens = "/usage/out"\nprompt_tokens = "/usage/in"\n'


def answering(rag: LocalCandidate) -> Treat:
    """A server of one system's answers."""
    alone = threading.Lock()  # a model answers one at a time

    def treat(connection: socket.socket, request: Request) -> None:
        with alone:
            (answer,) = rag.answers([Question("asked", request.fields["question"])])
        sources = [{"id": one.document, "text": one.text, "score": one.score} for one in answer.contexts or ()]
        usage = {"in": answer.prompt_tokens, "out": answer.tokens}
        reply(200, json.dumps({"answer": answer.text, "sources": sources, "usage": usage}).encode())(connection, request)

    return treat


def service(folder: Path, url: str, table: str, domain: Domain, runtime: Runtime) -> Any:
    path = folder / "systems.toml"
    path.write_text(f'[bot]\nservice = "{url}"\n{table.replace("[reply]", "[bot.reply]")}', encoding="utf-8")
    return kinds.candidate(load(path)["bot"], None, Setup(domain, runtime, "base"))  # type: ignore[arg-type] # which is not looked at


def said(answers: Sequence[Answer]) -> list[Any]:
    """What of answers must be equal; scores of passages where they are told."""
    return [
        (one.question, one.text, [(c.document, c.text) for c in one.contexts or ()], one.citations, one.tokens, one.prompt_tokens)
        for one in answers
    ]


def figures(axis: Axis, on: EvalContext) -> Any:
    """Metric -> item -> value, or why there is none. No reply says why a model stopped, so cautions of that are left out."""
    found = scores(axis, on)
    return {name: {item: (one.status, one.value, one.reason) for item, one in items.items()} for name, items in found.items()}


def hold(folder: Path, rag: LocalCandidate, suite: Suite, table: str) -> None:
    """Figures of the service are those of the system behind it, record by record."""
    with serving(answering(rag)) as server:
        bot = service(folder, server.url, table, suite.domain, rag.runtime)
        assert said(bot.answers(suite.questions)) == said(rag.answers(suite.questions))
        for axis in AXES:
            ours, theirs = (figures(axis, evaluation(one, suite, cache=rag.runtime.cache)) for one in (rag, bot))
            assert theirs == ours
    assert len(server.requests) == len(suite.questions)


@pytest.mark.parametrize("table", [NAMED, UNNAMED], ids=["by name", "by text"])
def test_a_service_has_the_figures_of_the_tiny_system_behind_it(
    tmp_path: Path, base: Any, domain: Domain, questions: tuple[Question, ...], runtime: Runtime, table: str
) -> None:
    rag = LocalCandidate(System("rag", retrieve="bm25", max_new_tokens=6), base, domain, runtime)
    hold(tmp_path, rag, Suite("warranties", "Warranties", "1", domain, questions), table)


@pytest.mark.slow
@pytest.mark.parametrize("table", [NAMED, UNNAMED], ids=["by name", "by text"])
def test_a_service_has_the_figures_of_the_embedded_system_behind_it(tmp_path: Path, runtime: Runtime, table: str) -> None:
    whole = load_suite("instruments")
    suite = Suite(
        whole.name, whole.title, whole.version, whole.domain, whole.questions[:24], abstain=whole.abstain, style=whole.style
    )
    model = base_models.find(str(base_models.EMBEDDED), runtime.cache)
    rag = LocalCandidate(System("rag", retrieve="bm25", max_new_tokens=16), model, suite.domain, runtime)
    hold(tmp_path, rag, suite, table)
    assert any(answer.text for answer in rag.answers(suite.questions))


KSERVE = """
[triton.request]
body = { inputs = [{ name = "prompt", datatype = "BYTES", shape = [1, 1], data = ["{question}"] }] }

[triton.reply]
answer = "/outputs/0/data/0"
"""


def kserve(answer: Callable[[str], str]) -> Treat:
    """A model server that speaks version 2 of the Open Inference Protocol, with one text in and one out."""

    def treat(connection: socket.socket, request: Request) -> None:
        (given,) = request.fields["inputs"]
        right = (given["name"], given["datatype"], given["shape"]) == ("prompt", "BYTES", [1, 1])
        if not (right and request.line.startswith("POST /v2/models/answer/infer ")):
            reply(400, json.dumps({"error": f"unexpected inference input '{given['name']}'"}).encode())(connection, request)
            return
        outputs = [{"name": "text", "datatype": "BYTES", "shape": [1, 1], "data": [answer(given["data"][0])]}]
        body = {"model_name": "answer", "model_version": "1", "outputs": outputs}
        reply(200, json.dumps(body).encode())(connection, request)

    return treat


def test_a_model_behind_triton_is_asked_by_the_table_that_the_docs_show(tmp_path: Path, runtime: Runtime, domain: Domain) -> None:
    questions = [Question(f"q{number}", f'How long, "{number}" \u00e9?') for number in range(5)]
    with serving(kserve(str.upper)) as server:
        path = tmp_path / "systems.toml"
        url = server.url.replace("/v1", "/v2/models/answer/infer")
        path.write_text(f'[triton]\nservice = "{url}"\n{KSERVE}', encoding="utf-8")
        made: Any = kinds.candidate(load(path)["triton"], None, Setup(domain, runtime, "base"))  # type: ignore[arg-type]
        found = made.answers(questions)
    assert [answer.text for answer in found] == [question.text.upper() for question in questions]
    assert "retrieves" not in made.abilities
