"""File names out of other people's names: short, plain, never two alike."""

from __future__ import annotations

import hashlib
import re

LONGEST = 40
PLAIN = re.compile(r"[a-z0-9]+(?:[_.-][a-z0-9]+)*")
HASHED = re.compile(r".*-[0-9a-f]{10}")


def slug(name: str) -> str:
    """`name` itself where it is plain; otherwise what is plain of it, and a hash that tells it from its likes."""
    if PLAIN.fullmatch(name) and len(name) <= LONGEST and not HASHED.fullmatch(name):
        return name
    kept = "-".join(re.findall(r"[a-z0-9]+", name.lower()[:400]))[: LONGEST - 11].strip("-")
    return f"{kept or 'x'}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:10]}"


def slugs(*names: str) -> str:
    """Several names as one: no plain name holds the ``--`` that joins them."""
    return "--".join(map(slug, names))
