"""What a model is asked when it drafts. Each task has examples, which models without instruction tuning need."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

UNKNOWN = "unknown"
"""What a right answer says where the documents do not tell."""
BIKE = (
    "A city bike costs 14 euros a day and a cargo bike costs 32 euros a day. The deposit is 50 euros for any bike. "
    "A helmet is free with every hire."
)
DESK = "What is left in the shop is kept for six weeks in the blue cupboard. Keys are handed to the harbour office."

ANSWERABLE = (
    "Draft a question for an exam about the documents of an organisation. The question is answered by the passage alone, and "
    "whoever is asked does not see the passage: name what it is about, and never speak of a passage or text. The answer is as "
    "short as possible. The evidence is one sentence of the passage that holds the answer, copied letter by letter. Write in the "
    "language of the passage. Reply with one JSON object and nothing else."
)
UNANSWERABLE = (
    "Draft a question for an exam about the documents of an organisation. Somebody who reads the passage could well ask it, but "
    "the passage does not tell the answer. Whoever is asked does not see the passage: name what it is about, and never speak "
    "of a passage or text. Write in the language of the passage. Reply with one JSON object and nothing else."
)
ANSWERING = f'Answer with a few words from the passages alone. Answer "{UNKNOWN}" if they do not tell.'

INSTRUCTION = f'Answer with a few words. Answer "{UNKNOWN}" if you do not know.'
"""What a drafted suite puts before every question."""

QUESTION = "What does a cargo bike cost for a day?"
SHOWN: dict[str, list[tuple[str, dict[str, str]]]] = {
    ANSWERABLE: [
        (BIKE, {"question": QUESTION, "answer": "32 euros", "evidence": BIKE.partition(" The deposit")[0]}),
        (
            DESK,
            {
                "question": "Who is given keys that were found in the shop?",
                "answer": "the harbour office",
                "evidence": "Keys are handed to the harbour office.",
            },
        ),
    ],
    UNANSWERABLE: [
        (BIKE, {"question": "How many gears does a cargo bike of the hire shop have?"}),
        (DESK, {"question": "What does it cost to have lost property of the shop sent home?"}),
    ],
}
FIELDS = {ANSWERABLE: ("question", "answer", "evidence"), UNANSWERABLE: ("question",)}
"""Task -> the fields of a reply."""


def instruction(task: str) -> str:
    """What stands before every passage of a task."""
    shown = [f"Question: {asked(text)}\nAnswer: {_reply(reply)}" for text, reply in SHOWN.get(task, ())]
    return "\n\n".join([task, *shown])


def asked(passage: str, title: str = "", before: Sequence[str] = ()) -> str:
    """What is asked about one passage; ``before`` are questions that were drafted from it already."""
    head = f"Passage of {title}:" if title else "Passage:"
    others = f"\nAsk something else than: {' '.join(before)}" if before else ""
    return f"{head} {' '.join(passage.split())}{others}\nDraft as JSON."


def examples_of(task: str) -> list[str]:
    """The questions of the examples: a draft that repeats one of them is none."""
    return [reply["question"] for _, reply in SHOWN[task]]


def _reply(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)
