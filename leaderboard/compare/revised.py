"""Runs of one suite whose documents changed between them: which questions are the same in both, and what is not.

A run says what its suites consisted of (`CONTENTS` in its provenance), part by part. Where all settings of a suite are the same,
its questions are compared as far as they are the same, whatever became of its documents and training examples: these are what
the systems are made of. What is asked otherwise than before, or of one run only, is set aside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from proctor.core.counts import counted
from proctor.leaderboard.formatting import shortened
from proctor.leaderboard.runs.records import Records, grouped
from proctor.leaderboard.runs.store import CONTENTS, Run

NAMED = 10
"""Documents that are named, of each kind."""
QUESTIONS = ("questions", "revised")


@dataclass(frozen=True)
class PartDifference:
    """Ids of what is not the same in two versions of a suite."""

    changed: tuple[str, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]

    @classmethod
    def of(cls, before: Mapping[str, str], now: Mapping[str, str]) -> PartDifference:
        """From the hashes of each."""
        both = sorted(before.keys() & now.keys())
        changed = tuple(name for name in both if before[name] != now[name])
        return cls(changed, tuple(sorted(now.keys() - before.keys())), tuple(sorted(before.keys() - now.keys())))

    def __len__(self) -> int:
        """How many they are."""
        return len(self.changed) + len(self.new) + len(self.gone)

    def told(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each kind that there is, in words."""
        yield from ((name, ids) for name in ("changed", "new", "gone") if (ids := getattr(self, name)))


@dataclass(frozen=True)
class Revised:
    """A suite with the same settings and other contents in two runs."""

    suite: str
    documents: PartDifference
    questions: PartDifference
    revised: PartDifference
    same: int
    """Questions that are the same in both, those of revisions included."""
    also: tuple[str, ...] = ()
    """What else is not the same, in words."""
    regrouped: int = 0
    """Questions that are the same in both, and in another cluster now."""

    @cached_property
    def aside(self) -> frozenset[str]:
        """The ids of questions that are not compared."""
        return frozenset(name for part in (self.questions, self.revised) for _, ids in part.told() for name in ids)

    @property
    def sentence(self) -> str:
        """What changed, and what is compared: ids are as the suite has them."""
        return f"Suite {self.suite} {self._changed}. {self._compared}{self._in_other_clusters}"

    @property
    def _changed(self) -> str:
        documents = [f"{kind}: {len(ids):,} ({shortened(ids, NAMED)})" for kind, ids in self.documents.told()]
        parts = [f"has other documents ({'; '.join(documents)})"] if documents else []
        parts += [f"has other {name}" for name in self.also]
        parts += ["asks other questions"] if not parts and self.aside else []
        parts += ["has other clusters of questions"] if not parts and self.regrouped else []
        return ", and ".join(parts) or "has the same documents and questions in another order"

    @property
    def _in_other_clusters(self) -> str:
        if not self.regrouped:
            return ""
        are = "is" if self.regrouped == 1 else "are"
        return (
            f" {counted(self.regrouped, 'question')} {are} in another cluster than before: the clusters of the newer run count."
        )

    @property
    def _compared(self) -> str:
        alike = f"{counted(self.same, 'question')} {'is' if self.same == 1 else 'are'} the same in both"
        same = f"{alike}, and compared where both runs asked them"
        counts: dict[str, int] = {}
        for part in (self.questions, self.revised):
            for kind, ids in part.told():
                counts[kind] = counts.get(kind, 0) + len(ids)
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
        return f"{same}; {sum(counts.values()):,} set aside ({kinds})." if counts else f"{same}; none is set aside."


@dataclass(frozen=True)
class Common:
    """Two runs without the questions that are not the same in both."""

    before: Run
    after: Run
    suites: Mapping[str, Revised]
    """What changed in those suites whose versions differ and that are compared all the same, by name."""


def common(before: Run, after: Run) -> Common:
    """Two runs, as far as they asked the same. Runs that do not say what their suites consisted of are left as they are."""
    versions = [{*grouped(run.records, "suite", "suite_version")} for run in (before, after)]
    moved = {suite for suite, _ in versions[0] ^ versions[1]}
    found = {suite: one for suite in sorted(moved) if (one := _revised(suite, before, after, versions))}
    aside = {suite: one.aside for suite, one in found.items() if one.aside}
    old, new = (replace(run, records=_without(run.records, aside)) if aside else run for run in (before, after))
    return Common(old, new, found)


def _revised(suite: str, before: Run, after: Run, versions: Sequence[Collection[tuple[Any, ...]]]) -> Revised | None:
    """None where the runs do not tell, or where more than the suite's contents differs."""
    told = [_contents(run, suite, each) for run, each in zip((before, after), versions, strict=True)]
    if not all(told) or told[0]["settings"] != told[1]["settings"]:
        return None
    old, new = told
    of = {name: PartDifference.of(old[name], new[name]) for name in ("documents", *QUESTIONS)}
    same = sum(len(new[name]) - len(of[name].changed) - len(of[name].new) for name in QUESTIONS)
    words = {"examples": "training examples", "revisions": "revisions"}
    also = tuple(word for name, word in words.items() if old[name] != new[name])
    parts = of["documents"], of["questions"], of["revised"]
    found = Revised(suite, *parts, same, also)
    was, now = (_clusters(run, suite) for run in (before, after))
    moved = [item for item in was.keys() & now.keys() - found.aside if was[item] != now[item]]
    return replace(found, regrouped=len(moved))


def _clusters(run: Run, suite: str) -> dict[str, str]:
    """Question -> cluster. Of what is asked and right or wrong: those of timings are the rounds in which they were taken."""
    rows = run.records.where(lambda about: about.suite == suite and about.unit == "share")
    asked = (run.provenance[CONTENTS][suite][name] for name in QUESTIONS)
    known = {item for part in asked for item in part}
    pairs = zip(rows.column("item").tolist(), rows.column("cluster").tolist(), strict=True)
    return {item: cluster for item, cluster in pairs if item in known}


def _contents(run: Run, suite: str, versions: Collection[tuple[Any, ...]]) -> Mapping[str, Any]:
    """What a run says of a suite; nothing where its records are of another version, or of several."""
    told = (run.provenance.get(CONTENTS) or {}).get(suite) or {}
    return told if {version for name, version in versions if name == suite} == {told.get("version")} else {}


def _without(records: Records, aside: Mapping[str, Collection[str]]) -> Records:
    """The records without some items of some suites."""
    parts = grouped(records, "suite").items()
    return Records.joined(rows.without_items(aside[suite]) if suite in aside else rows for (suite,), rows in parts)
