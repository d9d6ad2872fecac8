"""The command ``proctor``. One of its commands is a module of `proctor.commands`: the folder is the list.

A module has a docstring whose first line is what ``proctor --help`` says of it, ``declare(parser)``, which adds its words, and
``run(arguments)``, which returns the exit code. ``REFUSED``, where it has one, is the exit code for what a user can mend.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from proctor import commands
from proctor.core.command_line import USAGE_ERROR, Parser, begin, ended, outlive_readers

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
    """What is understood. Of the commands only that which is called is loaded; all of them where none is."""
    whole = Parser(prog="proctor", description=DESCRIPTION)
    each = whole.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    known = names()
    for name in [words[0]] if words and words[0] in known else sorted(known):
        _add(each.add_parser, name, import_module(known[name]))
    return whole


def _add(add: object, name: str, module: ModuleType) -> None:
    text = module.__doc__ or ""
    said = text.splitlines()[0].rstrip(".")
    one = add(name, help=said[0].lower() + said[1:], description=text)  # type: ignore[operator]
    module.declare(one)
    one.set_defaults(run=module.run, refused=getattr(module, "REFUSED", USAGE_ERROR))
