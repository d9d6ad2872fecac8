"""A walk through all views of a page, and everything that tests want to know of each on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browsing import SIZES, VIEWS, Visit

NARROW = {"width": 320, "height": 640}
"""1280 pixels at 400 % (WCAG 2.2, 1.4.10)."""
WINDOWS = SIZES | {"narrow": NARROW}
AWAY = ("axis=*&sort=cost.train_flops&than=lora", "view=answers&find=Brill")
"""States that leave something behind, if anything does."""
LEVELS = "nodes => nodes.filter(node => node.checkVisibility()).map(node => Number(node.localName[1]))"
UNFOLD = "all => all.forEach(node => { node.open = true })"


@dataclass(frozen=True)
class Shown:
    """A view."""

    text: str
    """Of its main part."""
    current: list[str]
    """Links that are marked as leading to what is shown."""
    levels: list[int]
    """Of its headings, in order."""
    wider: int
    """Pixels by which the page is wider than its window, folded or unfolded as was asked."""
    violations: dict[str, list[str]]
    """Rule of axe -> elements that break it."""


@dataclass(frozen=True)
class Walk:
    """A page that was walked through, with all that it asked for and all that it complained of."""

    views: dict[str, Shown]
    requests: list[str]
    complaints: list[str]


@dataclass(frozen=True)
class Way:
    """How a page is walked through."""

    size: str = "desk"
    scheme: str = "light"
    through: tuple[str, ...] = ()
    """States to show before each view."""
    unfold: bool = False
    """Open all that is folded."""
    axe: bool = False
    """Have axe look at each view; the page's own policy, which would keep it out, is put aside."""
    larger: str = ""
    """The size of the letters, where it is not the browser's own."""
    picture: str = ""
    """How the pictures are called, where there are to be any: "{view}-desk"."""


def walk(browser: Any, address: Path | str, way: Way) -> Walk:
    """Open a page and go to each view."""
    seen = Visit(browser, address, WINDOWS[way.size], way.scheme, bypass_csp=way.axe)
    seen.page.evaluate("size => { document.documentElement.style.fontSize = size }", way.larger)
    views = {}
    for view, state in VIEWS.items():
        for each in (*way.through, state):
            seen.go(each)
        if way.unfold:
            seen.page.eval_on_selector_all("details", UNFOLD)
        views[view] = _shown(seen, axe=way.axe)
        if way.picture:
            seen.picture(way.picture.format(view=view))
    seen.close()
    return Walk(views, seen.requests, seen.complaints)


def _shown(seen: Visit, *, axe: bool) -> Shown:
    levels = seen.page.eval_on_selector_all("h1, h2, h3, h4, h5, h6", LEVELS)
    current, text = seen.texts("[aria-current=page]"), seen.page.inner_text("main")
    return Shown(text, current, levels, seen.wider, _violations(seen) if axe else {})


def _violations(seen: Visit) -> dict[str, list[str]]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(seen.page, options={"resultTypes": ["violations"]}).response["violations"]  # in half the time
    return {each["id"]: [node["html"][:200] for node in each["nodes"][:3]] for each in found}
