"""Claims with passages, made by rules from data that people wrote; whether the passages support them, and whether they deny them."""

# ruff: noqa: FBT003, S311, E501 -- rows of a table; data, not secrets; patterns on a line

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from proctor.core.language.sentences import sentences
from proctor.core.reading.strict_json import numbered
from proctor.evals.judges.protocols import EntailmentInput
from proctor.suites.instruments import generate
from proctor.suites.judge import edits


class Labelled(NamedTuple):
    """A claim, and what is true of it."""

    kind: str
    pair: EntailmentInput
    supported: bool
    contradicted: bool | None
    """None where the rule that made it does not tell."""
    cluster: str


_WH = re.compile(
    r"^(who|what|which [\w ]+?|when|where|how many [\w ]+?|how much [\w ]+?|how long|how|why|in what \w+|what \w+)\s+(?=(?:is|are|was|were|did|do|does|has|have|had|can|could|will|would)\b|\w+(?:ed|s)\b)",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\b(?:should|recommend\w*|may|might|could|must|need\w*|further|future|warrant\w*|believe|advis\w*|propos\w*|first)\b"
)
"""What a conclusion adds to its abstract: no abstract supports it, so such sentences are left out."""
ABSTRACTS = 400
"""As many as are read: more of them change the weights little, and take long to embed."""
LIKE = 4
"""Abstracts that share most words with a claim: what a search would find beside its own."""
OPENINGS = ("", "", "", "According to the passage, ", "Based on the provided context, ", "The document states that ")
MARKS = ("", "", "", " [1]", " [2, 4]", " [doc-1]")


def answers(path: Path, seed: int = 1) -> Iterator[Labelled]:
    """Answers to the questions of a file in SQuAD's format, as bare values and as sentences, among paragraphs of one article."""
    rng = random.Random(f"answers/{seed}")
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    for article in articles:
        paragraphs = article["paragraphs"]
        for place, paragraph in enumerate(paragraphs):
            others = [other["context"] for other in paragraphs if other is not paragraph]
            for asked in paragraph["qas"]:
                right = asked["answers"][0]["text"]
                wrong = _other_answer(rng, paragraphs, place, right)
                own = rng.random() < 0.85
                shown = (
                    rng.sample([paragraph["context"], *others], rng.randint(1, len(others) + 1))
                    if others
                    else [paragraph["context"]]
                )
                shown = [text for text in shown if text != paragraph["context"]]
                shown = rng.sample([paragraph["context"], *shown], len(shown) + 1) if own or not shown else shown
                own = paragraph["context"] in shown
                style = rng.random()
                for text, good in ((right, True), (wrong, False)):
                    if text is None:
                        continue
                    said = _said(rng, asked["question"], text, style)
                    pair = EntailmentInput(tuple(shown), asked["question"], said)
                    held = good and own
                    yield Labelled(
                        "answers", pair, held, (not good) if own else (False if good else None), article.get("title", "")
                    )


def _other_answer(rng: random.Random, paragraphs: Sequence[dict[str, Any]], place: int, right: str) -> str | None:
    """Another answer of the same look: of the same paragraph, or of another."""
    near = [q["answers"][0]["text"] for q in paragraphs[place]["qas"]]
    far = [q["answers"][0]["text"] for p in paragraphs for q in p["qas"]]
    for pool in (near, far) if rng.random() < 0.6 else (far, near):
        fit = [text for text in pool if _look(text) == _look(right) and text not in right and right not in text]
        if fit:
            return str(rng.choice(fit))
    return None


def _look(text: str) -> tuple[bool, bool]:
    return any(map(str.isdigit, text)), text[:1].isupper()


def _said(rng: random.Random, question: str, value: str, style: float) -> str:
    """A bare value, or the question's words with the value in a sentence."""
    if style < 0.4:
        return value + rng.choice(MARKS)
    rest = _WH.sub("", question.strip().rstrip("?").strip())
    rest = re.sub(r"^(?:is|are|was|were|did|do|does|has|have|had|can|could|will|would)\s+", "", rest)
    if rest == question.strip().rstrip("?").strip():
        said = f"{rest}: {value}"
    elif question.lower().startswith(("who", "what")) and style < 0.8:
        said = f"{value} {rest}"
    else:
        said = f"{rest} {value}"
    opening = rng.choice(OPENINGS)
    return f"{opening}{said if opening else said[0].upper() + said[1:]}{rng.choice(MARKS)}."


def linked(folder: Path, seed: int) -> Iterator[Labelled]:
    """Questions of an embedded suite that take two documents, right and wrong."""
    rng = random.Random(f"linked/{seed}")
    rows = [json.loads(line) for _, line in numbered((folder / "questions.jsonl").read_text(encoding="utf-8"))]
    rows = [row for row in rows if len(row["evidence"]) == 2]
    for row in rows:
        both = tuple(generate.read((folder / "documents" / f"{name}.md").read_text(encoding="utf-8")) for name in row["evidence"])
        right, asked = row["references"][0], row["tags"][1]
        wrong = rng.choice(
            [other["references"][0] for other in rows if other["tags"][1] == asked and other["references"][0] != right]
        )
        for value in (right, wrong):
            yield Labelled(
                "linked",
                EntailmentInput(both, row["question"], value),
                value == right,
                value != right,
                f"{seed}/{row['cluster']}",
            )


def told(path: Path, seed: int = 1) -> Iterator[Labelled]:
    """Two sentences of a paragraph put in other words, among paragraphs of its article: once with their own, once without it."""
    rng = random.Random(f"told/{seed}")
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        texts = [paragraph["context"] for paragraph in article["paragraphs"]]
        for text in texts:
            said = [sentence for sentence in sentences(text) if 6 < len(sentence.split()) < 40]
            others = [other for other in texts if other != text]
            if not others or not said:
                continue
            claims = [_retold(rng, sentence) for sentence in rng.sample(said, min(2, len(said)))]
            for claim in (claims[0], _joined(claims)):
                shown = rng.sample(others, min(len(others), 3))
                for own in (True, False):
                    passages = rng.sample([text, *shown], 1 + len(shown)) if own else shown
                    pair = EntailmentInput(tuple(passages), "Is this so?", claim + rng.choice(MARKS))
                    yield Labelled("told", pair, own, False, article.get("title", ""))


def _retold(rng: random.Random, sentence: str) -> str:
    for way in rng.sample(edits.TRUE, len(edits.TRUE)):
        sentence = way(rng, sentence) or sentence
    return sentence


def _joined(claims: Sequence[str]) -> str:
    return " and ".join([claims[0].rstrip("."), *(claim[0].lower() + claim[1:] for claim in claims[1:])])


def edited(path: Path, seed: int = 1) -> Iterator[Labelled]:
    """Sentences of paragraphs: edited so that they stay true, and so that they do not."""
    rng = random.Random(f"edited/{seed}")
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        texts = [paragraph["context"] for paragraph in article["paragraphs"]]
        for text in texts:
            yield from _edits(rng, text, texts, article.get("title", ""))


def conclusions(path: Path, seed: int = 1) -> Iterator[Labelled]:
    """Sentences of the conclusions of PubMed abstracts before the rest of theirs and like ones, before like ones alone, and edited."""
    rng = random.Random(f"conclusions/{seed}")
    rows = list(json.loads(path.read_text(encoding="utf-8")).items())[:ABSTRACTS]
    sets = [(set(" ".join(row["CONTEXTS"]).lower().split()), row) for _, row in rows]
    for number, (key, row) in enumerate(rows):
        own = tuple(row["CONTEXTS"])
        said = [
            sentence for sentence in sentences(row["LONG_ANSWER"]) if len(sentence.split()) > 6 and not _ADVICE.search(sentence)
        ]
        if not said:
            continue
        sentence = rng.choice(said)
        mine = set(sentence.lower().split())
        like = sorted((other for other in sets if other[1] is not row), key=lambda other: -len(other[0] & mine))[:LIKE]
        others = [text for _, other in like for text in other["CONTEXTS"]]
        shown = rng.sample([*own, *others], len(own) + len(others))
        yield Labelled("conclusions", EntailmentInput(tuple(shown), row["QUESTION"], sentence), True, False, key)
        if number % 2:
            yield Labelled("conclusions", EntailmentInput(tuple(others), row["QUESTION"], sentence), False, False, key)
        else:
            ways = [edits.negated, edits.opposite, edits.renumbered]
            rng.shuffle(ways)
            wrong = next((found for way in ways if (found := way(rng, sentence))), None)
            if wrong:
                yield Labelled("conclusions", EntailmentInput(tuple(shown), row["QUESTION"], wrong), False, True, key)


def _edits(rng: random.Random, text: str, texts: Sequence[str], cluster: str) -> Iterator[Labelled]:
    others = [other for other in texts if other != text]
    shown = tuple(rng.sample([text, *others[:3]], 1 + len(others[:3])))
    said = [sentence for sentence in sentences(text) if 6 < len(sentence.split()) < 40]
    for sentence in rng.sample(said, min(3, len(said))):
        ways = [rng.choice(edits.TRUE), edits.shortened, edits.moved, edits.reworded]
        true = next((found for way in ways if (found := way(rng, sentence))), sentence)
        yield Labelled("true", EntailmentInput(shown, "Is this so?", true), True, False, cluster)
        base = sentence if rng.random() < 0.5 else true
        for kind, way in edits.FALSE.items():
            wrong = way(rng, base)
            if wrong:
                yield Labelled(kind, EntailmentInput(shown, "Is this so?", wrong), False, True, cluster)
        near, far = edits.renamed(rng, base, [text]), edits.renamed(rng, base, others or [text])
        if near:
            yield Labelled("name", EntailmentInput(shown, "Is this so?", near), False, True, cluster)
        if far:
            yield Labelled("name", EntailmentInput(shown, "Is this so?", far), False, True, cluster)
