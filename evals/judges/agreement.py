"""How far a judge agrees with people: `proctor agreement`.

Labels are JSON lines: what was asked (if anything was), an answer or claim, the passages to hold it against, whether people
say that these bear all of it out, and whether they say that one of them says otherwise; one of these two is enough:

    {"question": "How heavy is it?", "answer": "3 kg", "passages": ["It weighs 3 kg."], "supported": true, "contradicted": false}

A list under ``evidence`` is taken as the sentences of one passage, where empty ones count for nothing. Support and contradiction
are two questions, for what has no support need not be contradicted: each is checked by itself. A judge is put through the very
metric that its verdicts serve (`ragas_metric`, `deepeval_metric`). It says that an answer has support where every
claim has, and that it is contradicted where any passage does. What it could not judge is counted and left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from proctor.core.reading.shown import listed, short, shown
from proctor.core.reading.strict_json import RepeatedKeyError, numbered, parsed
from proctor.core.reading.tally import Tally
from proctor.core.reading.user_files import read_json, read_text
from proctor.core.schema import InputError, Score
from proctor.core.slugs import below, slug
from proctor.core.storage.disk import write_atomically
from proctor.evals.judges.deepeval_metric import contradicted
from proctor.evals.judges.protocols import CONTRADICTION, SUPPORT, Judge
from proctor.evals.judges.ragas_metric import faithfulness
from proctor.evals.judges.samples import Sample
from proctor.evals.stats.intervals import Array, expanded_percentiles, resampled_sums

Flags: TypeAlias = NDArray[np.bool_]

SHIPPED = Path(__file__).with_name("agreement")
"""What is known of the judges that come with Proctor, one file a judge; what a project finds is kept in its own folder."""
AGAIN = "delete it, and run `proctor agreement` again"
ALIASES = {
    "question": ("question", "user_input", "query"),
    "answer": ("answer", "claim", "response"),
    "passages": ("passages", "evidence", "contexts", "retrieved_contexts"),
    "supported": ("supported", "label"),
    "contradicted": ("contradicted",),
}
YES, NO = ("supported", "yes", "true"), ("partially_supported", "not_supported", "unsupported", "no", "false")
UNASKED = "Is this so?"
"""The question to a claim that answers none: ragas wants one."""


class LabelledSample(NamedTuple):
    """One answer, and what people say of it."""

    sample: Sample
    supported: bool | None
    cluster: str
    contradicted: bool | None = None

    def said(self, question: str) -> bool | None:
        """What people say to a question, if they were asked."""
        return self.supported if question == SUPPORT else self.contradicted


@dataclass(frozen=True)
class Agreement:
    """What came of putting a judge before labels. Shares lie between 0 and 1."""

    judge: str
    labels: str
    n: int
    unmeasured: int
    """Labels that the judge came to no verdict on; left out of everything below."""
    base_rate: float
    """Share of yes among people: a judge that always says the commoner thing is right that often, or 1 less it."""
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
    question: str = SUPPORT
    """What the judge was asked: support or contradiction."""


def read_labels(path: Path, tally: Tally | None = None) -> list[LabelledSample]:
    """Labels of a JSON-lines file; ``tally`` is told what became of its lines.

    Raises:
        InputError: unreadable, or lines that are no labels; names each by file, line and field.
    """
    lines = list(numbered(read_text(path, remedy="name a file of labels, one JSON object a line")))
    labels, problems = [], []
    for number, line in lines:
        try:
            labels.append(_label(parsed(line)))
        except RepeatedKeyError as error:
            problems.append(f"{path}:{number}: field '{short(str(error))}': it is there twice; keep one of them")
        except json.JSONDecodeError as error:
            problems.append(f"{path}:{number}: not JSON at column {error.colno}: {error.msg}; write one JSON object on the line")
        except ValueError as error:
            problems.append(f"{path}:{number}: {short(str(error), 400)}; docs/reference/judges.md says how labels are written")
    if problems:
        raise InputError("\n".join(listed(problems)))
    if not asked(labels):
        raise InputError(
            f"{path}: expected both supported and unsupported answers, or both contradicted answers and others; label both"
        )
    _count(path.name, [number for number, _ in lines], labels, tally or Tally())
    return labels


def asked(labels: Sequence[LabelledSample]) -> list[str]:
    """The questions that labels can check a judge's answers to: those that people answered with yes and with no."""
    return [question for question in (SUPPORT, CONTRADICTION) if {True, False} <= {label.said(question) for label in labels}]


def _count(source: str, numbers: Sequence[int], labels: Sequence[LabelledSample], tally: Tally) -> None:
    tally.take(source, len(labels))
    said: dict[tuple[str, Sample], bool | None] = {}
    for number, label in zip(numbers, labels, strict=True):
        if label.sample.question == UNASKED:
            tally.change(source, f"without a question, '{UNASKED}' was put in its place", f"line {number}")
        for question, yes in ((SUPPORT, "supported"), (CONTRADICTION, "contradicted")):
            if said.setdefault((question, label.sample), label.said(question)) != label.said(question):
                told = f"answers that are labelled both {yes} and not: no judge can agree with both"
                tally.note(source, told, f"line {number}")


def _label(row: Mapping[str, Any]) -> LabelledSample:
    if not isinstance(row, Mapping):
        raise ValueError(f"expected a JSON object, not {shown(row)}")  # noqa: TRY004 -- it is the input that is wrong
    found = {name: _given(row, aliases) for name, aliases in ALIASES.items()}
    answer, passages = found["answer"], found["passages"]
    if not isinstance(answer, str) or not answer.strip():
        raise ValueError(f"expected a text as one of {', '.join(ALIASES['answer'])}")
    if isinstance(passages, str):
        passages = [passages]
    if row.get("evidence") is not None and isinstance(passages, list) and all(isinstance(one, str) for one in passages):
        passages = ["\n".join(one for one in passages if one.strip())]
    if not isinstance(passages, list) or not passages or not all(isinstance(one, str) and one.strip() for one in passages):
        raise ValueError(f"expected a text or a list of texts, none of them empty, as one of {', '.join(ALIASES['passages'])}")
    supported, denied = _verdicts(found)
    asked, cluster = found["question"], row.get("cluster")
    for name, value in (("question", asked), ("cluster", cluster)):
        if value is not None and not isinstance(value, str) and type(value) is not int:
            raise ValueError(f"{name}: expected a text, not {shown(value)}")
    cluster = passages[0] if cluster is None else str(cluster)
    return LabelledSample(
        Sample(UNASKED if asked in (None, "") else str(asked), answer, tuple(passages)), supported, cluster, denied
    )


def _verdicts(found: Mapping[str, Any]) -> list[bool | None]:
    """What people say of support and of contradiction, None where they do not; at least one of them is there and can be read."""
    given = [found[name] for name in ("supported", "contradicted")]
    said = [_yes(value) for value in given]
    if given == [None, None] or any(verdict is None and value is not None for verdict, value in zip(said, given, strict=True)):
        names = ", ".join((*ALIASES["supported"], *ALIASES["contradicted"]))
        raise ValueError(f"expected true, false, or one of {', '.join((*YES, *NO))} as one of {names}")
    return said


def _given(row: Mapping[str, Any], aliases: Sequence[str]) -> Any:
    """What is given under one of several names; under two of them it must be the same."""
    values = {alias: row[alias] for alias in aliases if row.get(alias) is not None and row[alias] == row[alias]}  # NaN is not
    first = next(iter(values.values()), None)
    if any(value != first for value in values.values()):
        raise ValueError(f"given more than once, and not alike ({short(', '.join(values))}); keep one of them")
    return first


def _yes(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    return True if text in YES or text in ("1", "1.0") else False if text in NO or text in ("0", "0.0") else None


_SCORES = {SUPPORT: faithfulness, CONTRADICTION: contradicted}


def calibrate(
    judge: Judge, labels: Sequence[LabelledSample], source: str, repeats: int = 1, question: str = SUPPORT
) -> Agreement:
    """Put a judge before labels, with one question; with ``repeats`` of 2 or more it is asked that often."""
    labels = [label for label in labels if label.said(question) is not None]
    samples, measure = [label.sample for label in labels], _SCORES[question]
    scores = measure(judge, samples)
    judged = [(label, score.value) for label, score in zip(labels, scores, strict=True) if score.value is not None]
    if len({label.said(question) for label, _ in judged}) < 2:
        why = next((score.reason for score in scores if score.value is None), "")
        raise InputError(f"{judge.name} judged {len(judged)} of {len(labels)} labels, too few to compare: {why}")
    truth = np.array([label.said(question) for label, _ in judged])
    values = np.array([value for _, value in judged])
    several = [sample for sample in samples if len(sample.passages) > 1]
    backwards = [sample._replace(passages=sample.passages[::-1]) for sample in several]
    again = [_same(question, scores, measure(judge, samples)) for _ in range(repeats - 1)]
    return Agreement(
        judge=judge.name,
        labels=source,
        n=len(judged),
        unmeasured=len(labels) - len(judged),
        base_rate=float(truth.mean()),
        **_figures(truth, values, _says(question, values), [label.cluster for label, _ in judged]),
        same_again=float(np.mean(again)) if again else None,
        same_reversed=_same(question, measure(judge, several), measure(judge, backwards)) if several else None,
        question=question,
    )


def _says(question: str, values: Array) -> Flags:
    """Whether a judge says yes: all claims have support, or any passage contradicts."""
    return values == 1.0 if question == SUPPORT else values > 0.0


def _figures(truth: Flags, values: Array, said: Flags, clusters: Sequence[str]) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, cohen_kappa_score, roc_auc_score

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


def _same(question: str, one: Sequence[Score], other: Sequence[Score]) -> float:
    both = (np.array([np.nan if score.value is None else score.value for score in scores]) for scores in (one, other))
    first, second = (_says(question, values) for values in both)
    return float(np.mean(first == second))


def save(found: Sequence[Agreement], judge: str, folder: Path) -> Path:
    """Keep what was found of one judge, a row for each set of labels and question; replaces what was found before."""
    path = below(folder, f"{slug(judge)}.json")
    rows = {(row.labels, row.question): asdict(row) for row in (*_kept(judge, folder), *found)}
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps([rows[name] for name in sorted(rows)], indent=1) + "\n")
    return path


def load(judge: str, folder: Path) -> list[Agreement]:
    """What is known of a judge: what was found in this project, kept in ``folder``, and otherwise what comes with Proctor.

    Runs and pages show it: what their judge is worth. Nothing if it was never checked.

    Raises:
        InputError: a file in the folder is not one that `save` wrote.
    """
    rows = {(row.labels, row.question): row for place in (SHIPPED, folder) for row in _kept(judge, place)}
    return list(rows.values())


def _kept(judge: str, folder: Path) -> Iterator[Agreement]:
    for path in sorted(folder.glob("*.json")):
        rows = read_json(path, remedy=AGAIN)
        try:
            yield from [Agreement(**row) for row in rows if row["judge"] == judge]
        except (TypeError, KeyError) as error:
            raise InputError(f"{path}: not how far a judge agrees with people ({short(str(error))}); {AGAIN}") from error
