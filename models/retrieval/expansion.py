"""Small passages are searched, and more of the text around them is shown: their neighbours, or the section that they are in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from proctor.core.schema import Context, Document
from proctor.models.chunkers.markdown import Markdown
from proctor.models.retrieval.passages import Passage, part
from proctor.models.retrieval.stages import Ranking, Stage

VISIBLE = re.compile(r"\S")


class Place(NamedTuple):
    """Where a passage stands in the text of its document."""

    start: int
    end: int

    def meets(self, other: Place) -> bool:
        """Whether two have a letter in common."""
        return self.start < other.end and other.start < self.end


class ShownText(NamedTuple):
    """What is shown in place of passages."""

    context: Context
    """The first of them."""
    place: Place | None
    """None: nobody knows where in a document it stands, and it is shown as it is."""


@dataclass(frozen=True)
class Expansion:
    """Shows ``window`` passages on each side of one that was found, or sections of at most ``parent`` letters that it is in."""

    documents: Mapping[str, Document]
    passages: Mapping[str, Sequence[Passage]]
    """Document -> the passages that it was split into, in order."""
    window: int = 0
    parent: int = 0
    _places: dict[str, dict[str, Place]] = field(default_factory=dict, compare=False)
    _sections: dict[str, list[Place]] = field(default_factory=dict, compare=False)

    def expanded(self, ranking: Ranking) -> Ranking:
        """The same order. Where two texts of a document overlap, one is shown in the better place, with all that both hold."""
        shown: list[ShownText] = []
        for one in ranking:
            _add(shown, ShownText(one, self._around(one)))
        return tuple(self._made(one) for one in shown)

    def _made(self, shown: ShownText) -> Context:
        context, place = shown
        if place is None:
            return context
        document = self.documents[context.document]
        text = part(document, document.text[place.start : place.end].strip()).text
        return Context(context.document, text, context.score)

    def _around(self, context: Context) -> Place | None:
        """What is shown of a document for one of its passages."""
        place = self._of(context)
        if place is None:
            return None
        parts = self._parts(context.document) if self.parent else [*self._split(context.document).values()]
        near = [number for number, one in enumerate(parts) if one == place] if self.window else []
        near = near or [number for number, one in enumerate(parts) if one.meets(place)]
        if not near:
            return place
        first, last = max(0, near[0] - self.window), min(len(parts) - 1, near[-1] + self.window)
        return Place(min(place.start, parts[first].start), max(place.end, parts[last].end))

    def _of(self, context: Context) -> Place | None:
        """Where a passage stands; also one of a store that somebody else filled, if it stands in its document word for word."""
        if context.document not in self.documents:
            return None
        if known := self._split(context.document).get(context.text):
            return known
        start = self.documents[context.document].text.find(context.text)
        return Place(start, start + len(context.text)) if context.text and start >= 0 else None

    def _split(self, name: str) -> dict[str, Place]:
        """The passages of a document, by what they are shown as, in order."""
        if name not in self._places:
            own = self.passages.get(name, ())
            found = places(self.documents[name].text, [one.body for one in own])
            known: dict[str, Place] = {}
            for one, place in zip(own, found, strict=True):
                if place:
                    known.setdefault(one.text, place)
            self._places[name] = known
        return self._places[name]

    def _parts(self, name: str) -> list[Place]:
        """The sections of a document."""
        if name not in self._sections:
            text = self.documents[name].text
            found = places(text, Markdown(self.parent, 0).split(text, ""))
            self._sections[name] = [place for place in found if place]
        return self._sections[name]


def expand(documents: Iterable[Document], passages: Iterable[Passage], window: int, parent: int) -> Stage:
    """Passages with more of the text around them."""
    grouped = {name: list(some) for name, some in groupby(passages, lambda one: one.document)}
    expansion = Expansion({one.id: one for one in documents}, grouped, window, parent)
    return lambda _, rankings, __: [expansion.expanded(ranking) for ranking in rankings]


def places(text: str, parts: Sequence[str]) -> list[Place | None]:
    """Where parts of a text stand that follow each other with nothing but blanks between; some text may be in two of them."""
    found: list[Place | None] = []
    least, most = 0, _visible(text, 0)
    for one in parts:
        start = text.rfind(one, least, most + len(one))
        start = start if start >= 0 else text.find(one, least)
        if start < 0 or not one:
            found.append(None)
            continue
        found.append(Place(start, start + len(one)))
        least, most = start + 1, _visible(text, start + len(one))
    return found


def _visible(text: str, start: int) -> int:
    """The first letter from there on that is no blank."""
    found = VISIBLE.search(text, start)
    return found.start() if found else len(text)


def _add(shown: list[ShownText], new: ShownText) -> None:
    """One more; those that it overlaps become one with it, in the place of the first."""
    if new.place is None:
        shown.append(new)
        return
    document, place = new.context.document, new.place
    met = [
        number for number, one in enumerate(shown) if one.place and one.context.document == document and one.place.meets(place)
    ]
    if not met:
        shown.append(new)
        return
    all_places = [place, *(one.place for one in (shown[number] for number in met) if one.place)]
    whole = Place(min(one.start for one in all_places), max(one.end for one in all_places))
    shown[met[0]] = shown[met[0]]._replace(place=whole)
    for number in reversed(met[1:]):
        del shown[number]
