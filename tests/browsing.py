"""The published page in a real Chromium: opened from the disk or from a server, watched in all that it tries."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.serving import at_work

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = (
    None if CHROMIUM and find_spec("playwright") else "no Chromium on this machine, or the package playwright is not installed"
)
needs_browser = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SIZES = {"desk": DESK, "phone": PHONE}
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
PICTURES = os.environ.get("PROCTOR_PICTURES")
"""A folder for screenshots, to be looked at."""
TALLEST = 6000
"""Pixels of a picture."""

VIEWS = {
    "board": "",
    "everything": "axis=*",
    "sorted": "axis=accuracy&sort=accuracy.exact",
    "differences": "than=rag",
    "kinds": "tag=one+document",
    "answers": "view=answers",
    "flipped": "view=answers&system=rag&other=hybrid&show=flipped",
    "question": "view=question&q=q0007",
    "unanswerable": "view=question&q=q0008&system=hybrid",
    "system": "view=system&system=hybrid",
    "suite": "view=suite",
    "retrieval": "view=retrieval",
    "failures": "view=retrieval&system=hybrid&cause=beyond",
    "history": "view=history",
    "source": "view=source",
}
"""Name -> state of everything that the page can show."""


@contextmanager
def browsing() -> Iterator[Any]:
    """A browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


class Visit:
    """A page that was opened, with everything that it tried."""

    def __init__(
        self, browser: Any, address: str | Path, size: dict[str, int] = DESK, scheme: str = "light", **more: Any
    ) -> None:
        """Open ``address``, a file or a URL, with a state after its # or without one."""
        self._context = browser.new_context(**{"viewport": size, "color_scheme": scheme, "reduced_motion": "reduce"} | more)
        self.page = self._context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dialog)
        self._context.on("page", lambda page: self.complaints.append(f"another page was opened: {page.url}"))
        self.address = address.as_uri() if isinstance(address, Path) else address
        self.page.goto(self.address)
        self._wait(0)

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog {dialog.message}")
        dialog.dismiss()

    @property
    def shows(self) -> int:
        """How many times the page has shown a state; what is loaded after that keeps its place busy."""
        return int(self.page.evaluate("performance.getEntriesByName('shown').length"))

    def _wait(self, before: int) -> None:
        done = "before => performance.getEntriesByName('shown').length > before && !document.querySelector('[aria-busy]')"
        self.page.wait_for_function(done, arg=before)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Whatever is done inside, the page has shown the outcome when this is left."""
        before = self.shows
        yield
        self._wait(before)

    def go(self, state: str) -> Visit:
        """Show another state."""
        if self.state != state:
            with self.change():
                self.page.evaluate("state => { location.hash = state }", state)
        return self

    @property
    def state(self) -> str:
        """What the address says after its #."""
        return str(self.page.evaluate("location.hash.slice(1)"))

    @property
    def wider(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def texts(self, selector: str) -> list[str]:
        """The texts of all visible elements, without the blanks around them."""
        found = "nodes => nodes.filter(node => node.checkVisibility()).map(node => node.innerText.trim())"
        return list(self.page.eval_on_selector_all(selector, found))

    def picture(self, name: str) -> None:
        """Write a screenshot of the whole page, if anybody wants to look at it."""
        if PICTURES:
            size = self.page.viewport_size
            height = min(self.page.evaluate("document.documentElement.scrollHeight"), TALLEST)
            self.page.set_viewport_size({**size, "height": height})
            self.page.screenshot(path=Path(PICTURES) / f"{name}.png")
            self.page.set_viewport_size(size)

    def close(self) -> None:
        """Close it."""
        self._context.close()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A web server on this machine for a folder; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder)))
    with at_work(server):
        yield f"http://127.0.0.1:{server.server_port}"
