"""Services: asked over HTTP as their table says, and what their replies say is taken for what it is, and for no more."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from proctor.core import redaction
from proctor.core.schema import Answer, Context, Document, Domain, InputError, Question
from proctor.core.storage.cache import Cache
from proctor.evals.testing.checks import candidate_checks
from proctor.models.candidates import kinds
from proctor.models.candidates.external import Setup
from proctor.models.candidates.service import HttpService
from proctor.models.runtime import Runtime
from proctor.models.systems import check_variables, load
from tests.faults.loopback import Request, Treat, reply, serving
from tests.faults.world import ROOT
from tests.serving import at_work

KEY = "sk-Planted0Key1For2Tests3"
DOCUMENTS = (
    Document("lamps", "The warranty of the lamp is three years from the day on which it was bought.", "Lamps"),
    Document("chairs", "The warranty of the chair is ten years. Its legs are made of beech wood.", "Chairs"),
)
DOMAIN = Domain(DOCUMENTS)
QUESTIONS = [Question(f"q{number}", f"How long is the warranty of lamp {number}?") for number in range(12)]


@pytest.fixture(autouse=True)
def _nothing_hidden() -> Iterator[None]:
    redaction.forget()
    yield
    redaction.forget()


def answering(say: Callable[[Request], Any]) -> Treat:
    """A server that replies with JSON."""

    def treat(connection: socket.socket, request: Request) -> None:
        reply(200, json.dumps(say(request)).encode())(connection, request)

    return treat


def service(folder: Path, url: str, table: str = "", domain: Domain = DOMAIN) -> HttpService:
    """The service of a table, as an exam makes it."""
    path = folder / "systems.toml"
    path.write_text(f'[bot]\nservice = "{url}"\n{table}', encoding="utf-8")
    setup = Setup(domain, Runtime(Cache(folder / "cache"), "cpu"), "base")
    made = kinds.candidate(load(path)["bot"], None, setup)  # type: ignore[arg-type] # no base model is looked at
    assert isinstance(made, HttpService)
    return made


def one(folder: Path, said: Any, table: str = "") -> Answer:
    """What is made of a reply."""
    with serving(reply(200, json.dumps(said).encode())) as server:
        (answer,) = service(folder, server.url, table).answers(QUESTIONS[:1])
    return answer


def test_a_service_without_more_is_sent_a_question_and_replies_with_an_answer(tmp_path: Path) -> None:
    with serving(answering(lambda request: {"answer": request.fields["question"].upper()})) as server:
        found = service(tmp_path, server.url).answers(QUESTIONS)
    assert [(answer.question, answer.text) for answer in found] == [(each.id, each.text.upper()) for each in QUESTIONS]
    assert {answer.contexts for answer in found} == {None}
    assert all(answer.seconds > 0 for answer in found)
    assert {request.line for request in server.requests} == {"POST /v1 HTTP/1.1"}


def test_the_table_says_what_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_TOKEN", KEY)
    table = """
[bot.request]
headers = { Authorization = "Bearer $BOT_TOKEN", X-Price = "$$5" }
body = { messages = [{ role = "user", content = "Q: {question}" }], top_k = 3, question = "{question}" }
"""
    with serving(answering(lambda _: {"answer": "yes"})) as server:
        service(tmp_path, server.url, table).answers([Question("q", 'Say "{question}" {{ 1 }} \u00e9')])
    (request,) = server.requests
    assert (request.headers["authorization"], request.headers["x-price"]) == (f"Bearer {KEY}", "$5")
    text = 'Say "{question}" {{ 1 }} \u00e9'
    assert request.fields == {"messages": [{"role": "user", "content": f"Q: {text}"}], "top_k": 3, "question": text}


def test_a_question_may_be_asked_by_the_parameters_of_the_address(tmp_path: Path) -> None:
    with serving(answering(lambda _: {"answer": "yes"})) as server:
        service(tmp_path, f"{server.url}?v=2", '[bot.request]\nmethod = "GET"\nbody = { q = "{question}" }').answers(
            QUESTIONS[:1]
        )
    assert server.requests[0].line == "GET /v1?v=2&q=How+long+is+the+warranty+of+lamp+0%3F HTTP/1.1"


def test_references_evidence_and_tags_are_not_sent(tmp_path: Path) -> None:
    asked = Question("secret-id", "How long?", ("42 blue horses",), ("lamps",), ("tagged",), "clustered", ("quoted",))
    with serving(answering(lambda _: {"answer": "yes"})) as server:
        service(tmp_path, server.url).answers([asked])
    (request,) = server.requests
    sent = request.body.decode() + str(request.headers)
    assert not [word for word in ("secret-id", "horses", "lamps", "tagged", "clustered", "quoted") if word in sent]


REPLY = """
[bot.reply]
answer = "/data/0/text"
contexts = "/data/0/sources"
text = "/body/text"
document = "/id"
score = "/score"
prompt_tokens = "/usage/in"
tokens = "/usage/out~1all"
"""


def test_the_table_says_where_in_the_reply_is_what(tmp_path: Path) -> None:
    sources = [
        {"id": "docs/lamps.md", "body": {"text": "three years from the day"}, "score": 0.5},
        {"id": "c-17", "body": {"text": "Its legs are made of\n beech wood."}},
        {"id": "c-18", "body": {"text": "What nobody of the suite has ever said."}, "score": "high"},
        {"id": "chairs"},
    ]
    found = one(tmp_path, {"data": [{"text": "three years", "sources": sources}], "usage": {"in": 30, "out/all": 4}}, REPLY)
    assert (found.text, found.prompt_tokens, found.tokens, found.error) == ("three years", 30, 4, None)
    assert found.contexts == (
        Context("lamps", "three years from the day", 0.5),
        Context("chairs", "Its legs are made of\n beech wood."),
        Context("", "What nobody of the suite has ever said."),
        Context("chairs", ""),
    )


def test_provenance_says_how_passages_were_matched_and_where_it_is_asked(tmp_path: Path) -> None:
    contexts = ["three years from the day on which", "nowhere in the suite at all", "Lamps"]
    with serving(answering(lambda _: {"answer": "yes", "contexts": contexts})) as server:
        bot = service(tmp_path, server.url.replace("//", "//user:Planted4Password5@"), '[bot.reply]\ncontexts = "/contexts"')
        bot.answers(QUESTIONS[:2])
        told = bot.describe()
    assert told["answers"]["passages"] == {"by text": 2, "of no document of the suite": 4}
    assert told["settings"]["service"] == server.url.replace("//", "//***@")


@pytest.mark.parametrize(
    ("said", "contexts"),
    [({"a": "x", "c": []}, ()), ({"a": "x", "c": None}, ()), ({"a": "x"}, None)],
    ids=["none", "null", "not said"],
)
def test_nothing_found_and_nothing_said_of_it_are_two_things(tmp_path: Path, said: Any, contexts: Any) -> None:
    assert one(tmp_path, said, '[bot.reply]\nanswer = "/a"\ncontexts = "/c"').contexts == contexts


def test_citations_come_from_their_field_or_else_from_the_marks_in_the_answer(tmp_path: Path) -> None:
    field = '[bot.reply]\ncitations = "/cites"\ndocument = "/id"'
    said = {"answer": "Ten years [lamps].", "cites": ["chairs", {"id": "Chairs"}, {"id": "c-9"}, "elsewhere"]}
    assert one(tmp_path / "a", said, field).citations == ("chairs",)
    assert one(tmp_path / "b", {"answer": "Ten years [lamps]."}, field).citations == ("lamps",)
    listed = {
        "answer": "Ten years [2], and [3].",
        "contexts": ["three years from the day on which", "Its legs are made of beech", "x"],
    }
    assert one(tmp_path / "c", listed, '[bot.reply]\ncontexts = "/contexts"').citations == ("chairs",)


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"text": "x", "meta": 1}, "the reply has no /answer; it has text, meta"),
        ({}, "the reply has no /answer; it is empty"),
        (["x"], "the reply has no /answer; it is a list"),
        ({"answer": None}, "the reply's /answer is no text, but null"),
        ({"answer": {"de": "x"}}, "the reply's /answer is no text, but an object"),
        ({"answer": "x", "c": "all"}, "the reply's /c is no list, but a text or number"),
        ({"answer": "x", "c": [{"t": 1, "title": "a"}]}, "a passage has neither /text nor a document; it has t, title"),
    ],
)
def test_a_reply_of_another_form_is_that_question_s_failure_and_says_what_came(tmp_path: Path, said: Any, why: str) -> None:
    assert one(tmp_path, said, '[bot.reply]\ncontexts = "/c"\ntext = "/text"').error == why


def test_a_table_that_fits_no_reply_is_told_soon_and_one_odd_reply_costs_itself_alone(tmp_path: Path) -> None:
    with (
        serving(answering(lambda _: {"text": "x"})) as server,
        pytest.raises(InputError, match=r"5 calls in a row failed.*no /answer; it has text"),
    ):
        service(tmp_path / "a", server.url, "[bot.calls]\nmax_concurrency = 1").answers(QUESTIONS)
    assert len(server.requests) == 5
    odd = [*(f"lamp {number}?" for number in range(1, 9))]
    say = lambda request: {} if request.fields["question"].endswith(tuple(odd)) else {"answer": "x"}  # noqa: E731
    with serving(answering(say)) as server:
        found = service(tmp_path / "b", server.url, "[bot.calls]\nmax_concurrency = 1").answers(QUESTIONS)
    assert [bool(answer.error) for answer in found] == [False, *[True] * 8, *[False] * 3]


def test_what_failed_is_asked_again_by_the_next_run_and_nothing_else_is(tmp_path: Path) -> None:
    asked: list[str] = []

    def say(request: Request) -> Any:
        asked.append(request.fields["question"])
        return {} if len(asked) == 3 else {"answer": "x"}

    with serving(answering(say)) as server:
        for _ in range(2):
            found = service(tmp_path, server.url, "[bot.calls]\nmax_concurrency = 1").answers(QUESTIONS)
    assert [answer.error for answer in found] == [None] * 12
    assert asked == [*(each.text for each in QUESTIONS), QUESTIONS[2].text]


def test_each_question_is_timed_alone_and_its_parts_are_not_made_up(tmp_path: Path) -> None:
    table = '[bot.reply]\ntokens = "/n"'
    with serving(answering(lambda request: {"answer": "x", "n": 4} if "1" in request.fields["question"] else {})) as server:
        first, second = service(tmp_path, server.url, table).one_by_one(QUESTIONS[:2])
    assert first.error == "the reply has no /answer; it is empty"
    assert (second.error, second.tokens, second.retrieval, second.prefill, second.decoding) == (None, 4, 0, 0, 0)
    assert second.seconds > 0


def test_its_costs_are_known_only_where_its_tokens_are_told_and_have_prices(tmp_path: Path) -> None:
    prices = "calls = { input_price = 2, output_price = 8 }\n"
    told = '[bot.reply]\ntokens = "/out"\nprompt_tokens = "/in"'
    known = {table: service(tmp_path, "http://127.0.0.1/", table).abilities for table in (prices, told, prices + told)}
    assert [table for table, abilities in known.items() if "costs" in abilities] == [prices + told]
    assert service(tmp_path, "http://127.0.0.1/", prices + told).costs() == {"input_price": 2, "output_price": 8}


def test_a_call_that_would_have_to_be_repeated_has_no_time(tmp_path: Path) -> None:
    replies = [reply(503, b"", "Retry-After: 0"), reply(200, b'{"answer": "x"}')]

    def treat(connection: socket.socket, request: Request) -> None:
        replies.pop(0)(connection, request)

    with serving(treat) as server:
        (timing,) = service(tmp_path, server.url).one_by_one(QUESTIONS[:1])
    assert (timing.error, len(replies)) == ("status 503", 1)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[bot.reply]\nanswer = "answer"', ["systems.toml:4: bot.reply.answer", '"/answer"']),
        ('[bot.reply]\ncontexts = "/a~2"', ["systems.toml:4: bot.reply.contexts", "JSON pointer"]),
        ('[bot.reply]\ntext = "/text"', ["bot.reply.text", "nothing says where the passages are"]),
        ('[bot.reply]\nanswr = "/a"', ["bot.reply.answr", "did you mean 'answer'?"]),
        ('[bot.request]\nbody = { q = "question" }', ["systems.toml:4: bot.request.body", '"{question}"']),
        ('[bot.request]\nmethod = "PUT"', ["bot.request.method", '"POST" or "GET"']),
        ('[bot.request]\nmethod = "GET"\nbody = { q = ["{question}"] }', ["systems.toml:5: bot.request.body.q", "POST"]),
        ('[bot.request.headers]\nX-Key = "abcdef"', ["systems.toml:4: bot.request.headers.X-Key", "$BOT_TOKEN"]),
        ('[bot.request.headers]\nAuthorization = "Bearer $"', ["bot.request.headers.Authorization", "$NAME"]),
        ('[bot.request.headers]\n"X Y" = "a"', ["bot.request.headers.X Y", "no header"]),
        ('[bot.request.headers]\nHost = "a"', ["bot.request.headers.Host", "leave it out"]),
        ('[other]\nrequest = {}\n[third]\nrequest = {method = "GET"}', ["third.request", "only a system with service"]),
    ],
)
def test_mistakes_of_a_table_are_named_with_their_line(tmp_path: Path, table: str, said: list[str]) -> None:
    with pytest.raises(InputError) as error:
        service(tmp_path, "http://127.0.0.1/ask", table)
    assert [part for part in said if part not in str(error.value)] == []


@pytest.mark.parametrize("url", ["ftp://u:Planted4Password5@x/", "u:Planted4Password5@x", "http://u:Planted4Password5@x:y/"])
def test_an_address_that_is_none_is_refused_without_what_it_holds(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match=r"systems.toml:2: bot.service: .*address") as error:
        service(tmp_path, url)
    assert "Planted" not in str(error.value)


@pytest.mark.parametrize(("value", "why"), [(None, "BOT_TOKEN is not set"), ("", "BOT_TOKEN is empty"), ("a\nb", "a line break")])
def test_a_variable_that_is_missing_is_told_with_its_line_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, why: str
) -> None:
    monkeypatch.delenv("BOT_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("BOT_TOKEN", value)
    with pytest.raises(InputError, match=f"system bot: request.headers.Authorization: .*{why}"):
        service(tmp_path, "http://127.0.0.1/", '[bot.request.headers]\nAuthorization = "Bearer $BOT_TOKEN"')
    path = tmp_path / "systems.toml"
    where = re.escape(f"{path}:4: bot.request.headers.Authorization: ")
    with pytest.raises(InputError, match=f"^{where}.*{why}"):
        check_variables(path, load(path).values())


def test_another_setting_is_another_version_and_a_key_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_TOKEN", KEY)
    head = '[bot.request]\nheaders = { A = "$BOT_TOKEN" }\n'

    def version(url: str = "http://127.0.0.1/ask?v=1", table: str = head, domain: Domain = DOMAIN) -> str:
        return service(tmp_path, url, table, domain).version

    first = version()
    others = [
        version("http://127.0.0.1/ask?v=2"),
        version(table=head.replace("A =", "B =")),
        version(table=head + 'body = { q = "{question}" }'),
        version(table=head + '[bot.reply]\nanswer = "/a"'),
        version(table='version = "2"\n' + head),
        version(domain=Domain(DOCUMENTS[:1])),
    ]
    assert len({first, *others}) == 1 + len(others)
    assert version(table="calls = { timeout = 3 }\n" + head) == first
    assert version("http://user:Planted4Password5@127.0.0.1/ask?v=1") == version("http://user:Planted6Other77@127.0.0.1/ask?v=1")
    monkeypatch.setenv("BOT_TOKEN", "sk-Another0Key1For2Tests3")
    assert version() == first


def test_the_service_that_the_docs_show_is_asked_by_the_table_that_they_show(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "systems.md").read_text(encoding="utf-8")
    shown: dict[str, Any] = {}
    exec(compile(page.partition("```python\n")[2].partition("```")[0], "bot.py", "exec"), shown)  # noqa: S102 # it is ours
    url, _, table = page.partition("```python\n")[2].partition('service = "')[2].partition("```")[0].partition('"\n')
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Quiet", (shown["Bot"],), {"log_message": lambda *_: None}))
    with at_work(server):
        found = service(tmp_path, url.replace("8080", str(server.server_port)), table).answers(QUESTIONS[:2])
    assert [(answer.text, answer.contexts, answer.error) for answer in found] == [
        (f"You asked: {question.text}", (), None) for question in QUESTIONS[:2]
    ]


def _checked() -> HttpService:
    return _CHECKED[0]


_CHECKED: list[HttpService] = []


@pytest.fixture(scope="module", autouse=True)
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    def say(request: Request) -> Any:
        asked = request.fields["question"]
        return {"answer": f"{asked[:20]} [lamps]", "contexts": [{"t": DOCUMENTS[0].text, "s": 2}, {"t": "elsewhere", "s": 1}]}

    folder = tmp_path_factory.mktemp("checked")
    with serving(answering(say)) as server:
        _CHECKED.append(service(folder, server.url, '[bot.reply]\ncontexts = "/contexts"\ntext = "/t"\nscore = "/s"'))
        yield


@pytest.mark.parametrize("check", candidate_checks(_checked, QUESTIONS[:4], DOMAIN))
def test_a_service_holds_what_every_candidate_must(check: Callable[[], None]) -> None:
    check()
