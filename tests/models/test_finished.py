"""Weights that were trained elsewhere: adapters of peft and whole checkpoints, loaded as they are, or refused with reasons."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import Domain, InputError, Question
from proctor.core.storage.cache import Cache
from proctor.evals.axes import data_efficiency
from proctor.evals.candidate import lacking
from proctor.models import comparability
from proctor.models.base.base import BaseModel, find
from proctor.models.candidates.costs import UNKNOWN
from proctor.models.candidates.local import LocalCandidate
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from proctor.models.training.finished import ELSEWHERE
from tests import tiny

KINDS: dict[str, dict[str, Any]] = {
    "LoRA": {},
    "DoRA": {"use_dora": True},
    "rsLoRA": {"use_rslora": True},
    "LoRA of several ranks": {"rank_pattern": {"q_proj": 2}, "target_modules": ["q_proj", "o_proj"]},
}


def adapter(base: Path, folder: Path, **settings: Any) -> Path:
    """What peft saves of an adapter with random matrices."""
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    chosen = {"r": 4, "target_modules": "all-linear", "task_type": "CAUSAL_LM", "init_lora_weights": False} | settings
    model = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), peft.LoraConfig(**chosen))
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def lora(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return adapter(tiny_llama, tmp_path_factory.mktemp("adapters") / "lora")


@pytest.fixture
def candidate(base: BaseModel, domain: Domain, runtime: Runtime) -> Callable[..., LocalCandidate]:
    def made(weights: Path, adapt: Any = "lora", **row: Any) -> LocalCandidate:
        system = System("tuned", adapt=adapt, weights=str(weights), max_new_tokens=8, **row)
        return LocalCandidate(system, base, domain, runtime)

    return made


def logits(model: Any, tokenizer: Any) -> Any:
    import torch

    with torch.no_grad():
        return model(torch.tensor([tokenizer("how long is the kestrel covered ?")["input_ids"]])).logits


@pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)
def test_an_adapter_says_what_peft_makes_of_it(
    tiny_llama: Path, tmp_path: Path, candidate: Callable[..., LocalCandidate], settings: dict[str, Any]
) -> None:
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    folder = adapter(tiny_llama, tmp_path / "adapter", **settings)
    theirs = peft.PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_llama), folder).eval()
    plain = AutoModelForCausalLM.from_pretrained(tiny_llama).eval()
    with candidate(folder).model_and_tokenizer() as (model, tokenizer):
        ours = logits(model, tokenizer)
        assert torch.equal(ours, logits(theirs, tokenizer))
        assert not torch.allclose(ours, logits(plain, tokenizer))


def test_a_checkpoint_says_what_transformers_makes_of_it(tmp_path: Path, candidate: Callable[..., LocalCandidate]) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    folder = tiny.causal_lm(tmp_path / "full", seed=3)
    for path in folder.glob("tokenizer*"):
        path.unlink()  # what a trainer leaves need not have one: the base's is used
    theirs = AutoModelForCausalLM.from_pretrained(folder).eval()
    with candidate(folder, "full").model_and_tokenizer() as (model, tokenizer):
        assert torch.equal(logits(model, tokenizer), logits(theirs, tokenizer))


def test_nothing_is_trained_and_no_examples_are_needed(
    candidate: Callable[..., LocalCandidate], lora: Path, questions: tuple[Question, ...], runtime: Runtime, domain: Domain
) -> None:
    tuned = replace(candidate(lora), domain=replace(domain, examples=()))
    assert tuned.trained
    assert tuned.training() == {}
    assert not any(answer.error for answer in tuned.answers(questions[:2]))
    assert not (runtime.cache.folder / "adapted").exists()


def test_what_would_train_it_is_not_applicable_and_says_why(candidate: Callable[..., LocalCandidate], lora: Path) -> None:
    tuned = candidate(lora)
    assert "trains" not in tuned.abilities
    assert {"weights", "reads", "reindexes", "times", "costs"} <= tuned.abilities
    assert lacking(tuned, data_efficiency.AXIS.needs) == ELSEWHERE


def test_what_its_training_took_is_unknown_unless_a_report_of_an_export_says_so(
    candidate: Callable[..., LocalCandidate], lora: Path, tmp_path: Path
) -> None:
    found = candidate(lora).costs()
    assert [found[name] for name in ("train_flops", "train_seconds", "peak_bytes", "energy_joules")] == [UNKNOWN] * 4
    needed = ("adapter_config.json", "adapter_model.safetensors")
    assert found["artifact_bytes"] == sum((lora / name).stat().st_size for name in needed)
    exported = Path(shutil.copytree(lora, tmp_path / "exported"))
    report = {"flops": 12.0, "uncounted": "", "seconds": 3.0, "peak_bytes": 5, "energy_joules": None, "resumed": False}
    (exported / "training.json").write_text(json.dumps(report))
    found = candidate(exported).costs()
    assert (found["train_flops"], found["train_seconds"]) == (12.0, 3.0)
    assert "trained_elsewhere" not in found
    (exported / "training.json").write_text('{"loss": 1}')  # some other tool's
    assert candidate(exported).costs()["train_seconds"] == UNKNOWN


def test_its_version_is_that_of_its_content(
    candidate: Callable[..., LocalCandidate], lora: Path, tmp_path: Path, tiny_llama: Path
) -> None:
    first = candidate(lora).version
    assert candidate(Path(shutil.copytree(lora, tmp_path / "copy"))).version == first
    assert candidate(adapter(tiny_llama, tmp_path / "other", r=2)).version != first


def test_that_nobody_knows_what_it_was_trained_on_is_said(
    candidate: Callable[..., LocalCandidate], lora: Path, questions: tuple[Question, ...]
) -> None:
    assert any(ELSEWHERE in reason for reason in comparability._reasons(candidate(lora), questions))


def test_the_only_adapter_in_a_folder_is_taken_and_of_several_one_must_be_named(
    candidate: Callable[..., LocalCandidate], lora: Path, tmp_path: Path
) -> None:
    shutil.copytree(lora, tmp_path / "adapters" / "legal")
    assert candidate(tmp_path / "adapters").version == candidate(lora).version
    shutil.copytree(lora, tmp_path / "adapters" / "support")
    with pytest.raises(InputError, match="adapters has several adapters, in legal, support: name the folder of one"):
        candidate(tmp_path / "adapters")
    assert candidate(tmp_path / "adapters" / "legal").version == candidate(lora).version


def changed(folder: Path, name: str, **settings: Any) -> None:
    told = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(told | settings))


def pickled(folder: Path) -> None:
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")


def without(folder: Path, end: str) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "adapter_model.safetensors"
    save_file({name: tensor for name, tensor in load_file(path).items() if end not in name}, path)


BROKEN: dict[str, tuple[Callable[[Path], Any], str]] = {
    "another kind": (
        lambda folder: changed(folder, "adapter_config.json", peft_type="IA3"),
        r"system tuned: weights: .*adapter_config.json: peft_type is 'IA3', and only LORA is examined",
    ),
    "another task": (
        lambda folder: changed(folder, "adapter_config.json", task_type="SEQ_CLS"),
        "adapter_config.json: task_type is 'SEQ_CLS': it does not write text",
    ),
    "another rank": (
        lambda folder: changed(folder, "adapter_config.json", r=8),
        "adapter_config.json: r is 8, and adapter_model.safetensors holds matrices of rank 4",
    ),
    "pickled": (pickled, "adapter_model.safetensors is missing; adapter_model.bin is pickled, and not loaded"),
    "torn": (
        lambda folder: (folder / "adapter_model.safetensors").write_bytes(b"12"),
        "adapter_model.safetensors is not a whole safetensors file",
    ),
    "no settings": (lambda folder: (folder / "adapter_config.json").unlink(), "adapter_config.json is missing; name the folder"),
    "no matrices": (lambda folder: without(folder, "lora_A"), "holds no LoRA matrices"),
}


@pytest.mark.parametrize(("break_it", "said"), BROKEN.values(), ids=BROKEN)
def test_an_adapter_that_cannot_be_used_is_refused_at_once(
    candidate: Callable[..., LocalCandidate], lora: Path, tmp_path: Path, break_it: Callable[[Path], Any], said: str
) -> None:
    folder = Path(shutil.copytree(lora, tmp_path / "broken"))
    break_it(folder)
    with pytest.raises(InputError, match=said):
        candidate(folder)


def test_an_adapter_that_is_not_whole_is_not_taken_for_one_that_changes_little(
    candidate: Callable[..., LocalCandidate], lora: Path, tmp_path: Path, questions: tuple[Question, ...]
) -> None:
    folder = Path(shutil.copytree(lora, tmp_path / "half"))
    without(folder, "layers.0.self_attn.q_proj")
    with pytest.raises(InputError, match="the adapter is not whole"):
        candidate(folder).answers(questions[:1])


def test_an_adapter_of_another_model_is_refused_with_what_differs(
    candidate: Callable[..., LocalCandidate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpt = adapter(tiny.causal_lm(tmp_path / "gpt", family="GPT2Config"), tmp_path / "of gpt", fan_in_fan_out=True)
    with pytest.raises(InputError, match=r"does not fit .*: transformer.h.0.attn.c_attn is changed, and there is no such layer"):
        candidate(gpt)
    monkeypatch.setitem(tiny.SHAPE, "hidden_size", 64)
    wide = adapter(tiny.causal_lm(tmp_path / "wide"), tmp_path / "of wide")
    with pytest.raises(InputError, match=r"does not fit .*down_proj is 64x64 for it, and 32x64 there; it was trained on .*wide"):
        candidate(wide)


def test_an_adapter_of_gpt_2_whose_matrices_are_transposed_is_taken(tmp_path: Path, domain: Domain) -> None:
    folder = tiny.causal_lm(tmp_path / "gpt", family="GPT2Config")
    named = ["c_attn", "c_fc"]
    weights = adapter(folder, tmp_path / "adapter", fan_in_fan_out=True, target_modules=named)
    cache = Cache(tmp_path / "cache")
    system = System("tuned", adapt="lora", weights=str(weights))
    assert LocalCandidate(system, find(str(folder), cache), domain, Runtime(cache)).trained


def test_a_checkpoint_of_another_model_is_refused_with_what_differs(
    candidate: Callable[..., LocalCandidate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpt = tiny.causal_lm(tmp_path / "gpt", family="GPT2Config")
    with pytest.raises(InputError, match=r"gpt/config.json: model_type is 'gpt2', and tiny-llama.* has 'llama'"):
        candidate(gpt, "full")
    monkeypatch.setitem(tiny.SHAPE, "num_hidden_layers", 1)
    with pytest.raises(
        InputError, match=r"is no checkpoint of .*: model.layers.1.* is missing.* more; name the base that it was"
    ):
        candidate(tiny.causal_lm(tmp_path / "short"), "full")


def test_the_two_ways_to_adapt_are_told_apart(candidate: Callable[..., LocalCandidate], lora: Path, tiny_llama: Path) -> None:
    with pytest.raises(InputError, match='holds an adapter, and no whole model: write adapt = "lora"'):
        candidate(lora, "full")
    with pytest.raises(InputError, match='it is a whole model: write adapt = "full"'):
        candidate(tiny_llama, "lora")
    with pytest.raises(InputError, match="is no folder; name one that holds finished weights"):
        candidate(tiny_llama / "nowhere", "lora")
