"""A model behind an address, as a table of systems names it: ``openai:MODEL``, ``openai:MODEL@URL`` or ``rerank:MODEL@URL``."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from proctor.core import chat
from proctor.core.redaction import hide, hide_address, public
from proctor.core.schema import InputError

KEYS = {"openai": "OPENAI_API_KEY", "rerank": "RERANK_API_KEY"}
"""Protocol -> the variable that holds the key where no other is named."""


@dataclass(frozen=True)
class ServedModel:
    """A model, the address of its endpoint (empty: OpenAI's own), and the key for it."""

    model: str
    url: str = field(repr=False)
    key: str = field(repr=False)
    protocol: str = "openai"

    @property
    def name(self) -> str:
        """Model and address, without what an address may hold in secret."""
        return f"{self.protocol}:{self.model}" + (f"@{public(self.url)}" if self.url else "")


def find(what: str, named: str, variable: str, example: str, protocol: str = "openai") -> ServedModel:
    """What a field names behind ``openai:``, or another protocol; what is secret in it is hidden from now on.

    ``what``: the field, ``variable``: where the key is, ``example``: an address that one could write.

    Raises:
        InputError: it names no model, its address cannot be read or is missing, or it needs a key.
    """
    found, own = chat.named(named), protocol == "openai"
    write = f"write {'openai:MODEL or ' * own}{protocol}:MODEL@URL, with a URL such as {example}"
    if found is None or not (found.url or own):
        raise InputError(f"{what}: it names no model, or an address without http:// or https://; {write}")
    url = found.url or os.environ.get("OPENAI_BASE_URL", "")
    try:
        _ = public(url) if url else ""
    except ValueError:  # its words may hold a part of a password
        raise InputError(f"{what}: the address of {protocol}:{found.model} cannot be read; {write}") from None
    key = os.environ.get(variable, "")
    if not key and (not url or variable != KEYS[protocol]):
        raise InputError(f"{protocol}:{found.model} needs a key: set {variable} in the environment")
    model = ServedModel(found.model, url, key, protocol)
    hide_address(url)
    if key not in model.name:  # as "ollama" may be, which is no secret then
        hide(key)
    return model
