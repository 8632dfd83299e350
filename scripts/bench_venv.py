"""Make build/bench-venv with what stands in requirements-bench.lock; a second run finds nothing to do."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

LOCK = Path("requirements-bench.lock")
VENV = Path("build/bench-venv")
STAMP = VENV / "installed"


def main() -> None:
    """Anew when the lock or Python is another one."""
    wanted = f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version}"
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    if VENV.is_symlink():  # `--clear` would empty what it leads to, which may be somebody else's
        sys.exit(f"{VENV} is a link: remove it, and it is made here")
    print("Making build/bench-venv with what one would pick instead, a minute or two …", flush=True)
    run(os.path.realpath(sys.executable), "-m", "venv", "--clear", str(VENV))
    options = ["-qq", "--only-binary", ":all:", "--require-hashes", "--requirement", str(LOCK)]
    run(str(VENV / "bin/python"), "-m", "pip", "install", *options)
    STAMP.write_text(wanted)


def run(*command: str) -> None:
    """Run a command that has to succeed."""
    ours = {"PIP_CONSTRAINT": os.devnull, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, env={**os.environ, **ours}, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"Making {VENV} failed: {' '.join(command)} (exit {done.returncode})")


if __name__ == "__main__":
    main()
