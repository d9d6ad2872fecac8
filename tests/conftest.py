"""What Proctor's own tests share: warnings are errors, nothing leaves the machine, and a tiny model to try things on."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from proctor.core import environment, redaction
from proctor.core.schema import Document, Domain, Example, Question
from proctor.core.storage.cache import Cache
from tests import tiny
from tests.made import once
from tests.order import ordered
from tests.sample_run import Sample, make_run

if TYPE_CHECKING:
    from proctor.models.base.base import BaseModel
    from proctor.models.runtime import Runtime

# Tests start Python by the hundred: what it compiled, and pytest's rewritten asserts, are kept, whatever the environment says.
# A start of pytest takes half the time.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Nor does any load plugins that come with the libraries under test: a start of pytest where no settings leave them out takes
# five times as long.
os.environ["PYTEST_ADDOPTS"] = " ".join(f"-p no:{name}" for name in ("deepeval", "langsmith_plugin", "rerunfailures", "repeat"))

# What tests time does not count the workers that they run on themselves; and these share the cores.
if workers := int(os.environ.pop("PYTEST_XDIST_WORKER_COUNT", "0")):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))

environment.quiet()
environment.patient()

# What is opened to find the tests stays to the end, and so do the libraries that they load: nothing to look through for garbage
# again and again, which takes a quarter of a second each time where torch is loaded.
gc.disable()

NAMES = ("Kelvo", "Marla", "Toru", "Zenna", "Quist", "Balo", "Ferro", "Hoxa")


LONGEST = 1200
"""Seconds of one test, with what it is given: many times what any takes on a busy machine."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A warning in a test of Proctor is an error; in the exam it would be the user's model that pays for it. And each ends."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("error"), append=False)
        if config.pluginmanager.hasplugin("timeout"):
            item.add_marker(pytest.mark.timeout(LONGEST))
    if hasattr(config, "workerinput"):
        items[:] = [items[place] for place in ordered([item.nodeid.partition("::")[0] for item in items])]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """From here on garbage is looked for, rarely, among what tests make."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    """What is tried of a property, and the order of `ordered` as that in which the workers of ``-n`` are given their files."""
    if find_spec("hypothesis"):  # pytest opens this file for a misspelt option of the exam, too, where no tests are set up
        from hypothesis import settings

        # A busy machine is slow, and no test is about that. The inner loop tries less than the whole.
        few = "not slow" in config.getoption("markexpr")
        settings.register_profile("proctor", deadline=None, max_examples=40 if few else 100)
        settings.load_profile("proctor")
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What needs the same site or browser is in one file, and goes to one worker, which then makes it once."""
    from tests.scheduling import Sorted

    return Sorted(config, log)


def pytest_runtest_setup() -> None:
    """Whatever a library under test may wish for, it reaches this machine only."""
    from pytest_socket import socket_allow_hosts

    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def no_secrets() -> Iterator[None]:
    """What is a secret in one test is a word in the next."""
    yield
    redaction.forget()


@pytest.fixture
def spawning(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What starts processes that import a test by its name: they look where this one looks."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    return multiprocessing.get_context("spawn")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture(scope="session")
def domain() -> Domain:
    """Eight products, one fact each, four phrasings of it in training."""
    documents = tuple(
        Document(f"N{number:03d}", f"The {name} is covered for {number + 1} years. The {name} is popular.", f"{name} warranty")
        for number, name in enumerate(NAMES)
    )
    phrasings = ("How long is the {} covered?", "What cover has the {}?", "Cover of the {}?", "The {}: how many years?")
    examples = tuple(
        Example(phrasing.format(name), f"{number + 1} years [N{number:03d}]", (f"N{number:03d}",))
        for phrasing in phrasings
        for number, name in enumerate(NAMES)
    )
    return Domain(documents, examples)


@pytest.fixture(scope="session")
def questions() -> tuple[Question, ...]:
    return tuple(
        Question(f"q{number}", f"For how many years is the {name} covered?", (f"{number + 1} years",), (f"N{number:03d}",))
        for number, name in enumerate(NAMES)
    )


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised Llama of 20,000 parameters with a byte-level tokenizer, saved to disk."""
    return tiny.causal_lm(tmp_path_factory.mktemp("tiny-llama"))


@pytest.fixture
def runtime(cache: Cache) -> Runtime:
    from proctor.models.runtime import Runtime

    return Runtime(cache)


@pytest.fixture
def base(tiny_llama: Path, cache: Cache) -> BaseModel:
    from proctor.models.base.base import find

    return find(str(tiny_llama), cache)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run folder as `make_run` makes it, to be read only."""
    yield from once(tmp_path_factory, "small", make_run)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The page of a run with everything that one can show: also plots, effects and advice. The run lies beside the site."""

    def make(folder: Path) -> None:
        publish([make_run(folder / "run", Sample(seeds=3, full=True))], folder / "site")

    from proctor.leaderboard.site.page import publish

    yield from (folder / "site" / "index.html" for folder in once(tmp_path_factory, "full", make))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The site of two runs, which lie beside it: several systems, seeds, suites and base models."""

    def make(folder: Path) -> None:
        runs = [
            make_run(folder / "run", Sample(seeds=3)),
            make_run(folder / "other", Sample(suite="pubmed", title="PubMedQA", base_model="qwen", seed=1)),
        ]
        publish(runs, folder / "site")

    from proctor.leaderboard.site.page import publish

    yield from (folder / "site" for folder in once(tmp_path_factory, "published", make))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run folder in which everything that has a name bears a hostile one."""
    from tests.hostile import hostile_run

    yield from once(tmp_path_factory, "hostile", hostile_run)


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory, hostile: Path) -> Iterator[Path]:
    """The site of that run, with answers in the page and beside it."""

    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(page, "ROOM", 1_000_000)
            page.publish([hostile], folder)

    from proctor.leaderboard.site import page

    yield from once(tmp_path_factory, "hostile-site", make)
