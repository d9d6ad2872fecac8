"""``python -m tests.faults [KIND ...]``: do what goes wrong, and print a table of what came of it; all kinds if none is named."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from inspect import signature

KINDS = {
    "escapes": "tests.faults.escapes",
    "flips": "tests.faults.flips",
    "fuzz": "tests.faults.fuzz",
    "judges": "tests.faults.judges",
    "kills": "tests.faults.kills",
    "payloads": "tests.faults.payloads",
    "services": "tests.faults.services",
    "storage": "tests.faults.storage",
}
"""Name -> module, whose docstring says what it does, and whose ``run(seed)`` yields the lines of a table."""


def main() -> int:
    """Run the kinds that are named, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND", help=f"one of {', '.join(KINDS)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, help="how often, for kinds that do the same many times")
    given = parser.parse_args()
    for kind in given.kinds or KINDS:
        module = import_module(KINDS[kind])
        print(f"{kind}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        counted = given.count and "count" in signature(module.run).parameters
        for line in module.run(given.seed, **({"count": given.count} if counted else {})):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
