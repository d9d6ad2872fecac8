"""Why a folder cannot be examined as a base model, as far as its files tell. Nothing is imported or loaded for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from proctor.models.base import files, room

NEEDED = "what is examined must be a causal language model, such as LlamaForCausalLM or GPT2LMHeadModel"
GENERATES = re.compile(r"ForCausalLM|LMHead|ForConditionalGeneration|WithLMHead|ForGeneration")
KINDS = (
    (
        r"Reward|Score|ValueHead|ForSequenceClassification|ForTokenClassification|ForMultipleChoice",
        "it scores or classifies text",
    ),
    (r"ForMaskedLM|ForPreTraining|ForMaskedImage", "it is an encoder, which fills in masked words"),
    (r"ForQuestionAnswering", "it marks an answer in a text instead of writing one"),
    (r"Image|Vision|Object|Segment|Depth|Video|Pixel", "it reads images"),
    (r"CTC|Speech|Audio|Whisper|Wav2Vec", "it reads sound"),
    (
        r"(Model|Encoder|Embedding|Encoding|Retriever)$",
        "it was saved without a head that writes text",
    ),
)
"""Patterns of an architecture's name, and what such a model does instead of writing text."""
TOKENIZERS = (
    *("tokenizer.json", "vocab.*", "*.model", "*.tiktoken", "tekken.json", "*.codes", "*.spm"),
    *("tokenizer*.py", "tokenization*.py"),
)
JSON_FILES = ("generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", files.INDEX)
OTHER_FORMATS = (
    (
        "adapter_config.json",
        "it is a PEFT adapter{base}, not a model: merge it into its base (merge_and_unload) and save that",
    ),
    ("modules.json", "it is an embedding model of sentence-transformers; " + NEEDED),
    ("model_index.json", "it is a pipeline of diffusers; " + NEEDED),
    (
        "*.gguf",
        "it holds GGUF files, which are not loaded here; name the folder of the original weights in safetensors",
    ),
    ("params.json", "its weights are in their publisher's own format; name the folder that was converted for transformers"),
    ("*.nemo", "it holds a NeMo archive; convert it for transformers"),
)
"""Files of which one without a config.json tells what the folder is."""


def problems(folder: Path, *, trust_remote_code: bool = False) -> list[str]:
    """All that keeps the model in this folder from being examined: what is wrong, where, and what to do."""
    if not folder.is_dir():
        return [_no_folder(folder)]
    if not (folder / "config.json").is_file():
        return [_no_config(folder)]
    unreadable = [*_pointers(folder)] or [*_broken_json(folder)]
    if unreadable:
        return unreadable
    config = files.read_json(folder / "config.json")
    return [
        *_format(folder),
        *_kind(config, own_code=trust_remote_code),
        *(() if trust_remote_code else _kernels(config)),
        *_weights(folder),
        *_tokenizer(folder),
        *_room(folder, config),
    ]


def _no_folder(folder: Path) -> str:
    if folder.is_file():
        gguf = "; GGUF files are not trained or loaded here" if folder.suffix == ".gguf" else ""
        return f"{folder} is a file; name the folder that holds config.json and *.safetensors{gguf}"
    return "no such folder; give a folder with config.json and *.safetensors, or a name on the model hub"


def _no_config(folder: Path) -> str:
    for pattern, text in OTHER_FORMATS:
        if any(folder.glob(pattern)):
            return f"{folder / 'config.json'} is missing: {text.format(base=_adapted(folder))}"
    inside = sorted(path.parent.name for path in folder.glob("*/config.json"))
    hint = f"; did you mean a folder in it: {', '.join(inside[:5])}?" if inside else "; save the model with save_pretrained()"
    return f"{folder / 'config.json'} is missing{hint}"


def _adapted(folder: Path) -> str:
    base = files.read_json(folder / "adapter_config.json").get("base_model_name_or_path")
    return f" of {base}" if base else ""


def _pointers(folder: Path) -> Iterator[str]:
    """Files that git LFS has not fetched."""
    held = {*folder.glob("*.safetensors"), *files.settings(folder), *folder.glob("*.model")}
    found = [path.name for path in sorted(held) if files.is_pointer(path)]
    if found:
        yield f"{folder}: {_listed(found)} is only a pointer of git LFS; run `git lfs pull` there"


def _broken_json(folder: Path) -> Iterator[str]:
    for name in ("config.json", *JSON_FILES):
        path = folder / name
        if not path.is_file():
            continue
        try:
            parsed = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            yield f"{path} cannot be read: {error.strerror}"
        except ValueError as error:
            yield f"{path} is not valid JSON: {error}"
        else:
            if not isinstance(parsed, dict):
                yield f"{path} must hold a JSON object, not a {type(parsed).__name__}"


def _format(folder: Path) -> Iterator[str]:
    """Files beside a configuration that make it something else."""
    if (folder / "adapter_config.json").is_file():
        yield (
            f"{folder / 'adapter_config.json'} makes transformers load another model and put this PEFT adapter{_adapted(folder)} "
            "on it: merge the adapter and save the model (merge_and_unload), or remove the file if the weights are merged"
        )
    if (folder / "modules.json").is_file() and any(folder.glob("*_Pooling")):
        yield f"{folder} is an embedding model of sentence-transformers; {NEEDED}"


def _kind(config: Mapping[str, Any], *, own_code: bool) -> Iterator[str]:
    """Models that write no text, or need something to translate from."""
    listed = config.get("architectures")
    names = [str(name) for name in listed] if isinstance(listed, list) else []
    who = f"{config.get('model_type') or 'the model'}{f' ({names[0]})' if names else ''}"
    if config.get("is_encoder_decoder"):
        yield f"{who} has an encoder and a decoder; {NEEDED}"
    elif names and not (own_code and "auto_map" in config) and not any(map(GENERATES.search, names)):
        what = next((text for pattern, text in KINDS if re.search(pattern, names[0])), None)
        if what:
            yield f"{who} does not continue text: {what}; {NEEDED}"
    outside = sorted({str(code).partition("--")[0] for code in _values(config.get("auto_map")) if "--" in str(code)})
    if own_code and outside:
        where = ", ".join(outside)
        yield f"its code lies in another repository ({where}) and may change there; copy the *.py files here, and mend auto_map"


def _kernels(config: Mapping[str, Any]) -> Iterator[str]:
    """Attention by a kernel of the model hub: compiled code, which `transformers` downloads and runs where it can."""
    inner = (part for part in config.values() if isinstance(part, Mapping))
    told = (table.get(name) for table in (config, *inner) for name in ("attn_implementation", "_attn_implementation"))
    named = sorted({text for value in told for text in (value, *_values(value)) if isinstance(text, str) and "/" in text})
    if named:
        where = f"its config.json names code of the model hub ({', '.join(named)}) for its attention"
        yield f"{where}; remove attn_implementation there, or, where you trust that code, add --trust-remote-code"


def _values(table: Any) -> Sequence[Any]:
    return list(table.values()) if isinstance(table, Mapping) else []


def _weights(folder: Path) -> Iterator[str]:
    named = files.weights(folder)
    missing = [path.name for path in named if not path.is_file()]
    if not named:
        yield _no_weights(folder)
    elif missing:
        yield f"{folder}: {_listed(missing)} is missing, of {len(named)} files of weights; download the model again, whole"
    for path in named:
        if path.is_file():
            yield from _damage(path)


def _damage(path: Path) -> Iterator[str]:
    try:
        found = files.tensors(path)
    except OSError as error:
        yield f"{path} cannot be read: {error.strerror}"
    except files.BrokenFileError as error:
        yield f"{error}; download or copy it again"
    else:
        empty = [name for name, tensor in found.items() if not tensor.numbers and name.endswith("weight")]
        if not found:
            yield f"{path} holds no tensor"
        elif empty:
            yield f"{path}: {_listed(empty)} is empty, as DeepSpeed leaves weights that were not gathered (ZeRO-3)"


def _no_weights(folder: Path) -> str:
    pickled = [path.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt") for path in folder.glob(pattern)]
    pickled = [name for name in pickled if name not in ("training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state.pth")]
    others = sorted(path.name for path in folder.glob("*.safetensors"))
    if others:
        there = f"{folder} has neither {files.WEIGHTS} nor {files.INDEX}"
        return f"{there}, and {_listed(others)} is not loaded; save the model with save_pretrained()"
    if any(folder.glob("*.gguf")):
        return f"{folder} holds its weights as GGUF, which is not trained or loaded here; name a folder with *.safetensors"
    if pickled:
        return (
            f"{folder} holds only pickled weights ({', '.join(sorted(pickled))}), which can run code when loaded; "
            "convert them: load the model where you trust it and save_pretrained(..., safe_serialization=True)"
        )
    return f"{folder} has no weights (*.safetensors)"


def _tokenizer(folder: Path) -> Iterator[str]:
    found = [path for pattern in TOKENIZERS for path in folder.glob(pattern) if path.is_file()]
    empty = [path.name for path in found if not path.stat().st_size]
    if empty:
        yield f"{folder}: {_listed(empty)} is empty; save the tokenizer there with tokenizer.save_pretrained()"
    if not found:
        yield f"{folder} has no tokenizer; save it there with tokenizer.save_pretrained()"


def _room(folder: Path, config: Mapping[str, Any]) -> Iterator[str]:
    tokens = room.room(config, files.read_json(folder / "tokenizer_config.json"))
    if tokens is not None and tokens < room.LEAST:
        needed = f"prompt and answer together need {room.LEAST} or more"
        yield f"{folder / 'config.json'} names room for {tokens} tokens; {needed}"
    if tokens is None and (odd := room.nonsense(config)):
        told = ", ".join(f"{name} = {json.dumps(value)}" for name, value in odd.items())
        yield f"{folder / 'config.json'}: {told} is no number of tokens, and nothing else says how many the model has room for"


def _listed(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    return names[0] if len(names) == 1 else f"{names[0]} (and {len(names) - 1} more)"
