"""A pull request before the exam: real git, a made-up runner, and a loopback server in place of the hosting API."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from proctor import ci, own_code
from proctor.core import redaction
from proctor.core.schema import InputError
from proctor.core.subprocess_environment import without_secrets
from proctor.leaderboard.compare.policy import Policy
from tests.faults.loopback import reply, serving
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
EXAM = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests import sample_run
SKILL = {skill}

def pytest_configure(config):
    config.addinivalue_line("markers", "domain: the exam")

def pytest_sessionfinish(session):
    systems = sample_run.SKILL | {{"rag": SKILL}}
    sample_run.make_run(Path(session.config.option.run_dir), sample_run.Sample(systems=systems))
"""
SETTINGS = f"[tool.pytest.ini_options]\naddopts = {json.dumps(os.environ['PYTEST_ADDOPTS'])}\n"
"""The runner's environment has nothing of that of the tests, which leaves slow plugins out."""
OWN = '[project]\nname = "proctor"\n[tool.setuptools.package-dir]\n"proctor.core" = "core"\n'
"""Settings by which Proctor's own checkout is known."""


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout.strip()


def commit(folder: Path, skill: float) -> str:
    """An exam in which rag has that skill, as a commit; returns its hash."""

    if not (folder / ".git").exists():
        folder.mkdir()
        git(folder, "init", "--quiet")
    (folder / "pyproject.toml").write_text(SETTINGS)
    (folder / "conftest.py").write_text(EXAM.format(root=str(ROOT), skill=skill))
    (folder / "test_exam.py").write_text("import pytest\n@pytest.mark.domain\ndef test_exam(): pass\n")
    return commit_all(folder)


def commit_all(folder: Path) -> str:
    """Whatever is in the folder, as a commit; returns its hash."""
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "as it is")
    return git(folder, "rev-parse", "HEAD")


def request(folder: Path, base: str, **changes) -> ci.Request:
    work = folder.parent / "work"
    work.mkdir(exist_ok=True)
    return ci.Request(folder, base, ("-p", "no:cacheprovider", "-q"), Policy(), work, **changes)


class Api(ThreadingHTTPServer):
    """Keeps comments, and what it was asked."""

    def __init__(self, *, refuse: bool = False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments, self.calls, self.refuse = [{"id": 1, "body": "first!"}], [], refuse
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self):
        self.reply(self.server.comments)

    def do_POST(self):
        self.server.comments.append({"id": len(self.server.comments) + 1, **self.read()})
        self.reply({})

    def do_PATCH(self):
        wanted = int(self.path.rpartition("/")[2])
        next(row for row in self.server.comments if row["id"] == wanted).update(self.read())
        self.reply({})

    def read(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def reply(self, data):
        self.server.calls.append((self.command, self.path, self.headers["Authorization"]))
        self.send_response(403 if self.server.refuse else 200)
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def api():
    server = Api()
    yield server
    server.shutdown()
    server.server_close()


def runner(folder: Path, server: Api | None = None) -> dict[str, str]:
    """The environment of a step, on a pull request if there is a server."""
    event = {"pull_request": {"number": 7}} if server else {"ref": "main"}
    (folder / "event.json").write_text(json.dumps(event))
    found = {
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_TOKEN": "secret",
    }
    if server:
        found["GITHUB_API_URL"] = f"http://127.0.0.1:{server.server_port}"
    return {"PATH": os.environ["PATH"]} | found


def test_a_pull_request_that_changes_nothing_is_go(tmp_path, api):
    folder = tmp_path / "project"
    base = commit(folder, 0.83)
    (folder / ".github").mkdir()
    (folder / ".github" / "workflow.yml").write_text("words")
    environment = runner(tmp_path, api)
    assert ci.take(request(folder, base), environment) == "GO"
    assert len(list((tmp_path / "work").glob("*/records.jsonl"))) == 1
    assert "## Proctor: GO" in (tmp_path / "summary.md").read_text()
    assert "decision=GO" in (tmp_path / "output").read_text()


@pytest.mark.parametrize(
    ("path", "here", "elsewhere"),
    [
        (".github/workflows/a.yml", True, True),
        ("README.md", True, False),  # a suite may be the whole repository
        ("leaderboard/site/page.py", True, False),
        ("docs/how-to/gate.md", True, False),  # and have links to what it documents
        ("docs/mine/documents/a.md", False, False),
        ("suites/mine/train.jsonl", False, False),
        ("conftest.py", False, False),
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_one_exam_stands_for_both_commits_where_it_reads_nothing_that_differs(tmp_path, path, here, elsewhere, own):
    folder = tmp_path / "project"
    commit(folder, 0.83)
    (folder / "pyproject.toml").write_text(OWN if own else "")
    base = commit_all(folder)
    changed = folder / path
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text((changed.read_text() if changed.exists() else "") + "\n# more\n")
    assert ci.same_exam(folder, base) is (here if own else elsewhere)


def test_what_exams_wrote_into_the_project_is_no_difference_between_commits(tmp_path):
    folder = tmp_path / "project"
    commit(folder, 0.83)
    with (folder / "pyproject.toml").open("a") as file:
        file.write('[tool.proctor]\nsite = "page"\n')
    base = commit_all(folder)
    asked = ci.Request(folder, base, (), Policy(), folder / "out" / "ci")
    for name in (".proctor/a", "runs/a/records.jsonl", "page/index.html", "baselines/a.json", "out/ci/report.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert ci.same_exam(folder, base, ci._written(asked))
    (folder / "pages").touch()
    assert not ci.same_exam(folder, base, ci._written(asked))


def test_a_project_in_a_folder_of_its_repository_is_examined_there(tmp_path, monkeypatch):
    repository = tmp_path / "repository"
    commit(repository, 0.83)
    project = repository / "inner" / "project"
    project.mkdir(parents=True)
    (project / "pyproject.toml").touch()
    base = commit_all(repository)
    (project / "more").touch()
    asked = []
    monkeypatch.setattr(ci, "_exam", lambda _, tree, name, __: asked.append((tree, (tree / "pyproject.toml").exists())) or name)
    found = request(project, base)
    assert ci._runs(found, {}) == ("base", "head")
    assert asked == [(found.work / "base-tree" / "inner" / "project", True), (project, True)]


@pytest.fixture(scope="module")
def degraded(tmp_path_factory):
    """A project that got worse, of which it was said twice, and the server that was told."""
    folder, server = tmp_path_factory.mktemp("degraded") / "project", Api()
    base, _ = commit(folder, 0.83), commit(folder, 0.3)
    environment = runner(folder.parent, server)
    for _ in range(2):
        assert ci.take(request(folder, base, link="https://example.org/page"), environment) == "NO-GO"
    server.shutdown()
    server.server_close()
    return folder, server


def test_a_degraded_one_is_no_go_and_says_so_in_one_comment_however_often(degraded):
    _, api = degraded
    mine = [row["body"] for row in api.comments if row["body"].startswith(ci.MARKER)]
    assert len(mine) == 1
    for part in ("Proctor: NO-GO", "accuracy.exact of rag", "https://example.org/page", "Baseline "):
        assert part in mine[0]
    assert [call[0] for call in api.calls] == ["GET", "POST", "GET", "PATCH"]
    assert api.comments[0]["body"] == "first!"


def test_a_refusal_is_said_where_the_decision_would_be(tmp_path, api):
    folder = tmp_path / "project"
    base = commit(folder, 0.83)
    exam = (folder / "conftest.py").read_text()
    (folder / "conftest.py").write_text(exam.replace("Sample(systems", 'Sample(suite="another", systems'))
    with pytest.raises(InputError, match="no suite, base model and system in common"):
        ci.take(request(folder, base), runner(tmp_path, api))
    assert "not compared" in (tmp_path / "summary.md").read_text()
    assert "in common" in api.comments[1]["body"]
    assert "decision=REFUSED" in (tmp_path / "output").read_text()


def test_the_base_is_checked_out_beside_and_cleaned_away(degraded):
    folder, _ = degraded
    assert not (folder.parent / "work" / "base-tree").exists()
    listed = subprocess.run(
        ["git", "-C", folder, "worktree", "list"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert len(listed.splitlines()) == 1
    assert "SKILL = 0.3" in (folder / "conftest.py").read_text()


SECRETS = {
    "GITHUB_ENV": "env", "ACTIONS_RUNTIME_TOKEN": "t", "ACTIONS_CACHE_URL": "u", "GH_TOKEN": "t", "OPENAI_API_KEY": "k",
    "ANTHROPIC_API_KEY": "k", "GEMINI_API_KEY": "k",
    "HF_TOKEN": "t", "AWS_SESSION_TOKEN": "t", "MY_SERVICE_KEY": "k", "db_password": "p", "SSH_AUTH_SOCK": "s",
    "PIP_INDEX_URL": "https://me:mine@example.org/simple", "NPM_CONFIG__AUTH": "a", "CI_JOB_JWT": "j",
}  # fmt: skip
NEEDED = {"HOME": "home", "CUDA_VISIBLE_DEVICES": "0", "TOKENIZERS_PARALLELISM": "0", "HF_HOME": "hub", "KEYBOARD": "de"}
NEEDED |= {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "HTTPS_PROXY": "http://me:mine@127.0.0.1:1", "PYTHONHASHSEED": "1"}


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (("--seeds", "3"), set()),
        (("--judge", "openai:gpt-5@https://example.org/v1"), {"OPENAI_API_KEY"}),
        (("--judge", "panel:lexical+anthropic:m+google:m"), {"ANTHROPIC_API_KEY", "GEMINI_API_KEY"}),
        (("--judge=nli:x/y",), {"HF_TOKEN"}),
        (("--base-model", "Qwen/Qwen3-0.6B"), {"HF_TOKEN"}),
        (("--base-model=x/y", "--judge=openai:m"), {"HF_TOKEN", "OPENAI_API_KEY"}),
    ],
)
def test_an_exam_gets_the_keys_that_its_arguments_need(arguments, needed):
    left = without_secrets(SECRETS | NEEDED, ci.needed(arguments))
    assert left.keys() & SECRETS.keys() == needed
    assert left.keys() >= NEEDED.keys()


def test_hooks_of_a_commit_are_told_no_secret(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    base, _ = commit(folder, 0.83), commit(folder, 0.3)
    (folder / "hooks").mkdir()
    hook = folder / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\nenv > {tmp_path / 'hook'}\n")
    hook.chmod(0o755)
    subprocess.run(["git", "-C", folder, "config", "core.hooksPath", str(folder / "hooks")], check=True, timeout=60)  # noqa: S607
    for name, value in (SECRETS | {"GITHUB_TOKEN": "t"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody")
    with ci._checked_out(folder, base, tmp_path / "tree"):
        pass
    told = {line.partition("=")[0] for line in (tmp_path / "hook").read_text().splitlines()}
    assert not told & (SECRETS.keys() | {"GITHUB_TOKEN"})
    assert {"GIT_AUTHOR_NAME", "PATH"} <= told


def test_a_base_that_is_an_option_of_git_is_refused(tmp_path):
    with pytest.raises(InputError, match="--base '--output=x': no name of a commit"):
        ci.take(request(tmp_path, "--output=x"), {})


def test_without_a_pull_request_only_the_summary_is_written(tmp_path):
    folder = tmp_path / "project"
    base = commit(folder, 0.83)
    assert ci.take(request(folder, base), runner(tmp_path)) == "GO"
    assert (tmp_path / "summary.md").exists()


def test_a_token_that_may_not_comment_is_no_error(tmp_path, caplog):
    server = Api(refuse=True)
    folder = tmp_path / "project"
    base = commit(folder, 0.83)
    assert ci.take(request(folder, base), runner(tmp_path, server)) == "GO"
    assert "no comment was written" in caplog.text
    assert "secret" not in caplog.text
    server.shutdown()
    server.server_close()


def test_a_saved_run_may_stand_for_the_base(degraded):
    folder, _ = degraded
    assert ci.take(request(folder, str(folder.parent / "work" / "base")), runner(folder.parent)) == "NO-GO"


@pytest.mark.parametrize("left", ["all of it", "half of it", "only what git knows of it", "a lock"])
def test_what_a_killed_run_left_of_the_base_is_in_nobody_s_way(tmp_path, left):
    folder, tree = tmp_path / "project", tmp_path / "work" / "base-tree"
    base = commit(folder, 0.83)
    words = ["git", "-C", str(folder), "worktree"]
    subprocess.run([*words, "add", "--quiet", "--detach", str(tree), base], check=True, timeout=60)
    if left == "a lock":
        subprocess.run([*words, "lock", "--reason", "initializing", str(tree)], check=True, timeout=60)
    if left in ("half of it", "a lock"):
        (tree / ".git").unlink()
    if left == "only what git knows of it":
        shutil.rmtree(tree)
    with ci._checked_out(folder, base, tree):
        assert (tree / "conftest.py").exists()
    assert not tree.exists()
    assert len(subprocess.run([*words, "list"], check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()) == 1


STOPPED = """
import os, sys
from pathlib import Path
from proctor.core.command_line import ended
from proctor import ci
from proctor.leaderboard.compare.policy import Policy
request = ci.Request(Path(sys.argv[1]), sys.argv[2], ("-p", "no:cacheprovider", "-q"), Policy(), Path(sys.argv[3]))
sys.exit(ended(lambda: ci.take(request, os.environ), 3))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)], ids=["told", "killed"])
def test_a_run_that_is_stopped_in_the_exam_of_the_base_keeps_nobody_from_the_next(tmp_path, number, code):
    folder, work = tmp_path / "project", tmp_path / "work"
    base = commit(folder, 0.83)
    slow = (
        folder / "conftest.py"
    ).read_text() + "\ndef pytest_sessionstart():\n    import time; Path('slow').touch(); time.sleep(60)\n"
    (folder / "conftest.py").write_text(slow)
    slow_base = commit_all(folder)
    (folder / "conftest.py").write_text(EXAM.format(root=str(ROOT), skill=0.83))
    work.mkdir()
    command = [sys.executable, "-c", STOPPED, str(folder), slow_base, str(work)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until(lambda: process.poll() is not None or (work / "base-tree" / "slow").exists())
    (os.kill if number == signal.SIGTERM else os.killpg)(process.pid, number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == code, said
    assert (work / "base-tree").exists() is (number == signal.SIGKILL)
    with ci._alone(work), ci._checked_out(folder, base, work / "base-tree") as tree:
        assert "slow" not in (tree / "conftest.py").read_text()


def test_two_runs_do_not_share_a_folder(tmp_path):
    with ci._alone(tmp_path), pytest.raises(InputError, match="another ci is at work there"), ci._alone(tmp_path):
        pass
    with ci._alone(tmp_path):
        pass


def test_an_unknown_base_is_said(tmp_path):
    folder = tmp_path / "project"
    commit(folder, 0.83)
    with pytest.raises(InputError, match="nowhere"):
        ci.take(request(folder, "nowhere"), runner(tmp_path))


def test_an_exam_without_any_test_says_what_a_suite_is(tmp_path):
    folder = tmp_path / "project"
    base = commit(folder, 0.83)
    (folder / "test_exam.py").unlink()
    with pytest.raises(InputError, match=r"exam of the head could not be taken: .* a suite is a folder with a suite\.toml"):
        ci.take(request(folder, base), runner(tmp_path))
    assert "could not be taken" in (tmp_path / "summary.md").read_text()


def test_a_commit_of_proctor_itself_is_examined_with_its_own_code(tmp_path):
    tree = tmp_path / "tree"
    for path in ("proctor/__init__.py", "core/__init__.py", "core/only_here.py"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).touch()
    (tree / "pyproject.toml").write_text(OWN)
    told = own_code.first(tree, tmp_path / "names", {"PYTHONPATH": "more"})
    assert told["PYTHONPATH"].split(os.pathsep)[1:] == ["more"]
    code = "import proctor.core.only_here as found; print(found.__file__)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=True, timeout=60)
    assert Path(done.stdout.strip()).resolve() == tree / "core" / "only_here.py"


@pytest.mark.parametrize("settings", ["", "not TOML", '[project]\nname = "mine"\n'])
def test_any_other_project_is_examined_with_what_is_installed(tmp_path, settings):
    (tmp_path / "pyproject.toml").write_text(settings)
    assert own_code.first(tmp_path, tmp_path / "names", {"PYTHONPATH": "more"}) == {}


def test_an_exam_that_cannot_be_taken_is_said(tmp_path):
    folder = tmp_path / "project"
    base = commit(folder, 0.83)
    (folder / "conftest.py").write_text("syntax error")
    with pytest.raises(InputError, match="exam of the head could not be taken"):
        ci.take(request(folder, base), runner(tmp_path))


PLANTED = "ghp_Planted0Repository1Token"


def test_no_report_shows_a_token(tmp_path, api):
    environment = runner(tmp_path, api) | {"GITHUB_TOKEN": PLANTED}
    redaction.hide_environment(environment)
    ci.say(f"## Report\nAuthorization: Bearer {PLANTED}\n", "GO", tmp_path, environment)
    written = [path.read_text() for path in tmp_path.iterdir() if path.is_file()]
    for text in (*written, *(row["body"] for row in api.comments)):
        assert PLANTED not in text
    assert "Bearer ***" in api.comments[-1]["body"]
    assert api.calls[-1][2] == f"Bearer {PLANTED}"


def test_an_exam_is_told_no_secret_and_everything_else(tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nenv > "$PWD/environment"\n')
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    with pytest.raises(InputError, match="could not be taken"):
        ci._exam(request(tmp_path, ""), tmp_path, "head", runner(tmp_path) | SECRETS | NEEDED | {"GITHUB_TOKEN": PLANTED})
    given = (tmp_path / "environment").read_text()
    told = {line.partition("=")[0] for line in given.splitlines()}
    assert not told & SECRETS.keys()
    assert not [name for name in told if name.startswith("GITHUB_")]
    assert told >= NEEDED.keys() | {"PATH", "PROCTOR_CACHE"}
    assert PLANTED not in given


def test_the_token_goes_to_no_other_origin(tmp_path):
    with serving(reply(200, b"[]")) as elsewhere, serving(reply(200, b"[]", f'Link: <{elsewhere.url}>; rel="next"')) as server:
        environment = {"GITHUB_API_URL": server.url, "GITHUB_REPOSITORY": "owner/name"}
        ci.comment("report", 7, PLANTED, environment)
    assert [asked.line.split()[0] for asked in server.requests] == ["GET", "POST"]
    assert not elsewhere.requests
