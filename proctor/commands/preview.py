"""Show a published site in a browser, from an address of this machine alone."""

from __future__ import annotations

import argparse
from contextlib import suppress

from proctor.arguments import add_site, site
from proctor.core.reading.ranges import Range

PORT = Range(0, 65535, "a port; 0 takes one that is free", whole=True)


def declare(parser: argparse.ArgumentParser) -> None:
    """A site, and where it is shown."""
    parser.add_argument("--port", type=PORT.option, default=0, metavar="N", help="where (default: a port that is free)")
    parser.add_argument("--no-open", dest="open", action="store_false", help="print the address, and open no browser")
    add_site(parser)


def run(arguments: argparse.Namespace) -> None:
    """Serve it until Ctrl-C."""
    from proctor.leaderboard.hosting import preview

    folder = site(arguments.site)
    with preview.server(folder, arguments.port) as serving, suppress(KeyboardInterrupt):
        print(f"{folder} is at {preview.address(serving)}\nCtrl-C ends this.", flush=True)
        preview.serve(serving, browse=arguments.open)
