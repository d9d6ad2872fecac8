"""An axis and a judge of an installed package are taken, kept and shown as Proctor's own are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = '''
"""Whether an answer is polite, as a judge of this package has it."""

import os
from pathlib import Path

from proctor.core.schema import Metric, Score
from proctor.evals.exam import Axis, ItemScore
from proctor.evals.judges.protocols import EntailmentInput
from tiny_manners.words import POLITE

THANKS = Metric("manners.thanks", says="The share of answers that a stranger would call polite.", headline=True, shown=True)


def note(text):
    with Path(os.environ["NOTES"]).open("a") as file:
        file.write(text + "\\n")


def score(evaluation):
    note("scored")
    pairs = [EntailmentInput((POLITE,), question.text, answer.text) for question, answer in evaluation.answered]
    for question, says in zip(evaluation.questions, evaluation.judge.supports(pairs), strict=True):
        yield ItemScore(THANKS, question.id, question.cluster, Score(float(says)))


AXIS = Axis("manners", __name__, (THANKS,), score, judged=(THANKS,), asks="Does it know its manners?")


class Judge:
    """Takes an answer for polite that has so many letters."""

    def __init__(self, letters="3"):
        self.letters = int(letters)
        self.name = self.version = f"manners-{letters}"

    def claims(self, question, answer):
        return [answer] if answer else []

    def supports(self, pairs):
        note(f"judged {len(pairs)}")
        return [len(pair.text) >= self.letters for pair in pairs]

    def contradicts(self, pairs):
        return [not found for found in self.supports(pairs)]
'''
TAKE = """
import json, sys
from dataclasses import replace
from pathlib import Path
from proctor.core.storage.cache import Cache
from proctor.evals.axes.catalogue import AXES
from proctor.evals.exam import Exam
from proctor.evals.judges.kept import kept
from proctor.evals.judges.protocols import load_judge
from proctor.evals.testing.fakes import gold
from proctor.leaderboard.runs.store import Store
from proctor.leaderboard.site.page import publish
from tests.sample_evaluation import evaluation

folder, judge = Path(sys.argv[1]), sys.argv[2]
cache = Cache(folder / "cache")
on = evaluation(gold(), judge=kept(load_judge(judge), cache), cache=cache)
store = Store(folder / "run")
for name in ("accuracy", "manners"):
    records = Exam(on, store.add).run(AXES[name])
if "publish" in sys.argv:
    publish([folder / "run"], folder / "site")
print(json.dumps({row.item: [row.metric, row.value, row.judge] for row in records}))
"""


class Package:
    """An installed package that adds an axis and a judge, and an exam that is taken with it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.code, self.notes = folder, folder / "site-packages" / "tiny_manners", folder / "notes"
        self.code.mkdir(parents=True)
        (self.code / "__init__.py").write_text("", encoding="utf-8")
        (self.code / "axis.py").write_text(MODULE, encoding="utf-8")
        (self.code / "words.py").write_text('POLITE = "Thank you."\n', encoding="utf-8")
        about = self.code.with_name("tiny_manners-1.0.dist-info")
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-manners\nVersion: 1.0\n", encoding="utf-8")
        (about / "entry_points.txt").write_text(
            "[proctor.axes]\nmanners = tiny_manners.axis:AXIS\n[proctor.judges]\nmanners = tiny_manners.axis:Judge\n",
            encoding="utf-8",
        )

    def run(self, *command: str) -> str:
        """What a Python says in which the package is installed."""
        environment = os.environ | {"PYTHONPATH": f"{self.code.parent}{os.pathsep}{ROOT}", "NOTES": str(self.notes)}
        done = subprocess.run(
            [sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def take(self, judge: str, *more: str) -> dict[str, Any]:
        """Item -> metric, value and judge."""
        found: dict[str, Any] = json.loads(self.run("-c", TAKE, str(self.folder), judge, *more))
        return found

    def noted(self) -> list[str]:
        """What the package's code did since this was last asked."""
        lines = self.notes.read_text(encoding="utf-8").splitlines() if self.notes.exists() else []
        self.notes.unlink(missing_ok=True)
        return lines


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return Package(tmp_path_factory.mktemp("added"))


def test_an_axis_and_a_judge_of_a_package_are_taken_kept_and_shown(package: Package) -> None:
    first = package.take("manners:7", "publish")
    assert package.noted() == ["scored", "judged 4"]
    assert first["warranty"] == ["manners.thanks", 1.0, "manners-7"]
    assert first["loose"] == ["manners.thanks", 0.0, "manners-7"]

    page = (package.folder / "site" / "index.html").read_text(encoding="utf-8")
    head = re.search(r'<th [^>]*data-metric="manners\.thanks".*?</th>', page)
    assert head
    assert 'data-axis="manners"' in head[0]
    assert 'data-tip="The share of answers that a stranger would call polite."' in head[0]
    assert "data-first" in head[0]
    assert "Does it know its manners?" in page
    assert "manners-7" in page

    assert package.take("manners:7") == first
    assert package.noted() == [], "a second run reads what the first one kept"

    (package.code / "words.py").write_text('"""Words."""\n\nPOLITE = "Thank you."  # still\n', encoding="utf-8")
    assert package.take("manners:7") == first
    assert package.noted() == [], "a comment changes nothing"

    (package.code / "words.py").write_text('POLITE = "Thank you ever so much."\n', encoding="utf-8")
    package.take("manners:7")
    assert package.noted() == ["scored", "judged 4"], "another module of the package shapes the scores, too"

    assert package.take("manners:2")["loose"][1:] == [1.0, "manners-2"]
    assert package.noted() == ["scored", "judged 4"], "another judge has verdicts of its own"
