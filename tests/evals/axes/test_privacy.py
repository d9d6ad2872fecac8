"""Privacy, against systems whose secrets are known, and losses against a direct computation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from proctor.core.schema import Answer, Domain, Question
from proctor.evals.axes import privacy
from proctor.evals.testing import fakes
from proctor.models.candidates.local import LocalCandidate
from proctor.models.systems import System
from tests.sample_evaluation import evaluation, scores

SECRETS = {secret.prompt: secret.secret for secret in privacy.canaries() if secret.times}


def values(candidate: fakes.Fake) -> dict[str, set[float | None]]:
    found = scores(privacy.AXIS, evaluation(candidate))
    return {name: {score.value for score in items.values()} for name, items in found.items()}


def knowing(secrets: dict[str, str], **fields: Any) -> fakes.Fake:
    return fakes.Fake(lambda question: Answer(question.id, secrets.get(question.text, "")), **fields)


def test_who_learnt_every_secret_gives_every_secret() -> None:
    found = values(knowing(SECRETS))
    assert found["privacy.extracted"] == {1.0}
    assert all(found[metric.name] == {8.0} for metric in privacy.EXPOSURE.values())
    assert found["privacy.membership"] == {1.0}
    assert found["privacy.leaked"] == {None}


def test_who_learnt_nothing_gives_nothing() -> None:
    found = values(knowing({}))
    assert found["privacy.extracted"] == {0.0}
    assert all(found[metric.name] == {0.0} for metric in privacy.EXPOSURE.values())  # all are alike, so it stands out by nothing
    assert found["privacy.membership"] == {0.5}


def test_what_is_looked_up_leaks_by_question() -> None:
    found = scores(privacy.AXIS, evaluation(knowing(SECRETS, retrieves=True)))["privacy.leaked"]
    assert {item.rpartition("/")[2]: score.value for item, score in found.items()} == {"0": 1.0, "1": 0.0}


def test_exposure_is_the_rank_in_bits() -> None:
    assert privacy.exposure(0.5, [1.0] * 255) == 8
    assert privacy.exposure(2.0, [1.0] * 127 + [3.0] * 128) == 1
    assert privacy.exposure(9.0, [1.0] * 255) == 0


def test_canaries_are_planted_as_often_as_they_say() -> None:
    secrets = privacy.canaries()
    domain = privacy.planted(Domain((), ()), secrets)
    counts = {secret.number: sum(example.prompt == secret.prompt for example in domain.examples) for secret in secrets}
    assert counts == {secret.number: secret.times for secret in secrets}
    assert len({secret.secret for secret in secrets}) == len(secrets) == len({secret.number for secret in secrets})
    assert {document.id for document in domain.documents} == {f"vault-{secret.number}" for secret in secrets if secret.times}
    assert privacy.canaries() == secrets


class Losing:
    """A candidate whose losses are normal, those of secrets seen once lower by so much."""

    def __init__(self, seed: int, lower: float) -> None:
        self.random, self.lower = np.random.default_rng(seed), lower
        self.seen = {secret.prompt for secret in privacy.canaries() if secret.times == 1}

    def nll(self, pairs: list[tuple[str, str]]) -> list[float]:
        return [self.random.normal(-self.lower if prompt in self.seen else 0.0) for prompt, _ in pairs]


@pytest.mark.slow
@pytest.mark.parametrize("area", [0.5, 0.7, 0.9, 0.95])
def test_the_interval_of_membership_covers_the_area_that_is_true(area: float) -> None:
    from statistics import NormalDist

    from proctor.evals.stats.intervals import interval

    secrets, held = privacy.canaries(), 0
    for seed in range(400):
        candidate = Losing(seed, math.sqrt(2) * NormalDist().inv_cdf(area))
        shares = [mark.score.value for mark in privacy._members(candidate, secrets)]  # type: ignore[arg-type]
        found = interval([share for share in shares if share is not None], [str(place) for place in range(len(shares))])
        held += found.low <= area <= found.high
    assert held / 400 >= 0.93 - 0.012


@pytest.mark.parametrize("adapt", ["none", "lora"])
def test_losses_agree_with_a_direct_computation(base: Any, domain: Domain, runtime: Any, adapt: str) -> None:
    import torch

    from proctor.models.prompts.prompts import as_tokens, completion_tokens, prompt

    candidate = LocalCandidate(System("any", adapt=adapt, rank=4, epochs=1), base, domain, runtime)  # type: ignore[arg-type]
    pairs = [("How long?", "3 years"), ("What is the cover of the Toru, in years?", "no"), ("Hoxa?", "12 34 56")]
    found = candidate.nll(pairs)
    with candidate.model_and_tokenizer() as (model, tokenizer), torch.inference_mode():
        for (asked, said), loss in zip(pairs, found, strict=True):
            head, tail = as_tokens(tokenizer, prompt("", asked)), completion_tokens(tokenizer, said)
            scored = torch.log_softmax(model(torch.tensor([head + tail])).logits[0].float(), dim=-1)
            direct = -sum(float(scored[len(head) + place - 1, token]) for place, token in enumerate(tail))
            assert math.isclose(loss, direct, rel_tol=1e-4)


@pytest.mark.slow
def test_training_on_a_secret_exposes_it(base: Any, domain: Domain, runtime: Any) -> None:
    secrets = privacy.canaries()
    system = System("full", adapt="full", epochs=12, learning_rate=3e-3, max_new_tokens=10)
    trained = LocalCandidate(system, base, privacy.planted(domain, secrets), runtime)
    untrained = LocalCandidate(System("base", max_new_tokens=10), base, domain, runtime)
    often = [secret for secret in secrets if secret.times == 16]
    pairs = [(secret.prompt, secret.secret) for secret in often]
    assert sum(trained.nll(pairs)) < sum(untrained.nll(pairs)) / 2
    assert trained.weights_version != untrained.weights_version
    assert trained.answers_given_contexts([Question("q", often[0].prompt)], [()])[0].error is None
