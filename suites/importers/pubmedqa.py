"""PubMedQA's labelled part: a question that a paper asks, its abstract without the conclusion, and yes, no or maybe."""

from __future__ import annotations

from pathlib import Path

from evals.schema import Document, Example, Question
from suites.draft import Draft
from suites.importers.nodes import Node, read_json
from suites.importers.options import Options
from suites.problems import closest

INSTRUCTION = "Answer yes, no or maybe."
DECISIONS = ("yes", "no", "maybe")
OFFICIAL_TEST = "test_ground_truth.json"


def pubmedqa(file: Path, options: Options) -> Draft:
    """Every abstract a document, called by its PMID. The conclusion gives the answer away and is left out.

    The test is that of ``--test-ids``, else of a ``test_ground_truth.json`` beside the file, else a seeded share. The
    abstracts of the test are indexed and not trained on: see `suites.importers`.
    """
    papers = dict(read_json(file).entries())
    test = _test(papers, file, options)
    questions = [_question(paper, name) for name, paper in papers.items()]
    return Draft(
        documents=[Document(name, _abstract(paper), name) for name, paper in papers.items()],
        examples=[_example(question) for question in questions if question.id not in test],
        questions=[question for question in questions if question.id in test],
        instruction=INSTRUCTION,
    )


def _test(papers: dict[str, Node], file: Path, options: Options) -> frozenset[str]:
    official = options.test_ids or file.with_name(OFFICIAL_TEST)
    if not options.test_ids and not official.exists():
        return options.test_groups(papers, file)
    node = read_json(official)
    names = frozenset(map(str, node.value if isinstance(node.value, list) else dict(node.entries())))
    for name in names - papers.keys():
        raise node.error(f"'{name}' is none of the questions of {file}", closest(name, papers))
    return names


def _abstract(paper: Node) -> str:
    contexts = [node.expect(str).value for node in paper.items("CONTEXTS")]
    return "\n\n".join(contexts)


def _question(paper: Node, name: str) -> Question:
    decision = paper.text("final_decision").strip().lower()
    if decision not in DECISIONS:
        raise paper.error(f"the final_decision '{decision}' is not yes, no or maybe", "correct or remove the entry")
    return Question(name, paper.text("QUESTION"), (decision,), (name,), (decision,))


def _example(question: Question) -> Example:
    return Example(question.text, question.references[0], question.evidence)
