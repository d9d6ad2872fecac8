"""One or two sentences that say what a section's cells say, and no more than that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evals.statistics import FEW, cluster_count
from leaderboard.board import Cell
from leaderboard.figures import SPACE, between, bounds, figure
from leaderboard.tables import Section

ACCURACY, INVENTING, FORGETTING = "accuracy.exact", "hallucination.unanswerable", "forgetting"


def verdict(section: Section) -> str:
    """Who is best on the domain, who is tied with it, how far the next is behind; who makes things up; who lost ability."""
    return " ".join([winner(section), *others(section)])


def winner(section: Section) -> str:
    """What a reader has to know first: who is right most often, and how sure that is."""
    return " ".join(_accuracy(section))


def others(section: Section) -> Iterator[str]:
    """What it may cost: answers made up, and general ability lost."""
    yield from _inventing(section.of(ACCURACY), section.of(INVENTING))
    yield from _forgetting(section.of(FORGETTING))


def _accuracy(section: Section) -> Iterator[str]:
    cells = section.of(ACCURACY)
    if not cells:
        yield "The accuracy on the domain was not measured."
        return
    if len(cells) == 1:
        (only,) = cells.values()
        yield f"{only.system} answers {_sure(only)} of the questions exactly."
        return
    top = max(cells.values(), key=lambda cell: cell.value or 0.0)
    if not top.value:
        yield "No system answered a question exactly."
    elif top.effective < FEW and len({cell.value for cell in cells.values()}) > 1:
        yield from _too_few(top)
    else:
        yield from _ranked(cells)
        yield from _behind(section, cells)


def _too_few(top: Cell) -> Iterator[str]:
    """Where the questions make so few clusters that no system is told from another."""
    made = cluster_count(top.clusters, top.effective)
    yield f"The highest mean is that of {top.system}, {_sure(top)} of the questions answered exactly. They make {made} only,"
    yield f"and with fewer than {FEW} no system is told from another."


def _ranked(cells: dict[str, Cell]) -> Iterator[str]:
    """Who is best, and whether the others can be told apart from it."""
    best = [cell for cell in cells.values() if cell.best] or [*cells.values()]  # none is marked where all are the same
    tied = [cell.system for cell in cells.values() if cell.tied]
    who = _list([cell.system for cell in best])
    if len(best) + len(tied) == len(cells):
        yield f"No system can be told apart from the best: {_sure(best[0])} of the questions answered exactly."
        return
    yield f"{who} {'are' if len(best) > 1 else 'is'} right most often: {_sure(best[0])} of the questions answered exactly."
    if tied:
        yield f"{_list(tied)} cannot be told apart from {'them' if len(best) > 1 else 'it'}."
    else:
        yield "It is clearly ahead of every other." if len(best) == 1 else "They are clearly ahead of the others."


def _behind(section: Section, cells: dict[str, Cell]) -> Iterator[str]:
    """How far the best of those that are surely behind is from the best of all."""
    best = next((cell.system for cell in cells.values() if cell.best), "")
    rest = sorted((cell for cell in cells.values() if not cell.best and not cell.tied), key=lambda cell: -(cell.value or 0.0))
    found = section.apart(ACCURACY, best, rest[0].system) if best and rest else None
    if found:
        value, low, high = (100 * part for part in found)
        yield f"{rest[0].system} follows, {value:.1f}{SPACE}points behind ({between(f'{low:.1f}', f'{high:.1f}')})."


def _inventing(accuracy: dict[str, Cell], cells: dict[str, Cell]) -> Iterator[str]:
    """What those that know something of the domain say where nothing is known: a system that always declines is no feat."""
    able = [cells[name] for name, cell in accuracy.items() if name in cells and (cell.ci_low or 0) > 0]
    if able and min(cell.effective for cell in able) < FEW:
        yield "So few questions were asked that the documents cannot answer that they do not tell who makes things up."
    elif able:
        said = [f"{cell.system} answered {figure(cell.value or 0.0, cell.unit)}" for cell in able]
        yield f"Of the questions that the documents cannot answer, {_list(said)} all the same."


def _forgetting(cells: dict[str, Cell]) -> Iterator[str]:
    sure = (cell for cell in cells.values() if (cell.ci_low or 0) > 0 and not cell.tied)
    lost = sorted(sure, key=lambda cell: -(cell.value or 0))
    kept = [cell.system for cell in cells.values() if cell not in lost]
    if kept and not lost:
        yield "No system has surely lost general ability."
        return
    if lost:
        yield f"Of its general ability, {_list([f'{cell.system} lost {_points(cell)}' for cell in lost])}."
    if kept:
        yield f"For {_list(kept)} no loss is sure."


def _points(cell: Cell) -> str:
    return f"{100 * (cell.value or 0):.1f}{SPACE}points"


def _sure(cell: Cell) -> str:
    shown = bounds(cell)
    return figure(cell.value or 0.0, cell.unit) + (f" (95{SPACE}% interval {shown})" if shown else "")


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
