"""Proctor in a project that is not its own: what pytest collects there, and what it leaves alone."""

from __future__ import annotations

import signal
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import _pytest.pytester
import pytest

from proctor.core.stopping import Stopped
from proctor.evals.axes.catalogue import AXES
from proctor.plugin import pytest_keyboard_interrupt
from proctor.suites.writing.draft import write_suite
from proctor.suites.writing.starter import starter

pytest_plugins = ("pytester",)
LOUD = "raise SystemExit('this was run')"
SLOW_PLUGINS = ("-p", "no:deepeval", "-p", "no:langsmith_plugin", "-p", "no:rerunfailures", "-p", "no:repeat")


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytester forgets what a run loaded, and a package of which half is loaded twice is two; tests alone are to be forgotten."""
    real = _pytest.pytester.SysModulesSnapshot

    def snapshot(preserve: Callable[[str], bool]) -> object:
        return real(lambda name: preserve(name) or not name.startswith(("test_", "conftest")))

    monkeypatch.setattr(_pytest.pytester, "SysModulesSnapshot", snapshot)


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with packages of the names that Proctor's folders have, a test of its own and a suite."""
    pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\naddopts = {[*SLOW_PLUGINS]}\n")
    for name in ("models", "evals"):
        pytester.mkdir(name)
        (pytester.path / name / "__init__.py").write_text(LOUD)
    pytester.makepyfile(test_own="def test_own(): pass")
    write_suite(pytester.path / "helpdesk", starter("helpdesk", "helpdesk"))
    return pytester


def names(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


def collected(project: pytest.Pytester, *words: str) -> list[str]:
    result = project.runpytest_inprocess("--co", "-q", *words)
    assert result.ret == 0, result.stdout.str()
    return names(result)


@pytest.mark.parametrize("words", [["-m", "domain"], ["helpdesk"], ["helpdesk/suite.toml"]])
def test_a_suite_is_collected_where_it_is_asked_for(project: pytest.Pytester, words: list[str]) -> None:
    found = collected(project, *words)
    assert "helpdesk/suite.toml::test_accuracy[helpdesk-rag]" in found
    assert not [name for name in found if "test_own" in name or "data_efficiency" in name]
    assert not {"models", "evals"} & sys.modules.keys()


def test_a_marker_a_keyword_and_a_name_choose(project: pytest.Pytester) -> None:
    assert collected(project, "-m", "domain and style", "-k", "rag") == ["helpdesk/suite.toml::test_style[helpdesk-rag]"]
    one = "helpdesk/suite.toml::test_cost[helpdesk-base]"
    assert collected(project, one) == [one]


def test_every_axis_has_a_test_of_its_name(project: pytest.Pytester) -> None:
    found = collected(project, "-m", "domain", "--full", "--system", "base")
    assert found == [f"helpdesk/suite.toml::test_{name}[helpdesk-base]" for name in AXES if name != "accuracy_judged"]


def test_what_trains_again_waits_to_be_asked_for(project: pytest.Pytester) -> None:
    assert not [name for name in collected(project, "-m", "domain") if "privacy" in name]
    assert [name for name in collected(project, "-m", "domain", "--full", "--system", "base") if "privacy" in name]


def test_a_suite_that_comes_with_proctor_is_found_by_its_name(project: pytest.Pytester) -> None:
    found = collected(project, "-m", "domain and accuracy", "--suite", "loans", "--system", "base")
    assert found == ["elsewhere.toml::test_accuracy[loans-base]"]


def test_plain_pytest_takes_the_project_s_tests_and_says_how_a_suite_is_examined(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["not examined: helpdesk (pytest -m domain does it)"])


@pytest.mark.parametrize("expression", ["not domain", "not (domain)", "not (domain or slow)", "not slow", "slow or not slow"])
def test_leaving_the_exam_out_by_its_marker_does_not_ask_for_it(project: pytest.Pytester, expression: str) -> None:
    result = project.runpytest_inprocess("-m", expression)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["not examined: helpdesk (pytest -m domain does it)"])


def test_a_project_without_a_suite_is_told_so_where_it_asks_for_the_exam(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_own(): pass")
    result = pytester.runpytest_inprocess("-m", "domain", *SLOW_PLUGINS)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["no suite was found: *proctor new my-domain*"])


@pytest.mark.parametrize("words", [[], ["--suite", "helpdesk"], ["helpdesk"]])
def test_a_misspelt_axis_is_guessed_where_it_leaves_nothing(project: pytest.Pytester, words: list[str]) -> None:
    result = project.runpytest_inprocess("-m", "accuarcy", *words)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["-m accuarcy: no axis is called that; did you mean accuracy?"])
    assert "did you mean" not in project.runpytest_inprocess("-m", "smoke", *words).stdout.str()


@pytest.mark.parametrize("expression", ["hunger", "domain and hunger"])
def test_a_former_name_of_an_axis_is_told_by_its_name_of_today(project: pytest.Pytester, expression: str) -> None:
    result = project.runpytest_inprocess("-m", expression, "helpdesk")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["-m hunger: that axis is called data_efficiency now"])


def test_where_nothing_of_the_exam_ran_no_earlier_page_is_published_again(project: pytest.Pytester) -> None:
    (project.path / "mine").mkdir()
    (project.path / "mine" / "records.jsonl").write_text("{}\n")
    result = project.runpytest_inprocess("-m", "domain", "-k", "nothing", "--system", "base", "--run-dir", "mine")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "leaderboard" not in result.stdout.str()
    assert not (project.path / "site").exists()


CLASHING = "def pytest_addoption(parser): parser.addoption('--limit', default=None)\n"


def test_an_option_that_the_project_s_conftest_has_too_is_said_without_a_traceback(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CLASHING)
    result = pytester.runpytest_subprocess(*SLOW_PLUGINS, timeout=120)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: *conftest.py declares the option --limit, and Proctor has one of that name. *-p no:proctor`"]
    )
    assert "Traceback" not in result.stderr.str()
    pytester.makepyfile("def test_own(): pass")
    assert pytester.runpytest_subprocess(*SLOW_PLUGINS, "-p", "no:proctor", timeout=120).ret == 0


def test_options_that_clash_and_are_none_of_proctor_s_are_pytest_s_to_tell(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(clashing=CLASHING.replace("limit", "mine"))
    pytester.makeconftest(CLASHING.replace("limit", "mine"))
    result = pytester.runpytest_subprocess(*SLOW_PLUGINS, "-p", "clashing", timeout=120)
    assert "Proctor has one of that name" not in result.stderr.str()
    assert "mine" in result.stderr.str()


def test_an_option_that_another_plugin_has_is_said_as_well(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(clashing=CLASHING)
    result = pytester.runpytest_subprocess(*SLOW_PLUGINS, "-p", "clashing", timeout=120)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: another plugin of pytest declares the option --limit, *"])


@pytest.mark.parametrize(("said", "silent"), [("", "True"), ("0", "False")])
def test_plain_pytest_sends_no_telemetry_of_an_extra_unless_the_environment_says_so(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, said: str, silent: str
) -> None:
    monkeypatch.delenv("DEEPEVAL_TELEMETRY_OPT_OUT")
    if said:
        monkeypatch.setenv("DEEPEVAL_TELEMETRY_OPT_OUT", said)
    pytester.makepyfile(
        "from deepeval.telemetry import telemetry_opt_out\n"
        "def test_plugin(pytestconfig): assert pytestconfig.pluginmanager.hasplugin('deepeval')\n"
        f"def test_sent(): assert telemetry_opt_out() is {silent}"
    )
    without = [word for word in SLOW_PLUGINS if word != "no:deepeval"][1:]
    assert pytester.runpytest_subprocess(*without, timeout=120).ret == 0


def test_markers_of_the_same_name_are_a_project_s_own(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers =\n  cost: what it costs\n")
    pytester.makepyfile("import pytest\n@pytest.mark.cost\ndef test_cost(): pass\ndef test_other(): pass")
    pytester.runpytest_inprocess("-m", "cost", *SLOW_PLUGINS).assert_outcomes(passed=1, deselected=1)


def test_what_pytest_counts_as_selected_is_what_it_lists(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess("--co", "-q", "-m", "domain and accuracy")
    result.stdout.re_match_lines([rf"{len(names(result))}/\d+ tests collected \(\d+ deselected\).*"])


def test_testpaths_leave_out_no_suite(project: pytest.Pytester) -> None:
    project.makepyprojecttoml(f"[tool.pytest.ini_options]\naddopts = {[*SLOW_PLUGINS]}\ntestpaths = ['tests']\n")
    project.mkdir("tests")
    found = collected(project, "-m", "domain and accuracy", "--system", "base")
    assert found == ["helpdesk/suite.toml::test_accuracy[helpdesk-base]"]


def test_another_program_s_suite_toml_is_left_alone(project: pytest.Pytester) -> None:
    project.mkdir("data")
    (project.path / "data" / "suite.toml").write_text("of = 'another program'")
    assert not [name for name in collected(project, "-m", "domain") if "data" in name]


def test_a_wrong_setting_is_said_where_the_exam_is_asked_for(project: pytest.Pytester) -> None:
    project.makepyprojecttoml("[tool.proctor]\nsuits = ['helpdesk']\n")
    result = project.runpytest_inprocess("-m", "domain", *SLOW_PLUGINS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*tool.proctor.suits: *did you mean suites*"])


@pytest.mark.parametrize("words", [[], ["."]])
def test_no_suite_is_examined_unasked(project: pytest.Pytester, words: list[str]) -> None:
    project.makepyfile(test_mine="def test_mine(exam): raise AssertionError")
    project.runpytest_inprocess(*words).assert_outcomes(passed=1, skipped=1)


def test_a_test_of_the_project_s_own_belongs_to_the_exam(project: pytest.Pytester) -> None:
    project.makepyfile(test_mine="def test_mine(exam): assert exam.evaluation.suite.name == 'helpdesk'")
    found = collected(project, "-m", "domain and not (updates or latency)", "-k", "mine", "--system", "base")
    assert found == ["test_mine.py::test_mine[helpdesk-base]"]


def test_fixtures_of_the_project_s_own_are_its_own(project: pytest.Pytester) -> None:
    code = "import pytest\n@pytest.fixture\ndef cell(): return 1\n@pytest.fixture\ndef evaluation(): return 2\n"
    project.makepyfile(test_mine=f"{code}def test_mine(cell, evaluation): assert (cell, evaluation) == (1, 2)")
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_test_of_the_project_s_own_is_put_to_every_system(project: pytest.Pytester) -> None:
    project.makepyfile(test_mine="def test_mine(exam): assert exam.evaluation.suite.name == 'helpdesk'")
    found = collected(project, "test_mine.py", "--system", "base", "--system", "rag")
    assert found == ["test_mine.py::test_mine[helpdesk-base]", "test_mine.py::test_mine[helpdesk-rag]"]


@pytest.mark.parametrize("name", ["conftest.py", "__init__.py", "test_x.py"])
def test_no_code_in_a_suite_is_run(project: pytest.Pytester, name: str) -> None:
    (project.path / "helpdesk" / name).write_text(LOUD if name != "conftest.py" else "")
    result = project.runpytest_inprocess("--co", "-q", "-m", "domain and accuracy", "--system", "base")
    if name == "conftest.py":
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*conftest.py: a suite is data, and pytest would *; remove it"])
    else:
        assert names(result) == ["helpdesk/suite.toml::test_accuracy[helpdesk-base]"]


def test_no_code_beside_a_suite_elsewhere_is_run(project: pytest.Pytester, tmp_path: Path) -> None:
    write_suite(tmp_path / "theirs" / "desk", starter("desk", "desk"))
    (tmp_path / "theirs" / "conftest.py").write_text(LOUD)
    found = collected(project, "-m", "domain and accuracy", "--system", "base", f"--suite={tmp_path}/theirs/desk")
    assert found == ["elsewhere.toml::test_accuracy[desk-base]"]


def test_where_nobody_asks_for_the_exam_none_of_it_is_loaded(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\ndef test_own(): assert not {'numpy', 'torch', 'proctor.plan', 'proctor.models'} & sys.modules.keys()"
    )
    command = [sys.executable, "-m", "pytest", "-q", *SLOW_PLUGINS, "-p", "no:hypothesispytest", "-p", "no:anyio"]
    done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout


UNNEEDED = {
    *("asyncio", "yaml", "numpy", "jinja2", "psutil", "filelock", "ctypes"),
    *("proctor.models.candidates", "proctor.models.generation", "proctor.models.retrieval", "proctor.models.training"),
    *("proctor.models.runtime", "proctor.evals.judges.kept", "proctor.evals.judges.lexical", "proctor.leaderboard"),
}
"""What lists no test: each takes as long to load as some tests to collect, or more."""


@pytest.mark.parametrize("words", [["-m", "domain"], ["-m", "domain", "--suite", "loans"]])
def test_tests_are_listed_with_few_modules_loaded(project: pytest.Pytester, words: list[str]) -> None:
    """Counted in modules, as seconds depend on the machine: starting pytest alone loads three times as many."""
    code = "import sys, pytest\nold = {*sys.modules}\nassert not pytest.main(sys.argv[1:])\nprint(*{*sys.modules} - old)"
    others = ["-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:asyncio", "-p", "no:timeout", "-p", "no:pytest_socket"]
    done = subprocess.run(
        [sys.executable, "-c", code, "--co", "-q", *SLOW_PLUGINS, *others, *words],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "::test_accuracy[" in done.stdout
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded & UNNEEDED == set()
    assert len([name for name in loaded if name.startswith("proctor")]) <= 130


def test_a_listed_test_has_no_candidate_yet_and_one_that_is_to_run_or_to_be_estimated_has(project: pytest.Pytester) -> None:
    (project.path / "systems.toml").write_text('[bot]\ncallable = "nowhere:answer"\n')
    words = ["-m", "domain and accuracy", "--systems", "systems.toml"]
    assert collected(project, *words) == ["helpdesk/suite.toml::test_accuracy[helpdesk-bot]"]
    for more in ([], ["--dry-run"]):
        result = project.runpytest_inprocess(*words, *more)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*system bot: callable: there is no module nowhere in *"])


def _without_lines(function: types.FunctionType) -> types.FunctionType:
    """The function, none of whose instructions belongs to a line (CPython's Objects/locations.md: code 15, at most 8 a byte)."""
    left = len(function.__code__.co_code) // 2
    table = bytes(0x80 | 15 << 3 | min(8, left - done) - 1 for done in range(0, left, 8))
    return types.FunctionType(function.__code__.replace(co_linetable=table), function.__globals__)


def _stopped_while_an_error_is_handled() -> None:
    try:
        int("")
    except ValueError:
        raise Stopped(signal.SIGINT)  # noqa: B904 # as a signal's handler does


def test_ctrl_c_at_an_instruction_without_a_line_is_told_as_any_other():
    with pytest.raises(Stopped) as stopped:
        _without_lines(_stopped_while_an_error_is_handled)()
    info = pytest.ExceptionInfo.from_exception(stopped.value)
    assert [entry._rawentry.tb_lineno for entry in info.traceback][-1] is None
    pytest_keyboard_interrupt(info)
    assert "by Ctrl-C" in str(info.getrepr(funcargs=True))
