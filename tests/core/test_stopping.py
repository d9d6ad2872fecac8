"""Ctrl-C, SIGTERM and SIGHUP: real processes, told by real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from proctor.core.stopping import SAME
from tests import waiting

ROOT = Path(__file__).parents[2]
BEGIN = """
import os, sys, time
from pathlib import Path
from proctor.core.command_line import ended
from proctor.core.stopping import Stopped, Stopping, run
def wait():
    print("ready", flush=True)
    for _ in range(600): time.sleep(0.05)
"""
WORK = f"{BEGIN}sys.exit(ended(wait))"
CLOSE = f"""{BEGIN}
def work():
    try: wait()
    finally:
        print("closing", flush=True)
        time.sleep(30)
sys.exit(ended(work))
"""
FINISH = f"""{BEGIN}
stopping = Stopping("finishing")
stopping.listen()
print("ready", flush=True)
for _ in range(600):
    if stopping.number: break
    time.sleep(0.01)
print("finished")
sys.exit(stopping.code)
"""
PARENT = f"""{BEGIN}
sys.exit(ended(lambda: run([sys.executable, "-c", sys.argv[1]], Path.cwd(), os.environ)))
"""


def start(script: str, *words: str, before: Callable[[], object] | None = None) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=before or partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 # in the background it is ignored
    )
    assert waiting.line(process) == "ready\n"
    return process


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, _ = process.communicate(timeout=60)
    return process.returncode, out


@pytest.mark.parametrize(
    ("number", "code", "name"), [(signal.SIGINT, 130, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM"), (signal.SIGHUP, 129, "SIGHUP")]
)
def test_a_command_that_is_told_to_stop_says_so_in_one_line_and_by_its_exit_code(number, code, name):
    process = start(WORK)
    process.send_signal(number)
    assert end(process) == (code, f"stopped by {name}: what was written until now is whole; run the same command again\n")


def test_a_signal_that_comes_twice_at_a_time_is_one(tmp_path):
    process = start(CLOSE.replace("time.sleep(30)", "time.sleep(0.1)"))
    os.killpg(process.pid, signal.SIGTERM)
    process.send_signal(signal.SIGTERM)  # as `timeout` does, which tells the process and then its group
    code, said = end(process)
    assert (code, said.splitlines()[0]) == (143, "closing")
    assert "at once" not in said


def test_another_signal_ends_what_is_being_closed_at_once():
    process = start(CLOSE)
    process.send_signal(signal.SIGINT)
    assert waiting.line(process) == "closing\n"
    time.sleep(SAME + 0.1)
    process.send_signal(signal.SIGINT)
    assert end(process) == (130, "stopped by Ctrl-C, at once: what was kept until now is whole\n")


def test_a_module_is_imported_to_its_end_before_the_work_stops(tmp_path):
    (tmp_path / "slow.py").write_text("import time; print('ready', flush=True); time.sleep(0.3); print('imported')")
    process = start(f"{BEGIN}sys.path.append(sys.argv[1])\ndef work(): import slow; wait()\nsys.exit(ended(work))", str(tmp_path))
    process.send_signal(signal.SIGTERM)
    code, said = end(process)
    assert (code, said.splitlines()[0]) == (143, "imported")
    assert "Traceback" not in said


def test_another_signal_ends_an_import_at_once(tmp_path):
    (tmp_path / "slow.py").write_text("import time; print('ready', flush=True); time.sleep(60)")
    process = start(f"{BEGIN}sys.path.append(sys.argv[1])\ndef work(): import slow\nsys.exit(ended(work))", str(tmp_path))
    process.send_signal(signal.SIGTERM)
    time.sleep(SAME + 0.1)
    process.send_signal(signal.SIGTERM)
    assert end(process) == (143, "stopped by SIGTERM, at once: what was kept until now is whole\n")


def test_what_a_library_makes_of_the_exception_is_not_shown():
    lost = "def work():\n try: wait()\n except BaseException as error: raise ImportError('initialization failed') from error\n"
    process = start(f"{BEGIN}{lost}sys.exit(ended(work))")
    process.send_signal(signal.SIGTERM)
    code, said = end(process)
    assert code == 143
    assert "Traceback" not in said


def test_what_is_being_finished_is_finished():
    process = start(FINISH)
    process.send_signal(signal.SIGTERM)
    assert end(process) == (143, "finished\n")


def test_who_ignores_a_signal_from_the_start_goes_on_ignoring_it():
    process = start(WORK, before=partial(signal.signal, signal.SIGHUP, signal.SIG_IGN))  # as nohup has it
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    assert end(process)[0] == 143


@pytest.mark.slow
@pytest.mark.parametrize("tell", [os.kill, os.killpg], ids=["the parent", "the group"])
def test_a_command_waits_for_the_one_that_it_started_to_close(tell):
    process = start(PARENT, CLOSE.replace("time.sleep(30)", "time.sleep(0.3); print('closed', flush=True)"))
    tell(process.pid, signal.SIGTERM)
    code, said = end(process)
    assert code == 143
    assert [line.split(" ")[0] for line in said.splitlines()] == ["closing", "closed", "stopped", "stopped"]


@pytest.mark.slow
def test_two_signals_end_both_at_once():
    process = start(PARENT, CLOSE)
    process.send_signal(signal.SIGTERM)
    assert waiting.line(process) == "closing\n"
    time.sleep(SAME + 0.1)
    process.send_signal(signal.SIGTERM)
    code, said = end(process)
    assert code == 143
    assert "closing" not in said
