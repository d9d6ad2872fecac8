"""A folder with a ``suite.toml`` as a `Suite`, checked as a whole before anything is done with it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from proctor.core.reading.problems import Place, Problems, closest
from proctor.core.reading.tally import Tally
from proctor.core.schema import Domain, Example, InputError, Question, Revision, Suite
from proctor.suites.loading import identity
from proctor.suites.loading.documents import read_documents
from proctor.suites.loading.own_files import OwnFiles
from proctor.suites.loading.questions import QuestionReader, check_unseen
from proctor.suites.loading.settings import EMBEDDED, FILE, read_settings
from proctor.suites.loading.style import slow

log = logging.getLogger("proctor")

SETTINGS_OF_PYTEST = (
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "tox.ini",
    "setup.cfg",
    "pyproject.toml",
)


def names() -> list[str]:
    """The suites that come with Proctor."""
    return sorted(file.parent.name for file in EMBEDDED.glob(f"*/{FILE}"))


def find(name_or_path: str) -> Path:
    """The folder of a suite that comes with Proctor, or of one's own.

    Raises:
        InputError: there is no such suite.
    """
    if name_or_path in names():
        return EMBEDDED / name_or_path
    folder = Path(name_or_path)
    if folder.is_file():
        raise InputError(f"{folder}: a suite is a folder, and this is a file; give the folder that holds {FILE}")
    if not folder.is_dir():
        raise InputError(f"there is no suite '{name_or_path}': {closest(name_or_path, names())} Or give a folder with a {FILE}")
    if not (folder / FILE).exists():
        raise InputError(f"{folder / FILE}: the file is missing; write one, or start with `proctor new DIR`")
    return folder


def load(name_or_path: str, *, trust: bool = False, outside: bool = False) -> Suite:
    """Read and check a suite; see `read`.

    Raises:
        InputError: the suite cannot be used. All that is wrong is listed.
    """
    return read(name_or_path, trust=trust, outside=outside)[0]


def read(name_or_path: str, *, trust: bool = False, outside: bool = False) -> tuple[Suite, Tally]:
    """A suite, and what became of every file that it was read from.

    With ``trust`` the code of its general tasks may run; with ``outside`` files that lie elsewhere may be read.

    Raises:
        InputError: the suite cannot be used. All that is wrong is listed.
    """
    folder = find(name_or_path)
    problems = Problems(f"suite {folder.name}", folder, outside=outside)
    _check_no_settings_of_pytest(folder, problems)
    settings = read_settings(folder, problems, trust=trust)
    own = OwnFiles(folder, tuple(Path(entry) for entry in settings.general if Path(entry).is_absolute()))
    corpus = read_documents(folder / "documents", problems, own)
    reader = QuestionReader(folder, corpus, problems)
    examples, questions, revisions = reader.examples(), reader.questions(), reader.revisions()
    if settings.style and (found := slow(settings.style, _answers(examples, questions, revisions, settings.abstain))):
        key, what, remedy = found
        problems.add(Place(folder / FILE, field=key), what, remedy)
    check_unseen(examples | reader.renewed, questions, problems)
    problems.check()
    suite = Suite(
        name=settings.name,
        title=settings.title,
        version="",
        domain=Domain(corpus.documents, tuple(examples.values()), settings.instruction, settings.guide),
        questions=tuple(questions.values()),
        revisions=revisions,
        general=settings.general,
        trusted=settings.trusted,
        abstain=settings.abstain,
        style=settings.style,
        rubrics=settings.rubrics,
        answer_in=settings.answer_in,
        normalise=settings.normalise,
        headline=settings.headline,
        thresholds=settings.thresholds,
        notes=tuple(problems.tally.notes()),
        drafts=tuple(reader.drafts),
    )
    return replace(suite, version=identity.version(suite)), problems.tally


def _answers(
    examples: Mapping[Place, Example],
    questions: Mapping[Place, Question],
    revisions: Sequence[Revision],
    abstain: Sequence[str],
) -> Iterator[str]:
    """The answers that a suite itself holds."""
    yield from abstain
    revised = [question for revision in revisions for question in revision.questions]
    yield from (text for question in (*questions.values(), *revised) for text in question.references)
    yield from (example.completion for example in examples.values())


def _check_no_settings_of_pytest(folder: Path, problems: Problems) -> None:
    """It may run a conftest.py there, and `python -m pytest --suite DIR` takes its settings from DIR before it knows Proctor."""
    for name in SETTINGS_OF_PYTEST:
        file = folder / name
        if file.is_file() and ("test" in name or b"pytest" in file.read_bytes()):
            problems.add(
                Place(file), "a suite is data, and pytest would take its settings from this file, or run it", "remove it"
            )


def load_all(names_or_paths: Sequence[str], *, trust: bool = False, outside: bool = False) -> dict[Path, Suite]:
    """Several suites by their folders, each once however often its folder is named.

    Raises:
        InputError: one cannot be used, or two have one name. All that is wrong with any of them is listed.
    """
    found: dict[Path, Suite] = {}
    problems = []
    for name in names_or_paths:
        try:
            folder = find(name).resolve()
            if folder in found:
                log.warning("--suite %s: this suite is named more than once, and taken once", name)
            else:
                found[folder] = load(name, trust=trust, outside=outside)
        except InputError as error:
            problems.append(str(error))
    problems += _namesakes(found)
    if problems:
        raise InputError("\n".join(problems))
    return found


def _namesakes(found: Mapping[Path, Suite]) -> Iterator[str]:
    """Suites that records and folders would mix up."""
    first: dict[str, Path] = {}
    for folder, suite in found.items():
        other = first.setdefault(suite.name.casefold(), folder)
        if other != folder:
            yield f"two suites are called {suite.name}: {other} and {folder}; give one of them another name in its {FILE}"
