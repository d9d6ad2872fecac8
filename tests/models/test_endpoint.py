"""A served model in place of local weights: the same prompts, the same ends of answers, and what its server says of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from proctor.core.schema import Answer, Document, Domain, Example, InputError, Question
from proctor.core.storage.cache import Cache
from proctor.evals.testing.checks import candidate_checks
from proctor.models.base import base as base_models
from proctor.models.candidates import kinds
from proctor.models.candidates.endpoint import Endpoint
from proctor.models.candidates.external import Setup
from proctor.models.generation.limits import Limits
from proctor.models.prompts import prompts
from proctor.models.runtime import Runtime
from proctor.models.systems import Calls, OpenAI, System
from tests.faults.loopback import reply, serving
from tests.models.openai_servers import Kind, Served, served

DOCUMENTS = (
    Document("ada", "Ada Rossi lives in the town of Turin."),
    Document("bob", "Bob Weber lives in the town of Rome."),
    Document("eve", "Eve Novak lives in the town of Oslo."),
)
DOMAIN = Domain(DOCUMENTS, (Example("Where does Jan live?", "Bonn"),), "Answer briefly.", "Name the place alone.")
QUESTIONS = [Question(one.id, f"In which town does {one.text.partition(' lives')[0]} live?") for one in DOCUMENTS]
COMPLETIONS = OpenAI(api="completions")
KEY = "sk-Planted0Key1For2Tests3"


def look(prompt: str) -> str:
    """Reads the first of its passages that names whom the question is about, as a base model that goes on and on."""
    name = prompt.rpartition("town does ")[2].partition(" live")[0]
    place = next(
        (line.split()[-1].strip(".") for line in prompt.splitlines() if line.startswith("[") and name in line), "unknown"
    )
    return f" {place}\nQuestion: And who else?\nAnswer: Nobody"


def chat(prompt: str) -> str:
    return look(prompt).partition("\n")[0].strip()


def made(server: Served | str, folder: Path, *, domain: Domain = DOMAIN, model: str = "m", seed: int = 0, **row: Any) -> Endpoint:
    url = server if isinstance(server, str) else server.url
    system = System("bot", **{"endpoint": f"openai:{model}@{url}", **row})
    setup = Setup(domain, Runtime(Cache(folder)), "tiny", Limits())
    return cast("Endpoint", kinds.candidate(system, cast("Any", None), setup, seed))


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_a_completion_ends_where_a_local_answer_would(tmp_path: Path) -> None:
    with served(look) as server:
        found = made(server, tmp_path, retrieve="bm25", openai=COMPLETIONS).answers(QUESTIONS)
    assert [(one.text, one.stop) for one in found] == [("Turin", "line"), ("Rome", "line"), ("Oslo", "line")]
    assert [len(one.contexts or ()) for one in found] == [3, 3, 3]
    assert server.asked[0]["stop"] == ["\n", "\nQuestion:"]


def test_a_server_that_knows_no_stops_is_cut_at_the_same_end(tmp_path: Path) -> None:
    with served(look, "tgi") as server:
        found = made(server, tmp_path, retrieve="bm25", openai=COMPLETIONS).answers(QUESTIONS)
    assert [(one.text, one.stop) for one in found] == [("Turin", "line"), ("Rome", "line"), ("Oslo", "line")]


def test_blanks_before_an_answer_are_no_end_of_it(tmp_path: Path) -> None:
    with served(lambda _: "\n Turin\nQuestion: Who?") as server:
        (found,) = made(server, tmp_path, openai=COMPLETIONS).answers(QUESTIONS[:1])
    assert (found.text, found.stop, len(server.asked)) == ("Turin", "line", 2)


@pytest.mark.parametrize("retrieve", ["none", "bm25"])
def test_the_prompt_is_the_local_system_s_byte_for_byte(retrieve: str, tmp_path: Path) -> None:
    base = base_models.find(str(base_models.EMBEDDED), Cache(tmp_path))
    system = System("rag", retrieve=retrieve, few_shot=1)
    local = kinds.candidate(system, base, Setup(DOMAIN, Runtime(Cache(tmp_path)), "tiny"))
    with served(look) as server:
        there = made(server, tmp_path, retrieve=retrieve, few_shot=1, openai=COMPLETIONS).answers(QUESTIONS[:1])
    (here,) = cast("Any", local).answers(QUESTIONS[:1])
    assert (there[0].contexts, there[0].prompt) == (here.contexts, here.prompt)
    passages = prompts.passages(here.contexts or ())
    assert server.prompts == [here.prompt.replace("\N{OBJECT REPLACEMENT CHARACTER}", passages)]


@pytest.mark.parametrize("kind", ["vllm", "tgi", "ollama", "openai", "strict"])
def test_each_kind_of_server_is_asked_for_as_much_as_it_understands(kind: Kind, tmp_path: Path) -> None:
    with served(chat, kind) as server:
        candidate = made(server, tmp_path, retrieve="bm25", calls=Calls(max_concurrency=1))
        found = candidate.answers(QUESTIONS)
    assert [(one.text, one.stop, one.error) for one in found] == [(place, "end", None) for place in ("Turin", "Rome", "Oslo")]
    last = set(server.asked[-1]) - {"path", "model", "messages"}
    assert last == {
        "openai": {"max_completion_tokens", "seed"},
        "strict": {"max_tokens", "temperature"},
    }.get(kind, {"max_tokens", "temperature", "seed"})
    assert len(server.asked) == len(QUESTIONS) + {"openai": 2, "strict": 1}.get(kind, 0)
    assert all(one.prompt_tokens and one.tokens for one in found)


@pytest.mark.parametrize("kind", ["vllm", "tgi"])
def test_of_passages_for_which_the_server_has_no_room_the_worst_are_left_out(kind: Kind, tmp_path: Path) -> None:
    with served(chat, kind, context=60) as server:
        candidate = made(server, tmp_path, retrieve="bm25", max_new_tokens=30, calls=Calls(max_concurrency=1))
        (found,) = candidate.answers(QUESTIONS[:1])
    assert found.text == "Turin"
    assert (found.cut, [one.document for one in found.contexts or ()]) == (1, ["ada", "bob"])
    assert "passages were left out" in found.caution


def test_an_answer_that_is_cut_off_for_want_of_room_is_asked_for_again_with_fewer_passages(tmp_path: Path) -> None:
    with served(lambda _: "one two three four five six", context=42, clamps=True) as server:
        (found,) = made(server, tmp_path, retrieve="bm25", calls=Calls(max_concurrency=1)).answers(QUESTIONS[:1])
    assert (found.text, found.cut, len(found.contexts or ())) == ("one two three four five six", 1, 2)


def test_a_limit_of_the_server_s_own_costs_no_passages(tmp_path: Path) -> None:
    with served(lambda _: "one two three four five six", limit=4) as server:
        (found,) = made(server, tmp_path, retrieve="bm25", calls=Calls(max_concurrency=1)).answers(QUESTIONS[:1])
    assert (found.text, found.stop, found.cut, len(server.asked)) == ("one two three four", "length", 0, 2)


def test_a_question_for_which_there_is_no_room_costs_itself_alone(tmp_path: Path) -> None:
    long = Question("long", "Where is " + "x " * 200)
    with served(chat, context=100) as server:
        found = made(server, tmp_path).answers([QUESTIONS[0], *[long], *QUESTIONS[1:]])
    assert [bool(one.error) for one in found] == [False, True, False, False]
    assert "maximum context length is 100" in str(found[1].error)


@pytest.mark.parametrize(
    ("kind", "said", "thinks"),
    [
        ("vllm", "Turin", "Let me see. It is there."),
        ("ollama", "Turin", "Let me see. It is there."),
        ("tgi", "<think>\nLet me see. It is there.\n</think>\n\nTurin", ""),
        ("tgi", "Let me see. It is there.\n</think>\n\nTurin", ""),
    ],
    ids=["apart", "apart by another name", "in the text", "begun by the template"],
)
def test_a_thought_is_taken_off_and_counted(kind: Kind, said: str, thinks: str, tmp_path: Path) -> None:
    with served(lambda _: said, kind, thinks=thinks) as server:
        (found,) = made(server, tmp_path, openai=OpenAI(thought_tokens=100)).answers(QUESTIONS[:1])
    assert (found.text, found.stop) == ("Turin", "end")
    assert 5 <= found.thought < found.tokens
    assert server.asked[0]["max_tokens"] == 132


def test_a_thought_without_end_leaves_the_answer_unsaid_and_what_to_do_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("proctor"), "propagate", True)
    with served(lambda _: "<think>" + " so" * 99) as server:
        found = made(server, tmp_path).answers(QUESTIONS)
    assert all(one.unsaid and one.stop == "length" for one in found)
    assert caplog.text.count("give them room with thought_tokens") == 1


def test_what_is_cut_off_at_once_is_unsaid(tmp_path: Path) -> None:
    body = b'{"choices": [{"message": {"content": ""}, "finish_reason": "length"}], "usage": {"completion_tokens": 3}}'
    with serving(reply(200, body)) as server:
        (found,) = made(server.url, tmp_path).answers(QUESTIONS[:1])
    assert found.unsaid


def test_citations_are_read_as_of_local_answers(tmp_path: Path) -> None:
    with served(lambda _: "Turin [ada], not Rome [2]") as server:
        (found,) = made(server, tmp_path, retrieve="bm25").answers(QUESTIONS[:1])
    assert found.citations == ("ada", (found.contexts or ())[1].document)


def test_further_fields_are_sent_and_change_the_version(tmp_path: Path) -> None:
    body = {"chat_template_kwargs": {"enable_thinking": False}}
    with served(chat) as server:
        plain, told = made(server, tmp_path), made(server, tmp_path, openai=OpenAI(body=body))
        told.answers(QUESTIONS[:1])
    assert server.asked[0]["chat_template_kwargs"] == {"enable_thinking": False}
    assert plain.version != told.version


def test_what_failed_is_asked_again_and_nothing_else(tmp_path: Path) -> None:
    broken = True

    def say(prompt: str) -> str:
        return "" if broken and "Bob" in prompt else chat(prompt)

    def refuse(one: Served) -> Callable[..., None]:
        treat = one.treat

        def treated(connection: Any, request: Any) -> None:
            if broken and b"Bob" in request.body:
                reply(400, b'{"error": {"message": "no"}}')(connection, request)
            else:
                treat(connection, request)

        return treated

    one = Served(say)
    with serving(refuse(one)) as one.server:
        first = made(one, tmp_path).answers(QUESTIONS)
        broken = False
        second = made(one, tmp_path).answers(QUESTIONS)
    assert [bool(answer.error) for answer in first] == [False, True, False]
    assert [answer.error for answer in second] == [None, None, None]
    assert len(one.asked) == len(QUESTIONS)


def test_the_number_of_the_repeat_is_the_seed_and_has_answers_of_its_own(tmp_path: Path) -> None:
    with served(chat) as server:
        for seed in (0, 1, 1):
            made(server, tmp_path, seed=seed).answers(QUESTIONS[:1])
    assert [fields["seed"] for fields in server.asked] == [0, 1]


def test_retry_after_is_kept_to_and_a_busy_server_answers_in_the_end(tmp_path: Path) -> None:
    one, busy = Served(chat), [True]

    def treat(connection: Any, request: Any) -> None:
        if busy.pop() if busy else False:
            reply(429, b"{}", "Retry-After: 0.3")(connection, request)
        else:
            one.treat(connection, request)

    with serving(treat) as one.server:
        (found,) = made(one, tmp_path).answers(QUESTIONS[:1])
        assert len(one.server.requests) == 2
    assert (found.error, found.seconds >= 0.3) == (None, True)


def test_a_server_that_asks_for_too_long_a_pause_costs_no_more_than_the_time_limit(tmp_path: Path) -> None:
    with serving(reply(429, b"{}", "Retry-After: 60")) as server:
        (found,) = made(server.url, tmp_path, calls=Calls(timeout=0.5)).answers(QUESTIONS[:1])
        assert len(server.requests) == 1
    assert "status 429" in str(found.error)


def test_a_model_that_is_not_there_ends_the_run_with_what_the_server_says(tmp_path: Path) -> None:
    many = [Question(f"q{number}", f"Who is {number}?") for number in range(30)]
    with served(chat) as server, pytest.raises(InputError, match="does not exist"):
        made(server, tmp_path, model="nobody", calls=Calls(max_concurrency=2)).answers(many)
    assert len(server.asked) < 10


@pytest.mark.slow
def test_after_a_server_has_died_the_next_run_asks_the_rest_and_nothing_twice(tmp_path: Path) -> None:
    many = [Question(f"q{number}", f"Who is {number}?") for number in range(40)]
    one = Served(lambda prompt: prompt.rpartition("Who is ")[2])

    def dying(connection: Any, request: Any) -> None:
        if len(one.asked) < 15:
            one.treat(connection, request)

    treats: list[Any] = [dying]

    def treat(connection: Any, request: Any) -> None:
        treats[-1](connection, request)

    with serving(treat) as one.server:
        calls = Calls(max_concurrency=4, timeout=2.0)
        with pytest.raises(InputError, match="5 calls in a row failed"):
            made(one, tmp_path, calls=calls).answers(many)
        treats.append(one.treat)
        found = made(one, tmp_path, calls=calls).answers(many)
    assert all(answer.error is None for answer in found)
    assert sorted(one.prompts) == sorted(prompts.prompt(DOMAIN.instruction, question.text) for question in many)


def test_adapters_are_models_of_their_own_names(tmp_path: Path) -> None:
    with served(chat) as server:
        made(server, tmp_path, model="adapter").answers(QUESTIONS[:1])
        assert made(server, tmp_path, model="adapter").version != made(server, tmp_path).version
    assert server.asked[0]["model"] == "adapter"


def test_the_key_goes_to_the_server_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    one = Served(lambda _: f"It is {KEY}")
    with serving(one.treat) as one.server:
        url = one.url.replace("//", "//user:Planted4Password5@") + "?api-key=Planted6Parameter7"
        candidate = made(url, tmp_path, openai=OpenAI(key="MY_KEY"))
        plain = made(one.url.replace("//", "//user:Planted4Password5@"), tmp_path, openai=OpenAI(key="MY_KEY"))
        (found,) = candidate.answers(QUESTIONS[:1])
        told = f"{found} {candidate.describe()} {candidate.fingerprint} {candidate.version}"
        assert one.server.requests[0].line.startswith("POST /v1/chat/completions?api-key=Planted6")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (KEY, "Planted4Password5", "Planted6Parameter7"):
        assert secret not in told
        assert secret.encode() not in kept
    assert candidate.version == plain.version


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"endpoint": "anthropic:m"}, "write openai:MODEL"),
        ({"endpoint": "openai:"}, "names no model"),
        ({"endpoint": "openai:m"}, "needs a key: set OPENAI_API_KEY"),
        ({"endpoint": "openai:m@http://127.0.0.1:1/v1", "openai": OpenAI(key="NOT_SET")}, "set NOT_SET"),
        ({"endpoint": "openai:m@http://h:nine/v1"}, "cannot be read"),
        ({"endpoint": "openai:m@http://127.0.0.1:1/v1", "few_shot": 2, "domain": Domain(DOCUMENTS)}, "train.jsonl"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_asked(row: dict[str, Any], said: str, tmp_path: Path) -> None:
    domain = row.pop("domain", DOMAIN)
    with pytest.raises(InputError, match=said):
        made("", tmp_path, domain=domain, **row)


def test_the_address_and_key_of_the_environment_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(chat) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        candidate = made("", tmp_path, endpoint="openai:m")
        candidate.answers(QUESTIONS[:1])
        assert server.server is not None
        assert server.server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert candidate.describe()["settings"]["endpoint"] == f"openai:m@{server.url}"


@pytest.mark.parametrize("kind", ["vllm", "tgi", "ollama"])
@pytest.mark.parametrize("api", ["chat", "completions"])
def test_streamed_answers_are_timed_until_the_first_token_and_the_end(kind: Kind, api: Any, tmp_path: Path) -> None:
    with served(lambda _: " one two three four", kind, pause=0.05) as server:
        candidate = made(server, tmp_path, retrieve="bm25", openai=OpenAI(api=api))
        found = candidate.one_by_one(QUESTIONS)
    for one in found:
        assert one.error is None
        assert one.prefill >= 0.05
        assert one.decoding > 0
        assert one.retrieval + one.prefill + one.decoding == pytest.approx(one.seconds, abs=1e-6)
        assert (one.tokens, one.passes) == (4, 3)
        assert one.prompt_tokens > 0


def test_what_a_server_refuses_is_left_out_of_streamed_requests_too(tmp_path: Path) -> None:
    with served(chat, "openai") as server:
        found = made(server, tmp_path).one_by_one(QUESTIONS[:2])
    assert [one.error for one in found] == [None, None]
    assert len(server.asked) == 4


def test_a_timed_answer_is_the_whole_one_though_blanks_come_before_it(tmp_path: Path) -> None:
    with served(lambda _: "\n Turin it is\nQuestion: Who?") as server:
        (found,) = made(server, tmp_path, openai=COMPLETIONS).one_by_one(QUESTIONS[:1])
    assert (found.error, found.tokens, len(server.asked)) == (None, 3, 2)


def test_a_server_that_does_not_stream_has_no_times_and_says_why(tmp_path: Path) -> None:
    body = b'{"choices": [{"message": {"content": "Turin"}, "finish_reason": "stop"}]}'
    with serving(reply(200, body)) as server:
        (found,) = made(server.url, tmp_path).one_by_one(QUESTIONS[:1])
    assert "does not stream" in str(found.error)


def test_timings_count_as_calls_that_are_paid(tmp_path: Path) -> None:
    calls = Calls(input_price=1e6, output_price=1e6, max_cost=20.0)
    with served(chat) as server:
        candidate = made(server, tmp_path, calls=calls)
        found = candidate.one_by_one(QUESTIONS)
    assert (found[0].error, "max_cost" in str(found[-1].error)) == (None, True)
    assert len(server.asked) < 3


def test_passages_of_another_s_choice_are_read_and_kept(tmp_path: Path) -> None:
    with served(chat) as server:
        candidate = made(server, tmp_path, retrieve="bm25")
        shown = [(passages[0],) for passages in candidate.retrieve(QUESTIONS, 1)]
        found = candidate.answers_given_contexts(QUESTIONS, shown)
        assert candidate.answers_given_contexts(QUESTIONS, shown) == found
        nothing = candidate.answers_given_contexts(QUESTIONS[:1], [()])
    assert [one.text for one in found] == ["Turin", "Rome", "Oslo"]
    assert nothing[0].text == "unknown"
    assert len(server.asked) == 4


def test_with_other_documents_it_answers_from_those_and_calls_are_counted_together(tmp_path: Path) -> None:
    with served(chat) as server:
        candidate = made(server, tmp_path, retrieve="bm25")
        moved = candidate.reindexed(Domain((Document("ada", "Ada Rossi lives in the town of Genoa."), *DOCUMENTS[1:])))
        assert [one.answers(QUESTIONS[:1])[0].text for one in (candidate, moved)] == ["Turin", "Genoa"]
        assert moved._caller is candidate._caller


def test_of_likelihoods_only_the_continuation_counts(tmp_path: Path) -> None:
    with served(chat) as server:
        candidate = made(server, tmp_path, openai=OpenAI(logprobs=True))
        assert candidate.likelihoods([("The sky is", " blue"), ("The sky is", " a cow")]) == [(-5.0, False), (-6.0, False)]


def test_a_server_without_log_probabilities_says_so(tmp_path: Path) -> None:
    with serving(reply(200, b'{"choices": [{"text": "The sky is blue", "logprobs": null}]}')) as server:
        candidate = made(server.url, tmp_path, openai=OpenAI(logprobs=True))
        with pytest.raises(OSError, match="gives no log-probabilities"):
            candidate.likelihoods([("The sky is", " blue")])


CHECKED: dict[str, Any] = {}


@pytest.fixture(scope="module", autouse=True)
def _checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with served(look) as server:
        CHECKED.update(server=server, folder=tmp_path_factory.mktemp("checks"))
        yield


def _making(**row: Any) -> Callable[[], Endpoint]:
    asked = OpenAI(api="completions", logprobs=True)
    return lambda: made(CHECKED["server"], CHECKED["folder"], retrieve="bm25", openai=asked, **row)


@pytest.mark.parametrize(
    "check", candidate_checks(_making(), QUESTIONS, DOMAIN, others=[_making(top_k=1), _making(max_new_tokens=3)])
)
def test_it_holds_what_every_system_must(check: Callable[[], None]) -> None:
    check()


def test_answers_of_other_settings_are_not_mixed_up(tmp_path: Path) -> None:
    with served(look) as server:
        one = made(server, tmp_path, openai=COMPLETIONS)
        versions = {
            one.version,
            made(server, tmp_path).version,
            made(server, tmp_path, openai=COMPLETIONS, max_new_tokens=7).version,
            made(server, tmp_path, openai=COMPLETIONS, few_shot=1).version,
            made(server, tmp_path, openai=COMPLETIONS, retrieve="bm25").version,
            made(server, tmp_path, openai=COMPLETIONS, version="2").version,
            made(server, tmp_path, openai=OpenAI(api="completions", thought_tokens=5)).version,
        }
        assert len(versions) == 7
        assert made(server, tmp_path, openai=COMPLETIONS, calls=Calls(max_concurrency=1, timeout=3)).version == one.version


def test_a_refusal_is_the_answer_and_a_withheld_one_is_none(tmp_path: Path) -> None:
    refused = b'{"choices": [{"message": {"content": null, "refusal": "I cannot."}, "finish_reason": "stop"}]}'
    withheld = b'{"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]}'
    found: list[Answer] = []
    for body in (refused, withheld):
        with serving(reply(200, body)) as server:
            found += made(server.url, tmp_path).answers(QUESTIONS[:1])
    assert found[0].text == "I cannot."
    assert "content filter" in str(found[1].error)
