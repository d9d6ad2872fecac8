"""PubMedQA's labelled part: a question that a paper asks, its abstract without the conclusion, and yes, no or maybe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from proctor.core.reading import values
from proctor.core.reading.problems import Problems, closest
from proctor.core.schema import Document, Question
from proctor.suites.importers.nodes import Node, each, read_json
from proctor.suites.importers.split import Importer, Options, example
from proctor.suites.writing.draft import Draft

INSTRUCTION = "Answer yes, no or maybe."
DECISIONS = ("yes", "no", "maybe")
OFFICIAL_TEST = "test_ground_truth.json"


class _Paper(NamedTuple):
    document: Document
    question: Question


def pubmedqa(file: Path, options: Options) -> Draft:
    """Every abstract a document, called by its PMID. The conclusion gives the answer away and is left out.

    The test is that of ``--test-ids``, else of a ``test_ground_truth.json`` beside the file, else a seeded share. The
    abstracts of the test are indexed and not trained on: see `suites.importers`.
    """
    problems = Problems(f"import of {file.name}")
    nodes = dict(read_json(file).entries())
    papers = list(_papers(nodes, problems))
    test = _test(nodes, file, options, problems)
    problems.check()
    questions = [paper.question for paper in papers]
    return Draft(
        documents=[paper.document for paper in papers],
        examples={f"id {question.id}": example(question) for question in questions if question.id not in test},
        questions=[question for question in questions if question.id in test],
        instruction=INSTRUCTION,
        source=file.name,
        tally=problems.tally,
    )


def _papers(nodes: Mapping[str, Node], problems: Problems) -> Iterator[_Paper]:
    for name, node in nodes.items():
        texts = list(each([node], _abstract, problems))
        questions = list(each([node], partial(_question, name=name), problems))
        yield from (_Paper(Document(name, text, name), question) for text in texts for question in questions)


def _test(papers: Mapping[str, Node], file: Path, options: Options, problems: Problems) -> frozenset[str]:
    official = options.test_ids or file.with_name(OFFICIAL_TEST)
    if not options.test_ids and not official.exists():
        return options.test_groups(papers, file)
    node = read_json(official)
    listed = [str(name) for name in node.value] if isinstance(node.value, list) else list(dict(node.entries()))
    for name in dict.fromkeys(listed):
        if name not in papers:
            wrong = node.error(f"'{name}' is none of the questions of {file}", closest(name, papers))
            problems.found.append(str(wrong))
    return frozenset(listed)


def _abstract(paper: Node) -> str:
    contexts = [node.expect(str).value for node in paper.items("CONTEXTS")]
    text = "\n\n".join(contexts)
    if not values.visible(text):
        raise paper.error("the CONTEXTS are empty: there is no abstract", "fill them in or remove the entry")
    return text


def _question(paper: Node, name: str) -> Question:
    if not values.visible(name):
        raise paper.error("the id of the entry is empty", "give it one")
    decision = paper.text("final_decision").strip().lower()
    if decision not in DECISIONS:
        raise paper.error(f"the final_decision '{decision}' is not yes, no or maybe", "correct or remove the entry")
    return Question(name, paper.text("QUESTION"), (decision,), (name,), (decision,))


IMPORTER = Importer(pubmedqa, "PubMedQA's ori_pqal.json: yes, no or maybe, one document an abstract", official=True)
