"""Models of the Hugging Face hub: fetched once, then read from its own cache; and why one is not to be had, in plain words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from evals.redaction import hide, redact
from evals.schema import InputError

log = logging.getLogger("proctor")


def fetched(what: str, name: str, files: Sequence[str], *, without: Sequence[str] = (), revision: str = "") -> Path:
    """The folder of a model's files; ``what`` asked for it, such as ``--base-model``.

    Raises:
        InputError: it is neither there nor kept here.
    """
    from huggingface_hub import get_token, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    hide(get_token() or "")
    log.info("looking for %s on the model hub", name)
    try:
        kept = snapshot_download(
            name, revision=revision or None, allow_patterns=list(files), ignore_patterns=list(without) or None
        )
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise InputError(
            f"{what} {name}: there is no such folder, and {redact(_reason(error))}; name a folder on this machine"
        ) from error
    return Path(kept)


def _reason(error: Exception) -> str:
    """Why the hub did not give it; the first cause that is known, or else the library's own first line."""
    from httpx import RequestError
    from huggingface_hub.errors import GatedRepoError, HFValidationError, OfflineModeIsEnabled, RepositoryNotFoundError

    said: Sequence[tuple[type[Exception], str]] = (
        (GatedRepoError, "the model hub gives it only to those who accepted its terms there and are logged in (hf auth login)"),
        (RepositoryNotFoundError, "the model hub has no model of that name, or a private one (hf auth login)"),
        (OfflineModeIsEnabled, "the model hub is not asked while HF_HUB_OFFLINE is set"),
        (RequestError, "the model hub cannot be reached from here"),
        (HFValidationError, "that is no name of a model on the hub"),
    )
    causes = [each for each in (error, error.__cause__, error.__context__) if each]
    known = (reason for kind, reason in said if any(isinstance(each, kind) for each in causes))
    return next(known, f"the model hub does not give it ({str(error).partition(chr(10))[0]})")
