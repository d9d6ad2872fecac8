"""One training path: what moves, what is saved, what it resumes from, and what it must agree with."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import Domain, InputError
from proctor.core.storage import manifest
from proctor.core.storage.cache import SCRATCH, Cache
from proctor.models.base.base import BaseModel, find
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from proctor.models.training import batches, trainer
from proctor.models.training.weights import Weights
from tests import tiny
from tests.waiting import PATIENCE, until

PAIRS = [(f"Question: What is {number}?\nAnswer:", f"{number * 7 % 10} units") for number in range(24)]
FULL = System("full", adapt="full", epochs=2, batch_size=8)
LORA = System("lora", adapt="lora", epochs=2, batch_size=8, rank=4)


def trained(system: System, base: BaseModel, folder: Path, seed: int = 0) -> dict[str, object]:
    from safetensors.torch import load_file

    folder.mkdir(exist_ok=True)
    trainer.train(trainer.TrainingJob(system, base, PAIRS, seed), folder, "cpu")
    return load_file(next(folder.glob("*.safetensors")))


def same(one: dict[str, object], other: dict[str, object]) -> bool:
    import torch

    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("system", [FULL, LORA], ids=["full", "lora"])
def test_same_seed_same_bits(system: System, base: BaseModel, tmp_path: Path) -> None:
    first, second, other = (trained(system, base, tmp_path / str(i), seed) for i, seed in enumerate((0, 0, 1)))
    assert same(first, second)
    assert not same(first, other)


def test_full_moves_every_weight_and_keeps_the_precision(base: BaseModel, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    before, after = load_file(base.folder / "model.safetensors"), trained(FULL, base, tmp_path / "out")
    assert before.keys() == after.keys()
    assert not any(torch.equal(before[name], after[name]) for name in before)  # type: ignore[arg-type]
    assert {weight.dtype for weight in before.values()} == {weight.dtype for weight in after.values()}  # type: ignore[attr-defined]


def test_lora_parameters_agree_with_peft(base: BaseModel, tmp_path: Path) -> None:
    import peft

    trained(LORA, base, tmp_path / "out")
    model = peft.PeftModel.from_pretrained(base.load("cpu"), tmp_path / "out", is_trainable=True)
    assert adaptation_report(tmp_path / "out")["trained_parameters"] == model.get_nb_trainable_parameters()[0]


def adaptation_report(folder: Path) -> dict[str, object]:
    parsed: dict[str, object] = json.loads((folder / trainer.REPORT).read_text())
    return parsed


def test_loss_is_on_the_completion_alone(base: BaseModel) -> None:
    tokenizer = base.tokenizer()
    row = batches.rows(tokenizer, PAIRS[:1], base.context_length)[0]
    answer = [token for token in row["labels"] if token != -100]
    assert tokenizer.decode(answer) == " 0 units</s>"
    assert row["labels"][: -len(answer)] == [-100] * (len(row["input_ids"]) - len(answer))


def test_a_prompt_too_long_keeps_its_end_and_its_answer(base: BaseModel) -> None:
    tokenizer = base.tokenizer()
    row = batches.rows(tokenizer, [("x" * 5000 + " the end", "yes")], 64)[0]
    assert len(row["input_ids"]) == 64
    assert tokenizer.decode(row["input_ids"]).endswith(" the end yes</s>")


LONG = "x" * 5000


def test_examples_that_do_not_fit_are_counted(base: BaseModel) -> None:
    tokenizer = base.tokenizer()
    found = batches.fitted(tokenizer, [("a", "b"), (LONG, "c"), ("d", LONG), (LONG, LONG)], 64)
    assert (len(found.rows), found.cut, found.left_out) == (2, 1, 2)
    assert [tokenizer.decode(row["input_ids"])[-6:] for row in found.rows] == [" b</s>", " c</s>"]
    assert len(found.rows[1]["input_ids"]) == 64


def test_a_training_says_what_did_not_fit(base: BaseModel, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pairs = [*PAIRS, (LONG, "1 unit"), ("What?", LONG)]
    with caplog.at_level("INFO", logger="proctor"):
        trainer.train(trainer.TrainingJob(replace(LORA, epochs=1), base, pairs), tmp_path, "cpu")
    report = adaptation_report(tmp_path)
    assert (report["examples"], report["prompts_cut"], report["examples_left_out"]) == (len(PAIRS) + 1, 1, 1)
    assert "1 of 26 examples are left out" in caplog.text
    assert "1 of 26 prompts lose their beginning" in caplog.text


def test_a_training_of_nothing_is_refused(base: BaseModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="each of 1 completions takes more than 512 tokens"):
        trainer.train(trainer.TrainingJob(LORA, base, [("What?", LONG)]), tmp_path, "cpu")


@pytest.mark.slow
def test_one_by_one_takes_the_same_steps(base: BaseModel, tmp_path: Path) -> None:
    """What cannot be padded goes through the model alone, and as many examples make an update."""
    import torch
    from safetensors.torch import load_file

    together, alone = (tmp_path / name for name in ("together", "alone"))
    for folder, batched in ((together, True), (alone, False)):
        folder.mkdir()
        pairs = [(prompt, "1 unit") for prompt, _ in PAIRS[:8]]
        trainer.train(trainer.TrainingJob(replace(FULL, epochs=1), base, pairs, together=batched), folder, "cpu")
    one, other = (load_file(folder / "model.safetensors") for folder in (together, alone))
    assert adaptation_report(together)["steps"] == adaptation_report(alone)["steps"] == 1
    for name in one:
        torch.testing.assert_close(one[name], other[name], atol=2e-4, rtol=1e-3)


def test_an_epoch_has_every_row_once_in_batches_of_like_length() -> None:
    lengths = [place * 37 % 100 for place in range(104)]
    pools = batches.Pools(lengths, 8)
    orders = [list(pools) for _ in range(2)]
    assert orders[0] != orders[1]
    for order in orders:
        assert sorted(order) == list(range(len(lengths)))
        spans = [max(found) - min(found) for found in ([lengths[row] for row in order[i : i + 8]] for i in range(0, 96, 8))]
        assert sum(spans) / len(spans) < 40  # of 100; 78 in random batches of eight


def test_rows_that_fill_no_batch_come_last() -> None:
    order = list(batches.Pools([1] * 3 + [9] * 8, 8))
    assert len(order) == 11
    assert list(batches.Pools([5], 8)) == [0]


@pytest.mark.slow
def test_nothing_but_the_result_is_left(base: BaseModel, domain: Domain, runtime: Runtime) -> None:
    folder = Weights(replace(LORA, epochs=1), base, domain, runtime).folder()
    assert folder
    assert not [path.name for path in folder.iterdir() if path.is_dir()]


def train_and_die(source: str, folder: Path) -> None:
    """Train many epochs, to be killed on the way."""
    base = find(source, Cache(folder / "cache"))
    trainer.train(trainer.TrainingJob(replace(FULL, epochs=40), base, PAIRS), folder / "out", "cpu")


@pytest.mark.slow
def test_goes_on_after_a_kill_and_ends_with_the_same_bits(base: BaseModel, tmp_path: Path, spawning: BaseContext) -> None:
    (tmp_path / "out").mkdir()
    worker = spawning.Process(target=train_and_die, args=(str(base.folder), tmp_path))
    worker.start()
    kept = (tmp_path / "out" / SCRATCH).glob
    until(lambda: not worker.is_alive() or list(kept(f"checkpoint-*/{manifest.NAME}")))
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join(PATIENCE)
    assert list((tmp_path / "out" / SCRATCH).glob("checkpoint-*")), "it ended before it could be killed"
    resumed = trained(replace(FULL, epochs=40), base, tmp_path / "out")
    assert same(resumed, trained(replace(FULL, epochs=40), base, tmp_path / "uninterrupted"))


def test_rank_larger_than_the_layer_is_refused(base: BaseModel) -> None:
    with pytest.raises(InputError, match=r"rank = 17 is larger than the narrowest layer .*\(16\)"):
        trainer.check(replace(LORA, rank=17), base)
    trainer.check(replace(LORA, rank=16), base)


def test_own_hyperparameters_win_over_those_of_the_model_size(base: BaseModel) -> None:
    assert trainer.hyperparameters(System("a", adapt="lora"), base).learning_rate == trainer.DEFAULT_HYPERPARAMETERS[0].lora
    assert trainer.hyperparameters(System("a", adapt="lora", learning_rate=0.5, epochs=1), base) == (1, 0.5)


FAMILIES = (
    "Qwen2Config",
    "Qwen3Config",
    "LlamaConfig",
    "Gemma2Config",
    "Gemma3TextConfig",
    "GPT2Config",
    "MistralConfig",
    "Phi3Config",
)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("keeps", [True, False])
def test_the_loss_is_that_of_plain_batches(family: str, *, keeps: bool, tmp_path: Path) -> None:
    import torch
    from transformers import DataCollatorForSeq2Seq

    base = find(str(tiny.causal_lm(tmp_path / "base", family=family)), Cache(tmp_path / "cache"))
    model, tokenizer = base.load("cpu"), base.tokenizer()
    rows = list(batches.rows(tokenizer, PAIRS, 64).remove_columns("length"))
    rows[0] = {name: values[3:] for name, values in rows[0].items()}  # one shorter than the others
    tokenizer.padding_side = "right"
    plain = DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=-100)(rows)
    collator = batches.Collator(tokenizer.pad_token_id, model)
    collator.keeps &= keeps
    batch = collator(rows)
    assert ("logits_to_keep" in batch) == keeps
    with torch.no_grad():
        ours, theirs = model(**batch), model(**plain)
    torch.testing.assert_close(ours.loss, theirs.loss)
    assert not keeps or ours.logits.shape[1] < theirs.logits.shape[1]


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_trains_both_ways_and_answers(family: str, tmp_path: Path) -> None:
    from proctor.models.generation.generate import generate
    from proctor.models.prompts.prompts import as_tokens
    from proctor.models.runtime import Runtime

    tiny.causal_lm(tmp_path / "base", family=family, chat=True)
    cache = Cache(tmp_path / "cache")
    base = find(str(tmp_path / "base"), cache)
    for system in (FULL, LORA):
        folder = cache.build(
            "adapted",
            system.adapt,
            lambda out, system=system: trainer.train(trainer.TrainingJob(system, base, PAIRS), out, "cpu"),
        )
        with Runtime(cache).model_and_tokenizer(base, system.adapt, folder) as (model, tokenizer):
            assert len(generate(model, tokenizer, [as_tokens(tokenizer, PAIRS[0][0])], 4)) == 1


def test_a_training_that_comes_to_nothing_is_no_figure(base: BaseModel, tmp_path: Path) -> None:
    wild = replace(FULL, learning_rate=1e30)
    with pytest.raises(
        InputError, match=r"training full \(seed 0\) on .* came to nothing: .*; choose a learning_rate below 1e\+30"
    ):
        trained(wild, base, tmp_path / "out")
    assert not (tmp_path / "out" / trainer.REPORT).exists()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA out of memory. Tried to allocate"),
    ],
)
def test_too_little_memory_is_said_with_what_to_do(base: BaseModel, tmp_path: Path, monkeypatch: Any, error: Exception) -> None:
    def no_memory(*_: object) -> None:
        raise error

    monkeypatch.setattr(trainer, "_trainable", no_memory)
    with pytest.raises(InputError, match="needs more memory than there is: choose a batch_size below 8"):
        trained(LORA, base, tmp_path / "out")


def test_other_errors_stay_what_they_are(base: BaseModel, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(trainer, "_trainable", lambda *_: (_ for _ in ()).throw(RuntimeError("shapes differ")))
    with pytest.raises(RuntimeError, match="shapes differ"):
        trained(LORA, base, tmp_path / "out")


def test_what_came_to_nothing_is_not_trained_again_for_the_next_axis(
    base: BaseModel, domain: Domain, runtime: Runtime, monkeypatch: Any
) -> None:
    weights = Weights(replace(FULL, learning_rate=1e30), base, domain, runtime)
    with pytest.raises(InputError, match="came to nothing"):
        weights.folder()
    monkeypatch.setattr(trainer, "train", lambda *_: pytest.fail("trained again"))
    with pytest.raises(InputError, match="came to nothing"):
        weights.folder()
