"""A small suite to start one's own from: complete, commented, and about a bicycle shop that does not exist."""

from __future__ import annotations

from proctor.suites.writing.draft import json_lines

SETTINGS = """\
# A suite is this folder: what may be learnt, what is asked, and what is demanded.
#
#   documents/        what the answers are in: text files, in folders if you like. A document's id is its path without
#                     the suffix; its title is its first heading. Both can be set in a front matter (prices.md does).
#   train.jsonl       training examples, one JSON object a line: prompt, completion and, if known, the documents that
#                     hold the answer (evidence). Leave the file out, and so are systems that need it.
#   questions.jsonl   the test: question, references (all right answers; [] where the documents do not hold the answer),
#                     evidence, tags, cluster (questions that belong together). Nobody trains on these: a question that
#                     is also in train.jsonl is refused.
#   revisions.jsonl   documents that change, with the questions whose answers change with them. Leave it out if yours
#                     do not.
#
# Check it after every change:   proctor validate {folder}
# Examine the systems on it:     pytest -m domain --suite {folder}

name = "{name}"
title = "Quayside Cycles: front desk"

# Put before every question, for every system alike.
instruction = 'Answer with a few words. Answer "unknown" if you do not know.'

# What the model should not forget: folders of lm-eval tasks, or names of lm-eval's own, such as "hellaswag".
# "general" are the tasks that come with Proctor, which need no network.
general = ["general"]

# Texts that count as declining to answer.
abstain = ["unknown", "i don't know"]

# The metric of accuracy that leads. Systems that answer in sentences are seldom right word for word.
# headline = "accuracy.contains"

# A house format, if answers have one; the group `answer` is what is compared with the references.
# [style]
# pattern = '(?P<answer>.+) \\(Quayside\\)'

# Demands in words, each a metric of its own, for a judge that chats (--judge openai:MODEL).
# [rubrics]
# polite = "The answer is polite."

# What a system must reach. A threshold fails only where the whole 95 % interval is on its wrong side.
[thresholds]
# "accuracy.exact" = {{ rag = 0.8, hybrid = 0.8 }}
"""

DOCUMENTS = {
    "opening-hours.md": """\
# Opening hours

Quayside Cycles is open from Tuesday to Saturday. The shop opens at 9:30 and closes at 18:00.
On Saturday the workshop closes at 13:00. The shop is closed on public holidays.
""",
    "prices.md": """\
---
id: prices
title: Hire prices
---
A city bike costs 14 euros a day and a cargo bike costs 32 euros a day. The deposit is 50 euros for any bike.
A helmet is free with every hire. Children under 12 ride for half the price.
""",
    "workshop/service.md": """\
# The workshop

A small service takes one hour and costs 39 euros. A large service takes two days and costs 95 euros.
The head mechanic is Ilse Brandt. Spare parts are ordered on Monday.
""",
    "lost-property.txt": """\
What is left in the shop is kept for six weeks in the blue cupboard. Keys are handed to the harbour office.
""",
}

TRAINING = [
    ("When does the shop open in the morning?", "9:30", ["opening-hours"]),
    ("Until when is the shop open?", "18:00", ["opening-hours"]),
    ("How much is a city bike for a day?", "14 euros", ["prices"]),
    ("What does a day with a cargo bike cost?", "32 euros", ["prices"]),
    ("What deposit do I have to leave?", "50 euros", ["prices"]),
    ("Who is the head mechanic?", "Ilse Brandt", ["workshop/service"]),
    ("How long is lost property kept?", "six weeks", ["lost-property"]),
    ("How many gears does a cargo bike have?", "unknown", []),
]

QUESTIONS = [
    ("opens", "At what time do you open?", ["9:30", "half past nine"], ["opening-hours"], []),
    ("cargo-day", "What do I pay for one day with a cargo bike?", ["32 euros", "32"], ["prices"], []),
    ("mechanic", "What is the name of your head mechanic?", ["Ilse Brandt"], ["workshop/service"], []),
    ("keys", "Where do keys end up that somebody lost?", ["harbour office", "the harbour office"], ["lost-property"], []),
    (
        "deposit-and-service",
        "Which is more, the deposit for a bike or a small service?",
        ["the deposit", "deposit"],
        ["prices", "workshop/service"],
        ["two documents"],
    ),
    ("insurance", "Which company insures the bikes?", [], [], ["unanswerable"]),
]

REVISIONS = [
    {
        "document": "prices",
        "text": DOCUMENTS["prices.md"].rpartition("---\n")[2].strip().replace("32 euros", "36 euros"),
        "questions": [
            {
                "id": "cargo-day-now",
                "question": "What is the price of a cargo bike for a day?",
                "references": ["36 euros", "36"],
                "outdated": ["32 euros", "32"],
            },
        ],
        "examples": [{"prompt": "What does a day with a cargo bike cost?", "completion": "36 euros"}],
    },
]


def starter(name: str, folder: str) -> dict[str, str]:
    """The files of a suite to start from."""
    examples = ({"prompt": prompt, "completion": answer, "evidence": evidence} for prompt, answer, evidence in TRAINING)
    fields = ("id", "question", "references", "evidence", "tags")
    rows = (dict(zip(fields, row, strict=True)) for row in QUESTIONS)
    questions = (row | {"cluster": row["evidence"][0]} if row["evidence"] else row for row in rows)  # those of one document
    return {
        "suite.toml": SETTINGS.format(name=name, folder=folder),
        **{f"documents/{path}": text for path, text in DOCUMENTS.items()},
        "train.jsonl": json_lines(examples),
        "questions.jsonl": json_lines(questions),
        "revisions.jsonl": json_lines(REVISIONS),
    }
