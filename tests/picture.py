"""The picture that README opens with, taken anew of a run: ``python -m tests.picture RUN``."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from proctor.leaderboard import publish
from tests.browsing import Visit, browsing

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "leaderboard.png"
STATE = "updates=30&changed=0.05"
WIDTH, COLOURS = 1200, 128
BOTTOM = "() => { const all = [...document.querySelectorAll('figure.map')]; return all.find(each => each.checkVisibility())"
BOTTOM += ".getBoundingClientRect().bottom + window.scrollY }"


def take(run: Path) -> None:
    """From the head of the page to the map of who is recommended where."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        page = Visit(browser, publish([run], Path(folder), saved=[]), {"width": WIDTH, "height": 900}).go(STATE).page
        page.set_viewport_size({"width": WIDTH, "height": round(page.evaluate(BOTTOM)) + 16})
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.quantize(COLOURS).save(PICTURE, optimize=True)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
