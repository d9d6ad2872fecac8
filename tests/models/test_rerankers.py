"""Rerankers: each pair is scored once, by whom it should be, and what goes wrong is said and never guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core import http
from proctor.core.redaction import public_name
from proctor.core.schema import InputError, UnreachedError
from proctor.core.storage.cache import Cache
from proctor.evals.testing.checks import reranker_checks
from proctor.models.embedders import timing
from proctor.models.rerankers import api, cross_encoder, listwise
from proctor.models.reranking import RERANKERS, Reranking, RerankSetting
from proctor.models.retrieval.reranker import Reranker
from tests import tiny
from tests.faults.loopback import reply, serving
from tests.models.openai_servers import served
from tests.models.reranking_servers import Kind, Rerankers, reranking

KEY = "co-Planted0Key1For2Tests3"
QUESTION = "How heavy is the lamp?"
TEXTS = ["The gate opens at nine.", "How heavy is the lamp? It weighs 3 kg.", "The lamp is sold in Turin."]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RERANK_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def made(named: str, folder: Path, **asked: Any) -> Reranker:
    """As another process would make it."""
    for module in (api, listwise, cross_encoder):
        module._shared.cache_clear()
    kind, _, rest = named.partition(":")
    one: Reranker = RERANKERS[kind](rest, Reranking(**asked), Cache(folder))
    return one


def asking(server: Rerankers, folder: Path, model: str = "m", **asked: Any) -> Reranker:
    return made(f"rerank:{model}@{server.url}", folder, **asked)


def best(one: Reranker, question: str = QUESTION, texts: Sequence[str] = TEXTS) -> list[int]:
    (scores,) = one.scores([question], [texts], "cpu")
    return sorted(range(len(texts)), key=lambda place: -scores[place])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of a few thousand random weights that reads 64 tokens."""
    return cross_encoder_in(tmp_path_factory.mktemp("cross-encoder"))


def cross_encoder_in(folder: Path, labels: int = 1) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer = tiny.tokenizer(pairs=True)
    tokenizer.model_max_length = 64
    torch.manual_seed(1)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = BertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, initializer_range=0.5, num_labels=labels, pad_token_id=0, **shape
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


# cross-encoders


def test_a_cross_encoder_scores_as_sentence_transformers_does(folder: Path, tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    questions = [QUESTION, "When does the gate open?"]
    theirs = CrossEncoder(str(folder), device="cpu", local_files_only=True)
    ours = made(f"cross-encoder:{folder}", tmp_path).scores(questions, [TEXTS, TEXTS[:2]], "cpu")
    for question, texts, scores in zip(questions, [TEXTS, TEXTS[:2]], ours, strict=True):
        assert scores == pytest.approx(theirs.predict([(question, text) for text in texts]).tolist(), rel=1e-5)
    assert len({score for scores in ours for score in scores}) == 5


def test_passages_longer_than_a_cross_encoder_reads_are_counted_and_said(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = made(f"cross-encoder:{folder}", tmp_path)
    one.scores([QUESTION], [TEXTS], "cpu")
    assert one.account(QUESTION, TEXTS)["truncated"] == 0
    long = [*TEXTS, "kestrel falcon " * 40]
    one.scores([QUESTION], [long], "cpu")
    assert one.account(QUESTION, long) == {"truncated": 1}
    assert f"1 of 4 passages are longer with the question than the 64 tokens that cross-encoder:{folder} reads" in caplog.text


def test_a_cross_encoder_of_several_classes_or_pickled_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    classes = cross_encoder_in(tmp_path / "classes", labels=3)
    with pytest.raises(InputError, match=r"sorts pairs into 3 classes.*num_labels = 1"):
        made(f"cross-encoder:{classes}", tmp_path)
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_bytes((folder / "config.json").read_bytes())
    (pickled / "pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    with pytest.raises(InputError, match=r"only pickled weights \(pytorch_model.bin\), which can run code"):
        made(f"cross-encoder:{pickled}", tmp_path)
    (pickled / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="not valid JSON"):
        made(f"cross-encoder:{pickled}", tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        made("cross-encoder:./nowhere", tmp_path)


def test_another_cross_encoder_in_the_same_folder_is_another_one(tmp_path: Path) -> None:
    place = cross_encoder_in(tmp_path / "model")
    first = made(f"cross-encoder:{place}", tmp_path).version
    settings = json.loads((place / "config.json").read_text(encoding="utf-8"))
    (place / "config.json").write_text(json.dumps(settings | {"layer_norm_eps": 1e-3}), encoding="utf-8")
    assert made(f"cross-encoder:{place}", tmp_path).version != first


# behind /rerank


@pytest.mark.parametrize("kind", ["cohere", "jina", "tei"])
def test_every_kind_of_server_gives_scores_in_the_order_of_the_passages(kind: Kind, tmp_path: Path) -> None:
    with reranking(kind) as server:
        assert best(asking(server, tmp_path)) == [1, 2, 0]
        assert {fields["path"] for fields in server.asked} == {"/v1/rerank"}
        assert best(made(f"rerank:m@{server.url}/rerank", tmp_path / "b")) == [1, 2, 0]
        assert {fields["path"] for fields in server.asked} == {"/v1/rerank"}


def test_a_pair_is_asked_for_once_over_runs_and_anew_where_it_is_timed(tmp_path: Path) -> None:
    with reranking() as server:
        first = asking(server, tmp_path).scores([QUESTION, "lamp"], [TEXTS, TEXTS[:1]], "cpu")
        again = asking(server, tmp_path).scores([QUESTION, "lamp"], [[*TEXTS, "new"], TEXTS[:1]], "cpu")
        assert [fields["documents"] for fields in server.asked[2:]] == [["new"]]
        assert (again[0][:3], again[1]) == (first[0], first[1])
        with timing.timed():
            asking(server, tmp_path).scores([QUESTION], [TEXTS], "cpu")
        assert server.asked[-1]["documents"] == TEXTS


def test_another_model_or_version_is_asked_anew_and_prices_are_not(tmp_path: Path) -> None:
    with reranking() as server:
        same = [asking(server, tmp_path), asking(server, tmp_path, input_price=1.0)]
        other = [asking(server, tmp_path, "n"), asking(server, tmp_path, version="2")]
        assert len({one.version for one in same}) == 1
        assert len({one.version for one in (*same, *other)}) == 3
        for one in (*same, *other):
            one.scores([QUESTION], [TEXTS], "cpu")
        assert len(server.asked) == 3


def test_passages_go_in_requests_that_the_server_takes(tmp_path: Path) -> None:
    many = [f"passage {number}" for number in range(70)]
    with reranking("tei", at_once=32) as server:
        asking(server, tmp_path).scores([QUESTION], [many], "cpu")
        assert [len(fields["texts"]) for fields in server.asked if "texts" in fields] == [32, 32, 6]
    with reranking(at_once=10) as server:
        with pytest.raises(
            UnreachedError, match=r"batch size 70 .*set reranking\.max_inputs to what it takes at once \(now 100\)"
        ):
            asking(server, tmp_path / "b").scores([QUESTION], [many], "cpu")
        asking(server, tmp_path / "b", max_inputs=10).scores([QUESTION], [many], "cpu")


def test_a_busy_server_is_asked_again_when_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    usual = http.pause
    monkeypatch.setattr(http, "pause", lambda repeated, after="": paused.append(usual(repeated, after)) or 0.0)
    with reranking(failing={0: 429, 1: 503}, retry_after="3") as server:
        asking(server, tmp_path).check("cpu")
        assert len(server.asked) == 3
    assert paused[0] >= 3 > paused[1]


def test_what_was_scored_before_a_failure_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "RETRIES", 0)
    questions = [f"question {number}" for number in range(4)]
    with reranking(failing={2: 500}) as server:
        with pytest.raises(UnreachedError, match=r"cannot be used: status 500.*see that it runs"):
            asking(server, tmp_path, max_concurrency=1).scores(questions, [TEXTS] * 4, "cpu")
        before = len(server.asked)
        asking(server, tmp_path, max_concurrency=1).scores(questions, [TEXTS] * 4, "cpu")
        assert {fields["query"] for fields in server.asked[before:]} <= {*questions[2:]}


def test_what_it_took_is_told_of_kept_scores_as_well(tmp_path: Path) -> None:
    with reranking("cohere") as server:
        for _ in range(2):
            one = asking(server, tmp_path, request_price=0.002)
            one.scores([QUESTION], [TEXTS], "cpu")
            assert one.account(QUESTION, TEXTS) == {"requests": pytest.approx(1), "money": pytest.approx(0.002)}
    with reranking("jina") as server:
        one = asking(server, tmp_path, input_price=1_000_000.0)
        one.scores([QUESTION], [TEXTS], "cpu")
        tokens = sum(len(f"{QUESTION} {text}".split()) for text in TEXTS)
        found = {"requests": pytest.approx(1), "tokens": pytest.approx(tokens), "money": pytest.approx(tokens)}
        assert one.account(QUESTION, TEXTS) == found


def test_no_more_is_spent_than_allowed(tmp_path: Path) -> None:
    with reranking() as server:
        one = asking(server, tmp_path, request_price=3.0, max_cost=5.0, max_concurrency=1)
        with pytest.raises(UnreachedError, match="reranking has cost 6 in this run, and max_cost is 5: raise it"):
            one.scores([f"question {number}" for number in range(4)], [TEXTS] * 4, "cpu")
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>hello</html>", "no JSON"),
        (b'{"choices": []}', "another kind"),
        (b'"yes"', "another kind"),
        (b'{"error": "no such model"}', "answered with an error: no such model"),
        (b'{"results": []}', "no score of 2 of 2 passages"),
        (b'{"results": [{"index": 1, "relevance_score": 0.5}]}', r"no score of 1 of 2 passages \(the first is 0\)"),
        (b'[{"index": 0, "score": 0.5}, {"index": 0, "score": 0.5}]', "scores passage 0 twice"),
        (b'[{"index": 0, "score": 0.5}, {"index": 2, "score": 0.5}]', "scores passage 2 of 2"),
        (b'[{"index": 0, "score": 0.5}, {"index": 1, "score": null}]', "no index and score"),
        (b'[{"index": "0", "score": 0.5}]', "no index and score"),
        (b"[1, 2]", "no index and score"),
        (b'[{"index": 1, "score": 0.5, "text": "b"}, {"index": 0, "score": 1}]', ""),
    ],
)
def test_a_reply_that_holds_no_scores_is_refused(body: bytes, said: str, tmp_path: Path) -> None:
    with serving(reply(200, body)) as server:
        one = made(f"rerank:m@{server.url}", tmp_path)
        if not said:
            assert one.scores(["q"], [["a", "b"]], "cpu") == [[1.0, 0.5]]
            return
        with pytest.raises(UnreachedError, match=said):
            one.scores(["q"], [["a", "b"]], "cpu")


@given(st.permutations(range(6)), st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6))
def test_scores_are_read_whatever_their_order(places: list[int], scores: list[float]) -> None:
    rows = [{"index": place, "relevance_score": scores[place]} for place in places]
    assert api.scores_of({"results": rows}, 6) == scores
    with pytest.raises(ValueError, match="no score of 1 of 6"):
        api.scores_of({"results": rows[1:]}, 6)


def test_the_key_is_sent_and_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", KEY)
    with reranking(failing={1: 401}) as server:
        one = asking(server, tmp_path, key="MINE")
        one.scores([QUESTION], [TEXTS], "cpu")
        assert server.keys == [f"Bearer {KEY}"]
        with pytest.raises(UnreachedError, match="401") as error:
            one.scores(["more"], [TEXTS], "cpu")
    assert KEY not in str(error.value) + repr(one)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    monkeypatch.delenv("MINE")
    with pytest.raises(InputError, match="rerank:m needs a key: set MINE in the environment"):
        made("rerank:m@http://127.0.0.1:9", tmp_path, key="MINE")
    assert public_name("rerank:m@http://user:word@host/v1?api-key=1") == "rerank:m@http://host/v1"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("cross-encoder:BAAI/bge-reranker-base", ""),
        ("rerank:rerank-v3.5@https://api.cohere.com/v2", ""),
        ("openai:gpt-4o-mini", ""),
        ("openai:m@http://127.0.0.1:8000/v1", ""),
        ("cross-encoder:", "cross-encoder:NAME"),
        ("cross_encoder:x", '"cross-encoder:NAME"'),
        ("rerank:rerank-v3.5", "rerank:MODEL@URL"),
        ("rerank:m@host", "rerank:MODEL@URL"),
        ("openai:", "openai:MODEL@URL"),
        (3, '"cross-encoder:NAME"'),
    ],
)
def test_a_reranker_is_named_as_the_table_says(value: object, said: str) -> None:
    wrong = RerankSetting().wrong(value)
    assert said in wrong
    assert bool(wrong) == bool(said)


# a language model


def by_words(prompt: str) -> str:
    """A model that lists passages by the words that they share with the question."""
    from tests.models.reranking_servers import score

    lines = dict(line[1:].split("] ", 1) for line in prompt.splitlines() if line.startswith("["))
    question = next(line for line in prompt.splitlines() if line.startswith("Question: "))
    return " > ".join(f"[{number}]" for number in sorted(lines, key=lambda number: -score(question, lines[number])))


def test_a_language_model_puts_passages_in_order_and_is_asked_once(tmp_path: Path) -> None:
    with served(by_words, context=10_000) as server:
        for _ in range(2):
            one = made(f"openai:m@{server.url}", tmp_path, input_price=1.0, output_price=2.0)
            assert best(one) == [1, 2, 0]
            told = one.account(QUESTION, TEXTS)
            assert (told["requests"], told["unread"], told["written"]) == (1, 0, 5)
            assert told["money"] == pytest.approx((told["tokens"] + 2 * 5) / 1_000_000)
        assert len(server.asked) == 1
        assert server.asked[0]["temperature"] == 0


def test_a_window_slides_so_that_the_best_of_many_comes_to_the_front(tmp_path: Path) -> None:
    many = [f"passage {number}" for number in range(34)] + ["How heavy is the lamp? 3 kg."]
    with served(by_words, context=10_000) as server:
        one = made(f"openai:m@{server.url}", tmp_path)
        assert best(one, texts=many)[0] == 34
        assert one.account(QUESTION, many)["requests"] == len(server.asked) == 3


@pytest.mark.parametrize("said", ["I cannot tell.", "", "Passage 2 is best, then 3 of 4.", "[17] > [99]"])
def test_a_reply_that_cannot_be_read_leaves_the_order_and_is_counted(
    said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(lambda _: said) as server:
        one = made(f"openai:m@{server.url}", tmp_path)
        assert best(one) == [0, 1, 2]
        assert one.account(QUESTION, TEXTS)["unread"] == 1
    assert "1 of 1 replies list no passages that could be read" in caplog.text


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("[2] > [1] > [3]", [1, 0, 2]),
        ("Sure! [3]>[1]\n", [2, 0, 1]),
        ("3, 1, 2", [2, 0, 1]),
        ("2 > 2 > 1", [1, 0, 2]),
        ("[2]", [1, 0, 2]),
        ("<think>[1] first?</think>[3]", [2, 0, 1]),
    ],
)
def test_lists_are_read_in_the_forms_that_models_write(said: str, order: list[int], tmp_path: Path) -> None:
    with served(lambda _: said) as server:
        assert best(made(f"openai:m@{server.url}", tmp_path)) == order


@given(st.text(max_size=200), st.integers(1, 30))
def test_whatever_a_model_says_an_order_holds_each_passage_once(said: str, count: int) -> None:
    found = listwise.read(said, count)
    assert found is None or sorted(found) == list(range(count))


@given(st.integers(1, 200), st.integers(2, 30))
def test_windows_cover_all_passages_from_the_last_to_the_first(count: int, size: int) -> None:
    found = list(listwise.windows(count, size, max(1, size // 2)))
    assert (found[0][1], found[-1][0]) == (count, 0)
    assert all(later[1] > earlier[0] for earlier, later in pairwise(found)), "each overlaps the one before"
    assert all(0 < end - start <= size for start, end in found)


def test_a_model_without_room_or_reach_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(by_words, context=20) as server, pytest.raises(UnreachedError, match=r"no room for 3 passages.*max_inputs"):
        best(made(f"openai:m@{server.url}", tmp_path))
    monkeypatch.setattr(listwise, "RETRIES", 0)
    with served(by_words) as server, pytest.raises(UnreachedError, match=r"cannot be used: .*nobody.*see that it runs"):
        made(f"openai:nobody@{server.url}", tmp_path).check("cpu")


# all of them


@pytest.fixture
def serving_all() -> Iterator[dict[str, str]]:
    with reranking() as one, reranking("tei") as other, served(by_words, context=10**6) as third:
        yield {"cohere": f"rerank:m@{one.url}", "tei": f"rerank:m@{other.url}", "openai": f"openai:m@{third.url}"}


@pytest.mark.parametrize("kind", ["cohere", "tei", "openai", "cross-encoder"])
def test_what_proctor_brings_holds_the_checks_that_are_for_others(
    kind: str, serving_all: dict[str, str], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "RERANK_API_KEY"):
        monkeypatch.setenv(name, KEY)
    named = serving_all.get(kind, f"cross-encoder:{folder}")
    others = [lambda: made(named, tmp_path, version="2"), lambda: made(named.replace(":m@", ":n@"), tmp_path)]
    settings = [] if kind == "cross-encoder" else others
    for check in reranker_checks(lambda: made(named, tmp_path), others=settings, secrets=[KEY]):
        if kind != "cross-encoder" or check.id != "has_another_version_with_other_settings":
            check.values[0]()
