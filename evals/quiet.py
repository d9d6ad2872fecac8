"""Third-party libraries kept quiet: no telemetry, no `.env` read, no folders made. Call it before importing any of them."""

from __future__ import annotations

import os

SETTINGS = {
    "RAGAS_DO_NOT_TRACK": "true",
    "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
    "DEEPEVAL_DISABLE_DOTENV": "1",
    "DEEPEVAL_FILE_SYSTEM": "READ_ONLY",
    "DEEPEVAL_UPDATE_WARNING_OPT_IN": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "TOKENIZERS_PARALLELISM": "false",  # forking after use makes tokenizers print otherwise
}

WAITING = "OMP_WAIT_POLICY"
"""How torch's threads wait for each other. By default they spin; two of them on two cores that others kept busy took 4.9 s for a
training step in place of 0.4 s asleep. On the same cores, all but idle, sleeping was no slower (0.16 s in place of 0.2 s)."""


def patient() -> None:
    """Have threads sleep while they wait, unless the user's environment says how. Call it before torch is imported."""
    if "GOMP_SPINCOUNT" not in os.environ:
        os.environ.setdefault(WAITING, "passive")


def quiet() -> None:
    """Set the environment switches. Not a default but a promise: what the user's environment says is overruled."""
    os.environ.update(SETTINGS)
