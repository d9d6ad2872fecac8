"""Base models are checked before anything is loaded, and only safetensors are."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from evals.cache import Cache
from evals.schema import InputError
from models.base import BaseModel, find


def test_facts_without_loading(base: BaseModel) -> None:
    assert (base.parameters, base.context, base.narrowest_layer) == (39648, 512, 16)


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
    with pytest.raises(InputError, match="neither a folder here nor to be had from the model hub"):
        find("someone/some-model", cache)


def test_tokenizer_pads_on_the_left(base: BaseModel) -> None:
    tokenizer = base.tokenizer()
    assert (tokenizer.padding_side, tokenizer.pad_token) == ("left", "<pad>")
