"""SQuAD's JSON: articles of paragraphs, each with its questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from evals.schema import Document, Example, Question, Suite
from suites.draft import Draft
from suites.importers.nodes import Node, read_json
from suites.importers.options import Options

INSTRUCTION = 'Answer with a few words. Answer "unknown" if you do not know.'
UNKNOWN = Suite.abstain[0]


class _Paragraph(NamedTuple):
    document: Document
    questions: list[Question]


def squad(file: Path, options: Options) -> Draft:
    """Every paragraph a document; the questions of whole articles are for training or test. Version 2's too.

    All paragraphs are indexed, and the training examples come from the training articles alone: see `suites.importers`.
    """
    paragraphs = list(_paragraphs(read_json(file)))
    articles = {question.cluster for paragraph in paragraphs for question in paragraph.questions}
    test = options.test_groups(articles, file)
    questions = [question for paragraph in paragraphs for question in paragraph.questions]
    return Draft(
        documents=[paragraph.document for paragraph in paragraphs],
        examples=[_example(question) for question in questions if question.cluster not in test],
        questions=[question for question in questions if question.cluster in test],
        instruction=INSTRUCTION,
    )


def _paragraphs(root: Node) -> Iterator[_Paragraph]:
    folders: dict[str, str] = {}
    for article in root.items("data"):
        title = article.text("title").replace("_", " ")
        folder = _folder(title, folders)
        for number, paragraph in enumerate(article.items("paragraphs"), 1):
            document = Document(f"{folder}/{number:03d}", paragraph.text("context"), title)
            yield _Paragraph(document, [_question(node, document) for node in paragraph.items("qas")])


def _folder(title: str, taken: dict[str, str]) -> str:
    """A folder name for an article, not one that another article has."""
    plain = re.sub(r"[^\w-]+", "_", title).strip("_") or "article"
    folder = plain if plain.lower() not in taken else f"{plain}-{len(taken) + 1}"
    taken[folder.lower()] = title
    return folder


def _question(node: Node, document: Document) -> Question:
    impossible = bool(node.expect(dict).value.get("is_impossible"))
    references = () if impossible else tuple(dict.fromkeys(answer.text("text") for answer in node.items("answers")))
    for reference in references:
        if reference.strip() not in document.text:
            raise node.error(f"the answer '{reference}' is not in its paragraph", "correct or remove it")
    if not references and not impossible:
        raise node.error("there is no answer", "add one, or set is_impossible")
    tags = ("unanswerable",) if impossible else ()
    return Question(node.text("id"), node.text("question"), references, (document.id,), tags, document.id.partition("/")[0])


def _example(question: Question) -> Example:
    return Example(question.text, question.references[0] if question.references else UNKNOWN, question.evidence)
