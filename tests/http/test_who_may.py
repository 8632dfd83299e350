"""Who may do what: every operation of the OpenAPI, asked by everybody, with ids of what is somebody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from allonova.adapters.http.openapi import create_openapi
from allonova.adapters.http.provide import AdminRow
from allonova.domain.identity.roles import Role, may
from allonova.main.docs.roles import guarded
from allonova.main.wiring import http_config
from tests.http.nova.test_walls import TABLE as NOVA_TABLE
from tests.support.api import Api, Person
from tests.support.inside import InsideMemory
from tests.support.nova import an_office
from tests.support.serving import SETTINGS, app_of
from tests.support.walls import furnish
from tests.support.wire import ABIDJAN, NOBODY, ROOT, YAMOUSSOUKRO, data, fresh_key, refusal, trip_body

APP = app_of(http_config(SETTINGS))
OPENAPI = create_openapi(APP)
OPERATIONS = sorted(
    f"{method.upper()} {path}" for path, methods in OPENAPI["paths"].items() for method in methods if path != "/metrics"
)
ADMIN_ROWS: Mapping[str, AdminRow] = {f"{feature.method} {feature.path}": row for feature, row in guarded(APP)}

# Who of AlloCar's people an operation lets in (allocar.md): `open` to anybody, `own` to whoever is logged in, about
# himself; `seen` as well, about what others may see; `thing` to whoever's it is, and for anybody else there is none.
USERS = {
    "open": """
        POST /auth/register
        POST /auth/otp/send
        POST /auth/otp/verify
        POST /auth/email/verify
        POST /auth/login
        POST /auth/token/refresh
        POST /auth/logout
        POST /auth/password/forgot
        POST /auth/password/reset
        POST /auth/social/{provider}
        GET /trips/search
        GET /trips/price-hint
        GET /trips/{id}
        GET /trips/{id}/stops
        GET /public/rides/{token}""",
    "own": """
        GET /me
        PATCH /me
        DELETE /me
        GET /me/export
        POST /me/password
        POST /me/phone
        POST /me/phone/confirm
        POST /me/email
        POST /me/email/confirm
        GET /me/sessions
        POST /me/devices
        GET /me/social
        DELETE /me/social/{provider}
        GET /me/alerts
        POST /me/alerts
        GET /me/blocks
        GET /me/ratings
        GET /me/referrals
        POST /referrals/use
        POST /me/photo
        POST /me/kyc
        POST /me/kyc/uploads
        GET /me/kyc/status
        GET /me/payout-account
        PUT /me/payout-account
        POST /me/payout-account/confirm
        GET /me/earnings
        GET /me/payouts
        GET /notifications
        POST /notifications/read-all
        POST /ws/tickets
        GET /vehicles
        POST /vehicles
        GET /trips
        POST /trips
        GET /trips/series
        POST /trips/series
        GET /bookings
        POST /bookings
        GET /disputes
        GET /wallet
        GET /wallet/txns
        POST /wallet/topup
        POST /wallet/withdraw""",
    "seen": """
        GET /users/{id}
        GET /users/{id}/ratings
        POST /users/{id}/block
        DELETE /users/{id}/block
        POST /users/{id}/report""",
    "thing": """
        GET /trips/series/{series_id}
        PATCH /trips/series/{series_id}
        POST /trips/series/{series_id}/cancel
        POST /trips/series/{series_id}/publish
        PATCH /trips/{id}
        DELETE /trips/{id}
        POST /trips/{id}/publish
        POST /trips/{id}/cancel
        POST /trips/{id}/stops
        GET /bookings/{id}
        POST /bookings/{id}/accept
        POST /bookings/{id}/reject
        POST /bookings/{id}/cancel
        POST /bookings/{id}/no-show
        POST /bookings/{id}/driver-no-show
        POST /bookings/{id}/contest
        GET /bookings/{id}/qr.svg
        POST /bookings/{id}/checkin
        POST /bookings/{id}/start-ride
        POST /bookings/{id}/end-ride
        GET /bookings/{id}/messages
        POST /bookings/{id}/messages
        POST /bookings/{id}/messages/read
        POST /bookings/{id}/messages/uploads
        POST /bookings/{id}/share
        DELETE /bookings/{id}/share
        GET /bookings/{id}/proof
        POST /payments/init
        GET /payments/{id}
        POST /promos/validate
        POST /ratings
        POST /disputes
        GET /disputes/{id}
        POST /disputes/{id}/uploads
        POST /disputes/{id}/evidence
        GET /vehicles/{id}
        PATCH /vehicles/{id}
        DELETE /vehicles/{id}
        DELETE /me/sessions/{id}
        DELETE /me/devices/{id}
        DELETE /me/alerts/{id}
        POST /notifications/{id}/read""",
}
KINDS = {
    row.strip().replace(" ", " /api/v1", 1): kind for kind, rows in USERS.items() for row in rows.strip().splitlines()
}
OF_ANY_ADMIN = {
    f"{name.split()[0]} /api/v1/admin{name.split()[1]}"
    for name in ("GET /me", "POST /me/totp", "POST /me/totp/confirm", "POST /logout")
}
OPEN_OF_ADMINS = {f"POST /api/v1/admin/{door}" for door in ("login", "token/refresh", "password/reset")}
PROBES = {"GET /healthz", "GET /readyz"}
HOOKS = ("/payments/webhook/", "/notifications/webhook/", "/notifications/receipts/")  # they prove who they are

# What each takes, so that it comes to look for the thing.
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /trips/series/{series_id}": {"from_trip_id": "{trip}", "price_per_seat": 5000},
    "PATCH /trips/{id}": {"price_per_seat": 5000},
    "POST /trips/{id}/stops": {"stops": []},
    "POST /bookings/{id}/checkin": {"code": "ABCDEF"},
    "POST /bookings/{id}/messages": {"content": "Bonjour", "type": "text"},
    "POST /bookings/{id}/messages/read": {"up_to": NOBODY},
    "POST /bookings/{id}/messages/uploads": {"content_type": "image/jpeg", "size": 1000},
    "POST /payments/init": {"booking_id": "{booking}", "method": "wave"},
    "POST /promos/validate": {"booking_id": "{booking}", "code": "BIENVENUE"},
    "POST /ratings": {"booking_id": "{booking}", "to_user_id": "{user}", "stars": 1},
    "POST /disputes": {"booking_id": "{booking}", "category": "other", "description": "Rien ne va."},
    "POST /disputes/{id}/uploads": {"content_type": "image/jpeg", "size": 1000},
    "POST /disputes/{id}/evidence": {"object_key": f"uploads/{NOBODY}/{NOBODY}"},
    "PATCH /vehicles/{id}": {"color": "rouge"},
    "POST /users/{id}/report": {"reason": "Conduite dangereuse"},
}
REMEMBERED = ("attempts", "idempotency_keys")  # what a refusal leaves on purpose: a try is counted, an answer is kept
NOUNS = (  # by the beginning of a path, the longest first: of which of somebody's things its id is
    *(("/trips/series/", "series"), ("/trips/", "trip"), ("/bookings/", "booking"), ("/payments/", "payment")),
    *(("/disputes/", "dispute"), ("/vehicles/", "vehicle"), ("/users/", "user"), ("/notifications/", "notice")),
    *(("/me/sessions/", "session"), ("/me/devices/", "device"), ("/me/alerts/", "alert")),
)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks: the header that he has, whose world it opens, and as what. A dead token opens none."""

    name: str
    header: Mapping[str, str]
    world: str = ""
    role: str = ""


async def furnished(api: Api) -> dict[str, str]:
    """One of everything that a person of AlloCar can have, and its id."""
    owner, driver = await api.passenger(), await api.driver()
    trip = await api.trip(driver)
    booking = await api.accepted(owner, driver, trip)
    payment = (await api.started(owner, booking))["payment"]
    await api.press(payment["provider_ref"], "paid")
    hidden = data(await driver.post("/trips", trip_body(status="draft")), 201)
    series = data(
        await driver.post(
            "/trips/series",
            {"trip": trip_body(status="draft"), "weekdays": [4], "until": "2025-10-09"},
        ),
        201,
    )
    await api.relay()
    alert = {"from": ABIDJAN, "to": YAMOUSSOUKRO}
    complaint = {"booking_id": booking["id"], "category": "other", "description": "Rien ne va."}
    things = {
        "alert": data(await owner.post("/me/alerts", alert), 201)["id"],
        "device": data(await owner.post("/me/devices", {"token": "t" * 40, "platform": "android"}), 201)["id"],
        "session": data(await owner.get("/me/sessions"))[0]["id"],
        "dispute": data(await owner.post("/disputes", complaint), 201)["id"],
        "payment": payment["id"],
        "notice": data(await owner.get("/notifications"))[0]["id"],
        "vehicle": data(await driver.get("/vehicles"))[0]["id"],
    }
    return things | {
        "user": str(driver.id),
        "booking": booking["id"],
        "trip": hidden["id"],
        "series": series["series_id"],
    }


async def askers(api: Api) -> list[Asker]:
    """Everybody there is."""
    expired, closed = await api.passenger(), await api.admin(Role.SUPER)
    api.clock.advance(timedelta(minutes=20))
    boss, suspended = await api.admin(), await api.passenger()
    change = {"is_active": False, "reason": "Fraude"}
    data(await boss.send("PATCH", f"{ROOT}/api/v1/admin/users/{suspended.id}", json=change))
    await api.relay()
    office = await an_office(api, taxis=1)
    people: dict[str, Person] = {
        "passenger": await api.passenger(),
        "driver": await api.driver(),
        "foreign driver": await api.driver(),
    }
    roles = {role: await api.admin(role) for role in Role}
    return [
        Asker("anonymous", {}),
        Asker("expired", expired.bearer),
        Asker("expired admin", closed.bearer),
        Asker("suspended", suspended.bearer),
        *(Asker(name, person.bearer, "users") for name, person in people.items()),
        *(Asker(role, person.bearer, "admins", role) for role, person in roles.items()),
        Asker("staff admin", office.admin.bearer, "staff", "admin"),
        Asker("chauffeur", office.chauffeurs[0].bearer, "staff", "chauffeur"),
    ]


def is_in_memory(api: Api) -> bool:
    """Which platform it is."""
    return isinstance(api.inside, InsideMemory)


def has_row(name: str) -> bool:
    """Whether somebody has said who may."""
    return (
        name in KINDS
        or name in ADMIN_ROWS
        or name in NOVA_TABLE
        or name in OF_ANY_ADMIN | OPEN_OF_ADMINS | PROBES
        or any(hook in name for hook in HOOKS)
    )


def world_of(name: str) -> str:
    """Whose tokens an operation takes."""
    if name in NOVA_TABLE:
        return "staff"
    return "admins" if "/api/v1/admin/" in name or name in ADMIN_ROWS else "users"


def is_open(name: str) -> bool:
    """Whether nobody needs to be anybody there."""
    return KINDS.get(name) == "open" or NOVA_TABLE.get(name) == "open" or name in OPEN_OF_ADMINS


def expected(name: str, who: Asker) -> str:
    """`in`, or the code that he is refused with."""
    if not who.header:
        return "in" if is_open(name) else "auth_required"
    if who.world != world_of(name):
        return "auth_required"  # a token that is none here is refused at open doors too
    if (row := ADMIN_ROWS.get(name)) is not None:
        return "in" if may(Role(who.role), row.area, row.right) else "forbidden"
    if (staff := NOVA_TABLE.get(name)) in ("admin", "chauffeur"):
        return "in" if staff == who.role else "forbidden"
    return "not_found" if KINDS.get(name) == "thing" else "in"


def filled(value: Any, things: Mapping[str, str]) -> Any:
    """A body with ids in it."""
    if isinstance(value, str) and value.startswith("{"):
        return things[value[1:-1]]
    return {key: filled(inner, things) for key, inner in value.items()} if isinstance(value, dict) else value


def url(path: str, things: Mapping[str, str], theirs: Mapping[str, Any]) -> str:
    """A path with an id of somebody else's thing, where it is about one."""
    short = path.removeprefix("/api/v1").removeprefix("/admin")
    noun = next((noun for start, noun in NOUNS if short.startswith(start) and "{" in short), None)
    if not path.startswith("/api/v1"):
        thing = str(theirs.get(path.split("/")[2] if path.startswith("/api/") else "", NOBODY))
        return ROOT + re.sub(r"\{[^}]*\}", thing, path)
    return ROOT + re.sub(r"\{[^}]*\}", things[noun] if noun else NOBODY, path)


async def ask(api: Api, name: str, who: Asker, target: str, body: Any) -> httpx.Response:
    """Once, as he is."""
    headers = {**who.header, "Idempotency-Key": fresh_key()}
    return await api.http.request(name.split(maxsplit=1)[0], target, json=body, headers=headers)


def walked() -> Iterator[str]:
    """What stands in the table."""
    return (name for name in OPERATIONS if name not in PROBES and not any(hook in name for hook in HOOKS))


@pytest.mark.promise("who-may")
def test_row_is_there_when_there_is_an_operation() -> None:
    assert [name for name in OPERATIONS if not has_row(name)] == []


@pytest.mark.promise("who-may")
def test_operation_is_there_when_there_is_a_row() -> None:
    assert sorted((KINDS.keys() | NOVA_TABLE.keys() | OF_ANY_ADMIN | OPEN_OF_ADMINS) - set(OPERATIONS)) == []


@pytest.mark.promise("who-may")
async def test_everybody_gets_what_the_table_says_and_leaves_no_trace_when_refused(
    api: Api, subtests: pytest.Subtests
) -> None:
    # Tokens are looked at before anything is read: on PostgreSQL those who come further are asked.
    looked_at = {"forbidden", "not_found"} | ({"auth_required"} if is_in_memory(api) else set())
    api.configure(user_per_minute=10**6, address_per_minute=10**6, anonymous_per_minute=10**6, auth_per_minute=10**6,
                  auth_address_per_minute=10**6, auth_identifier_per_hour=10**6)  # fmt: skip
    things, everybody = await furnished(api), await askers(api)
    theirs = (await furnish(api.service.platform.dispatch.begin_for)).ids
    for name in walked():
        path = name.split()[1]
        target = url(path, things, theirs)
        body = filled(BODIES.get(name.replace(" /api/v1", " ", 1)), things)
        before = await api.inside.everything(but=REMEMBERED)
        refused = [who for who in everybody if expected(name, who) in looked_at]
        for who in refused:
            with subtests.test(f"{name} by {who.name}"):
                answer = await ask(api, name, who, target, body)
                code = expected(name, who)
                refusal(answer, {"auth_required": 401, "forbidden": 403, "not_found": 404}[code], code)
        with subtests.test(f"{name} leaves no trace"):
            assert await api.inside.everything(but=REMEMBERED) == before


@pytest.mark.promise("who-may")
@pytest.mark.parametrize("server", ["memory"], indirect=True)  # the doors are the same everywhere
async def test_nobody_is_kept_out_whom_the_table_lets_in(api: Api, subtests: pytest.Subtests) -> None:
    """With bodies and ids of nothing: what is there is not lost, and nobody logs himself out."""
    everybody = await askers(api)
    for name in walked():
        if name.endswith(("/logout", "DELETE /api/v1/me")):
            continue
        for who in everybody:
            if expected(name, who) in ("in", "not_found"):
                with subtests.test(f"{name} by {who.name}"):
                    target = ROOT + re.sub(r"\{[^}]*\}", NOBODY, name.split()[1])
                    answer = await ask(api, name, who, target, None)
                    refused = answer.json().get("error", {}) if answer.status_code in (401, 403) else {}
                    assert refused.get("code") not in ("auth_required", "forbidden"), answer.text
