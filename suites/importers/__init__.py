"""Public formats as suites. One more is a file with an `Importer`, and one line in `IMPORTERS`.

Where a format has no split of its own, whole groups (an article, a document) go to either training or test, by a seeded
hash. Every document is indexed, those of the test included; training holds questions about the training groups alone.
Fine-tuning can then learn how such questions are answered, and not the answers: as it is with documents that nobody has
written training examples for.
"""

from __future__ import annotations

from proctor.core.registry import Registry
from proctor.suites.importers.split import Importer

IMPORTERS: Registry[Importer] = Registry(
    "proctor.importers",
    {
        "squad": "proctor.suites.importers.squad:IMPORTER",
        "pubmedqa": "proctor.suites.importers.pubmedqa:IMPORTER",
        "csv": "proctor.suites.importers.table:IMPORTER",
        "beir": "proctor.suites.importers.beir:IMPORTER",
        "ragas": "proctor.suites.importers.layouts:RAGAS_IMPORTER",
        "deepeval": "proctor.suites.importers.layouts:DEEPEVAL_IMPORTER",
        "promptfoo": "proctor.suites.importers.promptfoo:IMPORTER",
        "chat": "proctor.suites.importers.chat:IMPORTER",
        "records": "proctor.suites.importers.layouts:RECORDS_IMPORTER",
        "hotpotqa": "proctor.suites.importers.hotpotqa:IMPORTER",
        "natural_questions": "proctor.suites.importers.natural_questions:IMPORTER",
        "triviaqa": "proctor.suites.importers.triviaqa:IMPORTER",
        "msmarco": "proctor.suites.importers.msmarco:IMPORTER",
    },
)
