"""Logging in with Google or Apple."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from allonova.application.identity.log_in_by_provider import LogInByProvider
from tests.support.api import Api
from tests.support.factories import a_user
from tests.support.vouching import id_token, log_in, post
from tests.support.wire import data, refusal

MAIL = "awa@example.test"


async def links(person: Any) -> list[str]:
    return [link["provider"] for link in data(await person.get("/me/social"))["links"]]


async def rows(api: Api) -> list[str]:
    return [line.action for line in await api.inside.audit()]


@pytest.mark.parametrize("provider", ["google", "apple"])
async def test_account_is_made_when_somebody_comes_for_the_first_time(api: Api, provider: str) -> None:
    claims = {"email": MAIL, "given_name": "Awa", "family_name": "Koné"} if provider == "google" else {"email": MAIL}
    token = await id_token(api, provider, **claims)
    tokens = data(await post(api, token, provider))
    user = tokens["user"]
    assert (user["email"], user["is_email_verified"], user["phone"]) == (MAIL, True, None)
    assert (user["first_name"], user["last_name"]) == (("Awa", "Koné") if provider == "google" else (None, None))
    assert user["preferences"]["language"] == "en"
    assert user["referral_code"]
    assert tokens["token_type"] == "Bearer"
    me = await log_in(api, provider, **claims)
    assert str(me.id) == user["id"]
    assert await links(me) == [provider]


async def test_account_speaks_the_callers_language_when_it_is_made(api: Api) -> None:
    body, headers = {"id_token": await id_token(api)}, {"Accept-Language": "fr"}
    tokens = data(await api.http.post("/auth/social/google", json=body, headers=headers))
    assert tokens["user"]["preferences"]["language"] == "fr"


async def test_account_has_no_contact_when_the_provider_vouches_for_none(api: Api) -> None:
    me = await log_in(api, email=MAIL, email_verified=False)
    user = data(await me.get("/me"))
    assert (user["email"], user["is_email_verified"]) == (None, False)
    refusal(await me.send("DELETE", "/me/social/google"), 409, "conflict")


async def test_subject_is_who_it_is_when_the_email_is_another_one(api: Api) -> None:
    me = await log_in(api, email=MAIL)
    again = await log_in(api, email="another@example.test")
    assert again.id == me.id
    assert data(await again.get("/me"))["email"] == MAIL
    other = await log_in(api, sub="another-subject", email="third@example.test")
    assert other.id != me.id


async def test_owner_is_told_and_linked_when_both_have_verified_the_email(api: Api) -> None:
    me = await api.passenger(email="Awa@Example.test", is_email_verified=True)
    assert (await log_in(api, email=MAIL)).id == me.id
    [mail] = [mail for mail in await api.mails("Awa@Example.test") if mail["template"] == "social_changed"]
    assert "Google" in mail["body"]
    [text] = [sms for sms in await api.messages(me.phone) if sms["template"] == "social_changed"]
    assert "Google" in text["body"]
    assert "user.social_linked" in await rows(api)
    assert (await log_in(api, email=MAIL)).id == me.id
    assert len([mail for mail in await api.mails("Awa@Example.test") if mail["template"] == "social_changed"]) == 1


async def test_second_provider_is_linked_when_the_email_is_the_same(api: Api) -> None:
    me = await log_in(api, email=MAIL)
    assert (await log_in(api, "apple", sub="001234.apple", email=MAIL)).id == me.id
    assert sorted(await links(me)) == ["apple", "google"]


async def test_account_stays_shut_when_its_email_went_to_another_subject(api: Api) -> None:
    """Google gives addresses of companies to others: an account does not go along."""
    await log_in(api, email=MAIL)
    refusal(await post(api, await id_token(api, sub="the-next-owner", email=MAIL)), 401, "auth_required")


async def test_email_is_given_up_when_an_account_only_claims_it(api: Api) -> None:
    claimer = await api.passenger(email=MAIL, is_email_verified=False)
    me = await log_in(api, email=MAIL)
    assert me.id != claimer.id
    assert data(await claimer.get("/me"))["email"] is None
    assert data(await me.get("/me"))["email"] == MAIL


async def test_registration_is_proven_when_it_waited_for_this_email(api: Api) -> None:
    """Whoever registered it with a password of his own does not get in."""
    body = {"email": MAIL, "password": "quatre mots sans rapport", "first_name": "Nobody"}
    data(await api.http.post("/auth/register", json=body), 201)
    token = await api.link_token(MAIL)
    me = await log_in(api, email=MAIL, given_name="Awa")
    user = data(await me.get("/me"))
    assert (user["first_name"], user["is_email_verified"]) == ("Awa", True)
    password = {"identifier": MAIL, "password": body["password"]}
    refusal(await api.http.post("/auth/login", json=password), 401, "auth_required")
    data(await api.http.post("/auth/email/verify", json={"token": token}))
    refusal(await api.http.post("/auth/login", json=password), 401, "auth_required")


@pytest.mark.parametrize("is_linked", [True, False], ids=["by its subject", "by its email"])
@pytest.mark.parametrize("shut", [{"is_active": False}, {"needs_code": True}])
async def test_account_stays_shut_when_it_is_suspended_or_needs_a_code(
    api: Api, is_linked: bool, shut: dict[str, bool]
) -> None:
    me = await log_in(api, email=MAIL) if is_linked else await api.passenger(email=MAIL, is_email_verified=True)
    await api.change(me, **shut)
    suspended = await post(api, await id_token(api, email=MAIL))
    forged = await post(api, "a.b.c")
    assert (suspended.status_code, suspended.json()["error"]) == (401, forged.json()["error"])


@pytest.mark.parametrize(
    "claims",
    [{"aud": "another app"}, {"iss": "https://evil.test"}, {"exp_s": 0}, {"iat_s": 60}, {"sub": None}, {"nonce": "x"}],
)
async def test_token_is_refused_when_it_is_not_good(api: Api, claims: dict[str, Any]) -> None:
    before = await rows(api)
    answer = await post(api, await id_token(api, **claims))
    refusal(answer, 401, "auth_required")
    assert answer.json()["error"]["message"].startswith("This account of Google or Apple")
    assert await rows(api) == before


async def test_token_is_refused_when_it_is_the_other_providers(api: Api) -> None:
    refusal(await post(api, await id_token(api, "apple"), "google"), 401, "auth_required")


async def test_token_is_refused_when_it_has_run_out_meanwhile(api: Api) -> None:
    token = await id_token(api, exp_s=60)
    api.clock.advance(timedelta(seconds=59))
    data(await post(api, token))
    api.clock.advance(timedelta(seconds=1))
    refusal(await post(api, token), 401, "auth_required")


async def test_nonce_is_compared_when_the_app_gives_one(api: Api) -> None:
    data(await post(api, await id_token(api, nonce="n-0S6"), nonce="n-0S6"))
    refusal(await post(api, await id_token(api, nonce="n-0S6"), nonce="n-0S7"), 401, "auth_required")
    refusal(await post(api, await id_token(api), nonce="n-0S6"), 401, "auth_required")
    hashed = hashlib.sha256(b"n-0S6").hexdigest()
    data(await post(api, await id_token(api, "apple", nonce=hashed), "apple", nonce="n-0S6"))


@pytest.mark.parametrize("kind", ["error", "html", "timeout"])
async def test_login_waits_for_the_provider_when_its_keys_cannot_be_had(api: Api, kind: str) -> None:
    token = await id_token(api)
    await api.arm(kind, provider="google")
    refusal(await post(api, token), 503, "provider_unavailable")
    data(await post(api, token))
    await api.arm(kind, provider="google", times=5)
    data(await post(api, token))


async def test_provider_is_unknown_when_it_is_switched_off(api: Api) -> None:
    use = dict(api.service.edge.use)
    enter: Any = use[LogInByProvider]
    use[LogInByProvider] = replace(enter.inner, providers={})
    api.app.state.edge = replace(api.service.edge, use=use)
    refusal(await post(api, await id_token(api)), 404, "not_found")


@pytest.mark.parametrize("body", [{}, {"id_token": ""}, {"id_token": "x" * 8193}, {"id_token": 7}, {"token": "a.b.c"}])
async def test_body_is_refused_when_it_is_none(api: Api, body: dict[str, Any]) -> None:
    refusal(await api.http.post("/auth/social/google", json=body), 422, "validation_error")


async def test_login_is_counted_when_a_token_comes_too_often(api: Api) -> None:
    api.configure(auth_per_minute=2)
    token = await id_token(api)
    statuses = [(await post(api, token)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_login_is_counted_when_an_address_tries_many_tokens(api: Api) -> None:
    api.configure(auth_address_per_minute=2)
    assert [(await post(api, f"a.b.{n}")).status_code for n in range(3)] == [401, 401, 429]


async def test_one_account_is_made_when_twenty_devices_log_in_at_once(api: Api) -> None:
    api.configure(auth_per_minute=1000, auth_address_per_minute=1000)
    for n in range(5):
        token = await id_token(api, sub=f"the-{n}", email=f"awa{n}@example.test")
        answers = await asyncio.gather(*(post(api, token) for _ in range(20)))
        assert len({data(answer)["user"]["id"] for answer in answers}) == 1
    assert (await rows(api)).count("user.registered") == 5


async def test_provider_opens_nothing_more_when_it_was_unlinked(api: Api) -> None:
    me = await api.passenger(email=MAIL, is_email_verified=True)
    await log_in(api, email=MAIL)
    assert (await me.send("DELETE", "/me/social/google")).status_code == 204
    assert await links(me) == []
    refusal(await me.send("DELETE", "/me/social/google"), 404, "not_found")
    assert len([mail for mail in await api.mails(MAIL) if mail["template"] == "social_changed"]) == 2
    assert (await rows(api))[-1] == "user.social_unlinked"
    stranger = await log_in(api)  # without that e-mail the subject is nobody that we know
    assert stranger.id != me.id


async def test_one_provider_goes_when_another_one_is_left(api: Api) -> None:
    me = await log_in(api, email=MAIL)
    await log_in(api, "apple", email=MAIL)
    await api.change(me, email=None, is_email_verified=False)
    assert (await me.send("DELETE", "/me/social/google")).status_code == 204
    refusal(await me.send("DELETE", "/me/social/apple"), 409, "conflict")
    assert await links(me) == ["apple"]


async def test_last_way_in_stays_when_both_are_unlinked_at_once(api: Api) -> None:
    me = await log_in(api, email=MAIL)
    await log_in(api, "apple", email=MAIL)
    await api.change(me, email=None, is_email_verified=False)
    both = await asyncio.gather(*(me.send("DELETE", f"/me/social/{name}") for name in ("google", "apple")))
    assert sorted(answer.status_code for answer in both) == [204, 409]


async def test_another_users_link_is_out_of_reach_when_one_unlinks(api: Api) -> None:
    me, other = await log_in(api), await api.passenger()
    refusal(await other.send("DELETE", "/me/social/google"), 404, "not_found")
    assert await links(me) == ["google"]


async def test_link_is_shown_and_goes_when_the_account_is_exported_and_erased(api: Api) -> None:
    me = await log_in(api, email=MAIL)
    [link] = data(await me.get("/me/export"))["social_links"]
    assert (link["provider"], set(link)) == ("google", {"provider", "linked_at"})
    assert (await me.send("DELETE", "/me")).status_code == 204
    assert (await log_in(api, email=MAIL)).id != me.id


async def test_key_that_signed_lately_still_counts_when_the_provider_has_another(api: Api) -> None:
    old = await id_token(api)
    data(await post(api, old))
    data(await api.outside.post("/oidc/google/rotate", json={}))
    data(await post(api, old))


async def test_no_money_leaves_when_an_account_was_linked_today(api: Api) -> None:
    user = a_user(email=MAIL, is_email_verified=True)
    me = await api.enter(user, user)
    await log_in(api, email=MAIL)
    async with api.service.platform.begin() as unit:
        assert await unit.contact_changes.last_of(me.id) == api.clock.now()
