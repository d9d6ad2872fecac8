"""Work done by several threads at a time, where each piece of it waits for something else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TypeVar

_Thing = TypeVar("_Thing")
_Came = TypeVar("_Came")


def as_they_come(work: Callable[[_Thing], _Came], things: Iterable[_Thing], most: int, name: str) -> Iterator[_Came]:
    """What the work makes of each thing, as it comes; ``most``: threads, called by a ``name``.

    After a failure no more work is begun. What was under way by then still comes, so that nothing that was paid for is lost;
    after that the first failure is raised.
    """
    failed: BaseException | None = None
    with ThreadPoolExecutor(most, name) as pool:
        futures: list[Future[_Came]] = [pool.submit(work, thing) for thing in things]
        try:
            for future in as_completed(futures):
                if future.cancelled():
                    continue
                if error := future.exception():
                    failed = failed or error
                    _ = [other.cancel() for other in futures]
                else:
                    yield future.result()
        finally:
            _ = [future.cancel() for future in futures]
    if failed:
        raise failed
