"""What a gate or a comparison says, as Markdown: for a terminal, a step summary, or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from proctor.core.counts import counted
from proctor.core.schema import InputError
from proctor.evals.headline import of_run
from proctor.evals.stats.comparison import ALPHA, corrected, verdict
from proctor.leaderboard.compare.changes import GONE, Change, answer_noise, as_before, other_libraries, resettings
from proctor.leaderboard.compare.gate import Gate, MetricDecision
from proctor.leaderboard.compare.policy import Tier
from proctor.leaderboard.compare.revised import common
from proctor.leaderboard.formatting import SPACE, between, figure, shortened, signed
from proctor.leaderboard.markdown import escaped, in_cell, listed, table
from proctor.leaderboard.markdown import link as to
from proctor.leaderboard.runs.store import Run

LONG = 2000
"""Letters of a list of names, which is not to end within one."""
SHOWN = 10
"""Questions listed that came out otherwise than before."""
LISTED = 14
"""Metrics named of those that the new run left out."""
ROWS = 40
"""Of the table of exploratory figures, the most significant first."""
SIGNS = {"unchanged": "=", "passed": "\u2713", "failed": "\u2717", "inconclusive": "?", "new": "+", "not compared": "\u2260"}
GRAVEST = ("failed", "inconclusive", "passed", "new", "not compared", "unchanged")
TIERS = get_args(Tier)
WHERE = ("suite", "base_model", "system", "metric")
OFTEN_ONE = ("suite", "base_model")
DECIDING = ("tier", "before", "now", "change", "95% CI", "p", "n", "why", "what would decide")
COMPARED = ("", "before", "now", "change", "95% CI", "p", "n", "note")
MARKS: dict[str, str] = {"better": "\u25b2 better", "worse": "\u25bc worse", "tied": "= tied", "inconclusive": "?"}


def as_markdown(gate: Gate, before: Run, after: Run, *, link: str = "") -> str:
    """The decision and why, the figures that decide, the others, and the questions that were lost."""
    deciding, others = ([r for r in _moved(gate) if r.decides is decides] for decides in (True, False))
    parts = [
        f"## Proctor: {gate.decision}",
        *_mismatch_ignored(gate),
        _why(gate),
        *_suites(gate),
        *_reasons(gate),
        *_table(deciding),
        *_folded("Exploratory: corrected together (Benjamini-Hochberg), and not part of the decision", _compared(others)),
        *_with_care(gate),
        *_flipped(before, after),
        *_differing(gate),
    ]
    return "\n\n".join([*parts, _foot(before, after, link)]) + "\n"


def as_refusal(error: InputError) -> str:
    """Why two runs were not compared."""
    first, *rest = str(error).splitlines()
    return "\n\n".join(["## Proctor: not compared", escaped(first, LONG), *([listed(map(escaped, rest))] if rest else [])]) + "\n"


def as_table(gate: Gate) -> str:
    """Every figure that changed, and how many did not; nothing is decided."""
    about = [
        *_mismatch_ignored(gate),
        *_suites(gate),
        _counts(gate),
        *_left_out(gate, decides=False),
        *(escaped(text, LONG) for text in gate.machine),
    ]
    return "\n\n".join([*about, *_compared(_moved(gate), rows=None), *_with_care(gate), *_differing(gate)])


def _mismatch_ignored(gate: Gate) -> list[str]:
    """That more than the systems differs, where the verdict stands: it may rest on that."""
    count = counted(len(gate.differences), "difference")
    said = "**Compared although these are different exams (`--ignore-mismatch`)**: what changed may be the exam, not the systems."
    return [f"{said} {count} listed at the end."] if gate.differences else []


def _suites(gate: Gate) -> list[str]:
    """What became of the suites, where the verdict stands: it says nothing of questions that were set aside."""
    return [escaped(text, LONG) for text in gate.suites]


def _differing(gate: Gate) -> list[str]:
    return [f"Compared although it differs:\n\n{listed(map(escaped, gate.differences))}"] if gate.differences else []


def _moved(gate: Gate) -> list[MetricDecision]:
    """What is worth a row: most figures have not changed, and a system or metric that was left out is said in one line."""
    left, unseen = _not_taken(gate), {id(ruling) for ruling in _unseen(gate)}
    moved = [ruling for ruling in gate.rulings if ruling.outcome != "unchanged" and not left(ruling)]
    return [ruling for ruling in moved if id(ruling) not in unseen]


def _unseen(gate: Gate) -> list[MetricDecision]:
    """What was counted and moved by less than its digits show: below notice, unless it fails where it decides."""
    return [
        r
        for r in gate.rulings
        if _below_notice(r.change) and r.outcome != "unchanged" and not (r.decides and r.outcome == "failed")
    ]


def _below_notice(change: Change) -> bool:
    found = change.found
    return bool(found and change.counted and figure(found.theirs, change.unit) == figure(found.mine, change.unit))


def _who(ruling: MetricDecision) -> tuple[str, str, str]:
    return ruling.change.suite, ruling.change.base_model, ruling.change.system


def _gone(gate: Gate) -> list[tuple[str, str, str]]:
    """The systems of which nothing is measured any more."""
    there = {_who(ruling) for ruling in gate.rulings if ruling.change.missing != GONE}
    return [who for who in dict.fromkeys(map(_who, gate.rulings)) if who not in there]


def _left_out(gate: Gate, *, decides: bool) -> list[str]:
    suites = {suite for suite, _, _ in map(_who, gate.rulings)}
    gone = [f"{system} on {suite}" if len(suites) > 1 else system for suite, _, system in _gone(gate)]
    systems = [f"Not examined any more: {', '.join(map(in_cell, gone))}."] if gone else []
    return [*systems, *_untaken_said(gate, decides=decides)]


def _untaken(gate: Gate) -> list[tuple[str, str, str]]:
    """Suite, base model and metric of what no system that was examined has in the new run."""
    gone = _gone(gate)
    taken: dict[tuple[str, str, str], bool] = {}
    for ruling in gate.rulings:
        if _who(ruling) not in gone:
            key = ruling.change.suite, ruling.change.base_model, ruling.change.metric
            taken[key] = taken.get(key, False) or ruling.change.missing != GONE
    return [key for key, there in taken.items() if not there]


def _not_taken(gate: Gate) -> Callable[[MetricDecision], bool]:
    """Whether a figure is of a system or of a metric that the new run left out as a whole."""
    gone, untaken = {*_gone(gate)}, {*_untaken(gate)}
    return lambda ruling: _who(ruling) in gone or (ruling.change.suite, ruling.change.base_model, ruling.change.metric) in untaken


def _untaken_said(gate: Gate, *, decides: bool) -> list[str]:
    """The metrics that a narrower run left out, in one line; where something ``decides``, what to do about it."""
    metrics = list(dict.fromkeys(metric for _, _, metric in _untaken(gate)))
    if not metrics:
        return []
    deciding = {ruling.change.metric for ruling in gate.rulings if ruling.decides} & {*metrics}
    decide = f"{len(deciding)} of them {'decides' if len(deciding) == 1 else 'decide'}"
    settle = f"; {decide}: measure what decides, or leave it out of the policy" if deciding and decides else ""
    return [f"Not taken in the new run: {counted(len(metrics), 'metric')} ({in_cell(shortened(metrics, LISTED), LONG)}){settle}."]


def _counts(gate: Gate) -> str:
    same, unseen = sum(ruling.outcome == "unchanged" for ruling in gate.rulings), len(_unseen(gate))
    less = f"; {unseen} counted, and changed by less than {'its' if unseen == 1 else 'their'} digits show" if unseen else ""
    left = _not_taken(gate)
    return f"{_figures(sum(not left(ruling) for ruling in gate.rulings))} compared question by question; {same} unchanged{less}."


def _figures(count: int) -> str:
    return counted(count, "figure")


def _family(deciding: Sequence[MetricDecision]) -> str:
    """How many figures decide, and how many of them were tested: p is corrected for these alone (docs/explanation/gate.md)."""
    same = sum(ruling.outcome == "unchanged" for ruling in deciding)
    tested = sum(ruling.p is not None for ruling in deciding)
    decide = f"{_figures(len(deciding))} {'decides' if len(deciding) == 1 else 'decide'}"
    if not same:
        return f"{decide}, and {tested} of them {_was(tested)} tested." if tested < len(deciding) else f"{decide}."
    changed = len(deciding) - same
    those = "none changed" if not changed else f"{changed} of them changed"
    only = (
        ""
        if not changed
        else f", so only {'that was' if tested == 1 else 'these were'} tested"
        if tested == changed
        else (f", and {tested} of these {_was(tested)} tested")
    )
    return f"{decide}; {those}{only}."


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _why(gate: Gate) -> str:
    """One sentence why, and one what to do."""
    if gate.idle:
        return f"{gate.idle}. Name the metrics that matter in the policy, and measure them in both runs."
    left = _not_taken(gate)
    deciding = [ruling for ruling in gate.rulings if ruling.decides and not left(ruling)]
    return " ".join([*([_family(deciding)] if deciding else []), _outcome(gate)])


def _outcome(gate: Gate) -> str:
    failed = [ruling for ruling in gate.failed if ruling.outcome == "failed"]
    if failed:
        return (
            f"{_figures(len(failed))} got significantly worse than the policy allows. Look at the questions lost below; "
            "or raise max_drop in the policy if that is acceptable."
        )
    if gate.failed:
        return (
            f"{_figures(len(gate.failed))} may hide a drop beyond what the policy allows, and it counts that as NO-GO "
            "(`inconclusive: no-go`). Settle them as the table says."
        )
    if beyond := [ruling for ruling in gate.open if ruling.beyond]:
        return (
            f"{_figures(len(beyond))} got worse by more than the policy allows over the whole interval, though that rests on too "
            "little to be NO-GO: no policy lets that pass. Settle it as the table says."
        )
    if gate.open:
        return _open(gate)
    if gate.excused:
        return (
            f"By policy: {_figures(len(gate.excused))} may hide a drop beyond what is allowed, and the policy lets that pass "
            "(`inconclusive: go`)."
        )
    return f"All are within what the policy allows.{_of_seeds(gate)}"


def _open(gate: Gate) -> str:
    """What is not known, and what to do about it."""
    also = "or let them pass with `inconclusive: go` in the policy."
    if all(map(_not_taken(gate), gate.open)):
        left = f"The new run left out {_figures(len(gate.open))} that {'decides' if len(gate.open) == 1 else 'decide'}"
        return f"{left}. Take the whole exam; {also}"
    hidden = f"{_figures(len(gate.open))} may hide a drop beyond what the policy allows; none is shown to"
    return f"{hidden}. Settle them as the table says; {also}"


def _of_seeds(gate: Gate) -> str:
    """That not all seeds were compared, where what is unchanged is so with some of them alone."""
    told = {r.change.seeds for r in gate.rulings if r.outcome == "unchanged" and r.change.seeds}
    return f" What is unchanged of systems with several seeds is so with {in_cell('; '.join(sorted(told)))}." if told else ""


def _reasons(gate: Gate) -> list[str]:
    """What stops the run, one line each."""
    left = _not_taken(gate)
    stopping = [ruling for ruling in gate.failed or gate.open if not left(ruling)]
    shown = stopping[:SHOWN]
    lines = [f"**{in_cell(_where(r.change))}** ({r.rule.tier}): {in_cell(r.reason)}" for r in shown]
    more = [f"and {len(stopping) - SHOWN} more, below"] if len(stopping) > SHOWN else []
    about = [_counts(gate), *_left_out(gate, decides=True), *(escaped(text, LONG) for text in gate.machine)]
    return [*about, *([listed([*lines, *more])] if lines else [])]


def _with_care(gate: Gate) -> list[str]:
    """Each caution once, with the figures that it is about, of what both runs took."""
    found: dict[str, list[str]] = {}
    left = _not_taken(gate)
    for ruling in (ruling for ruling in gate.rulings if not left(ruling)):
        for caution in ruling.change.cautions:
            found.setdefault(caution, []).append(_where(ruling.change))
    lines = [f"{escaped(caution)}: {in_cell(shortened(figures), LONG)}" for caution, figures in found.items()]
    return [f"Read with care:\n\n{listed(lines)}"] if lines else []


def _where(change: Change) -> str:
    return f"{change.metric} of {change.system} on {change.suite}"


def _named_where(rulings: Sequence[MetricDecision]) -> list[str]:
    """What tells figures apart: an only suite or base model is left out."""
    several = [name for name in OFTEN_ONE if len({getattr(ruling.change, name) for ruling in rulings}) > 1]
    return [name for name in WHERE if name not in OFTEN_ONE or name in several]


def _table(rulings: Sequence[MetricDecision]) -> list[str]:
    """The figures that decide and changed, those that fail first; nothing where nothing changed."""
    if not rulings:
        return []
    where = _named_where(rulings)
    ordered = sorted(rulings, key=lambda ruling: (GRAVEST.index(ruling.outcome), TIERS.index(ruling.rule.tier)))
    rows = [("", *(name.replace("_", " ") for name in where), *DECIDING)]
    for r in ordered:
        about = tuple(getattr(r.change, name) for name in where)
        p = _basis(r.change) if r.p is None else _p(r.p)
        why = r.reason.replace(SPACE, " ")
        rows.append(
            (SIGNS[r.outcome], *about, r.rule.tier, *_values(r.change), p, _n(r.change), why, r.settle.replace(SPACE, " "))
        )
    return [table(rows)]


def _compared(rulings: Sequence[MetricDecision], rows: int | None = ROWS) -> list[str]:
    """What changed, whatever is allowed: better, worse, tied or inconclusive, corrected for their number."""
    if not rulings:
        return []
    tested = [r for r in rulings if r.change.found and r.change.basis == "sample"]
    ps = dict(zip(map(id, tested), corrected([r.change.p for r in tested], "bh"), strict=True))
    where = _named_where(rulings)
    head = ("", *(name.replace("_", " ") for name in where), *COMPARED[1:])
    ordered = sorted(rulings, key=lambda ruling: ps.get(id(ruling), 3.0 if ruling.change.basis == "reading" else 2.0))
    shown = [head, *(_compared_row(r, ps.get(id(r)), where) for r in ordered[:rows])]
    left = len(rulings) - len(shown) + 1
    return [table(shown) + (f"\n\nand {left} more, none of them more significant" if left else "")]


def _compared_row(ruling: MetricDecision, p: float | None, where: Sequence[str]) -> tuple[str, ...]:
    change, margin = ruling.change, ruling.rule.max_drop if ruling.change.unit in ("share", "difference") else 0.0
    sure = 0.0 if change.counted else 1.0 if p is None else p
    said = verdict(change.found, change.better, p=sure, margin=margin, alpha=ALPHA, min_pairs=1)
    mark = MARKS[said] if change.found and not change.found.few else SIGNS[ruling.outcome]
    note = "; ".join(filter(None, [change.missing, _as_machine(change, said)]))
    about = tuple(getattr(change, name) for name in where)
    return (mark, *about, *_values(change), _basis(change) if p is None else _p(p), _n(change), note.replace(SPACE, " "))


def _basis(change: Change) -> str:
    """What stands in the place of a p: what was counted needs none, and one reading has none."""
    return {"sample": "", "count": "counted", "reading": "one reading"}[change.basis] if change.found else ""


def _as_machine(change: Change, said: str) -> str:
    """Why a time that moved is not called better or worse."""
    moved = change.drift and change.found and change.found.p < ALPHA and said not in ("better", "worse")
    return "no more than systems that are the same in both runs" if moved else ""


def _values(change: Change) -> tuple[str, str, str, str]:
    """Before and now over the items that both runs have, the change, and its interval."""
    found = change.found
    if not found:
        return "", "", "", ""
    difference = "difference" if change.unit == "share" else change.unit
    low, high = (figure(end, difference) for end in (found.difference.low, found.difference.high))
    ends = "" if found.n == 1 else between(low, high).replace(" ", SPACE)
    return figure(found.theirs, change.unit), figure(found.mine, change.unit), signed(found.difference.value, change.unit), ends


def _n(change: Change) -> str:
    return str(change.found.n) if change.found else ""


def _p(p: float) -> str:
    return f"{p:.2g}" if p >= 0.0001 else "<0.0001"


def _folded(head: str, parts: Sequence[str]) -> list[str]:
    """What is shown on a click where Markdown is rendered."""
    return [f"<details><summary>{head}</summary>\n\n{parts[0]}\n\n</details>"] if parts else []


@dataclass(frozen=True)
class AnswerFlip:
    """A question that was answered right and now is not."""

    system: str
    question: str
    before: str
    now: str


def _flipped(before: Run, after: Run) -> list[str]:
    shared = common(before, after)  # a question that is asked otherwise now may have the id that it had
    flips = list(_flips(shared.before, shared.after))
    if not flips:
        return []
    head = f"Answered right before, and now wrong ({len(flips)}{f', the first {SHOWN}' if len(flips) > SHOWN else ''}):"
    kept = any(flip.before for flip in flips)  # a baseline keeps no answers
    rows = [("system", "question", *(["before"] if kept else []), "now")]
    rows += [(f.system, f.question, *([f.before] if kept else []), f.now) for f in flips[:SHOWN]]
    return [f"{head}\n\n{table(rows)}"]


def _flips(before: Run, after: Run) -> Iterator[AnswerFlip]:
    """By the accuracy that leads on the suite, with the texts where both runs kept them."""
    was, now = (run.records.where(lambda about: about.metric == of_run(after.provenance, about.suite)) for run in (before, after))
    exact = {record.key: record.value for record in was}
    lost = [record for record in now if exact.get(record.key) == 1.0 and record.value == 0.0]
    for record in lost:
        place = (record.suite, record.base_model, record.system, record.seed)
        old, new = (_answer(run, place, record.item) for run in (before, after))
        yield AnswerFlip(record.system, new[0] or record.item, old[1], new[1])


def _answer(run: Run, place: tuple[str, str, str, int], item: str) -> tuple[str, str]:
    """Question and answer as texts; empty where the run did not keep them."""
    rows = {row.question.id: row for row in run.answers(*place)}
    return (rows[item].question.text, rows[item].answer.error or rows[item].answer.text) if item in rows else ("", "")


def _foot(before: Run, after: Run, link: str) -> str:
    lines = [f"Baseline {_named(before)}; candidate {_named(after)}."]
    lines += [f"Set otherwise: {in_cell(moved, LONG)}." for moved in resettings(before, after)]
    if same := as_before(before, after):
        known = "to Proctor's knowledge the same in both runs, so that their answers are the same and nothing was asked again"
        lines.append(f"Built elsewhere, and {known}: {in_cell(', '.join(same), LONG)}. `--refresh` asks again.")
    if noise := list(answer_noise(after)):
        lines.append(f"From one time of asking to the next, and in the intervals above: {in_cell('; '.join(noise), LONG)}.")
    lines += [f"Other versions: {in_cell(', '.join(others), LONG)}."] if (others := other_libraries(before, after)) else []
    return "\n".join([*lines, *([to("The whole page", link)] if link else [])])


def _named(run: Run) -> str:
    git, started = run.provenance.get("git") or {}, str(run.provenance.get("started") or "")
    commit = str(git.get("commit") or "")[:7] or "a run without a commit"
    return in_cell(f"{commit}{'+' if git.get('dirty') else ''}" + (f", {_age(started)}" if started else ""))


def _age(started: str) -> str:
    """How old, in words: a baseline that nobody has looked at for months should be seen to be one."""
    try:
        days = (datetime.now(UTC) - datetime.fromisoformat(started)).days
    except (ValueError, TypeError):
        return started
    return "made today" if days < 1 else f"{days} day{'s' if days > 1 else ''} old"
