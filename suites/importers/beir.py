"""BEIR's folders: ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/*.tsv``, which say what documents are relevant to each query.

BEIR measures retrieval and has no answers. Where its queries come without any, the titles of the relevant documents stand for
them, so that the exam can be sat; figures of retrieval are the ones to read then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proctor.core.reading import values
from proctor.core.reading.grid import read_grid
from proctor.core.reading.problems import Place, Problems
from proctor.core.schema import Document, Question
from proctor.suites.importers.records import at, read, texts
from proctor.suites.importers.split import Importer, Options, example
from proctor.suites.writing.draft import Draft

TEST, TRAIN = ("test", "dev"), "train"
ANSWERS = ("answers", "answer", "metadata.answers", "metadata.answer")
LONGEST = 200
"""Letters of a document's beginning that stand for its title where it has none."""
STAND_IN = "BEIR has no answers: titles of the relevant documents stand in for them, so read the figures of retrieval alone"


@dataclass(frozen=True)
class _Read:
    """A folder's tables."""

    source: str
    documents: Mapping[str, Document]
    queries: Mapping[str, tuple[str, tuple[str, ...]]]
    """Query -> its text and its answers."""
    problems: Problems

    def questions(self, relevant: Mapping[str, tuple[str, ...]]) -> Iterator[Question]:
        """The judged queries as questions; what cannot be one is left out and counted."""
        for name, judged in relevant.items():
            evidence = tuple(one for one in judged if one in self.documents)
            if name not in self.queries:
                self._leave_out("judged queries that are not in queries.jsonl", name)
            elif not evidence:
                self._leave_out("queries none of whose relevant documents is in corpus.jsonl", name)
            else:
                text, answers = self.queries[name]
                if not answers:
                    self.problems.tally.change(self.source, STAND_IN, name)
                titles = (self.documents[one].title for one in evidence)
                yield Question(name, text, answers or tuple(dict.fromkeys(titles)), evidence)

    def _leave_out(self, why: str, name: str) -> None:
        self.problems.tally.leave_out(self.source, why, name)


def beir(folder: Path, options: Options) -> Draft:
    """Every document of the corpus; the queries of qrels/test.tsv (or dev.tsv) are asked, those of train.tsv are for training.

    Where there is one file of qrels alone that is neither, its queries are divided by the seeded share.
    """
    problems = Problems(f"import of {folder.name}")
    named = options.named({"answers": ANSWERS})
    documents = dict(_documents(folder, problems))
    queries = dict(_queries(folder, named["answers"], problems))
    qrels = {path.stem: _relevant(path, problems) for path in sorted((folder / "qrels").glob("*.tsv"))}
    if not qrels:
        problems.add(Place(folder / "qrels"), "no qrels", "put test.tsv there: query-id, corpus-id, score")
    problems.check()
    found = _Read(folder.name, documents, queries, problems)
    asked = next((name for name in TEST if name in qrels), None)
    if asked:
        questions, learnt = list(found.questions(qrels[asked])), list(found.questions(qrels.get(TRAIN, {})))
    else:
        everything = [question for name in qrels for question in found.questions(qrels[name])]
        test = options.test_groups((question.id for question in everything), folder)
        questions = [question for question in everything if question.id in test]
        learnt = [question for question in everything if question.id not in test]
    for name in (name for name in qrels if asked and name not in (asked, TRAIN)):
        for query in qrels[name]:
            problems.tally.leave_out(folder.name, f"queries of qrels/{name}.tsv, beside those of {asked}.tsv", query)
    examples = {f"query {one.id}": example(one) for one in learnt}
    return Draft([*documents.values()], examples, questions, source=folder.name, tally=problems.tally)


def _documents(folder: Path, problems: Problems) -> Iterator[tuple[str, Document]]:
    for where, row in read(folder / "corpus.jsonl", problems):
        name, text = values.name("".join(texts(row.get("_id"))[:1])), " ".join(texts(row.get("text")))
        title = " ".join(texts(row.get("title")))
        if not name:
            problems.add(Place(folder / "corpus.jsonl"), f"{where}: no _id", "give the document one")
        elif not values.visible(f"{title}{text}"):
            problems.tally.leave_out(folder.name, "empty documents", name)
        else:
            yield name, Document(name, text or title, title or text[:LONGEST])


def _queries(folder: Path, answers: tuple[str, ...], problems: Problems) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    for where, row in read(folder / "queries.jsonl", problems):
        name, text = values.name("".join(texts(row.get("_id"))[:1])), " ".join(texts(row.get("text")))
        if not (name and text):
            problems.add(Place(folder / "queries.jsonl"), f"{where}: no _id or no text", "give the query both")
        yield name, (text, tuple(dict.fromkeys(one for field in answers for one in texts(at(row, field)))))


def _relevant(path: Path, problems: Problems) -> dict[str, tuple[str, ...]]:
    """Query -> the documents that are judged relevant to it, the most relevant first."""
    grid = read_grid(path, problems)
    found: dict[str, dict[str, float]] = {}
    for row in grid[1] if grid else ():
        try:
            query, document, score = (*map(values.name, row.cells[:2]), float(row.cells[2]))
        except (ValueError, IndexError):
            problems.add(row.place, "a query, a document and a number are expected", "write query-id, corpus-id, score")
            continue
        if score > 0:
            found.setdefault(query, {})[document] = score
    return {query: tuple(sorted(judged, key=lambda one: -judged[one])) for query, judged in found.items()}


IMPORTER = Importer(beir, "a folder of BEIR: corpus.jsonl, queries.jsonl, qrels/*.tsv", fields=("answers",))
