"""A metric of a project's own, from the function to the page: `pytest -m tone`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from proctor.leaderboard.runs.store import read
from proctor.suites.writing.draft import write_suite
from proctor.suites.writing.starter import starter
from tests.exam.test_plugin import SLOW_PLUGINS
from tests.test_docs import blocks

pytest_plugins = ("pytester",)
ROOT = Path(__file__).parents[2]
METRICS = '''
from helpers import PLEASE
from proctor.evals import metric


@metric("tone.polite")
def polite(question, answer) -> float:
    """The share of answers that say please."""
    return float(PLEASE in answer.text.lower())


@metric("tone.letters", unit="letters", better="lower", says="How long answers are.", headline=False)
def letters(question, answer):
    return len(answer.text) if question.answerable else None


@metric("terse.broken")
def broken(question, answer):
    raise KeyError(question.id)
'''


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a suite and metrics of its own."""
    settings = 'metrics = "quality/my_metrics.py"\n'
    pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\naddopts = {[*SLOW_PLUGINS]}\n[tool.proctor]\n{settings}")
    pytester.mkdir("quality")
    (pytester.path / "quality" / "my_metrics.py").write_text(METRICS, encoding="utf-8")
    (pytester.path / "quality" / "helpers.py").write_text('PLEASE = "please"\n', encoding="utf-8")
    write_suite(pytester.path / "helpdesk", starter("helpdesk", "helpdesk"))
    return pytester


def values(project: pytest.Pytester) -> dict[str, list[tuple[str, float | None, str]]]:
    """Metric -> status, value and reason of each item."""
    (folder,) = project.path.glob("runs/*")
    found: dict[str, list[tuple[str, float | None, str]]] = {}
    for record in read(folder).records:
        found.setdefault(record.metric, []).append((record.status, record.value, record.reason))
    return found


def test_a_function_of_the_project_is_taken_recorded_and_shown(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess("-m", "tone", "--system", "base", "-q")
    assert result.ret == 0, result.stdout.str() + result.stderr.str()
    found = values(project)
    assert set(found) == {"tone.polite", "tone.letters"}
    assert {row[:2] for row in found["tone.polite"]} == {("scored", 0.0)}
    assert "not_applicable" in {status for status, _, _ in found["tone.letters"]}
    page = (project.path / "site" / "index.html").read_text(encoding="utf-8")
    head = re.search(r'<th [^>]*data-metric="tone\.polite".*?</th>', page)
    assert head
    assert "The share of answers that say please." in head[0]
    assert "data-first" in head[0]


def test_a_function_that_fails_is_a_failed_test_with_its_reason(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess("-m", "terse", "--system", "base", "-q")
    assert result.ret == 1, result.stdout.str() + result.stderr.str()
    assert "terse.broken of base on helpdesk: none of" in result.stdout.str()
    assert "broken: KeyError:" in result.stdout.str()


def test_what_contributing_shows_is_taken_by_its_marker(project: pytest.Pytester) -> None:
    shown = [body for body in blocks(ROOT / "CONTRIBUTING.md", "python") if "@metric(" in body]
    assert len(shown) == 1
    (project.path / "quality" / "my_metrics.py").write_text(shown[0], encoding="utf-8")
    result = project.runpytest_subprocess("-m", "tone", "--system", "base", "-q")
    assert result.ret == 0, result.stdout.str() + result.stderr.str()
    assert set(values(project)) == {"tone.polite"}


def test_other_code_is_another_version(project: pytest.Pytester) -> None:
    def version() -> str:
        code = "import my_metrics; from proctor.evals.own import _known; print(_known['tone.polite'].metric.version)"
        result = project.run(sys.executable, "-c", f"import sys; sys.path.insert(0, 'quality'); {code}")
        return result.outlines[-1]

    first, file = version(), project.path / "quality" / "my_metrics.py"
    file.write_text(METRICS + "\n# a remark\n", encoding="utf-8")
    assert version() == first
    file.write_text(METRICS.replace("answer.text.lower()", "answer.text"), encoding="utf-8")
    assert version() != first


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("raise ValueError('no')", "my_metrics.py cannot be imported: ValueError: no"),
        ("x = 1", "declares no metric: put @metric"),
        (METRICS.replace("tone.letters", "accuracy.letters"), "the axis accuracy comes with Proctor or a package"),
        (METRICS.replace("tone.letters", "Tone"), "write an axis, a dot and the metric, in lower case: tone.polite"),
        (METRICS.replace("tone.letters", "short"), "my_metrics.py: @metric('short'): write an axis, a dot and the metric"),
        (METRICS.replace("tone.letters", "tone.polite"), "the metric tone.polite is my_metrics.polite already"),
    ],
)
def test_what_is_wrong_with_it_is_said_before_any_work(project: pytest.Pytester, written: str, said: str) -> None:
    (project.path / "quality" / "my_metrics.py").write_text(written, encoding="utf-8")
    result = project.runpytest_subprocess("-m", "domain", "--co", "-q")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


def test_a_file_that_is_not_there_is_named(project: pytest.Pytester) -> None:
    (project.path / "quality" / "my_metrics.py").unlink()
    result = project.runpytest_subprocess("-m", "tone", "--co", "-q")
    assert "tool.proctor.metrics: there is no file" in result.stderr.str()
