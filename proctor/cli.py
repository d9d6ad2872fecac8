"""The command ``proctor``. One of its commands is a module of `proctor.commands`: the folder is the list.

A module has a docstring whose first line is what ``proctor --help`` says of it, ``declare(parser)``, which adds its words, and
``run(arguments)``, which returns the exit code. ``REFUSED``, where it has one, is the exit code for what a user can mend.
"""

from __future__ import annotations

import ast
import pkgutil
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from proctor import commands
from proctor.core.command_line import USAGE_ERROR, Parser, begin, ended, outlive_readers

HELP = ("-h", "--help")
DESCRIPTION = "RAG, full fine-tuning, LoRA or a hybrid: for your domain, measured. The exam itself is `pytest -m domain`."


def main(words: Sequence[str] | None = None) -> int:
    """Do as told; returns the exit code."""
    outlive_readers()
    begin()
    words = sys.argv[1:] if words is None else words
    arguments = parser(words).parse_args(words)
    return ended(lambda: arguments.run(arguments), arguments.refused)


def names() -> dict[str, str]:
    """Command -> module."""
    found = (module.name for module in pkgutil.iter_modules(commands.__path__))
    return {name.strip("_").replace("_", "-"): f"{commands.__name__}.{name}" for name in found}


def parser(words: Sequence[str] = ()) -> Parser:
    """What is understood. Of the commands only that which is called is loaded; where they are only listed, none; else all."""
    whole = Parser(prog="proctor", description=DESCRIPTION)
    each = whole.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    known = names()
    for name in [words[0]] if words and words[0] in known else sorted(known):
        if words and words[0] in HELP:
            each.add_parser(name, help=_line(_docstring(known[name])))
        else:
            module = import_module(known[name])
            _declare(each.add_parser(name, help=_line(module.__doc__ or ""), description=module.__doc__), module)
    return whole


def _declare(one: ArgumentParser, module: ModuleType) -> None:
    module.declare(one)
    one.set_defaults(run=module.run, refused=getattr(module, "REFUSED", USAGE_ERROR))


def _line(text: str) -> str:
    said = text.partition("\n")[0].rstrip(".")
    return said[:1].lower() + said[1:]


def _docstring(module: str) -> str:
    """Of a module that is not loaded."""
    place = find_spec(module)
    source = Path(place.origin).read_text(encoding="utf-8") if place and place.origin else ""
    return ast.get_docstring(ast.parse(source)) or ""
