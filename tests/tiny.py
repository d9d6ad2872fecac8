"""Random models of a few thousand weights with a real tokenizer, saved to disk, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

TEXT = "the a of is in what where how long warranty years kg kestrel falcon orbis turin 0 1 2 3 4 5 6 7 8 9 . , ? ! yes no"


CHAT_TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "initializer_range": 0.5,  # so that two seeds differ in what they prefer
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
SHAPES: dict[str, dict[str, Any]] = {
    "GPT2Config": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512, "bos_token_id": 1, "eos_token_id": 2},
    "Gemma2Config": SHAPE | {"head_dim": 8},
    "Gemma3TextConfig": SHAPE | {"head_dim": 8},
    "Qwen3Config": SHAPE | {"head_dim": 8},
    "RwkvConfig": {"hidden_size": 32, "num_hidden_layers": 2, "attention_hidden_size": 32, "bos_token_id": 1, "eos_token_id": 2},
}


def tokenizer(*, pairs: bool = False, chat: bool = False, template: str = "", added: Sequence[str] = (), frame: str = "") -> Any:
    """Words and their letters: every text can be read, and read back.

    ``template``: a chat template; ``added``: marks of it that are one token; ``frame``: what is put around each text, "<s> $A".
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    marks = ["<pad>", "<s>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=marks, initial_alphabet=alphabet, show_progress=False)
    inner.train_from_iterator([TEXT], trainer)
    known = dict(zip(("pad_token", "bos_token", "eos_token"), marks, strict=True))
    if pairs:
        known |= dict(zip(("unk_token", "cls_token", "sep_token"), marks, strict=True))
        ends = [("<s>", 1), ("</s>", 2)]
        inner.post_processor = processors.TemplateProcessing("<s> $A </s>", "<s> $A </s> $B:1 </s>:1", special_tokens=ends)
    if frame:
        inner.post_processor = processors.TemplateProcessing(single=frame, special_tokens=[("<s>", 1), ("</s>", 2)])
    made = PreTrainedTokenizerFast(tokenizer_object=inner, chat_template=template or (CHAT_TEMPLATE if chat else None), **known)
    made.add_tokens(list(added), special_tokens=True)
    return made


def causal_lm(folder: Path, seed: int = 0, family: str = "LlamaConfig", *, chat: bool = False, template: str = "") -> Path:
    """A model of a configuration class of transformers."""
    import torch
    import transformers

    torch.manual_seed(seed)
    text = tokenizer(chat=chat, template=template)
    config = getattr(transformers, family)(vocab_size=len(text), **SHAPES.get(family, SHAPE))
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    text.save_pretrained(folder)
    return folder


def nli(folder: Path, labels: tuple[str, ...] = ("ENTAILMENT", "neutral", "contradiction"), *, safe: bool = True) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    text = tokenizer(pairs=True)
    config = BertConfig(
        vocab_size=len(text),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=66,
        initializer_range=0.8,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    model = BertForSequenceClassification(config)
    model.save_pretrained(folder)
    if not safe:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
    text.save_pretrained(folder)
    return folder


def fatal(candidate: Any, poison: list[int]) -> None:
    """Have the candidate's model, which stays in memory, run out of room at whatever holds those tokens."""
    with candidate.model_and_tokenizer() as (model, _):
        plain = model.forward

        def forward(input_ids: Any, **rest: Any) -> Any:
            if any(poison == row[i : i + len(poison)] for row in input_ids.tolist() for i in range(len(row))):
                raise MemoryError("no room")
            return plain(input_ids=input_ids, **rest)

        model.forward = forward


def embedder(folder: Path, seed: int = 0, reads: int = 24, **settings: Any) -> Path:
    """A sentence-transformers model that reads so many tokens of a text. ``settings`` are those of `SentenceTransformer`."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel

    torch.manual_seed(seed)
    text = tokenizer(pairs=True)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    model = BertModel(BertConfig(vocab_size=len(text), max_position_embeddings=66, initializer_range=0.8, **sizes))
    model.save_pretrained(folder / "bert")
    text.save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert"), max_seq_length=reads), Pooling(16)]
    SentenceTransformer(modules=modules, device="cpu", **settings).save(str(folder / "embedder"))
    return folder / "embedder"
