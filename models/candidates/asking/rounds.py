"""Systems timed in turn: several rounds, and in each of them every system, so that what disturbs the machine hits all alike.

A round asks every system the same few questions, one by one, and the next round asks others, in another order of the systems.
So what a round has in common cancels where two systems are compared question by question; and as rounds share no question, an
interval over rounds covers the choice of questions and the moods of the machine together.

Rounds are kept in the cache as they come, so that a killed run goes on where it stopped. What was timed on a busy machine is
timed anew by the next run.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from proctor.core import load
from proctor.core.load import Load
from proctor.core.schema import Question, Timing, as_json
from proctor.core.storage.cache import Cache
from proctor.models.training import nvml

log = logging.getLogger("proctor")

ROUNDS = 12
WARM_UP = 2
"""How often the first question is asked before those of a round: the first time pays for memory and kernels, the last is the
yardstick by which rounds are compared."""
PACE = 1.5
"""How many times as long a round may take for the yardstick as another, before the figures are taken with caution."""
GPU = 0.1
"""Share of its time that others may use the GPU."""
PROCESS = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
"""The run that this process belongs to."""

AskTimed = Callable[[Sequence[Question]], list[Timing]]
"""Asks one system questions, each alone."""
Ready = Callable[[], AbstractContextManager[Mapping[str, AskTimed]]]
"""Makes all that are to be asked ready, by name, for as long as the context is open."""


@dataclass(frozen=True)
class Round:
    """What one round found, and what else the machine did."""

    started: str
    """In UTC; what tells a round from others."""
    seconds: float
    others: float
    """Cores that other processes kept busy."""
    gpu: float | None
    """Share of its time in which others used the GPU, just before the round; None without one that tells."""
    workers: int
    yardstick: float | None
    """Seconds of all systems together for the question that every round asks; None where one of them could not answer it."""
    timings: Mapping[str, Sequence[Timing]]
    """By the name of what was asked."""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Round:
        """The inverse of ``dataclasses.asdict``."""
        timings = {name: [Timing(**timing) for timing in found] for name, found in row["timings"].items()}
        return cls(**{**row, "timings": timings})


def taken(cache: Cache, key: str, ready: Ready, questions: Sequence[Question], device: str = "cpu") -> list[Round]:
    """All rounds of some systems, in order: those that are kept under the key, and the rest taken now."""
    journal, parts = cache.journal("timings", key), dealt(questions)
    with journal.lock() as rows:
        take, found = _last(rows, len(parts))
        missing = [place for place in range(len(parts)) if place not in found]
        if missing:
            with ready() as asks:
                for place in missing:
                    log.info("timing %d systems in turn: round %d of %d", len(asks), place + 1, len(parts))
                    found[place] = _round(in_turn(asks, place), questions[0], parts[place], device)
                    row = {"take": take, "place": place, "process": PROCESS, "round": as_json(found[place])}
                    journal.append([row])
            if why := caution(_in_order(found)):
                log.warning("%s; time it again on a quiet machine: pytest -m latency", why)
    return _in_order(found)


def kept(cache: Cache, key: str) -> list[Round]:
    """The rounds that are kept under a key, of the last time that they were taken."""
    rows = list(cache.journal("timings", key).rows())
    return _in_order(_of_take(rows, rows[-1]["take"])) if rows else []


def dealt(questions: Sequence[Question]) -> list[list[Question]]:
    """The questions of each round: about as many for each, those of one cluster together as far as that goes."""
    clusters = {question.cluster or question.id: place for place, question in reversed(list(enumerate(questions)))}
    inorder = sorted(questions, key=lambda question: clusters[question.cluster or question.id])
    count = min(ROUNDS, len(inorder))
    ends = [place * len(inorder) // count for place in range(count + 1)]
    return [inorder[start:end] for start, end in pairwise(ends)]


def asked(questions: Sequence[Question]) -> list[Question]:
    """What one system is asked in all rounds of these questions, the warming up of each included."""
    return [one for share in dealt(questions) for one in [*[share[0]] * WARM_UP, *share]] if questions else []


def in_turn(asks: Mapping[str, AskTimed], place: int) -> dict[str, AskTimed]:
    """Their order in a round: each comes first in turn, and every other round goes backwards."""
    names = list(asks)
    first = place // 2 % max(1, len(names))
    turned = names[first:] + names[:first]
    return {name: asks[name] for name in (turned[::-1] if place % 2 else turned)}


def of(rounds: Sequence[Round], name: str) -> dict[str, Timing]:
    """Question -> its timing, of one of those that were asked."""
    why = caution(rounds)
    return {
        timing.question: replace(timing, round=f"round of {found.started}", caution=why)
        for found in rounds
        for timing in found.timings[name]
    }


def caution(rounds: Sequence[Round]) -> str:
    """Why what they found may not be what it seems; empty if nothing speaks against it."""
    return next(_doubts(rounds), "")


def report(rounds: Sequence[Round]) -> dict[str, Any]:
    """What a run's provenance says of them."""
    if not rounds:
        return {}
    about = [{name: value for name, value in vars(each).items() if name != "timings"} for each in rounds]
    return {"together": list(rounds[0].timings), "caution": caution(rounds), "rounds": about}


def _doubts(rounds: Sequence[Round]) -> Iterator[str]:
    most = max((each.workers for each in rounds), default=1)
    if most > 1:
        yield f"{most} workers shared the machine while this was timed (-n {most})"
    seconds = sum(each.seconds for each in rounds)
    others = sum(each.others * each.seconds for each in rounds) / seconds if seconds else 0.0
    if others > load.limit():
        yield load.taken(others, "timed")
    used = max((each.gpu or 0.0 for each in rounds), default=0.0)
    if used > GPU:
        yield f"the GPU was busy while this was timed: others used it {100 * used:.0f} % of the time"
    known = [each.yardstick for each in rounds if each.yardstick]
    pace = max(known) / min(known) if known else 1.0
    if pace > PACE:
        what = f"a round took {pace:.1f} times as long as another for the same question"
        yield f"the machine was unsteady while this was timed: {what}"


def _last(rows: Sequence[Mapping[str, Any]], count: int) -> tuple[int, dict[int, Round]]:
    """The number of the last time that rounds were taken, and its rounds by place; a new one where those are of no use."""
    if not rows:
        return 0, {}
    take = rows[-1]["take"]
    found = _of_take(rows, take)
    kept = _in_order(found)
    useless = len(found) >= count and rows[-1]["process"] != PROCESS and (caution(kept) or _failed(kept))
    return (take + 1, {}) if useless else (take, found)


def _of_take(rows: Iterable[Mapping[str, Any]], take: int) -> dict[int, Round]:
    return {row["place"]: Round.from_json(row["round"]) for row in rows if row["take"] == take}


def _in_order(found: Mapping[int, Round]) -> list[Round]:
    return [found[place] for place in sorted(found)]


def _failed(rounds: Sequence[Round]) -> bool:
    return any(timing.error for each in rounds for timings in each.timings.values() for timing in timings)


def _round(asks: Mapping[str, AskTimed], first: Question, questions: Sequence[Question], device: str) -> Round:
    gpu, started = _gpu(device), datetime.now(UTC).isoformat(timespec="milliseconds")
    now, watch = time.perf_counter(), Load()
    found = {name: ask([*[first] * WARM_UP, *questions]) for name, ask in asks.items()}
    yardsticks = [timings[WARM_UP - 1] for timings in found.values()]
    return Round(
        started,
        seconds=time.perf_counter() - now,
        others=watch.others(),
        gpu=gpu,
        workers=load.workers(),
        yardstick=None if any(timing.error for timing in yardsticks) else sum(timing.seconds for timing in yardsticks),
        timings={name: timings[WARM_UP:] for name, timings in found.items()},
    )


def _gpu(device: str) -> float | None:
    """What others use of the GPU: its use after a second in which this process leaves it alone."""
    card = nvml.card(device)
    if card is None:
        return None
    time.sleep(1)
    return nvml.use(card)
