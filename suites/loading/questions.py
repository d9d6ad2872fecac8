"""The rows of a suite as what the rest of Proctor speaks of: examples, questions and revisions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from proctor.core.language.text import normalise
from proctor.core.reading import values
from proctor.core.reading.problems import Place, Problems, closest
from proctor.core.schema import DraftRow, Example, Question, RevisedQuestion, Revision
from proctor.suites.loading.columns import EXAMPLE, QUESTION, REVISED, REVISION, ColumnNames, Meaning
from proctor.suites.loading.documents import Corpus, revised
from proctor.suites.loading.rows import InputRow, judge, read_rows

HOP = re.compile(r"\A\s*<\d+-hop>\s*")
"""What ragas puts before each context of a question that needs several: no part of the text."""


class QuestionReader:
    """Reads the tables of one suite against its corpus."""

    def __init__(self, folder: Path, corpus: Corpus, problems: Problems) -> None:
        self.folder = folder
        self.corpus = corpus
        self.problems = problems
        self.renewed: dict[Place, Example] = {}
        """The training examples of the revisions read so far."""
        self.drafts: list[DraftRow] = []
        """The rows read so far that nobody has reviewed."""
        self._ids: dict[str, Place] = {}

    def examples(self) -> dict[Place, Example]:
        """``train.jsonl``, which a suite need not have."""
        rows = read_rows(self.folder / "train.jsonl", EXAMPLE, self.problems)
        return {row.place: self.example(row) for row in rows}

    def questions(self) -> dict[Place, Question]:
        """``questions.jsonl``, without which there is no exam."""
        path = self.folder / "questions.jsonl"
        known = len(self.problems.found)
        found = {row.place: self.question(row) for row in read_rows(path, QUESTION, self.problems, required=True)}
        if not found and len(self.problems.found) == known:
            self.problems.add(Place(path), "no questions", 'write at least one line: {"question": "...", "references": ["..."]}')
        self._check_ids((place, question.id) for place, question in found.items())
        return found

    def revisions(self) -> tuple[Revision, ...]:
        """``revisions.jsonl``, which a suite need not have."""
        rows = list(read_rows(self.folder / "revisions.jsonl", REVISION, self.problems))
        asked, learnt = self._judged(rows, "questions", REVISED), self._judged(rows, "examples", EXAMPLE)
        revisions = []
        for row in rows:
            revision = self._revision(row, asked, learnt)
            self._check_ids((row.place, question.id) for question in revision.questions)
            revisions.append(revision)
        self._check_revised(rows, revisions)
        return tuple(revisions)

    def _judged(self, rows: Sequence[InputRow], field: str, columns: ColumnNames) -> Meaning:
        """What the columns of all rows within the revisions mean."""
        return judge([(row.place, inner) for row in rows for inner in _objects(row.values.get(field))], columns, self.problems)

    def example(self, row: InputRow) -> Example:
        """What a row of training examples says."""
        self._note_draft(row)
        return self._example(row)

    def question(self, row: InputRow) -> Question:
        """What a row of questions says."""
        found = self._question(row)
        self._note_draft(row, found.id)
        return found

    def _note_draft(self, row: InputRow, question: str = "") -> None:
        if row.drafted:
            self.drafts.append(DraftRow(row.place.file.name, row.place.line or 0, question))

    def _example(self, row: InputRow, document: str = "") -> Example:
        evidence = self._resolved(row, self._said(row)) or ((document,) if document else ())
        return Example(row.text("prompt"), row.text("completion"), evidence)

    def _question(self, row: InputRow) -> Question:
        if not row.has("references") or row.missing("references"):
            found = "it holds nothing" if row.has("references") else "the field is missing"
            remedy = "list the right answers, or write [] if the documents do not hold the answer"
            self.problems.add(row.at("references"), f"a list of texts is expected, and {found}", remedy)
        text = row.text("question")
        tags, cluster = row.names("tags"), row.name("cluster", "")
        said = self._said(row)
        quotes = tuple(part.strip() for part in said if self.corpus.is_passage(part))
        return Question(row.name("id", _id(text)), text, self._references(row), self._resolved(row, said), tags, cluster, quotes)

    def _references(self, row: InputRow) -> tuple[str, ...]:
        for name, value in row.bare("references"):
            if _is_list(value):
                what = "this may be a list of right answers, or one that begins and ends with brackets"
                remedy = 'write a list of JSON: ["...", "..."], with the whole text in it if that is the answer'
                self.problems.add(row.at(name), what, remedy)
        return row.one_list("references")

    def _revision(self, row: InputRow, asked: Meaning, learnt: Meaning) -> Revision:
        named = row.name("document")
        document = self.corpus.id(named) or named
        if document and self.corpus.documents and document not in self.corpus.by_id:
            self.problems.add(row.at("document"), f"'{document}' is no document", closest(document, self.corpus.by_id))
        questions = tuple(self._revised(question, document) for question in row.rows("questions", REVISED, asked))
        examples = [self._example(example, document) for example in row.rows("examples", EXAMPLE, learnt)]
        self.renewed |= {row.at(f"examples[{place}]"): example for place, example in enumerate(examples)}
        return Revision(document, self._new_text(row), questions, tuple(examples))

    def _new_text(self, row: InputRow) -> str:
        given = row.text("text")
        text = revised(given)
        if given and not values.visible(text):
            self.problems.add(row.at("text"), "the document's new text is empty", "write it, or leave the revision out")
        elif text != given.strip():
            self._changed(row, "front matter and tags of HTML are no part of a new text")
        return text

    def _revised(self, row: InputRow, document: str) -> RevisedQuestion:
        now = self._question(row)
        fields = vars(now) | {"evidence": now.evidence or (document,), "quotes": ()}  # the revision may take the text away
        return RevisedQuestion(**fields, outdated=row.texts("outdated"))

    def _check_revised(self, rows: Sequence[InputRow], revisions: Sequence[Revision]) -> None:
        """Of two new texts of one document the last would count, and questions about the first would be wrong."""
        first: dict[str, Place] = {}
        for row, revision in zip(rows, revisions, strict=True):
            if revision.document in first and revision.document:
                what = f"'{revision.document}' is already revised on line {first[revision.document].line}"
                self.problems.add(row.at("document"), what, "make one revision of the two")
            first.setdefault(revision.document, row.place)

    def _resolved(self, row: InputRow, said: Sequence[str]) -> tuple[str, ...]:
        """The documents that a row's evidence stands in."""
        return tuple(dict.fromkeys(self.corpus.resolve(text, row.at("evidence"), self.problems) for text in said))

    def _said(self, row: InputRow) -> list[str]:
        """The ids, texts and passages that a row names as evidence."""
        return [part for text in row.texts("evidence") if text for part in self._parts(row, text)]

    def _parts(self, row: InputRow, text: str) -> Iterator[str]:
        """The documents or passages that one text of the evidence names: several where it is a list that was written out."""
        if self.corpus.id(text) is not None:
            yield text
            return
        try:
            several = values.listed(text)
        except values.UnclearError as error:
            self.problems.add(row.at("evidence"), f"this may be {error}", "write a list of JSON: [...]")
            return
        if several is not None:
            self._changed(row, "a list within a text was read as a list")
        for part in (text,) if several is None else several:
            bare = HOP.sub("", part)
            if bare != part:
                self._changed(row, "the marks <1-hop>, <2-hop>, ... are no part of a context")
            yield bare

    def _changed(self, row: InputRow, why: str) -> None:
        self.problems.tally.change(row.place.file.name, why, f"line {row.place.line}")

    def _check_ids(self, ids: Iterable[tuple[Place, str]]) -> None:
        """Ids of questions, those of revisions among them: answers and scores are kept by them."""
        for place, name in ids:
            if name and name in self._ids:
                known = self._ids[name]
                where = f"line {known.line}" if known.file == place.file else f"{known.file.name}:{known.line}"
                remedy = "give one of them another id (a question without an id gets one made from its text)"
                self.problems.add(place._replace(field="id"), f"the id '{name}' is already that of {where}", remedy)
            self._ids.setdefault(name, place)


def check_unseen(examples: dict[Place, Example], questions: dict[Place, Question], problems: Problems) -> None:
    """No test question may be among the training examples, whatever its case, articles and punctuation."""
    trained = {normalise(example.prompt): place for place, example in examples.items()}
    for place, question in questions.items() if trained else ():
        where = trained.get(normalise(question.text))
        if where is not None and question.text:
            what = f"the same question is a training example ({where.file.name}:{where.line})"
            problems.add(place._replace(field="question"), what, "remove it from one of the two files")


def _objects(found: Any) -> Iterator[Mapping[str, Any]]:
    listed = found if isinstance(found, list) else [found]
    return (value for value in listed if isinstance(value, dict))


def _is_list(text: str) -> bool:
    try:
        return values.listed(text) is not None
    except values.UnclearError:
        return True


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""
