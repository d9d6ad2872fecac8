"""Provenance says of each system what shaped it, and nothing that did not."""

from __future__ import annotations

from proctor.models.systems import System
from proctor.provenance import shaping


def test_defaults_of_training_are_not_said_of_weights_that_were_trained_elsewhere() -> None:
    tuned, lora = System("tuned", adapt="lora", weights="adapter"), System("lora", adapt="lora")
    assert not {"rank", "batch_size"} & shaping(tuned, tuned.settings).keys()
    assert shaping(tuned, tuned.settings)["top_k"] == 3
    assert shaping(lora, lora.settings) == lora.settings
