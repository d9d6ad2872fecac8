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
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # datasets tells a server of every data set that it loads, of files on this machine, too
    "ANONYMIZED_TELEMETRY": "False",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "TOKENIZERS_PARALLELISM": "false",  # forking after use makes tokenizers print otherwise
}

OF_PLUGINS = {"DEEPEVAL_TELEMETRY_OPT_OUT": "1"}
"""The same of libraries that bring a plugin of pytest's, which is at work in every run of pytest where they are installed."""

SPINS = ("GOMP_SPINCOUNT", "3000")
"""How often one of torch's threads looks for the other before it falls asleep; 300,000 times by default. A training step of the
embedded model on two cores took 61 ms by default, 65 with 3,000 looks and 115 with none; with one of the cores kept busy by
others, more than 1,600, 240 and 118."""


def patient() -> None:
    """Have threads sleep soon while they wait, unless the user's environment says how. Call it before torch is imported."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault(*SPINS)


def quiet_plugins() -> None:
    """Switch off what plugins of such libraries send, in runs of pytest that are about something else.

    A default: there a project may use such a library itself, and have it send what it likes.
    """
    for name, value in OF_PLUGINS.items():
        os.environ.setdefault(name, value)


def quiet() -> None:
    """Set the environment switches. Not a default but a promise: what the user's environment says is overruled."""
    os.environ.update(SETTINGS)
