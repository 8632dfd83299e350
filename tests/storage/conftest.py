"""Both stores of files, each with a client that stands where browsers stand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.http.provide import HttpConfig
from allonova.adapters.storage.local import LocalFiles
from allonova.adapters.storage.s3 import S3Files
from allonova.application.files.ports import FileStore
from tests.support.factories import SetClock
from tests.support.objects import S3Server, s3_server
from tests.support.serving import app_of
from tests.support.wire import ROOT

SECRETS = ServerSecrets({"k": "s" * 32}, "k")
CONFIG = HttpConfig(public_url=ROOT, payment_return_url=ROOT)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A store; `client` is anybody's, and what is signed within `earlier` was signed that long ago."""

    files: FileStore
    client: httpx.AsyncClient
    earlier: Callable[[timedelta], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server for the whole run."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def s3_files(s3: S3Server) -> S3Files:
    """Our adapter on it; made once, since reading S3's description takes half a second."""
    return S3Files(s3.config)


@pytest.fixture(params=["local", "s3"])
async def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shelf]:
    """Each store in turn."""
    if request.param == "local":
        clock = SetClock()
        local = LocalFiles(tmp_path / "files", public_url=ROOT, secrets=SECRETS, clock=clock)
        app = app_of(CONFIG)
        app.state.edge = SimpleNamespace(use={"signed_files": local, FileStore: local}, is_leaving=lambda: False)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
            yield Shelf(local, client, lambda by: _ago(clock, by))
        return

    async with httpx.AsyncClient(trust_env=False) as client:
        yield Shelf(request.getfixturevalue("s3_files"), client, _signed_ago)


@contextmanager
def _ago(clock: SetClock, by: timedelta) -> Iterator[None]:
    clock.advance(-by)
    yield
    clock.advance(by)


@contextmanager
def _signed_ago(by: timedelta) -> Iterator[None]:
    then = datetime.now(UTC).replace(tzinfo=None) - by
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: then)
        yield
