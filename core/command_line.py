"""What the command lines share: they end as pytest does."""

from __future__ import annotations

import argparse
import codecs
import io
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from proctor.core.redaction import redact, start
from proctor.core.schema import InputError
from proctor.core.stopping import Stopped, Stopping
from proctor.core.storage import errors

USAGE_ERROR = 4
"""As pytest's."""


PLAIN = {"\u2191": "^", "\u2193": "v", "\u2248": "~", "\u2013": "-", "\u2026": "...", "\u2713": "+", "\u2717": "x"}
"""What stands for a character on a terminal that lacks it; any other becomes a question mark."""


def suit_any_terminal() -> None:
    """Have output lose characters that the terminal's encoding lacks, and not the whole line or the command."""

    def plainly(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        return "".join(PLAIN.get(letter, "?") for letter in error.object[error.start : error.end]), error.end

    codecs.register_error("proctor.plain", plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="proctor.plain")


def begin() -> None:
    """What every command does first: no secret of its words or its environment is shown, and no character ends it."""
    start(sys.argv, os.environ)
    suit_any_terminal()


def ended(run: Callable[[], int | None], refused: int = USAGE_ERROR) -> int:
    """Run a command; returns its exit code.

    What a user can mend is said in words and ends with ``refused``; Ctrl-C, SIGTERM and SIGHUP end with 130, 143 and 129.
    """
    stopping = Stopping("at work", _complain)
    stopping.listen()
    try:
        return run() or 0
    except Stopped:
        _complain(f"stopped by {stopping.name}: what was written until now is whole; run the same command again")
        return stopping.code
    except InputError as error:
        _complain(f"error: {error}")
    except BrokenPipeError:  # who reads it has read enough, as `head` does
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 # for what is written at the end
        return 0
    except (OSError, RuntimeError) as error:
        found = errors.cause(error) or error
        if not isinstance(found, OSError):
            raise
        _complain(f"error: cannot read or write {errors.sentence(found)}")
    finally:
        stopping.stop_listening()
    return refused


def _complain(text: str) -> None:
    print(redact(text), file=sys.stderr, flush=True)  # noqa: T201 # a command's own words


class Parser(argparse.ArgumentParser):
    """argparse ends with 2 where pytest, and so all of Proctor, ends with 4."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it is used."""
        self.exit(USAGE_ERROR, f"{self.format_usage()}error: {message}\n")
