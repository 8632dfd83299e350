"""A process that tries one target with so many inputs, each made from those that reached something new (atheris):

python -m tests.fuzz.run TARGET RUNS FOLDER
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import atheris  # type: ignore[import-untyped,unused-ignore]

if TYPE_CHECKING:
    from tests.fuzz.target import Target

SEED, LONGEST = 8, 4096
READERS = ("crypto", "notify", "payments", "social", "telemetry", "vendors")
GUIDING = ["jose", "tests.fuzz", *(f"allonova.adapters.{name}" for name in READERS)]
"""Whose branches say whether an input is a new one."""


def main(name: str, runs: str, folder: str) -> None:
    """Ends the process: with 0 when nothing but declared refusals came out."""
    with atheris.instrument_imports(include=GUIDING):
        target = _target(name)
    logging.disable()
    corpus = Path(folder) / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(target.seeds):
        (corpus / str(number)).write_bytes(seed)
    options = [
        f"-runs={runs}",
        f"-seed={SEED}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={folder}/",
        "-rss_limit_mb=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], target)
    atheris.Fuzz()


def _target(name: str) -> Target:
    """Its modules are instrumented while they are read."""
    from tests.fuzz.target import PLANTED  # noqa: PLC0415

    if name == "planted":
        return PLANTED
    from tests.fuzz.targets import ANY, TARGETS  # noqa: PLC0415

    return ANY if name == "any" else TARGETS[name]


if __name__ == "__main__":
    main(*sys.argv[1:])
