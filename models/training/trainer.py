"""One training path: full fine-tuning and LoRA differ by which weights move, and by nothing else.

Everything that a large model needs (mixed precision, checkpoints, FSDP, DeepSpeed, trackers) is the `Trainer`'s.
"""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from proctor.core import machine, stopping
from proctor.core.schema import InputError
from proctor.core.storage.cache import SCRATCH
from proctor.models.base.base import BaseModel
from proctor.models.systems import System
from proctor.models.training import batches, checkpoints, cost

log = logging.getLogger("proctor")

REPORT = "training.json"
NO_MEMORY = re.compile(r"out of memory|not enough memory|can't allocate memory|failed to allocate", re.IGNORECASE)
DECAY = 1 / 3
"""Power with which the learning rate falls to zero. It stays high for longer than in a straight line, and the loss on the
embedded domain that a line reaches in three epochs is reached in two and a half."""
BETAS = (0.8, 0.95)
"""Adam's memories, shorter than its defaults: a training of a few hundred steps has no time for an average over a thousand.
The second is what large language models are trained with (Touvron et al. 2023)."""


class DefaultHyperparameters(NamedTuple):
    """Defaults for base models of up to ``parameters``."""

    parameters: float
    epochs: float
    full: float
    lora: float


# LoRA's best learning rate is about ten times that of full fine-tuning (Biderman et al. 2024, TMLR). The first row was tried
# on a domain that the embedded one's generator writes with another seed, where three times is enough: above it
# LoRA forgets more than it learns. The others follow common practice.
DEFAULT_HYPERPARAMETERS = (
    DefaultHyperparameters(3e7, 5, 5e-4, 1.5e-3),
    DefaultHyperparameters(1e9, 5, 5e-5, 5e-4),
    DefaultHyperparameters(float("inf"), 3, 1e-5, 2e-4),
)


class Hyperparameters(NamedTuple):
    """What a system trains with, after defaults."""

    epochs: float
    learning_rate: float


def hyperparameters(system: System, base: BaseModel) -> Hyperparameters:
    """The system's own epochs and learning rate, or those for a base model of that size."""
    usual = next(usual for usual in DEFAULT_HYPERPARAMETERS if base.parameters <= usual.parameters)
    rate = usual.full if system.adapt == "full" else usual.lora
    return Hyperparameters(system.epochs or usual.epochs, system.learning_rate or rate)


def check(system: System, base: BaseModel) -> None:
    """InputError if the system cannot be trained on this base model, before anything is loaded."""
    if system.adapt == "full" and base.quantised:
        raise InputError(
            f"system {system.name}: the weights of {base.label} are quantised, and cannot all be trained; "
            "choose systems with LoRA, or the model as it was before"
        )
    if system.adapt == "lora" and system.rank > base.narrowest_layer:
        raise InputError(
            f"system {system.name}: rank = {system.rank} is larger than the narrowest layer of {base.label} "
            f"({base.narrowest_layer}); choose a smaller rank"
        )


class TrainingJob(NamedTuple):
    """Who learns what."""

    system: System
    base: BaseModel
    pairs: Sequence[tuple[str, str]]
    """(prompt, completion) texts."""
    seed: int = 0
    init_from: Path | None = None
    """Weights to begin with, left by a training of the same system; the base's where there are none."""
    together: bool = True
    """Whether examples go through the model in batches; else one by one, to the same updates."""


def train(job: TrainingJob, folder: Path, device: str) -> None:
    """Train, and leave weights and a report in ``folder``; goes on from the checkpoints that a killed training left there.

    They are in a folder `SCRATCH` of it, which is left to whoever takes the result. One is written at the end of each epoch, and
    where the process is told to stop. Going on under the same circumstances comes to the same bits; ``resumed`` in the report
    says that it did go on, and ``resumed_elsewhere`` that it was on another machine.

    The loss is taken on completions only. Weights are saved in the base's own precision (full) or as a peft adapter.

    Raises:
        InputError: there is too little memory, or the training came to nothing: what it leaves are no numbers.
        Stopped: the process was told to stop; the steps so far are kept.
    """
    from transformers import set_seed

    for library in ("datasets", "peft", "transformers.trainer"):
        import_module(library)  # what they take is not the training's

    memory = cost.Memory(device)
    set_seed(job.seed)
    fitted = _fitted(job)
    with _told(job):
        trainer = _trainer(job, fitted.rows, folder / SCRATCH, device)
        checkpoint = checkpoints.newest(folder / SCRATCH, f"{job.system.name} (seed {job.seed})")
        elsewhere = checkpoint is not None and not checkpoints.same_machine(checkpoint)
        meter = cost.ResourceMeter(device, memory)
        trainer.add_callback(_ticking(meter))
        trainer.drawn_from = checkpoints.order(checkpoint)
        with stopping.patiently() as to_stop:
            trainer.add_callback(_keeping(trainer, folder / SCRATCH, to_stop))
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    _check_numbers(job, trainer.model)
    lost = {"prompts_cut": fitted.cut, "examples_left_out": fitted.left_out}
    went_on = {"resumed": checkpoint is not None, "resumed_elsewhere": elsewhere}
    report = meter.read() | lost | went_on | {"device": device} | _report(trainer, job.system.batch_size)
    _save(job.system, job.base, trainer.model, folder)
    (folder / REPORT).write_text(json.dumps(report, indent=1), encoding="utf-8")


def _fitted(job: TrainingJob) -> batches.FittedRows:
    """The examples as rows of tokens. Those that do not fit are counted, and said.

    Raises:
        InputError: none fits.
    """
    fitted, whole, room = (
        batches.fitted(job.base.tokenizer(), job.pairs, job.base.context_length),
        len(job.pairs),
        job.base.context_length,
    )
    name = job.system.name
    if fitted.left_out == whole:
        raise InputError(
            f"training {name}: each of {whole} completions takes more than {room} tokens, the room of {job.base.label}"
        )
    if fitted.left_out:
        log.warning(
            "training %s: %d of %d examples are left out, as their completions alone take more than %d tokens",
            name,
            fitted.left_out,
            whole,
            room,
        )
    if fitted.cut:
        log.warning(
            "training %s: %d of %d prompts lose their beginning, as only their last part fits into %d tokens",
            name,
            fitted.cut,
            whole,
            room,
        )
    return fitted


@contextmanager
def _told(job: TrainingJob) -> Iterator[None]:
    """Too little memory, and a loss that is no number, in words."""
    try:
        yield
    except FloatingPointError as error:
        raise InputError(f"{_who(job)} came to nothing: {error}; {_slower(job)}") from error
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not NO_MEMORY.search(str(error)):
            raise
        raise InputError(
            f"{_who(job)} needs more memory than there is: choose a batch_size below {job.system.batch_size}, "
            "LoRA in place of full fine-tuning, or a smaller base model"
        ) from error


def _check_numbers(job: TrainingJob, model: Any) -> None:
    """InputError if a trained weight is infinite or no number."""
    import torch

    broken = [name for name, weight in model.named_parameters() if weight.requires_grad and not torch.isfinite(weight).all()]
    if broken:
        raise InputError(f"{_who(job)} came to nothing: {broken[0]} holds values that are no numbers; {_slower(job)}")


def _who(job: TrainingJob) -> str:
    return f"training {job.system.name} (seed {job.seed}) on {job.base.label}"


def _slower(job: TrainingJob) -> str:
    return f"choose a learning_rate below {hyperparameters(job.system, job.base).learning_rate:g}"


def _trainer(job: TrainingJob, rows: Any, folder: Path, device: str) -> Any:
    """The library's trainer, with batches of like length, ready to train."""
    from transformers import PrinterCallback, Trainer

    class Pooled(Trainer):  # type: ignore[misc] # transformers ships no types
        """Batches of like length, and a count of the tokens in them."""

        drawn_from: Any = None
        """What the epoch that is gone on with was drawn from."""

        def _get_train_sampler(self, _: Any = None) -> Any:  # of the rows given, which still have their lengths
            self.pools = batches.Pools(self.train_dataset["length"], self.args.train_batch_size, self.drawn_from)
            return self.pools

        def training_step(self, model: Any, inputs: dict[str, Any], *rest: Any) -> Any:
            # Kept in checkpoints; the count of its own waits for the GPU.
            self.state.num_input_tokens_seen += inputs["input_ids"].numel()
            return super().training_step(model, inputs, *rest)

    tokenizer, model = job.base.tokenizer(), _trainable(job, device)
    trainer = Pooled(
        model=model,
        args=_arguments(job, len(rows), folder, device),
        train_dataset=rows,
        data_collator=batches.Collator(tokenizer.pad_token_id, model),
        callbacks=[_progress(job.system.name)],
    )
    trainer.remove_callback(PrinterCallback)  # progress is logged, not printed
    return trainer


def _report(trainer: Any, batch_size: int) -> dict[str, Any]:
    """What was trained, and the operations that it took."""
    import torch

    rows, history = trainer.train_dataset, trainer.state.log_history
    with trainer.compute_loss_context_manager():
        per_token = cost.flops_per_token(trainer.model, _middle_batch(rows, batch_size, trainer.data_collator))
    return {
        "flops": None if isinstance(per_token, str) else per_token * trainer.state.num_input_tokens_seen,
        "uncounted": per_token if isinstance(per_token, str) else "",
        "tokens": trainer.state.num_input_tokens_seen,
        "steps": trainer.state.global_step,
        "examples": len(rows),
        "tokens_per_epoch": sum(row["length"] for row in rows),
        "final_loss": history[-2].get("loss") if len(history) > 1 else None,
        "trained_parameters": sum(p.numel() for p in trainer.model.parameters() if p.requires_grad),
        "machine": machine.facts(),
        "torch": torch.__version__,
    }


def _trainable(job: TrainingJob, device: str) -> Any:
    """The base model with the weights that shall move: all of them, or LoRA matrices on every linear layer."""
    system = job.system
    if system.adapt == "full":
        return job.base.load(device, job.init_from)
    import peft

    model = job.base.load(device)
    if job.init_from:
        return peft.PeftModel.from_pretrained(model, job.init_from, is_trainable=True)
    from transformers.pytorch_utils import Conv1D

    config = peft.LoraConfig(
        r=system.rank,
        lora_alpha=system.alpha,
        target_modules="all-linear",
        fan_in_fan_out=any(isinstance(layer, Conv1D) for layer in model.modules()),  # GPT-2 stores its matrices transposed
        task_type="CAUSAL_LM",
    )
    return peft.get_peft_model(model, config)


def _arguments(job: TrainingJob, examples: int, folder: Path, device: str) -> Any:
    from transformers import TrainingArguments

    system, base = job.system, job.base
    chosen = hyperparameters(system, base)
    steps = chosen.epochs * examples / system.batch_size
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=chosen.epochs,
        learning_rate=chosen.learning_rate,
        per_device_train_batch_size=system.batch_size if job.together else 1,
        gradient_accumulation_steps=1 if job.together else system.batch_size,
        lr_scheduler_type="polynomial",
        lr_scheduler_kwargs={"power": DECAY, "lr_end": 0.0},
        adam_beta1=BETAS[0],
        adam_beta2=BETAS[1],
        warmup_steps=0.05 if steps > 1 else 0,  # of a single step nothing would be left
        weight_decay=0.0,
        logging_strategy="epoch",
        logging_nan_inf_filter=False,  # a loss that is no number must be seen
        save_strategy="epoch",
        report_to="none",
        disable_tqdm=True,
        seed=job.seed,
        use_cpu=device == "cpu",
        bf16=device.startswith("cuda"),
        dataloader_pin_memory=device.startswith("cuda"),
    )


def _progress(name: str) -> Any:
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc] # transformers ships no types
        """Says how far training is, once an epoch."""

        def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
            if logs and "loss" in logs:
                loss, step = float(logs["loss"]), state.global_step
                log.info("training %s: step %d of %d, loss %.3f", name, step, state.max_steps, loss)
                if not math.isfinite(loss):
                    raise FloatingPointError(f"the loss is {loss} at step {step} of {state.max_steps}")

    return Progress()


def _keeping(trainer: Any, folder: Path, to_stop: Callable[[], bool]) -> Any:
    from transformers import TrainerCallback

    class Keeping(TrainerCallback):  # type: ignore[misc] # transformers ships no types
        """Checkpoints that a kill cannot spoil, and one more where the training is to stop, which it then does."""

        stopping = False

        def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> None:
            self.stopping = to_stop()
            if self.stopping:
                control.should_save = control.should_training_stop = True
                self._make_room(state)

        def on_epoch_end(self, _args: Any, state: Any, control: Any, **_: Any) -> None:  # it is saved after that
            if self.stopping:  # it is saved already
                control.should_save = control.should_log = False
            else:
                self._make_room(state)

        def _make_room(self, state: Any) -> None:
            if state.is_world_process_zero:
                checkpoints.make_room(folder)

        def on_save(self, _args: Any, state: Any, *_: Any, **__: Any) -> None:
            if state.is_world_process_zero:
                within = not float(state.epoch).is_integer()
                checkpoints.finish(folder / f"checkpoint-{state.global_step}", trainer.pools.drawn_from if within else None)
            if self.stopping:
                log.warning(
                    "training stops at step %d of %d, which is kept: it goes on from there", state.global_step, state.max_steps
                )

    return Keeping()


def _ticking(meter: cost.ResourceMeter) -> Any:
    from transformers import TrainerCallback

    class Ticking(TrainerCallback):  # type: ignore[misc] # transformers ships no types
        """Has the meter look at counters that start again from zero."""

        def on_step_end(self, *_: Any, **__: Any) -> None:
            meter.tick()

    return Ticking()


def _middle_batch(rows: Any, size: int, collator: Any) -> dict[str, Any]:
    """The batch of the examples of middle length."""
    order = sorted(range(len(rows)), key=rows["length"].__getitem__)
    start = max(0, (len(rows) - size) // 2)
    kept = rows.remove_columns("length")
    made: dict[str, Any] = collator([kept[place] for place in order[start : start + size]])
    return made


def _save(system: System, base: BaseModel, model: Any, folder: Path) -> None:
    import torch

    if system.adapt == "full":
        named = str(base.config.get("dtype") or base.config.get("torch_dtype")).removeprefix("torch.")
        kept = getattr(torch, named, None)
        model = model.to(kept if isinstance(kept, torch.dtype) else torch.float32)
    model.save_pretrained(folder)
