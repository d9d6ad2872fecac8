"""SQuAD's JSON: articles of paragraphs, each with its questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from proctor.core.reading import values
from proctor.core.reading.problems import Problems
from proctor.core.schema import Document, Question
from proctor.suites.importers.nodes import Node, each, read_json
from proctor.suites.importers.split import Importer, Options, example
from proctor.suites.writing.draft import Draft, short

INSTRUCTION = 'Answer with a few words. Answer "unknown" if you do not know.'


def squad(file: Path, options: Options) -> Draft:
    """Every paragraph a document; the questions of whole articles are for training or test. Version 2's too.

    All paragraphs are indexed, and the training examples come from the training articles alone: see `suites.importers`.
    """
    problems = Problems(f"import of {file.name}")
    found = _Found(file.name, problems)
    for _ in each(read_json(file).items("data"), found.article, problems):
        pass
    problems.check()
    test = options.test_groups((question.cluster for question in found.questions), file)
    return Draft(
        documents=found.documents,
        examples={f"id {question.id}": example(question) for question in found.questions if question.cluster not in test},
        questions=[question for question in found.questions if question.cluster in test],
        instruction=INSTRUCTION,
        source=file.name,
        tally=problems.tally,
    )


@dataclass
class _Found:
    """What was read so far."""

    source: str
    problems: Problems
    documents: list[Document] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)
    """The id of each question -> where it is."""

    def article(self, node: Node) -> None:
        """Take an article with all its paragraphs."""
        title = self._title(node)
        folder = self._folder(title)
        for number, paragraph in enumerate(node.items("paragraphs"), 1):
            for document in each([paragraph], lambda one: one.text("context"), self.problems):
                self._paragraph(paragraph, Document(f"{folder}/{number:03d}", document, title))

    def _paragraph(self, node: Node, document: Document) -> None:
        self.documents.append(document)
        for question in each(node.items("qas"), lambda one: self._question(one, document), self.problems):
            self.questions.append(question)

    def _title(self, node: Node) -> str:
        if node.has("title"):
            return node.text("title").replace("_", " ")
        made = f"Article {len(self.folders) + 1}"
        self.problems.tally.note(self.source, "articles without a title got one made", f"{node.path}: '{made}'")
        return made

    def _folder(self, title: str) -> str:
        """A folder name for an article, not one that another article has."""
        bare = re.sub(r"[^\w-]+", "_", title).strip("_") or "article"
        plain = folder = short(bare)
        if plain != bare:
            self.problems.tally.note(self.source, "long titles are shortened where they name files", f"'{title[:40]}...'")
        number = len(self.folders) + 1
        while values.name(folder).casefold() in self.folders:
            folder, number = f"{plain}-{number}", number + 1
        self.folders.add(values.name(folder).casefold())
        return folder

    def _question(self, node: Node, document: Document) -> Question:
        name = self._id(node)
        impossible = self._impossible(node, name)
        references = () if impossible else tuple(dict.fromkeys(self._answers(node, name, document)))
        tags = ("unanswerable",) if impossible else ()
        cluster = document.id.partition("/")[0]
        return Question(name, node.text("question"), references, (document.id,), tags, cluster)

    def _id(self, node: Node) -> str:
        name = node.id("id")
        if name in self.ids:
            raise node.error(f"the id '{name}' is already that of {self.ids[name]}", "give it another")
        self.ids[name] = node.path
        return name

    def _impossible(self, node: Node, name: str) -> bool:
        impossible = node.value.get("is_impossible")
        if impossible not in (None, True, False):
            raise node.error(
                f"is_impossible of the question with id {name} is {impossible!r}", "write true or false, not in quotes"
            )
        if impossible and node.value.get("answers"):
            raise node.error(f"the question with id {name} is_impossible and has answers", "remove the one or the other")
        return bool(impossible)

    def _answers(self, node: Node, name: str, document: Document) -> Iterator[str]:
        """The right answers, as they stand in the paragraph."""
        answers = list(node.items("answers"))
        if not answers:
            raise node.error(f"there is no answer to the question with id {name}", "add one, or set is_impossible")
        paragraph = values.plain(document.text)
        for text in each(answers, lambda answer: answer.text("text").strip(), self.problems):
            if text not in document.text and values.plain(text) in paragraph:
                why = "answers that differ from their paragraph in white space or composed accents are taken"
                self.problems.tally.change(self.source, why, f"id {name}")
            elif text not in document.text:
                wrong = node.error(f"the answer '{text}' is not in its paragraph (id {name})", "correct or remove it")
                self.problems.found.append(str(wrong))
            yield text


IMPORTER = Importer(squad, "SQuAD's JSON, version 1 or 2: split by article, one document a paragraph")
