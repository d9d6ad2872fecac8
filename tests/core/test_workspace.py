"""The project's root, where Proctor writes, and what `[tool.proctor]` may say."""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor import options
from proctor.cli import main
from proctor.core import workspace
from proctor.core.redaction import redact
from proctor.core.schema import InputError
from proctor.core.workspace import FOLDERS, KEYS, MARKS, Workspace, at, root_of
from proctor.evals.judges import agreement
from tests.sample_run import Sample, make_run

ROOT = Path(__file__).resolve().parents[2]
UNTOLD = {
    "suite": [],
    "system": [],
    "base_model": [],
    "systems": None,
    "judge": None,
    "seeds": None,
    "repeats": None,
    "limit": None,
    "device": None,
    "full": None,
    "trust_remote_code": False,
    "trust_suite_code": False,
    "allow_outside_files": False,
    "drafts": False,
    "markexpr": "domain",
    "keyword": "",
}
"""The options of a command line that gives none."""


@pytest.fixture(autouse=True)
def no_cache_variable(monkeypatch):
    monkeypatch.delenv("PROCTOR_CACHE", raising=False)


@pytest.fixture
def project(tmp_path):
    """A project with nothing in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    return folder


def set_to(folder: Path, text: str) -> Workspace:
    (folder / "pyproject.toml").write_text(f"[project]\nname = 'x'\n\n[tool.proctor]\n{text}\n\n[tool.other]\nseeds = 'x'\n")
    return at(folder)


def settled(ours: Workspace, **told) -> SimpleNamespace:
    option = SimpleNamespace(**UNTOLD | told)
    options.settle(option, ours)
    return option


@pytest.mark.parametrize("mark", MARKS)
def test_the_root_is_the_nearest_folder_upwards_that_looks_like_one(tmp_path, mark):
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    assert root_of(inner) == tmp_path
    (tmp_path / "a" / mark).mkdir() if mark == ".git" else (tmp_path / "a" / mark).touch()
    assert root_of(inner) == tmp_path / "a"


def test_a_folder_of_no_project_is_its_own_root(tmp_path):
    outside = Path(tmp_path.anchor)
    assert root_of(outside) == outside


def test_what_is_written_lies_in_folders_of_the_root(project):
    ours = at(project)
    found = [ours.cache, ours.runs, ours.site, ours.saved_runs, ours.judge_agreement]
    assert found == [project / name for name in (".proctor", "runs", "site", "baselines", "judge-agreement")]
    assert [*ours.own_folders()] == [".proctor", *FOLDERS.values()]


def test_settings_move_the_folders_and_are_relative_to_the_root(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    ours = set_to(project, f'runs = "out/runs"\nsite = "../page"\ncache = "~/cache"\nsaved_runs = "{tmp_path / "saved"}"')
    assert (ours.runs, ours.site) == (project / "out" / "runs", tmp_path / "page")
    assert (ours.cache, ours.saved_runs) == (tmp_path / "home" / "cache", tmp_path / "saved")
    assert [*ours.own_folders()] == ["out/runs", "judge-agreement"]


def test_the_environment_has_the_last_word_about_the_cache(project, monkeypatch):
    ours = set_to(project, 'cache = "kept"')
    assert ours.cache == project / "kept"
    monkeypatch.setenv("PROCTOR_CACHE", "/elsewhere")
    assert ours.cache == Path("/elsewhere")


def test_this_checkout_keeps_its_saved_run_and_its_judges_where_they_were():
    ours = at(ROOT)
    assert (ours.saved_runs / "embedded.json").is_file()
    assert ours.site == ROOT / "site"
    assert ours.judge_agreement == agreement.SHIPPED


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("seeds = 0", 5, "tool.proctor.seeds: expected a whole number from 1 to 1,000 (trainings), not 0; correct it"),
        ("seeds = true", 5, "tool.proctor.seeds: expected a whole number"),
        ("\n'limit' = 2.5", 6, "tool.proctor.limit: expected a whole number, 1 or more, not 2.5"),
        ('full = "yes"', 5, "tool.proctor.full: expected true or false, not 'yes'"),
        ('suites = "mine"', 5, "tool.proctor.suites: expected a list of one or more texts, each in one line, not 'mine'"),
        ("systems = []", 5, "tool.proctor.systems: expected a list of one or more texts"),
        ('systems = ["rag", 3]', 5, "tool.proctor.systems: expected a list of one or more texts"),
        ('site = ""', 5, "tool.proctor.site: expected a text in one line, not ''"),
        ('site = "a\\u0000b"', 5, "tool.proctor.site: expected a text in one line"),
        ('suite = ["mine"]', 5, "tool.proctor.suite: no such setting; did you mean suites?"),
        ('base-models = ["m"]', 5, "tool.proctor.base-models: no such setting; did you mean base_models?"),
        ("[tool.proctor.site]", None, "tool.proctor.site: expected a text"),
        ("xyz = 1", 5, "tool.proctor.xyz: no such setting; known are suites, systems, "),
        ("trust_suite_code = true", 5, "only the command line lifts a protection; remove it, and add --trust-suite-code"),
        ("trust-remote-code = true", 5, "only the command line lifts a protection; remove it, and add --trust-remote-code"),
        ("allow_outside_files = false", 5, "only the command line lifts a protection"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_key(project, text, line, said):
    with pytest.raises(InputError) as caught:
        set_to(project, text)
    assert str(caught.value).startswith(f"{project / 'pyproject.toml'}{f':{line}' if line else ''}: ")
    assert said in str(caught.value)


def test_all_that_is_wrong_is_said_at_once(project):
    with pytest.raises(InputError) as caught:
        set_to(project, "seeds = 0\nsited = 1\nfull = 1")
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nproctor = 3", "[tool.proctor", "\0"])
def test_a_file_that_cannot_be_taken_is_refused_and_never_passed_over_unsaid(project, text):
    (project / "pyproject.toml").write_text(text)
    if text == "tool = 3":  # nothing in it is Proctor's
        assert at(project).settings == {}
        return
    with pytest.raises(InputError, match=r"pyproject\.toml"):
        at(project)


def test_a_line_of_another_table_is_not_taken_for_the_wrong_one(project):
    (project / "pyproject.toml").write_text("[tool.other]\nseeds = 0\n[ tool . proctor ]\nsuites = [\n'a',\n]\nseeds = 0\n")
    with pytest.raises(InputError, match=r"pyproject\.toml:7: tool\.proctor\.seeds"):
        at(project)


values = st.sampled_from([None, True, 0, 2, -1, 1.5, float("nan"), "", "a", "\0", [], ["a"], ["a", 1], {}, {"a": 1}, 10**400])


@given(st.dictionaries(st.sampled_from([*KEYS, "seed", "x" * 200, ""]), values))
def test_any_table_is_taken_whole_or_refused_key_by_key(table):
    problems = [*workspace._problems(table)]
    assert {key for key, _ in problems} >= table.keys() - KEYS.keys()
    if not problems:
        assert Workspace(Path("/x"), table).cache.is_absolute()


def test_an_option_overrides_a_setting_and_a_setting_proctor_s_own_default(project):
    ours = set_to(project, 'suites = ["loans"]\nseeds = 3\nlimit = 9\nfull = true\nsystems = ["rag"]')
    option = settled(ours, seeds=1, limit=options.NONE, full=False, suite=["mine"])
    assert (option.seeds, option.limit, option.full, option.suite, option.system) == (1, None, False, ["mine"], ["rag"])
    option = settled(ours)
    assert (option.seeds, option.limit, option.full, option.suite) == (3, 9, True, ["loans"])
    assert (option.judge, option.device, option.base_model, option.systems) == ("lexical", "auto", [], None)


def shaping(option):
    return {name: getattr(option, name) for name in options.SHAPING}


def parsed(words):
    """What the exam's own options make of a command."""

    class Group:
        def __init__(self):
            self.parser = argparse.ArgumentParser()
            self.addoption = self.parser.add_argument

    group = Group()
    group.addoption("-m", dest="markexpr")
    group.addoption("-k", dest="keyword", default="")
    options.declare(SimpleNamespace(extra_info={}, getgroup=lambda *_: group))
    return group.parser.parse_args(words)


SHARED = {
    "seeds": st.integers(1, 3),
    "limit": st.integers(1, 9),
    "full": st.booleans(),
    "device": st.sampled_from(["cpu", "auto"]),
    "judge": st.sampled_from(["lexical", "nli:x"]),
}
IN_TABLE = SHARED | {"suites": st.just(["loans", "a b"]), "systems": st.just(["rag"])}
ON_LINE = SHARED | {"suite": st.just(["c"]), "system": st.just(["lora"]), "limit": st.integers(0, 9)}


@settings(max_examples=50)
@given(st.fixed_dictionaries({}, optional=IN_TABLE), st.fixed_dictionaries({}, optional=ON_LINE))
def test_the_command_of_a_run_measures_the_same_again_with_the_settings_and_without(table, told):
    ours = Workspace(ROOT, table)
    first = settled(ours, **told)
    words = shlex.split(options.command(first, ours))
    for place in (ours, Workspace(ROOT)):
        again = parsed(words[1:])
        options.settle(again, place)
        assert {name: getattr(again, name) for name in options.SHAPING} == {
            name: getattr(first, name) for name in options.SHAPING
        }


def test_a_key_in_the_address_of_a_judge_is_shown_neither_by_help_nor_by_the_note():
    ours = Workspace(ROOT, {"judge": "openai:m@https://me:hunter2hunter2@judge.example/v1"})
    said = [*options.from_settings(ours), options._default(ours, "judge"), redact(options.command(settled(ours), ours))]
    assert all("judge.example" in text and "hunter2" not in text for text in said)


def test_paths_in_settings_are_told_as_they_are_seen_from_the_current_folder(project, monkeypatch):
    for name in ("domains/own", "models/mine", "nli"):
        (project / name).mkdir(parents=True)
    ours = set_to(
        project,
        'suites = ["loans", "domains/own"]\nsystems_table = "table.toml"\n'
        'base_models = ["models/mine", "org/model", "/abs/model"]\njudge = "nli:nli"',
    )
    monkeypatch.chdir(project)
    told = "--suite loans --suite domains/own --base-model models/mine --base-model org/model --base-model /abs/model"
    assert options.command(settled(ours), ours) == f"pytest -m domain {told} --systems table.toml --judge nli:nli"
    monkeypatch.chdir(project / "domains")
    option = settled(ours)
    assert (option.suite, option.systems, option.judge) == (["loans", "own"], "../table.toml", "nli:../nli")
    assert option.base_model == ["../models/mine", "org/model", "/abs/model"]


def exam(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The exam of this checkout with the settings of another project, as pytest's root."""
    command = [sys.executable, "-m", "pytest", "-m", "domain", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def checkout(tmp_path):
    """A project with the settings of Proctor's own."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text().replace('testpaths = ["suites"]', ""))
    return folder


@pytest.mark.slow
def test_the_exam_is_told_by_the_settings_what_it_examines(checkout):
    file = checkout / "pyproject.toml"
    file.write_text(file.read_text().replace("[tool.proctor]\n", '[tool.proctor]\nsuites = ["loans"]\nsystems = ["rag"]\n'))
    done = exam(checkout, "--collect-only", "-q", "--rootdir", str(checkout))
    assert {line.partition("[")[2] for line in done.stdout.splitlines() if "::" in line} == {"loans-rag]"}, done.stdout
    file.write_text(file.read_text().replace('["rag"]', '["rga"]').replace("suites", "suites "))
    done = exam(checkout, "--collect-only", "-q", "--rootdir", str(checkout))
    assert done.returncode == 4
    assert 'note: pyproject.toml sets suites = ["loans"], systems = ["rga"] (options override it)' in done.stderr


def test_the_commands_write_to_the_project_and_read_its_claims(project, tmp_path, monkeypatch, capsys):
    run = make_run(tmp_path / "run", Sample(questions=6))
    monkeypatch.chdir(project)
    assert main(["publish", str(run)]) == 0
    assert (project / "site" / "index.html").is_file()
    set_to(project, 'site = "public"\nclaims = ["none.toml"]')
    assert main(["publish", str(run)]) == main(["claims", str(run)]) == 4
    assert capsys.readouterr().err.count(str(project / "none.toml")) == 2
    set_to(project, 'policy = "none.yaml"\nprices = "none.toml"')
    assert main(["gate", str(run), str(run)]) == 3
    assert main(["advise", str(run)]) == 4
    said = capsys.readouterr().err
    assert str(project / "none.yaml") in said
    assert str(project / "none.toml") in said


def test_a_command_that_needs_the_settings_refuses_wrong_ones_and_its_help_is_there(project, tmp_path, monkeypatch, capsys):
    run = make_run(tmp_path / "run", Sample(questions=6))
    (project / "pyproject.toml").write_text("[tool.proctor]\nsit = 3\n")
    monkeypatch.chdir(project)
    assert main(["publish", str(run)]) == 4
    assert "pyproject.toml:2: tool.proctor.sit: no such setting; did you mean site?" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="0"):
        main(["publish", "--help"])
    assert "where to (default: site)" in capsys.readouterr().out
    set_to(project, 'site = "100%/page"')
    with pytest.raises(SystemExit, match="0"):
        main(["publish", "--help"])
    assert "where to (default: 100%/page)" in capsys.readouterr().out


def test_what_a_project_finds_of_a_judge_stands_before_what_comes_with_proctor(tmp_path):
    folder = tmp_path / "found" / "here"
    shipped = [row for path in agreement.SHIPPED.glob("*.json") for row in json.loads(path.read_text())]
    judge, count = shipped[0]["judge"], sum(row["judge"] == shipped[0]["judge"] for row in shipped)
    known = agreement.load(judge, folder)
    assert len(known) == count
    (folder.parent).mkdir()
    mine = known[0].__class__(**vars(known[0]) | {"accuracy": 0.125})
    agreement.save([mine], judge, folder)
    assert len(json.loads(next(folder.glob("*.json")).read_text())) == 1
    assert [row.accuracy for row in agreement.load(judge, folder)] == [0.125, *(row.accuracy for row in known[1:])]


@pytest.mark.parametrize("text", ["{", "[3]", '[{"judge": "j"}]', '{"judge": "j"}', "3"])
def test_a_damaged_file_of_agreement_is_said(tmp_path, text):
    (tmp_path / "j.json").write_text(text)
    with pytest.raises(InputError, match=r"j\.json.*agreement"):
        agreement.load("j", tmp_path)
