"""Embedders behind an API: each text is asked for once, within the limits, and what goes wrong is said before work is lost."""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from proctor.core.schema import Document, Domain, InputError, Question, UnreachedError
from proctor.core.storage.cache import Cache
from proctor.evals.axes import cost
from proctor.evals.testing.checks import embedder_checks
from proctor.evals.testing.of_chunkers import lost
from proctor.models.base.base import BaseModel
from proctor.models.candidates import costs
from proctor.models.candidates.endpoint import Endpoint
from proctor.models.candidates.external import Setup
from proctor.models.candidates.kinds import candidate
from proctor.models.candidates.local import LocalCandidate
from proctor.models.embedders import find, openai
from proctor.models.embedders.openai import ApiEmbedder
from proctor.models.generation.limits import Limits
from proctor.models.retrieval import search
from proctor.models.retrieval.index import Index
from proctor.models.runtime import Runtime
from proctor.models.systems import Calls, Embedding, System, load
from tests.faults.loopback import reply, serving
from tests.models.embedding_servers import Embeddings, Kind, embedding
from tests.models.openai_servers import served

KEY = "sk-Planted0Key1For2Tests3"
TEXTS = ["The gate opens at nine.", "The lamp weighs 3 kg.", "Leave is 30 days a year."]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    openai._shared.cache_clear()


def row(server: Embeddings | str, model: str = "m", **asked: Any) -> System:
    url = server if isinstance(server, str) else server.url
    return System("rag", retrieve="dense", embedder=f"openai:{model}@{url}", embedding=Embedding(**asked))


def made(server: Embeddings | str, folder: Path, model: str = "m", **asked: Any) -> ApiEmbedder:
    """As another process would make it."""
    openai._shared.cache_clear()
    return cast("ApiEmbedder", find.embedder(row(server, model, **asked), Cache(folder)))


def nearest(one: ApiEmbedder, texts: Sequence[str]) -> list[int]:
    found = one.queries(texts, "cpu") @ one.passages(texts, "cpu").T
    return [int(place) for place in found.argmax(axis=1)]


@pytest.mark.parametrize("kind", ["openai", "vllm", "tei", "ollama", "strict"])
def test_every_kind_of_server_gives_vectors_of_length_1_in_the_order_of_the_texts(kind: Kind, tmp_path: Path) -> None:
    with embedding(kind) as server:
        one = made(server, tmp_path)
        assert nearest(one, TEXTS) == [0, 1, 2]
        assert (one.passages(TEXTS, "cpu") ** 2).sum(axis=1).tolist() == pytest.approx([1, 1, 1])
        assert {fields["path"] for fields in server.asked} == {"/v1/embeddings"}


def test_what_proctor_brings_holds_the_checks_that_are_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with embedding() as server:
        others = [
            lambda: made(server, tmp_path, "n"),
            lambda: made(server, tmp_path, version="2"),
            lambda: made(server, tmp_path, query_prompt="q "),
        ]
        for check in embedder_checks(lambda: made(server, tmp_path), others=others, secrets=[KEY]):
            check.values[0]()


def test_each_text_is_asked_for_once_over_runs(tmp_path: Path) -> None:
    with embedding() as server:
        first = made(server, tmp_path).passages([*TEXTS, TEXTS[0]], "cpu")
        again = made(server, tmp_path).passages([*TEXTS[::-1], "Something new."], "cpu")
        assert server.texts == [*TEXTS, "Something new."]
    assert again[:3].tolist() == first[[2, 1, 0]].tolist()


def test_another_model_length_or_version_is_asked_anew_and_prices_are_not(tmp_path: Path) -> None:
    with embedding("openai") as server:
        same = [made(server, tmp_path), made(server, tmp_path, input_price=1.0), made(server, tmp_path, max_concurrency=1)]
        other = [made(server, tmp_path, "n"), made(server, tmp_path, dimensions=32), made(server, tmp_path, version="2")]
        assert len({one.version for one in same}) == 1
        assert len({one.version for one in (*same, *other)}) == 4
        for one in (*same, *other):
            one.passages(TEXTS[:1], "cpu")
        assert len(server.asked) == 4


def test_texts_go_in_batches_within_the_limits_of_the_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"text number {number}" for number in range(100)]
    with embedding("tei", at_once=32) as server:
        made(server, tmp_path / "a").passages(many, "cpu")
        assert sorted(len(fields["input"]) for fields in server.asked) == [4, 32, 32, 32]
    monkeypatch.setattr(openai, "TOKENS", 100)
    with embedding() as server:
        one = made(server, tmp_path / "b", max_inputs=1000)
        one.passages(many, "cpu")
        assert all(sum(map(one._count, fields["input"])) <= 100 for fields in server.asked)


def test_openai_s_own_models_are_asked_for_as_much_at_once_as_a_reply_has_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    found = {}
    for model in ("text-embedding-ada-002", "text-embedding-3-small", "text-embedding-3-large"):
        one = cast("ApiEmbedder", find.embedder(System("s", embedder=f"openai:{model}"), Cache(tmp_path)))
        found[model] = (one.window("cpu"), one._at_once)
    assert found["text-embedding-ada-002"] == found["text-embedding-3-small"] == (8191, 1085)
    assert found["text-embedding-3-large"] == (8191, 542)


def test_no_more_requests_run_together_than_allowed(tmp_path: Path) -> None:
    with embedding(pause=0.05) as server:
        made(server, tmp_path, max_inputs=1, max_concurrency=3).passages([f"text {number}" for number in range(9)], "cpu")
        assert 1 < server.most <= 3


def test_prompts_stand_before_questions_and_passages(tmp_path: Path) -> None:
    with embedding() as server:
        one = made(server, tmp_path, query_prompt="query: ", passage_prompt="passage: ")
        one.passages(["a"], "cpu")
        one.queries(["a"], "cpu")
        assert server.texts == ["passage: a", "query: a"]


def test_the_key_is_sent_and_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDING_KEY", KEY)
    with embedding(failing={1: 401}) as server:
        one = made(server, tmp_path, key="EMBEDDING_KEY")
        one.passages(TEXTS, "cpu")
        assert server.keys == [f"Bearer {KEY}"]
        with pytest.raises(UnreachedError, match="401") as error:
            one.passages(["more"], "cpu")
    assert KEY not in str(error.value) + repr(one)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_an_address_with_a_password_is_shown_without_it(tmp_path: Path) -> None:
    with embedding() as server:
        url = server.url.replace("http://", "http://user:secret-of-mine@")
        one = made(f"{url}?api-key=0123456789abcdef", tmp_path)
        one.passages(TEXTS, "cpu")
        assert one.name == f"openai:m@{server.url}"
        assert row(f"{url}?api-key=0123456789abcdef").settings["embedder"] == one.name
        assert server.asked[0]["path"] == "/v1/embeddings?api-key=0123456789abcdef"


def test_a_key_that_is_named_and_missing_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a key: set OPENAI_API_KEY"):
        find.embedder(System("s", embedder="openai:text-embedding-3-small"), Cache(tmp_path))
    with pytest.raises(InputError, match="set MINE in the environment"):
        made("http://127.0.0.1:9/v1", tmp_path, key="MINE")
    with pytest.raises(InputError, match="embedder: it names no model"):
        find.embedder(System("s", embedder="openai:"), Cache(tmp_path))


def test_one_that_cannot_be_reached_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "RETRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(InputError, match=r"cannot be used: ConnectError.*see that it runs"):
        made(url, tmp_path, timeout=20).check("cpu")


@pytest.mark.slow
def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    with embedding(failing={0: 429, 1: 503}) as server:
        made(server, tmp_path).check("cpu")
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>hello</html>", "HTML"),
        (b"{", "no JSON"),
        (b'{"choices": []}', "another kind"),
        (b'{"data": []}', "1 text sent, but 0 vectors came back"),
        (b'{"data": [{"index": 1, "embedding": [1.0]}]}', "indexes in its reply"),
        (b'{"data": [{"index": 0, "embedding": ["a"]}]}', "no list of numbers"),
        (b'{"data": [{"index": 0, "embedding": []}]}', "no list of numbers"),
        (b'{"data": [{"index": 0, "embedding": "!!!"}]}', "no list of numbers"),
        (b'{"data": [{"index": 0, "embedding": [1e39]}]}', "no finite vector"),
        (b'{"data": [{"embedding": [0.6, 0.8]}]}', ""),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_a_reply_that_is_no_vector_is_refused(body: bytes, said: str, tmp_path: Path) -> None:
    with serving(reply(200, body)) as server:
        one = made(server.url, tmp_path)
        if not said:
            assert one.passages(["a"], "cpu").tolist() == [pytest.approx([0.6, 0.8])]
            return
        with pytest.raises(UnreachedError, match=said):
            one.passages(["a"], "cpu")


def test_lengths_are_checked(tmp_path: Path) -> None:
    with embedding("tei") as server, pytest.raises(UnreachedError, match="dimensions is 32, and its vectors have 64"):
        made(server, tmp_path, dimensions=32).check("cpu")
    with embedding("vllm") as server, pytest.raises(UnreachedError, match=r"matryoshka.*leave dimensions out"):
        made(server, tmp_path, dimensions=32).check("cpu")
    with embedding("openai") as server:
        assert made(server, tmp_path, dimensions=32).passages(TEXTS, "cpu").shape == (3, 32)


def test_another_model_behind_the_same_address_is_noticed(tmp_path: Path) -> None:
    with embedding(length=64) as server:
        made(server, tmp_path).passages(TEXTS, "cpu")
        server.length = 48
        with pytest.raises(UnreachedError, match=r"48 and 64 numbers.*set embedding\.version"):
            made(server, tmp_path).check("cpu")


def test_what_was_embedded_before_a_failure_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "RETRIES", 0)
    many = [f"text number {number}" for number in range(40)]
    with embedding(failing={2: 500}) as server:
        with pytest.raises(UnreachedError, match="500"):
            made(server, tmp_path, max_inputs=10, max_concurrency=1).passages(many, "cpu")
        before = len(server.texts)
        made(server, tmp_path, max_inputs=10, max_concurrency=1).passages(many, "cpu")
        assert set(many[20:30]) <= set(server.texts[before:]) <= set(many[20:])


def test_no_more_is_spent_than_allowed(tmp_path: Path) -> None:
    with embedding() as server:
        one = made(server, tmp_path, input_price=1_000_000.0, max_cost=5.0, max_inputs=1, max_concurrency=1)
        with pytest.raises(UnreachedError, match="embedding has cost 6 in this run, and max_cost is 5"):
            one.passages(["one two three", "four five six", "seven"], "cpu")
        assert len(server.asked) == 2


def test_a_text_without_letters_has_a_vector(tmp_path: Path) -> None:
    with embedding() as server:
        assert made(server, tmp_path).passages(["", " \n"], "cpu").shape == (2, 64)
        assert made(server, tmp_path).passages([], "cpu").shape[0] == 0


def test_tokens_are_counted_by_tiktoken_where_its_table_is_there_and_else_by_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    url, model = "http://127.0.0.1:9/v1", "text-embedding-3-small"
    plain = made(url, tmp_path, model)
    assert (plain.told()["embedder_counts"], plain._count("a" * 101)) == ("2 bytes a token", 51)
    (tmp_path / openai.TABLE).write_bytes(b"")
    exact = made(url, tmp_path, model)
    assert exact.told()["embedder_counts"].startswith("tiktoken ")
    assert exact.version != plain.version
    vars(exact)["_encoding"] = type("Encoding", (), {"encode": lambda _, text, **__: text.split()})()
    assert exact._count("one two " * 5000) == 10_000
    assert exact._count("one two") == 7, "so short that it needs no counting"


def test_a_text_longer_than_the_window_is_read_in_windows_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    towns = ("Arbon", "Brugg", "Chur")
    lead = "The ferry ran as it should, and there is nothing to report of this day. " * 25
    documents = tuple(
        Document(town, f"{lead}\n\nThe bell of {town} was cast in {1700 + place}.") for place, town in enumerate(towns)
    )
    with embedding(context=60) as server:
        system = replace(row(server, max_tokens=60), chunk_chars=4000)
        index = Index(system, documents, Runtime(Cache(tmp_path)))
        found = index.retrieve([f"When was the bell of {town} cast?" for town in towns], 1)
        assert [one[0].document for one in found] == list(towns)
        assert "3 of 3 passages are longer than the 60 tokens that the embedder openai:m@" in caplog.text
        assert (index.facts()["long"], index.facts()["passages"]) == (3, 3)
        assert max(len(text.split()) for text in server.texts) <= 60


def test_documents_are_parted_by_meaning_within_the_window(tmp_path: Path) -> None:
    lines = "\n".join(f"line {number} = {number}" for number in range(60))
    text = f"Bread is baked. It is eaten. It is cut.\n\n```\n{lines}\n```\n\nThe court sat. It heard a witness. It rose."
    with embedding(context=20) as server:
        chunker = search.chunker(replace(row(server, max_tokens=20), chunker="semantic"), Cache(tmp_path), "cpu")
        assert lost(text, parts := chunker.split(text, "")) == ""
        assert len(parts) > 1
        assert max(len(one.split()) for one in server.texts) <= 20
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    down = Index(replace(row(url, timeout=1), retrieve="bm25", chunker="semantic"), (), Runtime(Cache(tmp_path)))
    with pytest.raises(InputError, match="cannot be used"):
        down.check()


def test_a_window_that_the_server_does_not_have_is_said_with_the_setting(tmp_path: Path) -> None:
    with (
        embedding(context=10) as server,
        pytest.raises(UnreachedError, match=r"maximum context length.*set embedding\.max_tokens"),
    ):
        made(server, tmp_path).passages(["word " * 50], "cpu")
    with embedding("tei", at_once=2) as server, pytest.raises(UnreachedError, match=r"set embedding\.max_inputs"):
        made(server, tmp_path).passages(["a", "b", "c"], "cpu")


DOCUMENTS = tuple(Document(f"d{number}", text) for number, text in enumerate(TEXTS))


@pytest.fixture
def build(base: BaseModel, runtime: Runtime) -> Callable[..., LocalCandidate]:
    def make(server: Embeddings | str, documents: tuple[Document, ...] = DOCUMENTS, **asked: Any) -> LocalCandidate:
        return LocalCandidate(row(server, **asked), base, Domain(documents), runtime)

    return make


def test_questions_are_embedded_together_and_once_but_anew_where_they_are_timed(build: Callable[..., LocalCandidate]) -> None:
    questions = [
        Question(f"q{number}", text) for number, text in enumerate(("When does the gate open?", "How heavy is the lamp?"))
    ]
    with embedding() as server:
        one = build(server)
        found = one.retrieve(questions, 1)
        asked = len(server.asked)
        assert server.asked[-1]["input"] == [question.text for question in questions]
        assert one.retrieve(questions, 1) == build(server).retrieve(questions, 1) == found
        assert len(server.asked) == asked
        look_up = one.index.searcher(1)
        assert [look_up([question.text])[0] for question in questions] == found
        assert [fields["input"] for fields in server.asked[asked:]] == [[question.text] for question in questions]


def test_what_an_index_took_is_among_the_costs(build: Callable[..., LocalCandidate]) -> None:
    with embedding() as server:
        found = build(server, input_price=2.0).costs()
        words = sum(len(text.split()) for text in TEXTS)
        assert (found["index_tokens"], found["index_money"]) == (words, pytest.approx(words * 2 / 1_000_000))
        assert "index_money" not in build(server).costs()
        said = {"long": 0, "vectors": 3, "embedded": 3, "tokens": words, "passages": 3}
        assert said.items() <= build(server).describe()["index"].items()
    scores = {one.metric.name: one.score.value for one in cost._totals(found)}
    assert (scores["cost.index_tokens"], scores["cost.index_money"]) == (words, pytest.approx(words * 2 / 1_000_000))


def test_an_index_of_vectors_that_were_kept_says_that_they_took_no_time(tmp_path: Path) -> None:
    with embedding() as server:
        first = Index(row(server), DOCUMENTS, Runtime(Cache(tmp_path)))
        assert "kept" not in str(costs.of_index(first.folder())["index_caution"])
        openai._shared.cache_clear()
        again = Index(
            replace(row(server), min_score=None), (*DOCUMENTS, Document("d9", "Something new.")), Runtime(Cache(tmp_path))
        )
        told = costs.of_index(again.folder())
    assert str(told["index_caution"]).endswith("3 of 4 vectors were kept from an earlier run")
    assert told["index_tokens"] == 18


def test_an_update_embeds_what_is_new_alone(build: Callable[..., LocalCandidate]) -> None:
    with embedding() as server:
        old = build(server)
        old.costs()
        new = old.reindexed(Domain((*DOCUMENTS[:2], Document("d2", "Leave is 25 days a year."))))
        before = len(server.texts)
        told = new.costs()
        assert server.texts[before:] == ["Leave is 25 days a year."]
        assert told["index_tokens"] == 6


def test_a_served_model_looks_up_with_a_served_embedder(tmp_path: Path) -> None:
    with embedding() as server, served(lambda _: "yes") as model:
        system = replace(row(server), endpoint=f"openai:m@{model.url}", calls=Calls(max_concurrency=1))
        one = cast("Endpoint", candidate(system, None, Setup(Domain(DOCUMENTS), Runtime(Cache(tmp_path)), "tiny", Limits())))
        one.check()
        (answer,) = one.answers([Question("q", "How heavy is the lamp?")])
        assert answer.contexts is not None
        assert answer.contexts[0].document == "d1"
        assert one.describe()["settings"]["embedder"] == f"openai:m@{server.url}"
        assert one.costs()["index_tokens"] == sum(len(text.split()) for text in TEXTS)


def test_an_embedder_that_goes_away_leaves_the_system_unmeasured_and_not_the_exam(
    build: Callable[..., LocalCandidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai, "RETRIES", 0)
    with embedding(failing=dict.fromkeys(range(99), 500)) as server, pytest.raises(UnreachedError, match="cannot be used"):
        build(server).answers([Question("q", "Is it open?")])


def test_a_table_says_where_an_embedder_is_asked_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    table = tmp_path / "systems.toml"

    def said(text: str) -> str:
        table.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as error:
            load(table)
        return str(error.value)

    good = '[rag]\nretrieve = "dense"\nembedder = "openai:m@http://h/v1"\nembedding = { dimensions = 256, input_price = 0.02 }\n'
    table.write_text(good, encoding="utf-8")
    assert load(table)["rag"].embedding == Embedding(dimensions=256, input_price=0.02)
    assert "embedding: the embedder 'minilm' runs here" in said('[rag]\nretrieve = "dense"\nembedding = { dimensions = 256 }\n')
    assert "embedding.max_cost: nothing says what a token costs" in said(good.replace("input_price = 0.02", "max_cost = 1"))
    assert 'rag.chunker: expected "recursive", "sentences", "markdown", "tokens" or "semantic"' in said(
        '[rag]\nchunker = "pages"\n'
    )
    assert 'chunk_tokens: only the chunker "tokens" counts them' in said("[rag]\nchunk_tokens = 100\n")


def test_settings_of_a_run_say_nothing_of_what_is_not_set() -> None:
    assert not {"chunker", "chunk_tokens", "embedding"} & System("rag", retrieve="dense").settings.keys()
    told = System("rag", retrieve="dense", chunker="markdown", embedding=Embedding(dimensions=8)).settings
    assert (told["chunker"], json.loads(json.dumps(told["embedding"]))["dimensions"]) == ("markdown", 8)
    assert not math.isnan(told["chunk_chars"])
