"""What the libraries make of a base model: its weights' names and shapes, its tokenizer, its chat template.

Tried once, before any work. No weight is read for it: the model is built on torch's ``meta`` device.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any

from proctor.core.code import code_of
from proctor.core.storage.cache import digest
from proctor.models.base import files
from proctor.models.base.refusal import NEEDED
from proctor.models.prompts import prompts

if TYPE_CHECKING:
    from proctor.models.base.base import BaseModel

log = logging.getLogger("proctor")

PROBES = ("Which way does the door of room 12 open?", "Who was in Turin on Monday?")
OTHER_PART = re.compile(r"vis|image|video|audio|speech|talker|tower|mtp|projector|inv_freq|attn\.(masked_)?bias$", re.IGNORECASE)
"""Tensors that a text model does without: other kinds of input, further predictions, what is computed anew."""
OF_A_LAYER = re.compile(
    r"(?:^|\.)(?:layers|h|blocks|block)\.\d+\.|lora_[AB]|^score\.|\.(?:SCB|qweight|qzeros|absmax|weight_packed)$"
)
"""Tensors that belong to a text model's layers, or change what they compute."""


class _RefusedError(Exception):
    """Keeps a refusal out of the cache: a library that is installed later may mend it."""


def problems(base: BaseModel) -> list[str]:
    """All that keeps this model from being examined; nothing where it was tried before."""
    found: list[str] = []

    def tried() -> bool:
        log.info("looking at base model %s", base.folder)
        found.extend(_tried(base))
        if found:
            raise _RefusedError
        return True

    versions = [installed(name) for name in ("transformers", "tokenizers", "torch")]
    key = digest(code_of(__name__), base.version, base.trust_remote_code, versions)
    with suppress(_RefusedError):
        base.cache.json("trials", key, tried)
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """What the libraries would report of a model that does not fit is said by the problems."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    before = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)


def _tried(base: BaseModel) -> list[str]:
    with _quiet():
        return list(_found(base))


def _found(base: BaseModel) -> list[str]:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(base.folder, local_files_only=True, trust_remote_code=base.trust_remote_code)
    except Exception as error:  # noqa: BLE001 # the boundary: a library's own refusal, whatever it is
        return [_unknown(base, error)]
    kind = _kind(base, config)
    return [kind] if kind else [*_model(base), *_tokenizer(base)]


def _unknown(base: BaseModel, error: Exception) -> str:
    told = files.read_json(base.folder / "config.json")
    if "auto_map" in told and not base.trust_remote_code:
        return f"{told.get('model_type')} brings code of its own, which is run only with --trust-remote-code"
    if "model_type" not in told:
        return f"{base.folder / 'config.json'} has no model_type; {NEEDED}"
    known = f"transformers {installed('transformers')}"
    if "does not recognize this architecture" in str(error):
        return f"{known} does not know the model_type {told['model_type']!r}; is it misspelt, or of a newer version?"
    return f"{known} cannot read {base.folder / 'config.json'}: {_said(error)}"


def _kind(base: BaseModel, config: Any) -> str | None:
    """Why it is no causal language model, if it is none."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING_NAMES

    if base.trust_remote_code and "AutoModelForCausalLM" in (getattr(config, "auto_map", None) or {}):
        return None
    if getattr(config, "is_encoder_decoder", False):
        return f"{config.model_type} has an encoder and a decoder; {NEEDED}"
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        own = "; with --trust-remote-code its own code would be run" if getattr(config, "auto_map", None) else ""
        return f"transformers has no causal language model of type {config.model_type}{own}; {NEEDED}"
    decodes = getattr(config, "is_decoder", False) or getattr(config, "causal", False)
    if config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES and not decodes:
        return f"{config.model_type} is an encoder, which reads text in both directions (is_decoder is not set); {NEEDED}"
    return None


def _model(base: BaseModel) -> Iterator[str]:
    """Whether the weights fill the model."""
    from transformers import AutoModelForCausalLM

    quantised = files.read_json(base.folder / "config.json").get("quantization_config")
    try:
        model, told = AutoModelForCausalLM.from_pretrained(
            base.folder,
            device_map="meta",
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=base.trust_remote_code,
        )
    except Exception as error:  # noqa: BLE001 # as above
        if isinstance(quantised, dict):
            method = quantised.get("quant_method", "in an unknown way")
            yield f"its weights are quantised ({method}) and cannot be loaded here: {_said(error)}"
        elif not base.trust_remote_code:  # a model's own code may not be made for a device without memory
            yield f"it cannot be loaded: {_said(error)}"
        return
    yield from _filled(type(model).__name__, told)
    named = getattr(model.generation_config, "eos_token_id", None)
    if not all(isinstance(token, int) for token in (named if isinstance(named, list) else [named]) if token is not None):
        yield f"generation_config.json: eos_token_id must be a number or a list of them, not {named!r}"


def _filled(name: str, told: dict[str, Any]) -> Iterator[str]:
    """What of the weights and the configuration does not go together."""
    missing, shapes = sorted(told["missing_keys"]), sorted(told["mismatched_keys"])
    if missing:
        yield f"its weights lack {_listed(missing)} of {name}, which would be made up at random; {_remedy(missing, told)}"
        return
    for key, saved, expected in shapes[:1]:
        more = f" (and {len(shapes) - 1} more)" if len(shapes) > 1 else ""
        yield f"its weights do not fit config.json: {key}{more} is {tuple(saved)}, where {name} has {tuple(expected)}"
    unused = sorted(told["unexpected_keys"])
    lost = [key for key in unused if OF_A_LAYER.search(key) and not OTHER_PART.search(key)]
    if lost:
        yield f"its weights hold {_listed(lost)}, for which {name} with this config.json has no place"
    elif unused:
        log.warning("base model: %s in the weights is not used by %s", _listed(unused), name)


def _remedy(missing: Sequence[str], told: dict[str, Any]) -> str:
    prefix = next((key.removesuffix(missing[-1]) for key in told["unexpected_keys"] if key.endswith(missing[-1])), "")
    if prefix:
        return f"they are saved under names that begin with {prefix!r}: save the model as it was before it was wrapped"
    heads = all("lm_head" in key or "embed_out" in key for key in missing)
    return "it was saved without its head: save it as a causal language model" if heads else "save it with save_pretrained()"


def _tokenizer(base: BaseModel) -> Iterator[str]:
    try:
        tokenizer = base.tokenizer()
    except Exception as error:  # noqa: BLE001 # as above
        own = "; its own code is run only with --trust-remote-code" if "trust_remote_code" in str(error) else ""
        yield f"its tokenizer cannot be loaded: {_said(error)}{own}"
        return
    if tokenizer.eos_token_id is None:
        yield "nothing ends an answer: tokenizer_config.json, config.json and generation_config.json name no end token (eos)"
    elif tokenizer.pad_token_id is None:
        yield "nothing fills up a batch: tokenizer_config.json names no padding token"
    try:
        read = [prompts.as_tokens(tokenizer, question) for question in PROBES]
        shown = [prompts.rendered(tokenizer, question) for question in PROBES]
    except Exception as error:  # noqa: BLE001 # as above
        where = "its chat template fails" if tokenizer.chat_template else "its tokenizer fails"
        yield f"{where} on a question: {_said(error)}"
        return
    yield from _questions(tokenizer, read, shown)
    yield from _vocabulary(tokenizer, read, base.vocabulary)


def _questions(tokenizer: Any, read: Sequence[list[int]], shown: Sequence[str]) -> Iterator[str]:
    """Whether a question reaches the model."""
    lost = [question for question, text in zip(PROBES, shown, strict=True) if question not in text]
    if lost and tokenizer.chat_template:
        made = "makes nothing of a question" if not "".join(shown).strip() else "leaves the question out"
        yield f"its chat template {made}; it must put in each message's content, which is a plain text"
    elif not all(read):
        yield "its tokenizer makes nothing of a question"
    elif read[0] == read[1] or all(token == tokenizer.unk_token_id for token in read[0]):
        yield "its tokenizer does not know the words of a question: different questions become the same tokens"


def _vocabulary(tokenizer: Any, read: Sequence[list[int]], rows: int) -> Iterator[str]:
    """Whether each token has a row in the embedding. Added ones that nothing uses may lack it, as in Gemma 3."""
    added = set(tokenizer.get_added_vocab().values())
    used = {token for ids in read for token in ids} | {tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.bos_token_id}
    needed = max({*(token for token in tokenizer.get_vocab().values() if token not in added), *(used - {None})}, default=0)
    if 0 < rows <= needed:
        yield f"its tokenizer has tokens up to number {needed}, and the model knows {rows}; is it another model's tokenizer?"


def _said(error: Exception) -> str:
    """The kind of an error and the first line of what it says."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no reason given"]
    return f"{type(error).__name__}: {' '.join(lines[:2]) if lines[0].endswith(':') else lines[0]}"


def _listed(keys: Sequence[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{len(keys)} tensors ({', '.join(keys[:3])}{', ...' if len(keys) > 3 else ''})"
