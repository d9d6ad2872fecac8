"""Cross-encoders: ``cross-encoder:NAME``, a folder or a name on the model hub, loaded from safetensors by sentence-transformers.

What a question and a passage have too many tokens for is not read: such passages are counted, and said.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache, digest
from proctor.models import reranking
from proctor.models.embedders import folders
from proctor.models.reranking import Reranking

log = logging.getLogger("proctor")

ROWS = 32
"""Pairs scored together."""
DIGITS = 6
"""Significant ones of a score: what is left is rounding, which hangs on what is scored with it."""
UNLIMITED = 10**6
"""Tokens that stand for no limit."""


@dataclass(frozen=True)
class CrossEncoder:
    """A cross-encoder in a folder, which makes one score of a question and a passage."""

    name: str
    folder: Path
    cache: Cache
    cut: set[str] = field(default_factory=set, compare=False)
    """Hashes of questions and passages that were not read to their end."""

    @cached_property
    def version(self) -> str:
        """Hash of all that shapes its scores: its files, and the libraries that run it."""
        return self._version()

    def _version(self) -> str:
        libraries = [installed(name) for name in ("sentence-transformers", "transformers", "torch")]
        return digest(code_of(__name__, apart=[reranking]), folders.content(self.folder, self.cache), libraries)

    def check(self, device: str) -> None:
        """Its files were looked at when it was found, and nothing else is needed."""
        del device

    def scores(self, queries: Sequence[str], texts: Sequence[Sequence[str]], device: str) -> list[list[float]]:
        """For each question the scores of its passages; all pairs in batches of like length."""
        pairs = [(query, text) for query, some in zip(queries, texts, strict=True) for text in some]
        if not pairs:
            return [[] for _ in queries]
        model = _loaded(self, self.version, device)
        self._tell(model, pairs)
        found = model.predict(pairs, batch_size=ROWS, show_progress_bar=False).astype("float64").tolist()
        lost = sum(not abs(score) < float("inf") for score in found)
        if lost:
            raise InputError(f"reranker {self.name} makes no finite score of {lost} of {len(pairs)} passages: use another one")
        scores = iter(found)
        return [[float(f"{next(scores):.{DIGITS}g}") for _ in some] for some in texts]

    def account(self, query: str, texts: Sequence[str]) -> dict[str, float]:
        """Nobody is paid; how many of these passages it did not read to their end."""
        return {"truncated": sum(digest(query, text) in self.cut for text in dict.fromkeys(texts))}

    def told(self) -> dict[str, Any]:
        """What a run's provenance says of it."""
        return {"reranker": self.name, "reranker_content": folders.content(self.folder, self.cache)[:12]}

    def _tell(self, model: Any, pairs: Sequence[tuple[str, str]]) -> None:
        """What is longer than the model reads, question and passage together."""
        most = model.max_seq_length
        if most is None or most > UNLIMITED:
            return
        questions, passages = ([pair[place] for pair in pairs] for place in (0, 1))
        read = model.tokenizer(questions, passages, truncation=False, verbose=False)["input_ids"]
        long = [pair for pair, tokens in zip(pairs, read, strict=True) if len(tokens) > most]
        self.cut.update(digest(*pair) for pair in long)
        if long:
            said = "%d of %d passages are longer with the question than the %d tokens that %s reads: their ends are cut off"
            log.warning(said, len(long), len(pairs), most, self.name)

    def _load(self, device: str) -> Any:
        import torch
        from sentence_transformers import CrossEncoder as Model

        if self._version() != self.version:
            raise InputError(f"reranker {self.name}: {self.folder} was changed while it was used; run again")
        settings = {"use_safetensors": True} | ({"dtype": torch.float32} if device == "cpu" else {})
        try:
            model = Model(str(self.folder), device=device, trust_remote_code=False, local_files_only=True, model_kwargs=settings)
        except Exception as error:
            raise InputError(f"reranker {self.name} cannot be loaded: {type(error).__name__}: {error}") from error
        if model.num_labels != 1:
            raise InputError(f"reranker {self.name}: {_labels(model.num_labels)}")
        return model


def named(rest: str, _: Reranking, cache: Cache) -> CrossEncoder:
    """The cross-encoder at a path, or of that name on the model hub (fetched once, then read from its own cache).

    Raises:
        InputError: there is none, or it cannot be loaded safely.
    """
    folder = folders.find("reranker", rest)
    if problem := _problem(folder, folders.stamps(folder)):
        raise InputError(f"reranker cross-encoder:{rest}: {problem}")
    return _shared(f"cross-encoder:{rest}", folder.resolve(), cache)


@lru_cache(maxsize=8)
def _shared(name: str, folder: Path, cache: Cache) -> CrossEncoder:
    """One for all that ask for it, so that what it cut off is known to all."""
    return CrossEncoder(name, folder, cache)


@lru_cache(maxsize=8)
def _problem(folder: Path, stamps: tuple[tuple[Path, int, int], ...]) -> str:  # noqa: ARG001 # looked at anew where they differ
    return next(_problems(folder), "")


def _problems(folder: Path) -> Iterator[str]:
    """Why the folder cannot be used, the first reason first."""
    if not folder.is_dir():
        yield "no such folder; give a folder with a cross-encoder, or a name on the model hub"
    if not (folder / "config.json").is_file():
        yield f"{folder} is no model (config.json is missing); save it with CrossEncoder(...).save_pretrained()"
    yield from folders.unreadable(folders.files_of(folder))
    yield from folders.pickled(folder)
    if not any(path.suffix == ".safetensors" for path in folders.files_of(folder)):
        yield f"{folder} has no weights (*.safetensors)"
    for module in folders.modules(folder):
        yield from folders.module_problems(folder, module)
    settings = folders.read(folder / "config.json")
    if settings.get("auto_map"):
        yield f"{folder} needs code of its own, which is not run; use one whose architecture transformers knows"
    kind = folders.read(folder / "config_sentence_transformers.json").get("model_type", "CrossEncoder")
    if kind != "CrossEncoder":
        yield f"{folder} is a {kind}, which makes vectors; as a reranker a CrossEncoder is needed"
    labels = settings.get("id2label")
    if _classifies(settings) and isinstance(labels, dict) and len(labels) != 1:
        yield _labels(len(labels))


def _classifies(settings: dict[str, Any]) -> bool:
    return any("SequenceClassification" in str(one) for one in settings.get("architectures") or ())


def _labels(count: int) -> str:
    return f"it sorts pairs into {count} classes, and a reranker makes one score of a pair; use one with num_labels = 1"


@lru_cache(maxsize=1)
def _loaded(known: CrossEncoder, version: str, device: str) -> Any:
    """``version`` is asked for so that another model in the same folder is another model."""
    del version
    return known._load(device)  # noqa: SLF001 # its own, kept here because models of all rerankers take turns
