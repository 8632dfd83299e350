"""What whoever steals the database, or a dump of it, can read: none of what is sealed or hashed."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from allonova.adapters.postgres.backup.address import Address
from allonova.adapters.postgres.backup.programs import programs_for
from tests.http.test_payout_accounts import code_at, confirm, name
from tests.support.api import Api
from tests.support.factories import an_admin
from tests.support.filing import Filing
from tests.support.nova import an_office
from tests.support.passwords import CHEAP
from tests.support.purses import filled, withdrawing
from tests.support.sealed import columns, opened
from tests.support.serving import SETTINGS, Server, api_on
from tests.support.staff import PASSWORD as STAFF_PASSWORD
from tests.support.staff import Knocking
from tests.support.wire import data, fresh_email, fresh_key, fresh_phone

pytestmark = [pytest.mark.promise("sealed-at-rest")]

NUMBER, PAYOUT, WAITING = "CICANARY7788", "+2250787654321", "+2250787654322"
PASSWORD = "canary password 9 of mine"
REPLACED = "+2250787654323"

type Canaries = dict[str, str]


def spellings(secret: str) -> Iterator[bytes]:
    """As it is, in a URL, in hexadecimals, and in Base64 at each place of other bytes."""
    raw = secret.encode()
    yield from (raw, quote(secret, safe="").encode(), raw.hex().encode(), raw.hex().upper().encode())
    for before in range(3):
        cut = base64.b64encode(b"\0" * before + raw)[4 if before else 0 : -4]
        yield from (cut, cut.replace(b"+", b"-").replace(b"/", b"_"))


async def dumped(dsn: str, server: Server) -> bytes:
    """What `pg_dump` says."""
    version = await server.owner.fetchval("SHOW server_version_num")
    programs = await programs_for(int(version) // 10_000)
    arguments = ("--no-password", "--inserts", "--schema=carpool", "--schema=dispatch", "--schema=platform")
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(programs.dump, *arguments, stdout=pipe, env=Address(dsn).environment())
    text, _ = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == 0
    return text


@pytest_asyncio.fixture(loop_scope="session")
async def lived(postgres: Server, tmp_path: Path) -> tuple[Server, Any, Canaries]:
    """A database that people filled through the API; its sealer; and what they would not have read."""
    async with api_on(postgres, SETTINGS.model_copy(update={"files_dir": tmp_path / "files"})) as api:
        canaries = await _account(api) | await _rider(api) | await _back_office(api) | await _company(api)
        return postgres, api.service.outside.sealer, canaries


async def _account(api: Api) -> Canaries:
    """Registered by mail; the password is forgotten then, and a code is on its way."""
    email, phone = fresh_email(), fresh_phone()
    body = {"email": email, "password": PASSWORD, "first_name": "Awa"}
    data(await api.http.post("/auth/register", json=body), 201)
    link = await api.link_token(email)
    pair = data(await api.http.post("/auth/email/verify", json={"token": link}))
    await api.http.post("/auth/password/forgot", json={"identifier": email})
    data(await api.http.post("/auth/register", json={"phone": phone}), 201)
    code = await api.code(phone)
    return {
        "password": PASSWORD,
        "link of a registration": link,
        "link of a new password": await api.link_token(email),
        "refresh token": pair["refresh_token"],
        "access token": pair["access_token"],
        "code": f"'{code}'",
    }


async def _rider(api: Api) -> Canaries:
    """A driver with papers, a phone, a payout account, a withdrawal and a ride that somebody pays by card."""
    driver, passenger = await api.driver(phone=REPLACED), await api.passenger()
    await Filing(api, api.http).paper(driver, "passport", NUMBER)
    await filled(api, driver, 8_000)
    data(await withdrawing(driver, 5_000))
    token, key = f"fcm-{fresh_key()}-canary", fresh_key()
    data(await driver.post("/me/devices", {"token": token, "platform": "android"}), 201)
    await name(driver, PAYOUT)
    data(await confirm(driver, await code_at(api, PAYOUT)))
    await name(driver, WAITING)
    number = fresh_phone()
    data(await driver.post("/me/phone", {"phone": number}), 202)
    data(await driver.post("/me/phone/confirm", {"code": await api.code(number)}))

    booking = await api.accepted(passenger, driver, await api.trip(driver))
    body = {"booking_id": booking["id"], "method": "card"}
    started = data(await passenger.post("/payments/init", body, key=key))
    return {
        "number of a paper": NUMBER,
        "push token": token,
        "payout number": PAYOUT[1:],
        "payout number that waits": WAITING[1:],
        "phone that was replaced": REPLACED[1:],
        "secret of a card payment": started["intent"]["client_secret"],
        "idempotency key": key,
    }


async def _back_office(api: Api) -> Canaries:
    """Somebody with an authenticator, and another that is not confirmed yet."""
    email = fresh_email()
    await api.keep(an_admin(email=email, password_hash=await CHEAP.hash(STAFF_PASSWORD)))
    ada = Knocking(api, email)
    person = await ada.turn_totp_on()
    assert ada.authenticator is not None
    return {
        "password of the back office": STAFF_PASSWORD,
        "authenticator": ada.authenticator.secret,
        "refresh token of the back office": person.tokens["refresh_token"],
    }


async def _company(api: Api) -> Canaries:
    """A chauffeur's phone."""
    office, token = await an_office(api, taxis=1), f"fcm-{fresh_key()}-canary-of-a-chauffeur"
    given = {"platform": "android", "token": token, "kind": "token"}
    data(await office.chauffeurs[0].post("/api/me/devices", given), 201)
    return {"push token of a chauffeur": token, "refresh token of staff": office.chauffeurs[0].tokens["refreshToken"]}


async def test_nothing_can_be_read_when_the_database_is_dumped(
    lived: tuple[Server, Any, Canaries], database: str
) -> None:
    server, _, canaries = lived
    text = await dumped(database, server)
    assert b"Awa" in text, "it is a dump of what was filled"
    found = {kind for kind, secret in canaries.items() if any(each in text for each in spellings(secret))}
    assert found == set()


async def test_everything_opens_where_it_lies_when_the_api_has_sealed_it(lived: tuple[Server, Any, Canaries]) -> None:
    server, sealer, canaries = lived
    found = await opened(server.owner, sealer)
    values = " ".join(found.values())
    for kind in ("number of a paper", "push token", "payout number", "payout number that waits", "authenticator",
                 "secret of a card payment", "push token of a chauffeur", "phone that was replaced"):  # fmt: skip
        assert canaries[kind] in values, kind
    assert {column for column, _ in found} == set(columns()) - {"carpool.admin_users.totp_pending"}
