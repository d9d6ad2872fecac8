"""A terminal that lacks some characters loses those, and nothing else; a reader that goes away changes no exit code."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
from proctor.core.command_line import suit_any_terminal
suit_any_terminal()
print("accuracy.exact \\u2191 95\\u00a0% \\u2013 caf\\u00e9 \\u6771\\u4eac")
"""


def said(encoding: str) -> str:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, env=environment, timeout=60)
    return done.stdout.decode(encoding).rstrip()


def test_what_an_encoding_lacks_is_replaced_character_by_character():
    assert said("cp1252") == "accuracy.exact ^ 95\u00a0% \u2013 caf\u00e9 ??"
    assert said("ascii") == "accuracy.exact ^ 95?% - caf? ??"


def test_what_an_encoding_has_stays():
    assert said("utf-8") == "accuracy.exact \u2191 95\u00a0% \u2013 caf\u00e9 \u6771\u4eac"


ENDS = """
import sys
from proctor.core.command_line import begin, ended, outlive_readers
from proctor.core.schema import InputError
outlive_readers()
begin()
def work():
    for _ in range(int(sys.argv[1])): print("x" * 1000)
    if sys.argv[2] == "refused": raise InputError("no such run")
    return int(sys.argv[2])
sys.exit(ended(work, 3))
"""


@pytest.mark.slow
@pytest.mark.parametrize("lines", [1, 1000], ids=["a line", "more than a buffer"])
@pytest.mark.parametrize(("outcome", "code"), [("0", 0), ("1", 1), ("2", 2), ("refused", 3)])
@pytest.mark.parametrize("closed", ["output", "errors", "both"])
def test_a_reader_that_goes_away_changes_no_exit_code(lines, outcome, code, closed):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        out, errors = (pipe if closed in (name, "both") else subprocess.PIPE for name in ("output", "errors"))
        done = subprocess.run(
            [sys.executable, "-c", ENDS, str(lines), outcome], stdout=out, stderr=errors, check=False, timeout=60
        )
    assert done.returncode == code
    assert not done.stderr or done.stderr == b"error: no such run\n"
    assert not done.stdout or done.stdout.count(b"\n") == lines


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110
def test_output_that_cannot_be_written_is_said_and_is_no_outcome():
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-c", ENDS, "1", "1"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert done.returncode == 3
    assert done.stderr.startswith(b"error: cannot read or write")


@pytest.mark.parametrize("words", [["--help"], ["gate", "--help"], ["gate"]])
def test_help_and_usage_end_with_their_own_code_though_nobody_reads_them(words):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run([sys.executable, "-m", "proctor", *words], stdout=pipe, stderr=pipe, check=False, timeout=60)
    assert done.returncode == (0 if "--help" in words else 4)
