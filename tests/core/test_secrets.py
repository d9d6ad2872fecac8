"""A whole exam before a judge that says all that it is told, secrets first; then every file is searched for them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from proctor.core.schema import Domain, Question
from tests.faults.failing import shows
from tests.faults.loopback import Request, completion, reply, serving, verdict
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
KEY, PASSWORD, PARAMETER = "sk-Planted0Key1For2Tests3", "Planted4Pass-Word5", "Planted6Parameter7"
HUB, REPOSITORY = "hf_Planted8Hub9Token", "ghp_Planted0Repository1Token"
SECRETS = (KEY, PASSWORD, PARAMETER, HUB, REPOSITORY)
KEYS = {"OPENAI_API_KEY": KEY, "HF_TOKEN": HUB, "GITHUB_TOKEN": REPOSITORY}
SYSTEMS = '[base]\nmax_new_tokens = 8\n[rag]\nretrieve = "bm25"\nmax_new_tokens = 8\n'


def talkative(connection: socket.socket, request: Request) -> None:
    """Every fourth call fails, and whatever is said, in what field or header ever, holds all the secrets there are."""
    told = json.dumps(request.headers | {"line": request.line, "keys": SECRETS})
    turn = sum(map(ord, str(request.fields["messages"]))) % 4
    if turn == 0:
        body = json.dumps({"error": {"message": told, "code": KEY}}).encode()
    else:
        body = json.dumps(
            json.loads(completion(verdict(request, told), refusal=told if turn == 1 else None)) | {"model": KEY}
        ).encode()
    reply(401 if turn == 0 else 200, body, f"X-Request-Id: {KEY}")(connection, request)


@dataclass(frozen=True)
class Done:
    """What an exam left."""

    folder: Path
    out: str

    def records(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.folder / "run" / "records.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, domain: Domain, questions: tuple[Question, ...], tiny_llama: Path) -> Done:
    folder = tmp_path_factory.mktemp("planted")
    suite = folder / "suite"
    (suite / "documents").mkdir(parents=True)
    for document in domain.documents:
        (suite / "documents" / f"{document.id}.md").write_text(f"---\nid: {document.id}\n---\n{document.text}\n")
    rows = [{"id": q.id, "question": q.text, "references": list(q.references), "evidence": list(q.evidence)} for q in questions]
    (suite / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (suite / "suite.toml").write_text('name = "covers"\ntitle = "Covers"\n')
    (folder / "systems.toml").write_text(SYSTEMS)
    with serving(talkative) as server:
        judge = f"openai:m@http://user:{PASSWORD}@127.0.0.1:{server.port}/v1?api-key={PARAMETER}"
        paths = {"suite": suite, "base-model": tiny_llama, "systems": folder / "systems.toml", "run-dir": folder / "run"}
        paths |= {"site": folder / "site", "junitxml": folder / "junit.xml", "eval-save": folder / "saved.json", "judge": judge}
        words = [
            "-p",
            "tests.calm",
            "-m",
            "domain and (faithfulness or hallucination)",
            "--device=cpu",
            "-l",
            "-rA",
            "--log-level=DEBUG",
        ]
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", *words, *(f"--{name}={value}" for name, value in paths.items())],
            cwd=ROOT,
            env={**os.environ, **KEYS, "PROCTOR_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    assert server.requests, ran.stdout + ran.stderr
    return Done(folder, ran.stdout + ran.stderr)


@pytest.mark.slow
def test_a_run_that_such_a_judge_gave_verdicts_to_and_errors_is_recorded_and_published(done: Done) -> None:
    judged = {record["status"]: record for record in done.records() if record["judge"]}
    assert {"scored", "unmeasured"} <= judged.keys(), done.out
    assert "***" in str(judged["unmeasured"]["reason"])
    assert (done.folder / "site" / "index.html").is_file()
    assert (done.folder / "saved.json").is_file()
    assert (done.folder / "junit.xml").is_file()


@pytest.mark.slow
def test_no_file_shows_a_secret(done: Done) -> None:
    files = [path for path in done.folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".json", ".jsonl", ".html", ".csv", ".parquet", ".xml"}
    shown = [(path.relative_to(done.folder), secret) for path in files for secret in SECRETS if shows(_bytes(path), secret)]
    assert not shown


@pytest.mark.slow
def test_the_terminal_shows_no_secret(done: Done) -> None:
    assert "receive_response_headers" in done.out  # what libraries log is shown, and has all of them in it
    assert not [secret for secret in SECRETS if shows(done.out.encode(), secret)]


@pytest.mark.slow
def test_the_command_is_kept_without_what_is_secret_in_it(done: Done) -> None:
    command = json.loads((done.folder / "run" / "provenance.json").read_text())["command"]
    assert "/v1?api-key=***'" in command
    assert "'openai:m@http://***@127.0.0.1:" in command


def _bytes(path: Path) -> bytes:
    """A file's content; a table's as text, as its columns are compressed."""
    if path.suffix != ".parquet":
        return path.read_bytes()
    import pyarrow.parquet

    return json.dumps(pyarrow.parquet.read_table(path).to_pylist(), default=str).encode()
