"""``proctor completion``."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from proctor.cli import main, names

pytest.importorskip("shtab")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_among_the_words_of_every_shell(shell, capsys):
    assert main(["completion", shell]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in names())


BASH = shutil.which("bash")


@pytest.mark.skipif(BASH is None, reason="there is no bash")
def test_bash_completes_commands_and_their_options(tmp_path, capsys):
    main(["completion", "bash"])
    script = tmp_path / "completion.sh"
    script.write_text(capsys.readouterr().out, encoding="utf-8")

    def completed(*words):
        typed = f"COMP_WORDS=(proctor {' '.join(words)}); COMP_CWORD={len(words)}; _shtab_proctor; echo ${{COMPREPLY[@]}}"
        done = subprocess.run(
            [BASH, "-c", f"source {script}; {typed}"], capture_output=True, text=True, check=True, timeout=30, cwd=tmp_path
        )
        return done.stdout.split()

    assert completed("ex") == ["export"]
    assert "--base-model" in completed("ask", "--")
    assert completed("show", "compl") == ["completion.sh"]


def test_what_is_missing_is_named_with_the_line_that_installs_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 4
    assert 'pip install "proctor[completion]"' in capsys.readouterr().err
