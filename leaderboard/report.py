"""What a gate or a comparison says, as Markdown: for a terminal, a step summary, or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from evals.comparison import verdict
from evals.schema import InputError
from leaderboard.changes import GONE, Change, other_libraries, resettings
from leaderboard.figures import SPACE, between, figure, shortened, signed
from leaderboard.gate import Gate, Ruling
from leaderboard.policy import Policy
from leaderboard.store import Run

SHOWN = 10
"""Questions listed that came out otherwise than before."""
SIGNS = {"unchanged": "=", "passed": "\u2713", "failed": "\u2717", "inconclusive": "?", "new": "+", "not compared": "\u2260"}
GRAVEST = ("failed", "inconclusive", "passed", "new", "not compared", "unchanged")
WHERE = ("suite", "base_model", "system", "measure")
OFTEN_ONE = ("suite", "base_model")
FIGURES = ("verdict", "before", "now", "change", "95 % interval", "p, corrected", "n in both", "why")


def as_markdown(gate: Gate, before: Run, after: Run, *, link: str = "") -> str:
    """The decision, its reasons, every change, and the questions that were lost."""
    parts = [
        f"## Proctor: {gate.decision}",
        _summary(gate),
        *_reasons(gate),
        *_table(_moved(gate), gate.policy),
        *_with_care(gate),
        *_flipped(before, after),
    ]
    return "\n\n".join([*parts, _foot(gate, before, after, link)]) + "\n"


def as_refusal(error: InputError) -> str:
    """Why two runs were not compared."""
    first, *rest = str(error).splitlines()
    return "\n".join(["## Proctor: not compared", "", _plain(first), "", *(f"- {_plain(line)}" for line in rest)]) + "\n"


def as_table(gate: Gate) -> str:
    """Every figure that changed, and how many did not."""
    return "\n\n".join([_summary(gate), *_left_out(gate), *_table(_moved(gate), gate.policy), *_with_care(gate)])


def _moved(gate: Gate) -> list[Ruling]:
    """What is worth a row: most figures have not changed, and a system that was left out is said in one line."""
    gone = _gone(gate)
    return [ruling for ruling in gate.rulings if ruling.outcome != "unchanged" and _who(ruling) not in gone]


def _who(ruling: Ruling) -> tuple[str, str, str]:
    return ruling.change.suite, ruling.change.base_model, ruling.change.system


def _gone(gate: Gate) -> list[tuple[str, str, str]]:
    """The systems of which nothing is measured any more."""
    there = {_who(ruling) for ruling in gate.rulings if ruling.change.missing != GONE}
    return [who for who in dict.fromkeys(map(_who, gate.rulings)) if who not in there]


def _left_out(gate: Gate) -> list[str]:
    suites = {suite for suite, _, _ in map(_who, gate.rulings)}
    gone = [f"{system} on {suite}" if len(suites) > 1 else system for suite, _, system in _gone(gate)]
    return [f"Not examined any more: {_plain(', '.join(gone))}."] if gone else []


def _summary(gate: Gate) -> str:
    counts = {outcome: sum(r.outcome == outcome for r in gate.rulings) for outcome in SIGNS}
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    return f"{len(gate.rulings)} figures compared question by question: {said or 'none'}."


def _reasons(gate: Gate) -> list[str]:
    """What stops the run, one line each."""
    stopping = [r for r in _moved(gate) if (r.outcome == "failed" and r.decides) or r.stops]
    lines = [f"- **{_where(r.change)}** {r.outcome} ({r.rule.tier}): {r.reason}" for r in stopping]
    return [*_left_out(gate), *(["\n".join(map(_plain, lines))] if lines else [])]


def _with_care(gate: Gate) -> list[str]:
    """Each caution once, with the figures that it is about."""
    found: dict[str, list[str]] = {}
    for ruling in gate.rulings:
        for caution in ruling.change.cautions:
            found.setdefault(caution, []).append(_where(ruling.change))
    lines = [f"- {caution}: {shortened(figures)}" for caution, figures in found.items()]
    return ["\n".join(["Read with care:", "", *map(_plain, lines)])] if lines else []


def _where(change: Change) -> str:
    return f"{change.measure} of {change.system} on {change.suite}"


def _table(rulings: Sequence[Ruling], policy: Policy) -> list[str]:
    """The changes as a table, those that fail first; nothing where nothing changed. An only suite or base model is left out."""
    if not rulings:
        return []
    where = [name for name in WHERE if name not in OFTEN_ONE or len({getattr(ruling.change, name) for ruling in rulings}) > 1]
    head = ("", *(name.replace("_", " ") for name in where), *FIGURES)
    ordered = sorted(rulings, key=lambda ruling: GRAVEST.index(ruling.outcome))
    rows = [(SIGNS[r.outcome], *(getattr(r.change, name) for name in where), *_figures(r, policy)) for r in ordered]
    return ["\n".join(f"| {' | '.join(map(_plain, row))} |" for row in [head, ("---",) * len(head), *rows])]


def _figures(ruling: Ruling, policy: Policy) -> tuple[str, ...]:
    """What is shown of a change; before and now are over the items that both runs have."""
    change, found = ruling.change, ruling.change.found
    if not found:
        return (*[""] * (len(FIGURES) - 1), ruling.reason)
    difference = "difference" if change.unit == "share" else change.unit
    low, high = (figure(end, difference) for end in (found.difference.low, found.difference.high))
    moved = signed(found.difference.value, change.unit)
    p = found.p if ruling.p is None else ruling.p
    margin = ruling.rule.allowed(found.theirs)
    said = verdict(found, change.better, p=p, margin=margin, alpha=policy.alpha, min_pairs=policy.min_pairs)
    values = (figure(found.theirs, change.unit), figure(found.mine, change.unit), moved, between(low, high).replace(" ", SPACE))
    return (said, *values, f"{p:.2g}", str(found.n), ruling.reason.replace(SPACE, " "))


@dataclass(frozen=True)
class Flip:
    """A question that was answered right and now is not."""

    system: str
    question: str
    before: str
    now: str


def _flipped(before: Run, after: Run) -> list[str]:
    flips = list(_flips(before, after))
    if not flips:
        return []
    head = f"Answered right before, and now wrong ({len(flips)}{f', the first {SHOWN}' if len(flips) > SHOWN else ''}):"
    kept = any(flip.before for flip in flips)  # a baseline keeps no answers
    rows = [("system", "question", *(["before"] if kept else []), "now")]
    rows.append(("---",) * len(rows[0]))
    rows += [(f.system, f.question, *([f.before] if kept else []), f.now) for f in flips[:SHOWN]]
    return [f"{head}\n\n" + "\n".join(f"| {' | '.join(map(_plain, row))} |" for row in rows)]


def _flips(before: Run, after: Run) -> Iterator[Flip]:
    """By what exact answers say, with the texts where both runs kept them."""
    was, now = (run.records.where(lambda about: about.measure == "accuracy.exact") for run in (before, after))
    exact = {record.key: record.value for record in was}
    lost = [record for record in now if exact.get(record.key) == 1.0 and record.value == 0.0]
    for record in lost:
        place = (record.suite, record.base_model, record.system, record.seed)
        old, new = (_answer(run, place, record.item) for run in (before, after))
        yield Flip(record.system, new[0] or record.item, old[1], new[1])


def _answer(run: Run, place: tuple[str, str, str, int], item: str) -> tuple[str, str]:
    """Question and answer as texts; empty where the run did not keep them."""
    rows = {row.question.id: row for row in run.answers(*place)}
    return (rows[item].question.text, rows[item].answer.error or rows[item].answer.text) if item in rows else ("", "")


def _foot(gate: Gate, before: Run, after: Run, link: str) -> str:
    lines = [f"Compared with {_named(before)}; this is {_named(after)}."]
    lines += [f"Set otherwise: {_plain(moved)}." for moved in resettings(before, after)]
    lines += [f"Other versions: {_plain(', '.join(others))}."] if (others := other_libraries(before, after)) else []
    lines += [f"Compared all the same, though it differs: {difference}." for difference in gate.differences]
    return "\n".join([*lines, *([f"[The whole page]({link})"] if link else [])])


def _named(run: Run) -> str:
    git, started = run.provenance.get("git") or {}, str(run.provenance.get("started") or "")
    commit = str(git.get("commit") or "")[:7] or "a run without a commit"
    return f"{commit}{'+' if git.get('dirty') else ''}" + (f", {_age(started)}" if started else "")


def _age(started: str) -> str:
    """How old, in words: a baseline that nobody has looked at for months should be seen to be one."""
    try:
        days = (datetime.now(UTC) - datetime.fromisoformat(started)).days
    except (ValueError, TypeError):
        return started
    return "made today" if days < 1 else f"{days} day{'s' if days > 1 else ''} old"


def _plain(text: str) -> str:
    """What a Markdown table can hold: one line, no markup, nobody's name to be notified."""
    kept = "".join(letter if letter.isprintable() or letter == SPACE else " " for letter in str(text))
    kept = kept if len(kept) <= 200 else f"{kept[:199]}\u2026"
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace(" @", " @\u200b").replace("`", "'")
