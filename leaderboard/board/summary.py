"""A few sentences that say what a section's cells say, and no more than that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import hypot

from proctor.evals.headline import SAYS, Headline
from proctor.evals.stats.comparison import ALPHA
from proctor.evals.stats.intervals import FEW, cluster_count, t_quantile
from proctor.leaderboard.analysis import retraining
from proctor.leaderboard.board.cells import Result, bounds
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.formatting import SPACE, between, figure

EXACT, CONTAINS = Headline().metric, "accuracy.contains"
INVENTING, FORGETTING = "hallucination.unanswerable", "forgetting"
WORDY = 0.5
"""Share of the answers that contain the reference beyond those that are it, from which a system answers in sentences."""
MANY = 20
"""From so many times as many questions on, two systems are as good as equal."""
MATERIAL = 0.05
"""General ability of which a loss counts: what the advice allows."""
NAMED = 6
"""Systems that one sentence names; of more it says how many more."""


def verdict(section: BoardSection) -> str:
    """Who is best on the domain, tied with it or behind, and by how much; who makes answers up; who lost general ability."""
    return " ".join([*_what_leads(section.leading), winner(section), *others(section)])


def _what_leads(leading: Headline) -> Iterator[str]:
    """Which metric is meant by accuracy, where it is not exact match."""
    if leading.metric != EXACT:
        yield f"Accuracy is {leading.metric} here{f', {leading.why}' if leading.why else ''}."


def winner(section: BoardSection) -> str:
    """What a reader has to know first: who has the highest accuracy, and whether that is more than chance."""
    return " ".join(_accuracy(section.of(section.leading.metric)))


def in_order(cells: Mapping[str, Result]) -> list[Result]:
    """The best first, the others by their means, and last those that are not ranked."""
    return sorted(cells.values(), key=lambda cell: (bool(cell.not_ranked), not cell.best, -(cell.value or 0.0)))


def others(section: BoardSection) -> Iterator[str]:
    """Who has no rank, what it may cost (answers made up, general ability lost), and what to beware of."""
    yield from _in_sentences(section)
    yield from _not_ranked(section.of(section.leading.metric))
    yield from _inventing(section.of(section.leading.metric), section.of(INVENTING))
    yield from _forgetting(section)
    yield from _cautions(section)
    yield from filter(None, [section.kept])


def _in_sentences(section: BoardSection) -> Iterator[str]:
    """Whose answers are right and longer than the references, where exact match leads and counts them as wrong."""
    exact, contains = section.of(EXACT), section.of(CONTAINS)
    both = [(cell, contains[name]) for name, cell in exact.items() if name in contains]
    wordy = [(mine, theirs) for mine, theirs in both if (theirs.value or 0.0) - (mine.value or 0.0) >= WORDY]
    if wordy and section.leading.metric == EXACT:
        said = [f"{figure(theirs.value or 0.0, theirs.unit)} of {mine.system}'s answers" for mine, theirs in wordy[:NAMED]]
        whole = f"{_joined(said, len(wordy))} contain the reference among other words"
        yield (
            f"Caution: {whole}, which {EXACT} counts as wrong. If sentences are fine here, let {CONTAINS} lead: "
            f'set headline = "{CONTAINS}" in suite.toml.'
        )


def _accuracy(cells: Mapping[str, Result]) -> Iterator[str]:
    ranked = [cell for cell in cells.values() if not cell.not_ranked]
    if not cells:
        yield "The accuracy on the domain was not measured."
    elif len(cells) == 1 or len(ranked) == 1:
        (only,) = ranked or cells.values()
        yield f"{_alone(only)} There is no other to rank it against."
    elif not ranked:
        yield "No system is ranked by accuracy."
    elif not any(cell.value for cell in ranked):
        yield no_accuracy(ranked[0].metric)
    elif not any(cell.best for cell in ranked):
        yield _same(ranked)
    else:
        yield from _compared(ranked)


def _same(ranked: Sequence[Result]) -> str:
    """Of systems whose means are equal over the questions that all of them have; over their own they need not be."""
    who = "Both systems have" if len(ranked) == 2 else f"All {len(ranked)} systems have"
    common = next((cell.ranked_on for cell in ranked if cell.ranked_on < cell.n), None)
    if common is not None:
        return f"{who} the same accuracy on the {common:,} questions that all ranked systems have."
    return f"{who} the same accuracy: {_exactly(ranked[0])}."


def _alone(cell: Result) -> str:
    if cell.metric == EXACT:
        return f"{cell.system} answers {_with_interval(cell)} of questions exactly."
    return f"{cell.system} reaches {_exactly(cell)}."


def no_accuracy(metric: str) -> str:
    """What to say where all means are 0."""
    return "No system answered a question exactly." if metric == EXACT else f"The {metric} of every system is zero."


def _compared(ranked: Sequence[Result]) -> Iterator[str]:
    best, tied, behind = ([cell for cell in ranked if getattr(cell, mark)] for mark in ("best", "tied", "behind"))
    if few := next((cell.too_few for cell in tied if cell.too_few), ""):
        yield from _too_few(best, few)
    elif not behind:
        all_of_them = "both" if len(ranked) == 2 else f"all {len(ranked)}"
        yield f"No system is significantly better than another: {all_of_them} are statistically tied."
        yield f"The highest mean is {_possessive(best)}, {_exactly(best[0])}{_over(best[0])}."
        yield from _to_separate(tied)
    else:
        have = "have" if len(best) > 1 else "has"
        yield f"{_list(best)} {have} the highest accuracy: {_exactly(best[0])}{_over(best[0])}."
        yield from _tied(best, tied)
        yield from _behind(best, tied, behind)


def _too_few(best: Sequence[Result], made: str) -> Iterator[str]:
    """Where the questions make so few clusters that nobody is called better."""
    yield "There are too few independent questions to say which system is better:"
    yield f"they make {made}, and at least {FEW} of one size are needed."
    yield f"The highest mean is {_possessive(best)}, {_exactly(best[0])}."


def _tied(best: Sequence[Result], tied: Sequence[Result]) -> Iterator[str]:
    if tied:
        yield f"{_list(tied)} {'are' if len(tied) > 1 else 'is'} statistically tied with {'them' if len(best) > 1 else 'it'}."
        yield from _to_separate(tied)


def _behind(best: Sequence[Result], tied: Sequence[Result], behind: Sequence[Result]) -> Iterator[str]:
    """How far the best of those that are significantly behind is, with the interval that the mark rests on."""
    following = max(behind, key=lambda cell: cell.gap or 0.0)
    count = len(best) + len(tied) + len(behind)
    corrected = f", corrected for picking the best of {count}" if count > 2 else ""
    gap = f"{_points(-(following.gap or 0.0))} (95{SPACE}% CI {_gap_ends(following)}{corrected})"
    if tied:
        yield f"Next is {following.system}, significantly behind by {gap}."
    elif len(behind) > 1:
        yield f"All others are significantly behind: {following.system}, the next, by {gap}."
    else:
        yield f"{following.system} is significantly behind, by {gap}."


def _gap_ends(cell: Result) -> str:
    return _between(-(cell.gap_high or 0.0), -(cell.gap_low or 0.0))


def _between(low: float, high: float) -> str:
    return between(f"{100 * low:z.1f}", f"{100 * high:z.1f}")


def _to_separate(tied: Sequence[Result]) -> Iterator[str]:
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


def _over(cell: Result) -> str:
    """Over which questions the ranking is, where these are not all."""
    return f", ranked on the {cell.ranked_on:,} questions that all ranked systems have" if cell.ranked_on < cell.n else ""


def _not_ranked(cells: Mapping[str, Result]) -> Iterator[str]:
    reasons: dict[str, list[Result]] = {}
    for cell in cells.values():
        if cell.not_ranked:
            reasons.setdefault(cell.not_ranked, []).append(cell)
    for reason, those in reasons.items():
        yield f"{_list(those)} {'are' if len(those) > 1 else 'is'} not ranked: {reason}."


def _inventing(accuracy: Mapping[str, Result], cells: Mapping[str, Result]) -> Iterator[str]:
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


def _forgetting(section: BoardSection) -> Iterator[str]:
    """Who lost general ability, who kept it, and of whom that is not known."""
    cells = section.of(FORGETTING)
    trained = [cell for cell in cells.values() if cell.system not in section.unchanged and cell.value is not None]
    ends = {cell.system: _ends(cell, trained, anew=cell.system in section.trained) for cell in trained}
    lost = sorted((cell for cell in trained if ends[cell.system][0] > 0), key=lambda cell: -(cell.value or 0.0))
    kept = [cell for cell in trained if ends[cell.system][0] <= 0 and ends[cell.system][1] <= MATERIAL]
    rest = [cell for cell in trained if cell not in [*lost, *kept]]
    if lost:
        points = [f"{cell.system} {_points(cell.value or 0.0)}" for cell in lost[:NAMED]]
        yield f"General ability lost: {_joined(points, len(lost))}."
    if kept:
        yield f"{_list(kept)} lost no more than {_points(MATERIAL)} of general ability."
    if rest:
        yield _perhaps_lost(rest, ends)
    same = [cell for cell in cells.values() if cell.system in section.unchanged]
    if same and trained:
        yield f"{_list(same)} {'lose none: their' if len(same) > 1 else 'loses none: its'} weights are unchanged."


def _perhaps_lost(rest: Sequence[Result], ends: Mapping[str, tuple[float, float]]) -> str:
    few = [cell for cell in rest if cell.effective < FEW]
    if few:
        return f"There are too few items of general tasks to say whether {_list(few)} lost ability."
    said = [
        f"{each.system} ({_points(each.value or 0.0)}, 95{SPACE}% CI {_between(*ends[each.system])})" for each in rest[:NAMED]
    ]
    corrected = f" (corrected for {len(ends)} systems)" if len(ends) > 1 else ""
    return f"A loss of general ability is possible, but not significant, for {_joined(said, len(rest))}{corrected}."


def _ends(cell: Result, trained: Sequence[Result], *, anew: bool) -> tuple[float, float]:
    """Of an interval as much wider as so many intervals call for (Bonferroni); it allows for training ``anew``."""
    if cell.value is None or cell.ci_low is None or cell.ci_high is None or cell.effective < FEW:
        return -1.0, 1.0
    degrees = max(1.0, cell.effective - 1)
    wider = _quantile(len(trained), degrees) / _quantile(1, degrees)
    known = retraining.pooled((each.seed_sd, each.seeds) for each in trained if each.seed_sd is not None)
    once = anew and cell.seeds == 1 and cell.value  # where nothing at all changed, training changed nothing
    noise = _quantile(len(trained), known.degrees) * known.deviation if once else 0.0
    below, above = (hypot(wider * half, noise) for half in (cell.value - cell.ci_low, cell.ci_high - cell.value))
    return cell.value - below, cell.value + above


def _quantile(intervals: int, degrees: float) -> float:
    return t_quantile(1 - ALPHA / 2 / intervals, degrees)


def _cautions(section: BoardSection) -> Iterator[str]:
    """What stands against taking the first sentences as they are."""
    leading = [cell for cell in section.of(section.leading.metric).values() if cell.best or cell.tied]
    doubtful = [cell for cell in leading if cell.cautions]
    if doubtful:
        first, of = doubtful[0], f"for {doubtful[0].system}, " if len(doubtful) > 1 else ""  # others may have other counts
        yield f"Caution: the accuracy of {_list(doubtful)} may not be what it seems: {of}{first.cautions[0]}."
    if section.trained_once:
        allowed = f"run-to-run variation with {retraining.pooled(())}"
        yield f"Training was done once: the verdict allows for {allowed}. Measure it with --seeds 3."


def _points(share: float) -> str:
    return f"{100 * share:z.1f}{SPACE}points"


def _exactly(cell: Result) -> str:
    return f"{_with_interval(cell)} {SAYS.get(cell.metric, SAYS[EXACT])}"


def _with_interval(cell: Result) -> str:
    shown = bounds(cell)
    return figure(cell.value or 0.0, cell.unit) + (f" (95{SPACE}% CI {shown})" if shown else "")


def _possessive(cells: Sequence[Result]) -> str:
    return f"that of {_list(cells)}"


def _list(cells: Sequence[Result]) -> str:
    return _joined([cell.system for cell in cells[:NAMED]], len(cells))


def _joined(parts: Sequence[str], count: int) -> str:
    """As a sentence lists them, with how many more there are."""
    shown = [*parts, f"{count - len(parts)} more"] if count > len(parts) else [*parts]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
