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


def quiet() -> None:
    """Set the environment switches. Not a default but a promise: what the user's environment says is overruled."""
    os.environ.update(SETTINGS)
