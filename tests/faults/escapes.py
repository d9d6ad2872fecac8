"""Names, texts and requests that would like to lead somewhere else: how many wrote, read, ran or linked what they should not."""

from __future__ import annotations

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
