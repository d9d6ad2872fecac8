"""Words that several commands understand, and what stands for those that are left out: the project's settings."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.core import workspace
from proctor.core.reading.ranges import SEED

if TYPE_CHECKING:
    from proctor.leaderboard.compare.policy import Policy
    from proctor.leaderboard.runs.store import Run
    from proctor.rebuilt import Rebuilt

INCOMPARABLE = 3
"""Exit code for a run that a gate or a comparison cannot read, or may not compare."""


def named_run(word: str) -> Path:
    """The run that a word of the command line means: a folder or file, or else what the project saved under that name."""
    kept = workspace.of_help().saved_runs / f"{word}.json"
    return kept if Path(word).name == word and not os.path.lexists(word) and kept.exists() else Path(word)


def add_folder(parser: argparse.ArgumentParser) -> None:
    """One run."""
    parser.add_argument("folder", type=named_run, metavar="RUN", help="a run folder, or a saved run by its file or name")


def add_site(parser: argparse.ArgumentParser) -> None:
    """A site that was published."""
    what = f"its folder (default: {workspace.of_help().shown('site')})"
    parser.add_argument("site", nargs="?", type=Path, metavar="DIR", help=what)


def site(named: Path | None) -> Path:
    """The folder of a site: the one that was named, or the project's."""
    return named or workspace.current().site


def add_claims(parser: argparse.ArgumentParser) -> None:
    """Claims of the user's own."""
    what = "claims of your own, as in leaderboard/claims/claims.toml, beside those that come with Proctor (repeatable)"
    parser.add_argument("--claims", action="append", default=[], type=Path, metavar="FILE", help=what)


def claims(named: Sequence[Path]) -> Sequence[Path]:
    """The files of claims: those that were named, or the project's.

    What is wrong with them is said before any work, and so is which claims of Proctor's they replace.
    """
    from proctor.leaderboard.claims.table import load, replaced

    files = named or workspace.current().paths("claims")
    load(files)
    for text in replaced(files):
        print(f"note: {text}", file=sys.stderr)
    return files


def add_two_runs(parser: argparse.ArgumentParser) -> None:
    """The run before and the run after."""
    parser.add_argument(
        "before", type=named_run, metavar="BASE", help="the run, or saved run by its file or name, to compare with"
    )
    parser.add_argument("after", type=named_run, metavar="CANDIDATE", help="the run to be judged")
    add_ignore_mismatch(parser)
    saved = workspace.of_help().shown("saved_runs")
    what = f"a run of several seeds, which says how much training anew changes (default: those in {saved}; repeatable)"
    parser.add_argument("--seeds", action="append", default=[], type=named_run, metavar="RUN", help=what)


def add_ignore_mismatch(parser: argparse.ArgumentParser) -> None:
    """Compare what may not be compared."""
    parser.add_argument("--ignore-mismatch", action="store_true", help="compare though data, judge, prompt or decoding differ")


def add_policy(parser: argparse.ArgumentParser) -> None:
    """What a gate requires, and what its report links to."""
    what = "what is required (default: the project's policy, or else leaderboard/compare/policy.yaml, which comes with Proctor)"
    parser.add_argument("--policy", type=Path, metavar="FILE", help=what)
    parser.add_argument("--link", default="", metavar="URL", help="where the whole page is, for the report")


def policy(named: Path | None) -> Policy:
    """What a gate requires: the policy that was named, the project's, or the one that comes with Proctor."""
    from proctor.leaderboard.compare import policy as policies

    file = named or workspace.current().path("policy")
    return policies.load(file) if file else policies.shipped()


def seeded(paths: Sequence[Path]) -> Sequence[Run]:
    """The runs that say how much training anew changes: those named, or those saved."""
    from proctor.leaderboard.runs import saved as baseline

    return [baseline.open_run(path) for path in paths] or baseline.seeded(workspace.current().saved_runs)


def add_rebuilt(parser: argparse.ArgumentParser) -> None:
    """Which system of a run, and what is needed to build it once more."""
    add = parser.add_argument
    add("--system", required=True, metavar="NAME", help="the system")
    add("--suite", default="", metavar="NAME|PATH", help="its suite, where there are several; its folder, where that was moved")
    add("--base-model", default="", metavar="NAME|PATH", help="its base model, where there are several, or where that was moved")
    add("--seed", type=SEED.option, metavar="N", help="its training, where there are several (default: the first)")
    add("--systems", default="", metavar="FILE", help="the table of systems (default: the run's)")
    add("--device", default="", metavar="NAME", help="cpu, cuda, cuda:1, mps or auto (default: as in the run)")
    add("--allow-outside-files", action="store_true", help="let the suite read what lies outside of its folder (default: never)")
    add("--trust-remote-code", action="store_true", help="let the base model run code of its own (default: never)")


def rebuilt(arguments: argparse.Namespace) -> Rebuilt:
    """The system that `add_rebuilt`'s words name, of the run ``folder``, or of the project where that is a dash."""
    from proctor import rebuilt as systems
    from proctor.core import environment
    from proctor.leaderboard.runs.saved import open_run

    environment.quiet()
    environment.patient()
    os.environ.setdefault("TQDM_DISABLE", "1")  # what is loaded within a second needs no bar
    names = (field.name for field in dataclasses.fields(systems.Wanted))
    wanted = systems.Wanted(**{name: getattr(arguments, name) for name in names})
    if str(arguments.folder) == systems.NO_RUN:
        return systems.of_project(wanted)
    return systems.of_run(open_run(arguments.folder), wanted)
