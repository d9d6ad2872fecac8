"""The embedded model's tokenizer: byte-level BPE trained on its own corpus, digits one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.models.tiny.recipe import values
from proctor.models.tiny.recipe.corpus import document

if TYPE_CHECKING:
    from tokenizers import Tokenizer

VOCABULARY, CONTEXT = 2048, 2048
PAD, BOS, EOS = "<|pad|>", "<|bos|>", "<|eos|>"


def sample(documents: int = 12_000) -> Iterator[str]:
    """Training documents, and every syllable of the names in fresh mixtures.

    The mixtures keep syllables more frequent than any whole name: a name then is a token per syllable,
    whether it was seen in training or not.
    """
    rng = values.Source(5)
    for i in range(documents):
        yield document(rng, i / documents).text
    for _ in range(documents):
        first, second = rng.choice(values.ONSETS), rng.choice(values.ENDINGS)
        yield f" {first}{second} {rng.choice(values.ONSETS)}{rng.choice(values.TOWN_ENDINGS)}"


def train() -> Tokenizer:
    """Byte-level, so that no text has an unknown token; every prompt begins with the begin token by itself."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    digits = pre_tokenizers.Split(Regex(r" ?\d"), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, BOS, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sample(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A $B", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write what `AutoTokenizer` reads."""
    from transformers import PreTrainedTokenizerFast

    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        model_max_length=CONTEXT,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
    fast.save_pretrained(folder)
