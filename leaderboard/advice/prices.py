"""A list of prices: of machines by the hour, of services by the token; and which of them a run is paid with.

``leaderboard/advice/prices.toml`` is the one that comes with Proctor, and says what each field means.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, log2
from pathlib import Path
from typing import Annotated, TypeVar

from proctor.core.counts import counted
from proctor.core.reading.problems import Problems, near
from proctor.core.reading.ranges import Range
from proctor.core.reading.tables import Contradiction, SettingsTable, TextSetting
from proctor.core.schema import InputError
from proctor.leaderboard.advice.estimates import Evidence, Hardware, Machine
from proctor.leaderboard.advice.scenario import Api, Prices

SHIPPED = Path(__file__).with_name("prices.toml")
Named = TypeVar("Named")
PRICE = Range(0, 1_000_000, "a price")
LONG = "a text of at most 1,000 letters"
NAME, TEXT = TextSetting(LONG, 1000), TextSetting(LONG, 1000, empty=True)
MONTH = TextSetting('"2026-06"', empty=True, like=re.compile(r"\d{4}-(0[1-9]|1[0-2])").fullmatch)
SIGN = TextSetting('a sign or a short name such as "$" or "EUR"', 5)
OLD = 12
"""Months after which a price is said to be old."""


@dataclass(frozen=True)
class Rented:
    """A machine, and what an hour of it costs."""

    name: Annotated[str, NAME, '"AWS m7i.large"']
    hour: Annotated[float, PRICE, "0.1"]
    """Of all of it."""
    gpu: Annotated[str, TEXT] = ""
    """The model of its GPUs; empty where it has none."""
    gpus: Annotated[int, Range(1, 100_000, "GPUs", whole=True)] = 1
    vcpus: Annotated[int, Range(0, 1_000_000, "virtual cores", whole=True)] = 0
    """0 where nobody said it."""
    processor: Annotated[str, TEXT] = ""
    terms: Annotated[str, TEXT] = ""
    """Where and how it is rented."""
    date: Annotated[str, MONTH] = ""
    """Year and month of the price."""
    source: Annotated[str, TEXT] = ""

    @property
    def paid(self) -> float:
        """What an hour of the exam costs on it, which uses one GPU."""
        return self.hour / self.gpus if self.gpu else self.hour

    @property
    def size(self) -> str:
        """What of it counts: its GPUs, or else its cores."""
        if self.gpu:
            return self.gpu if self.gpus == 1 else f"{self.gpus} {self.gpu}"
        return f"{self.vcpus} vCPU" if self.vcpus else ""

    def said(self, taken: Hardware) -> str:
        """What it is and since when it costs that, for a run that was taken on other hardware."""
        parts = (self.name, self.size if self.gpus == 1 else f"one of its {self.size}", self.terms, _month(self.date))
        said = ", ".join(part for part in parts if part)
        if unlike := self._unlike(taken):
            said += f", where the run had {unlike}"
        return f"{said}, over a year before the run: check it" if _old(self.date, taken.date) else said

    def _unlike(self, taken: Hardware) -> str:
        """What the run had in place of what counts here; empty where that is much the same, or not known."""
        if self.gpu:
            return "" if not taken.gpu or _alike(self.gpu, taken.gpu) else taken.gpu
        near = not self.vcpus or not taken.cores or 1 / 2 < self.vcpus / taken.cores < 2
        return "" if near else counted(taken.cores, "core")


@dataclass(frozen=True)
class Service:
    """A service that is paid by the token."""

    name: Annotated[str, NAME, '"gpt-4o-mini"']
    prompt: Annotated[float, PRICE, "0.15"]
    """Of a million tokens, as below."""
    completion: Annotated[float, PRICE, "0.6"]
    date: Annotated[str, MONTH] = ""
    source: Annotated[str, TEXT] = ""

    def paid(self, taken: Hardware) -> Api:
        """Its prices, with what it is called."""
        said = ", ".join(part for part in (self.name, _month(self.date)) if part)
        said += ", over a year before the run: check it" if _old(self.date, taken.date) else ""
        return Api(self.prompt, self.completion, said)


@dataclass(frozen=True)
class PriceList:
    """All that can be paid with, in one currency."""

    machines: Sequence[Rented]
    services: Sequence[Service]
    storage_gb_month: float
    currency: str = Prices.currency

    def prices(self, taken: Hardware = Hardware(), named: Rented | None = None) -> Prices:  # noqa: B008 # it is frozen
        """Of the machine of each kind that is nearest to what the run was taken on, or of the one that was named."""
        with_gpu = [machine for machine in self.machines if machine.gpu]
        without = [machine for machine in self.machines if not machine.gpu]
        gpu = min(with_gpu, key=lambda machine: _unlike_gpu(machine, taken), default=None)
        cpu = min(without, key=lambda machine: _unlike(machine, taken), default=None)
        if named:
            gpu, cpu = (named, cpu) if named.gpu else (gpu, named)
        names = {kind: machine.said(taken) for kind, machine in (("cpu", cpu), ("gpu", gpu)) if machine}
        hours = (machine.paid if machine else None for machine in (gpu, cpu))
        return Prices(next(hours), self.storage_gb_month, {}, self.currency, next(hours), names)

    def machine(self, name: str) -> Rented:
        """The one of that name; its cloud may be left out.

        Raises:
            InputError: there is none; the names that there are are listed.
        """
        known = {each.name: each for each in self.machines}
        short = {each.name.partition(" ")[2]: each for each in self.machines}
        if found := _found(short, name) or _found(known, name):
            return found
        listed = [f"{each.name}: {each.size}, {each.hour:g} an hour" for each in self.machines]
        raise _unlisted("machine", name, [*known, *short], listed, self.currency)

    def service(self, name: str) -> Service:
        """The service of that name.

        Raises:
            InputError: there is none; the names that there are are listed.
        """
        known = {each.name: each for each in self.services}
        if found := _found(known, name):
            return found
        said = "{}: {:g} for a million tokens of prompt, {:g} of answer"
        listed = [said.format(each.name, each.prompt, each.completion) for each in self.services]
        raise _unlisted("api", name, list(known), listed, self.currency)


@dataclass(frozen=True)
class Paid:
    """With what a run is to be paid: a list, and what was asked for in place of what is nearest."""

    listed: PriceList
    machine: str = ""
    """The name of one of the list; empty: the nearest."""
    hour: float | None = None
    """A price of one's own, in place of a machine's."""
    api: Mapping[str, str] = field(default_factory=dict)
    """System -> the service that its answers are paid as."""

    def of(self, evidence: Evidence) -> Prices:
        """The prices for one section.

        Raises:
            InputError: a name is not in the list, or is a machine of another kind than the one that took the seconds.
        """
        named = self.listed.machine(self.machine) if self.machine else None
        _check_kind(evidence.machine, named)
        prices = self.listed.prices(evidence.hardware, named)
        services = {system: self.listed.service(name).paid(evidence.hardware) for system, name in self.api.items()}
        prices = prices.with_api({system: api for system, api in services.items() if system in evidence.systems})
        return prices if self.hour is None else prices.with_hour(evidence.machine, self.hour)

    def check(self, sections: Sequence[Evidence]) -> None:
        """That every name is one of the runs'.

        Raises:
            InputError: a system that is paid by the token is in no section; or one price is to be that of CPUs and GPUs.
        """
        there = dict.fromkeys(system for evidence in sections for system in evidence.systems)
        for system, name in self.api.items() if sections else ():
            if system not in there:
                raise InputError(f"--api {system}={name}: the runs have no system {system}; they have {', '.join(there)}")
        kinds = {evidence.machine or "gpu" for evidence in sections}
        if len(kinds) > 1 and (self.hour is not None or self.machine):
            what = "--machine" if self.machine else "--hour"
            raise InputError(f"{what}: of these runs some were taken on a CPU and others on a GPU: advise on each kind by itself")


def _check_kind(machine: Machine, named: Rented | None) -> None:
    """A price of another kind of machine than the one that took the seconds would say nothing, and look as if it did."""
    if named and machine and (machine == "gpu") != bool(named.gpu):
        has, took = ("a GPU", "without one") if named.gpu else ("no GPU", "with one")
        raise InputError(
            f"--machine {named.name}: it has {has}, and the seconds were taken on a machine {took}: "
            "name a machine of that kind, or take the run again on this one"
        )


def _unlike(machine: Rented, taken: Hardware) -> tuple[float, bool]:
    """How far a machine is from another without a GPU: first in size, then in its processor."""
    sizes = machine.vcpus and taken.cores
    return abs(log2(machine.vcpus / taken.cores)) if sizes else inf, _processor(machine.processor) != _processor(taken.processor)


def _unlike_gpu(machine: Rented, taken: Hardware) -> tuple[bool, int, int]:
    """How far a machine is from another with a GPU: of another model, or else how little is said of it and how many it has."""
    if not _alike(machine.gpu, taken.gpu):
        return True, 0, 0
    return False, -len(_words(machine.gpu)), machine.gpus


def _alike(listed: str, taken: str) -> bool:
    """Whether a GPU is of a listed model, of which a driver may say more: its memory, its socket."""
    return _words(listed) <= _words(taken)


def _words(gpu: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", gpu.lower())) - {"nvidia", "tesla"}


def _processor(name: str) -> str:
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(name.lower(), name.lower())


def _month(date: str) -> str:
    """2026-06 as June 2026."""
    return f"{month_name[int(date[5:])]} {date[:4]}" if date else ""


def _old(date: str, run: str) -> bool:
    return bool(date and run) and _months(run) - _months(date) > OLD


def _months(date: str) -> int:
    return 12 * int(date[:4]) + int(date[5:7])


def _found(known: Mapping[str, Named], name: str) -> Named | None:
    return next((each for full, each in known.items() if full.lower() == name.lower()), None)


def _unlisted(option: str, name: str, known: Sequence[str], listed: Sequence[str], currency: str) -> InputError:
    meant = near(name, known)
    hint = f"; did you mean {meant}?" if meant else "."
    more = f"Listed are, in {currency} (a [[{option}]] in a copy of the list, named with --prices, adds another):"
    return InputError(
        "\n".join([f"--{option} {name}: not in the list of prices{hint} {more}", *(f"  {line}" for line in listed)])
    )


# Reading a list.


@dataclass(frozen=True, kw_only=True)
class _File:
    """A file of prices."""

    storage_gb_month: Annotated[float, PRICE, "0.02"]
    currency: Annotated[str, SIGN] = Prices.currency
    machine: tuple[Rented, ...]
    api: tuple[Service, ...] = ()

    def contradictions(self) -> Iterator[Contradiction]:
        """Names that are listed twice."""
        tables: Mapping[str, Sequence[Rented | Service]] = {"machine": self.machine, "api": self.api}
        for table, rows in tables.items():
            names = [row.name.lower() for row in rows]
            for place in (place for place, name in enumerate(names) if name in names[:place]):
                yield (table, place), "the name is there twice", "keep one of them"


def load(file: Path | None = None) -> PriceList:
    """The prices of a file; those that come with Proctor where none is given.

    Raises:
        InputError: unreadable, not TOML, or fields that are missing, unknown or wrong; all of them are named at once.
    """
    problems = Problems()
    found = SettingsTable(file or SHIPPED, problems, remedy="name a file such as leaderboard/advice/prices.toml").read(_File)
    if found is None or problems.found:
        raise problems.error()
    return PriceList(found.machine, found.api, float(found.storage_gb_month), found.currency)
