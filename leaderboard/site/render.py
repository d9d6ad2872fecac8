"""Templates and scripts: how a page is put together.

Suites, documents and models are not trusted: templates escape every value, the page's scripts write texts and never markup, and
its content-security policy lets no script run but its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import category

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from proctor.core import extras, units
from proctor.evals.axes import catalogue
from proctor.evals.stats.intervals import FEW, cluster_count
from proctor.leaderboard import formatting
from proctor.leaderboard.analysis import break_even, effects, judge_agreement
from proctor.leaderboard.board import cells, summary
from proctor.leaderboard.claims import text
from proctor.leaderboard.runs.records import grouped
from proctor.leaderboard.site import compiled
from proctor.leaderboard.site.escape import printable

TEMPLATES = Path(__file__).with_name("templates")
SCRIPT_FILES = Path(__file__).with_name("scripts")
MEASURED = ("student.js", "figures.js", "evidence.js", "options.js")
DECISION = (*MEASURED, "settle.js", "advice.js", "flips.js", "sayings.js", "outlook.js", "decision.js")
"""What a page needs to decide by itself, in the order in which each needs those before it."""
SCRIPTS = (*DECISION, "dom.js", "parts.js", "table.js", "panel.js", "answers.js", "retrieval.js", "suite.js", "main.js")
"""All scripts of the page, in the same order."""
LONGEST = 20_000
"""Letters shown of one text."""
TRENDS = {"first": "", "better": "\u25b2", "worse": "\u25bc", "tied": "=", "inconclusive": "?", "not comparable": "\u2260"}
"""How a run stands to the one before it, as a sign."""


def render(**values: Any) -> str:
    """The page of these values."""
    code = script()
    page = _environment().get_template("page.html")
    return page.render(**values, policy=_policy(code), script=Markup(code))  # noqa: S704 # the project's own


@cache
def script(names: Sequence[str] = SCRIPTS) -> str:
    """Scripts as one, so that one hash lets them run; before them, as ``UNITS``, what is known of each unit."""
    known = json.dumps({unit.name: {"sign": unit.sign, "one": unit.one} for unit in units.UNITS.values()})
    texts = ((SCRIPT_FILES / name).read_text(encoding="utf-8") for name in names)
    return "\n".join(['"use strict";', f"const UNITS = {known};", *texts])


def _policy(script: str) -> str:
    """Nothing runs but that script and what it loads, nothing is asked of anybody, and no text can become markup."""
    found = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{found}' 'strict-dynamic'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types proctor"
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=printable,
        bytecode_cache=compiled.beside(TEMPLATES, Path(__file__)),
    )
    environment.filters |= {"name": _name, "breaks": _breaks, "text": _text, "printable": printable, "rows_by": _grouped}
    environment.globals |= {
        "few": FEW,
        "cluster_count": cluster_count,
        "figure": formatting.figure,
        "value_of": cells.of_cell,
        "bounds": cells.bounds,
        "between": formatting.between,
        "from_the_best": cells.from_the_best,
        "winner": summary.winner,
        "in_order": summary.in_order,
        "others": summary.others,
        "crossing": break_even.sentence,
        "meaning": catalogue.meanings(),
        "words": catalogue.words,
        "first": catalogue.shown(),
        "neutral": catalogue.neutral,
        "axis": catalogue.axis,
        "standing": judge_agreement.standing,
        "kappa": judge_agreement.kappa,
        "words_only": judge_agreement.words_only,
        "topics": text.topics,
        "unmeasured": text.unmeasured,
        "counted": text.counted,
        "evidence": text.evidence,
        "sign": text.SIGNS,
        "effect_words": effects.WORDS,
        "trend": TRENDS,
        "install_plots": extras.install("matplotlib"),
    }
    return environment


def _grouped(rows: Sequence[Any], field: str) -> list[tuple[Any, list[Any]]]:
    """Rows by the value of one field, in the order in which these first come."""
    return [(value, found) for (value,), found in grouped(rows, field).items()]


def _name(value: Any) -> str:
    """A name that leaves room for others, and can be seen."""
    name = str(value)
    if name and all(category(letter)[0] in "CZ" for letter in name):
        return "\u2423" * min(len(name), 100)
    return name if len(name) <= 100 else f"{name[:99]}\u2026"


def _breaks(name: str) -> Markup:
    """A name that may be broken after dots and underscores, as in a narrow column."""
    pieces = re.split(r"(?<=[._/-])", name)
    return Markup("<wbr>").join(escape(printable(piece)) for piece in pieces)


def _text(value: str) -> str:
    """A text that a page can hold."""
    if len(value) <= LONGEST:
        return value
    return f"{value[:LONGEST]}\u2026 ({len(value) - LONGEST} more letters in the run folder)"
