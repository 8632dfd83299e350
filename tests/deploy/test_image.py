"""What the Dockerfile promises, read off it."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.image import DOCKERFILE, ROOT, environment, last, stages
from tests.support.processes import free_ports

BUILT, RUNNING = stages()
HEALTHCHECK = ROOT / "deploy/image/healthcheck.py"


def test_nothing_is_found_when_hadolint_reads_it() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_image_runs_our_command_in_production_when_nothing_else_is_said() -> None:
    assert last(RUNNING, "ENTRYPOINT").value == '["allonova"]'
    assert last(RUNNING, "CMD").value == '["serve"]'
    assert last(RUNNING, "STOPSIGNAL").value == "SIGTERM"
    assert environment(RUNNING)["ALLONOVA_ENV"] == "production"


def test_user_is_a_number_and_not_root() -> None:
    assert all(int(part) > 0 for part in last(RUNNING, "USER").value.split(":"))


def test_all_packages_come_as_wheels_by_their_hashes() -> None:
    locked, own = [step.words for step in BUILT if step.name == "RUN" and "install" in step.words]
    assert {"--require-hashes", "--only-binary", "requirements.lock"} <= set(locked)
    assert {"--no-deps", "--no-index", "--no-build-isolation"} <= set(own)


def test_last_stage_installs_the_database_client_alone_and_leaves_no_installer() -> None:
    (run,) = [step.value for step in RUNNING if step.name == "RUN"]
    installed = run.partition("apt-get install")[2].partition("&&")[0].split()
    assert [word for word in installed if not word.startswith("-")] == ["postgresql-client-17"]
    assert "pip uninstall" in run


def test_context_holds_what_is_copied_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copies = [step.words for step in (*BUILT, *RUNNING) if step.name == "COPY"]
    copied = {word for words in copies if "--from=build" not in words for word in words[:-1] if word[0] != "-"}
    assert "*" in lines
    assert let_in == copied
    assert [name for name in let_in if not (ROOT / name).exists()] == []


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A process that answers so; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def health(**env: str) -> int:
    """The exit code of the image's own HEALTHCHECK."""
    *_, isolated, _ = last(RUNNING, "HEALTHCHECK").value.partition("CMD ")[2].strip('[]"').split('", "')
    return subprocess.run([sys.executable, isolated, HEALTHCHECK], env=os.environ | env, check=False).returncode


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
@pytest.mark.parametrize("variable", ["PORT", "ALLONOVA_WORKER_PORT"])
def test_container_is_healthy_when_its_process_says_so(variable: str, status: int, code: int) -> None:
    with answering(status) as port:
        assert health(**{variable: str(port)}) == code


def test_container_is_not_healthy_when_nobody_answers() -> None:
    assert health(PORT=str(free_ports(1)[0])) == 1
