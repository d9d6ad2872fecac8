"""What the records say of each claim, on each suite with each base model: supported, contradicted, not shown or not measured.

A claim names a range of differences. It is supported where the whole 95 % interval of the difference lies within the range,
contradicted where the whole interval lies outside of it, and otherwise not shown. The p values of a section's claims are
corrected together (Benjamini and Hochberg 1995), so that no more than one in twenty of the claims that are listed as supported or
contradicted is so by chance.

"Equal" is the equivalence test of Schuirmann (1987): a one-sided test against either end of the range, each at 2.5 %, as for any
other claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor, inf, isfinite
from typing import Literal

from proctor.core.reading.problems import near
from proctor.core.units import is_counted
from proctor.evals.axes.catalogue import metrics
from proctor.evals.stats.comparison import ALPHA, Comparison, Noise, corrected
from proctor.evals.stats.intervals import FEW
from proctor.leaderboard.analysis import retraining
from proctor.leaderboard.analysis.measuring import command
from proctor.leaderboard.analysis.retraining import Variation, once
from proctor.leaderboard.analysis.section import Section, SeriesByColumn
from proctor.leaderboard.analysis.series import Series, rounded
from proctor.leaderboard.claims.table import Claim, Expect

ClaimVerdict = Literal["supported", "contradicted", "not shown", "not measured"]


@dataclass(frozen=True)
class ClaimResult:
    """The verdict on one claim, with its evidence."""

    suite: str
    base_model: str
    about: str
    claim: str
    verdict: ClaimVerdict
    metric: str
    system: str
    than: str
    """The metric that it is compared with; empty for zero."""
    against: str
    """The system that it is compared with; empty for zero."""
    expect: Expect
    margin: float
    unit: str
    value: float | None
    """The means of both sides over the items that both have."""
    other: float | None
    difference: float | None
    """``value`` less ``other``, in the metric's unit, and its 95 % interval."""
    ci_low: float | None
    ci_high: float | None
    n: int
    clusters: int
    p: float | None
    """Two-sided, of the difference lying on the nearest edge of the claim's range, corrected; None for what was counted."""
    detectable: float | None
    """How far from that edge a true difference had to be, to be seen with 80 % power."""
    reason: str
    """Why it could not be measured, or why its figures do not decide."""
    caution: str
    """What the verdict does not allow for, or rests on."""
    source: str


@dataclass(frozen=True)
class _Tested:
    """A claim with the comparison that tests it, if there is one."""

    claim: Claim
    unit: str = ""
    found: Comparison | None = None
    reason: str = ""
    caution: str = ""
    p: float | None = None
    known: Variation | None = None
    """What its p allows for where a system was trained once."""
    corrected: float | None = None

    @property
    def counted(self) -> bool:
        """Whether the difference is known without an error."""
        return self.found is not None and self.found.n == 1 and self.found.difference.method == "exact"

    @property
    def ends(self) -> tuple[float, float, float]:
        """The difference in the expected direction, and the lower and upper end of its interval."""
        assert self.found  # noqa: S101 # only asked of what was compared
        difference = self.found.difference
        if self.claim.expect == "lower":
            return -difference.value, -difference.high, -difference.low
        return difference.value, difference.low, difference.high


def findings(sections: Iterable[Section], claims: Sequence[Claim]) -> Iterator[ClaimResult]:
    """The findings of every section, in the order of the claims."""
    for section in sections:
        tested = [_tested(claim, section) for claim in claims]
        ps = [each.p for each in tested if each.p is not None]
        adjusted = iter(corrected(ps, "bh"))
        for each in tested:
            yield _finding(section, each if each.p is None else replace(each, corrected=next(adjusted)), len(ps))


def _tested(claim: Claim, section: Section) -> _Tested:
    columns = section.columns
    absent = _absent(columns, claim.metric, claim.system) or (any(claim.other) and _absent(columns, *claim.other))
    if absent:
        return _Tested(claim, reason=absent)
    mine = columns[claim.metric, claim.system]
    theirs = columns[claim.other] if any(claim.other) else replace(mine, records=mine.records.valued().with_value(0.0))
    if mine.unit != theirs.unit:
        return _Tested(claim, reason=f"{claim.metric} is in {mine.unit}, and {claim.than} in {theirs.unit}")
    found = section.against(mine, theirs) if any(claim.other) else mine.against(theirs)
    if found is None:
        return _Tested(claim, reason="the two have no item in common")
    tested = _Tested(claim, mine.unit, found, _unsure(mine, theirs, found) or _floored(claim, mine, found))
    if tested.reason or tested.counted:
        return tested
    return _with_p(tested, mine, theirs, section)


def _with_p(tested: _Tested, mine: Series, theirs: Series, section: Section) -> _Tested:
    """With its p, which allows for other training runs, and with what is to be said beside the verdict."""
    sides = [side for side in (mine, theirs) if once(side, section.trained)]
    known = section.variation(mine.first.metric)
    noise = retraining.noise(mine, theirs, section.trained, known)
    told = [retraining.caution(len(sides), known)] if sides else []
    told += _cautions(mine, theirs, tested.found)
    p = max(_p(tested, each) for each in {mine.noise_against(theirs), noise})
    return replace(tested, p=p, known=known, caution="; ".join(told))


def _cautions(mine: Series, theirs: Series, found: Comparison | None) -> list[str]:
    """What the records of either side say to beware of, and the interval that the verdict rests on: that of the difference.

    A few values that decide a side's own mean may be the same on both sides, and are no matter then.
    """
    told = [str(caution) for side in (mine, theirs) for caution in side.record_cautions]
    return [*dict.fromkeys(filter(None, [*told, found.difference.caution if found else ""]))]


def _absent(columns: SeriesByColumn, metric: str, system: str) -> str:
    """Why there is nothing to compare; empty where there is something."""
    measured, examined = ({key[part] for key in columns} for part in (0, 1))
    if metric not in measured:
        known = {one.name for one in metrics()}
        remedy = f": {command([metric])}" if metric in known else _meant(metric, measured | known)
        return f"the run does not measure {metric}{remedy}"
    if system not in examined:
        return f"the run has no system {system}{_meant(system, examined)}"
    if (metric, system) not in columns:
        return f"{system} was not examined in {metric}"
    series = columns[metric, system]
    return "" if series.valued else f"{metric} of {system}: {series.reason or 'no value'}"


def _meant(name: str, known: Iterable[str]) -> str:
    meant = near(name, sorted(known), 0.8)
    return f"; did you mean {meant}?" if meant else ""


def _unsure(mine: Series, theirs: Series, found: Comparison) -> str:
    """Why figures tell nothing sure, however far apart they are; empty where they may.

    An amount that a system has once (what its training took) varies from one training to the next: seeds are its sample. With
    one seed it is known only where it was counted, or is zero because nothing was done. Doubtful seconds decide nothing.
    """
    if mine.unit == "seconds" and (told := _cautions(mine, theirs, found)):
        return told[0]
    if found.n == 1 and not mine.share:
        alone = any(len(side.seed_means) < 2 and side.means.values.any() for side in (mine, theirs))
        return "one reading; repeat with --seeds 3" if alone and not is_counted(mine.unit) else ""
    if not found.difference.few:
        return ""
    count = f"{found.clusters} cluster{'' if found.clusters == 1 else 's'}"
    if found.clusters >= FEW:
        count = f"{count} of such unequal size that they count as {floor(10 * found.difference.effective) / 10:.1f}"
    return f"the questions in common make only {count}, and {FEW} are needed: ask about more documents"


def _floored(claim: Claim, mine: Series, found: Comparison) -> str:
    """Why a tie is none: nothing is equal, or no worse, about two of whom neither can do the thing at all."""
    at_zero = any(claim.other) and mine.share and mine.records[0].better == "higher" and not found.mine and not found.theirs
    return "both are at zero, so this says nothing" if at_zero else ""


def _p(tested: _Tested, noise: Noise | None) -> float:
    """Two-sided p of the difference lying on the edge of the claim's range that is nearest to what was found."""
    found, (value, _, _), (least, most) = tested.found, tested.ends, tested.claim.range
    assert found  # noqa: S101 # only asked of what was compared
    if found.sampling is None:
        return 1.0
    edges = [least] if value < least else [most] if value > most else [edge for edge in (least, most) if isfinite(edge)]
    sign = -1 if tested.claim.expect == "lower" else 1
    return max(replace(found.sampling, noise=noise).two_sided(sign * edge) for edge in edges)


def _verdict(tested: _Tested) -> ClaimVerdict:
    if tested.found is None:
        return "not measured"
    (least, most), (value, _, _) = tested.claim.range, tested.ends
    if tested.counted and not tested.reason:
        return "supported" if _within(value, least, most) else "contradicted"
    if tested.corrected is None or tested.corrected >= ALPHA:
        return "not shown"
    return _by_interval(tested)


def _by_interval(tested: _Tested) -> ClaimVerdict:
    """What the interval alone would say."""
    (least, most), (_, low, high) = tested.claim.range, tested.ends
    if _within(low, least, most) and _within(high, least, most):
        return "supported"
    return "contradicted" if high < least or low > most else "not shown"


def _undecided(tested: _Tested, made: int) -> str:
    """Why nothing is shown although the whole interval lies on one side."""
    if tested.p is None or _by_interval(tested) == "not shown":
        return ""
    if tested.p >= ALPHA:
        return f"so much can be run-to-run variation with {tested.known}: repeat with --seeds 3"
    return f"significant by itself, but not among the {made} claims tested: ask more questions"


def _within(value: float, least: float, most: float) -> bool:
    """Whether a value is in the claim's range: *higher* is more than the margin, *equal* may be all of it."""
    return least < value if most == inf else least <= value <= most


def _finding(section: Section, tested: _Tested, made: int) -> ClaimResult:
    claim, found, verdict = tested.claim, tested.found, _verdict(tested)
    than, against = claim.other
    difference = found.difference if found else None
    return ClaimResult(
        suite=section.suite,
        base_model=section.base_model,
        about=claim.about,
        claim=claim.claim,
        verdict=verdict,
        metric=claim.metric,
        system=claim.system,
        than=than,
        against=against,
        expect=claim.expect,
        margin=claim.margin,
        unit=tested.unit,
        value=rounded(found.mine) if found else None,
        other=rounded(found.theirs) if found else None,
        difference=rounded(difference.value) if difference else None,
        ci_low=rounded(difference.low) if difference else None,
        ci_high=rounded(difference.high) if difference else None,
        n=found.n if found else 0,
        clusters=found.clusters if found else 0,
        p=None if tested.corrected is None else rounded(tested.corrected),
        detectable=rounded(found.detectable) if found and found.detectable else None,
        reason=tested.reason or (_undecided(tested, made) if verdict == "not shown" else ""),
        caution=tested.caution,
        source=claim.source,
    )
