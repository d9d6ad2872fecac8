"""A few of the failing services of `python -m tests.faults services`, and one that sends the key back, through a whole exam."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.faults.failing import KEY
from tests.faults.loopback import Request, reply, serving
from tests.faults.services import ANSWERED, BOUND, QUICK, address, faults, leaks, put
from tests.faults.world import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(QUICK))
def test_a_failing_service_is_bounded_invents_nothing_and_lets_nothing_out(name: str) -> None:
    with serving(reply(200, b"{}")) as elsewhere:
        fault = next(fault for fault in faults(elsewhere) if fault.name == name)
        found = put(fault, elsewhere)
    assert found.word == ("answered" if name in ANSWERED else "failed"), found
    assert found.seconds < BOUND


def test_the_search_for_what_leaked_finds_it(tmp_path: Path) -> None:
    assert leaks([f"before {KEY} after"], tmp_path)
    assert not leaks(["nothing"], tmp_path)
    (tmp_path / "records.jsonl").write_text(json.dumps({"reason": KEY}), encoding="utf-8")
    assert leaks(["nothing"], tmp_path)


TABLE = """
[bot]
service = "{url}"
[bot.request.headers]
X-Key = "$PLANTED_KEY"
[bot.reply]
contexts = "/contexts"
"""


@pytest.mark.slow
def test_a_key_that_a_service_sends_back_is_in_no_file_of_an_exam_and_on_no_terminal(tmp_path: Path) -> None:
    def treat(connection: socket.socket, request: Request) -> None:
        echo = json.dumps(request.headers | {"line": request.line})
        failing = len(request.fields["question"]) % 3 == 0
        said = json.dumps({"answer": echo, "contexts": [echo]})
        reply(401 if failing else 200, (echo if failing else said).encode())(connection, request)

    table, suite = tmp_path / "in" / "systems.toml", tmp_path / "in" / "lamps"
    suite.mkdir(parents=True)
    (suite / "documents").mkdir()
    (suite / "documents" / "lamps.md").write_text("# Lamps\n\nThe warranty of the lamp is three years.\n", encoding="utf-8")
    asked = [
        {"id": f"q{n}", "question": f"How long is it{'?' * n}", "references": ["three years"], "evidence": ["lamps"]}
        for n in range(12)
    ]
    (suite / "questions.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in asked), encoding="utf-8")
    (suite / "suite.toml").write_text('name = "lamps"\ntitle = "Lamps"\n', encoding="utf-8")
    with serving(treat) as server:
        table.write_text(TABLE.format(url=address(server.port)), encoding="utf-8")
        out = tmp_path / "out"
        where = ["--run-dir", str(out / "run"), "--site", str(out / "site"), f"--eval-save={out / 'saved.json'}"]
        done = subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "pytest",
                    "-c",
                    str(ROOT / "pyproject.toml"),
                    "-p",
                    "no:cacheprovider",
                    "-v",
                    "--device",
                    "cpu",
                ),
                *("--suite", str(suite), "--systems", str(table), "-m", "domain", *where),
                *("-k", "accuracy or retrieval or latency or citations or faithfulness or cost"),
            ],
            cwd=ROOT,
            env={**os.environ, "PROCTOR_CACHE": str(out / "cache"), "PLANTED_KEY": KEY},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    said = done.stdout + done.stderr
    assert any(request.headers.get("x-key") == KEY for request in server.requests)
    assert "bot" in said
    assert {path.name for path in out.iterdir()} >= {"run", "site", "cache"}, said
    assert not leaks([said], out), said


ASKING = """
import sys
from pathlib import Path
from proctor.core.schema import Domain, Question
from proctor.core.storage.cache import Cache
from proctor.models.candidates import kinds
from proctor.models.candidates.external import Setup
from proctor.models.runtime import Runtime
from proctor.models.systems import load

folder = Path(sys.argv[1])
setup = Setup(Domain(()), Runtime(Cache(folder / "cache"), "cpu"), "base")
bot = kinds.candidate(load(folder / "systems.toml")["bot"], None, setup)
answers = bot.answers([Question(f"q{n}", f"What is {n}?") for n in range(40)])
print(sum(answer.error is None for answer in answers))
"""


@pytest.mark.slow
def test_a_killed_run_asks_again_only_what_was_under_way(tmp_path: Path) -> None:
    asked: list[str] = []
    hold = threading.Event()

    def treat(connection: socket.socket, request: Request) -> None:
        asked.append(request.fields["question"])
        if len(asked) > 20 and not hold.is_set():
            hold.wait(20)  # until the run is killed
            return
        reply(200, b'{"answer": "x"}')(connection, request)

    with serving(treat) as server:
        (tmp_path / "systems.toml").write_text(
            f'[bot]\nservice = "{server.url}"\ncalls = {{ max_concurrency = 4 }}\n', encoding="utf-8"
        )
        command = [sys.executable, "-c", ASKING, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT) as first:
            until = time.monotonic() + 60
            while len(asked) < 24 and time.monotonic() < until:
                time.sleep(0.05)
            time.sleep(0.5)  # what was answered is written down
            first.kill()
        hold.set()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "40\n"
    assert {text for text in asked if asked.count(text) > 1} <= {*asked[20:24]}
    assert len(asked) == 44
