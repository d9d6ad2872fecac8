"""Models and data sets of the Hugging Face hub, fetched once, then read from its own cache; and why one is not to be had."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from proctor.core.redaction import hide, redact
from proctor.core.schema import InputError

log = logging.getLogger("proctor")
HUBS = {"model": "model hub", "dataset": "hub of data sets"}
SECONDS = 30.0
"""Silence of the hub after which it is taken for dead."""


RepositoryKind = Literal["model", "dataset"]
"""What the hub calls what it keeps."""


def fetched(
    what: str, name: str, files: Sequence[str], *, without: Sequence[str] = (), revision: str = "", kind: RepositoryKind = "model"
) -> Path:
    """The folder of a model's or data set's files; ``what`` asked for it, such as ``--base-model``.

    Raises:
        InputError: it is neither there nor kept here.
    """
    from httpx import HTTPError
    from huggingface_hub import get_token, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    hide(get_token() or "")
    log.info("looking for %s on the %s", name, HUBS[kind])
    try:
        kept = snapshot_download(
            name,
            repo_type=kind,
            revision=revision or None,
            allow_patterns=list(files),
            ignore_patterns=list(without) or None,
            local_files_only=_silent(name, revision, kind),
        )
    except (HfHubHTTPError, HTTPError, OSError, ValueError) as error:
        raise InputError(
            f"{what} {name}: there is no such folder, and {redact(_reason(error, kind))}; name a folder on this machine"
        ) from error
    return Path(kept)


def _silent(name: str, revision: str, kind: RepositoryKind) -> bool:
    """Whether the hub does not answer, so that only what is kept here can be had: its library would wait for ever."""
    from httpx import TimeoutException
    from huggingface_hub import repo_info

    try:
        repo_info(name, repo_type=kind, revision=revision or None, timeout=SECONDS)
    except TimeoutException:
        return True
    except Exception:  # noqa: BLE001 # whatever it is, the library meets it again, and may do without the hub
        return False
    return False


def _reason(error: Exception, kind: RepositoryKind) -> str:
    """Why the hub did not give it; the first cause that is known, or else the library's own first line."""
    from httpx import RequestError
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    hub, one = f"the {HUBS[kind]}", kind.replace("dataset", "data set")
    said: Sequence[tuple[type[Exception], str]] = (
        (GatedRepoError, f"{hub} gives it only to those who accepted its terms there and are logged in (hf auth login)"),
        (RepositoryNotFoundError, f"{hub} has no {one} of that name, or a private one (hf auth login)"),
        (OfflineModeIsEnabled, f"{hub} is not asked while HF_HUB_OFFLINE is set"),
        (RequestError, f"{hub} cannot be reached from here"),
        (HFValidationError, f"that is no name of a {one} on the hub"),
        (LocalEntryNotFoundError, f"{hub} does not answer as it should"),
    )
    causes = [each for each in (error, error.__cause__, error.__context__) if each]
    known = (reason for kind, reason in said if any(isinstance(each, kind) for each in causes))
    return next(known, f"{hub} does not give it ({str(error).partition(chr(10))[0]})")
