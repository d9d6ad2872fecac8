"""The static page: one file with everything in it, and the board as data beside it.

Suites, documents and models are not trusted: templates escape every value, the page's scripts write texts and never markup, and
its content-security policy lets no script run but its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any
from unicodedata import category

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from evals.schema import InputError
from leaderboard import answers, axes, claims, counsel, crossing, debate, export, figures, judged, news, verdict
from leaderboard.board import Board, board, latest
from leaderboard.changes import mixed, resettings
from leaderboard.evidence import Evidence
from leaderboard.gathering import as_json
from leaderboard.history import History, history
from leaderboard.output import Site
from leaderboard.plots.looks import SERIES, places
from leaderboard.plots.table import Plot, of_history, plots
from leaderboard.series import grouped
from leaderboard.situation import Situation, load
from leaderboard.store import Run, read
from leaderboard.tables import Section, sections
from leaderboard.tagged import tagged

TEMPLATES = Path(__file__).with_name("templates")
DECISION = ("student.js", "figures.js", "evidence.js", "options.js", "advice.js", "flips.js", "decision.js")
"""What a page needs to decide by itself, in the order in which each needs those before it."""
SCRIPTS = (*DECISION, "dom.js", "parts.js", "table.js", "panel.js", "answers.js", "suite.js", "main.js")
"""All scripts of the page, in the same order."""
ROOM = 4_500_000
"""Bytes of answers that the page itself holds. Where there are more, they are in files beside it."""
ELSEWHERE = ("command", "fair")
"""Provenance that the page says in another place: as what to type, and as what to read with care."""
LONGEST = 20_000
"""Letters shown of one text."""
TRENDS = {"first": "", "better": "\u25b2", "worse": "\u25bc", "tied": "=", "inconclusive": "?", "not comparable": "\u2260"}
"""How a run stands to the one before it, as a sign."""
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What no HTML page may hold, and what would turn round the text after it."""
ESCAPED = re.compile(r"\\(\\|u00(?:0[0-8bcef]|1[0-9a-f])|[bf]|r(?:\\n)?)")
"""The same in JSON, which escapes some of it, and ends of lines. An escaped backslash begins no other escape."""


DIFFERENT = """these runs are of different exams, and their systems cannot stand beside each other;
publish each to a site of its own, or give those that came before with --history:"""
SAME_NAME = """systems of these runs have one name and are set otherwise;
name one of each otherwise in its table, publish each run to a site of its own, or give those that came before with --history:"""


def publish(runs: Sequence[Path], site: Path, more: Sequence[Path] = (), saved: Sequence[Path] = ()) -> Path:
    """Write the page of one or several run folders; of what several of them measured, the last has the word.

    ``more`` are files of claims to be tested beside those that come with Proctor, ``saved`` the runs before these.

    Raises:
        InputError: a folder is not a run, a file in it or one of claims is damaged, the site cannot be written, runs are of
            different exams, or a name is that of two systems.
    """
    tested = claims.load(more)
    opened = [read(folder) for folder in runs]
    settings = [text for before, after in combinations(opened, 2) for text in resettings(before, after)]
    for problem, differences in ((DIFFERENT, mixed(latest(opened)) if len(opened) > 1 else []), (SAME_NAME, settings)):
        if differences:
            raise InputError("\n".join([problem, *dict.fromkeys(differences)]))
    return write(opened, board(opened, tested), site, saved)


def write(opened: Sequence[Run], found: Board, site: Path, saved: Sequence[Path] = ()) -> Path:
    """Write the page of runs that were read and summed up already."""
    records, files = latest(opened), Site(site)
    behind = answers.behind(opened, records)
    found = replace(found, tags=tuple(tagged(records, answers.tags(behind))))
    told = history(opened, saved, news.history_of(files.old("history.json")))
    for name, content in export.files(found, told).items():
        files.write(name, content)
    known = {(each.suite, each.base_model): each for each in found.evidence}
    shown = [
        replace(_told(each, known.get(_place(each.section)), files), past=of_history(each.section, told, files))
        for each in _shown(found, behind, files)
    ]
    written = files.write("index.html", _index(found, told, shown))
    files.clear("answers/*.js", "plots/*.svg", "systems/*.html")  # earlier versions wrote a page for each system
    return written


@dataclass(frozen=True)
class Shown:
    """What the page has of a section beside its tables."""

    section: Section
    systems: Mapping[str, Any]
    """System -> how it is made."""
    parts: Mapping[str, str]
    """Name -> what is behind its figures as JSON; or the file beside the page that holds it."""
    inside: bool
    """Whether the page itself holds the parts."""
    plots: Sequence[Plot] = ()
    advice: Sequence[str] = ()
    """What to take in the situation that a page starts from, sentence by sentence."""
    past: Plot | None = None
    """How it went from run to run."""
    decision: Mapping[str, Any] | None = None
    """What the page decides from in other situations."""

    def about(self) -> dict[str, Any]:
        """Everything but the parts."""
        section = self.section
        return {
            "id": section.id,
            "suite": section.suite,
            "base_model": section.base_model,
            "title": section.title,
            "order": section.systems,
            "inks": {system: place % len(SERIES) for system, place in places(section.systems).items()},
            "facts": section.facts,
            "units": {cell.measure: cell.unit for cell in section.cells},
            "systems": self.systems,
            "pairs": [[p.measure, p.system, p.than, p.difference, p.ci_low, p.ci_high, p.p] for p in section.pairs],
            "tagged": [[t.tag, t.system, t.measure, t.value, t.ci_low, t.ci_high, t.n] for t in section.tagged],
            "decision": self.decision,
            "inside": self.inside,
            "parts": list(self.parts) if self.inside else dict(self.parts),
        }


def _told(shown: Shown, known: Evidence | None, files: Site) -> Shown:
    """A section with its plots and with advice, both for the situation that a page starts from."""
    if known is None:
        return shown
    (advice,) = counsel.advise([known], Situation(load()))
    said = [*counsel.as_json(advice)["said"]["verdict"]]
    return replace(shown, plots=plots(shown.section, advice.case, files), advice=said, decision=as_json(known))


def _place(section: Section) -> answers.Place:
    return section.suite, section.base_model


def _shown(found: Board, behind: Mapping[answers.Place, answers.Behind], files: Site) -> Iterator[Shown]:
    """The sections, each with its parts: in the page while there is room, in files beside it after that."""
    room = ROOM
    for section in sections(found):
        told = behind.get(_place(section))
        parts = {name: as_data(part) for name, part in told.parts()} if told else {}
        size = sum(len(text.encode()) for text in parts.values())
        if size <= room:
            room -= size
            yield Shown(section, _made(found, section), parts, inside=True)
        else:
            beside = {name: _beside(section, name, text, files) for name, text in parts.items()}
            yield Shown(section, _made(found, section), beside, inside=False)


def _made(found: Board, section: Section) -> dict[str, Any]:
    """The settings of a section's systems, where provenance has them."""
    known = found.run.get("systems")
    tables = {name: known.get(name) for name in section.systems} if isinstance(known, Mapping) else {}
    return {name: table["settings"] for name, table in tables.items() if isinstance(table, Mapping) and table.get("settings")}


def _beside(section: Section, name: str, text: str, files: Site) -> str:
    """A part as a script that a page opened from the disk can load, too; only data is in it."""
    path = f"answers/{section.id}--{name}.js"
    files.write(path, f"proctorPart({as_data(path)},{text});\n")
    return path


def as_data(value: Any) -> str:
    """JSON that stands in a page: holds no tag, and nothing that no page may hold."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = UNPRINTABLE.sub(lambda found: f"\\{_code(ord(found[0]))}", ESCAPED.sub(_unescaped, text))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _unescaped(found: re.Match[str]) -> str:
    """The same for what JSON escapes; lines end as HTML has them end, so that a name is the same in both."""
    what = found[1]
    if what == "\\":
        return found[0]
    return "\\n" if what[0] == "r" else f"\\{_code({'b': 8, 'f': 12}.get(what) or int(what[1:], 16))}"


def _code(letter: int) -> str:
    """What stands for a letter that no page may hold: its number, so that names that differ in it stay apart."""
    return f"\\u{letter:04x}"


def _index(found: Board, told: History, shown: Sequence[Shown]) -> str:
    data = {"about": as_data([each.about() for each in shown])}
    for each in shown:
        data |= {f"{each.section.id}--{name}": text for name, text in each.parts.items() if each.inside}
    code = script()
    return (
        _environment()
        .get_template("page.html")
        .render(
            title=_title(shown),
            shown=shown,
            sections=[each.section for each in shown],
            run=found.run,
            history=told,
            facts=_facts(found.run),
            **_again(found.run),
            policy=_policy(code),
            script=Markup(code),  # noqa: S704 # the project's own
            data=[(name, Markup(text)) for name, text in data.items()],  # noqa: S704 # see `as_data`
        )
    )


def _again(run: Mapping[str, Any]) -> dict[str, Any]:
    """What it takes to run it again: the commit, and what to type."""
    told = run.get("git")
    git: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    commit = str(git.get("commit") or "")
    checkout = [f"git checkout {commit}"] if re.fullmatch(r"[0-9a-f]{40}", commit) else []
    return {"commit": commit, "dirty": bool(git.get("dirty")), "again": "\n".join([*checkout, str(run.get("command") or "")])}


def _title(shown: Sequence[Shown]) -> str:
    return f"{shown[0].section.title} \u2013 Proctor" if len(shown) == 1 else "Proctor leaderboard"


@cache
def script(names: Sequence[str] = SCRIPTS) -> str:
    """Scripts as one, so that one hash lets them run."""
    texts = ((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    return "\n".join(['"use strict";', *texts])


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
        finalize=_printable,
    )
    environment.filters |= {"name": _name, "breaks": _breaks, "text": _text, "printable": _printable, "rows_by": _grouped}
    environment.globals |= {
        "figure": figures.figure,
        "value_of": figures.of_cell,
        "bounds": figures.bounds,
        "between": figures.between,
        "winner": verdict.winner,
        "others": verdict.others,
        "crossing": crossing.sentence,
        "meaning": axes.MEANING,
        "words": axes.words,
        "first": axes.SHOWN,
        "axis": axes.axis,
        "agreement": judged.sentence,
        "kappa": judged.kappa,
        "topics": debate.topics,
        "unmeasured": debate.unmeasured,
        "counted": debate.counted,
        "evidence": debate.evidence,
        "sign": debate.SIGNS,
        "trend": TRENDS,
    }
    return environment


def _grouped(rows: Sequence[Any], field: str) -> list[tuple[Any, list[Any]]]:
    """Rows by the value of one field, in the order in which these first come."""
    return [(value, found) for (value,), found in grouped(rows, field).items()]


def _printable(value: Any) -> Any:
    """Every value on its way into a page."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return UNPRINTABLE.sub(lambda found: _code(ord(found[0])), value.replace("\r\n", "\n").replace("\r", "\n"))
    return value


def _name(value: Any) -> str:
    """A name that leaves room for others, and can be seen."""
    name = str(value)
    if name and all(category(letter)[0] in "CZ" for letter in name):
        return "\u2423" * min(len(name), 100)
    return name if len(name) <= 100 else f"{name[:99]}\u2026"


def _breaks(name: str) -> Markup:
    """A name that may be broken after dots and underscores, as in a narrow column."""
    pieces = re.split(r"(?<=[._/-])", name)
    return Markup("<wbr>").join(escape(_printable(piece)) for piece in pieces)


def _text(value: str) -> str:
    """A text that a page can hold."""
    if len(value) <= LONGEST:
        return value
    return f"{value[:LONGEST]}\u2026 ({len(value) - LONGEST} more letters in the run folder)"


def _facts(run: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Provenance under headings: what is a single fact under none, each table under its name, tables in it line by line."""
    told = {name: value for name, value in run.items() if value is not None and name not in ELSEWHERE}
    single = [(name, _line(value)) for name, value in told.items() if not isinstance(value, Mapping)]
    tables = [(name, list(_rows(name, table, run))) for name, table in told.items() if isinstance(table, Mapping)]
    return [("", single), *tables]


def _rows(name: str, table: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part, value in table.items():
        if name == "judges":
            yield part, judged.sentence(run, part)
        elif isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values()):
            yield from ((f"{part}: {inner}", _line(found)) for inner, found in value.items() if found is not None)
        else:
            yield part, _line(value)


def _line(value: Any) -> str:
    if isinstance(value, Mapping):
        return " \u00b7 ".join(f"{name} {_line(part)}" for name, part in value.items() if part is not None)
    return value if isinstance(value, str) else json.dumps(value)
