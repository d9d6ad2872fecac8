"""``python -m suites.judge``: what the embedded judge weighs, learnt anew from files that are given; README.md says how."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from proctor.core.command_line import Parser
from proctor.evals.judges.agreement import read_labels
from proctor.evals.judges.lexical import WEIGHTS
from proctor.evals.judges.protocols import EntailmentInput
from proctor.suites.instruments import generate
from proctor.suites.judge import learn, pairs
from proctor.suites.judge.pairs import Labelled

SEEDS = range(101, 105)
"""Of the embedded domain's generator; the suite's own is another one."""
SOURCES = {
    "answers": "answers to the questions of XQuAD (google-deepmind/xquad, CC BY-SA 4.0), right and wrong",
    "told": "sentences of XQuAD's paragraphs in other words, among paragraphs with and without their own",
    "conclusions": "conclusions of the abstracts of PubMedQA (pubmedqa/pubmedqa, MIT), before their own abstract and another",
    "linked": "questions of the same that take two documents, with right and wrong answers",
    "wice": "WiCE's claims of Wikipedia and sentences that they cite, labelled by people (ryokamoi/wice, CC BY-SA 4.0, ODC-BY)",
    "instruments": f"labels that proctor.suites.instruments.generate writes with the seeds {SEEDS[0]} to {SEEDS[-1]}",
}


def main(words: Sequence[str] | None = None) -> int:
    """Learn, show what it is worth on what was left out, and write the weights."""
    arguments = _parser().parse_args(words)
    fitted = learn.look(
        [
            *pairs.answers(arguments.xquad),
            *pairs.told(arguments.xquad),
            *pairs.conclusions(arguments.pubmedqa),
            *instruments(),
            *labelled(arguments.wice, "wice"),
        ]
    )
    others = [*pairs.edited(arguments.xquad), *(row for path in arguments.held_out for row in labelled(path))]
    print(*learn.table(fitted, others), sep="\n")
    learnt = {"learnt from": SOURCES, **{name: found._asdict() for name, found in learn.weights(fitted).items()}}
    arguments.to.write_text(json.dumps(learnt, indent=1) + "\n", encoding="utf-8")
    print("written to", arguments.to)
    return 0


def instruments() -> list[Labelled]:
    """Labels of the embedded domain as other seeds make it."""
    found = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            generate.write(Path(folder), seed)
            found += labelled(Path(folder) / "labels.jsonl", "instruments", f"{seed}/")
            found += pairs.linked(Path(folder), seed)
    return found


def labelled(path: Path, kind: str = "", place: str = "") -> list[Labelled]:
    """The labels of a file on support; ``kind`` is the file's name where none is given."""
    return [
        Labelled(
            kind or path.stem,
            EntailmentInput(row.sample.passages, row.sample.question, row.sample.answer),
            supported=row.supported,
            contradicted=row.contradicted,
            cluster=f"{place}{row.cluster}",
        )
        for row in read_labels(path)
        if row.supported is not None
    ]


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m proctor.suites.judge", description="Learn what the embedded judge weighs.")
    parser.add_argument("--xquad", type=Path, required=True, metavar="FILE", help="xquad.en.json")
    parser.add_argument("--pubmedqa", type=Path, required=True, metavar="FILE", help="ori_pqal.json")
    parser.add_argument("--wice", type=Path, required=True, metavar="FILE", help="claim/dev.jsonl of its oracle_chunks")
    parser.add_argument(
        "--held-out",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="labels to show it on, and not to learn from (repeatable)",
    )
    parser.add_argument(
        "--to", type=Path, default=WEIGHTS, metavar="FILE", help="where the weights go (default: evals/judges/lexical.json)"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
