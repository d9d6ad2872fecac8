"""How a base model must be handled: whether it can be asked in batches, what is done about thoughts, what settings it brings."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import version as installed
from typing import Any, NamedTuple

from proctor.core.code import code_of
from proctor.core.storage.cache import digest
from proctor.models.base.base import BaseModel
from proctor.models.generation import generate
from proctor.models.prompts import thinking
from proctor.models.runtime import Runtime

log = logging.getLogger("proctor")
LIBRARIES = ("torch", "transformers", "tokenizers")
"""The same prompt and weights may give other answers with another version of these."""


class Habits(NamedTuple):
    """Looked at once for a base model, when it is first in memory."""

    pads: bool
    """Whether a padded batch gives a prompt what it gives it alone."""
    thinking: str
    """What is done about thoughts before its answers."""
    kept: Mapping[str, Any]
    """Generation settings of its own that hold."""
    aside: Mapping[str, Any]
    """Generation settings of its own that do not."""

    @property
    def rows(self) -> int:
        """Questions, or training examples, that it is given together."""
        return generate.BATCH_ROWS if self.pads else 1

    def told(self) -> dict[str, Any]:
        """For the run's provenance."""
        settings = {"own_settings_kept": self.kept, "own_settings_left_aside": self.aside}
        rows = {} if self.pads else {"batch_rows": 1}
        return {"thinking": self.thinking} | {name: value for name, value in settings.items() if value} | rows


def habits(base: BaseModel, runtime: Runtime) -> Habits:
    """Those of a base model, which is loaded if they are not known yet. What is out of the ordinary is said once."""

    def look() -> list[Any]:
        with runtime.model_and_tokenizer(base, "none", None) as (model, tokenizer):
            found = Habits(
                _pads(model, tokenizer),
                thinking.manner(tokenizer).says,
                *generate.own_settings(model.generation_config.to_diff_dict()),
            )
        _tell(base.label, found)
        return list(found)

    return Habits(*base.cache.json("habits", _key(base, runtime), look))


def _pads(model: Any, tokenizer: Any) -> bool:
    """A model that fails at this fails at each question, too, and is then asked for its reason there."""
    try:
        return generate.pads(model, tokenizer)
    except Exception:  # noqa: BLE001 # the boundary: whatever a model raises
        return True


def known(base: BaseModel, runtime: Runtime) -> Habits | None:
    """The same, if it was looked at before."""
    return habits(base, runtime) if base.cache.has("habits", _key(base, runtime)) else None


def _key(base: BaseModel, runtime: Runtime) -> str:
    return digest(base.version, runtime.device, code_of(__name__), *map(installed, LIBRARIES))


def _tell(label: str, found: Habits) -> None:
    if not found.pads:
        log.info("%s takes no notice of padding: its questions are asked, and its examples trained on, one at a time", label)
    if found.thinking != "none":
        log.info("%s: thinking is %s", label, found.thinking)
    if found.aside:
        settings = ", ".join(f"{name} = {value}" for name, value in found.aside.items())
        log.info("%s comes with %s: left aside, as every system's answers are its likeliest words", label, settings)
