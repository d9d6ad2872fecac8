"""Embedders in a folder: found, checked and fingerprinted without loading them; loaded from safetensors only."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from proctor.core import minilm
from proctor.core.code import code_of
from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache, digest
from proctor.models.embedders import folders

log = logging.getLogger("proctor")

PACKAGED = "minilm"
COMPARED = ("cosine", "dot")
ROWS = 64
"""Texts embedded together."""
TRIAL = ["Is it open?", "It is open on all days of the week but Monday, from nine to five, and until eight in summer."]
SAME = 1e-3
"""More than rounding changes in a vector of length 1, in single precision."""


@dataclass(frozen=True)
class LocalEmbedder:
    """A sentence-transformers model in a folder."""

    name: str
    folder: Path
    cache: Cache

    @cached_property
    def version(self) -> str:
        """Hash of all that shapes its vectors: its files, and the libraries that run it."""
        return self._version()

    def _version(self) -> str:
        libraries = [installed(name) for name in ("sentence-transformers", "transformers", "torch")]
        return digest(code_of(__name__), self.content(), libraries)

    def content(self) -> str:
        """Hash of its files as they are now."""
        return folders.content(self.folder, self.cache)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What the model says of its prompts and of how its vectors are compared."""
        return folders.read(self.folder / "config_sentence_transformers.json")

    def load(self, device: str) -> Any:
        """The model in memory; the last one stays there.

        Raises:
            InputError: it cannot be loaded, or is no longer what it was when the run began.
        """
        return _loaded(self, self.version, device)

    def _load(self, device: str) -> Any:
        import torch
        from sentence_transformers import SentenceTransformer

        if self._version() != self.version:
            raise InputError(f"embedder {self.name}: {self.folder} was changed while it was used; run again")
        settings = {"use_safetensors": True} | ({"dtype": torch.float32} if device == "cpu" else {})
        try:
            return SentenceTransformer(
                str(self.folder), device=device, trust_remote_code=False, local_files_only=True, model_kwargs=settings
            )
        except Exception as error:
            raise InputError(f"embedder {self.name} cannot be loaded: {type(error).__name__}: {error}") from error

    def check(self, device: str) -> None:
        """Its files were looked at when it was found, and nothing else is needed."""
        del device

    def passages(self, texts: Sequence[str], device: str) -> Any:
        """One vector a text, float32, for passages to be found by."""
        return self._checked(self.load(device).encode_document, texts, 1 if self._minds_company(device) else ROWS)

    def queries(self, texts: Sequence[str], device: str) -> Any:
        """One vector a text, float32, for what is looked up. Each is embedded alone: company would change its last digits."""
        return self._checked(self.load(device).encode_query, texts, 1)

    def account(self, texts: Sequence[str]) -> dict[str, float]:
        """Nobody is paid, and nothing is kept."""
        del texts
        return {}

    def told(self) -> dict[str, Any]:
        """What a run's provenance says of it."""
        return {"embedder_content": self.content()[:12]}

    def window(self, device: str) -> int | None:
        """Tokens of the longest text that it reads whole; None where there is no limit."""
        most = self.load(device).max_seq_length
        return None if most is None or most > 10**6 else int(most)

    def room(self, device: str, *, query: bool) -> tuple[int, Callable[[str], int]] | None:
        """How many tokens of a text it reads, and how to count them; None where there is no limit."""
        model, most = self.load(device), self.window(device)
        if most is None:
            return None
        names = ("query",) if query else ("document", "passage", "corpus")
        prompt = next((model.prompts[name] for name in names if model.prompts.get(name)), "")

        def count(text: str, *, special: bool = False) -> int:
            return len(model.tokenizer(text, add_special_tokens=special, truncation=False, verbose=False)["input_ids"])

        return most - count(prompt, special=True), count

    @lru_cache(maxsize=4)  # noqa: B019 # a handful of embedders, for as long as the process lives
    def _minds_company(self, device: str) -> bool:
        """Whether a text has another vector beside a longer one than alone: with some models padding is not left out of it."""
        encode = self.load(device).encode_document
        alone, beside = (
            encode(texts, batch_size=2, normalize_embeddings=True, show_progress_bar=False)[0] for texts in (TRIAL[:1], TRIAL)
        )
        apart = float(abs(alone - beside).max())
        if apart > SAME:
            log.warning(
                "embedder %s: a text's vector hangs on what is embedded with it (by %.3g): one at a time", self.name, apart
            )
        return apart > SAME

    def _checked(self, encode: Callable[..., Any], texts: Sequence[str], rows: int) -> Any:
        import numpy as np

        unit = self.settings.get("similarity_fn_name") != "dot"
        vectors = encode(list(texts), batch_size=rows, normalize_embeddings=unit, show_progress_bar=False).astype("float32")
        lost = int((~np.isfinite(vectors).all(axis=1)).sum())
        if lost:
            raise InputError(f"embedder {self.name} makes no finite vector of {lost} of {len(texts)} texts: use another one")
        return vectors


def packaged(name: str, _: object, cache: Cache) -> LocalEmbedder:
    """The embedder that comes with Proctor."""
    if name:
        raise InputError(f"embedder {PACKAGED}:{name}: nothing comes after {PACKAGED}; leave it out")
    return find(PACKAGED, cache)


def find(name: str, cache: Cache) -> LocalEmbedder:
    """The embedder at a path, or of that name on the model hub (fetched once, then read from its own cache).

    Raises:
        InputError: there is none, or it cannot be loaded safely.
    """
    folder = minilm.folder(cache.file_digest) if name == PACKAGED else folders.find("embedder", name)
    if problem := _problem(folder, folders.stamps(folder)):
        raise InputError(f"embedder {name}: {problem}")
    return LocalEmbedder(name, folder.resolve(), cache)


@lru_cache(maxsize=8)
def _problem(folder: Path, stamps: tuple[tuple[Path, int, int], ...]) -> str:  # noqa: ARG001 # looked at anew where they differ
    """The first reason why the folder cannot be used; the systems of a table ask for the same embedder, and JSON takes long."""
    return next(_problems(folder), "")


def _problems(folder: Path) -> Iterator[str]:
    """Why the folder cannot be used, the first reason first."""
    if not folder.is_dir():
        yield "no such folder; give a folder with a sentence-transformers model, or a name on the model hub"
    if not (folder / "modules.json").is_file():
        remedy = "save it with SentenceTransformer(...).save(), which says how its vectors are pooled"
        yield f"{folder} is no sentence-transformers model (modules.json is missing); {remedy}"
    yield from folders.unreadable([folder / "modules.json"])
    if not folders.modules(folder):
        yield f"{folder / 'modules.json'} names no modules; save the model again"
    yield from folders.unreadable(folders.files_of(folder))
    for module in folders.modules(folder):
        yield from folders.module_problems(folder, module)
    if not any(path.suffix == ".safetensors" for path in folders.files_of(folder)):
        yield f"{folder} has no weights (*.safetensors)"
    settings = folders.read(folder / "config_sentence_transformers.json")
    kind = settings.get("model_type", "SentenceTransformer")
    if kind != "SentenceTransformer":
        yield f"{folder} is a {kind}; a SentenceTransformer is needed, which makes one vector of a text"
    compared = settings.get("similarity_fn_name") or "cosine"
    if compared not in COMPARED:
        yield f"its vectors are compared by {compared} distance; use one that compares by {' or '.join(COMPARED)}"


@lru_cache(maxsize=1)
def _loaded(known: LocalEmbedder, version: str, device: str) -> Any:
    """``version`` is asked for so that another model in the same folder is another model."""
    del version
    return known._load(device)  # noqa: SLF001 # its own, kept here because models of all embedders take turns
