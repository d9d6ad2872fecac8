"""The rows of a suite as what the rest of Proctor speaks of: examples, questions and revisions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from evals.schema import Example, Question, RevisedQuestion, Revision
from suites.columns import EXAMPLE, QUESTION, REVISED, REVISION
from suites.documents import Corpus
from suites.problems import Place, Problems, closest
from suites.rows import Row, read_rows

NOT_WORDS = re.compile(r"[\W_]+")


class Reader:
    """Reads the tables of one suite against its corpus."""

    def __init__(self, folder: Path, corpus: Corpus, problems: Problems) -> None:
        self.folder = folder
        self.corpus = corpus
        self.problems = problems
        self.renewed: dict[Place, Example] = {}
        """The training examples of the revisions read so far."""

    def examples(self) -> dict[Place, Example]:
        """``train.jsonl``, which a suite need not have."""
        rows = read_rows(self.folder / "train.jsonl", EXAMPLE, self.problems)
        return {row.place: self._example(row) for row in rows}

    def questions(self) -> dict[Place, Question]:
        """``questions.jsonl``, without which there is no exam."""
        path = self.folder / "questions.jsonl"
        known = len(self.problems.found)
        found = {row.place: self._question(row) for row in read_rows(path, QUESTION, self.problems, required=True)}
        if not found and len(self.problems.found) == known:
            self.problems.add(Place(path), "no questions", 'write at least one line: {"question": "...", "references": ["..."]}')
        self._check_ids((place, question.id) for place, question in found.items())
        return found

    def revisions(self) -> tuple[Revision, ...]:
        """``revisions.jsonl``, which a suite need not have."""
        ids: list[tuple[Place, str]] = []
        revisions = []
        for row in read_rows(self.folder / "revisions.jsonl", REVISION, self.problems):
            revision = self._revision(row)
            ids += [(row.place, question.id) for question in revision.questions]
            revisions.append(revision)
        self._check_ids(ids)
        return tuple(revisions)

    def _example(self, row: Row, document: str = "") -> Example:
        evidence = self._evidence(row) or ((document,) if document else ())
        return Example(row.text("prompt"), row.text("completion"), evidence)

    def _question(self, row: Row) -> Question:
        if not row.has("references"):
            remedy = "list the right answers, or write [] if the documents do not hold the answer"
            self.problems.add(row.at("references"), "a list of texts is expected, and the field is missing", remedy)
        text = row.text("question")
        tags, cluster = row.texts("tags"), row.text("cluster", "")
        return Question(row.text("id", _id(text)), text, row.texts("references"), self._evidence(row), tags, cluster)

    def _revision(self, row: Row) -> Revision:
        document = row.text("document")
        if document and self.corpus.documents and document not in self.corpus.by_id:
            self.problems.add(row.at("document"), f"'{document}' is no document", closest(document, self.corpus.by_id))
        questions = tuple(self._revised(question, document) for question in row.rows("questions", REVISED))
        examples = [self._example(example, document) for example in row.rows("examples", EXAMPLE)]
        self.renewed |= {row.at(f"examples[{place}]"): example for place, example in enumerate(examples)}
        return Revision(document, row.text("text"), questions, tuple(examples))

    def _revised(self, row: Row, document: str) -> RevisedQuestion:
        now = self._question(row)
        evidence = now.evidence or (document,)
        return RevisedQuestion(now.id, now.text, now.references, evidence, now.tags, now.cluster, row.texts("outdated"))

    def _evidence(self, row: Row) -> tuple[str, ...]:
        names = (name for name in row.texts("evidence") if name)
        return tuple(self.corpus.resolve(name, row.at("evidence"), self.problems) for name in names)

    def _check_ids(self, ids: Iterable[tuple[Place, str]]) -> None:
        first: dict[str, Place] = {}
        for place, name in ids:
            if name and name in first:
                what = f"the id '{name}' is already that of line {first[name].line}"
                remedy = "give one of them another id (a question without an id gets one made from its text)"
                self.problems.add(place._replace(field="id"), what, remedy)
            first.setdefault(name, place)


def check_unseen(examples: dict[Place, Example], questions: dict[Place, Question], problems: Problems) -> None:
    """No test question may be among the training examples, whatever its case, spaces and punctuation."""
    trained = {words(example.prompt): place for place, example in examples.items()}
    for place, question in questions.items():
        where = trained.get(words(question.text))
        if where is not None and question.text:
            what = f"the same question is a training example ({where.file.name}:{where.line})"
            problems.add(place._replace(field="question"), what, "remove it from one of the two files")


def words(text: str) -> str:
    """A text without what is not the same question's difference: case, spaces and punctuation."""
    return NOT_WORDS.sub(" ", text.casefold()).strip()


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""
