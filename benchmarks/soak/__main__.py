"""`python -m benchmarks.soak SECONDS`: exit code 1 when anything was breached."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.soak.ground import CannotSoak
from benchmarks.soak.program import soak
from benchmarks.soak.report import show, write

OUT = Path("build/soak.json")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--scale", type=float, default=1.0, help="1: about 80 requests a second")
    parser.add_argument("--only", nargs="*", default=[], metavar="DISASTER", help="as the table names them")
    parser.add_argument("--logs", type=Path, help="a folder for what the processes say; left out, a temporary one")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C: what was started is stopped
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # our own pool stands on the same database
    with tempfile.TemporaryDirectory(prefix="allonova-soak-") as name:
        folder = args.logs or Path(name)
        folder.mkdir(exist_ok=True, parents=True)

        def say(text: str) -> None:
            print(text, flush=True)

        try:
            outcome = asyncio.run(soak(folder, seconds=args.seconds, scale=args.scale, only=args.only, say=say))
        except CannotSoak as why:
            sys.exit(str(why))
    write(outcome, OUT)
    print(show(outcome))
    sys.exit(not outcome.is_sound)


if __name__ == "__main__":
    main()
