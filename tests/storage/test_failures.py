"""What becomes of a store that fails."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.storage.local import LocalFiles
from allonova.adapters.storage.s3 import S3Config, S3Files
from allonova.adapters.vendors.breaker import FAILURES, Breaker
from allonova.application.files.ports import FileStore
from allonova.domain.kernel.errors import Forbidden, NotFound, ServiceUnavailable
from tests.storage.conftest import SECRETS
from tests.support.factories import SetClock
from tests.support.objects import S3Server, free_port
from tests.support.wire import ROOT

KEY = "photos/one.jpg"


async def unavailable(files: FileStore) -> None:
    """Every call says so, and nothing else."""
    with pytest.raises(ServiceUnavailable):
        await files.read(KEY, limit=10)
    with pytest.raises(ServiceUnavailable):
        await files.write(KEY, b"x", content_type="image/jpeg")
    with pytest.raises(ServiceUnavailable):
        await files.delete(KEY)


@pytest.fixture(scope="module")
def nobody() -> S3Config:
    """A server that does not answer."""
    url = f"http://127.0.0.1:{free_port()}"
    return S3Config(bucket="b", region="r", access_key="k", secret_key="canary-secret", endpoint_url=url)


async def test_unavailable_when_the_server_does_not_answer(nobody: S3Config, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await unavailable(S3Files(nobody))
    assert [record.message for record in caplog.records if record.name.startswith("allonova")] == [
        "the file store failed"
    ] * 3
    assert "canary-secret" not in caplog.text
    assert "canary-secret" not in repr(nobody)


async def test_server_is_left_in_peace_when_it_failed_too_often(nobody: S3Config) -> None:
    breaker = Breaker()
    files = S3Files(nobody, breaker=breaker)
    for _ in range(FAILURES):
        assert not breaker.is_open
        with pytest.raises(ServiceUnavailable):
            await files.delete(KEY)
    assert breaker.is_open
    await unavailable(files)


async def test_unavailable_when_the_key_is_refused(s3: S3Server) -> None:
    await unavailable(S3Files(replace(s3.config, secret_key="another")))


async def test_unavailable_when_there_is_no_bucket(s3: S3Server) -> None:
    with pytest.raises(ServiceUnavailable):
        await S3Files(replace(s3.config, bucket="missing")).write(KEY, b"x", content_type="image/jpeg")


async def test_server_counts_as_well_when_it_has_no_such_file(s3: S3Server) -> None:
    breaker = Breaker()
    files = S3Files(s3.config, breaker=breaker)
    for _ in range(FAILURES):
        with pytest.raises(NotFound):
            await files.read("photos/none.jpg", limit=1)
    assert not breaker.is_open


def test_links_are_signed_for_the_address_that_clients_know_when_there_is_one(nobody: S3Config) -> None:
    files = S3Files(replace(nobody, public_url="https://files.example.test"))
    for url in (files.link(KEY), files.grant_upload(KEY, content_type="image/jpeg", size=1).upload_url):
        assert urlsplit(url)[:3] == ("https", "files.example.test", f"/b/{KEY}")


async def test_unavailable_when_the_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("not a folder")
    files = LocalFiles(tmp_path / "files", public_url=ROOT, secrets=SECRETS, clock=SetClock())
    await unavailable(files)


async def test_file_is_the_services_own_when_others_use_the_machine(tmp_path: Path) -> None:
    files = LocalFiles(tmp_path / "files", public_url=ROOT, secrets=SECRETS, clock=SetClock())
    await files.write("kyc/one/front.jpg", b"x", content_type="image/jpeg")
    kept = list((tmp_path / "files").rglob("*"))
    assert {path.stat().st_mode & 0o077 for path in kept} == {0}
    assert [path.name for path in kept if path.is_file()] == ["front.jpg"]


async def test_nothing_half_written_stays_when_a_write_fails(tmp_path: Path) -> None:
    files = LocalFiles(tmp_path / "files", public_url=ROOT, secrets=SECRETS, clock=SetClock())
    (tmp_path / "files/photos/one.jpg").mkdir(parents=True)
    with pytest.raises(ServiceUnavailable):
        await files.write(KEY, b"x", content_type="image/jpeg")
    assert [path.name for path in (tmp_path / "files/photos").iterdir()] == ["one.jpg"]


async def test_url_is_taken_while_the_secret_that_signed_it_is_known(tmp_path: Path) -> None:
    old, new = {"old": "o" * 32}, {"new": "n" * 32}

    def files_on(keys: dict[str, str], kid: str) -> LocalFiles:
        return LocalFiles(tmp_path, public_url=ROOT, secrets=ServerSecrets(keys, kid), clock=SetClock())

    await files_on(old, "old").write(KEY, b"x", content_type="image/jpeg")
    query = dict(parse_qsl(urlsplit(files_on(old, "old").link(KEY)).query))
    assert (await files_on(new | old, "new").give(KEY, query)).size == 1
    with pytest.raises(Forbidden):
        await files_on(new, "new").give(KEY, query)
