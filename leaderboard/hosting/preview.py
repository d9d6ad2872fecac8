"""A published site on this machine's own address, as a host would serve it."""

from __future__ import annotations

import os
import sys
import webbrowser
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from proctor.core.schema import InputError

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


NAMES = ("127.0.0.1", "localhost")
"""What a browser on this machine may call it. Any other name is that of a page elsewhere which had its name lead here."""
HEADERS = {
    "Cache-Control": "no-cache",  # the site may have been published anew
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",  # no page of another origin can load a file as its script or picture
    "Cross-Origin-Opener-Policy": "same-origin",
}
FRAMED = "frame-ancestors 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
"""Of pages, which say themselves what scripts they run."""
BARE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
"""Of any other file: opened by itself it runs nothing."""


class Local(BaseHTTPRequestHandler):
    """Answers this machine alone: requests by another name than the address's own get an error."""

    server: Server
    timeout = 60

    def is_misnamed(self) -> bool:
        """Whether the request calls this machine by a name that it does not have; it is answered then."""
        if self.headers.get_all("Host") in [[name] for name in self.server.hosts]:
            return False
        self.send_error(421, f"This is at {address(self.server)} alone")
        return True

    def log_message(self, *_: Any) -> None:
        """Say nothing of each request."""


class Handler(Local, SimpleHTTPRequestHandler):
    """Serves the files of one folder to this machine: no listings, nothing outside, nothing is written."""

    extensions_map = {  # noqa: RUF012 # as the parent has it
        **{ending: f"{kind}; charset=utf-8" for ending, kind in TEXTS.items()},
        ".parquet": "application/vnd.apache.parquet",
    }

    def translate_path(self, path: str) -> str:
        """The file of an address; one that cannot be where a link leads out of the folder, or nothing can be called so.

        Names that begin with a dot are no part of a page: what is in them was not published.
        """
        found = super().translate_path(path)
        try:
            inside = Path(found).resolve().is_relative_to(Path(self.directory).resolve())
            inside = inside and not any(part.startswith(".") for part in Path(found).relative_to(self.directory).parts)
        except (OSError, RuntimeError, ValueError):
            inside = False
        return found if inside else f"{os.devnull}/"

    def send_head(self) -> Any:
        """A file, or an error; to a request by another name than the address's own an error alone."""
        return None if self.is_misnamed() else super().send_head()

    def list_directory(self, path: Any) -> None:  # noqa: ARG002 # what the parent calls it with
        """A folder without a page is nothing to see."""
        self.send_error(404)

    def end_headers(self) -> None:
        """Say what a browser may make of it."""
        kind = self.guess_type(self.path.partition("?")[0].partition("#")[0])
        page = kind.startswith("text/html") or self.path.partition("?")[0].endswith("/")
        for name, value in (HEADERS | {"Content-Security-Policy": FRAMED if page else BARE}).items():
            self.send_header(name, value)
        super().end_headers()


class Server(ThreadingHTTPServer):
    """Says nothing of a browser that went away while it was answered."""

    @property
    def hosts(self) -> list[str]:
        """What a request may call it."""
        port = self.server_port
        return [f"{name}:{port}" for name in NAMES] + (list(NAMES) if port == 80 else [])

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
        raise InputError(f"{site} holds no page; publish one first: proctor publish RUN --to {site}")
    return listening(partial(Handler, directory=str(site)), port)


def listening(handler: Any, port: int = 0) -> ThreadingHTTPServer:
    """A server of this machine's own address; it listens already.

    Raises:
        InputError: the port is taken.
    """
    try:
        return Server((HOST, port), handler)
    except OSError as error:
        raise InputError(f"--port {port}: {error.strerror}; leave it out, and a free one is taken") from error


def address(serving: ThreadingHTTPServer) -> str:
    """Where a browser finds it."""
    return f"http://{HOST}:{serving.server_port}/"


def serve(serving: ThreadingHTTPServer, *, browse: bool, path: str = "") -> None:
    """Serve until somebody interrupts, with a browser open at a path where that is asked."""
    if browse:  # beside this: a browser in the terminal would wait for an answer before there is anyone to give it
        Thread(target=webbrowser.open, args=(address(serving) + path,), daemon=True).start()
    serving.serve_forever()
