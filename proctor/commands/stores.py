"""List the collections that Proctor made in the stores of a table of systems, and drop those that are left over."""

from __future__ import annotations

import argparse
from pathlib import Path

from proctor.core import workspace
from proctor.core.counts import counted
from proctor.core.schema import InputError
from proctor.core.storage.cache import Cache


def declare(parser: argparse.ArgumentParser) -> None:
    """Which table, and whether to drop."""
    what = "the table of systems whose stores are meant (default: the project's systems_table)"
    parser.add_argument("--systems", type=Path, metavar="FILE", help=what)
    what = (
        "drop what is half filled, and what no index of this cache uses; "
        "other machines that share the store fill what they need again"
    )
    parser.add_argument("--prune", action="store_true", help=what)


def run(arguments: argparse.Namespace) -> int:
    """Print each store with its collections; 1 where one is not reached."""
    from proctor.models import systems
    from proctor.models.stores import leftovers

    ours = workspace.current()
    cache, table = Cache(ours.cache), arguments.systems or ours.path("systems_table") or systems.TABLE
    named = ((one.store, one.store_settings) for one in systems.load(table).values())
    reached, found = True, list(leftovers.stores(named, cache))
    if not found:
        print(f"{table} names no store in which something could be left")
    for store in found:
        print(store.name.public)
        try:
            kept = leftovers.of(store, cache)
        except InputError as error:
            print(f"  {error}")
            reached = False
            continue
        for one in kept:
            dropped = arguments.prune and one.state in leftovers.LEFT
            print(f"  {one.name}  {counted(one.vectors, 'vector')}, {one.state}{': dropped' if dropped else ''}")
            if dropped:
                store.drop(one.name)
        if not kept:
            print("  nothing of Proctor's")
    return 0 if reached else 1
