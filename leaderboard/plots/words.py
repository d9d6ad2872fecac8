"""Names and figures as the words and tables of plots put them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from proctor.evals.headline import Headline, heading
from proctor.evals.stats.intervals import Amount
from proctor.leaderboard.advice.options import Option
from proctor.leaderboard.board.cells import Result, bounds, of_cell
from proctor.leaderboard.board.sections import BoardSection
from proctor.leaderboard.formatting import SPACE, between, figure, signed

LONGEST = 40
"""Letters of a name in words and tables."""
ONCE = "One training run each: run-to-run variation is not included (measure it with --seeds 3)."
"""Of a conclusion about systems that were trained with one seed."""
MOST = 5
"""Names in one list."""


def named(name: str, longest: int = LONGEST) -> str:
    """A name that a sentence can hold: printable, on one line, not long. What tells names apart is often at their end."""
    line = _printable(name if len(name) <= 2 * LONGEST else f"{name[:LONGEST]} {name[-LONGEST:]}")
    if len(line) > longest:
        line = f"{line[: longest // 2]}\u2026{line[longest // 2 + 1 - longest :]}"
    return line or "(unnamed)"


def _printable(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def axis_label(measured: str) -> str:
    """What an axis of accuracy says, by the heading of its metric."""
    return "questions answered exactly, %" if measured == heading(Headline().metric) else f"{measured}, %"


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them; of many the first few."""
    more = len(names) - MOST
    return listed_words([named(name) for name in names[:MOST]] + ([f"{more} more"] if more > 0 else []))


def left_out(section: BoardSection, shown: Collection[str], lacking: Callable[[str], Iterable[str]]) -> list[str]:
    """A sentence on the systems built elsewhere that a plot does not show: which, and why. None where it shows all.

    ``lacking``: of a system the metrics without which it cannot be shown, as far as they have no value.
    """
    reasons: dict[str, list[str]] = {}
    for system in section.systems:
        if system in section.kinds and system not in shown:
            reasons.setdefault(_why_not(section, system, next(iter(lacking(system)), "")), []).append(system)
    said = "; ".join(f"{listed(systems)}{f' ({why})' if why else ''}" for why, systems in reasons.items())
    return [f"Not shown: {said}."] if said else []


def _why_not(section: BoardSection, system: str, metric: str) -> str:
    """Why a system has no value in a metric, as its cell says."""
    cells = (cell for cell in section.cells if (cell.system, cell.metric) == (system, metric))
    why = next((cell.reason for cell in cells), "")
    return f"{metric}: {why}" if why else f"{metric} was not measured" if metric else ""


def listed_words(words: Sequence[str]) -> str:
    """All of them, as a sentence lists them."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def sure(cell: Result) -> str:
    """A cell's value with its interval: 87.1 % [83.0 to 91.0]."""
    shown = bounds(cell)
    return f"{of_cell(cell)} [{shown}]" if shown else of_cell(cell)


def percent(amount: Amount, unit: str = "share") -> str:
    """An amount that is a share, or a difference of shares, with its interval."""
    value, low, high = (figure(part, unit) for part in amount)
    return value if low == high else f"{value} [{between(low, high.partition(SPACE)[0])}]"


def gain(difference: Amount) -> str:
    """A difference of shares with its sign and its interval: +84.0 pts [+75.0 to +92.8]."""
    value, low, high = (signed(part, "difference") for part in difference)
    return f"{value} [{between(low, high.partition(SPACE)[0])}]"


def optional(option: Option) -> str:
    """A system with its policy, where it has one."""
    return f"{named(option.system)} {policy(option)}".strip()


def policy(option: Option) -> str:
    """What is done after updates; nothing where nothing is."""
    return "" if option.policy == "as it is" else option.policy


def amount(cell: Result) -> Amount:
    """A cell's value and interval as an amount; without an interval the value is both ends."""
    value = cell.value or 0.0
    return Amount(value, value if cell.ci_low is None else cell.ci_low, value if cell.ci_high is None else cell.ci_high)
