"""How often one may call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allonova.adapters.http.provide import HttpConfig
from allonova.adapters.local.limits import LocalRateLimiter
from allonova.main.settings import Env, Settings
from allonova.main.wiring import http_config
from tests.support.api import Api
from tests.support.nova import an_office
from tests.support.wire import ADDRESS, ROOT, data, fresh_phone, refusal

SEARCH = "/trips/search?from=5.35,-4.00&to=6.81,-5.27&date=2025-10-02"


class Time:
    """Real time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def count_by(api: Api, time: Time) -> None:
    """Count hits by that time from now on."""
    api.app.state.edge = replace(api.app.state.edge, limiter=LocalRateLimiter(time))


def test_limits_are_those_of_the_conventions_when_nothing_is_set() -> None:
    config = http_config(Settings.model_construct(env=Env.TEST))
    limits = {name: getattr(config, name) for name in HttpConfig.__dataclass_fields__ if "_per_" in name}
    assert limits == {
        "user_per_minute": 60,
        "address_per_minute": 1200,
        "anonymous_per_minute": 60,
        "auth_per_minute": 10,
        "auth_address_per_minute": 100,
        "auth_identifier_per_hour": 30,
    }


async def test_headers_count_down_when_somebody_calls(api: Api) -> None:
    api.configure(anonymous_per_minute=3)
    left = [(await api.http.get(SEARCH)).headers for _ in range(3)]
    assert [headers["ratelimit-limit"] for headers in left] == ["3", "3", "3"]
    assert [headers["ratelimit-remaining"] for headers in left] == ["2", "1", "0"]
    assert all(0 < int(headers["ratelimit-reset"]) <= 60 for headers in left)


async def test_call_is_refused_when_the_minute_has_had_its_calls(api: Api) -> None:
    api.configure(anonymous_per_minute=1)
    count_by(api, time := Time())
    data(await api.http.get(SEARCH))
    time.at += 20
    answer = await api.http.get(SEARCH)
    refusal(answer, 429, "rate_limited")
    assert (answer.headers["retry-after"], answer.headers["ratelimit-remaining"]) == ("40", "0")
    time.at += 40
    data(await api.http.get(SEARCH))


async def test_user_is_counted_apart_when_others_share_his_address(api: Api) -> None:
    first, second = await api.passenger(), await api.passenger()
    api.configure(user_per_minute=2)
    assert [(await first.get("/me")).status_code for _ in range(3)] == [200, 200, 429]
    assert (await second.get("/me")).status_code == 200


async def test_address_is_full_when_its_users_together_have_used_it_up(api: Api) -> None:
    people = [await api.passenger() for _ in range(3)]
    api.configure(address_per_minute=2)
    assert [(await person.get("/me")).status_code for person in people] == [200, 200, 429]


async def test_staff_is_counted_apart_when_others_share_the_address(api: Api) -> None:
    office = await an_office(api, taxis=1)
    api.configure(user_per_minute=2)
    assert [(await office.admin.get("/api/me")).status_code for _ in range(3)] == [200, 200, 429]
    assert (await office.chauffeurs[0].get("/api/me")).status_code == 200
    api.configure(address_per_minute=2)
    assert (await office.chauffeurs[0].get("/api/me")).status_code == 429


async def test_guesses_are_counted_when_the_token_is_none(api: Api) -> None:
    api.configure(anonymous_per_minute=2)
    headers = {"Authorization": "Bearer a.b.c"}
    statuses = [(await api.http.get("/me", headers=headers)).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


@pytest.mark.parametrize(
    ("more", "token", "status"), [("&page=none", "", 422), ("&sort=colour", "", 422), ("", "Bearer a.b.c", 401)]
)
async def test_searches_are_counted_when_they_are_refused(api: Api, more: str, token: str, status: int) -> None:
    api.configure(anonymous_per_minute=2)
    headers = {"Authorization": token} if token else {}
    statuses = [(await api.http.get(SEARCH + more, headers=headers)).status_code for _ in range(3)]
    assert statuses == [status, status, 429]


@pytest.mark.parametrize("path", ["/auth/register", "/auth/otp/send"])
async def test_login_is_refused_when_a_pair_of_address_and_phone_had_its_tries(api: Api, path: str) -> None:
    api.configure(auth_per_minute=2)
    phone = fresh_phone()
    statuses = [(await api.http.post(path, json={"phone": phone})).status_code for _ in range(3)]
    assert statuses[2] == 429
    assert (await api.http.post(path, json={"phone": fresh_phone()})).status_code < 300


async def test_phone_is_the_same_identifier_when_it_is_written_otherwise(api: Api) -> None:
    api.configure(auth_per_minute=1)
    data(await api.http.post("/auth/otp/send", json={"phone": "+2250700000077"}))
    again = await api.http.post("/auth/otp/verify", json={"phone": "0700000077", "code": "123456"})
    refusal(again, 429, "rate_limited")


async def test_login_is_refused_when_an_address_tries_many_phones(api: Api) -> None:
    api.configure(auth_address_per_minute=2)
    statuses = [(await api.http.post("/auth/otp/send", json={"phone": fresh_phone()})).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_login_is_refused_when_a_phone_is_tried_from_everywhere(api: Api) -> None:
    api.configure(auth_identifier_per_hour=2, trusted_proxies=(ADDRESS,))
    body = {"phone": fresh_phone(), "code": "123456"}
    statuses = [
        (await api.http.post("/auth/otp/verify", json=body, headers={"X-Forwarded-For": f"198.51.100.{n}"})).status_code
        for n in range(3)
    ]
    assert statuses == [422, 422, 429]


@pytest.mark.parametrize(("limit", "amount"), [("auth_address_per_minute", 2), ("auth_identifier_per_hour", 2)])
async def test_staff_login_is_refused_when_one_thing_stays_the_same(api: Api, limit: str, amount: int) -> None:
    """The address, while he tries many accounts; or the account, tried from everywhere."""
    api.configure(trusted_proxies=(ADDRESS,), **{limit: amount})
    statuses = []
    for n in range(3):
        email, address = f"somebody{n}@taxis.test", "198.51.100.1"
        if limit == "auth_identifier_per_hour":
            email, address = "Somebody@taxis.test" if n else "somebody@taxis.test", f"198.51.100.{n}"
        body = {"email": email, "password": "quatre mots sans rapport"}
        answer = await api.http.post(f"{ROOT}/auth/login", json=body, headers={"X-Forwarded-For": address})
        statuses.append(answer.status_code)
    assert statuses == [401, 401, 429]


async def test_refresh_is_refused_when_one_token_comes_too_often(api: Api) -> None:
    api.configure(auth_per_minute=1)
    statuses = [
        (await api.http.post("/auth/token/refresh", json={"refresh_token": "x" * 43})).status_code for _ in range(2)
    ]
    assert statuses == [401, 429]


async def test_probes_and_webhooks_have_no_limit_when_all_else_is_closed(api: Api) -> None:
    api.configure(anonymous_per_minute=1, address_per_minute=1, user_per_minute=1)
    for _ in range(3):
        assert (await api.http.get(f"{ROOT}/healthz")).status_code == 200
        refusal(await api.http.post("/payments/webhook/wave", content=b"{}"), 401, "webhook_invalid_signature")
