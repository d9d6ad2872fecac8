"""A training that was killed goes on from a whole checkpoint or from none, and comes to the bits that it would have come to."""

from __future__ import annotations

import logging
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proctor.core import machine
from proctor.core.stopping import Stopped, Stopping
from proctor.core.storage import manifest
from proctor.core.storage.cache import SCRATCH, Cache
from proctor.models.base.base import BaseModel, find
from proctor.models.systems import System
from proctor.models.training import checkpoints, trainer
from tests import tiny
from tests.models.test_adaptation import FULL, LORA, adaptation_report, same, trained

SYSTEMS = {system.name: replace(system, epochs=3) for system in (FULL, LORA)}
BEFORE, NEWEST = "checkpoint-3", "checkpoint-6"


class Killed(BaseException):
    """What no library catches."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    folder = tmp_path_factory.mktemp("small")
    return find(str(tiny.causal_lm(folder / "base")), Cache(folder / "cache"))


@pytest.fixture(scope="module")
def undisturbed(small: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    return {name: trained(system, small, tmp_path_factory.mktemp("whole")) for name, system in SYSTEMS.items()}


@pytest.fixture(scope="module")
def left(small: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What trainings leave that are killed in their third epoch."""
    found = {}
    for name, system in SYSTEMS.items():
        found[name] = tmp_path_factory.mktemp(name)
        calls: list[Path] = []

        def make_room(folder: Path, calls: list[Path] = calls, real: Callable[[Path], None] = checkpoints.make_room) -> None:
            calls.append(folder)
            if len(calls) == 3:
                raise Killed
            real(folder)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checkpoints, "make_room", make_room)
            with pytest.raises(Killed):
                trained(system, small, found[name])
    return found


@pytest.fixture(params=list(SYSTEMS))
def killed(request: pytest.FixtureRequest, left: dict[str, Path], tmp_path: Path) -> tuple[System, Path]:
    """A system, and a copy of what its killed training left."""
    shutil.copytree(left[request.param], tmp_path / "out")
    return SYSTEMS[request.param], tmp_path / "out"


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.LogCaptureFixture]:
    monkeypatch.setattr(logging.getLogger("proctor"), "propagate", True)
    with caplog.at_level("INFO", logger="proctor"):
        yield caplog


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "missing": Path.unlink,
    "flipped": flip,
    "{}": lambda path: path.write_text("{}"),
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    damage: str, killed: tuple[System, Path], tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    whole = killed[1] / SCRATCH
    names = [path.name for path in (whole / NEWEST).iterdir()]
    assert {"optimizer.pt", "scheduler.pt", "trainer_state.json", "rng_state.pth", manifest.NAME} < set(names)
    for name in names:
        folder = shutil.copytree(whole, tmp_path / name)
        DAMAGES[damage](folder / NEWEST / name)
        log.clear()
        assert checkpoints.newest(folder, "lora") == folder / BEFORE
        assert f"{NEWEST} is passed over, as it is damaged or was not finished" in log.text
        assert f"training lora goes on from {BEFORE}" in log.text
        assert [path.name for path in folder.iterdir()] == [BEFORE]


def test_a_checkpoint_that_was_half_deleted_is_never_gone_on_from(
    killed: tuple[System, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = len(list((killed[1] / SCRATCH / BEFORE).iterdir()))
    for count in range(files):
        folder = shutil.copytree(killed[1] / SCRATCH, tmp_path / str(count))

        def rmtree(path: Path, count: int = count) -> None:
            for file in sorted(path.iterdir())[:count]:
                file.unlink()
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(shutil, "rmtree", rmtree)
            with pytest.raises(Killed):
                checkpoints.make_room(folder)
        assert manifest.damage(folder / BEFORE)
        assert checkpoints.newest(folder, "lora") == folder / NEWEST


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["nothing", "optimizer.pt", "scheduler.pt", "both"])
def test_going_on_comes_to_the_bits_of_an_undisturbed_training(
    missing: str, killed: tuple[System, Path], small: BaseModel, undisturbed: dict[str, dict[str, object]]
) -> None:
    system, folder = killed
    for checkpoint in (NEWEST, BEFORE) if missing == "both" else (NEWEST,):
        if missing != "nothing":
            (folder / SCRATCH / checkpoint / ("optimizer.pt" if missing == "both" else missing)).unlink()
    assert same(trained(system, small, folder), undisturbed[system.name])
    report = adaptation_report(folder)
    assert (report["resumed"], report["resumed_elsewhere"]) == (missing != "both", False)


@pytest.mark.slow
def test_a_kill_after_the_last_checkpoint_costs_no_bits(
    small: BaseModel, undisturbed: dict[str, dict[str, object]], tmp_path: Path
) -> None:
    for name, system in SYSTEMS.items():
        trained(system, small, tmp_path / name)
        for path in (tmp_path / name).glob("*.*"):
            path.unlink()
        assert same(trained(system, small, tmp_path / name), undisturbed[name])


STOPS = (1, 2, 3, 5, 9)
"""Of nine steps in three epochs: within an epoch, at the end of one, and after the last step."""


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_a_stop_keeps_every_step_and_going_on_comes_to_the_bits_of_an_undisturbed_training(
    name: str,
    small: BaseModel,
    undisturbed: dict[str, dict[str, object]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    log: pytest.LogCaptureFixture,
) -> None:
    system = SYSTEMS[name]
    real = trainer.cost.ResourceMeter.tick
    steps = 0

    def tick(meter: Any) -> None:
        nonlocal steps
        steps += 1
        if steps in STOPS:
            signal.raise_signal(signal.SIGTERM)
        real(meter)

    monkeypatch.setattr(trainer.cost.ResourceMeter, "tick", tick)
    for step in STOPS:
        with listening(), pytest.raises(Stopped):
            trained(system, small, tmp_path / "out")
        assert f"training stops at step {step} of 9, which is kept" in log.text
        assert not list((tmp_path / "out").glob("*.safetensors"))
    assert same(trained(system, small, tmp_path / "out"), undisturbed[name])
    assert steps == 9, "no step is taken twice"


@pytest.mark.slow
def test_a_training_that_was_stopped_twice_at_once_goes_on_from_the_newest_whole_checkpoint(
    killed: tuple[System, Path], small: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, folder = killed
    monkeypatch.setattr(trainer.cost.ResourceMeter, "tick", lambda _: signal.raise_signal(signal.SIGINT))
    monkeypatch.setattr(checkpoints, "finish", lambda *_: raise_(Killed()))
    with listening(), pytest.raises(Killed):
        trained(system, small, folder)
    assert checkpoints.newest(folder / SCRATCH, system.name) == folder / SCRATCH / NEWEST


@contextmanager
def listening() -> Iterator[None]:
    """As an exam does."""
    one = Stopping("at work")
    one.listen()
    try:
        yield
    finally:
        one.stop_listening()


def raise_(error: BaseException) -> None:
    raise error


@pytest.mark.slow
def test_going_on_elsewhere_is_reported(
    left: dict[str, Path], small: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    facts = machine.facts()
    monkeypatch.setattr(machine, "facts", lambda: facts | {"cores": 96})
    shutil.copytree(left["lora"], tmp_path / "out")
    trained(SYSTEMS["lora"], small, tmp_path / "out")
    assert adaptation_report(tmp_path / "out")["resumed_elsewhere"] is True
    assert f"goes on from {NEWEST}, made on another machine" in log.text
