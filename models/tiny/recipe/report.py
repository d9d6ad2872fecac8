"""Measure the embedded model on held-out text: `python -m models.tiny.recipe.report [MODEL]`.

Every name and value in these questions is one that training text cannot hold (`values.is_held_out`). An
answer counts when greedy decoding gives exactly it and then stops, at the end token or a line break.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import log_softmax
from transformers import AutoModelForCausalLM, AutoTokenizer

from proctor.models.tiny.recipe import exercises, general
from proctor.models.tiny.recipe.exercises import Exercise
from proctor.models.tiny.recipe.reading import UNKNOWN
from proctor.models.tiny.recipe.values import HeldOut

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

BATCH = 25


@dataclass(frozen=True)
class Case:
    """A prompt and what should follow; `place` tells which article holds the answer."""

    prompt: str
    answer: str
    place: int = 0


class Reader:
    """Model and tokenizer, and what they make of prompts."""

    def __init__(self, path: Path) -> None:
        self.words: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(path)
        self.model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
        self.stops = {self.words.eos_token_id, self.words.encode("\n", add_special_tokens=False)[0]}

    @torch.inference_mode()
    def scores(self, prompts: list[str], answers: list[str]) -> Iterator[tuple[torch.Tensor, list[int]]]:
        """Log-probabilities where the answer is read off (one more row than it has tokens), and its tokens."""
        heads = [self.words.encode(p) for p in prompts]
        tails = [self.words.encode(a, add_special_tokens=False) for a in answers]
        size = max(len(h) + len(t) for h, t in zip(heads, tails, strict=True))
        grid = torch.tensor([h + t + [0] * (size - len(h) - len(t)) for h, t in zip(heads, tails, strict=True)])
        logits = self.model(input_ids=grid).logits
        for row, head, tail in zip(logits, heads, tails, strict=True):
            yield log_softmax(row[len(head) - 1 : len(head) + len(tail)], dim=-1), tail

    def exact(self, cases: list[Case]) -> list[bool]:
        """Whether greedy decoding says each answer and stops."""
        out = []
        for at in range(0, len(cases), BATCH):
            part = cases[at : at + BATCH]
            for scores, tail in self.scores([c.prompt for c in part], [f" {c.answer}" for c in part]):
                best = scores.argmax(-1).tolist()
                out.append(best[:-1] == tail and best[-1] in self.stops)
        return out

    def chooses(self, item: general.Item) -> bool:
        """Whether the right choice is the likeliest continuation."""
        scored = self.scores([item.query] * len(item.choices), list(item.choices))
        sums = [float(s[range(len(t)), t].sum()) for s, t in scored]
        return sums.index(max(sums)) == item.gold


Make = Callable[[HeldOut], Exercise]


def cases(make: Make, kind: str, count: int, seed: str) -> list[Case]:
    """Questions of one kind, one per exercise."""
    rng = HeldOut(seed)
    out: list[Case] = []
    while len(out) < count:
        exercise = make(rng)
        question = next((q for q in exercise.questions if q.kind == kind), None)
        if question:
            out.append(Case(exercise.prompt(question), question.answer, _place(exercise, question.answer)))
    return out


def _place(exercise: Exercise, answer: str) -> int:
    held = [i for i, a in enumerate(exercise.articles) if any(f.value == answer for f in a.facts)]
    return held[0] if held else 0


def near(size: int, asked: int = 8) -> Make:
    """Exercises over articles that are near misses of each other."""
    return lambda rng: exercises.reading(rng, size, asked, 1.0)


def hops(rng: HeldOut) -> Exercise:
    """Exercises that take two of three articles to answer."""
    return exercises.hop(rng, 3, 3)


def closed(rng: HeldOut) -> Exercise:
    """Exercises with nothing to read."""
    return exercises.closed_book(rng)


def report(reader: Reader, count: int) -> Iterator[tuple[str, float, int]]:
    """Rows of the table: what, its share, and of how many."""
    yield "reads one article", *_share(reader, cases(near(1), "read", count, "one"))
    three = cases(near(3), "read", count, "three")
    right = reader.exact(three)
    yield "reads three articles", sum(right) / count, count
    for place in range(3):
        hits = [r for r, c in zip(right, three, strict=True) if c.place == place]
        yield f"  answer in article {place + 1}", sum(hits) / len(hits), len(hits)
    refused = reader.exact([Case(c.prompt, UNKNOWN) for c in three])
    yield "  says unknown all the same", sum(refused) / count, count
    yield "reads five articles", *_share(reader, cases(near(5), "read", count, "five"))
    yield "joins two articles", *_share(reader, cases(hops, "hop", count, "hop"))
    yield "names the article", *_share(reader, cases(near(3), "cite", count, "cite"))
    yield "unknown: no such thing", *_share(reader, cases(near(3), "no-thing", count, "thing"))
    yield "unknown: attribute missing", *_share(reader, cases(near(3), "no-attribute", count, "attribute"))
    yield "unknown: nothing to read", *_share(reader, cases(closed, "no-thing", count, "closed"))
    for family, make in general.FAMILIES.items():
        rng = HeldOut(family)
        yield f"chooses: {family}", sum(reader.chooses(make(rng)) for _ in range(count)) / count, count


def _share(reader: Reader, asked: list[Case]) -> tuple[float, int]:
    return sum(reader.exact(asked)) / len(asked), len(asked)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?", default=Path(__file__).parents[1])
    parser.add_argument("--count", type=int, default=300)
    options = parser.parse_args()
    for what, share, n in report(Reader(options.model), options.count):
        print(f"{what:30} {share:.3f}  (n={n})", flush=True)


if __name__ == "__main__":
    main()
