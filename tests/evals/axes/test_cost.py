"""Cost: operations against closed forms, counters against made-up ones, and training that does not notice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proctor.core import machine
from proctor.core.schema import Answer, Score
from proctor.evals.axes import cost
from proctor.evals.testing import fakes
from proctor.models import circumstances
from proctor.models.base.base import BaseModel
from proctor.models.candidates import costs
from proctor.models.candidates.local import LocalCandidate
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from proctor.models.training import batches, trainer
from proctor.models.training import cost as training_cost
from proctor.models.training.energy import Energy
from tests.models.test_adaptation import FULL, LORA, PAIRS, same, trained
from tests.sample_evaluation import evaluation, scores

RAG = System("rag", retrieve="bm25", max_new_tokens=8)
DENSE = System("dense", retrieve="dense", max_new_tokens=8)
BASE = System("base", max_new_tokens=8)


class Shape:
    """What the closed forms need to know of a Llama and a batch."""

    def __init__(self, model: Any, batch: Any) -> None:
        self.width, self.layers = model.config.hidden_size, model.config.num_hidden_layers
        self.vocabulary = model.config.vocab_size
        self.rows, self.longest = batch["input_ids"].shape
        linear = [
            p for name, p in model.named_parameters() if p.dim() == 2 and not {"embed_tokens", "lm_head"} & set(name.split("."))
        ]
        self.frozen = sum(p.numel() for p in linear if not p.requires_grad)
        self.moving = sum(p.numel() for p in linear if p.requires_grad)
        first = [
            p for name, p in model.named_parameters() if ".layers.0.self_attn." in name and p.dim() == 2 and "o_proj" not in name
        ]
        self.first_frozen = sum(p.numel() for p in first if not p.requires_grad)
        self.head = self.width * self.vocabulary * batch["logits_to_keep"] / self.longest  # only the answers' tokens get there
        self.attention = 2 * self.layers * self.width * self.longest * 2  # forward; its backward takes two and a half times that


def batch_of(system: System, base: BaseModel) -> tuple[Any, Any]:
    model, tokenizer = trainer._trainable(trainer.TrainingJob(system, base, []), "cpu"), base.tokenizer()
    rows = batches.rows(tokenizer, PAIRS, base.context_length)
    return model, trainer._middle_batch(rows, 8, batches.Collator(tokenizer.pad_token_id, model))


def test_full_training_takes_six_operations_for_each_weight_and_token(base: BaseModel) -> None:
    model, batch = batch_of(FULL, base)
    shape = Shape(model, batch)
    expected = 6 * (shape.moving + shape.head) + 3.5 * shape.attention
    assert training_cost.flops_per_token(model, batch) == pytest.approx(expected, rel=0.05)


def test_lora_takes_four_for_each_frozen_weight_and_six_for_its_own(base: BaseModel) -> None:
    model, batch = batch_of(LORA, base)
    shape = Shape(model, batch)
    # The gradient stops before the weights that read the embeddings: nothing below them moves.
    expected = 4 * (shape.frozen + shape.head) - 2 * shape.first_frozen + 6 * shape.moving + 3.5 * shape.attention
    assert training_cost.flops_per_token(model, batch) == pytest.approx(expected, rel=0.05)


def test_counting_leaves_no_trace(base: BaseModel) -> None:
    import torch

    model, batch = batch_of(FULL, base)
    model.train()
    weights = {name: weight.clone() for name, weight in model.state_dict().items()}
    grads = {name: torch.ones_like(weight) for name, weight in model.named_parameters()}
    for name, weight in model.named_parameters():
        weight.grad = grads[name]
    state = torch.get_rng_state()
    assert training_cost.flops_per_token(model, batch)
    assert torch.equal(torch.get_rng_state(), state)
    assert same(weights, model.state_dict())
    assert all(weight.grad is grads[name] and bool((weight.grad == 1).all()) for name, weight in model.named_parameters())
    assert model.training


@pytest.mark.slow
@pytest.mark.parametrize("system", [FULL, LORA], ids=["full", "lora"])
def test_trained_bits_are_the_same_without_any_measuring(
    system: System, base: BaseModel, tmp_path: Path, monkeypatch: Any
) -> None:
    measured = trained(system, base, tmp_path / "with")
    monkeypatch.setattr(training_cost, "flops_per_token", lambda *_: "not counted")
    assert same(measured, trained(system, base, tmp_path / "without"))
    assert json.loads((tmp_path / "without" / trainer.REPORT).read_text())["flops"] is None


def test_a_model_that_cannot_be_counted_loses_nothing_but_the_count(base: BaseModel, caplog: Any) -> None:
    model, batch = batch_of(FULL, base)
    del batch["labels"]  # and so there is no loss
    assert "cannot be counted" in training_cost.flops_per_token(model, batch)
    assert "cannot count the operations" in caplog.text


def test_every_token_that_is_processed_counts_padding_too(base: BaseModel, tmp_path: Path) -> None:
    trained(FULL, base, tmp_path / "out")
    report = json.loads((tmp_path / "out" / trainer.REPORT).read_text())
    assert report["tokens"] >= FULL.epochs * report["tokens_per_epoch"]
    assert report["tokens"] < 1.5 * FULL.epochs * report["tokens_per_epoch"]
    model, batch = batch_of(FULL, base)
    assert report["flops"] == pytest.approx(report["tokens"] * training_cost.flops_per_token(model, batch))


def test_memory_that_was_taken_shows_in_the_peak() -> None:
    pytest.importorskip("resource")
    if not training_cost._reset_peak("cpu"):
        pytest.skip("this machine does not tell")
    before = training_cost.ResourceMeter("cpu").read()["peak_bytes"]
    meter = training_cost.ResourceMeter("cpu")
    taken = bytearray(200_000_000)
    del taken
    assert 150e6 < meter.read()["peak_bytes"] - before < 250e6
    assert training_cost.ResourceMeter("cpu").read()["peak_bytes"] - before < 50e6
    assert training_cost.ResourceMeter("mps").read()["peak_bytes"] is None


def zone(folder: Path, name: str, microjoules: int) -> Path:
    folder.mkdir()
    for file, text in (("name", name), ("energy_uj", str(microjoules)), ("max_energy_range_uj", "1000000")):
        (folder / file).write_text(f"{text}\n")
    return folder / "energy_uj"


def test_energy_is_that_of_the_packages_over_the_turn_of_their_counters(tmp_path: Path) -> None:
    first, second = (zone(tmp_path / f"intel-rapl:{n}", f"package-{n}", 900_000) for n in range(2))
    zone(tmp_path / "intel-rapl:0:0", "core", 0)
    whole = zone(tmp_path / "intel-rapl:2", "psys", 0)
    energy = Energy("cpu", tmp_path)
    first.write_text("950000\n")
    whole.write_text("999999\n")
    energy.tick()
    first.write_text("50000\n")
    second.write_text("900000\n")
    assert energy.joules() == pytest.approx(0.15)


def test_a_machine_without_counters_says_so(tmp_path: Path) -> None:
    assert Energy("cpu", tmp_path / "nothing").joules() is None
    (zone(tmp_path / "intel-rapl:0", "package-0", 5)).write_text("not for you")
    assert Energy("cpu", tmp_path).joules() is None


@pytest.fixture
def candidate(base: BaseModel, domain: Any, runtime: Runtime) -> Any:
    return lambda system: LocalCandidate(system, base, domain, runtime)


def test_what_was_not_done_costs_nothing(candidate: Any) -> None:
    spent = candidate(BASE).costs()
    zero = ("train_flops", "train_seconds", "artifact_bytes", "index_bytes", "index_seconds", "artifacts", "models")
    assert [spent[name] for name in zero] == [0] * 7
    assert {spent["peak_bytes"], spent["energy_joules"]} == {"the system is not trained"}


@pytest.mark.slow
@pytest.mark.parametrize("system", [RAG, DENSE], ids=lambda system: system.name)
def test_an_index_costs_time_and_room(candidate: Any, system: System) -> None:
    asked = candidate(system)
    spent = asked.costs()
    assert 0 < spent["index_seconds"] < 10
    assert spent["artifact_bytes"] == spent["index_bytes"] > sum(len(document.text) for document in asked.domain.documents)
    assert spent["train_flops"] == 0


@pytest.mark.slow
def test_a_training_costs_what_its_report_says(candidate: Any) -> None:
    hybrid = candidate(replace(LORA, name="hybrid", retrieve="bm25", epochs=1))
    spent = hybrid.costs()
    kept = sum((hybrid._weights.folder() / name).stat().st_size for name in ("adapter_model.safetensors", "adapter_config.json"))
    assert spent["artifact_bytes"] == kept + spent["index_bytes"]
    assert min(spent["train_flops"], spent["train_seconds"]) > 0
    full = candidate(replace(FULL, epochs=1)).costs()
    assert full["artifact_bytes"] > kept
    assert cost.TOTALS.keys() | set(cost.CAUTIONS.values()) == spent.keys() == full.keys()


@pytest.mark.slow
def test_what_one_more_domain_adds_is_an_index_an_adapter_both_or_a_whole_model(candidate: Any, base: BaseModel) -> None:
    lora = replace(LORA, epochs=1)
    systems = (BASE, RAG, lora, replace(lora, name="hybrid", retrieve="bm25"), replace(FULL, epochs=1))
    found = [candidate(system).costs() for system in systems]
    assert [spent["artifacts"] for spent in found] == [0, 1, 1, 2, 1]
    assert [spent["models"] for spent in found] == [0, 0, 0, 0, 1]
    weights = (base.folder / "model.safetensors").stat().st_size
    *shared, whole = (spent["shared_bytes"] for spent in found)
    assert {size > weights for size in shared} == {True}
    assert whole == 0
    assert all(spent["bytes@10"] == spent["shared_bytes"] + 10 * spent["artifact_bytes"] for spent in found)
    assert found[-1]["bytes@10"] > 10 * weights > found[1]["bytes@10"]


def test_a_training_that_was_interrupted_has_operations_but_no_seconds(candidate: Any) -> None:
    lora = candidate(replace(LORA, epochs=1))
    report = lora._weights.folder() / trainer.REPORT
    report.write_text(json.dumps(json.loads(report.read_text()) | {"resumed": True}))
    found = costs.costs(report.parent, None, None)
    assert found["train_flops"] > 0
    assert {found[name] for name in ("train_seconds", "peak_bytes", "energy_joules")} == {costs.INTERRUPTED}


SPENT: dict[str, float | str] = {
    "train_flops": 1.2e12,
    "train_seconds": 40.0,
    "peak_bytes": 2e9,
    "energy_joules": "no counter",
    "artifact_bytes": 3_400_000,
    "artifacts": 1,
    "models": 0,
    "shared_bytes": 7_700_000,
    "bytes@10": 41_700_000,
    "index_bytes": 0,
    "index_seconds": 0,
}


def test_one_value_for_each_system_and_one_for_each_answer() -> None:
    said = Answer("seat", "Turin", tokens=4, prompt_tokens=90)
    found = scores(cost.AXIS, evaluation(fakes.canned({"seat": said}, spent=SPENT)))
    for name, value in SPENT.items():
        (item,) = found[f"cost.{name}"]
        score = found[f"cost.{name}"][item]
        assert (item, score.value, score.reason) == ("all", *((None, value) if isinstance(value, str) else (value, "")))
    assert found["cost.energy_joules"]["all"].status == "not_applicable"
    assert (found["cost.tokens"]["seat"].value, found["cost.prompt_tokens"]["seat"].value) == (4, 90)


def test_of_what_was_built_elsewhere_nothing_is_guessed_and_its_tokens_have_their_price() -> None:
    said = {"seat": Answer("seat", "Turin", tokens=4, prompt_tokens=90), "warranty": Answer("warranty", "3 years")}
    spent: dict[str, float | str] = {"index_seconds": 2.0, "input_price": 10.0, "output_price": 100.0}
    found = scores(cost.AXIS, evaluation(fakes.canned(said, spent=spent)))
    assert found["cost.index_seconds"]["all"].value == 2.0
    elsewhere = [name for name in cost.TOTALS if name != "index_seconds"]
    assert {found[f"cost.{name}"]["all"].status for name in elsewhere} == {"not_applicable"}
    assert found["cost.money"]["seat"].value == pytest.approx((90 * 10 + 4 * 100) / 1e6)
    assert {found[f"cost.{name}"]["warranty"].status for name in ("tokens", "prompt_tokens", "money")} == {"not_applicable"}


def test_nobody_pays_for_the_tokens_of_a_system_without_prices() -> None:
    assert "cost.money" not in scores(cost.AXIS, evaluation(fakes.canned({}, spent=SPENT)))


def test_a_crash_costs_no_tokens_that_anybody_knows_of() -> None:
    found = scores(cost.AXIS, evaluation(fakes.crashing(spent=SPENT | {"train_flops": "it cannot be counted"})))
    assert {score.status for score in found["cost.tokens"].values()} == {"unmeasured"}
    assert found["cost.train_flops"]["all"].status == "unmeasured"


def test_what_a_training_elsewhere_took_is_no_gap_in_what_was_measured_here() -> None:
    unknown = dict.fromkeys(
        ("train_flops", "train_seconds", "peak_bytes", "energy_joules", "trained_elsewhere"), "it is not known"
    )
    found = scores(cost.AXIS, evaluation(fakes.canned({}, spent=SPENT | unknown)))
    for name in ("train_flops", "train_seconds", "peak_bytes", "energy_joules"):
        (score,) = found[f"cost.{name}"].values()
        assert (score.status, score.reason) == ("not_applicable", "it is not known")


def test_seconds_that_another_machine_took_say_so(candidate: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("proctor.core.load.limit", lambda: 1e9)
    hybrid = candidate(replace(LORA, name="hybrid", retrieve="bm25", epochs=1))
    assert {hybrid.costs()[name] for name in cost.CAUTIONS.values()} == {""}
    monkeypatch.setattr("proctor.core.machine.facts", lambda: {"model": "another"})
    found = scores(cost.AXIS, evaluation(hybrid))
    told = {name: score.caution for name, items in found.items() for score in items.values() if score.caution}
    assert told["cost.train_seconds"].startswith("this was trained on another machine: ")
    assert told["cost.index_seconds"].startswith("this was indexed on another machine: ")
    assert told.keys() <= {f"cost.{name}" for name in cost.CAUTIONS}


def test_seconds_of_a_busy_machine_say_so(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("proctor.core.load.Load.others", lambda _: 0.87)
    monkeypatch.setattr("proctor.core.machine.cores", lambda: 2)
    with circumstances.noted(tmp_path):
        pass
    assert circumstances.caution(tmp_path, "trained") == "the machine was busy while this was trained: others took 87 % of a core"
    (tmp_path / circumstances.FILE).unlink()
    assert circumstances.caution(tmp_path, "trained") == "it is not known on what machine this was trained"


def test_what_an_update_takes_says_where_it_was_taken() -> None:
    spent = {"index_seconds": 2.0, "train_seconds": 0.0, "index_caution": "elsewhere", "train_caution": "far away"}
    assert cost.caution(spent, "index_seconds", "train_seconds") == "elsewhere"
    assert cost.caution(spent, "train_seconds") == ""  # what was not done needs none
    assert cost.caution({"train_seconds": "not known"}, "train_seconds") == ""


EXPERTS, CHOSEN, WIDE, INNER, VOCABULARY, TOKENS = 4, 2, 32, 48, 64, 10


@pytest.mark.parametrize("implementation", ["eager", "grouped_mm", "batched_mm"])
@pytest.mark.parametrize("family", ["MixtralConfig", "OlmoeConfig", "Qwen3MoeConfig", "GptOssConfig"])
def test_of_experts_those_count_that_a_token_is_sent_to(family: str, implementation: str) -> None:
    import torch
    import transformers

    torch.manual_seed(0)
    sizes = {"hidden_size": WIDE, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "num_hidden_layers": 1}
    sizes |= {"vocab_size": VOCABULARY, "intermediate_size": INNER, "moe_intermediate_size": INNER, "num_experts_per_tok": CHOSEN}
    sizes |= {"num_experts": EXPERTS, "num_local_experts": EXPERTS, "eos_token_id": 2, "layer_types": ["full_attention"]}
    sizes |= {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}, "max_position_embeddings": 64}
    config = getattr(transformers, family)(**sizes)
    model = transformers.AutoModelForCausalLM.from_config(config, experts_implementation=implementation).float()
    ids = torch.arange(TOKENS)[None] + 3
    # queries and output, keys and values; router; gate, up and down of the chosen experts; the output layer
    weights = 2 * WIDE * WIDE + 2 * WIDE * WIDE // 2 + WIDE * EXPERTS + CHOSEN * 3 * WIDE * INNER + WIDE * VOCABULARY
    attention = 4 * TOKENS * WIDE * (3 if family == "GptOssConfig" else 3.5)  # gpt-oss keeps its weights for the way back
    counted = training_cost.flops_per_token(model, {"input_ids": ids, "labels": ids})
    assert counted == pytest.approx(6 * weights + attention, rel=0.001)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ((10, 32), (4, 32, 48), 2 * 10 * 32 * 48),  # rows sent to experts
        ((32, 10), (10, 48), 2 * 10 * 32 * 48),  # the gradient of the experts
        ((4, 10, 32), (4, 32, 48), 2 * 4 * 10 * 32 * 48),
        ((4, 48, 32), (32, 10), 2 * 10 * 32 * 48),
    ],
)
def test_grouped_products_by_their_shapes(left: tuple[int, ...], right: tuple[int, ...], expected: int) -> None:
    assert training_cost._grouped(left, right, None) == expected


def test_a_kernel_that_nobody_can_count_is_named_instead_of_left_out(base: BaseModel) -> None:
    import torch

    def twice(one: Any) -> Any:
        return one @ one.mT @ one

    product = torch.library.custom_op("proctor_tests::product", twice, mutates_args=(), schema="(Tensor one) -> Tensor")
    product.register_autograd(lambda _, gradient: gradient)
    model, batch = batch_of(FULL, base)
    plain = model.model.norm.forward
    model.model.norm.forward = lambda hidden: plain(product(hidden))
    told = training_cost.flops_per_token(model, batch)
    assert told == "operations of proctor_tests.product are not known: the sum would be too small"


@pytest.mark.parametrize(
    "kernel",
    ["aten._int_mm", "aten._cudnn_rnn", "aten.cudnn_convolution_add_relu", "aten.addmv", "other.any", "bitsandbytes.gemv_4bit"],
)
def test_kernels_that_multiply(kernel: str) -> None:
    assert training_cost._multiplies(kernel)


@pytest.mark.parametrize(
    "kernel",
    [
        "aten.add",
        "aten.cummax",
        "aten.upsample_bilinear2d",
        "aten.lgamma",
        "aten.embedding",
        "profiler.x",
        "bitsandbytes.dequantize_4bit",
    ],
)
def test_kernels_that_do_not(kernel: str) -> None:
    assert not training_cost._multiplies(kernel)


def report(**told: Any) -> dict[str, Any]:
    known = {"resumed": False, "flops": 1e9, "uncounted": "", "seconds": 2.0, "peak_bytes": 5.0, "energy_joules": 7.0}
    return known | told


def test_joules_of_a_busy_machine_are_said_to_be_the_machines(tmp_path: Path) -> None:
    (tmp_path / trainer.REPORT).write_text(json.dumps(report()))
    note = {"machine": machine.facts(), "others": 50.0, "workers": 1}
    (tmp_path / circumstances.FILE).write_text(json.dumps(note))
    found = costs.costs(tmp_path, None, None)
    marks = scores(cost.AXIS, evaluation(fakes.canned({"seat": Answer("seat", "Turin")}, spent=found)))
    busy = marks["cost.train_seconds"]["all"].caution
    assert "the machine was busy" in busy
    assert marks["cost.energy_joules"]["all"] == Score(7.0, caution=f"{busy}; the counter is the whole machine's")
    assert not marks["cost.peak_bytes"]["all"].caution


def test_operations_that_cannot_be_counted_have_a_reason(tmp_path: Path) -> None:
    (tmp_path / trainer.REPORT).write_text(json.dumps(report(flops=None, uncounted="operations of a.b are not known")))
    assert costs.costs(tmp_path, None, None)["train_flops"] == "operations of a.b are not known"


def test_what_was_in_memory_before_is_not_the_trainings(base: BaseModel, tmp_path: Path) -> None:
    if training_cost._reset_peak("cpu") is None:
        pytest.skip("this machine does not tell")
    held = bytearray(b"x" * 300_000_000)
    trained(FULL, base, tmp_path / "out")
    assert held
    assert json.loads((tmp_path / "out" / trainer.REPORT).read_text())["peak_bytes"] < 200e6


def test_tokens_that_nobody_tells_of_are_not_known_and_not_none_at_all() -> None:
    answers = {"a": Answer("a", "yes", tokens=4), "b": Answer("b", "yes", prompt_tokens=9), "c": Answer("c", "", prompt_tokens=9)}
    found = {
        (metric.name, name): cost._tokens(metric, answer, amount).value
        for name, answer in answers.items()
        for metric, amount in ((cost.TOKENS, answer.tokens), (cost.PROMPT_TOKENS, answer.prompt_tokens))
    }
    assert found == {
        ("cost.tokens", "a"): 4,
        ("cost.prompt_tokens", "a"): None,
        ("cost.tokens", "b"): None,
        ("cost.prompt_tokens", "b"): 9,
        ("cost.tokens", "c"): 0,
        ("cost.prompt_tokens", "c"): 9,
    }
