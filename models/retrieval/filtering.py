"""Documents that a system may find, told by the fields of their front matter."""

from __future__ import annotations

from collections.abc import Sequence

from proctor.core.reading.problems import closest
from proctor.core.schema import Document, InputError
from proctor.models.search_settings import Filter

SHOWN = 5
"""Values that a message names."""


def kept(documents: Sequence[Document], wanted: Filter) -> tuple[Document, ...]:
    """The documents that have one of the values of every field, alone or among others, whatever the case of their letters."""
    asked = [{(field.casefold(), value.casefold()) for value in values} for field, values in wanted]
    return tuple(one for one in documents if all(some.intersection(_folded(one)) for some in asked))


def _folded(document: Document) -> set[tuple[str, str]]:
    return {(field.casefold(), value.casefold()) for field, value in document.fields}


def check(documents: Sequence[Document], wanted: Filter) -> None:
    """See to it that some documents are kept.

    Raises:
        InputError: none is; says which fields and values there are.
    """
    if not wanted or kept(documents, wanted):
        return
    known = sorted({field for one in documents for field, _ in one.fields})
    if not known:
        remedy = "begin them with lines such as `language: en` between two lines of ---"
        raise InputError(f"search.filter: no document has any field in its front matter; {remedy}")
    for field, values in wanted:
        if field.casefold() not in known:
            raise InputError(f"search.filter: no document has {field!r} in its front matter; {closest(field, known)}")
        there = sorted({value for one in documents for name, value in one.fields if name == field.casefold()})
        if not kept(documents, ((field, values),)):
            said = ", ".join(there[:SHOWN]) + (", ..." if len(there) > SHOWN else "")
            raise InputError(f"search.filter: no document has {field} = {' or '.join(values)}; documents have {said}")
    raise InputError("search.filter: no document has all that is asked for together; ask for less")
