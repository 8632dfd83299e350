"""What the two sides of a booking write to each other, over REST."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import ExifTags, Image

from allonova.domain.files.upload import MAX_BYTES, UPLOAD_LIFE, FileType, Purpose
from tests.support.api import Api, Person
from tests.support.chats import Pair, a_pair
from tests.support.factories import HOUR, SECOND
from tests.support.filing import Filing
from tests.support.pictures import HTML, PDF, opened, picture
from tests.support.wire import NOBODY, data, paths, refusal

DAY = timedelta(days=1)


async def test_both_sides_see_it_when_one_writes(api: Api) -> None:
    pair = await a_pair(api)
    sent = await pair.write(pair.passenger, "  Je suis devant la pharmacie.\n", client_id="m-1")
    assert sent == {
        "id": sent["id"], "booking_id": pair.booking["id"], "from_user_id": str(pair.passenger.id), "type": "text",
        "content": "Je suis devant la pharmacie.", "image_url": None, "client_id": "m-1", "flags": [], "read_at": None,
        "removed": False, "created_at": sent["created_at"],
    }  # fmt: skip
    assert await pair.listed(pair.passenger) == [sent]
    assert await pair.listed(pair.driver) == [sent | {"client_id": None}]


async def test_nobody_writes_when_the_driver_has_not_accepted(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    pair = Pair(driver, passenger, await api.pending(passenger, await api.trip(driver)))
    for person in (driver, passenger):
        refusal(await person.post(pair.path, {"content": "Bonjour"}), 403, "forbidden")
        upload = {"content_type": "image/jpeg", "size": 12}
        refusal(await person.post(f"{pair.path}/uploads", upload), 403, "forbidden")
        assert await pair.listed(person) == []
    data(await driver.post(f"/bookings/{pair.booking['id']}/reject"))
    refusal(await driver.post(pair.path, {"content": "Désolé"}), 403, "forbidden")


async def test_both_may_still_write_when_an_accepted_booking_was_cancelled(api: Api) -> None:
    pair = await a_pair(api)
    data(await pair.passenger.post(f"/bookings/{pair.booking['id']}/cancel", {}))
    await pair.write(pair.driver, "Vous avez oublié quelque chose ?")


async def test_booking_does_not_exist_when_it_is_somebody_elses(api: Api) -> None:
    pair, stranger = await a_pair(api), await api.passenger()
    message = await pair.write(pair.passenger)
    for path in (pair.path, f"/bookings/{NOBODY}/messages"):
        refusal(await stranger.get(path), 404, "not_found")
        refusal(await stranger.post(path, {"content": "Bonjour"}), 404, "not_found")
        refusal(await stranger.post(f"{path}/read", {"up_to": message["id"]}), 404, "not_found")
        upload = {"content_type": "image/jpeg", "size": 12}
        refusal(await stranger.post(f"{path}/uploads", upload), 404, "not_found")
    assert [each["read_at"] for each in await pair.listed(pair.driver)] == [None]


@pytest.mark.parametrize("is_ridden", [True, False])
async def test_chat_is_over_when_the_ride_was_thirty_days_ago(api: Api, *, is_ridden: bool) -> None:
    pair = await a_pair(api, is_paid=is_ridden)
    ended_at = datetime.fromisoformat(pair.booking["trip"]["arrival_eta"])
    if is_ridden:
        ended_at = await ride(api, pair)
    api.clock.at = ended_at + 30 * DAY - SECOND
    pair = await later(api, pair)
    await pair.write(pair.driver)
    api.clock.at = ended_at + 30 * DAY
    details = refusal(await pair.driver.post(pair.path, {"content": "Encore moi"}), 409, "conflict")
    assert datetime.fromisoformat(details["closed_at"]) == ended_at + 30 * DAY
    refusal(await pair.driver.post(f"{pair.path}/uploads", {"content_type": "image/jpeg", "size": 1}), 409, "conflict")
    (message,) = await pair.listed(pair.passenger)
    assert data(await pair.passenger.post(f"{pair.path}/read", {"up_to": message["id"]}))["unread"] == 0


async def later(api: Api, pair: Pair) -> Pair:
    """The same two, logged in again after a long time."""
    return replace(pair, driver=await api.log_in(pair.driver.phone), passenger=await api.log_in(pair.passenger.phone))


async def ride(api: Api, pair: Pair) -> datetime:
    """From check-in to arrival, an hour later than planned; when that was."""
    path = f"/bookings/{pair.booking['id']}"
    api.clock.at = datetime.fromisoformat(pair.booking["departure_time"])
    data(await pair.driver.post(f"{path}/checkin", {"code": pair.booking["checkin_code"]}))
    data(await pair.driver.post(f"{path}/start-ride"))
    api.clock.at = datetime.fromisoformat(pair.booking["trip"]["arrival_eta"]) + HOUR
    data(await pair.driver.post(f"{path}/end-ride"))
    return api.clock.now()


async def test_nobody_writes_but_both_read_when_one_blocks_the_other(api: Api) -> None:
    pair = await a_pair(api)
    await pair.write(pair.passenger)
    data(await pair.driver.post(f"/users/{pair.passenger.id}/block"))
    for person in (pair.driver, pair.passenger):
        refusal(await person.post(pair.path, {"content": "Bonjour"}), 403, "forbidden")
        assert len(await pair.listed(person)) == 1
    assert (await pair.driver.send("DELETE", f"/users/{pair.passenger.id}/block")).status_code == 204
    await pair.write(pair.passenger)


async def test_message_is_kept_once_when_it_is_sent_again(api: Api) -> None:
    pair = await a_pair(api)
    first = await pair.write(pair.passenger, "Bonjour", client_id="m-1")
    api.clock.advance(SECOND)
    assert await pair.write(pair.passenger, " Bonjour ", client_id="m-1") == first
    mine = await pair.write(pair.driver, "Bonjour", client_id="m-1")
    assert mine["id"] != first["id"]
    api.clock.advance(60 * DAY)
    pair = await later(api, pair)
    assert await pair.write(pair.passenger, "Bonjour", client_id="m-1") == first
    assert len(await pair.listed(pair.driver)) == 2


async def test_message_is_refused_when_another_one_is_called_so(api: Api) -> None:
    pair = await a_pair(api)
    await pair.write(pair.passenger, "Bonjour", client_id="m-1")
    answer = await pair.passenger.post(pair.path, {"content": "Bonsoir", "client_id": "m-1"})
    refusal(answer, 409, "conflict")
    other = await api.driver()
    elsewhere = Pair(other, pair.passenger, await api.accepted(pair.passenger, other, await api.trip(other)))
    answer = await pair.passenger.post(elsewhere.path, {"content": "Bonjour", "client_id": "m-1"})
    refusal(answer, 409, "conflict")
    assert await elsewhere.listed(other) == []


UNSOUND: list[tuple[str, object]] = [
    ("content", ""),
    ("content", " \n "),
    ("content", "x" * 2001),
    ("content", "a\x00b"),
    ("content", "a\x1bb"),
    ("content", None),
    ("content", 5),
    ("type", "video"),
    ("client_id", ""),
    ("client_id", "x" * 101),
    ("client_id", "a b"),
    ("client_id", "é"),
    ("from_user_id", NOBODY),
    ("flags", []),
    ("created_at", "2025-10-01T06:00:00Z"),
]


async def test_message_is_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    pair = await a_pair(api)
    for name, value in UNSOUND:
        with subtests.test(name, value=repr(value)[:20]):
            answer = await pair.passenger.post(pair.path, {"content": "Bonjour", name: value})
            assert paths(refusal(answer, 422, "validation_error")) == [name]
    assert await pair.listed(pair.driver) == []
    assert (await pair.write(pair.passenger, "é" * 2000))["content"] == "é" * 2000


async def test_list_has_the_order_of_writing_when_it_happened_in_one_moment(api: Api) -> None:
    pair = await a_pair(api)
    texts = [f"{number}" for number in range(7)]
    for number, text in enumerate(texts):
        await pair.write(pair.passenger if number % 2 else pair.driver, text)
    assert [each["content"] for each in await pair.listed(pair.driver)] == texts
    newest = await pair.listed(pair.driver, sort="-created_at", page_size=3)
    assert [each["content"] for each in newest] == ["6", "5", "4"]
    since = await pair.listed(pair.driver, created_at_gte=newest[-1]["created_at"])
    assert [each["content"] for each in since] == ["4", "5", "6"]
    answer = await pair.driver.get(pair.path, page=3, page_size=3)
    assert answer.json()["meta"]["pagination"] == {"page": 3, "page_size": 3, "total": 7, "page_count": 3}


async def test_what_the_other_wrote_is_read_when_one_says_so(api: Api) -> None:
    pair = await a_pair(api)
    first, second, mine, last = [
        await pair.write(who, f"{n}") for n, who in enumerate((pair.driver, pair.driver, pair.passenger, pair.driver))
    ]
    api.clock.advance(SECOND)
    answer = await pair.passenger.post(f"{pair.path}/read", {"up_to": second["id"]})
    assert data(answer) == {"up_to": second["id"], "unread": 1}
    at = api.clock.advance(SECOND)
    marks = [each["read_at"] for each in await pair.listed(pair.driver)]
    assert [mark is not None for mark in marks] == [True, True, False, False]
    assert data(await pair.passenger.post(f"{pair.path}/read", {"up_to": mine["id"]}))["unread"] == 1
    assert data(await pair.passenger.post(f"{pair.path}/read", {"up_to": last["id"]}))["unread"] == 0
    again = [each["read_at"] for each in await pair.listed(pair.driver)]
    assert again[:3] == marks[:3]
    assert datetime.fromisoformat(again[3]) == at
    assert data(await pair.passenger.post(f"{pair.path}/read", {"up_to": first["id"]}))["unread"] == 0
    assert [each["read_at"] for each in await pair.listed(pair.driver)] == again


async def test_mark_is_refused_when_the_message_is_not_of_this_booking(api: Api) -> None:
    pair, other = await a_pair(api), await a_pair(api)
    foreign = await other.write(other.driver)
    for up_to in (foreign["id"], NOBODY, "x"):
        answer = await pair.passenger.post(f"{pair.path}/read", {"up_to": up_to})
        assert paths(refusal(answer, 422, "validation_error")) == ["up_to"]
    assert [each["read_at"] for each in await other.listed(other.passenger)] == [None]


async def test_hints_are_marked_until_the_booking_is_paid(api: Api) -> None:
    pair = await a_pair(api)
    text = "Appelle 07 08 09 10 11 ou wa.me/2250708091011, 5000 F par Wave"
    sent = await pair.write(pair.driver, text)
    assert sorted(sent["flags"]) == ["link", "money", "phone"]
    assert (await pair.listed(pair.passenger))[0]["flags"] == sent["flags"]
    started = await api.started(pair.passenger, pair.booking)
    await api.press(started["payment"]["provider_ref"], "paid")
    assert (await pair.write(pair.driver, text))["flags"] == []


def image(key: str, **more: object) -> dict[str, object]:
    """The body of a picture."""
    return {"content": key, "type": "image", **more}


async def send(filing: Filing, pair: Pair, person: Person, body: bytes, kind: FileType = FileType.JPEG) -> str:
    """The key of a picture that was sent."""
    return await filing.sent(person, f"{pair.path}/uploads", body, kind)


async def test_picture_is_drawn_anew_and_shown_by_short_links_when_it_is_sent(filing: Filing) -> None:
    pair = await a_pair(filing.api)
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "5.3575, -4.0083"
    key = await send(filing, pair, pair.passenger, picture(size=(2000, 1000), exif=exif))
    sent = data(await pair.passenger.post(pair.path, image(key)), 201)
    assert (sent["type"], sent["content"], sent["flags"]) == ("image", None, [])
    (seen,) = await pair.listed(pair.driver)
    for url in (sent["image_url"], seen["image_url"]):
        answer = await filing.fetched(url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert "content-disposition" not in answer.headers
        assert opened(answer.content).size == (1024, 512)
        assert b"5.3575" not in answer.content
    await filing.api.relay()
    assert not await filing.holds(key)


async def test_link_of_a_picture_is_dead_after_an_hour(filing: Filing) -> None:
    pair = await a_pair(filing.api)
    key = await send(filing, pair, pair.passenger, picture())
    url = data(await pair.passenger.post(pair.path, image(key)), 201)["image_url"]
    if filing.client is not filing.api.http:  # S3 has a clock of its own
        assert "X-Amz-Expires=3600&" in url
        return
    filing.api.clock.advance(HOUR - SECOND)
    assert (await filing.fetched(url)).status_code == 200
    filing.api.clock.advance(SECOND)
    assert (await filing.fetched(url)).status_code == 403


async def test_picture_is_refused_when_it_is_no_upload_of_ones_own_for_this(
    filing: Filing, subtests: pytest.Subtests
) -> None:
    pair = await a_pair(filing.api)
    used = await send(filing, pair, pair.passenger, picture())
    data(await pair.passenger.post(pair.path, image(used)), 201)
    unsent = await filing.grant(pair.passenger, f"{pair.path}/uploads", size=12)
    keys = {
        "used": used,
        "the other side's": await send(filing, pair, pair.driver, picture()),
        "a photo": await filing.sent(pair.passenger, "/me/photo", picture()),
        "not sent": unsent["object_key"],
        "a copy": f"messages/{pair.booking['id']}/{NOBODY}.jpg",
        "nonsense": "x",
    }
    for name, key in keys.items():
        with subtests.test(name):
            answer = await pair.passenger.post(pair.path, image(key))
            assert paths(refusal(answer, 422, "validation_error")) == ["content"]
    with subtests.test("not what it says"):
        key = await send(filing, pair, pair.passenger, picture() + HTML)
        details = refusal(await pair.passenger.post(pair.path, image(key)), 422, "validation_error")
        assert details["fields"][0]["code"] == "unsafe_file"
    assert len(await pair.listed(pair.driver)) == 1


async def test_picture_is_kept_once_when_it_is_sent_again(filing: Filing) -> None:
    pair = await a_pair(filing.api)
    key = await send(filing, pair, pair.passenger, picture())
    first = data(await pair.passenger.post(pair.path, image(key, client_id="p-1")), 201)
    again = data(await pair.passenger.post(pair.path, image(key, client_id="p-1")), 201)
    assert again["id"] == first["id"]
    assert len(await pair.listed(pair.driver)) == 1


async def test_copy_is_forgotten_when_the_chat_was_closed_meanwhile(
    filing: Filing, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await a_pair(filing.api)
    key = await send(filing, pair, pair.passenger, picture())
    copies: list[str] = []
    cleaner = filing.api.service.outside.cleaner
    draw = cleaner.photo

    async def draw_slowly(body: bytes, kind: FileType) -> Any:
        drawn = await draw(body, kind)
        data(await pair.driver.post(f"/users/{pair.passenger.id}/block"))
        async with filing.api.service.platform.begin() as unit:
            grant = await unit.uploads.find(object_key=key)
            copies.append(grant.copy_key)
        return drawn

    monkeypatch.setattr(cleaner, "photo", draw_slowly)
    refusal(await pair.passenger.post(pair.path, image(key)), 403, "forbidden")
    assert await pair.listed(pair.driver) == []
    assert await filing.holds(copies[0])
    filing.api.clock.advance(UPLOAD_LIFE)
    await filing.api.run("uploads")
    await filing.api.relay()
    assert not await filing.holds(copies[0])


@pytest.mark.parametrize(
    ("kind", "size", "wrong"),
    [
        ("image/jpeg", MAX_BYTES[Purpose.MESSAGE] + 1, "size"),
        ("image/jpeg", 0, "size"),
        ("application/pdf", len(PDF), "content_type"),
        ("image/svg+xml", 12, "content_type"),
    ],
)
async def test_no_upload_is_granted_when_it_is_no_picture(api: Api, kind: str, size: int, wrong: str) -> None:
    pair = await a_pair(api)
    answer = await pair.driver.post(f"{pair.path}/uploads", {"content_type": kind, "size": size})
    assert paths(refusal(answer, 422, "validation_error")) == [wrong]


async def test_words_and_pictures_are_gone_when_their_writer_is_erased(filing: Filing) -> None:
    api, pair = filing.api, await a_pair(filing.api)
    secret = "Je m'appelle Awa, 07 08 09 10 11"
    await pair.write(pair.passenger, secret, client_id="awa-1")
    key = await send(filing, pair, pair.passenger, picture())
    shown = data(await pair.passenger.post(pair.path, image(key)), 201)
    await pair.write(pair.driver, "Bien reçu")
    data(await pair.passenger.post(f"/bookings/{pair.booking['id']}/cancel", {}))
    assert secret in str(data(await pair.passenger.get("/me/export"))["messages"])
    assert (await pair.passenger.send("DELETE", "/me")).status_code == 204
    await api.relay()
    words, painted, theirs = await pair.listed(pair.driver)
    assert (words["content"], words["flags"], painted["image_url"], theirs["content"]) == (None, [], None, "Bien reçu")
    assert (await filing.fetched(shown["image_url"])).status_code == 404
    everything = str(await api.inside.everything())
    assert secret not in everything
    assert "awa-1" not in everything


async def test_only_what_one_wrote_is_there_when_an_account_is_exported(api: Api) -> None:
    pair = await a_pair(api)
    mine = await pair.write(pair.passenger, "De moi", client_id="m-1")
    await pair.write(pair.driver, "De lui")
    assert data(await pair.passenger.get("/me/export"))["messages"] == [mine]
