"""What the embedded judge weighs, learnt by logistic regression, and what that is worth on kinds of data that were left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from proctor.core.language.sentences import sentences
from proctor.core.language.words import words
from proctor.evals.judges.agreement import Flags
from proctor.evals.judges.lexical import DENIAL, SENTENCE, SPOKEN, VALUE, Coefficients, Traits, embed, is_value, otherwise, traits
from proctor.evals.stats.intervals import Array
from proctor.suites.judge.pairs import Labelled

RIDGE = 1e-4
"""Weight of the squares of the weights beside the mean loss: hardly any, only so that there is one solution."""

MANY = 200
"""Claims of one kind that weigh as much as any other kind; fewer weigh less."""


class Seen(NamedTuple):
    """Labelled claims as the judge sees them, in arrays of equal length."""

    kinds: NDArray[np.str_]
    traits: Array
    values: Flags
    """Whether a claim is weighed with its question."""
    otherwise: Flags
    supported: Flags
    contradicted: Array
    """1 or 0; nan where that is not known."""
    overlap: Array
    """Share of the claim's words that the passages hold: the plain comparison that it has to beat."""

    def where(self, chosen: Flags) -> Seen:
        """Some of them."""
        return Seen(*(column[chosen] for column in self))  # type: ignore[arg-type] # each stays of its kind

    @property
    def edited(self) -> Flags:
        """Which of them edits made false: those are for the rules, which are not learnt."""
        edited: Flags = (self.kinds == "conclusions") & (self.contradicted == 1)
        return edited


def weights(fitted: Seen) -> dict[str, Coefficients]:
    """The weights of all three regressions."""
    return {**_support(fitted.where(~fitted.edited)), "denial": _denial(fitted.where(~np.isnan(fitted.contradicted)))}


def table(fitted: Seen, others: Sequence[Labelled]) -> Iterator[str]:
    """Balanced accuracy for each kind of data, that kind left out of learning: the judge's, and that of plain overlap."""
    seen = fitted.where(~fitted.edited)
    yield f"{'left out of learning':24}{'n':>6}{'overlap':>9}{'judge':>9}"
    for kind in dict.fromkeys(map(str, seen.kinds)):
        yield _line(kind, seen.where(seen.kinds == kind), seen.where(seen.kinds != kind))
    if fitted.edited.any():
        yield _line("conclusions, edited", fitted.where(fitted.kinds == "conclusions"), seen.where(seen.kinds != "conclusions"))
    true = [row for row in others if row.kind == "true"]
    for kind in dict.fromkeys(row.kind for row in others if row.kind != "true"):
        mine = [row for row in others if row.kind == kind]
        yield _line(kind, look(mine if any(row.supported for row in mine) else [*true, *mine]), seen)


def _line(name: str, seen: Seen, rest: Seen) -> str:
    learnt = _support(rest)
    plain = seen.overlap >= _threshold(rest)
    judged = np.array([_says(learnt, *row) for row in zip(seen.traits, seen.values, seen.otherwise, strict=True)])
    return f"{name:24}{len(seen.kinds):6}{_balanced(seen.supported, plain):9.3f}{_balanced(seen.supported, judged):9.3f}"


def _says(learnt: dict[str, Coefficients], found: Array, value: bool, against: bool) -> bool:  # noqa: FBT001 -- a row of arrays
    return not against and learnt["value" if value else "sentence"].says(Traits(*map(float, found)))


def look(rows: Sequence[Labelled]) -> Seen:
    """Labelled claims as the judge sees them. Those of which it sees nothing are left out: it never says yes to them."""
    embed([row.pair for row in rows])
    found = [(row, mine) for row in rows if (mine := traits(row.pair)) is not None]
    return Seen(
        np.array([row.kind for row, _ in found]),
        np.array([mine for _, mine in found], dtype=float),
        np.array([is_value(row.pair) for row, _ in found]),
        np.array([otherwise(row.pair) for row, _ in found]),
        np.array([row.supported for row, _ in found]),
        np.array([row.contradicted for row, _ in found], dtype=float),
        np.array([_overlap(row) for row, _ in found]),
    )


def _overlap(row: Labelled) -> float:
    claim, held = (
        {word.stem for text in texts for said in sentences(text) for word in words(said)}
        for texts in ((row.pair.text,), row.pair.passages)
    )
    return len(claim & held) / len(claim)


def _support(seen: Seen) -> dict[str, Coefficients]:
    return {
        name: _fit(seen.where(chosen), names)
        for name, names, chosen in (("sentence", SENTENCE, ~seen.values), ("value", VALUE, seen.values))
    }


def _denial(known: Seen) -> Coefficients:
    spoken = known.traits[:, Traits._fields.index("spoken")] >= SPOKEN
    wanted = known._replace(supported=known.contradicted == 1)
    return _fit(wanted.where(known.values & spoken & ~known.otherwise), DENIAL, rising=False)


def _fit(seen: Seen, names: Sequence[str], *, rising: bool = True) -> Coefficients:
    """A logistic regression in which every kind of data weighs the same, and in it what is supported as what is not.

    For support no weight is below zero: that more of a claim is held can never speak against it, whatever the data say.
    """
    from scipy.optimize import minimize

    given = seen.traits[:, [Traits._fields.index(name) for name in names]]
    signs, share = np.where(seen.supported, 1.0, -1.0), _weights(seen)

    def loss(found: Array) -> tuple[float, Array]:
        margins = signs * (given @ found[:-1] + found[-1])
        slopes = -signs * share / (1 + np.exp(margins))
        value = share @ np.logaddexp(0, -margins) + RIDGE * (found[:-1] @ found[:-1])
        return float(value), np.append(slopes @ given + 2 * RIDGE * found[:-1], slopes.sum())

    bounds: list[Any] = [(0 if rising else None, None)] * len(names) + [(None, None)]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x.round(2)
    return Coefficients(dict(zip(names, map(float, found[:-1]), strict=True)), float(found[-1]))


def _weights(seen: Seen) -> Array:
    groups = [f"{kind} {said}" for kind, said in zip(seen.kinds, seen.supported, strict=True)]
    _, places, counts = np.unique(groups, return_inverse=True, return_counts=True)
    share = 1 / np.maximum(MANY, counts)[places]
    return np.asarray(share / share.sum())


def _threshold(seen: Seen) -> float:
    """The overlap from which on a claim is best called supported."""
    share = _weights(seen)
    tried = np.unique(seen.overlap)
    return float(max(tried, key=lambda least: share[(seen.overlap >= least) == seen.supported].sum()))


def _balanced(truth: Flags, said: Flags) -> float:
    return float((said[truth].mean() + (~said[~truth]).mean()) / 2)
