"""Patterns that wait to be compiled."""

from __future__ import annotations

import copy
import re
import subprocess
import sys

import pytest

from proctor.core.language.later import later


def test_a_pattern_is_compiled_once_and_only_when_it_is_looked_at() -> None:
    asked: list[tuple[str, int]] = []

    def compiling(pattern: str, flags: int) -> re.Pattern[str]:
        asked.append((pattern, flags))
        return re.compile(pattern, flags)

    pattern = later(compiling, "a+", re.IGNORECASE)
    assert asked == []
    assert pattern.findall("aAb") == ["aA"]
    assert pattern.sub("x", "aAb") == "xb"
    assert pattern.pattern == "a+"
    assert asked == [("a+", re.IGNORECASE)]


def test_a_pattern_that_is_none_is_told_when_it_is_looked_at() -> None:
    wrong = later(re.compile, "(")
    with pytest.raises(re.error):
        wrong.search("a")


def test_a_copy_finds_the_same() -> None:
    assert copy.copy(later(re.compile, "a")).findall("aba") == ["a", "a"]


def test_what_an_answer_is_read_by_waits_for_an_answer() -> None:
    code = (
        "import regex; real, seen = regex.compile, []\n"
        "regex.compile = lambda *how: seen.append(how) or real(*how)\n"
        "import proctor.core.language.hedges, proctor.core.language.sentences\n"
        "assert not seen, seen"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
