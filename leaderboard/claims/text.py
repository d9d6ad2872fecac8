"""The findings as people read them: topic by topic, a word for each verdict, and the figures behind it in a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from proctor.leaderboard.analysis.origins import beside
from proctor.leaderboard.analysis.retraining import ONCE
from proctor.leaderboard.claims.verdicts import ClaimResult, ClaimVerdict
from proctor.leaderboard.formatting import SPACE, WIDTH, between, figure, signed, wrapped
from proctor.leaderboard.runs.records import grouped

SIGNS: dict[ClaimVerdict, str] = {"supported": "\u2713", "contradicted": "\u2717", "not shown": "?", "not measured": "\u2013"}
OTHERS = "Other claims"
WIDTHS = (14, 52, 52)
"""Columns of the table for a terminal: verdict, claim and evidence."""


def topics(findings: Sequence[ClaimResult]) -> list[tuple[str, list[ClaimResult]]]:
    """What was tested, by what it is about, in the order of the claims; what could not be measured is left out."""
    tested = [found for found in findings if found.verdict != "not measured"]
    return [(f"{about[:1].upper()}{about[1:]}" or OTHERS, rows) for (about,), rows in grouped(tested, "about").items()]


def unmeasured(findings: Sequence[ClaimResult]) -> list[ClaimResult]:
    """What could not be tested."""
    return [found for found in findings if found.verdict == "not measured"]


def counted(findings: Sequence[ClaimResult]) -> str:
    """How many claims came out which way."""
    counts = {verdict: sum(found.verdict == verdict for found in findings) for verdict in SIGNS}
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    once = sum(found.verdict in ("supported", "contradicted") and found.caution.startswith(ONCE) for found in findings)
    rest = (
        f" {once} of the verdicts rest{'s' if once == 1 else ''} on one training run of a system: --seeds 3 shows how these vary."
    )
    return f"{len(findings)} {'claim' if len(findings) == 1 else 'claims'}: {said}.{rest if once else ''}"


def evidence(found: ClaimResult) -> str:
    """The figures of both sides, their difference and how sure it is; why there are none where there are none."""
    if found.difference is None or found.value is None or found.other is None:
        return found.reason
    sides = f"{found.metric}: {found.system} {figure(found.value, found.unit)}{_other(found, found.other)}"
    margin = [f"margin {_amount(found, found.margin)}"] if found.margin else []
    return "; ".join([sides, _difference(found, found.difference), *margin, *_wanting(found), *_resting(found)])


def _resting(found: ClaimResult) -> Iterator[str]:
    """What a verdict rests on; where nothing was shown, nothing does."""
    if found.caution and found.verdict in ("supported", "contradicted"):
        yield found.caution


def _other(found: ClaimResult, value: float) -> str:
    """The other side, by what sets it apart; nothing where it is zero."""
    metric = found.than if found.than != found.metric else ""
    system = found.against if found.against != found.system else ""
    name = " of ".join(filter(None, [metric, system]))
    return f", {name} {figure(value, found.unit)}" if name else ""


def _difference(found: ClaimResult, value: float) -> str:
    shown = f"difference {signed(value, found.unit)}"
    if found.ci_low is not None and found.ci_high is not None and found.ci_low < found.ci_high:
        ends = between(signed(found.ci_low, found.unit), signed(found.ci_high, found.unit))
        shown = f"{shown} (95{SPACE}% CI {ends})"
    return f"{shown}, n{SPACE}{found.n}"


def _wanting(found: ClaimResult) -> Iterator[str]:
    """What it would have taken to show a claim that was not shown."""
    if found.verdict == "not shown" and found.reason:
        yield found.reason
    elif found.verdict == "not shown" and found.expect != "equal" and found.detectable is not None:
        beyond = " beyond the margin" if found.margin else ""
        yield f"this sample could detect {_amount(found, found.detectable)} or more{beyond}"


def _amount(found: ClaimResult, value: float) -> str:
    return figure(value, "difference" if found.unit == "share" else found.unit)


def as_text(findings: Sequence[ClaimResult]) -> str:
    """A table for each suite and base model: verdict, claim and evidence."""
    sections = grouped(findings, "suite", "base_model").items()
    return "\n".join(line for place, rows in sections for line in _section(place, rows)) or "Nothing was measured."


def _section(place: tuple[str, ...], findings: Sequence[ClaimResult]) -> Iterator[str]:
    suite, base_model = place
    yield from wrapped(f"{suite}, {beside(base_model)}: {counted(findings)}", WIDTH)
    for topic, rows in [*topics(findings), ("Not measured", unmeasured(findings))]:
        yield from ["", *wrapped(topic, WIDTH)] if rows else []
        for found in rows:
            yield from _row(found.verdict, found.claim, evidence(found))
    yield ""


def _row(*cells: str) -> Iterator[str]:
    columns = [wrapped(cell, width - 2) for cell, width in zip(cells, WIDTHS, strict=True)]
    for line in zip_longest(*columns, fillvalue=""):
        yield "".join(part.ljust(width) for part, width in zip(line, WIDTHS, strict=True)).rstrip()
