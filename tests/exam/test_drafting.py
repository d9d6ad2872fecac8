"""`proctor new --from-documents`: drafts by a served model, checked, kept and resumed; and the exam, which refuses them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter

import pytest

from proctor.cli import main
from proctor.suites.loading.load import load
from tests.exam.here import run
from tests.faults.loopback import reply, serving
from tests.models.openai_servers import served
from tests.waiting import PATIENCE, started, until

TOWNS = ("Bonn", "Cork", "Genoa", "Lund", "Nantes", "Oslo", "Porto", "Riga", "Turin", "Utrecht", "Vigo", "Zagreb")
NAMES = ("Ada", "Bob", "Cleo", "Dora", "Emil", "Finn", "Gwen", "Hugo", "Iris", "Jane", "Karl", "Lena")
PASSAGE = re.compile(r".*Passage(?: of [^:]*)?: (\w+) Weber lives in (\w+)\.", re.DOTALL)


def say(prompt: str) -> str:
    """Drafts about whom the passage is about: well, unreadably, with evidence that is made up, or without an end."""
    found = PASSAGE.match(prompt)
    if not found:
        return "unknown" if "[" in prompt else "?"
    name, town = found.groups()
    if '"answer"' not in prompt:
        return json.dumps({"question": f"Which school did {name} Weber go to?"})
    good = {"question": f"In which town does {name} Weber live?", "answer": town, "evidence": f"{name} Weber lives in {town}."}
    if name == "Bob":
        return "I would rather not."
    if name == "Dora":
        return json.dumps(good | {"evidence": f"{name} Weber is at home in {town}."})
    if name == "Finn":
        return json.dumps(good).removesuffix("}") + " and so on" * 1000
    return f"Here you are: {json.dumps(good)}"


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    (folder / "docs").mkdir(parents=True)
    for name, town in zip(NAMES, TOWNS, strict=True):
        (folder / "docs" / f"{name}.md").write_text(f"{name} Weber lives in {town}. It is a town by the water.")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PROCTOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    return folder


def drafted(url, *more):
    words = ["new", "town", "--from-documents", "docs", "--model", f"openai:m@{url}", *more]
    return main([*words, "--questions", "4", "--unanswerable", "2", "--examples", "3"])


def test_drafts_that_pass_are_written_and_the_others_are_counted_by_reason(project, capsys):
    with served(say) as server:
        assert drafted(server.url) == 0
    out = capsys.readouterr().out
    suite = load("town")
    rows = [json.loads(line) for line in (project / "town" / "questions.jsonl").read_text().splitlines()]
    assert (len(suite.questions), len(suite.domain.examples)) == (6, 3)
    assert len(suite.drafts) == 9
    assert all(row["draft"]["by"] == f"openai:m@{server.url}" for row in rows)
    assert rows[0]["evidence"] == [f"{rows[0]['cluster']} Weber lives in {rows[0]['references'][0]}."]
    assert sum(not row["references"] for row in rows) == 2
    asked = Counter(re.findall(r"Passage[^:]*: (\w+) Weber", " ".join(server.prompts)))
    for name, why in (("Bob", "no JSON object"), ("Dora", "does not stand in"), ("Finn", "cut off")):
        assert not asked[name] or why in out


def test_test_and_training_are_drafted_from_other_passages(project):
    with served(say) as server:
        drafted(server.url)
    suite = load("town")
    test = {question.cluster for question in suite.questions}
    train = {json.loads(line)["draft"]["from"] for line in (project / "town" / "train.jsonl").read_text().splitlines()}
    assert train
    assert not test & train


def test_the_same_command_asks_nothing_twice(project, capsys):
    with served(say) as server:
        drafted(server.url)
        asked = len(server.asked)
        first = (project / "town" / "questions.jsonl").read_bytes()
        (project / "town").rename(project / "before")
        assert drafted(server.url) == 0
        assert len(server.asked) == asked
    assert (project / "town" / "questions.jsonl").read_bytes() == first
    capsys.readouterr()


def test_what_was_killed_goes_on_where_it_stopped(project):
    words = ["new", "town", "--from-documents", "docs", "--questions", "4", "--examples", "3", "--model"]
    with served(say, pause=0.2) as server:
        command = [sys.executable, "-m", "proctor", *words, f"openai:m@{server.url}"]
        with started(command, env={**os.environ}, cwd=project) as process:
            until(lambda: list(project.parent.glob("cache/answers/*.lines")) and len(server.asked) > 4)
            process.kill()
            process.wait(PATIENCE)
        assert not (project / "town").exists()
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        repeated = [count for count in Counter(server.prompts).values() if count > 1]
        assert sum(repeated) < len(server.prompts) / 2
    assert load(str(project / "town")).drafts


def test_a_dry_run_tells_calls_and_tokens_and_asks_nothing(project, capsys):
    with served(say) as server:
        assert drafted(server.url, "--dry-run", "--input-price", "1", "--output-price", "2") == 0
        assert server.asked == []
    out = capsys.readouterr().out
    assert re.search(r"\d+ calls if every draft passes the checks, \d+ at most", out)
    assert "in the currency of the prices" in out
    assert not (project / "town").exists()


def test_drafting_stops_at_what_it_may_cost_and_says_how_to_go_on(project, capsys):
    with served(say) as server:
        assert drafted(server.url, "--input-price", "1000", "--output-price", "1000", "--max-cost", "0.0001") == 4
    error = capsys.readouterr().err
    assert "max_cost" in error
    assert "the same command goes on" in error
    assert not (project / "town").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--max-cost", "1"], "--max-cost: nothing says what an answer costs"),
        (["--model", "no-such-model/at-all", "--key", "KEY"], "--key: only a served model"),
    ],
)
def test_words_that_do_not_fit_together_are_refused_before_anything_is_asked(project, capsys, more, said):
    assert drafted("http://127.0.0.1:9", *more) == 4
    assert said in capsys.readouterr().err


def test_a_model_that_gives_no_reply_is_said_to_give_none(project, capsys):
    with serving(reply(403, b'{"error": {"message": "not yours"}}')) as server:
        words = ["new", "town", "--from-documents", "docs", "--model", f"openai:m@{server.url}"]
        assert main([*words, "--questions", "1", "--unanswerable", "0", "--examples", "0"]) == 4
    error = capsys.readouterr().err
    assert "gave no reply, and nothing was written" in error
    assert "not yours" in error


def test_words_about_drafting_need_documents(project, capsys):
    assert main(["new", "town", "--questions", "3"]) == 4
    assert "--questions: only drafting needs it; add --from-documents" in capsys.readouterr().err


def test_a_model_that_drafts_nothing_usable_is_said_with_what_to_do(project, capsys):
    assert main(["new", "town", "--from-documents", "docs", "--questions", "2", "--examples", "0"]) == 4
    error = capsys.readouterr().err
    assert "drafted no question that passes the checks, and nothing was written" in error
    assert "name another with --model" in error
    assert not (project / "town").exists()


def test_the_exam_refuses_drafts_unless_told_and_then_says_so(project, capsys):
    with served(say) as server:
        drafted(server.url)
    words = ("-m", "accuracy", "--suite", "town", "--system", "base")
    code, out = run(*words, folder=project)
    assert code == 4
    assert "6 of 6 questions and 3 of 3 training examples are drafts that nobody has reviewed" in out
    assert "town/questions.jsonl: lines 1-6" in out
    assert "proctor review town" in out
    code, out = run(*words, "--drafts", folder=project)
    assert code == 0, out
    assert "6 of 6 questions" in (project / "site" / "index.html").read_text()
    assert main(["review", "town", "--list"]) == 0
    assert "questions.jsonl:1: In which town" in capsys.readouterr().out
    assert main(["review", "town", "--accept-all"]) == 0
    code, out = run(*words, "--collect-only", folder=project)
    assert code == 0, out
