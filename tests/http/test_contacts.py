"""A new phone or e-mail is one's own once a code has come back from it, and the owner is told at the old one."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from allonova.domain.identity.contact import contact_of
from allonova.domain.notifications.suppression import SuppressionReason
from tests.support.api import Api, Person
from tests.support.factories import MINUTE, SECOND, a_user
from tests.support.wire import data, fresh_email, fresh_phone, paths, refusal

KINDS = ["phone", "email"]


def fresh(kind: str) -> str:
    """A phone or an e-mail that nobody has."""
    return fresh_phone() if kind == "phone" else fresh_email()


async def ask(person: Person, kind: str, value: str) -> httpx.Response:
    """Ask for a code at a new one."""
    person.api.clock.advance(SECOND)
    return await person.post(f"/me/{kind}", {kind: value})


async def confirm(person: Person, kind: str, code: str) -> httpx.Response:
    """Bring the code back."""
    return await person.post(f"/me/{kind}/confirm", {"code": code})


async def sent(api: Api, kind: str, value: str) -> list[Any]:
    """What came there."""
    return await (api.messages(value) if kind == "phone" else api.mails(value))


async def code_at(api: Api, kind: str, value: str) -> str:
    """The last code that came there."""
    return str(next(m["data"]["code"] for m in await sent(api, kind, value) if m["template"] == "otp"))


def other(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """What changes."""
    return str(request.param)


async def person_of(api: Api, **given: Any) -> Person:
    """Somebody with a verified phone and e-mail."""
    return await api.passenger(**({"email": fresh_email(), "is_email_verified": True} | given))


async def test_contact_is_ones_own_when_its_code_comes_back(api: Api, kind: str) -> None:
    person, value = await person_of(api), fresh(kind)
    assert data(await ask(person, kind, value), 202) == {"expires_in": 600, "retry_after": 0}
    before = data(await person.get("/me"))
    assert before[kind] != value
    answer = await confirm(person, kind, await code_at(api, kind, value))
    me = data(answer)
    assert (me[kind], me[f"is_{kind}_verified"]) == (value, True)
    assert me == data(await person.get("/me"))
    assert answer.headers["etag"] == f'"{me["version"]}"'


async def test_owner_is_told_where_he_was_when_something_changed(api: Api, kind: str) -> None:
    person, value = await person_of(api), fresh(kind)
    before = data(await person.get("/me"))
    await ask(person, kind, value)
    data(await confirm(person, kind, await code_at(api, kind, value)))
    for way in KINDS:
        assert [m["template"] for m in await sent(api, way, before[way])] == ["contact_changed"]
    assert [m["template"] for m in await sent(api, kind, value)] == ["otp"]


async def test_old_value_is_sealed_when_something_changed(api: Api) -> None:
    person = await person_of(api, phone="+2250799999911")
    await ask(person, "phone", value := fresh_phone())
    data(await confirm(person, "phone", await code_at(api, "phone", value)))
    assert "+2250799999911" not in await api.inside.everything()


async def test_code_of_a_login_changes_nothing_and_code_of_a_change_opens_nothing(api: Api) -> None:
    person, value = await api.passenger(), fresh_phone()
    await api.keep(a_user(phone=value, is_phone_verified=False))
    data(await ask(person, "phone", value), 202)
    change = await code_at(api, "phone", value)
    refusal(await api.http.post("/auth/otp/verify", json={"phone": value, "code": change}), 422, "otp_invalid")
    api.clock.advance(SECOND)
    data(await api.http.post("/auth/otp/send", json={"phone": value}))
    login = await code_at(api, "phone", value)
    assert login != change
    refusal(await confirm(person, "phone", login), 422, "otp_invalid")
    data(await confirm(person, "phone", change))


async def test_code_is_refused_when_it_is_another_users_or_another_kinds(api: Api) -> None:
    first, second, value = await api.passenger(), await api.passenger(), fresh_phone()
    await ask(first, "phone", value)
    code = await code_at(api, "phone", value)
    await ask(second, "phone", fresh_phone())
    await ask(first, "email", fresh_email())
    refusal(await confirm(second, "phone", code), 422, "otp_invalid")
    refusal(await confirm(first, "email", code), 422, "otp_invalid")
    data(await confirm(first, "phone", code))
    refusal(await confirm(first, "phone", code), 422, "otp_invalid")


async def test_code_is_refused_when_a_newer_one_was_sent_or_ten_minutes_are_over(api: Api, kind: str) -> None:
    person, value = await api.passenger(), fresh(kind)
    await ask(person, kind, value)
    old = await code_at(api, kind, value)
    await ask(person, kind, value)
    refusal(await confirm(person, kind, old), 422, "otp_invalid")
    new = await code_at(api, kind, value)
    api.clock.advance(10 * MINUTE)
    refusal(await confirm(person, kind, new), 422, "otp_invalid")


async def test_three_tries_count_when_many_guess_at_once(api: Api, kind: str) -> None:
    person, value = await api.passenger(), fresh(kind)
    await ask(person, kind, value)
    code = await code_at(api, kind, value)
    guesses = await asyncio.gather(*(confirm(person, kind, other(code)) for _ in range(30)))
    assert Counter(answer.status_code for answer in guesses) == {422: 3, 429: 27}
    refusal(await confirm(person, kind, code), 429, "rate_limited")


async def test_fourth_code_is_refused_when_three_went_out_wherever_they_went(api: Api, kind: str) -> None:
    person = await api.passenger()
    statuses = [(await ask(person, kind, fresh(kind))).status_code for _ in range(4)]
    assert statuses == [202, 202, 202, 429]


async def test_fourth_code_is_refused_when_three_went_there_whoever_asked(api: Api) -> None:
    value = fresh_phone()
    for _ in range(2):
        data(await ask(await api.passenger(), "phone", value), 202)
    data(await api.http.post("/auth/otp/send", json={"phone": value}))
    refusal(await ask(await api.passenger(), "phone", value), 429, "rate_limited")


async def test_nothing_is_said_when_somebody_else_has_it(api: Api, kind: str) -> None:
    owner, person = await person_of(api), await api.passenger()
    value = data(await owner.get("/me"))[kind]
    answers = [data(await ask(person, kind, what), 202) for what in (value, fresh(kind), value)]
    assert answers[0] == answers[1]
    assert {m["template"] for m in await sent(api, kind, value)} == {"registration_repeated"}
    refusal(await confirm(person, kind, "000000"), 422, "otp_invalid")
    assert data(await owner.get("/me"))[kind] == value


async def test_claim_gives_way_when_somebody_proves_it(api: Api, kind: str) -> None:
    person, value = await api.passenger(), fresh(kind)
    data(await api.http.post("/auth/register", json={kind: value}), 201)
    api.clock.advance(SECOND)
    await ask(person, kind, value)
    data(await confirm(person, kind, await code_at(api, kind, value)))
    assert data(await person.get("/me"))[kind] == value


async def test_one_gets_it_when_two_prove_it_at_once(api: Api, kind: str) -> None:
    value, people = fresh(kind), [await api.passenger() for _ in range(2)]
    codes = []
    for person in people:
        await ask(person, kind, value)
        codes.append(await code_at(api, kind, value))
    pairs = zip(people, codes, strict=True)
    answers = await asyncio.gather(*(confirm(person, kind, code) for person, code in pairs))
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_nobody_is_warned_when_the_same_phone_is_proven_again(api: Api) -> None:
    person = await api.passenger()
    await ask(person, "phone", person.phone)
    data(await confirm(person, "phone", await code_at(api, "phone", person.phone)))
    assert [m["template"] for m in await api.messages(person.phone)] == ["otp"]


async def test_contact_is_refused_when_it_is_none(api: Api, kind: str) -> None:
    person = await api.passenger()
    assert paths(refusal(await ask(person, kind, "x"), 422, "validation_error")) == [kind]
    for path in (f"/me/{kind}", f"/me/{kind}/confirm"):
        refusal(await api.http.post(path, json={kind: fresh(kind)}), 401, "auth_required")
    api.configure(takes_test_addresses=False)
    if kind == "email":
        assert paths(refusal(await ask(person, kind, fresh_email()), 422, "validation_error")) == ["email"]


async def test_no_code_lies_in_the_store_when_it_was_sent(api: Api) -> None:
    person, value = await api.passenger(), fresh_email()
    await ask(person, "email", value)
    code = await code_at(api, "email", value)
    everything = (await api.inside.everything()).replace(person.phone, "")
    assert f"'{code}'" not in everything
    assert f",{code}," not in everything


async def test_contact_gets_messages_again_when_its_code_comes_back(api: Api, kind: str) -> None:
    person, value, admin = await person_of(api), fresh(kind), await api.admin()
    suppressed = "/admin/notifications/suppressed"
    await api.service.outside.messenger.suppressions.suppress(contact_of(value), SuppressionReason.SPAM)
    data(await ask(person, kind, value), 202)
    code = await code_at(api, kind, value)
    refusal(await confirm(person, kind, other(code)), 422, "otp_invalid")
    assert data(await admin.get(suppressed, address=value))["reason"] == "spam"
    data(await confirm(person, kind, code))
    refusal(await admin.get(suppressed, address=value), 404, "not_found")
