"""The runtime holds one model at a time, and knows which device it may use."""

from __future__ import annotations

import weakref
from pathlib import Path

import pytest

from proctor.core.schema import InputError
from proctor.models.base.base import BaseModel
from proctor.models.runtime import GPU_NODES, Runtime, pick_device

HAS_GPU = any(Path(node).exists() for node in GPU_NODES)


def test_the_base_is_loaded_once(runtime: Runtime, base: BaseModel) -> None:
    with runtime.model_and_tokenizer(base, "none", None) as (first, _):
        pass
    with runtime.model_and_tokenizer(base, "none", None) as (second, _):
        assert second is first
    runtime.clear()
    with runtime.model_and_tokenizer(base, "none", None) as (third, _):
        assert third is not first


@pytest.mark.slow
@pytest.mark.parametrize("adapt", ["none", "lora", "full"])
def test_what_is_cleared_leaves_the_memory(runtime: Runtime, base: BaseModel, domain, questions, monkeypatch, adapt: str) -> None:
    from proctor.models.candidates.local import LocalCandidate
    from proctor.models.systems import System

    load, loaded = BaseModel.load, []

    def noted(self: BaseModel, *how: object) -> object:
        model = load(self, *how)
        loaded.append(weakref.ref(model))
        return model

    monkeypatch.setattr(BaseModel, "load", noted)
    for seed in range(2):  # what is in memory when others are cleared away leaves it, too
        LocalCandidate(System("any", adapt=adapt, rank=4, epochs=1, max_new_tokens=4), base, domain, runtime, seed).answers(
            questions
        )
    runtime.clear()
    assert len(loaded) == {"none": 1, "lora": 5, "full": 5}[adapt]  # the first to look at how the base is handled
    assert [each() for each in loaded] == [None] * len(loaded)


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "CPU", ""])
def test_unknown_devices(name: str) -> None:
    with pytest.raises(InputError, match="expected cpu, cuda"):
        pick_device(name)


@pytest.mark.skipif(HAS_GPU, reason="this machine has a GPU")
def test_without_a_gpu() -> None:
    assert pick_device("auto") == "cpu"
    with pytest.raises(InputError, match="no GPU here"):
        pick_device("cuda")


@pytest.mark.skipif(not HAS_GPU, reason="no GPU on this machine")
def test_on_a_gpu_a_candidate_trains_and_answers(tmp_path: Path, base: BaseModel, domain, questions) -> None:
    from proctor.models.candidates.local import LocalCandidate
    from proctor.models.systems import System

    system = System("hybrid", adapt="lora", retrieve="dense", rank=4, epochs=1, max_new_tokens=8)
    candidate = LocalCandidate(system, base, domain, Runtime(base.cache, "cuda"))
    assert all(answer.error is None for answer in candidate.answers(questions))
