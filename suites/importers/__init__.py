"""Public formats as suites. One more is a file with an `Importer`, and one line in `IMPORTERS`.

Where a format has no split of its own, whole groups (an article, a document) go to either training or test, by a seeded
hash. Every document is indexed, those of the test included; training holds questions about the training groups alone.
Fine-tuning can then learn how such questions are answered, and not the answers: as it is with documents that nobody has
written training examples for.
"""

from __future__ import annotations

from evals.registry import Registry
from suites.importers.options import Importer

IMPORTERS: Registry[Importer] = Registry(
    "proctor.importers",
    {
        "squad": "suites.importers.squad:IMPORTER",
        "pubmedqa": "suites.importers.pubmedqa:IMPORTER",
        "csv": "suites.importers.table:IMPORTER",
    },
)
