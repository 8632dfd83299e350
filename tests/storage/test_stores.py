"""What every store of files does, asked of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
import pytest

from allonova.application.files.ports import LINK_TTL, UPLOAD_TTL, Upload
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.domain.kernel.errors import NotFound
from tests.storage.conftest import Shelf
from tests.support.factories import SECOND, new_id

JPEG = "image/jpeg"
BODY = b"\x00\xff bytes of any kind\n" * 20
REFUSED = (400, 403)  # S3 servers differ between the two for a URL without a signature


def a_key() -> str:
    return f"uploads/{new_id()}/{new_id()}"


def granted(shelf: Shelf, **given: object) -> Upload:
    wanted: dict[str, object] = {"content_type": JPEG, "size": len(BODY)}
    return shelf.files.grant_upload(a_key(), **(wanted | given))  # type: ignore[arg-type]


async def sent(shelf: Shelf, upload: Upload, body: bytes = BODY) -> httpx.Response:
    return await shelf.client.request(upload.method, upload.upload_url, content=body, headers=upload.headers)


def with_query(url: str, change: Callable[[dict[str, str]], None]) -> str:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    change(query)
    return urlunsplit(parts._replace(query=urlencode(query)))


def forged(query: dict[str, str]) -> None:
    name = "signature" if "signature" in query else "X-Amz-Signature"
    query[name] = query[name][:-1] + ("0" if query[name][-1] != "0" else "1")


def unsigned(query: dict[str, str]) -> None:
    query.pop("signature", None)
    query.pop("X-Amz-Signature", None)


def prolonged(query: dict[str, str]) -> None:
    name = "expires" if "expires" in query else "X-Amz-Expires"
    query[name] = str(int(query[name]) + 1000)


def elsewhere(url: str) -> str:
    parts = urlsplit(url)
    folder = parts.path.rpartition("/")[0]
    return urlunsplit(parts._replace(path=f"{folder}/{new_id()}"))


FORGERIES: dict[str, Callable[[str], str]] = {
    "signature": lambda url: with_query(url, forged),
    "no signature": lambda url: with_query(url, unsigned),
    "expiry": lambda url: with_query(url, prolonged),
    "key": elsewhere,
}


async def test_file_is_there_when_it_was_sent_as_granted(shelf: Shelf) -> None:
    upload = granted(shelf)
    assert upload.expires_in == UPLOAD_TTL.total_seconds()
    assert (await sent(shelf, upload)).status_code == 200
    assert await shelf.files.read(upload.object_key, limit=len(BODY)) == BODY


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_upload_is_refused_when_its_url_is_forged(shelf: Shelf, forgery: str) -> None:
    upload = granted(shelf)
    answer = await sent(shelf, replace(upload, upload_url=FORGERIES[forgery](upload.upload_url)))
    assert answer.status_code in REFUSED
    await nothing_at(shelf, upload.object_key)


@pytest.mark.promise("uploads")
@pytest.mark.parametrize("body", [BODY + b"x", BODY[:-1], b""], ids=["longer", "shorter", "empty"])
async def test_upload_is_refused_when_its_length_is_another(shelf: Shelf, body: bytes) -> None:
    upload = granted(shelf)
    assert (await sent(shelf, upload, body)).status_code == 403
    await nothing_at(shelf, upload.object_key)


async def test_upload_is_refused_when_its_length_is_not_said(shelf: Shelf) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield BODY

    upload = granted(shelf)
    answer = await shelf.client.put(upload.upload_url, content=pieces(), headers=upload.headers)
    assert answer.status_code in (403, 411)
    await nothing_at(shelf, upload.object_key)


@pytest.mark.promise("uploads")
@pytest.mark.parametrize("kind", ["text/html", "image/png", "image/jpeg; charset=utf-8"])
async def test_upload_is_refused_when_its_type_is_another(shelf: Shelf, kind: str) -> None:
    upload = granted(shelf)
    assert (await sent(shelf, replace(upload, headers={"Content-Type": kind}))).status_code == 403
    await nothing_at(shelf, upload.object_key)


@pytest.mark.promise("uploads")
async def test_upload_is_refused_when_it_has_expired(shelf: Shelf) -> None:
    with shelf.earlier(UPLOAD_TTL + SECOND):
        upload = granted(shelf)
    assert (await sent(shelf, upload)).status_code == 403
    await nothing_at(shelf, upload.object_key)


async def test_upload_is_refused_when_the_url_is_one_for_reading(shelf: Shelf) -> None:
    key = a_key()
    answer = await shelf.client.put(shelf.files.link(key), content=BODY, headers={"Content-Type": JPEG})
    assert answer.status_code == 403
    await nothing_at(shelf, key)


async def nothing_at(shelf: Shelf, key: str) -> None:
    with pytest.raises(NotFound):
        await shelf.files.read(key, limit=1000)


async def test_link_gives_the_file_when_it_is_fresh(shelf: Shelf) -> None:
    key = f"photos/{new_id()}.jpg"
    await shelf.files.write(key, BODY, content_type=JPEG)
    answer = await shelf.client.get(shelf.files.link(key))
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, BODY, JPEG)
    assert "content-disposition" not in answer.headers


@pytest.mark.promise("uploads")
async def test_link_gives_an_attachment_when_the_file_has_a_name(shelf: Shelf) -> None:
    key = f"kyc/{new_id()}/front.pdf"
    await shelf.files.write(key, BODY, content_type="application/pdf", name="front.pdf")
    answer = await shelf.client.get(shelf.files.link(key))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"] == 'attachment; filename="front.pdf"'


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_link_is_refused_when_it_is_forged(shelf: Shelf, forgery: str) -> None:
    key = a_key()
    await shelf.files.write(key, BODY, content_type=JPEG)
    answer = await shelf.client.get(FORGERIES[forgery](shelf.files.link(key)))
    assert answer.status_code in REFUSED
    assert BODY not in answer.content


async def test_link_is_refused_when_it_has_expired(shelf: Shelf) -> None:
    key = a_key()
    await shelf.files.write(key, BODY, content_type=JPEG)
    with shelf.earlier(LINK_TTL + SECOND):
        link = shelf.files.link(key)
    assert (await shelf.client.get(link)).status_code == 403
    with shelf.earlier(LINK_TTL - timedelta(minutes=1)):
        link = shelf.files.link(key)
    assert (await shelf.client.get(link)).status_code == 200


async def test_link_leads_nowhere_when_nothing_is_there(shelf: Shelf) -> None:
    assert (await shelf.client.get(shelf.files.link(a_key()))).status_code == 404


async def test_file_is_not_read_when_it_is_larger_than_wanted(shelf: Shelf) -> None:
    key = a_key()
    await shelf.files.write(key, BODY, content_type=JPEG)
    with pytest.raises(NotFound):
        await shelf.files.read(key, limit=len(BODY) - 1)


async def test_file_is_another_when_it_was_written_again(shelf: Shelf) -> None:
    key = a_key()
    await shelf.files.write(key, BODY, content_type=JPEG)
    await shelf.files.write(key, b"new", content_type=JPEG)
    assert await shelf.files.read(key, limit=100) == b"new"


async def test_file_is_gone_when_it_was_deleted_however_often(shelf: Shelf) -> None:
    key = a_key()
    await shelf.files.write(key, BODY, content_type=JPEG)
    assert await shelf.files.has(key)
    await shelf.files.delete(key)
    await shelf.files.delete(key)
    assert not await shelf.files.has(key)
    await nothing_at(shelf, key)


@pytest.mark.parametrize(
    "key", ["../secret", "uploads/../../secret", "/etc/passwd", "uploads//x", ".x", "a\0b", "a b", ""]
)
async def test_key_is_refused_when_it_is_none_of_ours(shelf: Shelf, key: str) -> None:
    with pytest.raises(ValueError, match="not a key of ours"):
        shelf.files.link(key)
    with pytest.raises(ValueError, match="not a key of ours"):
        shelf.files.grant_upload(key, content_type=JPEG, size=1)
    with pytest.raises(ValueError, match="not a key of ours"):
        await shelf.files.write(key, BODY, content_type=JPEG)


async def piece_by_piece(*pieces: bytes, then: Exception | None = None) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if then is not None:
        raise then


@pytest.mark.parametrize(
    "sizes", [(), (1,), (5, 5), (9 << 20,), (3 << 20, 6 << 20, 8 << 20, 7)], ids=["0", "1", "10", "9 MiB", "17 MiB"]
)
async def test_file_is_whole_when_it_came_in_pieces(shelf: Shelf, sizes: tuple[int, ...]) -> None:
    pieces = [bytes([number]) * size for number, size in enumerate(sizes, 65)]
    key, whole = f"exports/{new_id()}/{new_id()}.csv", b"".join(pieces)
    size = await shelf.files.stream(key, piece_by_piece(*pieces), content_type="text/csv", name="books.csv")
    assert size == len(whole)
    answer = await shelf.client.get(shelf.files.link(key))
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="books.csv"'
    assert answer.headers["content-length"] == str(size)
    assert answer.content == whole


@pytest.mark.parametrize("size", [10, 9 << 20], ids=["10", "9 MiB"])
async def test_nothing_is_there_when_the_pieces_broke_off(shelf: Shelf, size: int) -> None:
    key = f"exports/{new_id()}/{new_id()}.csv"
    pieces = piece_by_piece(b"a" * size, then=ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await shelf.files.stream(key, pieces, content_type="text/csv", name="books.csv")
    await nothing_at(shelf, key)


async def test_former_file_stays_when_the_pieces_broke_off(shelf: Shelf) -> None:
    key = f"exports/{new_id()}/{new_id()}.csv"
    await shelf.files.stream(key, piece_by_piece(b"former"), content_type="text/csv", name="books.csv")
    pieces = piece_by_piece(b"a", then=ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await shelf.files.stream(key, pieces, content_type="text/csv", name="books.csv")
    assert await shelf.files.read(key, limit=100) == b"former"


async def test_store_is_not_called_when_a_transaction_is_open(shelf: Shelf) -> None:
    token = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError):
            await shelf.files.read(a_key(), limit=1)
        with pytest.raises(RuntimeError):
            await shelf.files.write(a_key(), BODY, content_type=JPEG)
        with pytest.raises(RuntimeError):
            await shelf.files.delete(a_key())
        with pytest.raises(RuntimeError):
            await shelf.files.stream(a_key(), piece_by_piece(b"a"), content_type="text/csv", name="a.csv")
    finally:
        INSIDE_UNIT.reset(token)
