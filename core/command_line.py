"""What the command lines share: they end as pytest does."""

from __future__ import annotations

import argparse
import codecs
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from proctor.core.redaction import redact, start
from proctor.core.schema import InputError
from proctor.core.stopping import Stopping
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


class _Lasting(io.FileIO):
    """A file descriptor whose reader may go away, as ``head`` does: what is written after that goes nowhere."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), self.fileno())
        return memoryview(data).nbytes


def outlive_readers() -> None:
    """Have a command go on to its own exit code when nobody reads its output or its errors any more."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and stream is getattr(sys, f"__{name}__"):
            stream.flush()
            buffer = io.BufferedWriter(_Lasting(stream.fileno(), "wb", closefd=False))
            lines = stream.line_buffering or name == "stderr"
            setattr(sys, name, io.TextIOWrapper(buffer, stream.encoding, stream.errors, line_buffering=lines))


def begin() -> None:
    """What every command does first: no secret of its words or its environment is shown, and no character ends it."""
    start(sys.argv, os.environ)
    suit_any_terminal()


def ended(run: Callable[[], int | None], refused: int = USAGE_ERROR) -> int:
    """Run a command; returns its exit code.

    What a user can mend is said in words and ends with ``refused``, as does output that cannot be written; Ctrl-C, SIGTERM and
    SIGHUP end with 130, 143 and 129.
    """
    stopping = Stopping("at work", _complain)
    stopping.listen()
    try:
        code = run() or 0
        _flush()
    except BaseException as error:
        if stopping.number:  # whatever a library made of the exception that was to stop it
            _complain(f"stopped by {stopping.name}: what was written until now is whole; run the same command again")
            return stopping.code
        if not (said := _said(error)):
            raise
        _complain(f"error: {said}")
        return refused
    finally:
        stopping.stop_listening()
    return code


def _said(error: BaseException) -> str:
    """What a user can mend, in words; nothing where it is none of that."""
    if isinstance(error, InputError):
        return str(error)
    found = (errors.cause(error) or error) if isinstance(error, OSError | RuntimeError) else None
    return f"cannot read or write {errors.sentence(found)}" if isinstance(found, OSError) else ""


def _flush() -> None:
    """Write what is to be written while it can still be told that this failed."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 # for what is written at the end
        raise


def _complain(text: str) -> None:
    with suppress(OSError):  # nobody may read it any more
        print(redact(text), file=sys.stderr, flush=True)  # noqa: T201 # a command's own words


class Parser(argparse.ArgumentParser):
    """argparse ends with 2 where pytest, and so all of Proctor, ends with 4."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it is used."""
        self.exit(USAGE_ERROR, f"{self.format_usage()}error: {message}\n")
