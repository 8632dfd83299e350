"""The service with a store of files behind it: memory over a folder, and PostgreSQL over a real S3 server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio

from allonova.domain.files.upload import FileType
from allonova.main.settings import Settings
from tests.support.api import Api, Person
from tests.support.objects import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, S3Server, s3_server
from tests.support.pictures import PDF, picture
from tests.support.serving import SETTINGS, Server, api_on
from tests.support.wire import ROOT, data


@dataclass(frozen=True, slots=True)
class Filing:
    """`client` reaches the store as browsers do: our own routes, or the S3 server."""

    api: Api
    client: httpx.AsyncClient

    async def grant(self, person: Person, path: str, kind: str = FileType.JPEG, *, size: int) -> Any:
        """What a client is told about sending a file."""
        return data(await person.post(path, {"content_type": kind, "size": size}), 201)

    async def put(self, upload: Any, body: bytes) -> httpx.Response:
        """Send it, as told."""
        return await self.client.request(
            upload["method"], upload["upload_url"], content=body, headers=upload["headers"]
        )

    async def sent(self, person: Person, path: str, body: bytes, kind: str = FileType.JPEG) -> str:
        """The key of a file that was sent."""
        upload = await self.grant(person, path, kind, size=len(body))
        assert (await self.put(upload, body)).status_code == 200
        return str(upload["object_key"])

    async def fetched(self, url: str) -> httpx.Response:
        """A file by its link, wherever it leads."""
        answer = await (self.api.http if url.startswith(ROOT) else self.client).get(url)
        return await self.fetched(answer.headers["location"]) if answer.is_redirect else answer

    async def holds(self, key: str) -> bool:
        """Whether the store has it."""
        answer = await self.fetched(self.api.service.outside.files.link(key))
        assert answer.status_code in (200, 404)
        return answer.status_code == 200

    async def paper(self, person: Person, doc_type: str = "cni", number: str = "CI0123456789", **given: Any) -> Any:
        """A paper that waits for its review."""
        front = await self.sent(person, "/me/kyc/uploads", picture())
        back = await self.sent(person, "/me/kyc/uploads", PDF, FileType.PDF)
        body = {"doc_type": doc_type, "doc_number": number, "front_key": front, "back_key": back}
        return data(await person.post("/me/kyc", body | given), 201)


def key_of(url: str) -> str:
    """The store's key in a link to it."""
    return urlsplit(url).path.removeprefix("/files/objects/").removeprefix(f"/{BUCKET}/").removeprefix("/files/")


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server for the whole run."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(params=["memory-folder", "postgres-s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Server | None, Settings]:
    """Where rows and files lie."""
    if request.param == "memory-folder":
        return None, SETTINGS.model_copy(update={"files_dir": tmp_path / "files"})
    server: S3Server = request.getfixturevalue("s3")
    bucket = {
        "s3_bucket": BUCKET,
        "s3_region": REGION,
        "s3_access_key": ACCESS_KEY,
        "s3_secret_key": SECRET_KEY,
        "s3_endpoint_url": server.url,
    }
    return request.getfixturevalue("postgres"), SETTINGS.model_copy(update=bucket)


@pytest_asyncio.fixture(loop_scope="session")
async def filing(place: tuple[Server | None, Settings]) -> AsyncIterator[Filing]:
    """The service with an empty store of rows, and one of files."""
    server, settings = place
    async with api_on(server, settings) as api:
        if settings.s3_bucket:
            async with httpx.AsyncClient(trust_env=False) as client:
                yield Filing(api, client)
        else:
            yield Filing(api, api.http)
