"""What makes a suite the one it is: a hash of all that can change a record, and one for each part, to tell what has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from proctor.core import former_names
from proctor.core.schema import Question, RevisedQuestion, Suite, as_json
from proctor.core.storage.cache import digest

SHORT = 12
"""Digits of a part's hash: there may be thousands of parts."""
MATERIAL = ("documents", "examples", "questions", "revisions")
"""What a suite holds, apart from its settings."""


def version(suite: Suite) -> str:
    """Hash of what can change a record: not the title, headline, thresholds and notes, nor where a folder of general tasks lies.

    Nor whether that folder is trusted: its tasks ask the same. Settings that a suite does not use are left out: one that comes
    to exist later changes no version.
    """
    return digest(_content(suite))


def contents(suite: Suite) -> dict[str, Any]:
    """Hashes of the parts: of each document, question and revised question by its id, of each setting, and of all examples.

    Order is nothing here. Whether a question is the same is told by its text, its references and its evidence.
    """
    content = _content(suite)
    examples = [as_json(example) for example in suite.domain.examples]
    revised = [question for revision in suite.revisions for question in revision.questions]
    revisions = [(one.document, one.text, _unordered(map(as_json, one.examples))) for one in suite.revisions]
    settings = {name: value for name, value in content.items() if name not in {*MATERIAL, "domain", "name", "version"}}
    settings |= {name: value for name, value in content["domain"].items() if name not in MATERIAL}
    return {
        "version": suite.version,
        "documents": {one.id: _short(one.title, one.text) for one in suite.domain.documents},
        "questions": {one.id: _asked(one) for one in suite.questions},
        "revised": {one.id: _asked(one) for one in revised},
        "examples": _short(_unordered(examples)),
        "revisions": _short(_unordered(revisions)),
        "settings": {name: _short(value) for name, value in settings.items() if value},
    }


def _content(suite: Suite) -> dict[str, Any]:
    content = as_json(replace(suite, title="", general=tuple(Path(entry).name for entry in suite.general)))
    content["thresholds"] = {}
    if suite.style:
        content["style"] = {key: value for key, value in content["style"].items() if value not in ("", None)}
    for document in content["domain"]["documents"]:
        del document["fields"]  # they choose what some systems search, and are part of what those are
    if not suite.rubrics:
        del content["rubrics"]
    if suite.answer_in == Suite.answer_in:
        del content["answer_in"]
    del content["notes"], content["trusted"], content["headline"], content["drafts"]
    if suite.normalise == Suite.normalise:
        del content["normalise"]
    return former_names.in_versions(content)


def _asked(question: Question) -> str:
    outdated = sorted(question.outdated) if isinstance(question, RevisedQuestion) else []
    named = (question.references, question.evidence, question.quotes)
    return _short(question.text, *(sorted(some) for some in named), outdated)


def _unordered(things: Any) -> list[str]:
    return sorted(map(digest, things))


def _short(*parts: Any) -> str:
    return digest(*parts)[:SHORT]
