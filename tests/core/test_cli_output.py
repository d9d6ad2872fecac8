"""A terminal that lacks some characters loses those, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
from core.command_line import suit_any_terminal
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
