"""What a system cost to build, and what must be kept of it: from the reports that training and indexing leave."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from proctor.core.counts import counted
from proctor.core.storage import manifest
from proctor.models import circumstances
from proctor.models.base import files
from proctor.models.retrieval import search
from proctor.models.retrieval.existing import FILLED
from proctor.models.training import trainer
from proctor.models.training.finished import ELSEWHERE

UNTRAINED = "the system is not trained"
UNKNOWN = f"{ELSEWHERE}, and no training.json of proctor export beside them says what that took"
FOUND = "its store held the vectors already: these are the seconds without sending them"
INTERRUPTED = "the training was interrupted and went on later"
TOLD = ("flops", "uncounted", "seconds", "peak_bytes", "energy_joules", "resumed")
"""What of a training's report says what it took."""
NEEDLESS = (manifest.NAME, trainer.REPORT, search.REPORT, circumstances.FILE, "README.md")
"""Files of an entry that nobody needs to serve it."""


def costs(
    adapted: Path | None,
    index: Path | None,
    base: Path | None,
    finished: Sequence[Path] | None = None,
    price: float | None = None,
) -> dict[str, float | str]:
    """By the names of `evals.axes.cost`: a number, or the reason why there is none. Of what was not done, nothing was spent.

    ``train_caution``, ``energy_caution`` and ``index_caution`` say why seconds and joules may not be those of this machine, and
    nothing where they are.
    ``base`` is the model that it answers with, as it came or under an adapter; None where its own weights take that one's place.
    ``price``: of a million tokens that are embedded, where they are paid for.
    ``finished``: the files of weights that were trained elsewhere. What that took is known where Proctor exported them; else
    ``trained_elsewhere`` says so.
    """
    weights = _size(adapted) if finished is None else sum(path.stat().st_size for path in finished)
    own, shared = weights + _size(index), _needed(base)
    trained = circumstances.caution(adapted, "trained") if adapted else ""
    return {
        **(_elsewhere(adapted) if adapted and finished else _here(adapted)),
        "artifact_bytes": own,
        "artifacts": float(sum(folder is not None for folder in (adapted, index))),
        "models": float(base is None),
        "shared_bytes": shared,
        "bytes@10": shared + 10 * own,
        "train_caution": trained,
        "energy_caution": f"{trained}; the counter is the whole machine's" if trained else "",
        **of_index(index, price),
    }


def of_index(index: Path | None, price: float | None = None) -> dict[str, float | str]:
    """Of a system whose model is not kept here: what its index took, if it has one.

    ``index_tokens`` and ``index_money`` are there where its embedder is paid by the token, and says how many.
    """
    if index is None:
        return {"index_bytes": 0, "index_seconds": 0.0, "index_caution": ""}
    report = search.report(index)
    if report.get("existing"):
        return {"index_bytes": FILLED, "index_seconds": FILLED, "index_caution": ""}
    found: dict[str, float | str] = {
        "index_bytes": _size(index),
        "index_seconds": float(report["seconds"]),
        "index_caution": "; ".join(filter(None, _index_cautions(index, report))),
    }
    if "tokens" in report:
        found["index_tokens"] = float(report["tokens"])
        found |= {} if price is None else {"index_money": report["tokens"] * price / 1_000_000}
    return found


def _index_cautions(index: Path, report: Mapping[str, Any]) -> Iterator[str]:
    yield FOUND if report.get("found") else circumstances.caution(index, "indexed")
    if earlier := report.get("kept", 0):
        yield f"{earlier:,} of {counted(report['vectors'], 'vector')} were kept from an earlier run"


def _here(adapted: Path | None) -> dict[str, float | str]:
    return _training(_report(adapted / trainer.REPORT)) if adapted else _no_training()


def _elsewhere(adapted: Path) -> dict[str, float | str]:
    """What a training elsewhere took, where the folder has the report of an export of Proctor's."""
    try:
        return _training(_report(adapted / trainer.REPORT))
    except (OSError, ValueError, KeyError, TypeError):
        return dict.fromkeys(("train_flops", "train_seconds", "peak_bytes", "energy_joules", "trained_elsewhere"), UNKNOWN)


def _no_training() -> dict[str, float | str]:
    return {"train_flops": 0.0, "train_seconds": 0.0, "peak_bytes": UNTRAINED, "energy_joules": UNTRAINED}


def _training(report: dict[str, Any]) -> dict[str, float | str]:
    def measured(name: str, otherwise: str) -> float | str:
        if report["resumed"]:
            return INTERRUPTED
        return otherwise if report[name] is None else float(report[name])

    return {
        "train_flops": report["uncounted"] if report["flops"] is None else float(report["flops"]),
        "train_seconds": measured("seconds", ""),
        "peak_bytes": measured("peak_bytes", "nothing on this machine tells the most memory that a process took"),
        "energy_joules": measured("energy_joules", "no energy counter on this machine can be read"),
    }


def _report(path: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return parsed


def _size(folder: Path | None) -> int:
    """Bytes of an entry's files, as far as they are needed to answer."""
    if folder is None:
        return 0
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name not in NEEDLESS)


def _needed(base: Path | None) -> int:
    """Bytes of a base model's weights, settings and tokenizer."""
    return files.size(base) if base else 0
