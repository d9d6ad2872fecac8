"""Libraries that may be missing: each in one extra, each said before any work, and nothing else in their way."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from proctor import ready
from proctor.core.code import TREE, Used
from proctor.core.extras import LIBRARIES, install, installed, require
from proctor.core.schema import InputError
from proctor.evals.axes.catalogue import AXES
from proctor.evals.judges.protocols import load_judge
from proctor.leaderboard.site.page import publish
from proctor.models.stores.named import STORES
from proctor.models.systems import System
from proctor.suites.loading.load import load
from tests.missing import without
from tests.sample_run import TWO, Sample, make_run

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ROOMS = ("core", "evals", "models", "suites", "leaderboard", "proctor")
SYSTEMS = [System("base"), System("words", retrieve="bm25"), System("rag", retrieve="dense")]


def packages(requirements):
    return {re.match(r"[\w-]+", one)[0].lower() for one in requirements}


def test_every_library_is_in_its_extra_and_nowhere_else():
    for library in LIBRARIES.values():
        found = {extra for extra in EXTRAS if any(name.startswith(library.name) for name in packages(EXTRAS[extra]))}
        assert found - {"gpu"} == {library.extra}, library
        assert library.name not in packages(PROJECT["dependencies"])


def named(extra):
    (everything,) = EXTRAS[extra]
    return set(re.fullmatch(r"proctor\[(.*)\]", everything)[1].split(","))


def test_all_is_all_that_people_use_but_for_faiss_of_which_there_are_two_and_for_stores():
    assert named("all") | named("stores") == {library.extra for library in LIBRARIES.values()} - {"cpu"}
    assert not named("all") & named("stores")


def test_stores_is_all_that_stores_need_but_for_faiss():
    needed = {module for kind in STORES for module in STORES.needs(kind)} - {"faiss"}
    assert named("stores") == {LIBRARIES[module].extra for module in needed}


@pytest.mark.slow
def test_what_the_code_imports_is_installed_with_it_or_named_as_missing():
    """A library that comes along only because another needs it would be gone with that."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    used = {alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    used |= {node.module.partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    sources, known = packages_distributions(), packages(PROJECT["dependencies"])
    for module in used - set(sys.stdlib_module_names) - {"proctor"} - LIBRARIES.keys():
        assert {name.lower().replace("_", "-") for name in sources[module]} & known, module


def test_the_axes_of_a_file_name_just_the_libraries_that_its_code_imports():
    for name, axis in {axis.module: axis for axis in AXES.values()}.items():
        parts = [part for one in TREE.reached([Used(axis.module)]) for part in TREE.source(one.module).parts(one.name)]
        found = {one.module.partition(".")[0] for part in parts for names in part.imports.values() for one in names}
        needed = {library for other, one in AXES.items() if one.module == axis.module for library in AXES.needs(other)}
        assert needed == found & LIBRARIES.keys(), name


def test_what_is_missing_is_seen_without_an_import():
    with without("ragas"):
        assert not installed("ragas")
        assert installed("this")
    assert not installed("no_such_module")
    assert "this" not in sys.modules


def test_the_command_names_each_extra_once():
    assert install("ragas", "lm_eval", "deepeval") == 'pip install "proctor[general,judges]"'
    assert install("faiss").startswith('pip install "proctor[cpu]", or gpu in place of cpu')


def test_nothing_is_said_where_nothing_is_missing():
    require({"this test": ["pytest"], "another": []})


def test_an_exam_is_told_at_once_of_all_that_its_axes_and_systems_lack():
    with without("ragas", "lm_eval", "faiss"), pytest.raises(InputError) as error:
        ready.libraries(
            ["accuracy", "faithfulness", "hallucination", "forgetting"], [System("base"), System("rag", retrieve="dense")]
        )
    assert str(error.value) == (
        "faithfulness needs ragas, forgetting needs lm-eval, the system rag needs faiss: "
        'pip install "proctor[cpu,general,judges]", or gpu in place of cpu to search on a GPU; '
        'or leave that out: -m "domain and not (faithfulness or forgetting)"; and take the other systems alone: --system base'
    )


def test_an_exam_whose_systems_lack_something_is_told_of_those_that_do_not():
    systems = [System("base"), System("rag", retrieve="dense"), System("words", retrieve="bm25"), System("base")]
    said = "on a GPU; or take the other systems alone: --system base --system words"
    with without("faiss"), pytest.raises(InputError, match=f"{re.escape(said)}$"):
        ready.libraries(["accuracy"], systems)
    with without("faiss"), pytest.raises(InputError, match=r"on a GPU$"):
        ready.libraries(["accuracy"], systems[1:2])


@pytest.mark.parametrize("words", [[], ["-n", "2"], ["--dry-run"]], ids=["alone", "workers", "dry_run"])
@pytest.mark.slow
def test_an_exam_that_lacks_a_library_ends_before_its_first_test(tmp_path, words):
    (tmp_path / "hiding.py").write_text("from tests.missing import hide\nhide('ragas')\n")
    (tmp_path / "pytest.ini").touch()
    command = [sys.executable, "-m", "pytest", "-p", "hiding", "-p", "no:cacheprovider", "-m", "domain", "--suite", "loans"]
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "PROCTOR_CACHE": str(tmp_path / "cache")}
    command += ["--system", "base", "--limit", "1", *words]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
    assert 'ERROR: faithfulness needs ragas: pip install "proctor[judges]"; or leave that out' in said
    assert "scoring" not in said


def test_axes_and_systems_that_lack_nothing_are_ready_whatever_else_is_missing():
    with without(*LIBRARIES):
        ready.libraries(
            ["accuracy", "retrieval", "style", "updates_retrained"], [System("base"), System("words", retrieve="bm25")]
        )


def test_a_judge_behind_an_endpoint_says_what_it_lacks_when_it_is_named():
    said = 'the judge openai needs httpx2: pip install "proctor[services]"'
    with without("httpx2"), pytest.raises(InputError, match=re.escape(said)):
        load_judge("openai:some-model@http://localhost:1")


def test_a_suite_that_names_a_task_of_lm_evals_says_what_it_lacks(tmp_path):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.md").write_text("# A\n\nThe sky is blue.\n")
    (tmp_path / "questions.jsonl").write_text(
        '{"id": "1", "question": "Which colour?", "answers": ["blue"], "documents": ["a.md"]}\n'
    )
    (tmp_path / "suite.toml").write_text('title = "T"\ngeneral = ["arc_easy"]\n')
    with without("lm_eval"), pytest.raises(InputError, match=re.escape('pip install "proctor[general]"')):
        load(str(tmp_path))


def test_a_page_without_matplotlib_has_the_figures_of_its_plots_and_says_why_none_is_drawn(tmp_path):
    folder = make_run(tmp_path / "run", Sample(questions=10, systems=TWO))
    with without("matplotlib"):
        text = publish([folder], tmp_path / "site").read_text(encoding="utf-8")
    assert "pip install &#34;proctor[plots]&#34;" in text
    assert 'class="drawing"' not in text
    assert "Show as table" in text
    assert 'class="drawing"' in publish([folder], tmp_path / "site").read_text(encoding="utf-8")
