"""What only the libraries can tell of a base model is tried once, before any work."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache
from proctor.models.base import trial
from proctor.models.base.base import BaseModel, find, find_all
from tests import tiny
from tests.models.test_refusal import config, cut, edit, holds

PARTS = "{% for m in messages %}{% for part in m['content'] %}{{ part['text'] }}{% endfor %}{% endfor %}"
FORGETS = "{% for m in messages %}<s>{{ m['role'] }}: {% endfor %}assistant: "
RAISES = "{{ raise_exception('Begin with a system message.') }}"


@pytest.fixture
def copy(tiny_llama: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_llama, tmp_path / "copy")


def tensors(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def changed(folder: Path) -> None:
        from safetensors.torch import load_file, save_file

        held = load_file(folder / "model.safetensors")
        change(held)
        save_file(held, folder / "model.safetensors", metadata={"format": "pt"})

    return changed


def left_over(held: dict[str, Any]) -> None:
    query = held["model.layers.0.self_attn.q_proj.weight"]
    held["model.layers.0.self_attn.q_proj.lora_A.default.weight"] = query[:4].clone()


def wrapped(held: dict[str, Any]) -> None:
    for name in list(held):
        held[f"module.{name}"] = held.pop(name)


def no_end(folder: Path) -> None:
    edit(folder / "tokenizer_config.json", eos_token=None, pad_token=None, bos_token=None)
    for file in ("config.json", "generation_config.json"):
        edit(folder / file, eos_token_id=None, pad_token_id=None, bos_token_id=None)


def larger_tokenizer(folder: Path) -> None:
    edited = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = edited["model"]["vocab"]
    vocabulary["zzzz"] = len(vocabulary)
    (folder / "tokenizer.json").write_text(json.dumps(edited))


def bert(folder: Path) -> None:
    from transformers import BertConfig, BertForMaskedLM

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertForMaskedLM(BertConfig(vocab_size=400, **sizes)).save_pretrained(folder)
    config(architectures=None)(folder)


CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "an unknown type": (config(model_type="llama9"), "does not know the model_type 'llama9'"),
    "no type": (config(model_type=None), "config.json has no model_type"),
    "code of its own": (
        config(model_type="odd", auto_map={"AutoConfig": "odd.C", "AutoModelForCausalLM": "odd.M"}),
        "odd brings code of its own, which is run only with --trust-remote-code",
    ),
    "an encoder that does not say so": (bert, "bert is an encoder"),
    "no language model of that type": (config(model_type="clip", architectures=None), "no causal language model of type clip"),
    "no head": (
        tensors(lambda held: held.pop("lm_head.weight")),
        "lack lm_head.weight of LlamaForCausalLM, which would be made up",
    ),
    "a wrapped model": (tensors(wrapped), "saved under names that begin with 'module.'"),
    "an end token that is none": (
        lambda folder: edit(folder / "generation_config.json", eos_token_id="x"),
        "eos_token_id must be a",
    ),
    "heads that do not fit": (config(num_attention_heads=5), "not a multiple of the number of attention heads"),
    "a kernel that is not there": (
        config(attn_implementation="flash_attention_2"),
        "it cannot be loaded: ImportError: FlashAttention2",
    ),
    "templates without a default": (
        lambda folder: edit(folder / "tokenizer_config.json", chat_template=[{"name": "rag", "template": "x"}]),
        "multiple chat templates with no default",
    ),
    "more layers than weights": (config(num_hidden_layers=3), "its weights lack 9 tensors (model.layers.2."),
    "fewer layers than weights": (config(num_hidden_layers=1), "9 tensors (model.layers.1.input_layernorm.weight"),
    "another shape": (config(intermediate_size=48), "do not fit config.json: model.layers.0.mlp.down_proj.weight (and 5 more)"),
    "an adapter's weights left over": (tensors(left_over), "lora_A.default.weight, for which LlamaForCausalLM"),
    "quantised without the library": (
        config(quantization_config={"quant_method": "gptq", "bits": 4, "group_size": 128}),
        "its weights are quantised (gptq) and cannot be loaded here: ImportError",
    ),
    "quantised for a GPU": (config(quantization_config={"quant_method": "eetq"}), "quantised (eetq) and cannot be loaded here"),
    "quantised by bitsandbytes": (
        config(quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True}),
        "its weights are quantised (bitsandbytes) and cannot be loaded here: ImportError",
    ),
    "a tokenizer that is none": (holds("tokenizer.json", "{}"), "its tokenizer cannot be loaded"),
    "no end token": (no_end, "nothing ends an answer"),
    "a larger vocabulary": (larger_tokenizer, "and the model knows"),
    "a template that raises": (holds("chat_template.jinja", RAISES), "TemplateError: Begin with a system message."),
    "a template that is none": (holds("chat_template.jinja", "{% for %}"), "its chat template fails on a question"),
    "a template for content in parts": (holds("chat_template.jinja", PARTS), "its chat template makes nothing of a question"),
    "a template without the question": (holds("chat_template.jinja", FORGETS), "its chat template leaves the question out"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES)
def test_refused_with_what_it_is(case: str, copy: Path, cache: Cache) -> None:
    change, said = CASES[case]
    change(copy)
    with pytest.raises(InputError) as error:
        find_all([str(copy)], cache)
    assert said in str(error.value)
    assert all(line.startswith(f"--base-model {copy}: ") for line in str(error.value).splitlines())


@pytest.mark.parametrize("family", [*tiny.SHAPES, "MixtralConfig"])
def test_what_can_be_examined_passes(family: str, tmp_path: Path, cache: Cache) -> None:
    folder = tiny.causal_lm(tmp_path / family, family=family, chat=True)
    assert trial.problems(find(str(folder), cache)) == []


def test_the_embedded_model_passes(cache: Cache) -> None:
    from proctor.models.base.base import EMBEDDED

    assert trial.problems(find(str(EMBEDDED), cache)) == []


def test_a_model_that_passed_is_not_tried_again(base: BaseModel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trial.problems(base) == []
    monkeypatch.setattr(trial, "_tried", lambda _: ["tried again"])
    assert trial.problems(base) == []


def test_one_that_did_not_pass_is_tried_again(base: BaseModel, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(trial, "_tried", lambda _: ["a library is missing"])
        assert trial.problems(base) == ["a library is missing"]
    assert trial.problems(base) == []


def test_trying_leaves_the_libraries_as_talkative_as_before(base: BaseModel) -> None:
    from transformers.utils import logging

    before = logging.get_verbosity()
    trial.problems(base)
    assert logging.get_verbosity() == before


def test_problems_of_all_models_are_said_at_once(copy: Path, tiny_llama: Path, tmp_path: Path, cache: Cache) -> None:
    broken = shutil.copytree(tiny_llama, tmp_path / "broken")
    cut(broken)
    holds("chat_template.jinja", RAISES)(copy)
    with pytest.raises(InputError) as error:
        find_all([str(broken), "./nowhere", str(copy), str(tiny_llama)], cache)
    assert [line.split(": ")[0] for line in str(error.value).splitlines()] == [
        f"--base-model {broken}",
        "--base-model ./nowhere",
        f"--base-model {copy}",
    ]


def test_an_added_token_that_nothing_uses_may_lack_a_row(copy: Path, cache: Cache) -> None:
    edited = json.loads((copy / "tokenizer.json").read_text())
    beyond = len(edited["model"]["vocab"])
    edited["added_tokens"].append({**edited["added_tokens"][0], "id": beyond, "content": "<image>"})
    (copy / "tokenizer.json").write_text(json.dumps(edited))
    find_all([str(copy)], cache)


def test_the_end_token_of_the_configuration_will_do(copy: Path, cache: Cache) -> None:
    edit(copy / "tokenizer_config.json", eos_token=None, pad_token=None)
    (base,) = find_all([str(copy)], cache)
    tokenizer = base.tokenizer()
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("</s>", "</s>")


def test_a_padding_token_that_the_model_does_not_know_is_none(copy: Path, cache: Cache) -> None:
    edit(copy / "tokenizer_config.json", pad_token="[PAD]")
    (base,) = find_all([str(copy)], cache)
    assert base.tokenizer().pad_token_id == 2
