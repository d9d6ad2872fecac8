"""A published site on this machine's own address, as a host would serve it."""

from __future__ import annotations

import os
import sys
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from evals.schema import InputError

HOST = "127.0.0.1"
TEXTS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".csv": "text/csv",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".xml": "application/xml",
}
"""Types of what a site is made of; Python's own table depends on the machine."""


class Handler(SimpleHTTPRequestHandler):
    """Serves the files of one folder: no listings, nothing outside, and nothing from a browser's memory."""

    extensions_map = {  # noqa: RUF012 # as the parent has it
        **{ending: f"{kind}; charset=utf-8" for ending, kind in TEXTS.items()},
        ".parquet": "application/vnd.apache.parquet",
    }

    def translate_path(self, path: str) -> str:
        """The file of an address; one that cannot be where a link leads out of the folder, or nothing can be called so."""
        found = super().translate_path(path)
        try:
            inside = Path(found).resolve().is_relative_to(Path(self.directory).resolve())
        except (OSError, RuntimeError, ValueError):
            inside = False
        return found if inside else f"{os.devnull}/"

    def list_directory(self, path: Any) -> None:  # noqa: ARG002 # what the parent calls it with
        """A folder without a page is nothing to see."""
        self.send_error(404)

    def end_headers(self) -> None:
        """Have a browser ask again, as the site may have been published anew."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing of each file."""


class Server(ThreadingHTTPServer):
    """Says nothing of a browser that went away while it was answered."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of any other error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def server(site: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of a published site, at a port that is free if none is named; it listens already.

    Raises:
        InputError: the folder holds no page, or the port is taken.
    """
    if not (site / "index.html").is_file():
        raise InputError(f"{site} holds no page; publish one first: python -m leaderboard publish RUN --to {site}")
    try:
        return Server((HOST, port), partial(Handler, directory=str(site)))
    except OSError as error:
        raise InputError(f"--port {port}: {error.strerror}; leave it out, and a free one is taken") from error


def address(serving: ThreadingHTTPServer) -> str:
    """Where a browser finds it."""
    return f"http://{HOST}:{serving.server_port}/"


def serve(serving: ThreadingHTTPServer, *, browse: bool) -> None:
    """Serve until somebody interrupts, with a browser open where that is asked."""
    if browse:  # beside this: a browser in the terminal would wait for an answer before there is anyone to give it
        Thread(target=webbrowser.open, args=(address(serving),), daemon=True).start()
    serving.serve_forever()
