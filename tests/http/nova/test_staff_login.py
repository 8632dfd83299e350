"""How companies' staff get in, and how they are out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from allonova.adapters.local.limits import LocalRateLimiter
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.identity.session import ACCESS_TTL
from tests.support.api import Api
from tests.support.nova import Office, a_colleague, an_office
from tests.support.passwords import CHEAP, GOOD, OTHER, Counted, hash_cheaply
from tests.support.wire import ROOT, data, fresh_email, paths, refusal

__all__ = ["hash_cheaply"]

type Post = Callable[..., Awaitable[httpx.Response]]

HOUR = timedelta(hours=1)


@pytest.fixture
def post(api: Api) -> Post:
    """`POST /auth/…` as whoever comes."""

    async def send(path: str, **body: object) -> httpx.Response:
        return await api.http.post(f"{ROOT}/auth/{path}", json=body)

    return send


@pytest_asyncio.fixture(loop_scope="session")
async def office(api: Api) -> Office:
    """A company that works."""
    return await an_office(api)


async def with_password(office: Office, **given: Any) -> str:
    """The address of somebody who can log in."""
    email = fresh_email()
    await office.keep(
        a_colleague(
            office.societe, **{"email": email, "password_hash": await CHEAP.hash(GOOD), "role": StaffRole.ADMIN} | given
        )
    )
    return email


async def get_me(api: Api, tokens: Any) -> httpx.Response:
    """`GET /api/me` by an access token."""
    return await api.http.get(f"{ROOT}/api/me", headers={"Authorization": f"Bearer {tokens['accessToken']}"})


async def test_tokens_given_when_address_and_password_are_right(api: Api, office: Office, post: Post) -> None:
    email = await with_password(office, role=StaffRole.CHAUFFEUR, taxi_id=None)
    tokens = data(await post("login", email=email.upper(), password=GOOD))
    assert set(tokens) == {"accessToken", "refreshToken", "tokenType", "expiresIn", "user"}
    assert (tokens["tokenType"], tokens["expiresIn"]) == ("Bearer", 900)
    assert (tokens["user"]["email"], tokens["user"]["role"]) == (email, "chauffeur")
    assert data(await get_me(api, tokens)) == tokens["user"]


@pytest.mark.promise("accounts-alike")
async def test_refusals_are_alike_when_anything_is_wrong(api: Api, office: Office, post: Post) -> None:
    known = await with_password(office)
    closed = await with_password(office, active=False)
    answers = [
        await post("login", email=known, password=OTHER),
        await post("login", email=closed, password=GOOD),
        await post("login", email=office.admin.user.email, password=GOOD),
        await post("login", email=fresh_email(), password=GOOD),
    ]
    assert [refusal(answer, 401, "auth_required") for answer in answers] == [{}] * 4
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1


@pytest.mark.promise("password-cost")
async def test_one_password_is_checked_when_the_address_is_known_or_not(
    office: Office, post: Post, hasher: Counted
) -> None:
    known, closed = await with_password(office), await with_password(office, active=False)
    hasher.take()
    for email in (known, closed, fresh_email()):
        await post("login", email=email, password=OTHER)
        assert hasher.take() == {"verify": 1}


async def test_login_is_limited_when_it_comes_often(api: Api, office: Office, post: Post) -> None:
    email = await with_password(office)
    api.configure(auth_per_minute=2)
    api.app.state.edge = replace(api.app.state.edge, limiter=LocalRateLimiter(lambda: 1000.0))
    statuses = [(await post("login", email=spelt, password=OTHER)).status_code for spelt in (email, email.upper())]
    assert statuses == [401, 401]
    refusal(await post("login", email=email, password=GOOD), 429, "rate_limited")


async def test_password_opens_no_other_door(api: Api, office: Office, post: Post) -> None:
    email = await with_password(office)
    tokens = data(await post("login", email=email, password=GOOD))
    bearer = {"Authorization": f"Bearer {tokens['accessToken']}"}
    for path in ("/api/v1/me", "/api/v1/admin/me"):
        refusal(await api.http.get(ROOT + path, headers=bearer), 401, "auth_required")
    body = {"refresh_token": tokens["refreshToken"]}
    for path in ("/auth/token/refresh", "/admin/token/refresh"):
        refusal(await api.http.post(path, json=body), 401, "auth_required")
    for person in (await api.passenger(), await api.admin()):
        refusal(await api.http.get(f"{ROOT}/api/me", headers=person.bearer), 401, "auth_required")
        refusal(await post("refresh", refreshToken=person.tokens["refresh_token"]), 401, "auth_required")
        assert (await post("logout", refreshToken=person.tokens["refresh_token"])).status_code == 204
        assert (await person.get("/admin/me" if person.door == "/admin" else "/me")).status_code == 200


async def test_refresh_token_works_once_when_it_is_used_again_later(api: Api, office: Office, post: Post) -> None:
    tokens = data(await post("login", email=await with_password(office), password=GOOD))
    first = data(await post("refresh", refreshToken=tokens["refreshToken"]))
    again = data(await post("refresh", refreshToken=tokens["refreshToken"]))
    assert again["refreshToken"] == first["refreshToken"]
    assert data(await get_me(api, first)) == first["user"]
    api.clock.advance(timedelta(seconds=11))
    refusal(await post("refresh", refreshToken=tokens["refreshToken"]), 401, "auth_required")
    refusal(await post("refresh", refreshToken=first["refreshToken"]), 401, "auth_required")


@pytest.mark.parametrize("token", ["x", "x" * 200])
async def test_refresh_is_refused_when_the_token_is_nobodys(post: Post, token: str) -> None:
    refusal(await post("refresh", refreshToken=token), 401, "auth_required")
    assert (await post("logout", refreshToken=token)).status_code == 204


async def test_session_is_over_when_its_owner_logs_out(api: Api, office: Office, post: Post) -> None:
    tokens = data(await post("login", email=await with_password(office), password=GOOD))
    api.clock.advance(ACCESS_TTL + HOUR)  # no access token is needed
    for _ in range(2):
        assert (await post("logout", refreshToken=tokens["refreshToken"])).status_code == 204
    refusal(await post("refresh", refreshToken=tokens["refreshToken"]), 401, "auth_required")


async def forgotten(api: Api, post: Post, email: str) -> str:
    """The token of the mail that a forgotten password brings."""
    data(await post("password/forgot", email=email.upper()), 202)
    mail = next(mail for mail in await api.mails(email) if mail["template"] == "staff_password_reset")
    assert mail["data"]["url"] == f"{ROOT}/nova/password#token={mail['data']['token']}"
    return str(mail["data"]["token"])


async def test_new_password_counts_when_the_link_came_back(api: Api, office: Office, post: Post) -> None:
    email = await with_password(office)
    tokens = data(await post("login", email=email, password=GOOD))
    token = await forgotten(api, post, email)
    assert (await post("password/reset", token=token, password=OTHER)).status_code == 204
    refusal(await post("refresh", refreshToken=tokens["refreshToken"]), 401, "auth_required")
    await api.relay()
    refusal(await get_me(api, tokens), 401, "auth_required")
    refusal(await post("login", email=email, password=GOOD), 401, "auth_required")
    data(await post("login", email=email, password=OTHER))
    assert (await api.mails(email))[0]["template"] == "staff_password_changed"
    refusal(await post("password/reset", token=token, password=GOOD), 422, "otp_invalid")


@pytest.mark.promise("accounts-alike")
async def test_answer_is_the_same_when_nobody_has_the_address(api: Api, office: Office, post: Post) -> None:
    known, nobody = await with_password(office), fresh_email()
    answers = [data(await post("password/forgot", email=email), 202) for email in (known, nobody)]
    assert answers == [{"expiresIn": 1800}] * 2
    assert await api.mails(nobody) == []
    assert {(sent.event, sent.is_done) for sent in await api.inside.outbox()} == {("staff_password_asked", True)}


async def test_fourth_link_is_not_sent_when_an_address_asks_often(api: Api, office: Office, post: Post) -> None:
    email = await with_password(office)
    for _ in range(4):
        api.clock.advance(timedelta(seconds=1))
        data(await post("password/forgot", email=email), 202)
    assert len(await api.mails(email)) == 1  # of three links only the newest still works when the mails leave
    for _ in range(3):
        api.clock.advance(HOUR)
        await forgotten(api, post, email)
    assert len(await api.mails(email)) == 4


async def test_link_is_dead_when_it_is_late_foreign_or_of_a_closed_account(
    api: Api, office: Office, post: Post
) -> None:
    late = await forgotten(api, post, await with_password(office))
    closed = await with_password(office)
    of_closed = await forgotten(api, post, closed)
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        user = await unit.staff.find(email=closed)
        user.active = False
        await unit.staff.save(user)
    refusal(await post("password/reset", token=of_closed, password=GOOD), 422, "otp_invalid")
    refusal(await post("magic-link/consume", token=late, password=GOOD), 422, "otp_invalid")
    refusal(await post("email/confirm", token=late), 422, "otp_invalid")
    answer = await api.http.post("/auth/password/reset", json={"token": late, "password": GOOD})
    refusal(answer, 422, "otp_invalid")
    api.clock.advance(timedelta(minutes=30))
    refusal(await post("password/reset", token=late, password=GOOD), 422, "otp_invalid")


async def invited(api: Api, office: Office) -> tuple[str, str]:
    """An address, and the token that was sent there."""
    email = fresh_email()
    data(await office.admin.post("/api/users", {"email": email, "role": "chauffeur", "name": "Awa"}), 201)
    return email, await api.link_token(email)


async def test_invitation_works_for_72_hours_when_it_was_sent(api: Api, office: Office, post: Post) -> None:
    (_, early), (_, late) = await invited(api, office), await invited(api, office)
    api.clock.advance(72 * HOUR - timedelta(seconds=1))
    data(await post("magic-link/consume", token=early, password=GOOD))
    api.clock.advance(timedelta(seconds=1))
    refusal(await post("magic-link/consume", token=late, password=GOOD), 422, "otp_invalid")


@pytest.mark.promise("links-once")
async def test_one_is_in_when_twenty_press_the_same_link_at_once(api: Api, office: Office, post: Post) -> None:
    _, token = await invited(api, office)
    pressed = [post("magic-link/consume", token=token, password=GOOD) for _ in range(20)]
    statuses = [answer.status_code for answer in await asyncio.gather(*pressed)]
    assert sorted(statuses) == [200] + [422] * 19


async def test_link_still_works_when_its_password_was_too_common(api: Api, office: Office, post: Post) -> None:
    email, token = await invited(api, office)
    answer = await post("magic-link/consume", token=token, password="password1")
    assert paths(refusal(answer, 422, "validation_error")) == ["password"]
    data(await post("magic-link/consume", token=token, password=GOOD))
    data(await post("login", email=email, password=GOOD))


async def test_password_is_changed_when_the_present_one_is_right(api: Api, office: Office, post: Post) -> None:
    email = await with_password(office)
    one, two = [data(await post("login", email=email, password=GOOD)) for _ in range(2)]
    bearer = {"Authorization": f"Bearer {one['accessToken']}"}

    async def change(**body: object) -> httpx.Response:
        return await api.http.post(f"{ROOT}/api/me/password", json=body, headers=bearer)

    assert paths(refusal(await change(current=OTHER, new=OTHER), 422, "validation_error")) == ["current"]
    assert paths(refusal(await change(current=GOOD, new="password1"), 422, "validation_error")) == ["new"]
    assert (await change(current=GOOD, new=OTHER)).status_code == 204
    data(await post("refresh", refreshToken=one["refreshToken"]))  # his own session goes on
    refusal(await post("refresh", refreshToken=two["refreshToken"]), 401, "auth_required")
    data(await post("login", email=email, password=OTHER))
    assert (await api.mails(email))[0]["template"] == "staff_password_changed"


async def test_tries_run_out_when_somebody_with_a_token_guesses(api: Api, office: Office, post: Post) -> None:
    tokens = data(await post("login", email=await with_password(office), password=GOOD))
    bearer = {"Authorization": f"Bearer {tokens['accessToken']}"}
    body = {"current": OTHER, "new": OTHER}
    answers = [await api.http.post(f"{ROOT}/api/me/password", json=body, headers=bearer) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("login", {"email": "x", "password": GOOD}),
        ("login", {"email": "a@b.test", "password": GOOD, "role": "admin"}),
        ("refresh", {"refresh_token": "x"}),
        ("magic-link/consume", {"token": "x", "password": "short"}),
        ("password/forgot", {}),
    ],
)
async def test_body_is_refused_when_it_is_unsound(post: Post, path: str, body: dict[str, object]) -> None:
    refusal(await post(path, **body), 422, "validation_error")


@pytest.mark.promise("links-once")
@pytest.mark.parametrize("page", ["invitation", "password", "email"])
async def test_page_changes_nothing_and_speaks_french_when_a_program_looks_at_it(api: Api, page: str) -> None:
    before = await api.inside.everything()
    seen = await api.http.get(f"{ROOT}/nova/{page}")
    assert (seen.status_code, await api.inside.everything()) == (200, before)
    assert '<html lang="fr">' in seen.text
    assert "· NOVA</title>" in seen.text
    assert "AlloCar" not in seen.text
    assert "script-src 'self'" in seen.headers["content-security-policy"]
    path = seen.text.split('data-path="')[1].split('"')[0]
    body = {"token": "x"} | ({} if page == "email" else {"password": GOOD})
    refusal(await api.http.post(ROOT + path, json=body), 422, "otp_invalid")
    english = await api.http.get(f"{ROOT}/nova/{page}", headers={"Accept-Language": "en"})
    assert '<html lang="en">' in english.text
