"""A site on this machine's own address: its files with their types, nothing outside, and an end when one is asked for."""

from __future__ import annotations

import http.client
import os
import re
import signal
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from proctor.cli import main
from proctor.core.schema import InputError
from proctor.leaderboard.hosting import preview
from tests.faults.escapes import HOSTS
from tests.waiting import PATIENCE, line, started

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("previewed") / "site"
    (folder / "systems").mkdir(parents=True)
    for name in (
        "index.html",
        "leaderboard.json",
        "a.js",
        "feed.xml",
        "leaderboard.parquet",
        "leaderboard.csv",
        "plot.svg",
        "a.css",
    ):
        (folder / name).write_text(name)
    (folder / "systems" / "rag.html").write_text("rag")
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent)
    (folder / "loop").symlink_to("loop")
    (folder / ".hidden").mkdir()
    for name in (".env", ".hidden/page.html"):
        (folder / name).write_text("hidden")
    return folder


@pytest.fixture(scope="module")
def port(site):
    with preview.server(site) as serving:
        thread = threading.Thread(target=preview.serve, args=(serving,), kwargs={"browse": False})
        thread.start()
        yield serving.server_port
        serving.shutdown()
        thread.join(PATIENCE)


def ask(port: int, path: str) -> tuple[int, str | None, str]:
    """Status, type and text: an address is sent as it is, which a browser would tidy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("GET", path, skip_accept_encoding=True)
    connection.endheaders()
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply.status, reply.headers["Content-Type"], text


@pytest.mark.parametrize("path", ["/.env", "/%2eenv", "/.hidden/page.html", "/.hidden/", "/plots/../.env"])
def test_names_that_begin_with_a_dot_are_not_served(port, path):
    status, _, text = ask(port, path)
    assert (status, "hidden" in text) == (404, False)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/systems/rag.html?a=b", "text/html; charset=utf-8"),
        ("/leaderboard.json", "application/json; charset=utf-8"),
        ("/a.js", "text/javascript; charset=utf-8"),
        ("/a.css", "text/css; charset=utf-8"),
        ("/feed.xml", "application/xml; charset=utf-8"),
        ("/leaderboard.csv", "text/csv; charset=utf-8"),
        ("/plot.svg", "image/svg+xml; charset=utf-8"),
        ("/leaderboard.parquet", "application/vnd.apache.parquet"),
    ],
)
def test_files_have_their_types(port, path, kind):
    status, found, text = ask(port, path)
    assert (status, found) == (200, kind)
    assert text == {"/": "index.html", "/systems/rag.html?a=b": "rag"}.get(path, path[1:])


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "//../secret.txt",
            "/systems/../../secret.txt",
            "/etc/passwd",
        ),
        *("/link.txt", "/up/secret.txt", "/loop", "/nothing.html", "/index.html/", "/a%00b", "/systems/"),
    ],
)
def test_nothing_else_is_served(port, path):
    status, _, text = ask(port, path)
    assert status == 404
    assert "secret" not in text.replace("secret.txt", "")


def told(port: int, *hosts: str, path: str = "/", method: str = "GET") -> http.client.HTTPResponse:
    """The reply to a request that calls the server so, or by nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    for host in hosts:
        connection.putheader("Host", host)
    connection.endheaders()
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/", "/leaderboard.json", "/nothing"])
def test_a_request_by_another_name_gets_nothing(port, method, path):
    """A page elsewhere can have its own name lead to this machine, and read what it is then given (DNS rebinding)."""
    for hosts in [(host.format(port=port),) for host in HOSTS] + [(), (f"127.0.0.1:{port}", "evil.example")]:
        assert told(port, *hosts, path=path, method=method).status == 421, hosts
    for own in (f"127.0.0.1:{port}", f"localhost:{port}"):
        assert told(port, own, path=path, method=method).status == (404 if path == "/nothing" else 200)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_nothing_can_be_written(port, method):
    assert told(port, f"127.0.0.1:{port}", method=method).status == 501


@pytest.mark.parametrize(
    ("path", "policy"), [("/", preview.FRAMED), ("/systems/rag.html?x", preview.FRAMED), ("/a.js", preview.BARE)]
)
def test_a_browser_is_told_to_guess_nothing_and_to_let_no_other_page_in(port, path, policy):
    headers = told(port, f"127.0.0.1:{port}", path=path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"] == policy
    assert "frame-ancestors 'none'" in policy


def test_no_address_leads_to_another_host(port):
    for path in ("//evil.example/%2e%2e", "//evil.example/..", "/\\evil.example", "//systems", "http://evil.example/systems"):
        reply = told(port, f"127.0.0.1:{port}", path=path)
        assert not re.match(r"(?i)[a-z]*:?[/\\]{2}", reply.headers["Location"] or ""), path


def test_only_this_machine_can_ask(site):
    with preview.server(site) as serving:
        assert serving.server_address[0] == "127.0.0.1"


def test_without_a_page_it_says_to_publish(tmp_path, capsys):
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert main(["preview", str(folder), "--no-open"]) == 4
        assert f"{folder} holds no page; publish one first" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said(site, port):
    with pytest.raises(InputError, match=f"--port {port}: Address already in use"):
        preview.server(site, port)


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_there_is_not_is_said(port, capsys):
    with pytest.raises(SystemExit):
        main(["preview", f"--port={port}"])
    assert "expected a whole number from 0 to 65,535 (a port; 0 takes one that is free)" in capsys.readouterr().err


def test_a_browser_that_went_away_is_nothing_to_tell_of_and_other_errors_are(site, capsys):
    with preview.server(site) as serving:
        for error, told in ((BrokenPipeError(), False), (ConnectionResetError(), False), (ValueError(), True)):
            try:
                raise error
            except (OSError, ValueError):
                serving.handle_error(None, ("127.0.0.1", 1))
            assert ("Traceback" in capsys.readouterr().err) == told


LISTENS = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
"""A process that a background job starts ignores an interruption, unless it is told not to."""


def test_it_prints_its_address_and_an_interruption_ends_it_cleanly(site):
    command = [sys.executable, "-m", "proctor", "preview", str(site), "--no-open"]
    with started(command, cwd=ROOT, preexec_fn=LISTENS) as process:
        said = [line(process) for _ in range(2)]
        port = int(re.fullmatch(rf"{site} is at http://127\.0\.0\.1:(\d+)/\n", said[0])[1])
        assert ask(port, "/")[2] == "index.html"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, said[1], out, err) == (0, "Ctrl-C ends this.\n", "", "")


def test_a_browser_is_opened_where_that_is_asked(site, tmp_path):
    """A browser of our own, which asks for the page, says so and is gone."""
    browser = tmp_path / "browser"
    browser.write_text(f"#!{sys.executable}\nimport sys, urllib.request\nprint(urllib.request.urlopen(sys.argv[1]).read())\n")
    browser.chmod(0o755)
    told = os.environ | {"BROWSER": f"{browser} %s"}
    command = [sys.executable, "-m", "proctor", "preview", str(site)]
    with started(command, cwd=ROOT, env=told, preexec_fn=LISTENS) as process:
        lines = [line(process) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert lines[2] == "b'index.html'\n"
    assert process.returncode == 0
