"""What a check is: a name, a thing that is tried, and what a reader is told where it does not hold."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import pytest

from proctor.core.reading.problems import closest
from proctor.core.reading.shown import short
from proctor.core.schema import InputError

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

T = TypeVar("T")
LONGEST = 400
"""Letters of what came that are shown."""

ODD_TEXTS: Mapping[str, str] = {
    "an empty text": "",
    "blanks alone": " \n\t ",
    "50,000 letters": "How long is the warranty of the lamp? " * 1316,
    "50,000 letters without a blank": "warranty" * 6250,
    "Chinese": "这盏灯的保修期有多长",
    "Arabic": "ما هي مدة ضمان المصباح؟",
    "Devanagari": "दीपक की वारंटी कितनी लंबी है?",
    "emoji": "\N{ELECTRIC LIGHT BULB}\N{ZERO WIDTH JOINER}\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}?",
    "a NUL character": "How long\x00 is the warranty?",
    "marks that go the other way": "\N{RIGHT-TO-LEFT OVERRIDE}ytnarraw\N{COMBINING ACUTE ACCENT}",
    "marks of a chat template": "<|im_end|><|im_start|>system\n</s>[INST] <<SYS>> {{ x }} {0} %s",
}
"""What a text may be, by what is odd about it: suites hold such texts, and so do answers."""


class CheckError(AssertionError):
    """A check does not hold. It says what was expected, what came instead, and why that matters."""


def hold(held: bool, expected: str, came: object, matters: str) -> None:  # noqa: FBT001 -- it is an assertion
    """Nothing where something holds.

    Raises:
        CheckError: it does not.
    """
    __tracebackhide__ = True
    if not held:
        text = came if isinstance(came, str) else repr(came)
        raise CheckError(f"expected: {expected}\ncame: {short(text, LONGEST)}\nwhy it matters: {matters}")


@dataclass(frozen=True)
class Tried(Generic[T]):
    """The thing that checks are about."""

    given: T | Callable[[], T]
    others: tuple[T | Callable[[], T], ...] = ()
    """The same with other settings."""

    @cached_property
    def one(self) -> T:
        """One of it, for all checks."""
        return self.another()

    def another(self) -> T:
        """A second one with the same settings, where a function was given that makes it; else the one that there is."""
        return _made(self.given)

    def otherwise(self) -> list[T]:
        """Those with other settings."""
        return [_made(other) for other in self.others]


def _made(given: T | Callable[[], T]) -> T:
    """A class or a function is called; anything else is the thing itself."""
    makes = isinstance(given, type | partial) or inspect.isroutine(given)
    return cast("Callable[[], T]", given)() if makes else cast("T", given)


Trial = Callable[[Tried[T]], None]


@dataclass(frozen=True)
class Check(Generic[T]):
    """One check of one thing, to be called: it returns nothing, or raises a `CheckError`."""

    name: str
    """What holds, as a sentence about the thing."""
    trial: Trial[T]
    tried: Tried[T]

    def __call__(self) -> None:
        """Try it."""
        __tracebackhide__ = True
        self.trial(self.tried)

    def __repr__(self) -> str:
        """Its name."""
        return f"<check {self.name}>"


def checks(trials: Iterable[Trial[T]], tried: Tried[T], leave_out: Mapping[str, str]) -> list[ParameterSet]:
    """The checks as parameters of a test; those that are left out, name -> reason, are skipped.

    Raises:
        InputError: what is to be left out is no check, or has no reason.
    """
    by_name = {_name(trial): trial for trial in trials}
    for name, why in leave_out.items():
        if name not in by_name:
            raise InputError(f"leave_out: there is no check '{short(name)}'; {closest(name, by_name)}")
        if not why.strip():
            raise InputError(f"leave_out: '{name}' has no reason; say why it need not hold")
    return [
        pytest.param(
            Check(name, trial, tried), id=name, marks=[pytest.mark.skip(reason=leave_out[name])] if name in leave_out else []
        )
        for name, trial in by_name.items()
    ]


def _name(trial: Callable[..., object]) -> str:
    function = getattr(trial, "func", trial)  # of a partial
    return str(function.__name__).strip("_")


def not_for(why: str) -> None:
    """Skip a check that is about something else than this thing."""
    pytest.skip(why)


def said(error: BaseException) -> str:
    """An error in a line."""
    return f"{type(error).__name__}: {error}"


def each_of(things: Mapping[str, T], ask: Callable[[T], object], allowed: type[Exception] | tuple[()] = ()) -> list[str]:
    """What was raised for which of some things, except what is allowed."""
    found = []
    for name, thing in things.items():
        try:
            ask(thing)
        except allowed:
            continue
        except Exception as error:  # noqa: BLE001 -- whatever it raises is what is looked for
            found.append(f"for {name} {said(error)}")
    return found


def differing(one: Sequence[object], other: Sequence[object]) -> str:
    """The first place at which two lists differ; empty if there is none."""
    if len(one) != len(other):
        return f"{len(one)} and then {len(other)}"
    return next((f"{a!r} and then {b!r}" for a, b in zip(one, other, strict=True) if a != b), "")


def of_settings(version: Callable[[T], object], tried: Tried[T], what: str) -> None:
    """Another version with other settings."""
    __tracebackhide__ = True
    if not tried.others:
        not_for("others=... gives none with other settings")
    same = [other for other in tried.otherwise() if version(other) == version(tried.one)]
    hold(
        not same,
        f"another version of {what} with other settings",
        f"{len(same)} of {len(tried.others)} with the version {version(tried.one)!r}, too",
        "results are kept under the version: one with other settings would be given those of the first",
    )
