"""Whether a candidate's row may be compared with the others': a stamp, or the reasons why not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from proctor.core.code import code_of
from proctor.core.language.text import holds, normalise, signs
from proctor.core.schema import Example, Question
from proctor.core.storage.cache import digest
from proctor.models.base.base import EMBEDDED
from proctor.models.candidates.external import External
from proctor.models.candidates.local import LocalCandidate
from proctor.models.training.trainer import hyperparameters

STRANGE = "the embedded base model knows little but the embedded suite: take --base-model for figures that mean something"
ELSEWHERE = "it was built elsewhere, from data that is not known and may include the test questions"
ALIKE = 95
"""Similarity, of 100, from which a training prompt is a test question with a slip of the pen: two letters of forty."""


def verdict(
    candidate: LocalCandidate, questions: Sequence[Question] = (), judge: str = "", *, own_suite: bool = False, facts: bool = True
) -> bool | list[str]:
    """``True``, or what a reader must know before comparing this system with one that learns by other means.

    ``own_suite`` says that the suite did not come with Proctor, ``facts`` that answers are facts out of the documents, which
    training has to hold as well.
    """
    strange = [STRANGE] if own_suite and candidate.base.folder == EMBEDDED.resolve() else []
    unseen = _documents_not_trained_on(candidate) if facts else []
    return [*strange, *_reasons(candidate, questions), *unseen, *_kinship(candidate.base_model, judge)] or True


def of_external(candidate: External, judge: str = "") -> list[str]:
    """What a reader must know before comparing a system that Proctor did not build with others."""
    model = (candidate.system.endpoint or "").removeprefix("openai:").partition("@")[0]
    return [ELSEWHERE, *(_kinship(model, judge) if model else [])]


def _kinship(base_model: str, judge: str) -> list[str]:
    """A judge prefers what its own kind writes (Panickssery et al. 2024, NeurIPS)."""
    members = judge.removeprefix("panel:").split("+") if judge.startswith("panel:") else [judge]
    return [
        f"the judge, {kind}:{model}, is of the family of its model ({_family(model)}) and may favour what it writes"
        for kind, _, model in (member.partition(":") for member in members)
        if model and _family(model) == _family(base_model)
    ]


def _family(model: str) -> str:
    """The letters that a model's name begins with: qwen of Qwen/Qwen3-0.6B@main."""
    named = re.match(r"[a-z]*", model.partition("@")[0].rpartition("/")[2].casefold())
    return named.group() if named else ""


def _reasons(candidate: LocalCandidate, questions: Sequence[Question]) -> list[str]:
    reasons = []
    if candidate.system.weights:
        reasons.append("its weights were trained elsewhere, on data that is not known and may include the test questions")
    if candidate.system.trains and (known := _leaked_once(candidate, questions)):
        named = ", ".join(known[:3]) + (", ..." if len(known) > 3 else "")
        reasons.append(f"training shows {len(known)} of {len(questions)} test questions almost word for word ({named})")
    if candidate.system.trains and candidate.retrieves and not candidate.system.trains_with_passages:
        reasons.append("it reads passages and was trained without any")
    if candidate.system.trains and (own := candidate.system.epochs) and own < (usual := _usual_epochs(candidate)):
        reasons.append(f"training showed it each example {own:g} times, and {usual:g} times is usual for its base model (epochs)")
    return [*reasons, *_lost(candidate.training())]


def _lost(training: Mapping[str, Any]) -> Iterator[str]:
    """What of its examples the model has no room for."""
    whole = training.get("examples", 0) + training.get("examples_left_out", 0)
    if left := training.get("examples_left_out", 0):
        yield f"{left} of {whole} training examples were left out, as the model has no room for their completions"
    if cut := training.get("prompts_cut", 0):
        yield f"{cut} of {whole} training prompts lost their beginning, as the model has no room for more"


def _usual_epochs(candidate: LocalCandidate) -> float:
    return hyperparameters(replace(candidate.system, epochs=None), candidate.base).epochs


def _leaked_once(candidate: LocalCandidate, questions: Sequence[Question]) -> list[str]:
    """Comparing each with each is done once for the same examples and questions."""
    examples = candidate.domain.examples
    asked = digest([[vars(example) for example in examples], [(q.id, q.text, q.references) for q in questions], code_of(leaked)])
    found: list[str] = candidate.runtime.cache.json("leaks", asked, lambda: list(leaked(examples, questions)))
    return found


def leaked(examples: Sequence[Example], questions: Sequence[Question]) -> Iterator[str]:
    """Ids of questions that some training prompt puts in all but the same letters, numbers and symbols, and answers.

    What merely asks for another thing in the same words ("How heavy is the Orbis?") is no leak, so the answer has to be there.
    """
    from rapidfuzz import fuzz, process

    asked = [question for question in questions if question.references]
    texts = [normalise(question.text) for question in asked]
    prompts = [normalise(example.prompt) for example in examples]
    alike = process.cdist(texts, prompts, scorer=fuzz.ratio, score_cutoff=ALIKE, dtype="uint8", workers=-1)
    for question, row in zip(asked, alike, strict=True):
        if any(_same(question, examples[place]) for place in row.nonzero()[0]):
            yield question.id


def _same(question: Question, example: Example) -> bool:
    if signs(question.text) != signs(example.prompt):
        return False
    return any(holds(example.completion, reference) for reference in question.references)


def _documents_not_trained_on(candidate: LocalCandidate) -> list[str]:
    documents, examples = candidate.domain.documents, candidate.domain.examples
    taught = {name for example in examples for name in example.evidence}
    unseen = sum(document.id not in taught for document in documents)
    if not candidate.system.trains or not unseen:
        return []
    return [f"{unseen} of {len(documents)} documents have no training example: the index holds facts that training does not"]
