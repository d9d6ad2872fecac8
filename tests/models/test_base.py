"""Base models are checked before anything is loaded, and only safetensors are."""

from __future__ import annotations

import json
import math
import os
import shutil
import struct
from pathlib import Path

import pytest

from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache
from proctor.models.base import files
from proctor.models.base.base import BaseModel, find
from proctor.models.systems import System
from proctor.models.training import trainer


def test_facts_without_loading(base: BaseModel) -> None:
    assert (base.parameters, base.context_length, base.narrowest_layer) == (39648, 512, 16)


def test_parameters_agree_with_torch(base: BaseModel) -> None:
    assert base.parameters == sum(weight.numel() for weight in base.load("cpu").parameters())


@pytest.fixture
def copy(tiny_llama: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_llama, tmp_path / "copy")


def test_version_is_of_the_content(base: BaseModel, copy: Path, cache: Cache) -> None:
    assert find(str(copy), cache).version == base.version
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"rope_theta": 5.0}))
    assert find(str(copy), cache).version != base.version


def test_version_changes_with_one_bit_of_weights(base: BaseModel, copy: Path, cache: Cache) -> None:
    with (copy / "model.safetensors").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    assert find(str(copy), cache).version != base.version


@pytest.mark.parametrize(
    ("remove", "add", "said"),
    [
        ("config.json", None, "config.json is missing"),
        ("model.safetensors", None, "no weights"),
        ("model.safetensors", "pytorch_model.bin", "only pickled weights (pytorch_model.bin)"),
        ("tokenizer.json", None, "no tokenizer"),
    ],
)
def test_unusable_folders(copy: Path, cache: Cache, remove: str, add: str | None, said: str) -> None:
    (copy / remove).unlink()
    if add:
        (copy / add).touch()
    with pytest.raises(InputError) as error:
        find(str(copy), cache)
    assert said in str(error.value)
    assert str(copy) in str(error.value)


def test_broken_config(copy: Path, cache: Cache) -> None:
    (copy / "config.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        find(str(copy), cache)


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all"])
def test_missing_folder(cache: Cache, name: str) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find(name, cache)


def test_hub_name_without_a_network(cache: Cache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        InputError, match="--base-model someone/some-model: there is no such folder, and the model hub is not asked while"
    ):
        find("someone/some-model", cache)


def test_tokenizer_pads_on_the_left(base: BaseModel) -> None:
    tokenizer = base.tokenizer()
    assert (tokenizer.padding_side, tokenizer.pad_token) == ("left", "<pad>")


def headers(path: Path, **tensors: tuple[str, list[int]]) -> Path:
    """A file of weights with these tensors, all zero."""
    sizes = {"BF16": 2, "F32": 4, "I32": 4, "U8": 1, "F16": 2}
    entries, end = {}, 0
    for name, (dtype, shape) in tensors.items():
        start, end = end, end + sizes[dtype] * math.prod(shape)
        entries[name.replace("__", ".")] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))
    return path


def shards(folder: Path, *names: str) -> None:
    """One file of weights for each name, and the index that names them."""
    table = {}
    for number, name in enumerate(names):
        headers(folder / name, **{f"layer{number}__weight": ("F32", [10, 10])})
        table[f"layer{number}.weight"] = name
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": table}))


def test_weights_that_lie_there_twice_count_once(copy: Path, cache: Cache) -> None:
    (copy / "model.safetensors").rename(copy / "consolidated.safetensors")
    shards(copy, "model-1.safetensors", "model-2.safetensors")
    base = find(str(copy), cache)
    assert base.parameters == 200
    assert files.size(copy) < (copy / "consolidated.safetensors").stat().st_size
    before = base.version
    (copy / "consolidated.safetensors").unlink()
    assert find(str(copy), cache).version == before
    headers(copy / "model-2.safetensors", layer1__weight=("F32", [10, 11]))
    assert find(str(copy), cache).version != before


def test_one_file_is_loaded_before_shards(copy: Path, cache: Cache) -> None:
    before = find(str(copy), cache).parameters
    shards(copy, "model-1.safetensors")
    assert find(str(copy), cache).parameters == before


@pytest.mark.parametrize("same", [True, False])
def test_tied_weights_count_once_where_both_are_the_same(copy: Path, cache: Cache, same: bool) -> None:  # noqa: FBT001
    from safetensors.torch import load_file, save_file

    config, held = json.loads((copy / "config.json").read_text()), load_file(copy / "model.safetensors")
    (copy / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": True}))
    if same:
        held["lm_head.weight"] = held["model.embed_tokens.weight"].clone()
    save_file(held, copy / "model.safetensors", metadata={"format": "pt"})
    base = find(str(copy), cache)
    assert base.parameters == sum(weight.numel() for weight in base.load("cpu").parameters())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(copy: Path, cache: Cache, value: float) -> None:
    from safetensors.torch import load_file, save_file

    held = load_file(copy / "model.safetensors")
    held["model.norm.weight"][3] = value
    save_file(held, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"model\.norm\.weight in its weights holds values that are no numbers"):
        find(str(copy), cache).load("cpu")


@pytest.mark.parametrize(
    ("how", "tensors"),
    [
        (
            {"quant_method": "gptq", "bits": 4},
            {"q__qweight": ("I32", [8, 64]), "q__qzeros": ("I32", [1, 8]), "q__scales": ("F16", [1, 64])},
        ),
        (
            {"quant_method": "bitsandbytes", "load_in_4bit": True},
            {"q__weight": ("U8", [2048, 1]), "q__weight__absmax": ("F32", [64])},
        ),
        ({"quant_method": "mxfp4"}, {"q__w_blocks": ("U8", [64, 2, 16]), "q__w_scales": ("U8", [64, 2])}),
    ],
)
def test_packed_weights_count_as_what_they_unpack_to(copy: Path, cache: Cache, how: dict, tensors: dict) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"quantization_config": how}))
    headers(copy / "model.safetensors", norm__weight=("BF16", [64]), **tensors)
    base = find(str(copy), cache)
    assert base.parameters == 64 * 64 + 64
    with pytest.raises(InputError, match="are quantised, and cannot all be trained"):
        trainer.check(System("full", adapt="full"), base)
    trainer.check(System("lora", adapt="lora", rank=4), base)


def test_of_experts_those_that_are_chosen_are_active(copy: Path, cache: Cache) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"num_local_experts": 4, "num_experts_per_tok": 1}))
    headers(copy / "model.safetensors", m__experts__up=("F32", [4, 10, 10]), m__shared_experts__up=("F32", [10, 10]))
    base = find(str(copy), cache)
    assert (base.parameters, base.active_parameters) == (500, 200)


@pytest.mark.parametrize(
    "name",
    ["generation_config.json", "merges.txt", "special_tokens_map.json", "spiece.model", "vocab.tiktoken", "chat_template.jinja"],
)
def test_the_version_is_of_all_that_shapes_an_answer(copy: Path, cache: Cache, name: str) -> None:
    before = find(str(copy), cache).version
    (copy / name).write_text('{"a": 1}')
    assert find(str(copy), cache).version != before


def test_code_shapes_an_answer_where_it_is_run(copy: Path, cache: Cache) -> None:
    both = [find(str(copy), cache, trust_remote_code=trusted).version for trusted in (False, True)]
    (copy / "modeling_odd.py").write_text("pass")
    assert find(str(copy), cache).version == both[0]
    assert find(str(copy), cache, trust_remote_code=True).version != both[1]


def test_what_a_training_leaves_behind_shapes_nothing(copy: Path, cache: Cache) -> None:
    before = find(str(copy), cache).version
    (copy / "trainer_state.json").write_text("{}")
    (copy / "README.md").write_text("nice")
    assert find(str(copy), cache).version == before
