"""Print what a shell needs to complete the words of this command."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from proctor.arguments import named_run
from proctor.core.extras import require

SHELLS = ("bash", "zsh", "fish")


def declare(parser: argparse.ArgumentParser) -> None:
    """Which shell."""
    what = 'the shell: put `eval "$(proctor completion bash)"` into ~/.bashrc, or the same of zsh into ~/.zshrc'
    parser.add_argument("shell", choices=SHELLS, help=f"{what}; for fish, `proctor completion fish | source`")


def run(arguments: argparse.Namespace) -> None:
    """Print it: all commands with their words."""
    require({"completion": ["shtab"]})
    import shtab

    from proctor.cli import parser

    whole = parser()
    for action in _actions(whole):
        if action.type in (Path, named_run):
            action.complete = shtab.FILE  # type: ignore[attr-defined] # where shtab looks for it
    print(shtab.complete(whole, arguments.shell))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The words of a command and of the commands below it."""
    for action in parser._actions:  # noqa: SLF001 # argparse has no other way to tell
        if isinstance(action.choices, dict):
            for one in action.choices.values():
                yield from _actions(one)
        yield action
