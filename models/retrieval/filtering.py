"""Only passages of some documents are found: those whose front matter says what a search asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from proctor.core.reading.shown import short, shown
from proctor.core.schema import Document, InputError
from proctor.models.retrieval.stages import Finder, Ranking
from proctor.models.search_settings import Filter

DEEPER = 4
"""How many times as many passages are looked up where those of other documents left too few."""
NAMED = 10
"""Fields or values that a message names at most."""


def allowed(documents: Iterable[Document], wanted: Filter) -> frozenset[str]:
    """The documents that have, in each of these fields, one of the values; upper and lower case are the same."""
    folded = [(field, {value.casefold() for value in values}) for field, values in wanted]
    return frozenset(
        document.id
        for document in documents
        if all(any(name == field and value.casefold() in values for name, value in document.fields) for field, values in folded)
    )


def check(documents: Sequence[Document], wanted: Filter) -> None:
    """See to it that a filter lets a document through; InputError where it does not."""
    for field, values in wanted:
        there = dict.fromkeys(value for document in documents for name, value in document.fields if name == field)
        if not there:
            names = dict.fromkeys(name for document in documents for name, _ in document.fields)
            have = f"there are {_listed(names)}" if names else "none has any: they are set in front matter, such as language: en"
            raise InputError(f"search.filter: no document has the field {shown(field)}; {have}")
        known = {value.casefold() for value in there}
        if lacking := [value for value in values if value.casefold() not in known]:
            what = f"no document has {shown(lacking[0])} in the field {shown(field)}"
            raise InputError(f"search.filter: {what}; the values there are {_listed(there)}")
    if wanted and not allowed(documents, wanted):
        raise InputError("search.filter: no document has all of it; take out a field, or add a value")


def filtered(find: Finder, documents: AbstractSet[str]) -> Finder:
    """Finds passages of these documents alone: looks deeper until there are enough, or no more."""

    def search(queries: Sequence[str], count: int) -> list[Ranking]:
        found: list[Ranking] = [()] * len(queries)
        left, deep = list(range(len(queries))), count
        while left:
            wider = find([queries[place] for place in left], deep)
            enough = set()
            for place, ranking in zip(left, wider, strict=True):
                found[place] = tuple(one for one in ranking if one.document in documents)[:count]
                if len(found[place]) == count or len(ranking) < deep:
                    enough.add(place)
            left = [place for place in left if place not in enough]
            deep *= DEEPER
        return found

    return search


def _listed(names: Iterable[str]) -> str:
    known = [short(name) for name in names]
    return ", ".join(known[:NAMED]) + (f" and {len(known) - NAMED} more" if len(known) > NAMED else "")
