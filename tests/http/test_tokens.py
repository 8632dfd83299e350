"""Access tokens that are not whole, ours, current and for this API open nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from jose import jws

from allonova.domain.identity.session import ACCESS_TTL, Audience
from allonova.main.settings_checks import DEMO_SECRET
from tests.support.api import Api, Person
from tests.support.factories import NOW, SECOND, a_user
from tests.support.serving import SETTINGS
from tests.support.wire import data, refusal


def claims(person: Person, **changes: Any) -> dict[str, Any]:
    """Those of his access token, with changes; None leaves one out."""
    middle = person.tokens["access_token"].split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(middle + "=="))
    return {name: value for name, value in (found | changes).items() if value is not None}


def signed(payload: dict[str, Any], *, kid: str = "demo", secret: str = DEMO_SECRET, algorithm: str = "HS256") -> str:
    """A token that whoever has the secret could make."""
    return str(jws.sign(payload, secret, headers={"kid": kid}, algorithm=algorithm))


def segment(value: dict[str, str]) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(person: Person) -> str:
    """`alg: none`."""
    return f"{segment({'alg': 'none', 'typ': 'JWT', 'kid': 'demo'})}.{person.tokens['access_token'].split('.')[1]}."


FORGED: dict[str, Callable[[Person], str]] = {
    "no algorithm": unsigned,
    "other algorithm": lambda person: signed(claims(person), algorithm="HS512"),
    "other key id": lambda person: signed(claims(person), kid="../../demo"),
    "other secret": lambda person: signed(claims(person), secret="x" * 40),
    "audience nova": lambda person: signed(claims(person, aud="nova")),
    "audience admin": lambda person: signed(claims(person, aud="allocar-admin")),
    "audiences": lambda person: signed(claims(person, aud=["allocar"])),
    "other issuer": lambda person: signed(claims(person, iss="somebody")),
    "no exp": lambda person: signed(claims(person, exp=None)),
    "no aud": lambda person: signed(claims(person, aud=None)),
    "no sub": lambda person: signed(claims(person, sub=None)),
    "no sid": lambda person: signed(claims(person, sid=None)),
    "exp for ever": lambda person: signed(claims(person, exp=float("1e300"))),
    "not yet valid": lambda person: signed(claims(person, nbf=int(NOW.timestamp()) + 3600)),
    "issued tomorrow": lambda person: signed(claims(person, iat=int(NOW.timestamp()) + 86_400)),
    "truncated": lambda person: person.tokens["access_token"][:-1],
    "lengthened": lambda person: person.tokens["access_token"] + "A",
    "two parts": lambda person: person.tokens["access_token"].rpartition(".")[0],
    "refresh token": lambda person: person.tokens["refresh_token"],
    "nothing": lambda _: "",
    "junk": lambda _: "a.b.c",
    "huge": lambda _: "a" * 100_000,
}


@pytest.mark.promise("tokens")
async def test_nothing_opens_when_the_token_is_not_sound(api: Api, subtests: pytest.Subtests) -> None:
    person = await api.passenger()
    for name, forge in FORGED.items():
        headers = {"Authorization": f"Bearer {forge(person)}"}
        for path in ("/me", "/trips/search"):
            with subtests.test(name, path=path):
                answer = await api.http.get(path, headers=headers)
                refusal(answer, 401, "auth_required")
                assert answer.headers["www-authenticate"] == "Bearer"


async def test_forger_of_this_suite_makes_a_good_token_when_he_changes_nothing(api: Api) -> None:
    person = await api.passenger()
    data(await api.http.get("/me", headers={"Authorization": f"Bearer {signed(claims(person))}"}))


@pytest.mark.parametrize("scheme", ["Basic", "Token", "", "Bearer,"])
async def test_nothing_opens_when_the_scheme_is_another(api: Api, scheme: str) -> None:
    person = await api.passenger()
    headers = {"Authorization": f"{scheme} {person.tokens['access_token']}"}
    refusal(await api.http.get("/me", headers=headers), 401, "auth_required")


@pytest.mark.promise("tokens")
async def test_token_dies_when_fifteen_minutes_are_over(api: Api) -> None:
    person = await api.passenger()
    api.clock.advance(ACCESS_TTL - SECOND)
    data(await api.http.get("/me", headers=person.bearer))
    api.clock.advance(SECOND)
    refusal(await api.http.get("/me", headers=person.bearer), 401, "auth_required")


@pytest.mark.promise("tokens")
async def test_nothing_opens_when_there_is_no_such_user(api: Api) -> None:
    token = _token_of(api, str(uuid4()))
    refusal(await api.http.get("/me", headers={"Authorization": f"Bearer {token}"}), 401, "auth_required")


async def test_nothing_opens_when_the_account_is_suspended(api: Api) -> None:
    user = a_user(is_active=False)
    await api.keep(user)
    token = _token_of(api, str(user.id))
    refusal(await api.http.get("/me", headers={"Authorization": f"Bearer {token}"}), 401, "auth_required")


def _token_of(api: Api, user_id: str) -> str:
    now = int(api.clock.now().timestamp())
    times = {"iat": now, "exp": now + 900}
    who = {"iss": "allonova", "aud": Audience.ALLOCAR.value, "sub": user_id, "sid": str(uuid4()), "jti": "x"}
    return signed({**who, **times}, kid=next(iter(SETTINGS.keys)))
