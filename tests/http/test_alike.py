"""Whether somebody has an account is told by no answer, no header, no work that was done, and no time that it took."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from allonova.adapters.crypto.passwords import Argon2Passwords
from allonova.adapters.telemetry.sql import summary_of
from tests.http.test_admin_login import WRONG
from tests.support.api import Api
from tests.support.factories import SECOND, a_user, an_admin
from tests.support.nova import a_colleague, an_office
from tests.support.passwords import CHEAP, GOOD, OTHER, Counted, hash_cheaply
from tests.support.serving import Server
from tests.support.vouching import id_token
from tests.support.wire import ROOT, fresh_email, fresh_phone

__all__ = ["hash_cheaply"]

pytestmark = [
    pytest.mark.promise("accounts-alike"),
    pytest.mark.parametrize("server", ["postgres"], indirect=True),  # where work is statements, which can be counted
]

LEARNING = re.compile(r"typeinfo_tree|'jit'")  # the driver learns a type, once for each connection

type Known = Callable[[Api, str], Awaitable[str]]
type Ask = Callable[[Api, str], Awaitable[httpx.Response]]


async def a_phone(api: Api, kept: str) -> str:
    """Of an account with a password."""
    user = a_user(password_hash=kept)
    await api.keep(user)
    return str(user.phone)


async def an_email(api: Api, kept: str) -> str:
    """The same."""
    user = a_user(email=fresh_email(), is_email_verified=True, password_hash=kept)
    await api.keep(user)
    return str(user.email)


async def an_admins(api: Api, kept: str) -> str:
    """Of somebody of the back office."""
    admin = an_admin(email=fresh_email(), password_hash=kept)
    await api.keep(admin)
    return admin.email


async def a_colleagues(api: Api, kept: str) -> str:
    """Of somebody of a company's staff."""
    office = await an_office(api, taxis=0)
    colleague = a_colleague(office.societe, email=fresh_email(), password_hash=kept)
    await office.keep(colleague)
    return colleague.email


def posting(path: str, name: str, **more: Any) -> Ask:
    """`POST` with who it is under this name."""

    async def ask(api: Api, who: str) -> httpx.Response:
        api.clock.advance(SECOND)
        return await api.http.post(path, json={name: who, **more})

    return ask


async def guess(api: Api, phone: str) -> httpx.Response:
    """A wrong code after one was sent."""
    await api.http.post("/auth/otp/send", json={"phone": phone})
    return await api.http.post("/auth/otp/verify", json={"phone": phone, "code": "000000"})


async def vouch(api: Api, email: str) -> httpx.Response:
    """A token of Google's that is for another client than ours."""
    token = await id_token(api, sub=email, email=email, aud="somebody-elses-app")
    return await api.http.post("/auth/social/google", json={"id_token": token})


DOORS: dict[str, tuple[Known, Callable[[], str], Ask]] = {
    "login, phone": (a_phone, fresh_phone, posting("/auth/login", "identifier", password=OTHER)),
    "login, e-mail": (an_email, fresh_email, posting("/auth/login", "identifier", password=OTHER)),
    "code": (a_phone, fresh_phone, posting("/auth/otp/send", "phone")),
    "wrong code": (a_phone, fresh_phone, guess),
    "register, phone": (a_phone, fresh_phone, posting("/auth/register", "phone", password=GOOD)),
    "register, e-mail": (an_email, fresh_email, posting("/auth/register", "email", password=GOOD)),
    "forgot, phone": (a_phone, fresh_phone, posting("/auth/password/forgot", "identifier")),
    "forgot, e-mail": (an_email, fresh_email, posting("/auth/password/forgot", "identifier")),
    "social": (an_email, fresh_email, vouch),
    "back office": (an_admins, fresh_email, posting("/admin/login", "email", password=WRONG)),
    "staff": (a_colleagues, fresh_email, posting(f"{ROOT}/auth/login", "email", password=OTHER)),
    "staff, forgot": (a_colleagues, fresh_email, posting(f"{ROOT}/auth/password/forgot", "email")),
}
# An account that is made is two statements more than a message to whoever has one: beside a hash, nothing.
MORE = {"register, phone": 2, "register, e-mail": 2}
LINKS = {
    "reset": ("/auth/password/reset", {"password": GOOD}),
    "verify": ("/auth/email/verify", {}),
    "back office": ("/admin/password/reset", {"password": GOOD}),
    "staff, reset": (f"{ROOT}/auth/password/reset", {"password": GOOD}),
    "staff, magic link": (f"{ROOT}/auth/magic-link/consume", {"password": GOOD}),
    "staff, e-mail": (f"{ROOT}/auth/email/confirm", {}),
}


@asynccontextmanager
async def statements(server: Server) -> AsyncIterator[list[str]]:
    """What the database is asked meanwhile."""
    seen: list[str] = []

    def note(record: Any) -> None:
        if not LEARNING.search(record.query):
            seen.append(summary_of(record.query))

    held = [await server.pool.acquire() for _ in range(12)]  # type: ignore[misc]
    for connection in held:
        connection.add_query_logger(note)
        await server.pool.release(connection)  # type: ignore[attr-defined]
    yield seen
    held = [await server.pool.acquire() for _ in range(12)]  # type: ignore[misc]
    for connection in held:
        connection.remove_query_logger(note)
        await server.pool.release(connection)  # type: ignore[attr-defined]


def told(answer: httpx.Response) -> Any:
    """All that a stranger reads from it, but what names one exchange, or counts those before."""
    body = answer.json()
    body.pop("meta")
    headers = {k: v for k, v in answer.headers.items() if k != "x-request-id" and not k.startswith("ratelimit-re")}
    return answer.status_code, body, headers


@pytest.mark.parametrize("door", DOORS)
async def test_answer_and_work_are_the_same_when_there_is_an_account_or_not(
    api: Api, postgres: Server, hasher: Counted, door: str
) -> None:
    known, unknown, ask = DOORS[door]
    kept = await hasher.hash(GOOD)
    people = [await known(api, kept), unknown(), await known(api, kept), unknown()]
    seen = []
    hasher.take()
    async with statements(postgres) as asked:
        for who in people:
            asked.clear()
            seen.append((told(await ask(api, who)), hasher.take(), list(asked)))
    for each, work, asked_for in seen[1:]:
        assert (each, work) == seen[0][:2]
        assert abs(len(asked_for) - len(seen[0][2])) <= MORE.get(door, 0), (asked_for, seen[0][2])


@pytest.mark.parametrize("link", LINKS)
async def test_answer_is_the_same_when_a_link_never_was_or_is_another_kinds(api: Api, link: str) -> None:
    path, more = LINKS[link]
    email = await an_email(api, await CHEAP.hash(GOOD))
    await api.http.post("/auth/password/forgot", json={"identifier": email})
    other = await api.link_token(email) if link != "reset" else "y" * 43
    first, second = [await api.http.post(path, json={"token": token, **more}) for token in ("x" * 43, other)]
    assert told(first) == told(second)
    assert first.json()["error"]["code"] == "otp_invalid"


@pytest.mark.prove
@pytest.mark.parametrize("door", DOORS)
async def test_time_is_alike_when_there_is_an_account_or_not(api: Api, hasher: Counted, door: str) -> None:
    """With the password hasher at full cost, pairs one after the other, each the other's control."""
    hasher.within = Argon2Passwords()
    known, unknown, ask = DOORS[door]
    kept = await hasher.hash(GOOD)
    apart = []
    for number in range(41):
        pair = [(await known(api, kept), 1), (unknown(), -1)]
        took = {}
        for who, sign in pair[:: 1 if number % 2 else -1]:
            began = time.perf_counter()
            await ask(api, who)
            took[sign] = time.perf_counter() - began
        apart.append((took[1] - took[-1]) / min(took.values()))
    assert abs(statistics.median(apart)) < 0.15
