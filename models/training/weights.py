"""The weights of one system: the base's own, or trained on a domain's examples, or trained further from there."""

from __future__ import annotations

import json
import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from proctor.core.code import code_of
from proctor.core.schema import Context, Domain, InputError
from proctor.core.storage.cache import digest
from proctor.models import circumstances
from proctor.models.base.base import BaseModel
from proctor.models.generation import habits
from proctor.models.prompts import prompts
from proctor.models.retrieval.index import Index
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from proctor.models.training import finished, raft, trainer
from proctor.models.training.finished import Finished

log = logging.getLogger("proctor")

LIBRARIES = ("torch", "transformers", "tokenizers", "accelerate", "peft")


@dataclass(frozen=True)
class Weights:
    """What a system knows by heart. Nothing is trained before it is needed."""

    system: System
    base: BaseModel
    domain: Domain
    """What they are trained on."""
    runtime: Runtime
    seed: int = 0
    init_from: Weights | None = None
    """The weights that training goes on from, where these are not the base's."""

    @cached_property
    def finished(self) -> Finished | None:
        """Those that were trained elsewhere, if its row names some."""
        return Finished(self.system, self.base) if self.system.weights else None

    @cached_property
    def version(self) -> str:
        """Hash of all that shapes them; the base's own where they are not trained."""
        system = self.system
        if not system.adapts:
            return self.base.version
        if self.finished:
            return digest(self.finished.version, self.runtime.device, code_of(finished), *map(installed, LIBRARIES))
        start = self.init_from.version if self.init_from else self.base.version
        examples = [vars(example) for example in self.domain.examples]
        chosen = [system.adapt, *trainer.hyperparameters(system, self.base), system.batch_size]
        if system.adapt == "lora":
            chosen += [system.rank, system.alpha]
        looked_up = [self._index.version, system.top_k, system.min_score, system.gold_in_context]
        shown = looked_up if system.trains_with_passages else None
        apart = [Index] if system.trains_with_passages else [Index, raft]
        code = [code_of(__name__, apart=[*apart, finished]), *map(installed, LIBRARIES)]
        return digest(start, self.domain.instruction, examples, chosen, shown, self.seed, self.runtime.device, code)

    @property
    def trained(self) -> bool:
        """Whether there is nothing left to train."""
        return not self.system.trains or self.runtime.cache.has("adapted", self.version)

    def folder(self) -> Path | None:
        """Where they are, trained if they are not there; ``None`` for the base's own."""
        if not self.system.adapts:
            return None
        if self.finished:
            return self.finished.folder
        if self.version in self.runtime.failed:
            raise self.runtime.failed[self.version]
        try:
            return self.runtime.cache.build("adapted", self.version, self._train)
        except InputError as error:
            self.runtime.failed[self.version] = error
            raise

    def loaded(self) -> AbstractContextManager[tuple[Any, Any]]:
        """Model and tokenizer in memory, while the context is open."""
        return self.runtime.model_and_tokenizer(self.base, self.system.adapt, self.folder())

    def merged(self) -> AbstractContextManager[tuple[Any, Any]]:
        """As `loaded`, with a LoRA adapter merged into a base that is loaded for it alone."""
        return self.runtime.merged(self.base, self.system.adapt, self.folder())

    def report(self) -> dict[str, Any]:
        """What training measured; nothing where there was none, none yet, or one elsewhere."""
        if self.finished:
            return {}
        folder = self.folder() if self.trained else None
        if folder is None:
            return {}
        parsed: dict[str, Any] = json.loads((folder / trainer.REPORT).read_text(encoding="utf-8"))
        return parsed

    @property
    def _index(self) -> Index:
        return Index(self.system, self.domain.documents, self.runtime)

    def _train(self, folder: Path) -> None:
        log.info("training %s (seed %d) on %d examples", self.system.name, self.seed, len(self.domain.examples))
        pairs = [
            (prompts.prompt(self.domain.instruction, example.prompt, contexts), example.completion)
            for example, contexts in zip(self.domain.examples, self._passages(), strict=True)
        ]
        start = self.init_from.folder() if self.init_from else None
        together = habits.habits(self.base, self.runtime).pads
        self.runtime.clear()
        job = trainer.TrainingJob(self.system, self.base, pairs, self.seed, start, together)
        with circumstances.noted(folder):
            trainer.train(job, folder, self.runtime.device)

    def _passages(self) -> list[tuple[Context, ...]]:
        """For each example the passages to train with; none for a system that is trained without."""
        if not self.system.trains_with_passages:
            return [()] * len(self.domain.examples)
        found = self._index.retrieve([example.prompt for example in self.domain.examples], self.system.top_k)
        return raft.mixed(self.domain, found, self.system, self.seed)
