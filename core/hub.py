"""Models of the Hugging Face hub: fetched once, then read from its own cache; and why one is not to be had, in plain words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from proctor.core.redaction import hide, redact
from proctor.core.schema import InputError

log = logging.getLogger("proctor")
SECONDS = 30.0
"""Silence of the hub after which it is taken for dead."""


def fetched(what: str, name: str, files: Sequence[str], *, without: Sequence[str] = (), revision: str = "") -> Path:
    """The folder of a model's files; ``what`` asked for it, such as ``--base-model``.

    Raises:
        InputError: it is neither there nor kept here.
    """
    from httpx import HTTPError
    from huggingface_hub import get_token, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    hide(get_token() or "")
    log.info("looking for %s on the model hub", name)
    try:
        kept = snapshot_download(
            name,
            revision=revision or None,
            allow_patterns=list(files),
            ignore_patterns=list(without) or None,
            local_files_only=_silent(name, revision),
        )
    except (HfHubHTTPError, HTTPError, OSError, ValueError) as error:
        raise InputError(
            f"{what} {name}: there is no such folder, and {redact(_reason(error))}; name a folder on this machine"
        ) from error
    return Path(kept)


def _silent(name: str, revision: str) -> bool:
    """Whether the hub does not answer, so that only what is kept here can be had: its library would wait for ever."""
    from httpx import TimeoutException
    from huggingface_hub import model_info

    try:
        model_info(name, revision=revision or None, timeout=SECONDS)
    except TimeoutException:
        return True
    except Exception:  # noqa: BLE001 # whatever it is, the library meets it again, and may do without the hub
        return False
    return False


def _reason(error: Exception) -> str:
    """Why the hub did not give it; the first cause that is known, or else the library's own first line."""
    from httpx import RequestError
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    said: Sequence[tuple[type[Exception], str]] = (
        (GatedRepoError, "the model hub gives it only to those who accepted its terms there and are logged in (hf auth login)"),
        (RepositoryNotFoundError, "the model hub has no model of that name, or a private one (hf auth login)"),
        (OfflineModeIsEnabled, "the model hub is not asked while HF_HUB_OFFLINE is set"),
        (RequestError, "the model hub cannot be reached from here"),
        (HFValidationError, "that is no name of a model on the hub"),
        (LocalEntryNotFoundError, "the model hub does not answer as it should"),
    )
    causes = [each for each in (error, error.__cause__, error.__context__) if each]
    known = (reason for kind, reason in said if any(isinstance(each, kind) for each in causes))
    return next(known, f"the model hub does not give it ({str(error).partition(chr(10))[0]})")
