"""Public formats as suites. One more is one function here that makes a `Draft`, and one line in `IMPORTERS`.

Where a format has no split of its own, whole groups (an article, a document) go to either training or test, by a seeded
hash. Every document is indexed, those of the test included; training holds questions about the training groups alone.
Fine-tuning can then learn how such questions are answered, and not the answers: as it is with documents that nobody has
written training examples for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from suites.draft import Draft
from suites.importers.options import Options
from suites.importers.pubmedqa import pubmedqa
from suites.importers.squad import squad
from suites.importers.table import table


class Importer(NamedTuple):
    """A format, and what reads it."""

    read: Callable[[Path, Options], Draft]
    help: str
    official: bool = False
    """Whether the format has a split of its own, that a file of ids names."""


IMPORTERS = {
    "squad": Importer(squad, "SQuAD's JSON, version 1 or 2: split by article, one document a paragraph"),
    "pubmedqa": Importer(pubmedqa, "PubMedQA's ori_pqal.json: yes, no or maybe, one document an abstract", official=True),
    "csv": Importer(table, "a table (CSV, TSV) with columns question, answer, context and, if you like, id, title and split"),
}
