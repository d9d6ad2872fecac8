"""Ctrl-C, SIGTERM and SIGHUP: the first stops the work where nothing is lost by it, one after that ends the process at once.

Everything that is kept is written whole or not at all, so an exception is as good a way to stop as any. What runs in the
background and ignores a signal from the start (``nohup``) goes on ignoring it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Literal, TypeAlias

NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
if hasattr(signal, "SIGHUP"):
    NAMES[signal.SIGHUP] = "SIGHUP"
SAME = 0.5
"""Seconds in which signals are one: a terminal and ``timeout`` tell all processes of a group, and parents pass it on."""
DELAY = 0.05
"""Seconds until it is looked again whether an import has ended."""
Phase: TypeAlias = Literal["nothing begun", "at work", "finishing"]


_listening: list[Stopping] = []
"""Those that are told of signals in this process; the last one first."""


class Stopped(KeyboardInterrupt):
    """Work is to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(f"by {NAMES[signal.Signals(number)]}")
        self.number = number


class Stopping:
    """What this process does when it is told to stop, while it listens."""

    def __init__(self, phase: Phase, say: Callable[[str], object] = lambda _: None) -> None:
        """``say`` shows a line that is the process's last."""
        self.phase: Phase = phase
        self.number = 0
        """The signal that came first; 0 while none has."""
        self.again: Callable[[int], object] = self._end
        """Is told of signals after the first."""
        self._say, self._since, self._before = say, 0.0, dict[int, Any]()
        self._delayed = False
        self.patient = False
        """Whether the work looks itself whether it is to stop, and stops at a place of its own; see `patiently`."""

    @property
    def code(self) -> int:
        """What the process then ends with, as a shell has it: 130, 143 or 129; 0 while nothing told it to stop."""
        return 128 + self.number if self.number else 0

    @property
    def name(self) -> str:
        """What told it to stop."""
        return NAMES[signal.Signals(self.number)]

    def check(self) -> None:
        """Stop if that was asked for. An exception may have been lost in a library that catches all of them."""
        if self.number:
            raise Stopped(self.number)

    def listen(self) -> None:
        """From now on be told of signals."""
        if threading.current_thread() is threading.main_thread():
            heard = [number for number in NAMES if signal.getsignal(number) != signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._handle) for number in heard}
            _listening.append(self)

    def stop_listening(self) -> None:
        """Leave signals to whom they were told before."""
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before = {}
        if self in _listening:
            _listening.remove(self)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._delayed:
            self._delayed = False
            self._stop(frame)
        elif not self.number:
            self.number, self._since = number, time.monotonic()
            self._stop(frame)
        elif time.monotonic() - self._since > SAME:
            self.again(number)

    def _stop(self, frame: FrameType | None) -> None:
        if self.phase == "nothing begun":
            self._end(self.number, "before any work was done")
        if self.phase == "at work" and not self.patient:
            if not _importing(frame):
                raise Stopped(self.number)
            timer = threading.Timer(DELAY, self._tell_again)
            timer.daemon = True
            timer.start()

    def _tell_again(self) -> None:
        self._delayed = True
        os.kill(os.getpid(), self.number)

    def _end(self, number: int, when: str = "at once: what was kept until now is whole") -> None:
        with suppress(Exception):  # a line that was being written is no reason to go on
            self._say(f"stopped by {NAMES[signal.Signals(number)]}, {when}")
            sys.stdout.flush()
        os._exit(128 + number)


@contextmanager
def patiently() -> Iterator[Callable[[], bool]]:
    """Work that is given time to keep what it has: it asks what it is given whether it is to stop, and ends by itself.

    Raises:
        Stopped: on leaving, where it was to stop.
    """
    listening = _listening[-1] if _listening else None
    if listening is None:
        yield lambda: False
        return
    listening.check()
    listening.patient = True
    try:
        yield lambda: bool(listening.number)
    finally:
        listening.patient = False
    listening.check()


def _importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported. A library in C makes other errors of an exception in there, or loses it."""
    while frame is not None and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame is not None


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> int:
    """What a command ends with.

    Raises:
        Stopped: this process is to stop. The command was told so, and has ended: whatever it writes at its end is there.
    """
    process = subprocess.Popen(command, cwd=folder, env=dict(environment))  # noqa: S603 # whoever calls knows what
    try:
        return process.wait()
    except Stopped as stopped:
        with _passed_on(process):
            process.send_signal(stopped.number)
            process.wait()
        raise


@contextmanager
def _passed_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    before = {number: signal.signal(number, lambda told, _: process.send_signal(told)) for number in NAMES}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
