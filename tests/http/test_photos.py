"""Photos of people: sent, looked through, shown."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from PIL import ExifTags, Image

from allonova.domain.files.upload import MAX_BYTES, UPLOADS_PER_HOUR, FileType, Purpose
from tests.support.api import Person
from tests.support.factories import HOUR, MINUTE, SECOND, new_id
from tests.support.filing import Filing, key_of
from tests.support.pictures import HTML, PDF, SVG, bomb, opened, picture
from tests.support.wire import ROOT, data, paths, refusal

LIMIT = MAX_BYTES[Purpose.PHOTO]


async def send(filing: Filing, person: Person, body: bytes, kind: FileType = FileType.JPEG) -> str:
    """The key of a photo that was sent."""
    return await filing.sent(person, "/me/photo", body, kind)


async def attach(person: Person, key: object, **more: Any) -> Any:
    """`PATCH /me` with the key of a photo."""
    return await person.send("PATCH", "/me", json={"photo_key": key, **more})


async def refused(person: Person, key: str, code: str = "unknown") -> None:
    """The key is not taken, and the account stays as it is."""
    before = data(await person.get("/me"))
    details = refusal(await attach(person, key), 422, "validation_error")
    assert [(fault["path"], fault["code"]) for fault in details["fields"]] == [("photo_key", code)]
    assert data(await person.get("/me")) == before


async def test_photo_is_shown_to_anybody_when_it_was_attached(filing: Filing) -> None:
    person = await filing.api.passenger()
    key = await send(filing, person, picture(size=(2000, 1000)))
    shown = data(await attach(person, key))
    assert shown["photo_url"].startswith(f"{ROOT}/files/photos/")
    assert data(await person.get("/me")) == shown
    answer = await filing.fetched(shown["photo_url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert opened(answer.content).size == (1024, 512)


async def test_address_is_cached_for_less_than_its_link_lives_when_it_is_asked_for(filing: Filing) -> None:
    person = await filing.api.passenger()
    url = data(await attach(person, await send(filing, person, picture())))["photo_url"]
    answer = await filing.api.http.get(url)
    assert answer.status_code == 302
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.promise("uploads")
async def test_where_it_was_taken_is_gone_when_the_photo_said_so(filing: Filing) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "5.3575, -4.0083"
    exif[ExifTags.Base.Orientation] = 6
    person = await filing.api.passenger()
    url = data(await attach(person, await send(filing, person, picture(exif=exif))))["photo_url"]
    body = (await filing.fetched(url)).content
    assert b"5.3575" not in body
    assert opened(body).size == (40, 60)
    assert not opened(body).getexif()


@pytest.mark.parametrize(
    ("kind", "size", "wrong"),
    [
        ("image/jpeg", LIMIT + 1, "size"),
        ("image/jpeg", 0, "size"),
        ("image/jpeg", True, "size"),
        ("image/jpeg", "12", "size"),
        ("image/svg+xml", 12, "content_type"),
        ("image/gif", 12, "content_type"),
        ("text/html", 12, "content_type"),
        ("application/pdf", 12, "content_type"),
        ("IMAGE/JPEG", 12, "content_type"),
    ],
)
async def test_nothing_is_granted_when_type_or_size_is_not_taken(
    filing: Filing, kind: str, size: object, wrong: str
) -> None:
    person = await filing.api.passenger()
    answer = await person.post("/me/photo", {"content_type": kind, "size": size})
    assert paths(refusal(answer, 422, "validation_error")) == [wrong]


async def test_upload_says_all_that_a_client_needs_when_it_is_granted(filing: Filing) -> None:
    person = await filing.api.passenger()
    upload = await filing.grant(person, "/me/photo", "image/png", size=LIMIT)
    assert upload == {
        "upload_url": upload["upload_url"],
        "method": "PUT",
        "headers": {"Content-Type": "image/png"},
        "object_key": key_of(upload["upload_url"]),
        "expires_in": 600,
    }
    assert upload["object_key"].startswith(f"uploads/{person.id}/")


@pytest.mark.promise("uploads")
async def test_store_refuses_what_was_not_granted(filing: Filing, subtests: pytest.Subtests) -> None:
    body = picture()
    person = await filing.api.passenger()
    upload = await filing.grant(person, "/me/photo", size=len(body))
    other = await filing.grant(person, "/me/photo", size=len(body))
    elsewhere = upload["upload_url"].replace(upload["object_key"], other["object_key"])
    sent = {
        "size + 1": (upload, body + b"\0"),
        "size - 1": (upload, body[:-1]),
        "type": ({**upload, "headers": {"Content-Type": "text/html"}}, body),
        "key": ({**upload, "upload_url": elsewhere}, body),
    }
    for name, (request, content) in sent.items():
        with subtests.test(name):
            assert (await filing.put(request, content)).status_code == 403
    await refused(person, upload["object_key"])


DISGUISED: dict[str, bytes] = {
    "jpeg and html": picture() + HTML,
    "html": HTML,
    "svg with script": SVG,
    "gif": b"GIF89a" + b"\0" * 60,
    "pdf": PDF,
    "png": picture(FileType.PNG),
    "half of it": picture()[:200],
}


@pytest.mark.promise("uploads")
async def test_photo_is_refused_and_forgotten_when_it_is_not_what_it_says(
    filing: Filing, subtests: pytest.Subtests
) -> None:
    person = await filing.api.passenger()
    for name, body in DISGUISED.items():
        with subtests.test(name):
            key = await send(filing, person, body)
            await refused(person, key, "unsafe_file")
            await filing.api.relay()
            assert not await filing.holds(key)
            await refused(person, key)


@pytest.mark.promise("uploads")
async def test_bomb_is_refused_when_it_is_attached(filing: Filing) -> None:
    person = await filing.api.passenger()
    await refused(person, await send(filing, person, bomb(), FileType.PNG), "unsafe_file")


@pytest.mark.promise("uploads")
async def test_key_is_refused_when_it_is_not_the_callers_to_use(filing: Filing, subtests: pytest.Subtests) -> None:
    person, other = await filing.api.passenger(), await filing.api.passenger()
    keys = {
        "another's": await send(filing, other, picture()),
        "never granted": f"uploads/{person.id}/{new_id()}",
        "nothing sent": (await filing.grant(person, "/me/photo", size=9))["object_key"],
        "for a paper": await filing.sent(person, "/me/kyc/uploads", picture()),
    }
    for name, key in keys.items():
        with subtests.test(name):
            await refused(person, key)
    assert data(await attach(other, keys["another's"]))["photo_url"]


@pytest.mark.parametrize("key", ["", "photos/x.jpg", "../../etc/passwd", "uploads/x/y", "uploads//", 7, True, ["x"]])
async def test_key_is_refused_when_it_does_not_look_like_one(filing: Filing, key: object) -> None:
    person = await filing.api.passenger()
    details = refusal(await attach(person, key), 422, "validation_error")
    assert {path.partition(".")[0] for path in paths(details)} == {"photo_key"}


async def test_key_is_refused_when_it_was_used_before(filing: Filing) -> None:
    person = await filing.api.passenger()
    key = await send(filing, person, picture())
    data(await attach(person, key))
    await refused(person, key)


@pytest.mark.promise("uploads")
async def test_key_is_refused_when_its_hour_is_over(filing: Filing) -> None:
    person = await filing.api.passenger()
    key = await send(filing, person, picture())
    filing.api.clock.advance(HOUR)
    await refused(person, key)


async def test_one_of_many_wins_when_a_key_is_used_at_once(filing: Filing) -> None:
    person = await filing.api.passenger()
    key = await send(filing, person, picture())
    answers = await asyncio.gather(*(attach(person, key) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers).count(200) == 1
    url = data(await person.get("/me"))["photo_url"]
    await filing.api.relay()
    assert (await filing.fetched(url)).status_code == 200


async def test_former_photo_and_upload_are_forgotten_when_another_is_attached(filing: Filing) -> None:
    person = await filing.api.passenger()
    first_key = await send(filing, person, picture())
    first = data(await attach(person, first_key))["photo_url"]
    second = data(await attach(person, await send(filing, person, picture())))["photo_url"]
    assert first != second
    await filing.api.relay()
    assert not await filing.holds(first_key)
    assert (await filing.fetched(first)).status_code == 404
    assert (await filing.fetched(second)).status_code == 200


async def test_photo_is_gone_when_it_is_taken_off(filing: Filing) -> None:
    person = await filing.api.passenger()
    url = data(await attach(person, await send(filing, person, picture())))["photo_url"]
    assert data(await attach(person, None))["photo_url"] is None
    await filing.api.relay()
    assert (await filing.fetched(url)).status_code == 404


async def test_nothing_changes_when_another_field_is_refused_with_the_photo(filing: Filing) -> None:
    person = await filing.api.passenger()
    key = await send(filing, person, picture())
    stale = await person.send("PATCH", "/me", json={"photo_key": key}, headers={"If-Match": '"99"'})
    refusal(stale, 412, "precondition_failed")
    assert data(await person.get("/me"))["photo_url"] is None
    assert data(await attach(person, key, first_name="Aya"))["first_name"] == "Aya"


async def test_upload_is_forgotten_when_nobody_used_it(filing: Filing) -> None:
    person = await filing.api.passenger()
    key = await send(filing, person, picture())
    filing.api.clock.advance(HOUR - SECOND)
    await filing.api.run("uploads")
    await filing.api.relay()
    assert await filing.holds(key)
    filing.api.clock.advance(SECOND)
    await filing.api.run("uploads")
    await filing.api.relay()
    assert not await filing.holds(key)


async def test_upload_is_forgotten_again_when_it_was_sent_twice(filing: Filing) -> None:
    person, body = await filing.api.passenger(), picture()
    upload = await filing.grant(person, "/me/photo", size=len(body))
    await filing.put(upload, body)
    url = data(await attach(person, upload["object_key"]))["photo_url"]
    await filing.api.relay()
    assert (await filing.put(upload, body)).status_code == 200
    filing.api.clock.advance(HOUR)
    await filing.api.run("uploads")
    await filing.api.relay()
    assert not await filing.holds(upload["object_key"])
    assert (await filing.fetched(url)).status_code == 200


async def test_nobody_may_send_for_ever_when_he_asks_again_and_again(filing: Filing) -> None:
    person = await filing.api.passenger()
    body = {"content_type": "image/jpeg", "size": 9}
    for _ in range(UPLOADS_PER_HOUR):
        data(await person.post("/me/photo", body), 201)
    answer = await person.post("/me/photo", body)
    refusal(answer, 429, "rate_limited")
    assert int(answer.headers["retry-after"]) == timedelta(hours=1).total_seconds()
    filing.api.clock.advance(HOUR + MINUTE)
    data(await person.post("/me/photo", body), 201)


async def test_our_own_store_is_closed_when_files_lie_elsewhere(filing: Filing) -> None:
    url = f"{ROOT}/files/objects/uploads/{new_id()}/{new_id()}"
    answers = [await filing.api.http.put(url, content=b"x"), await filing.api.http.get(url)]
    for answer in answers:
        if filing.api.settings.s3_bucket:
            refusal(answer, 404, "not_found")
        else:
            refusal(answer, 403, "forbidden")


async def test_body_is_refused_unread_when_no_file_may_be_so_large(filing: Filing) -> None:
    url = f"{ROOT}/files/objects/uploads/{new_id()}/{new_id()}"
    over = b"\0" * (MAX_BYTES[Purpose.PAPER] + 1)
    refusal(await filing.api.http.put(url, content=over), 413, "payload_too_large")
    person = await filing.api.passenger()
    json = {"Content-Type": "application/json"}
    answer = await person.send("POST", "/me/photo", content=b" " * ((1 << 20) + 1), headers=json)
    refusal(answer, 413, "payload_too_large")


@pytest.mark.parametrize("name", ["x.jpg", "../../kyc/x.jpg", f"{new_id()}.png", f"{new_id()}.jpg.html"])
async def test_address_leads_nowhere_when_it_is_not_a_photos(filing: Filing, name: str) -> None:
    answer = await filing.api.http.get(f"{ROOT}/files/photos/{name}")
    assert answer.status_code in (404, 422)
