"""What an embedder must hold: see `evals.testing.checks.embedder_checks`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from proctor.core.storage.cache import digest
from proctor.evals.testing.trials import ODD_TEXTS, Trial, Tried, each_of, hold, of_settings

TEXTS = (
    "The gate opens at nine and closes at six.",
    "The lamp weighs 3 kg and is sold in Turin.",
    "Leave is 30 days a year, and is asked for in writing.",
)
DEVICE = "cpu"
SAME = 1e-3
"""More than rounding changes in a vector of length 1."""


class TriedEmbedder(Protocol):
    """Makes vectors of texts."""

    @property
    def name(self) -> str:
        """What messages and records call it."""

    @property
    def version(self) -> str:
        """All that shapes its vectors."""

    def check(self, device: str) -> None:
        """See to it that it can be used."""

    def window(self, device: str) -> int | None:
        """Tokens of the longest text that it reads whole."""

    def room(self, device: str, *, query: bool) -> tuple[int, Callable[[str], int]] | None:
        """How many tokens of a text it reads, and how to count them."""

    def passages(self, texts: Sequence[str], device: str) -> Any:
        """One vector a text, for passages to be found by."""

    def queries(self, texts: Sequence[str], device: str) -> Any:
        """One vector a text, for what is looked up."""


def trials(secrets: Sequence[str]) -> list[Trial[TriedEmbedder]]:
    """All checks of an embedder."""
    return [*ALL, partial(shows_no_secrets, tuple(secrets))]


def has_a_version_that_stays(tried: Tried[TriedEmbedder]) -> None:
    """Its version is the same for one made alike."""
    first, other = (digest(one.version) for one in (tried.one, tried.another()))
    hold(
        first == other,
        f"the version {tried.one.version!r} for one made alike",
        tried.another().version,
        "indices are kept under it",
    )


def has_another_version_with_other_settings(tried: Tried[TriedEmbedder]) -> None:
    """Those with other settings, given as ``others``, have other versions."""
    of_settings(lambda one: digest(one.version), tried, "the embedder")


def can_be_used(tried: Tried[TriedEmbedder]) -> None:
    """Its own check passes."""
    tried.one.check(DEVICE)


def makes_a_vector_of_each_text(tried: Tried[TriedEmbedder]) -> None:
    """A row of finite 32-bit floats for each text, all of one length, of passages and of questions."""
    import numpy as np

    of = tried.one.passages(TEXTS, DEVICE), tried.one.queries(TEXTS[:2], DEVICE)
    shapes: list[Any] = [getattr(one, "shape", ()) for one in of]
    right = [len(shape) == 2 for shape in shapes] == [True, True] and [shape[0] for shape in shapes] == [3, 2]
    hold(right and shapes[0][1] == shapes[1][1], "3 and 2 rows of one length", shapes, "they are compared by their dot product")
    hold({str(one.dtype) for one in of} == {"float32"}, "32-bit floats", [one.dtype for one in of], "stores keep such")
    hold(all(np.isfinite(one).all() for one in of), "finite numbers", of, "records hold finite numbers alone")


def makes_the_same_vector_in_any_company(tried: Tried[TriedEmbedder]) -> None:
    """A text's vector hangs on no other text, and is the same again."""
    for make in (tried.one.passages, tried.one.queries):
        together = make(TEXTS, DEVICE)
        apart = max(float(abs(make([text], DEVICE)[0] - row).max()) for text, row in zip(TEXTS, together, strict=True))
        hold(
            apart <= SAME, f"vectors that differ by at most {SAME}", f"{apart:.3g}", "a run that is resumed asks in other batches"
        )


def finds_a_text_by_itself(tried: Tried[TriedEmbedder]) -> None:
    """Of several texts each is nearest to the question that has its own words."""
    scores = tried.one.queries(TEXTS, DEVICE) @ tried.one.passages(TEXTS, DEVICE).T
    found = scores.argmax(axis=1).tolist()
    hold(found == [0, 1, 2], "each text first for its own words", found, "what its own words do not find no question finds")


def counts_what_it_reads(tried: Tried[TriedEmbedder]) -> None:
    """It has room for a text, counts more tokens in a longer one, and its window is no smaller than the room."""
    for query in (False, True):
        room, window = tried.one.room(DEVICE, query=query), tried.one.window(DEVICE)
        hold(
            (room is None) == (window is None), "a room where there is a window", (room, window), "longer texts are read in parts"
        )
        if room is None or window is None:
            continue
        most, count = room
        hold(0 < most <= window, f"room for 1 to {window} tokens", most, "what has no room is cut off unsaid")
        counts = [count(TEXTS[0]), count(" ".join(TEXTS))]
        hold(0 < counts[0] < counts[1], "more tokens in a longer text", counts, "texts are parted by their tokens")


def takes_odd_texts(tried: Tried[TriedEmbedder]) -> None:
    """Whatever a text holds, as far as it fits in, it has a vector."""
    room = tried.one.room(DEVICE, query=False)
    short = {name: text for name, text in ODD_TEXTS.items() if room is None or room[1](text) <= room[0]}
    raised = each_of(short, lambda text: tried.one.passages([text], DEVICE))
    hold(not raised, "a vector for each odd text", "; ".join(raised), "an exception ends the exam for all documents")


def shows_no_secrets(secrets: Sequence[str], tried: Tried[TriedEmbedder]) -> None:
    """Neither its name nor its version holds what it was given in secret."""
    shown = f"{tried.one.name} {tried.one.version}"
    hold(not [one for one in secrets if one in shown], "a name without secrets", "one that holds a secret", "pages show it")


ALL: tuple[Trial[TriedEmbedder], ...] = (
    has_a_version_that_stays,
    has_another_version_with_other_settings,
    can_be_used,
    makes_a_vector_of_each_text,
    makes_the_same_vector_in_any_company,
    finds_a_text_by_itself,
    counts_what_it_reads,
    takes_odd_texts,
)
