"""Where the evidence of each question was lost, as a run tells it of one system: see `evals.axes.losses`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proctor.core.schema import InputError
from proctor.evals.axes import losses
from proctor.evals.axes.losses import Piece
from proctor.leaderboard.runs.store import AGAIN, Run


@dataclass(frozen=True)
class LostQuestion:
    """A question with what became of its evidence."""

    question: str
    cluster: str
    cause: str
    pieces: tuple[Piece, ...]

    def recall(self, k: int) -> float:
        """The share of its evidence that stands among the first k passages."""
        return sum(piece.rank is not None and piece.rank <= k for piece in self.pieces) / len(self.pieces)


@dataclass(frozen=True)
class Lost:
    """All questions of one system that name evidence, and of whose answers the passages are known."""

    searched: bool
    """Whether passages were looked up beyond those that were shown."""
    looked: int
    """Passages that were looked up for a question; where none could be, the most that were shown."""
    top_k: int
    why: str
    """Why none were looked up, where they should have been."""
    questions: tuple[LostQuestion, ...]


def lost(run: Run, suite: str, base_model: str, system: str, seed: int) -> Lost | None:
    """What a run tells of a system; None where it tells nothing.

    Raises:
        InputError: the file is damaged.
    """
    path = run.kept_file(suite, base_model, system, seed, losses.FOLDER, losses.FILE)
    if not path.is_file():
        return None
    try:
        return _parsed(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path} is damaged: {_why(error)}; {AGAIN}") from error


def _parsed(data: Mapping[str, Any]) -> Lost:
    if data["format"] != losses.FORMAT:
        raise ValueError(f"format {data['format']!r} is not {losses.FORMAT}")
    questions = tuple(_question(row) for row in data["questions"])
    return Lost(bool(data["searched"]), int(data["looked"]), int(data["top_k"]), str(data["why"]), questions)


def _question(row: Mapping[str, Any]) -> LostQuestion:
    pieces = tuple(Piece(**piece) for piece in row["pieces"])
    texts = [row["question"], row["cluster"], *(text for piece in pieces for text in (piece.document, piece.text))]
    if not pieces or not all(isinstance(text, str) for text in texts):
        raise ValueError("a question has an id, a cluster and pieces of evidence, all of them texts")
    if unknown := {row["cause"], *(piece.cause for piece in pieces)} - losses.CAUSES.keys():
        raise ValueError(f"{min(map(str, unknown))!r} is none of {', '.join(losses.CAUSES)}")
    if not all(piece.rank is None or (type(piece.rank) is int and piece.rank > 0) for piece in pieces):
        raise ValueError("a rank is a whole number from 1")
    return LostQuestion(row["question"], row["cluster"], row["cause"], pieces)


def _why(error: Exception) -> str:
    return f"it has no field {error}" if isinstance(error, KeyError) else str(error)
