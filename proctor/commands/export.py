"""Write the trained adapter or weights of a system of a run into a folder, with a model card."""

from __future__ import annotations

import argparse
from pathlib import Path

from proctor.arguments import add_rebuilt, named_run, rebuilt
from proctor.core.schema import InputError


def declare(parser: argparse.ArgumentParser) -> None:
    """The run, the system and the folder."""
    parser.add_argument("folder", type=named_run, metavar="RUN", help="a run folder, or a saved run by its file or name")
    add_rebuilt(parser)
    what = "where to: a folder that is new, empty, or as an export left it"
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help=what)


def run(arguments: argparse.Namespace) -> None:
    """Write it; trained once more from the same inputs, if the cache does not hold it."""
    from proctor import exporting
    from proctor.progress import on_standard_error
    from proctor.rebuilt import NO_RUN

    if str(arguments.folder) == NO_RUN:
        raise InputError("RUN: expected a run, whose figures stand in the model card, not -; name its folder")
    with on_standard_error():
        asked = rebuilt(arguments)
        exporting.check(asked, arguments.to)
        if not asked.built.trained:
            print("its weights are not in the cache: it is trained again, from the same inputs")
        exporting.export(asked, arguments.to)
    print(f"{arguments.to}: {asked}")
    print(f"Read {arguments.to / exporting.CARD} before you give it to others: it names no license.")
