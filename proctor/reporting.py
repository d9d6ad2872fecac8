"""What pytest prints of a test that failed: plain words where a user can mend it, and never a secret."""

from __future__ import annotations

import pytest

from proctor.core.redaction import redact
from proctor.core.schema import InputError
from proctor.core.storage import errors
from proctor.plan import Plan


def shorten(report: pytest.TestReport, error: BaseException | None, plan: Plan) -> None:
    """Put the words of an error, if it is one of the exam's, in the place of the way through Proctor's code."""
    if isinstance(error, InputError | AssertionError):
        report.longrepr = str(error)
    elif isinstance(error, Exception) and (said := _of_storage(error, plan)):
        report.longrepr = said
    _redact(report)


def _of_storage(error: Exception, plan: Plan) -> str:
    """What failed on the disk, where that was it: libraries write into the cache and read from it, too."""
    if not plan.cache.folder.exists():
        return f"the cache {plan.cache.folder} was removed while the exam ran; run the same command again"
    places = ((plan.cache.folder, "name another folder in PROCTOR_CACHE"), (plan.run_folder, "choose another folder (--run-dir)"))
    return next((text for place in places if (text := errors.said(error, "cannot read or write in", *place))), "")


def _redact(report: pytest.TestReport) -> None:
    """Keep secrets out of what is printed of a test, its values of variables and what it logged included."""
    said = str(report.longrepr or "")
    if (shown := redact(said)) != said:
        report.longrepr = shown
    report.sections = [(name, redact(text)) for name, text in report.sections]
