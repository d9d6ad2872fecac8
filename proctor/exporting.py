"""The weights of a system as a folder that transformers and peft load, with a model card that says how it scored."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from proctor.core.redaction import redact
from proctor.core.schema import InputError
from proctor.core.storage import errors, manifest
from proctor.evals.axes.catalogue import headlines, words
from proctor.evals.headline import of_run
from proctor.leaderboard.board.board import board
from proctor.leaderboard.board.cells import Result, bounds, of_cell
from proctor.leaderboard.formatting import SPACE
from proctor.leaderboard.markdown import escaped, in_cell
from proctor.models.candidates import costs
from proctor.models.candidates.local import LocalCandidate
from proctor.models.prompts import prompts
from proctor.models.training import trainer
from proctor.models.training.weights import Weights
from proctor.rebuilt import Rebuilt

CARD = "README.md"
MARK = "<!-- written by proctor export -->"
"""What the model card holds of a folder that may be written anew."""
WEIGHTS = ("*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json", "adapter_config.json")
"""Of the files of a training those that others load; what else lies there is Proctor's own."""
TASK = "text-generation"
NAMED = "model"
"""Stands in an example for the folder of the export."""


def export(asked: Rebuilt, folder: Path) -> None:
    """Write weights, tokenizer and card; trains first, if the cache does not hold the weights.

    Raises:
        InputError: the system is not trained, or the run examined other weights than these; or something is in the folder
            that no export wrote or that was changed since.
    """
    check(asked, folder)
    trained_now = not asked.built.trained
    with errors.told("cannot write into", folder, "name another folder"):
        errors.probe(folder.parent)
    weights = _weights(asked.built)
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        with errors.told("cannot write into", folder, "name another folder"):
            beside.mkdir(parents=True)
            _copy(asked, weights, beside)
            (beside / CARD).write_text(card(asked, again=trained_now), encoding="utf-8", newline="\n")
            manifest.write(beside)
            if folder.exists():
                check_free(folder)
                shutil.rmtree(folder)
            beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check(asked: Rebuilt, folder: Path) -> None:
    """Refuse before any work what cannot be exported; see `export`."""
    candidate = asked.built
    if not candidate.system.adapts:
        raise InputError(
            f"system {candidate.name} is not trained: its weights are those of {asked.base_name}, and there is nothing to export"
        )
    if candidate.system.weights:
        raise InputError(
            f"system {candidate.name}: its weights were trained elsewhere ({candidate.system.weights}): copy them from there"
        )
    if not asked.same_weights:
        why = "; ".join(asked.differences) or "its training would differ"
        raise InputError(
            f"{asked}: these would be other weights than those that the run examined, and its figures not theirs ({why}); "
            "take the exam again, and export from that run"
        )
    check_free(folder)


def check_free(folder: Path) -> None:
    """InputError unless the folder is new, empty, or as an export left it."""
    if folder.is_symlink():
        raise InputError(f"{folder}: a link; name the folder itself")
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    card_file = folder / CARD
    ours = card_file.is_file() and MARK in card_file.read_text(encoding="utf-8", errors="replace")
    hidden = [path.name for path in folder.rglob(".*")] if ours else []
    changed = (manifest.damage(folder) + [f"{name} is not listed" for name in hidden]) if ours else [f"no {CARD} of an export"]
    if changed:
        said = "; ".join(changed[:3])
        raise InputError(f"{folder}: it holds what no export wrote, and that would be lost ({said}); name a new folder")


def _weights(candidate: LocalCandidate) -> Path:
    """Where its trained weights are kept; trains them, if they are not there."""
    found = Weights(candidate.system, candidate.base, candidate.domain, candidate.runtime, candidate.seed).folder()
    if found is None:
        raise InputError(f"system {candidate.name} is not trained")
    return found


def _copy(asked: Rebuilt, weights: Path, beside: Path) -> None:
    """The weights, what training them took, their settings without this machine's paths, and the tokenizer."""
    for path in sorted({path for pattern in WEIGHTS for path in weights.glob(pattern)}):
        shutil.copyfile(path, beside / path.name)
    took = {name: value for name, value in json.loads((weights / trainer.REPORT).read_text()).items() if name in costs.TOLD}
    (beside / trainer.REPORT).write_text(json.dumps(took, indent=1), encoding="utf-8")
    settings = beside / ("adapter_config.json" if asked.built.system.adapt == "lora" else "config.json")
    told: dict[str, Any] = json.loads(settings.read_text(encoding="utf-8"))
    for key in ("base_model_name_or_path", "_name_or_path"):
        if key in told:
            told[key] = _base(asked)
    settings.write_text(json.dumps(told, indent=2, ensure_ascii=False), encoding="utf-8")
    asked.built.base.tokenizer().save_pretrained(beside)


def _base(asked: Rebuilt) -> str:
    """The base model by a name that others have, or else the last part of its path: where it lies here is nobody's business."""
    return asked.base_name if _on_hub(asked) else asked.built.base.folder.name


def _on_hub(asked: Rebuilt) -> bool:
    return not Path(asked.base_name).expanduser().exists()


def card(asked: Rebuilt, *, again: bool = False) -> str:
    """The model card, Markdown with the hub's metadata; ``again``: trained anew for the export, from the run's inputs."""
    parts = (_about(asked, again=again), _prompt(asked), _use(asked), _figures(asked))
    return redact("\n".join([*_metadata(asked), MARK, "", *chain.from_iterable(parts)]))


def _metadata(asked: Rebuilt) -> Iterator[str]:
    """What the hub reads of a card. Who exports knows under which license, so none is claimed."""
    from huggingface_hub import ModelCardData

    adapter = asked.built.system.adapt == "lora"
    told = ModelCardData(
        base_model=asked.base_name if _on_hub(asked) else None,
        library_name="peft" if adapter else "transformers",
        pipeline_tag=TASK,
        tags=["proctor", *(["lora"] if adapter else [])],
    )
    yield from ("---", told.to_yaml().strip(), "---")


def _about(asked: Rebuilt, *, again: bool) -> Iterator[str]:
    candidate, system = asked.built, asked.built.system
    kind = "A LoRA adapter" if system.adapt == "lora" else "All weights, fully fine-tuned,"
    chosen = trainer.hyperparameters(system, candidate.base)
    facts = {
        "suite": f"{asked.suite.title or asked.suite.name} ({asked.suite.name}, version {asked.suite.version[:12]})",
        "training examples": f"{len(asked.suite.domain.examples):,}",
        "epochs": f"{chosen.epochs:g}",
        "learning rate": f"{chosen.learning_rate:g}",
        "batch size": system.batch_size,
        **({"LoRA rank": system.rank, "LoRA alpha": system.alpha} if system.adapt == "lora" else {}),
        "passages in training": "yes" if system.trains_with_passages else "no",
        "seed": candidate.seed,
        "weights (Proctor's hash)": candidate.weights_version[:12],
    }
    yield f"# {escaped(candidate.name)} for {escaped(asked.suite.title or asked.suite.name)}"
    yield ""
    yield f"{kind} for the base model {escaped(_base(asked))}, trained and examined by Proctor."
    if not _on_hub(asked):
        yield "The base model was a folder of the machine that it was trained on; the metadata names none."
    yield "No license is named: the base model's holds for what is made of it, and so may that of the training data."
    yield "What the training examples say may be got out of the weights."
    if again:
        yield "For this export it was trained again, from the same inputs as in the run."
    yield from ("", "## Training", "", "| | |", "|-|-|")
    yield from (f"| {name} | {in_cell(value)} |" for name, value in facts.items())
    yield ""


def _prompt(asked: Rebuilt) -> Iterator[str]:
    """How the model was asked, as a block of code whose lines are set in, which no text in it can end."""
    text = prompts.prompt(asked.built.domain.instruction, "QUESTION")
    yield from ("## Prompt", "", "It was trained in this form, with the tokenizer's chat template around it, if it has one:", "")
    yield from (f"    {line}" for line in text.splitlines())
    yield ""


def _use(asked: Rebuilt) -> Iterator[str]:
    named = "the folder of the base model" if not _on_hub(asked) else None
    base = json.dumps(named or asked.base_name)
    yield from ("## Use", "", "```python")
    if asked.built.system.adapt == "lora":
        yield "from peft import PeftModel"
    yield "from transformers import AutoModelForCausalLM, AutoTokenizer"
    yield ""
    yield f'tokenizer = AutoTokenizer.from_pretrained("{NAMED}")'
    if asked.built.system.adapt == "lora":
        yield f'model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained({base}), "{NAMED}")'
    else:
        yield f'model = AutoModelForCausalLM.from_pretrained("{NAMED}")'
    yield from ("```", "")
    if asked.built.retrieves:
        yield "The figures are those of the whole system, which also puts retrieved passages into the prompt."
        yield ""


def _figures(asked: Rebuilt) -> Iterator[str]:
    """How it scored, and by which run."""
    run = asked.run
    if run is None:
        return
    told = run.provenance
    found = told.get("git")
    git = found if isinstance(found, dict) else {}
    commit = f"{str(git.get('commit') or 'unknown')[:12]}{' (with changes)' if git.get('dirty') else ''}"
    yield from ("## Figures", "")
    yield f"With 95{SPACE}% confidence intervals, from the run of {escaped(told.get('started', 'an unknown time'))}:"
    yield from ("", "| metric | value | interval | items | seeds | what it is |", "|-|-|-|-|-|-|")
    yield from (_row(cell) for cell in _cells(asked))
    yield from ("", "| | |", "|-|-|", f"| commit of the project | {in_cell(commit)} |")
    yield f"| judge | {in_cell(told.get('judge', ''))} |"
    yield from (f"| command | {in_cell(_public(line), 1000)} |" for line in str(told.get("command", "")).splitlines())
    yield ""
    comparable = next((cell.comparable for cell in _cells(asked)), None)
    for caution in comparable if isinstance(comparable, list) else ():
        yield f"Caution: {escaped(caution)}."
        yield ""


def _public(command: str) -> str:
    """A command of a run without the folders of this machine: of a path from its root on, the last part is left."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    split = (re.fullmatch(r"((?:nli:)?)([~/].*)", word) for word in words)
    return shlex.join(f"{found[1]}{Path(found[2]).name}" if found else word for found, word in zip(split, words, strict=True))


def _cells(asked: Rebuilt) -> list[Result]:
    one = asked.built
    place = (asked.suite.name, one.base_model, one.name)
    found = board([asked.run]).cells if asked.run else ()
    asked_first = {*headlines(), of_run(asked.run.provenance if asked.run else {}, asked.suite.name)}
    return [cell for cell in found if (cell.suite, cell.base_model, cell.system) == place and cell.metric in asked_first]


def _row(cell: Result) -> str:
    shown = (cell.metric, of_cell(cell), bounds(cell), cell.n, cell.seeds, words(cell.metric) or cell.reason)
    return f"| {' | '.join(in_cell(part) for part in shown)} |"
