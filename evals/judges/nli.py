"""A natural-language-inference classifier as judge: whether a passage entails a claim or contradicts it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from proctor.core import hub
from proctor.core.code import code_of
from proctor.core.language.sentences import claims, plain
from proctor.core.schema import InputError
from proctor.core.storage.cache import digest
from proctor.core.storage.disk import file_digest
from proctor.evals.judges.protocols import EntailmentInput, JudgeError

VERSION = "2"
BATCH = 16
STRIDE = 32
"""Tokens by which the windows of a premise too long for the model overlap."""
FILES = ("*.json", "*.safetensors", "*.txt", "*.model")


class NliJudge:
    """Entailment by a sequence classifier whose labels are called entailment and contradiction.

    A claim that is a sentence is the hypothesis as it stands; a bare value is put after its question. A premise longer
    than the model can read is read in windows: it supports if any window does.
    """

    def __init__(self, model: str) -> None:
        self.model, _, self.revision = (model, "", "") if Path(model).exists() else model.partition("@")

    @cached_property
    def name(self) -> str:
        """The model's name and a hash of its files, so that another model in the same folder is another judge."""
        files = sorted(path for pattern in FILES for path in self._folder.glob(pattern))
        content = digest([(path.name, file_digest(path)) for path in files])
        return f"nli:{Path(self.model).name if Path(self.model).exists() else self.model}#{content[:12]}-{VERSION}"

    @cached_property
    def version(self) -> str:
        """Name, code, and what runs the model."""
        return ":".join([self.name, code_of(__name__), *map(installed, ("torch", "transformers"))])

    def claims(self, question: str, answer: str) -> list[str]:
        """The answer's sentences, without courtesies and marks; a bare value is made one with its question."""
        return [_hypothesis(question, claim) for claim in claims(answer)]

    def supports(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """For each pair, whether any window of the passages entails the claim."""
        return ["entailment" in found for found in self._relations(pairs)]

    def contradicts(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """For each pair, whether a window contradicts the answer and none entails it."""
        stated = [pair._replace(text=_hypothesis(pair.question, plain(pair.text))) for pair in pairs]
        return ["contradiction" in found and "entailment" not in found for found in self._relations(stated)]

    def _relations(self, pairs: Sequence[EntailmentInput]) -> list[set[str]]:
        """For each pair, the relations that its windows have to the hypothesis."""
        try:
            return self._classified(pairs)
        except (InputError, JudgeError):
            raise
        except Exception as error:  # neither tokenizers nor torch raises anything narrower
            raise JudgeError(f"{self.model}: {type(error).__name__}: {error}") from error

    def _classified(self, pairs: Sequence[EntailmentInput]) -> list[set[str]]:
        found: list[set[str]] = [set() for _ in pairs]
        strides = self._strides(pairs)
        for stride in sorted(set(strides), reverse=True):
            places = [place for place, one in enumerate(strides) if one == stride]
            for place, relations in zip(places, self._read([pairs[place] for place in places], stride), strict=True):
                found[place] = relations
        return found

    def _strides(self, pairs: Sequence[EntailmentInput]) -> list[int]:
        """For each pair, the tokens by which its windows overlap: fewer where the claim leaves little room for a premise."""
        if not pairs:
            return []
        claims = self._tokenizer([pair.text for pair in pairs], add_special_tokens=False, verbose=False)["input_ids"]
        around = self._tokenizer.num_special_tokens_to_add(pair=True)
        rooms = [self._max_length - around - len(claim) for claim in claims]
        if min(rooms) < 1:
            raise JudgeError(
                f"{self.model}: the model reads {self._max_length} tokens, and a claim leaves none of them to a passage"
            )
        return [min(STRIDE, room // 2) for room in rooms]

    def _read(self, pairs: Sequence[EntailmentInput], stride: int) -> list[set[str]]:
        windows = self._tokenizer(
            ["\n".join(pair.passages) for pair in pairs],
            [pair.text for pair in pairs],
            truncation="only_first",
            max_length=self._max_length,
            stride=stride,
            return_overflowing_tokens=True,
        )
        owners = windows.pop("overflow_to_sample_mapping")
        found: list[set[str]] = [set() for _ in pairs]
        for start in range(0, len(owners), BATCH):
            part = {key: value[start : start + BATCH] for key, value in windows.items()}
            for owner, label in zip(owners[start : start + BATCH], self._labels(part), strict=True):
                found[owner].add(label)
        return found

    def _labels(self, windows: dict[str, Any]) -> list[str]:
        import torch

        batch = self._tokenizer.pad(windows, return_tensors="pt").to(self._classifier.device)
        with torch.inference_mode():
            best = self._classifier(**batch).logits.argmax(dim=-1).tolist()
        return [self._meaning[number] for number in best]

    @cached_property
    def _meaning(self) -> dict[int, str]:
        """Number of a class -> its lower-case label."""
        labels = {int(number): str(label).lower() for number, label in self._classifier.config.id2label.items()}
        if not {"entailment", "contradiction"} <= set(labels.values()):
            raise InputError(f"{self.model} is no NLI model: its labels are {', '.join(labels.values())}")
        return labels

    @cached_property
    def _max_length(self) -> int:
        """Tokens that the model can read; some tokenizers know no limit, so the configuration is asked too."""
        positions = getattr(self._classifier.config, "max_position_embeddings", 512)
        return int(min(self._tokenizer.model_max_length, max(16, positions - 2)))

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self._folder, local_files_only=True, trust_remote_code=False)

    @cached_property
    def _classifier(self) -> Any:
        import torch
        from transformers import AutoModelForSequenceClassification

        try:
            model = AutoModelForSequenceClassification.from_pretrained(
                self._folder, use_safetensors=True, local_files_only=True, trust_remote_code=False
            )
        except OSError as error:
            raise InputError(f"{self.model} cannot be loaded as a judge: {error}") from error
        return model.eval().to("cuda" if torch.cuda.is_available() else "cpu")

    @cached_property
    def _folder(self) -> Path:
        """Where the model's files are: the folder named, or the hub's copy, downloaded if it is not there yet."""
        if Path(self.model).is_dir():
            return Path(self.model)
        return hub.fetched("the judge", self.model, FILES, revision=self.revision)


def _hypothesis(question: str, text: str) -> str:
    """A sentence as it stands; a bare value (few words, no full stop) after its question."""
    return text if text.rstrip().endswith((".", "!", "?")) and len(text.split()) > 3 else f"{question} {text}"
