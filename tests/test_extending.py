"""What docs/how-to/extending.md shows is a package that works as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from proctor.leaderboard.runs.store import read
from tests.test_docs import blocks

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "how-to" / "extending.md"
NAMED = """
import json
from pathlib import Path
from proctor.core.reading.problems import Problems
from proctor.evals.axes.catalogue import AXES, words
from proctor.evals.judges.protocols import load_judge
from proctor.leaderboard.site.page import publish
from proctor.models.reranking import RERANKERS, Reranking
from proctor.models.rewriting import REWRITERS
from proctor.models.systems import CHUNKERS, EMBEDDERS, RETRIEVERS
from proctor.suites.importers import IMPORTERS
from proctor.suites.importers.split import Options
from proctor.suites.loading.documents import READERS
from tests.sample_run import make_run

assert load_judge("mine:2").name == "numbers-2"
assert RETRIEVERS["phrases"](None, None, "cpu").version == ["phrases-1", 4]
assert EMBEDDERS["letters"]("9", None, None).version == "letters-1-9"
assert CHUNKERS["lines"](None, None, "cpu").split("a\\n\\nb", "") == ["a", "b"]
assert RERANKERS["overlap"]("", Reranking(), None).version == "overlap-1-4"
assert REWRITERS["terms"]().read("lamp, weight") == "lamp weight"
assert AXES["brevity"].asks and words("brevity.words") == "The words that it takes to answer."

Path("talk.srt").write_text("1\\n00:00:01,000 --> 00:00:02,000\\nThe gate opens at nine.\\n")
Path("none.srt").write_text("1\\n")
problems = Problems()
assert READERS["srt"](Path("talk.srt"), problems).text == "The gate opens at nine."
assert READERS["srt"](Path("none.srt"), problems) is None and "no subtitles in it" in str(problems.found[0])

Path("faq.json").write_text(json.dumps([{"q": f"Lamp {n}?", "a": f"{n} kg", "text": f"It weighs {n} kg."} for n in "1234"]))
draft = IMPORTERS["faq"].read(Path("faq.json"), Options())
assert (len(draft.documents), len(draft.examples), len(draft.questions)) == (4, 2, 2)

page = publish([make_run(Path("run"))], Path("site")).read_text()
assert "Questions asked" in page and "systems were asked." in page
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the page, installed, and the tests that go with it."""
    folder = tmp_path_factory.mktemp("extending")
    for body in blocks(PAGE, "python"):
        where = re.match(r"# (my_package|tests)/\w+\.py\n", body)
        assert where, f"a snippet begins with the name of its file: {body[:40]}"
        path = folder / where[0][2:-1]
        path.parent.mkdir(exist_ok=True)
        path.write_text(body, encoding="utf-8")
    (about,) = blocks(PAGE, "toml")
    named = tomllib.loads(about)["project"]
    installed = folder / "my_package-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {named['name']}\nVersion: {named['version']}\n", encoding="utf-8"
    )
    groups = (
        f"[{group}]\n" + "".join(f"{name} = {where}\n" for name, where in entries.items())
        for group, entries in named["entry-points"].items()
    )
    (installed / "entry_points.txt").write_text("".join(groups), encoding="utf-8")
    return folder


def run(project: Path, *command: str, beside: tuple[Path, ...] = ()) -> str:
    places = os.pathsep.join(map(str, (project, *beside)))
    environment = os.environ | {"PYTHONPATH": places, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=400
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_its_tests_pass(project: Path) -> None:
    said = run(project, "-m", "pytest", "tests", "-q", "-p", "no:cacheprovider", "-p", "no:deepeval")
    assert re.search(r"\d\d passed, \d+ skipped", said)


@pytest.mark.slow
def test_each_thing_is_found_by_its_name(project: Path) -> None:
    run(project, "-c", NAMED, beside=(ROOT,))


@pytest.mark.slow
def test_its_axis_is_collected_taken_and_shown(project: Path) -> None:
    suite = project / "lamps"
    (suite / "documents").mkdir(parents=True)
    (suite / "documents" / "lamp.md").write_text("# Lamp\n\nThe lamp weighs 3 kg.\n", encoding="utf-8")
    (suite / "suite.toml").write_text('name = "lamps"\ntitle = "Lamps"\n', encoding="utf-8")
    question = '{"id": "q", "question": "How heavy is the lamp?", "references": ["3 kg"], "evidence": ["lamp"]}\n'
    (suite / "questions.jsonl").write_text(question, encoding="utf-8")
    said = run(project, "-m", "pytest", "lamps", "--co", "-q", "-m", "brevity", "--system", "base", "-p", "no:deepeval")
    assert "lamps/suite.toml::test_brevity[lamps-base]" in said
    assert said.count("::test_") == 1

    run(project, "-m", "pytest", "lamps", "-q", "-m", "brevity", "--system", "base", "-p", "no:deepeval")
    (folder,) = (project / "runs").glob("*")
    assert {(record.metric, record.status, record.unit) for record in read(folder).records} == {
        ("brevity.words", "scored", "words")
    }
    page = (project / "site" / "index.html").read_text(encoding="utf-8")
    assert 'data-tip="The words that it takes to answer."' in page
