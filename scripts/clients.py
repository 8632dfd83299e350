"""Make the clients of clients/ from the OpenAPI and the AsyncAPI, and try them on a service of their own.

Usage: clients.py make|try
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from client_documents import for_dart, frames, read
from npm import NODE, install
from postman import collection

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = ROOT / "clients"
MODULES = CLIENTS / "node_modules"
TYPESCRIPT, DART, POSTMAN = CLIENTS / "typescript", CLIENTS / "dart", CLIENTS / "postman"
COLLECTION = POSTMAN / "allonova.postman_collection.json"
GENERATOR = Path(sys.executable).with_name("openapi-generator-cli")
UP_S = 120
MANY = dict.fromkeys(
    (
        "ALLONOVA_RATE_LIMIT_PER_MINUTE",
        "ALLONOVA_AUTH_RATE_LIMIT_PER_MINUTE",
        "ALLONOVA_AUTH_IDENTIFIER_LIMIT_PER_HOUR",
    ),
    "1000000",
)


class Failed(Exception):
    """A tool did not do its part."""


def main(what: str) -> None:
    """Make all of them; `try` puts them to use as well."""
    if what == "make":
        make()
        return
    with service() as served:  # it comes up meanwhile
        make()
        node(DART / "look.mjs", DART / "allonova/lib")
        served.wait()
        node(TYPESCRIPT / "dist/stories/run.js", ALLONOVA_URL=served.url)
        newman(served.url)


def make() -> None:
    """All three, from the documents as they are."""
    with ThreadPoolExecutor() as pool:
        dart = pool.submit(make_dart)
        make_postman()
        install(CLIENTS)
        make_typescript()
        dart.result()


def make_postman() -> None:
    """The collection, to be imported into Postman or run by newman."""
    stories = json.loads((POSTMAN / "stories.json").read_bytes())
    made = collection(read("openapi.json"), stories)
    COLLECTION.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n")


def make_typescript() -> None:
    """Types of calls and frames, then all of it compiled."""
    with given(read("openapi.json")) as calls, given(frames(read("asyncapi.json"))) as shown:
        for source, name in ((calls, "schema.ts"), (shown, "frames.ts")):
            target = TYPESCRIPT / "src" / name
            node(MODULES / "openapi-typescript/bin/cli.js", source, "-o", target, "--default-non-nullable=false")
    shutil.rmtree(TYPESCRIPT / "dist", ignore_errors=True)
    node(MODULES / "typescript-7/bin/tsc", "-p", TYPESCRIPT)


def make_dart() -> None:
    """The package, ready for a pubspec's `path:`."""
    made = DART / "allonova"
    shutil.rmtree(made, ignore_errors=True)
    with given(for_dart(read("openapi.json"))) as source:
        arguments = ["generate", "-c", DART / "generator.json", "-i", source, "-o", made]
        run(GENERATOR, *arguments, JAVA_OPTS="-XX:TieredStopAtLevel=1")  # it runs once: the better compiler costs more
    for unwanted in ("git_push.sh", ".travis.yml"):
        (made / unwanted).unlink(missing_ok=True)


def newman(url: str) -> None:
    """The stories of the collection, without a screen."""
    options = ["--folder", "Stories", "--env-var", f"baseUrl={url}", "--delay-request", "50", "--color", "off"]
    node(MODULES / "newman/bin/newman.js", "run", COLLECTION, *options, "--reporter-cli-no-banner", "--bail")
    print("   ✓ the stories of the Postman collection")


def node(script: Path, *arguments: object, **env: str) -> None:
    """Run a script in the Node that came with the packages."""
    run(NODE, script, *arguments, **env)


def run(*command: object, **env: str) -> None:
    """Run a program, silently while all is well but for lines that begin with three blanks. Raises Failed."""
    told = [str(word) for word in command]
    done = subprocess.run(told, cwd=CLIENTS, env=os.environ | env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(told)}\n{done.stdout[-8000:]}{done.stderr[-8000:]}")
    sys.stdout.write("".join(line for line in done.stdout.splitlines(keepends=True) if line.startswith("   ")))


@contextmanager
def given(document: Any) -> Iterator[Path]:
    """A document as a file for a generator."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.json"
        path.write_text(json.dumps(document, ensure_ascii=False))
        yield path


@dataclass(frozen=True, slots=True)
class Service:
    """A service in memory, with demo data and a played world."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> None:
        """Until it serves. Raises Failed when it ends, or does not in time."""
        deadline = time.monotonic() + UP_S
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/readyz", trust_env=False).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise Failed(f"the service does not serve:\n{self.log.read_text()[-4000:]}")


@contextmanager
def service() -> Iterator[Service]:
    """One that has been started, and is stopped afterwards."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        port = free_port()
        env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        env |= {"ALLONOVA_ENV": "embedded", "PORT": str(port), **MANY}
        command = [sys.executable, "-m", "allonova.main.cli", "run"]
        process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield Service(f"http://127.0.0.1:{port}", process, Path(log.name))
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    """One that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Failed as fault:
        sys.exit(f"clients: {fault}")
