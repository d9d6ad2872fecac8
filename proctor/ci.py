"""A pull request before the exam: the base commit and the head on one machine, and what the gate says where people look.

Both commits share one cache, so whatever the change does not touch is neither trained nor asked nor judged twice. What is
said goes to the step summary on every event and, where a token allows it, into one comment on the pull request, which is
found again by a hidden marker and replaced.
"""

from __future__ import annotations

import json
import logging
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from proctor import own_code
from proctor.core.redaction import redact
from proctor.core.schema import InputError
from proctor.core.stopping import run
from proctor.core.subprocess_environment import without_secrets
from proctor.core.workspace import CACHE_VARIABLE, at
from proctor.leaderboard.compare.gate import GateDecision, gate
from proctor.leaderboard.compare.policy import Policy
from proctor.leaderboard.compare.report import as_markdown, as_refusal
from proctor.leaderboard.hosting import references
from proctor.leaderboard.hosting.git import git
from proctor.leaderboard.runs.saved import open_run, seeded

log = logging.getLogger("proctor")

MARKER = "<!-- proctor-gate -->"
LONGEST = 60_000
"""Letters of a comment; the hosting API takes 65,536."""
JUDGES = {
    "openai:": ("OPENAI_API_KEY",),
    "anthropic:": ("ANTHROPIC_API_KEY",),
    "google:": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
}
"""What names a judge behind an address -> what it needs of the environment."""
HUB = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
"""What the model hub needs, to give what it does not give to everybody."""
ON_HUB = ("--base-model", "--systems", "nli:")
"""Arguments of pytest that may name something on the hub."""
UNSEEN = (".github/**",)
"""What no exam reads, as patterns from the root: where two commits differ in nothing else, one exam stands for both."""
UNSEEN_HERE = (
    "leaderboard/**",
    "tests/*.py",
    "docs/*.md",
    "docs/how-to/*.md",
    "docs/reference/*.md",
    "docs/explanation/*.md",
    "*.md",
)
"""The same of Proctor's own checkout alone: elsewhere a suite may lie anywhere, or have links to documents that lie there."""
PATHS = ("--suite", "--systems", "--base-model")
"""Options of pytest whose value, as a word of its own, it would take for a place to look for its settings in."""


@dataclass(frozen=True)
class Request:
    """What is to be compared, and how."""

    root: Path
    base: str
    """A commit, a branch, or a saved run (``.json``) or run folder in its place."""
    arguments: tuple[str, ...]
    """What else pytest is told, for both commits alike; nothing else names what needs a key (see `needed`)."""
    policy: Policy
    work: Path
    """Where run folders, pages and the report are written."""
    link: str = ""
    ignore_mismatch: bool = False


def take(request: Request, environment: Mapping[str, str]) -> GateDecision:
    """Run what has to be run, say what the gate says, and return its decision.

    Raises:
        InputError: the base is unknown, an exam could not be taken, or the runs cannot be compared.
    """
    with _alone(request.work):
        try:
            before, after = map(open_run, _runs(request, environment))
            known = seeded(at(request.root).saved_runs)
            held = gate(before, after, request.policy, ignore_mismatch=request.ignore_mismatch, seeded=known)
        except InputError as error:
            say(as_refusal(error), "REFUSED", request.work, environment)
            raise
        say(as_markdown(held, before, after, link=request.link), held.decision, request.work, environment)
    return held.decision


def _runs(request: Request, environment: Mapping[str, str]) -> tuple[Path, Path]:
    """The run to compare with and the head's. The first is as given, or that of the base commit, checked out beside this one."""
    if (given := _given(request.base)) is not None:
        return given, _exam(request, request.root, "head", environment)
    base, inner = references.commit(request.root, request.base), git(request.root, "rev-parse", "--show-prefix")
    if same_exam(request.root, base, _written(request)):
        log.info("nothing that the exam reads differs from %s: one exam stands for both", request.base)
        return (_exam(request, request.root, "head", environment),) * 2
    with _checked_out(request.root, base, request.work / "base-tree") as tree:
        before = _exam(request, tree / inner, "base", environment)
    return before, _exam(request, request.root, "head", environment)


def _given(base: str) -> Path | None:
    """The saved run or run folder that a base names; nothing where there is none of that name."""
    try:
        return Path(base) if base and Path(base).exists() else None
    except (OSError, ValueError):  # too long, or of letters that no path has
        return None


def _written(request: Request) -> Iterator[str]:
    """The folders below the root that Proctor writes to: what lies there is the outcome of exams."""
    yield from at(request.root).own_folders()
    if request.work.is_relative_to(request.root) and request.work != request.root:
        yield request.work.relative_to(request.root).as_posix()


def same_exam(root: Path, base: str, written: Iterable[str] = ()) -> bool:
    """Whether all that the exam reads is the same in the commit ``base``, a hash, and in the working tree.

    ``written`` are folders, from the root, that it does not read.
    """
    unseen = (*UNSEEN, *(UNSEEN_HERE if own_code.of(root) else ()))
    left_out = [*(f":(exclude,glob){name}" for name in unseen), *(f":(exclude,literal){folder}" for folder in written)]
    read = ["--", ".", *left_out]
    changed = git(root, "diff", "--name-only", base, *read)
    return not (changed or git(root, "ls-files", "--others", "--exclude-standard", *read))


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """InputError if another process compares commits in the same folder. One that was killed holds nothing."""
    lock = FileLock(work / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise InputError(f"--work {work}: another ci is at work there; wait for its end, or name another folder") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _checked_out(root: Path, commit: str, tree: Path) -> Iterator[Path]:
    _clear(root, tree)
    git(root, "worktree", "add", "--force", "--detach", str(tree), commit)
    try:
        yield tree
    finally:
        _clear(root, tree)


def _clear(root: Path, tree: Path) -> None:
    """Remove a checkout, or what a killed run left of it: git itself takes no folder that is there, and keeps what is locked."""
    if tree.exists():
        shutil.rmtree(tree)
    for known in git(root, "worktree", "list", "--porcelain").split("\n\n"):
        told = known.splitlines()
        if told[0] == f"worktree {tree}" and any(line.startswith("locked") for line in told):
            git(root, "worktree", "unlock", str(tree))
    git(root, "worktree", "prune")


def _exam(request: Request, tree: Path, name: str, environment: Mapping[str, str]) -> Path:
    """Take the exam of a checkout with the Proctor that is installed; returns its run folder.

    Failing tests are no error here: a threshold that was missed is in the records, and the gate looks at those.
    """
    folder = request.work / name
    _forget_another(folder, request.arguments)
    where = [f"--run-dir={folder}", f"--site={request.work / f'{name}-page'}", f"--junitxml={request.work / name}.xml"]
    command = [sys.executable, "-m", "pytest", f"--rootdir={tree}", "-m", "domain", *where, *_joined(request.arguments)]
    told = {
        **without_secrets(environment, needed(request.arguments)),
        **own_code.first(tree, request.work / f"{name}-names", environment),
        CACHE_VARIABLE: environment.get(CACHE_VARIABLE) or str(at(request.root).folder("cache")),  # one for both commits
    }
    code = run(command, tree, told)
    if code not in (0, 1) or not folder.joinpath("records.jsonl").exists():
        why = WHY.get(code, "its output, above, says why")
        raise InputError(f"the exam of the {name} could not be taken: {shlex.join(command)} ended with {code}; {why}")
    return folder


def _forget_another(folder: Path, arguments: Sequence[str]) -> None:
    """Remove the records of an exam with other arguments: those of this one would be added to them."""
    told, said = folder.with_name(f"{folder.name}.arguments"), shlex.join(arguments)
    if folder.exists() and (not told.exists() or told.read_text(encoding="utf-8") != said):
        shutil.rmtree(folder)
    told.write_text(said, encoding="utf-8")


WHY = {
    5: "it found no test: a suite is a folder with a suite.toml, and where the change adds the first one there is nothing to "
    "compare with yet"
}
"""What some exit codes of pytest mean."""


def _joined(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments with each path as a part of its option."""
    words = iter(arguments)
    for word in words:
        value = next(words, None) if word in PATHS else None
        yield word if value is None else f"{word}={value}"


def needed(arguments: Sequence[str]) -> tuple[str, ...]:
    """Variables with secrets that an exam with these arguments needs.

    It gets no other: an exam runs the code of a commit, and with a runner's own files (``GITHUB_ENV``, ``GITHUB_PATH``) that
    code could even have later steps run something else.
    """
    words = " ".join(arguments)
    judges = [key for kind, keys in JUDGES.items() if kind in words for key in keys]
    return (*judges, *(HUB if any(name in words for name in ON_HUB) else ()))


def say(report: str, decision: str, work: Path, environment: Mapping[str, str]) -> None:
    """To a file, to the step summary, to the step's outputs and, on a pull request with a token, into its comment."""
    report = redact(report)
    work.joinpath("report.md").write_text(report, encoding="utf-8")
    _append(environment.get("GITHUB_STEP_SUMMARY"), report)
    outputs = {"decision": decision, "page": work / "head-page", "report": work / "report.md"}
    _append(environment.get("GITHUB_OUTPUT"), "".join(f"{name}={value}\n" for name, value in outputs.items()))
    number, token = _pull_request(environment), environment.get("GITHUB_TOKEN")
    if number and token:
        comment(report, number, token, environment)


def _append(path: str | None, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def _pull_request(environment: Mapping[str, str]) -> int | None:
    """The number of the pull request that the event is about, if it is about one."""
    path = environment.get("GITHUB_EVENT_PATH")
    if not path or not Path(path).is_file():
        return None
    event: Any = json.loads(Path(path).read_text(encoding="utf-8"))
    number = (event.get("pull_request") or {}).get("number")
    return int(number) if number else None


def comment(report: str, number: int, token: str, environment: Mapping[str, str]) -> None:
    """Write the pull request's one comment, or write it anew.

    A token that may not comment, as on a pull request from a fork, is no error: the step summary has the report.
    """
    import httpx

    body = f"{MARKER}\n{report}"
    cut = body if len(body) <= LONGEST else f"{_whole_lines(body)}\n\n(cut; the step summary has all of it)"
    url = f"{environment.get('GITHUB_API_URL', 'https://api.github.com')}/repos/{environment['GITHUB_REPOSITORY']}/issues"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    with httpx.Client(headers=headers, timeout=30) as client:
        try:
            old = _old_comment(client, f"{url}/{number}/comments")
            where = (client.patch, f"{url}/comments/{old}") if old else (client.post, f"{url}/{number}/comments")
            where[0](where[1], json={"body": cut}).raise_for_status()
        except httpx.HTTPError as error:
            log.warning("no comment was written: %s", str(error).splitlines()[0])


def _whole_lines(text: str) -> str:
    """As many lines as a comment holds; what was folded there ends there, too."""
    kept = text[: text.rindex("\n", 0, LONGEST)]
    return f"{kept}\n\n</details>" if kept.count("<details>") > kept.count("</details>") else kept


def _old_comment(client: Any, url: str) -> int | None:
    """Id of the comment that holds the marker."""
    page: str | None = f"{url}?per_page=100"
    while page:
        reply = client.get(page).raise_for_status()
        for row in reply.json():
            if str(row.get("body", "")).startswith(MARKER):
                return int(row["id"])
        page = reply.links.get("next", {}).get("url")
        if page and urlsplit(page)[:2] != urlsplit(url)[:2]:  # the token goes nowhere else
            break
    return None
