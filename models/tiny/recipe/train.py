"""Rebuild the embedded model: `python -m models.tiny.recipe.train`, from nothing or from where it stopped.

Weights and activations are bfloat16, which is what makes a CPU fast enough; the optimisers keep and update
float32 copies. Muon turns the matrices, AdamW the embedding and the norms. The rate is held, then falls to
zero over a long last part: that is where reading improves most.
"""

from __future__ import annotations

import argparse
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from transformers import GenerationConfig, LlamaForCausalLM
from transformers.utils import logging

from proctor.models.tiny.recipe import structure, tokenizer
from proctor.models.tiny.recipe.batches import Batch, Packer

HOME = Path(__file__).parents[1]
RATE, WARM_UP, HOLD = 3e-3, 40, 0.35
HINT = 0.5  # weight of what one head is taught, beside the loss of the text
SAVE_EVERY = 120.0  # seconds


@dataclass(frozen=True)
class Plan:
    """How long to train: a number of steps, or of minutes where the machine is shared and slow."""

    steps: int
    minutes: float | None
    seed: int

    def progress(self, step: int, seconds: float) -> float:
        """How much of the plan is done, from 0 to 1."""
        return min(1.0, seconds / 60 / self.minutes if self.minutes else step / self.steps)


def parts(progress: float) -> int:
    """Batches of 4096 tokens in one update: more of them late, when the gradient is mostly noise."""
    return 1 if progress < 0.4 else 2


def rate(step: int, progress: float) -> float:
    """Learning rate: a short rise, a plateau, a long fall to zero."""
    fall = min(1.0, (1 - progress) / (1 - HOLD))
    return RATE * min(1.0, (step + 1) / WARM_UP) * fall


class Trainer:
    """Model, float32 copies of its weights, and the two optimisers that move those."""

    def __init__(self, vocabulary: int, seed: int) -> None:
        self.model = LlamaForCausalLM(structure.config(vocabulary, tokenizer.CONTEXT))
        self.model.set_attn_implementation("eager")  # measured: faster than SDPA's backward on CPU
        structure.prepare(self.model, seed)
        self.masters = [p.detach().clone() for p in self.model.parameters()]
        self.model.to(torch.bfloat16)
        names = [name for name, _ in self.model.named_parameters()]
        is_matrix = [m.ndim == 2 and "embed" not in n for m, n in zip(self.masters, names, strict=True)]
        matrices = [m for m, yes in zip(self.masters, is_matrix, strict=True) if yes]
        others = [m for m, yes in zip(self.masters, is_matrix, strict=True) if not yes]
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=RATE, momentum=0.95, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=RATE, betas=(0.9, 0.95), weight_decay=0.0),
        ]

    def step(self, batches: list[Batch], rate: float) -> float:
        """One update from the mean over the batches."""
        total = 0.0
        for batch in batches:
            loss = self.loss(batch) / len(batches)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        for master, weight in zip(self.masters, self.model.parameters(), strict=True):
            master.grad, weight.grad = weight.grad.float(), None
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
        self.publish()
        return total

    def loss(self, batch: Batch) -> torch.Tensor:
        """Weighted mean of what each token costs, and what the taught heads cost that look elsewhere."""
        out = self.model(
            input_ids=batch.tokens,
            attention_mask=batch.mask,
            position_ids=batch.positions,
            use_cache=False,
            output_attentions=True,
        )
        weights = batch.weights[:, 1:].flatten()
        logits = out.logits[:, :-1].float().flatten(0, 1)
        each = cross_entropy(logits, batch.tokens[:, 1:].flatten(), reduction="none")
        text = (each * weights).sum() / weights.sum()
        heads = {"gather": structure.GATHER, "point": structure.POINT}
        return text + HINT * sum(astray(out.attentions[at][:, head], batch.looks[n]) for n, (at, head) in heads.items())

    @torch.no_grad()
    def publish(self) -> None:
        """Copy the float32 weights into the model."""
        for master, weight in zip(self.masters, self.model.parameters(), strict=True):
            weight.copy_(master)

    def save(self, path: Path, **counters: float) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {"masters": self.masters, "optimisers": [o.state_dict() for o in self.optimisers], **counters}
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def load(self, path: Path) -> dict[str, float]:
        """Go on from a checkpoint; what it counted."""
        state = torch.load(path, weights_only=True)
        for master, saved in zip(self.masters, state.pop("masters"), strict=True):
            master.copy_(saved)
        for optimiser, saved in zip(self.optimisers, state.pop("optimisers"), strict=True):
            optimiser.load_state_dict(saved)
        self.publish()
        return dict(state)


def astray(attention: torch.Tensor, looks: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Mean negative log of the attention (rows, length, length) that falls where it should; 0 if nothing is taught."""
    rows, queries, targets = looks
    if not len(rows):
        return torch.zeros(())
    found = (attention[rows, queries].float() * targets).sum(-1)
    return -(found + 1e-4).log().mean()


def run(plan: Plan, work: Path) -> None:
    """Train to the end of the plan, leaving a checkpoint and a loadable model in `work` every few minutes."""
    words = _tokenizer(work)
    trainer, packer = Trainer(words.get_vocab_size(), plan.seed), Packer(words, plan.seed)
    checkpoint = work / "checkpoint.pt"
    done = trainer.load(checkpoint) if checkpoint.exists() else {}
    step, tokens, before = int(done.get("step", 0)), int(done.get("tokens", 0)), done.get("seconds", 0.0)
    start = saved = time.monotonic()
    seconds = before
    while (progress := plan.progress(step, seconds)) < 1:
        batches = packer.batches(step, progress, parts(progress))
        loss = trainer.step(batches, rate(step, progress))
        step, tokens = step + 1, tokens + sum(int((b.weights > 0).sum()) for b in batches)
        seconds = before + time.monotonic() - start
        if step % 20 == 0:
            print(f"step {step} {progress:.3f} loss {loss:.3f} {tokens / 1e6:.2f} M tokens {seconds:.0f} s", flush=True)
        if time.monotonic() - saved > SAVE_EVERY:
            saved = time.monotonic()
            trainer.save(checkpoint, step=step, tokens=tokens, seconds=seconds)
            export(trainer.model, words, work / "model")
    export(trainer.model, words, work / "model")


def _tokenizer(work: Path) -> Tokenizer:
    path = work / "tokenizer.json"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        tokenizer.train().save(str(path))
    return Tokenizer.from_file(str(path))


def export(model: LlamaForCausalLM, words: Tokenizer, folder: Path) -> None:
    """Write what `from_pretrained` reads."""
    model.generation_config = GenerationConfig(pad_token_id=0, bos_token_id=1, eos_token_id=2)
    model.save_pretrained(folder)
    tokenizer.save(words, folder)


def main() -> None:
    """Train, and put the result where it is used."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--minutes", type=float, help="train this long instead of a number of steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("build/tiny"), help="checkpoints; continued when there")
    parser.add_argument("--out", type=Path, default=HOME, help="where the finished model goes")
    options = parser.parse_args()
    logging.disable_progress_bar()
    run(Plan(options.steps, options.minutes, options.seed), options.work)
    shutil.copytree(options.work / "model", options.out, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
