"""Libraries that only a part of the exam needs, and the extra of Proctor's that brings each: ``pip install "proctor[judges]"``.

The one table of them. What needs one says so where it is registered (`core.registry`), or calls `require` where it begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import NamedTuple

from proctor.core.schema import InputError


class Library(NamedTuple):
    """A library that may not be installed."""

    name: str
    """What its users call it."""
    extra: str
    """The extra that brings it, in pyproject.toml."""


LIBRARIES: Mapping[str, Library] = {
    "chromadb": Library("chromadb", "chroma"),
    "deepeval": Library("deepeval", "judges"),
    "docx": Library("python-docx", "documents"),
    "faiss": Library("faiss", "cpu"),
    "httpx2": Library("httpx2", "services"),
    "lm_eval": Library("lm-eval", "general"),
    "matplotlib": Library("matplotlib", "plots"),
    "openpyxl": Library("openpyxl", "documents"),
    "pgvector": Library("pgvector", "pgvector"),
    "pinecone": Library("pinecone", "pinecone"),
    "ppi_py": Library("ppi-python", "people"),
    "pptx": Library("python-pptx", "documents"),
    "psycopg": Library("psycopg", "pgvector"),
    "pymilvus": Library("pymilvus", "milvus"),
    "pypdf": Library("pypdf", "documents"),
    "qdrant_client": Library("qdrant-client", "qdrant"),
    "ragas": Library("ragas", "judges"),
    "shtab": Library("shtab", "completion"),
    "tiktoken": Library("tiktoken", "judges"),
}
"""The module that is imported -> the library."""


def installed(module: str) -> bool:
    """Whether a module can be imported. Looks for it, and does not import it."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # somebody stands in the way of it, as tests do
        return False


def missing(modules: Iterable[str]) -> list[str]:
    """Those that are not installed."""
    return [module for module in modules if not installed(module)]


def install(*modules: str) -> str:
    """The command that brings them: ``pip install "proctor[general,judges]"``."""
    extras = sorted({LIBRARIES[module].extra for module in modules})
    on_gpu = ", or gpu in place of cpu to search on a GPU" if "cpu" in extras else ""
    return f'pip install "proctor[{",".join(extras)}]"{on_gpu}'


def require(needs: Mapping[str, Iterable[str]], otherwise: str = "") -> None:
    """See to it that what is about to be used can be used: thing -> the modules that it needs.

    ``otherwise`` says what to do where nothing is to be installed.

    Raises:
        InputError: something needs a library that is not installed. All of it is said at once, with the command to install it.
    """
    lacking = {thing: gone for thing, modules in needs.items() if (gone := missing(modules))}
    if not lacking:
        return
    said = ", ".join(
        f"{thing} needs {' and '.join(LIBRARIES[module].name for module in gone)}" for thing, gone in lacking.items()
    )
    remedy = install(*(module for gone in lacking.values() for module in gone))
    raise InputError(f"{said}: {remedy}{f'; or {otherwise}' if otherwise else ''}")
