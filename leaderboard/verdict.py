"""A few sentences that say what a section's cells say, and no more than that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evals.comparison import ALPHA
from evals.statistics import FEW, cluster_count, t_quantile
from leaderboard.board import Cell
from leaderboard.figures import SPACE, between, bounds, figure
from leaderboard.tables import Section

ACCURACY, INVENTING, FORGETTING = "accuracy.exact", "hallucination.unanswerable", "forgetting"
MANY = 20
"""From so many times as many questions on, two systems are as good as equal."""
NAMED = 6
"""Systems that one sentence names; of more it says how many more."""


def verdict(section: Section) -> str:
    """Who is best on the domain, tied with it or behind, and by how much; who makes answers up; who lost general ability."""
    return " ".join([winner(section), *others(section)])


def winner(section: Section) -> str:
    """What a reader has to know first: who has the highest accuracy, and whether that is more than chance."""
    return " ".join(_accuracy(section.of(ACCURACY)))


def in_order(cells: Mapping[str, Cell]) -> list[Cell]:
    """The best first, the others by their means, and last those that are not ranked."""
    return sorted(cells.values(), key=lambda cell: (bool(cell.not_ranked), not cell.best, -(cell.value or 0.0)))


def others(section: Section) -> Iterator[str]:
    """Who has no rank, what it may cost (answers made up, general ability lost), and what to beware of."""
    yield from _not_ranked(section.of(ACCURACY))
    yield from _inventing(section.of(ACCURACY), section.of(INVENTING))
    yield from _forgetting(section.of(FORGETTING), section.unchanged)
    yield from _cautions(section)


def _accuracy(cells: Mapping[str, Cell]) -> Iterator[str]:
    ranked = [cell for cell in cells.values() if not cell.not_ranked]
    if not cells:
        yield "The accuracy on the domain was not measured."
    elif len(cells) == 1 or len(ranked) == 1:
        (only,) = ranked or cells.values()
        yield f"{only.system} answers {_with_interval(only)} of questions exactly. There is no other to rank it against."
    elif not ranked:
        yield "No system is ranked by accuracy."
    elif not any(cell.value for cell in ranked):
        yield "No system answered a question exactly."
    elif not any(cell.best for cell in ranked):
        yield f"All {len(ranked)} systems have the same accuracy: {_exactly(ranked[0])}."
    else:
        yield from _compared(ranked)


def _compared(ranked: Sequence[Cell]) -> Iterator[str]:
    best, tied, behind = ([cell for cell in ranked if getattr(cell, mark)] for mark in ("best", "tied", "behind"))
    if any(cell.effective < FEW for cell in best):
        yield from _too_few(best)
    elif not behind:
        yield f"No system is significantly better than another: all {len(ranked)} are statistically tied."
        yield f"The highest mean is {_possessive(best)}, {_exactly(best[0])}{_over(best[0])}."
        yield from _to_separate(tied)
    else:
        have = "have" if len(best) > 1 else "has"
        yield f"{_list(best)} {have} the highest accuracy: {_exactly(best[0])}{_over(best[0])}."
        yield from _tied(best, tied)
        yield from _behind(best, tied, behind)


def _too_few(best: Sequence[Cell]) -> Iterator[str]:
    """Where the questions make so few clusters that nobody is called better."""
    made = cluster_count(best[0].clusters, best[0].effective)
    yield "There are too few independent questions to say which system is better:"
    yield f"they make {made}, and at least {FEW} of one size are needed."
    yield f"The highest mean is {_possessive(best)}, {_exactly(best[0])}."


def _tied(best: Sequence[Cell], tied: Sequence[Cell]) -> Iterator[str]:
    if tied:
        yield f"{_list(tied)} {'are' if len(tied) > 1 else 'is'} statistically tied with {'them' if len(best) > 1 else 'it'}."
        yield from _to_separate(tied)


def _behind(best: Sequence[Cell], tied: Sequence[Cell], behind: Sequence[Cell]) -> Iterator[str]:
    """How far the best of those that are significantly behind is, with the interval that the mark rests on."""
    following = max(behind, key=lambda cell: cell.gap or 0.0)
    if not tied:
        yield f"{'They are' if len(best) > 1 else 'It is'} significantly ahead of all others."
    count = len(best) + len(tied) + len(behind)
    corrected = f", corrected for picking the best of {count}" if count > 2 else ""
    gap = f"{_points(-(following.gap or 0.0))} (95{SPACE}% CI {_gap_ends(following)}{corrected})"
    yield f"Next is {following.system}, significantly behind by {gap}."


def _gap_ends(cell: Cell) -> str:
    low, high = (100 * -(end or 0.0) for end in (cell.gap_high, cell.gap_low))
    return between(f"{low:z.1f}", f"{high:z.1f}")


def _to_separate(tied: Sequence[Cell]) -> Iterator[str]:
    """What it would take to see the last of the tied behind, if it is."""
    if not tied:
        return
    last = min(tied, key=lambda cell: cell.gap or 0.0)
    gap = _points(-(last.gap or 0.0))
    who = f"The last of them, {last.system}, is {gap} below" if len(tied) > 1 else f"It is {gap} below"
    if last.more_questions is None:
        yield f"{who}; more training seeds would be needed to call that significant."
    elif last.more_questions >= MANY:
        yield f"{who}, which even {MANY} times as many questions would not show to be significant."
    else:
        yield f"{who}; if that is the true difference, about {_times(last.more_questions)} as many questions would show it."


def _times(factor: float) -> str:
    return f"{factor:.1f} times" if factor < 1.95 else f"{factor:.0f} times"


def _over(cell: Cell) -> str:
    """Over which questions the ranking is, where these are not all."""
    return f", ranked on the {cell.ranked_on:,} questions that all ranked systems have" if cell.ranked_on < cell.n else ""


def _not_ranked(cells: Mapping[str, Cell]) -> Iterator[str]:
    reasons: dict[str, list[Cell]] = {}
    for cell in cells.values():
        if cell.not_ranked:
            reasons.setdefault(cell.not_ranked, []).append(cell)
    for reason, those in reasons.items():
        yield f"{_list(those)} {'are' if len(those) > 1 else 'is'} not ranked: {reason}."


def _inventing(accuracy: Mapping[str, Cell], cells: Mapping[str, Cell]) -> Iterator[str]:
    """What those that know something of the domain say where nothing is known: a system that always declines is no feat."""
    able = [cells[name] for name, cell in accuracy.items() if name in cells and (cell.ci_low or 0) > 0]
    fewest = min(able, key=lambda cell: cell.effective, default=None)
    if fewest is None:
        return
    if fewest.effective < FEW:
        made = cluster_count(fewest.clusters, fewest.effective)
        yield f"There are too few unanswerable questions to say who makes up answers ({fewest.n} in {made}; {FEW} are needed)."
        return
    first, *rest = sorted(able, key=lambda cell: -(cell.value or 0.0))[:NAMED]
    said = [f"{first.system} answers {figure(first.value or 0.0, first.unit)} of the time"]
    said += [f"{cell.system} {figure(cell.value or 0.0, cell.unit)}" for cell in rest]
    yield f"When the documents hold no answer, {_joined(said, len(able))}."


def _forgetting(cells: Mapping[str, Cell], unchanged: frozenset[str]) -> Iterator[str]:
    """Who lost general ability: by an interval that allows for how many were trained."""
    trained = [cell for cell in cells.values() if cell.system not in unchanged]
    lost = sorted((cell for cell in trained if _lost(cell, len(trained))), key=lambda cell: -(cell.value or 0.0))
    rest = [cell for cell in trained if cell not in lost]
    same = [cell for cell in cells.values() if cell.system in unchanged]
    if lost:
        points = [f"{cell.system} {_points(cell.value or 0.0)}" for cell in lost[:NAMED]]
        yield f"General ability lost: {_joined(points, len(lost))}."
    if rest:
        yield f"No significant loss of general ability for {_list(rest)}." if lost else _none_lost(rest)
    if same and (lost or not rest):
        yield f"{_list(same)} {'lose none: their' if len(same) > 1 else 'loses none: its'} weights are unchanged."


def _none_lost(rest: Sequence[Cell]) -> str:
    if any(cell.effective < FEW for cell in rest):
        return "There are too few items of general tasks to say who lost ability."
    return "No system shows a significant loss of general ability."


def _lost(cell: Cell, systems: int) -> bool:
    """Whether an interval as much wider as so many intervals call for (Bonferroni) lies above zero."""
    if cell.value is None or cell.ci_low is None or cell.effective < FEW:
        return False
    degrees = max(1.0, cell.effective - 1)
    wider = t_quantile(1 - ALPHA / 2 / systems, degrees) / t_quantile(1 - ALPHA / 2, degrees)
    return cell.value - wider * (cell.value - cell.ci_low) > 0


def _cautions(section: Section) -> Iterator[str]:
    """What stands against taking the first sentences as they are."""
    leading = [cell for cell in section.of(ACCURACY).values() if cell.best or cell.tied]
    doubtful = [cell for cell in leading if cell.cautions]
    if doubtful:
        yield f"Caution: the accuracy of {_list(doubtful)} may not be what it seems ({doubtful[0].cautions[0]})."
    if section.trained_once:
        yield "Training was done once, so run-to-run variation is not included (use --seeds 3)."


def _points(share: float) -> str:
    return f"{100 * share:z.1f}{SPACE}points"


def _exactly(cell: Cell) -> str:
    return f"{_with_interval(cell)} of questions answered exactly"


def _with_interval(cell: Cell) -> str:
    shown = bounds(cell)
    return figure(cell.value or 0.0, cell.unit) + (f" (95{SPACE}% CI {shown})" if shown else "")


def _possessive(cells: Sequence[Cell]) -> str:
    return f"that of {_list(cells)}"


def _list(cells: Sequence[Cell]) -> str:
    return _joined([cell.system for cell in cells[:NAMED]], len(cells))


def _joined(parts: Sequence[str], count: int) -> str:
    """As a sentence lists them, with how many more there are."""
    shown = [*parts, f"{count - len(parts)} more"] if count > len(parts) else [*parts]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
