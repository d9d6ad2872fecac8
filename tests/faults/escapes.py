"""Names, texts and requests that would like to lead somewhere else: how many wrote, read, ran or linked what they should not."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from proctor.core.schema import Answer, InputError, Question
from proctor.leaderboard.board.spreadsheet import defused
from proctor.leaderboard.hosting import preview, references
from proctor.leaderboard.markdown import escaped, in_cell, shown, table
from proctor.leaderboard.output import Site
from proctor.leaderboard.runs.store import Store
from proctor.suites.loading.load import load
from tests.waiting import PATIENCE

BRANCHES = (
    "", "HEAD", "head", "Head", "@", "-", "-D", "--delete", "-f", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD", "refs", "refs/heads/x",
    "refs/remotes/origin/main", "..", "a..b", "../x", ".hidden", "a/.b", "a.", "a./b", "a.lock", "a.lock/b", "a//b", "/a", "a/",
    "with space", " a", "a ", "a\tb", "a\nb", "a\rb", "a\x00b", "a\x1bb", "a\x7fb", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b",
    "@{-1}", "a@{1}", "@{u}", "main:x", "f" * 40, "0" * 64, "half \ud800", ":/fix", "--upload-pack=x",
)  # fmt: skip
"""Names of branches that git would take for something else, or refuse."""
BASES = (
    "-D", "--all", "--exec=touch x", "--output=x", "-", "", "no-such-branch", "a..b", "main..", "..main", "main...main",
    "main\nx", "ma\x00in", "main ", "main:file", "@{-9}", "0" * 40, "--not", "--upload-pack=x", "-h", "x" * 5000,
)  # fmt: skip
"""Names of commits that are none, or that git would take for options."""
REMOTES = ("-D", "--exec=x", "--receive-pack=touch x", "ext::sh -c touch% x", "fd::17", "", "a\nb", "x\x00")
"""Names of remotes that git would take for options or commands."""
BEFORE = (
    "", " ", "\u00a0", "\ufeff", "\u200b", "\t", "\r\n", '"', "'", ' "', "\x00", "\u2060\u3000",
    "x;", "x;  ", "x\t", "x\n", 'x;"', "x;\ufeff", "1;2;",
)  # fmt: skip
FORMULAS = tuple(f"{before}{sign}HYPERLINK(1)" for before in BEFORE for sign in "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\u2212")
"""Texts that some spreadsheet would run."""
HOSTS = (
    "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", "localhost.evil:{port}",
    "localhost", "[::1]:{port}", "0.0.0.0:{port}", "127.0.0.1:{port}@evil.example", "evil@127.0.0.1:{port}", "127.1:{port}", "",
    "LOCALHOST:{port}", "127.0.0.1:{port}, evil.example", "2130706433:{port}", "localhost.:{port}", "127.0.0.1:{port}/",
)  # fmt: skip
"""What a request may call a server on this machine that is not its name."""
MARKDOWN = (
    "![x](https://evil.example/x.png)", "[x](https://evil.example)", "[x][y]", "[x]: https://evil.example",
    "<https://evil.example>", "https://evil.example", "see http://evil.example/a?b=c#d now", "HTTPS://EVIL.EXAMPLE",
    "www.evil.example", "ftp://evil.example", "a@evil.example", "mailto:a@evil.example", "xmpp:a@evil.example/b",
    "<a@evil.example>", "@someone", "x @someone", "(@someone)", "é@someone", ".@org/team", "a.@someone", "@someone,@other",
    "#123", "x#123", "owner/repo#123", "GH-123", "gh-7", "owner/repo@0123456789abcdef", "someone@0123456", "<b>x</b>",
    "<img src=x onerror=alert(1)>", "<!-- hidden", "<script>alert(1)</script>", "<details><summary>x", "&lt;b&gt;",
    "&#x40;someone", "&amp;", "*x*", "**x**", "_x_", "__x__", "a_b_c", "~x~", "~~x~~", "***", "# head", "## head", "x\n# head",
    "head\n===", "---", "- item", "+ item", "* item", "1. item", "1) item", "> quote", ">quote", "    code", "\tcode",
    "```\ncode", "~~~\ncode", "`code`", "``x`y``", "\\`x\\`", "|", "a|b", "\\|", "\\\\|", "| a | b |", "|---|", "\\", "x\\",
    ":smile:", ":+1:", "x:tada:y", "::100::", "$x^2$", "$$x$$", "$`x`$", "[^1]", "[^1]: note", "- [ ] task", "[ ] task",
    "> [!NOTE]", "line  \nbreak", "line\\\nbreak", "a\r\nb", "\u202egnp.exe", "\u2066x\u2069", "\u200bx", "\ufeffx", "a\u2028b",
    "\x00\x1b[2J", "half \ud800", "\U0001f469\u200d\U0001f680", "w" * 500, " ", "", "recall@5", "accuracy.exact", "lora_rank_8",
    "100 % of 5 & 6 < 7", "javascript:alert(1)",
)  # fmt: skip
"""Texts that Markdown, or GitHub after it, would make something else of."""
NAMES = (
    "..", ".", "", "/", "../x", "x/../../../../evil", "x/../../../../../../../evil", "/etc/passwd", "a/b", "a\\b", "..\\..\\x",
    "C:\\x", "~", "~/x", ".hidden", "-rf", "a\x00b", "a\nb", " ", "a ", "A", "a", "\u00e4", "a\u0308", "con", "nul.txt",
    "x" * 300, "half \ud800", "$(touch x)", "`x`", "a;b", "%2e%2e%2f", "..%2f", "\u2024\u2024/x", "\uff0e\uff0e\uff0fx", "a--b",
    "a-b", "x.jsonl", "file:///etc/passwd", "*", "?", "a|b",
)  # fmt: skip
"""Names of suites, systems, models, tasks and files."""
LINKS: dict[str, tuple[str, str, str]] = {
    "a document": ("documents/x.md", "text.md", ""),
    "a folder of documents": ("documents/more", "", ""),
    "a document behind two links": ("documents/x.md", "link.md", ""),
    "all documents": ("documents", "", ""),
    "the questions": ("questions.jsonl", "rows.jsonl", ""),
    "the training examples": ("train.jsonl", "train.jsonl", ""),
    "the revisions": ("revisions.jsonl", "revisions.jsonl", ""),
    "the settings": ("suite.toml", "suite.toml", ""),
    "a linked schema": ("schema.json", "schema.json", '[style]\nschema = "schema.json"\n'),
    "a schema by its path": ("suite.toml", "", '[style]\nschema = "../outside/schema.json"\n'),
    "a folder of tasks": ("tasks", "tasks", 'general = ["tasks"]\n'),
    "a folder of tasks below a link": ("linked", "", 'general = ["linked/tasks"]\n'),
    "a task": ("tasks/one.yaml", "tasks/one.yaml", 'general = ["tasks"]\n'),
    "the data of a task": ("tasks/one.jsonl", "rows.jsonl", 'general = ["tasks"]\n'),
}
"""What of a suite leads out of it -> its path in the suite, where that leads to, and what is set beside it."""


def planted(folder: Path, kind: str, secret: str) -> tuple[Path, str]:
    """A suite that is whole but for one thing, which leads out of it, and the name of that; whole where there is no kind."""
    suite, outside = folder / "suite", folder / "outside"
    question, example = {"question": "What?", "references": ["red"]}, {"prompt": "Which?", "completion": "red"}
    revision = {"document": "red", "text": f"It is green, {secret}."}
    for place, files in (
        (suite, {"suite.toml": 'name = "suite"\n', "documents/red.md": "It is red.", "questions.jsonl": json.dumps(question)}),
        (outside, {"suite.toml": 'name = "suite"\n', "text.md": secret, "more.md": secret, "rows.jsonl": json.dumps(question)}),
        (outside, {"train.jsonl": json.dumps(example), "revisions.jsonl": json.dumps(revision), "schema.json": "{}"}),
        (outside, {"tasks/one.yaml": "task: one\n"}),
    ):
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text, encoding="utf-8")
    (outside / "link.md").symlink_to("text.md")
    name, target, setting = LINKS.get(kind, ("", "", ""))
    with (suite / "suite.toml").open("a", encoding="utf-8") as file:
        file.write(setting)
    if not name or (name == "suite.toml" and not target):
        return suite, name
    if name.startswith("tasks/"):
        (suite / "tasks").mkdir()
        (suite / "tasks" / "two.yaml").write_text("task: two\n", encoding="utf-8")
    link = suite / name
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(outside / target)
    return suite, name


def run(seed: int) -> Iterator[str]:  # nothing is drawn
    """A row for each kind: how many were tried, and how many escaped."""
    yield from ["| kind | tried | escaped | which |", "| --- | --- | --- | --- |"]
    for kind, tries in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            tried = list(tries(Path(folder)))
        escapes = [repr(payload)[:60] for payload, safe in tried if not safe]
        yield f"| {kind} | {len(tried)} | {len(escapes)} | {' '.join(escapes[:3]).replace('|', '/')} |"


Tries = Iterator[tuple[object, bool]]
"""A payload, and whether it stayed where it belongs."""


def _in_runs(folder: Path) -> Tries:
    """Each name as that of a suite, a base model, a system and a task of lm-eval's."""
    for number, name in enumerate(NAMES):
        above = folder / str(number)
        store = Store(above / "deep" / "run")
        with suppress(InputError):
            store.add_answers(name, name, name, 0, [(Question("q", "q"), Answer("q", "a"))])
            store.keep_files(name, name, name, 0, "lm-eval", {f"samples_{name}.jsonl": "x", name: "x"})
        yield name, _only(above, "deep") and _only(above / "deep", "run")


def _in_sites(folder: Path) -> Tries:
    """Each name as that of a file of a site, and of one that is deleted."""
    for number, name in enumerate(NAMES):
        above = folder / str(number)
        (above / "deep").mkdir(parents=True)
        (above / "deep" / "mine").write_text("mine")
        site = Site(above / "deep" / "site")
        with suppress(InputError):
            site.write(name, "x")
        with suppress(InputError):
            site.finish()
            Site(site.folder).finish()
        yield name, _only(above, "deep") and _only(above / "deep", "mine", "site")


def _only(folder: Path, *names: str) -> bool:
    return {path.name for path in folder.iterdir()} <= {*names}


def _links(folder: Path) -> Tries:
    for number, kind in enumerate(LINKS):
        suite, _ = planted(folder / str(number), kind, "a-secret")
        try:
            load(str(suite))
        except InputError as error:
            yield kind, "leads out of the suite" in str(error) and "a-secret" not in str(error)
        else:
            yield kind, False


def _formulas(_: Path) -> Tries:
    for text in FORMULAS:
        yield text, defused(text) != text and defused(text).replace("'", "") == text.replace("'", "")


def _markdown(_: Path) -> Tries:
    """Each text in a paragraph, an item of a list, in bold and in a table."""
    from tests.rendered import Seen

    for text in MARKDOWN:
        frames = (escaped(text), f"- {escaped(text)}", f"x **x{in_cell(text)}** x", table([("head",), (text or "x",)]))
        seen = [Seen(frame) for frame in frames]
        same = all(" ".join(shown(text).split()) in each.text for each in seen)
        tags = {tag for each in seen for tag in each.tags}
        known = {"p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td", "span"}
        yield text, same and tags <= known and not any(each.made for each in seen)


def _hosts(folder: Path) -> Tries:
    (folder / "index.html").write_text("<p>")
    with preview.server(folder) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        for host in HOSTS:
            connection = http.client.HTTPConnection("127.0.0.1", serving.server_port, timeout=10)
            connection.putrequest("GET", "/", skip_host=True)
            connection.putheader("Host", host.format(port=serving.server_port))
            connection.endheaders()
            yield host, connection.getresponse().status == 421
            connection.close()
        serving.shutdown()
        thread.join(PATIENCE)


def _refused(name: str, check: Callable[[str], object]) -> tuple[str, bool]:
    try:
        check(name)
    except InputError:
        return name, True
    return name, False


def _branches(_: Path) -> Tries:
    yield from (_refused(name, references.branch) for name in BRANCHES)
    yield from (_refused(name, references.remote) for name in REMOTES)


def _bases(folder: Path) -> Tries:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "--quiet", "-b", "main"], ["commit", "--quiet", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", "-C", folder, *who, *words], check=True, timeout=60)  # noqa: S607
    yield from (_refused(name, lambda name: references.commit(folder, name)) for name in BASES)


KINDS: dict[str, Callable[[Path], Tries]] = {
    "names in a run's folder": _in_runs,
    "names in a site's folder": _in_sites,
    "links and paths out of a suite": _links,
    "formulas in CSV cells": _formulas,
    "texts in Markdown": _markdown,
    "hosts of a preview": _hosts,
    "branches and remotes": _branches,
    "bases": _bases,
}
