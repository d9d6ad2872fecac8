"""What a run would train, index and ask, and about how long that takes on this machine, without loading a model."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import pytest

from proctor import dry_calls, dry_embedding
from proctor.core.counts import counted
from proctor.core.schema import Question
from proctor.evals.axes import latency
from proctor.evals.axes.conditions import ASKED
from proctor.evals.exam import NOTHING, Axis, EvalContext, Exam, Workload
from proctor.models.base.base import BaseModel
from proctor.models.candidates.asking import rounds
from proctor.models.candidates.endpoint import Endpoint
from proctor.models.candidates.external import External
from proctor.models.candidates.local import LocalCandidate
from proctor.models.prompts import prompts
from proctor.models.training import trainer
from proctor.plan import ExamCell, Plan

CHARACTERS_PER_TOKEN = 3.5
EFFICIENCY = 0.25
"""Share of a plain matrix product's speed that training and generation reach (measured with the embedded model)."""
WIDTH = ("hidden_size", "n_embd", "d_model")
"""What configurations call the length of a token's vector."""
START_SECONDS = 15.0
"""Importing torch, transformers, ragas, deepeval and lm-eval, once."""

SAID = "\ndry run: nothing was trained or asked, and what was done before would not be done again\n"


class Work(NamedTuple):
    """One candidate's part of a run."""

    suite: str
    candidate: str
    train_tokens: int
    missing: int
    questions: int
    timed: int
    """Questions asked once more to time them; such answers are not kept."""
    seconds: float


class DryRunPart(NamedTuple):
    """One candidate's part of what was asked for."""

    suite: str
    candidate: LocalCandidate
    questions: Sequence[Question]
    workloads: Sequence[Workload] = ()
    """Of the axes that it is examined on."""
    timed: int = 0
    """Questions that it is asked to time it, in each of the ways in which it is timed."""


def estimate(plan: Plan, items: Sequence[pytest.Item]) -> str:
    """Of the tests that were collected, as text."""
    axes: dict[int, list[Axis | None]] = {}
    for item in items:
        if isinstance(item, pytest.Function) and "proctor_cell" in item.fixturenames:
            cell: Any = item.callspec.params["proctor_cell"]
            axes.setdefault(id(cell), []).append(getattr(item.obj, "axis", None))
    asked = [(cell, axes[id(cell)]) for cell in plan.cells if id(cell) in axes]
    parts = [
        DryRunPart(
            cell.suite.name,
            cell.candidate,
            plan.evaluation(cell).questions,
            [_workload(axis, plan.evaluation(cell)) for axis in found],
            _timed(cell.candidate, list(filter(None, found)), plan.evaluation(cell)),
        )
        for cell, found in asked
        if isinstance(cell.candidate, LocalCandidate)
    ]
    elsewhere = [
        dry_calls.calls(
            cell.suite.name, cell.candidate, plan.evaluation(cell), list(filter(None, found)), again=plan.option.refresh
        )
        for cell, found in asked
        if isinstance(cell.candidate, External)
    ]
    embedded = [
        dry_embedding.planned(cell.suite.name, cell.candidate, plan.evaluation(cell).questions)
        for cell, _ in asked
        if isinstance(cell.candidate, LocalCandidate | Endpoint)
    ]
    reaches = "".join(f"{line}\n" for line in _reaches(plan, [cell for cell, _ in asked]))
    return f"{SAID}{table(parts)}{dry_calls.table(elsewhere)}{dry_embedding.table(embedded)}{reaches}"


def _reaches(plan: Plan, asked: Sequence[ExamCell]) -> Iterator[str]:
    """What each suite can show with the questions that would be asked of it."""
    from proctor.suites.loading.reach import summary  # it loads numpy

    limited = {cell.suite.name: replace(cell.suite, questions=tuple(plan.evaluation(cell).questions)) for cell in asked}
    yield from (f"{name}: {summary(suite)} (proctor validate says more)" for name, suite in limited.items())


def _workload(axis: Axis | None, evaluation: EvalContext) -> Workload:
    """What an axis asks for, beyond what a candidate is trained on and asked anyway, and was not asked before."""
    if axis is None or axis.workload == NOTHING or Exam(evaluation, lambda _: None).taken(axis):
        return NOTHING
    return axis.workload


def _timed(candidate: LocalCandidate, axes: Sequence[Axis], evaluation: EvalContext) -> int:
    """Questions of all rounds in which it is timed, those that warm it up included; none where that was done before."""
    new = any(axis.timed and not Exam(evaluation, lambda _: None).taken(axis) for axis in axes)
    return len(candidate.ways) * len(rounds.asked(latency.asked(evaluation))) if new else 0


def table(parts: Sequence[DryRunPart]) -> str:
    """The estimate as text: a line for each part, then the sum. Answers and trainings that are kept cost nothing."""
    if not parts:
        return ""
    rows: list[Work] = []
    built: set[str] = set()
    for part in parts:
        rows.append(_work(part, built))
        built.add(part.candidate.weights_version)
    lines = [f"{row.suite:<16}{row.candidate:<24}{_training(row):<28}{_asking(row):<40}{_time(row.seconds):>10}" for row in rows]
    total = sum(row.seconds for row in rows)
    whole = total + (START_SECONDS if total else 0)
    lines += [f"{'loading the libraries':<84}{_time(START_SECONDS):>10}"] if total else []
    ends = "judging and the general tasks of trained systems come on top"
    return "\n".join(
        [
            *dict.fromkeys(f"{part.suite} on {part.candidate.base_model}: {part.candidate.limits}" for part in parts),
            *lines,
            f"about {_time(whole)} on this machine if it is otherwise idle; {ends}",
            "",
        ]
    )


def _training(row: Work) -> str:
    return f"train on {row.train_tokens:,} tokens" if row.train_tokens else "nothing to train"


def _asking(row: Work) -> str:
    timed = f", {row.timed} more to time it" if row.timed else ""
    return f"{row.missing} of {counted(row.questions, 'question')}{timed}"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _work(part: DryRunPart, built: set[str]) -> Work:
    candidate, questions = part.candidate, part.questions
    missing = candidate.unanswered(questions)
    trained = candidate.weights_version in built or candidate.trained
    trainings = (0 if trained else 1) + sum(workload.trainings for workload in part.workloads)
    tokens = round(trainings * _train_tokens(candidate)) if candidate.system.trains else 0
    further = _further(part)
    lengths = [_prompt_tokens(candidate, question.text) + candidate.room for question in questions]
    count = len(missing) + further + part.timed
    read, table = _read_by(candidate.base)
    asked = count * (read * sum(lengths) / max(1, len(lengths)) + table * candidate.room)
    flops = tokens * read * (6 if candidate.system.adapt == "full" else 4) + 2 * asked
    name = f"{candidate.name} on {candidate.base_model}"
    seconds = flops / (EFFICIENCY * matrix_flops())
    return Work(part.suite, name, tokens, len(missing) + further, len(questions) + further, part.timed, seconds)


def _read_by(base: BaseModel) -> tuple[int, int]:
    """Parameters that each token of a prompt is multiplied with, and those of the output layer, for tokens that are written.

    Tables of tokens are looked up in and not multiplied: with a vocabulary of many languages they are most of a small model.
    """
    config = base.config.get("text_config") or base.config
    width = next((int(config[name]) for name in WIDTH if isinstance(config.get(name), int)), 0)
    table = base.vocabulary * width
    tables = table * (2 if config.get("tie_word_embeddings") is False else 1)
    return max(base.active_parameters - tables, base.active_parameters // 10), table


def _further(part: DryRunPart) -> int:
    """Questions asked beside the suite's own, and not before. Axes ask ``ASKED`` of them at a time, if there are so many."""
    candidate, share = part.candidate, min(1.0, len(part.questions) / ASKED)
    readings = sum(workload.readings for workload in part.workloads) if candidate.retrieves else 0
    others = sum(workload.questions for workload in part.workloads) if candidate.system.trains else 0
    return max(0, round(share * readings) - (candidate.readings_kept if readings else 0)) + others


def _train_tokens(candidate: LocalCandidate) -> float:
    epochs = trainer.hyperparameters(candidate.system, candidate.base).epochs
    return epochs * sum(_tokens(pair) for pair in _pairs(candidate))


def _pairs(candidate: LocalCandidate) -> Iterator[str]:
    shown = "x" * _passage_characters(candidate) if candidate.system.trains_with_passages else ""
    for example in candidate.domain.examples:
        yield shown + prompts.prompt(candidate.domain.instruction, example.prompt) + example.completion


def _prompt_tokens(candidate: LocalCandidate, question: str) -> float:
    return _tokens(prompts.prompt(candidate.domain.instruction, question)) + _passage_characters(candidate) / CHARACTERS_PER_TOKEN


def _passage_characters(candidate: LocalCandidate) -> int:
    """Characters of retrieved text in a prompt, going by the average document."""
    if not candidate.retrieves:
        return 0
    documents, system = candidate.domain.documents, candidate.system
    shown = system.search.shows(system.chunk_chars)
    average = sum(min(len(document.text), shown) for document in documents) / max(1, len(documents))
    return round(system.top_k * average)


def _tokens(text: str) -> float:
    return len(text) / CHARACTERS_PER_TOKEN


@lru_cache(maxsize=1)
def matrix_flops() -> float:
    """Floating-point operations a second of a matrix product on this machine's CPU: the best of three.

    By the time that this thread computed: on a busy machine others interrupt every product, and by the clock the estimate would
    be another one each time.
    """
    import numpy as np

    side = 768
    matrix = np.ones((side, side), dtype="float32")
    best = min(_seconds(matrix) for _ in range(3))
    return 2.0 * side**3 / best


def _seconds(matrix: object) -> float:
    started = time.thread_time()
    matrix @ matrix  # type: ignore[operator] # timed, not used
    return time.thread_time() - started
