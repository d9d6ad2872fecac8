"""How far a judge agrees with people: `python -m evals calibrate`.

Labels are JSON lines: what was asked (if anything was), an answer or claim, the passages to hold it against, and whether
people say that these bear all of it out:

    {"question": "How heavy is it?", "answer": "3 kg", "passages": ["It weighs 3 kg."], "supported": true, "cluster": "d1"}

A list under ``evidence`` is taken as the sentences of one passage. A judge is put through the very metric that its
verdicts serve (`evals.ragas_adapter`), and says yes where every claim of the answer has support. What it could not judge
is counted and left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evals.cache import write_atomically
from evals.judges import Judge
from evals.ragas_adapter import faithfulness
from evals.samples import Sample
from evals.schema import InputError, Score
from evals.statistics import Array, expanded_percentiles, resampled_sums
from evals.strict_json import RepeatedKeyError, numbered, parsed
from evals.tally import Tally

Flags: TypeAlias = NDArray[np.bool_]

AGREEMENT = Path(__file__).with_name("agreement")
"""Results are kept here, one file a judge: runs and pages show what their judge is worth."""
ALIASES = {
    "question": ("question", "user_input", "query"),
    "answer": ("answer", "claim", "response"),
    "passages": ("passages", "evidence", "contexts", "retrieved_contexts"),
    "supported": ("supported", "label"),
}
YES, NO = ("supported", "yes", "true"), ("partially_supported", "not_supported", "unsupported", "no", "false")
UNASKED = "Is this so?"
"""The question to a claim that answers none: ragas wants one."""


class Label(NamedTuple):
    """One answer, and what people say of it."""

    sample: Sample
    supported: bool
    cluster: str


@dataclass(frozen=True)
class Agreement:
    """What came of putting a judge before labels. Shares lie between 0 and 1."""

    judge: str
    labels: str
    n: int
    unmeasured: int
    """Labels that the judge came to no verdict on; left out of everything below."""
    base_rate: float
    """Share that people call supported: a judge that always says the commoner thing is right that often, or 1 less it."""
    accuracy: float
    balanced_accuracy: float
    """Mean of the shares found among the supported and among the others; .5 is chance."""
    auroc: float
    """Chance that a supported answer is scored above another (ties half); .5 is chance."""
    kappa: float
    """Cohen's: agreement beyond chance."""
    kappa_low: float
    kappa_high: float
    same_again: float | None
    """Share of verdicts that stayed when asked again; None if asked once."""
    same_reversed: float | None
    """Share of verdicts that stayed with the passages in reverse order; None if every label has one passage."""


def read_labels(path: Path, tally: Tally | None = None) -> list[Label]:
    """Labels of a JSON-lines file; ``tally`` is told what became of its lines.

    Raises:
        InputError: unreadable, or lines that are no labels; names each by file, line and field.
    """
    try:
        lines = list(numbered(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    labels, problems = [], []
    for number, line in lines:
        try:
            labels.append(_label(parsed(line)))
        except RepeatedKeyError as error:
            problems.append(f"{path}:{number}: field '{error}': it is there twice; keep one of them")
        except (ValueError, AttributeError, RecursionError) as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        raise InputError("\n".join(problems))
    if len({label.supported for label in labels}) < 2:
        raise InputError(f"{path}: labels must hold both supported and unsupported answers")
    _count(path.name, [number for number, _ in lines], labels, tally or Tally())
    return labels


def _count(source: str, numbers: Sequence[int], labels: Sequence[Label], tally: Tally) -> None:
    tally.take(source, len(labels))
    said: dict[Sample, bool] = {}
    for number, label in zip(numbers, labels, strict=True):
        if label.sample.question == UNASKED:
            tally.change(source, f"without a question, '{UNASKED}' was put in its place", f"line {number}")
        if said.setdefault(label.sample, label.supported) != label.supported:
            tally.note(source, "answers that are labelled both supported and not: no judge can agree with both", f"line {number}")


def _label(row: Mapping[str, Any]) -> Label:
    if not isinstance(row, Mapping):
        raise ValueError(f"expected a JSON object, not {row!r}"[:80])  # noqa: TRY004 -- it is the input that is wrong
    found = {name: _given(row, aliases) for name, aliases in ALIASES.items()}
    answer, passages, supported = found["answer"], found["passages"], _yes(found["supported"])
    if not isinstance(answer, str) or not answer.strip():
        raise ValueError(f"expected a text as one of {', '.join(ALIASES['answer'])}")
    if isinstance(passages, str):
        passages = [passages]
    if not isinstance(passages, list) or not passages or not all(isinstance(one, str) and one.strip() for one in passages):
        raise ValueError(f"expected a text or a list of texts, none of them empty, as one of {', '.join(ALIASES['passages'])}")
    if supported is None:
        raise ValueError(f"expected true, false, or one of {', '.join((*YES, *NO))} as one of {', '.join(ALIASES['supported'])}")
    if row.get("evidence") is not None:
        passages = ["\n".join(passages)]
    asked, cluster = found["question"], row.get("cluster")
    cluster = passages[0] if cluster is None else str(cluster)
    return Label(Sample(UNASKED if asked in (None, "") else str(asked), answer, tuple(passages)), supported, cluster)


def _given(row: Mapping[str, Any], aliases: Sequence[str]) -> Any:
    """What is given under one of several names; under two of them it must be the same."""
    values = {alias: row[alias] for alias in aliases if row.get(alias) is not None and row[alias] == row[alias]}  # NaN is not
    first = next(iter(values.values()), None)
    if any(value != first for value in values.values()):
        raise ValueError(f"given more than once, and not alike ({', '.join(values)}); keep one of them")
    return first


def _yes(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    return True if text in YES or text in ("1", "1.0") else False if text in NO or text in ("0", "0.0") else None


def calibrate(judge: Judge, labels: Sequence[Label], source: str, repeats: int = 1) -> Agreement:
    """Put a judge before labels; with ``repeats`` of 2 or more it is asked that often."""
    samples = [label.sample for label in labels]
    scores = faithfulness(judge, samples)
    judged = [(label, score.value) for label, score in zip(labels, scores, strict=True) if score.value is not None]
    if len({label.supported for label, _ in judged}) < 2:
        why = next((score.reason for score in scores if score.value is None), "")
        raise InputError(f"{judge.name} judged {len(judged)} of {len(labels)} labels, too few to compare: {why}")
    truth = np.array([label.supported for label, _ in judged])
    values = np.array([value for _, value in judged])
    several = [sample for sample in samples if len(sample.passages) > 1]
    backwards = [sample._replace(passages=sample.passages[::-1]) for sample in several]
    again = [_same(scores, faithfulness(judge, samples)) for _ in range(repeats - 1)]
    return Agreement(
        judge=judge.name,
        labels=source,
        n=len(judged),
        unmeasured=len(labels) - len(judged),
        base_rate=float(truth.mean()),
        **_figures(truth, values, [label.cluster for label, _ in judged]),
        same_again=float(np.mean(again)) if again else None,
        same_reversed=_same(faithfulness(judge, several), faithfulness(judge, backwards)) if several else None,
    )


def _figures(truth: Flags, values: Array, clusters: Sequence[str]) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, cohen_kappa_score, roc_auc_score

    said = values == 1.0
    low, high = kappa_interval(truth, said, clusters)
    return {
        "accuracy": float(accuracy_score(truth, said)),
        "balanced_accuracy": float(balanced_accuracy_score(truth, said)),
        "auroc": float(roc_auc_score(truth, values)),
        "kappa": float(cohen_kappa_score(truth, said)),
        "kappa_low": low,
        "kappa_high": high,
    }


def kappa_interval(truth: Flags, said: Flags, clusters: Sequence[str]) -> tuple[float, float]:
    """95 % interval of Cohen's kappa, by resampling clusters."""
    cells = np.stack([truth & said, truth & ~said, ~truth & said, ~truth & ~said], axis=1).astype(float)
    tables, count = resampled_sums(cells, clusters)
    both, missed, added, neither = tables.T
    n = tables.sum(1)
    agreed = (both + neither) / n
    chance = ((both + missed) * (both + added) + (neither + missed) * (neither + added)) / n**2
    kappas = np.where(chance < 1, (agreed - chance) / np.where(chance < 1, 1 - chance, 1), 0.0)
    low, high = expanded_percentiles(kappas, count)
    return low, high


def _same(one: Sequence[Score], other: Sequence[Score]) -> float:
    return float(np.mean([(a.value == 1.0) == (b.value == 1.0) for a, b in zip(one, other, strict=True)]))


def save(found: Sequence[Agreement], judge: str, folder: Path = AGREEMENT) -> Path:
    """Keep what was found of one judge, one row for each set of labels; replaces what was found before on the same."""
    path = folder / f"{''.join(c if c.isalnum() or c in '.-' else '_' for c in judge)}.json"
    rows = {row.labels: asdict(row) for row in (*load(judge, folder), *found)}
    folder.mkdir(exist_ok=True)
    write_atomically(path, json.dumps([rows[name] for name in sorted(rows)], indent=1) + "\n")
    return path


def load(judge: str, folder: Path = AGREEMENT) -> Iterator[Agreement]:
    """What was found of a judge; nothing if it was never checked."""
    for path in sorted(folder.glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            if row["judge"] == judge:
                yield Agreement(**row)
