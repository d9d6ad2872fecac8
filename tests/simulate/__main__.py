"""``python -m tests.simulate NAME [--simulations N] [--seed N]``: NAME is a file of this folder with a function ``simulate``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

Simulate: TypeAlias = Callable[[int, int], Iterator[str]]
"""From the number of simulations and the seed to the lines of a Markdown table, each as soon as it is known."""
SHARED = ("__init__", "__main__", "draws")


def main() -> None:
    """Print the lines of one simulation."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in SHARED)
    parser = argparse.ArgumentParser(prog="python -m tests.simulate", description=__doc__)
    parser.add_argument("name", choices=names)
    parser.add_argument("--simulations", type=int, default=1000, help="a cell of the table (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    simulate: Simulate = import_module(f"tests.simulate.{given.name}").simulate
    for line in simulate(given.simulations, given.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
