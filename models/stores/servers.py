"""Addresses of servers, taken apart for clients that want their parts; keys that they ask for; versions of clients."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import NamedTuple

from proctor.core.redaction import hide


class ServerAddress(NamedTuple):
    """Where a server listens."""

    host: str
    port: int
    ssl: bool


def address(url: str, ports: Mapping[str, int]) -> ServerAddress:
    """The parts of an address; ``ports``: the port of each scheme where none is written."""
    parts = urllib.parse.urlsplit(url)
    return ServerAddress(parts.hostname or "localhost", parts.port or ports.get(parts.scheme, 80), parts.scheme == "https")


def key(variable: str) -> str | None:
    """What an environment variable holds; from now on it is shown nowhere."""
    found = os.environ.get(variable) or None
    if found:
        hide(found)
    return found


def library(*names: str) -> str:
    """Packages with their versions. One that is missing is said where the store is used."""
    return ", ".join(f"{name} {_version(name)}" for name in names)


def _version(name: str) -> str:
    try:
        return installed(name)
    except PackageNotFoundError:
        return "missing"
