"""What cannot be examined is refused from its files alone: what it is, where, and what to do."""

from __future__ import annotations

import json
import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache
from proctor.models.base import files, refusal
from proctor.models.base.base import find

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n"


@pytest.fixture
def copy(tiny_llama: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_llama, tmp_path / "copy")


def edit(file: Path, **values: Any) -> None:
    """Set keys of a JSON file; None takes one out."""
    known = {**files.read_json(file), **values}
    file.write_text(json.dumps({key: value for key, value in known.items() if value is not None}))


def config(**values: Any) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "config.json", **values)


def holds(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text)


def without_config(name: str, text: str = "{}") -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "config.json").unlink()
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    return change


def cut(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-5])


def header(text: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)


def sharded(*there: str) -> Callable[[Path], None]:
    """The weights in one of two shards that the index names."""

    def change(folder: Path) -> None:
        (folder / "model.safetensors").rename(folder / "one.safetensors")
        names = {"model.embed_tokens.weight": "one.safetensors", "lm_head.weight": "two.safetensors"}
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
        for name in there:
            shutil.copy(folder / "one.safetensors", folder / name)

    return change


def renamed(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "consolidated.safetensors")


def dangling(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(folder / "blobs" / "gone")


def gguf(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-q4.gguf")


def embeds(folder: Path) -> None:
    (folder / "modules.json").write_text("[]")
    (folder / "1_Pooling").mkdir()


def test_an_attention_kernel_is_for_those_who_trust_it(copy: Path) -> None:
    config(attn_implementation="evil/kernel")(copy)
    assert refusal.problems(copy, trust_remote_code=True) == []
    config(attn_implementation="flash_attention_2")(copy)
    assert refusal.problems(copy) == []


SEQUENCE = ["LlamaForSequenceClassification"]
CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "an encoder and a decoder": (
        config(is_encoder_decoder=True, architectures=["T5ForConditionalGeneration"]),
        "encoder and a dec",
    ),
    "a masked language model": (config(architectures=["BertForMaskedLM"], model_type="bert"), "it is an encoder"),
    "a classifier": (config(architectures=SEQUENCE), "llama (LlamaForSequenceClassification) does not continue text: it scores"),
    "a reward model": (config(architectures=["Qwen2ForRewardModel"]), "it scores or classifies"),
    "a bare model": (config(architectures=["LlamaModel"]), "without a head"),
    "an image model": (config(architectures=["ViTForImageClassification"]), "it reads images"),
    "a speech model": (config(architectures=["Wav2Vec2ForCTC"]), "it reads sound"),
    "an embedding model": (embeds, "embedding model of sentence-transformers"),
    "an adapter": (
        without_config("adapter_config.json", '{"base_model_name_or_path": "some/base"}'),
        "PEFT adapter of some/base",
    ),
    "an attention kernel of the hub": (
        config(attn_implementation="evil/kernel@main"),
        "names code of the model hub (evil/kernel@main) for its attention; remove attn_implementation",
    ),
    "an attention kernel of a part": (config(text_config={"_attn_implementation": {"": "evil/kernel"}}), "evil/kernel"),
    "an adapter beside weights": (holds("adapter_config.json", "{}"), "makes transformers load another model"),
    "a GGUF folder": (without_config("model-q4.gguf"), "GGUF files, which are not loaded"),
    "GGUF with a configuration": (gguf, "holds its weights as GGUF"),
    "a publisher's own format": (without_config("params.json"), "in their publisher's own format"),
    "a folder of checkpoints": (without_config("checkpoint-9/config.json"), "did you mean a folder in it: checkpoint-9?"),
    "a pipeline": (without_config("model_index.json"), "pipeline of diffusers"),
    "a pointer to weights": (
        holds("model.safetensors", POINTER),
        "model.safetensors is only a pointer of git LFS; run `git lfs pull`",
    ),
    "a pointer to a tokenizer": (holds("tokenizer.json", POINTER), "tokenizer.json is only a pointer of git LFS"),
    "a pointer to a configuration": (holds("config.json", POINTER), "config.json is only a pointer of git LFS"),
    "half a file": (cut, "is incomplete or damaged: its header names"),
    "a web page for weights": (
        holds("model.safetensors", "<!DOCTYPE html><html><body>Sign in</body></html>"),
        "no complete header",
    ),
    "no bytes": (holds("model.safetensors", ""), "not a whole safetensors file (0 bytes"),
    "a header that is no JSON": (header(b"{nonsense"), "its header cannot be read"),
    "a header of another shape": (header(b'{"weight": [1, 2]}'), "its header cannot be read"),
    "no tensor": (header(b'{"__metadata__": {}}'), "holds no tensor"),
    "weights that were not gathered": (
        header(b'{"model.norm.weight": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}'),
        "model.norm.weight is empty, as DeepSpeed leaves weights",
    ),
    "a missing shard": (sharded(), "two.safetensors is missing, of 2 files of weights"),
    "weights under another name": (renamed, "consolidated.safetensors is not loaded"),
    "a link that leads nowhere": (dangling, "model.safetensors is missing"),
    "an empty tokenizer": (holds("tokenizer.json", ""), "tokenizer.json is empty"),
    "broken settings": (holds("tokenizer_config.json", "{"), "tokenizer_config.json is not valid JSON"),
    "a list for a configuration": (holds("config.json", "[]"), "must hold a JSON object, not a list"),
    "a room that is none": (config(max_position_embeddings=-1), "max_position_embeddings = -1 is no number of tokens"),
    "no room": (config(max_position_embeddings=24), "names room for 24 tokens; prompt and answer together need 64"),
}


@pytest.mark.parametrize("case", CASES)
def test_refused_with_what_it_is(case: str, copy: Path, cache: Cache) -> None:
    change, said = CASES[case]
    change(copy)
    with pytest.raises(InputError) as error:
        find(str(copy), cache)
    assert said in str(error.value)
    assert f"--base-model {copy}: " in str(error.value)
    assert "\n" not in str(error.value)


def test_looking_at_files_loads_nothing(copy: Path) -> None:
    import subprocess

    code = "import sys; from proctor.models.base import refusal; from pathlib import Path;"
    code += f"print(refusal.problems(Path({str(copy)!r})))"
    code += "; print({'torch', 'transformers', 'safetensors', 'tokenizers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout == "[]\nset()\n"


def test_all_problems_are_said_at_once(copy: Path) -> None:
    config(is_encoder_decoder=True, max_position_embeddings=8)(copy)
    cut(copy)
    (copy / "tokenizer.json").unlink()
    assert len(refusal.problems(copy)) == 4


def test_all_shards_are_there(copy: Path) -> None:
    sharded("two.safetensors")(copy)
    assert refusal.problems(copy) == []


def test_a_file_is_no_folder(copy: Path) -> None:
    (told,) = refusal.problems(copy / "model.safetensors")
    assert "is a file; name the folder" in told


@pytest.mark.parametrize(
    "names", [["GPT2LMHeadModel"], ["Gemma3ForConditionalGeneration"], ["LlamaForCausalLM"], ["XLMWithLMHeadModel"], None, []]
)
def test_what_writes_text_is_let_through(copy: Path, names: list[str] | None) -> None:
    config(architectures=names)(copy)
    assert refusal.problems(copy) == []


def test_code_of_its_own_may_have_any_name_where_it_is_trusted(copy: Path) -> None:
    config(architectures=["OddModel"], auto_map={"AutoModelForCausalLM": "odd.OddModel"})(copy)
    assert refusal.problems(copy, trust_remote_code=True) == []
    assert "without a head" in refusal.problems(copy)[0]


def test_code_that_lies_elsewhere_is_refused(copy: Path) -> None:
    config(auto_map={"AutoModelForCausalLM": "someone/code--odd.OddModel"})(copy)
    (told,) = refusal.problems(copy, trust_remote_code=True)
    assert "another repository (someone/code)" in told


@pytest.mark.slow
def test_the_exam_ends_before_any_work_with_all_that_is_wrong(copy: Path, tiny_llama: Path, tmp_path: Path) -> None:
    import subprocess

    config(is_encoder_decoder=True, architectures=["T5ForConditionalGeneration"])(copy)
    broken = shutil.copytree(tiny_llama, tmp_path / "broken")
    cut(broken)
    root, run = Path(__file__).parents[2], tmp_path / "run"
    command = [sys.executable, "-m", "pytest", "-m", "domain and accuracy", f"--base-model={copy}", f"--base-model={broken}"]
    done = subprocess.run([*command, f"--run-dir={run}"], cwd=root, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 4
    assert "an encoder and a decoder" in done.stderr
    assert "is incomplete or damaged" in done.stderr
    assert "Traceback" not in done.stderr
    assert not run.exists()
