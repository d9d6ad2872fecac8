"""Addresses of servers, taken apart for clients that want their parts, and the keys that they ask for."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
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
