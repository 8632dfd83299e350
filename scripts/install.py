"""Make .venv and put the locked packages and this project into it; a second run finds nothing to do.

Usage: scripts/python scripts/install.py run|dev
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
AS_SOURCE = ("localstripe",)  # comes in no wheel: it is made into one here, by the setuptools of the lock


def main(level: str) -> None:
    """Bring .venv up to `run` (what running needs) or `dev` (what developing needs as well)."""
    os.chdir(ROOT)
    # Of two makes at once in one clone, the second waits, then finds the work done.
    with Path("requirements.lock").open("rb") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        install(level)


def install(level: str) -> None:
    """Do what the stamp does not know to be done; a package that has left the locks stays until `make clean`."""
    found = stamp()
    if found.get("environment") != environment():  # never made, left half-made, or moved
        if VENV.is_symlink():
            sys.exit(f".venv leads to {VENV.resolve()}, which is another clone's: it is left as it is")
        version = sys.version.split()[0]
        print(f"Making .venv with Python {version} and the locked packages, a minute or two …", flush=True)
        run(os.path.realpath(sys.executable), "-m", "venv", "--clear", str(VENV))
        found = {"environment": environment()}
    if found.get("level") == "dev":  # its lock holds the other
        level = "dev"
    packages = {"level": level, "lock": digest(LOCKS[level])}
    if not packages.items() <= found.items():
        STAMP.unlink(missing_ok=True)
        wheels, sources = parts(LOCKS[level])
        pip("--no-compile", "--only-binary", ":all:", "--require-hashes", "-r", str(wheels))
        if sources.stat().st_size:
            pip("--no-compile", "--no-deps", "--no-build-isolation", "--require-hashes", "-r", str(sources))
        precompile()
        found = {"environment": environment(), **packages}
        STAMP.write_text(json.dumps(found))
    project = digest("pyproject.toml")
    if found.get("project") != project:
        pip("--no-deps", "--no-build-isolation", "-e", ".")
        STAMP.write_text(json.dumps(found | {"project": project}))


def parts(lock: str) -> tuple[Path, Path]:
    """What of a lock comes as wheels, and what as source."""
    found: dict[bool, list[str]] = {False: [], True: []}
    is_source = False
    for line in Path(lock).read_text().splitlines(keepends=True):
        if not line.startswith((" ", "#")):
            is_source = line.partition("==")[0] in AS_SOURCE
        found[is_source].append(line)
    wheels, sources = VENV / "wheels.txt", VENV / "sources.txt"
    wheels.write_text("".join(found[False]))
    sources.write_text("".join(found[True]))
    return wheels, sources


def stamp() -> dict[str, object]:
    """What was done last time; nothing if that did not come to its end."""
    try:
        return dict(json.loads(STAMP.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def environment() -> list[str]:
    """What a venv cannot outlive: its own place, and the Python under it."""
    return [str(VENV), os.path.realpath(sys.executable), sys.version]


def digest(name: str) -> str:
    """Tells one text of a file from another."""
    return hashlib.sha256(Path(name).read_bytes()).hexdigest()


def pip(*arguments: str) -> None:
    """Run pip install, quietly, and free of settings that a complete lock can only contradict."""
    ours = {"PIP_CONSTRAINT": os.devnull, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    run(str(VENV / "bin/python"), "-m", "pip", "install", "-qq", *arguments, env={**os.environ, **ours})


def precompile() -> None:
    """Compile what pip would compile with one processor, with all of them. Whatever does not compile nobody imports."""
    packages = sysconfig.get_path("purelib", vars={"base": str(VENV)})
    command = [str(VENV / "bin/python"), "-m", "compileall", "-qq", "-j", "0", packages]
    subprocess.run(command, stdin=subprocess.DEVNULL, check=False)


def run(*command: str, env: dict[str, str] | None = None) -> None:
    """Run a command that has to succeed."""
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"Installing failed: {' '.join(command)} (exit {done.returncode})")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
