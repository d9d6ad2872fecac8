"""What a chunker must hold: see `evals.testing.checks.chunker_checks`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from proctor.core.reading.shown import short
from proctor.core.storage.cache import digest
from proctor.evals.testing.trials import ODD_TEXTS, Trial, Tried, differing, each_of, hold, of_settings

HEAD = "A title. "


class TriedChunker(Protocol):
    """Splits a document into passages."""

    @property
    def version(self) -> Any:
        """All that shapes where it splits, as JSON data."""

    def split(self, text: str, head: str) -> list[str]:
        """The parts of a text in order; ``head`` is what each is shown under."""


def trials(texts: Sequence[str], longest: int | None) -> list[Trial[TriedChunker]]:
    """All checks of a chunker."""
    about = [partial(check, tuple(texts)) for check in ABOUT_TEXTS]
    size = partial(keeps_to_its_size, tuple(texts), longest)
    return [has_a_version_that_stays, has_another_version_with_other_settings, *about, size, takes_odd_texts]


def has_a_version_that_stays(tried: Tried[TriedChunker]) -> None:
    """Its version can be written as JSON, and is the same for one made alike."""
    first, other = (digest(one.version) for one in (tried.one, tried.another()))
    matters = "indices are kept under the version"
    hold(first == other, f"the version {tried.one.version!r} for one made alike", tried.another().version, matters)


def has_another_version_with_other_settings(tried: Tried[TriedChunker]) -> None:
    """Those with other settings, given as ``others``, have other versions."""
    of_settings(lambda one: digest(one.version), tried, "the chunker")


def loses_nothing(texts: Sequence[str], tried: Tried[TriedChunker]) -> None:
    """Its parts stand in the text as they are and in their order, and nothing is between them but blanks."""
    for text in texts:
        wrong = lost(text, tried.one.split(text, HEAD))
        hold(not wrong, "parts of the text in order, with nothing lost but blanks", wrong, "what no passage holds is never found")


def parts_the_same_again(texts: Sequence[str], tried: Tried[TriedChunker]) -> None:
    """A text is parted alike each time, whatever was parted before."""
    first = [tried.one.split(text, HEAD) for text in texts]
    again = [tried.another().split(text, HEAD) for text in reversed(texts)][::-1]
    hold(not differing(first, again), "the same parts again", differing(first, again), "an index is built once and kept")


def makes_no_empty_parts(texts: Sequence[str], tried: Tried[TriedChunker]) -> None:
    """No part is empty or has blanks at its ends, and a text without a letter has none."""
    for text in (*texts, "", " \n\t "):
        odd = [part for part in tried.one.split(text, HEAD) if not part or part != part.strip()]
        hold(not odd, "parts without blanks at their ends", odd, "an empty passage takes the place of one that says something")


def keeps_to_its_size(texts: Sequence[str], longest: int | None, tried: Tried[TriedChunker]) -> None:
    """No part is longer than ``longest``, if that was given."""
    for text in texts if longest is not None else ():
        long = [len(part) for part in tried.one.split(text, HEAD) if len(part) > (longest or 0)]
        hold(not long, f"parts of at most {longest} letters", long, "prompts have room for so many passages of that size")


def takes_odd_texts(tried: Tried[TriedChunker]) -> None:
    """Whatever a text holds, it is parted."""
    raised = each_of(ODD_TEXTS, lambda text: tried.one.split(text, HEAD))
    hold(not raised, "parts for each odd text", "; ".join(raised), "an exception ends the exam for all documents")


def lost(text: str, parts: Sequence[str]) -> str:
    """What is wrong with parts of a text: one that does not stand there in order, or what is in none; empty if nothing is.

    Where a part stands several times, each place is tried.
    """
    states = {(-1, 0)}
    for part in parts:
        found, at = [], text.find(part)
        while at >= 0:
            found.append(at)
            at = text.find(part, at + 1)
        states = {
            (at, max(end, at + len(part))) for start, end in states for at in found if at > start and not text[end:at].strip()
        }
        if not states:
            return f"not in order, or with something left out before it: {short(part, 80)}"
    return "" if any(not text[end:].strip() for _, end in states) else "the end of the text is in no part"


ABOUT_TEXTS = (loses_nothing, parts_the_same_again, makes_no_empty_parts)
