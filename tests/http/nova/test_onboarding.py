"""A company comes whole or not at all, and hears everything that is wrong with it at once."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import replace
from typing import Any

import httpx
import pytest

from allonova.adapters.local.limits import LocalRateLimiter
from tests.support.api import Api
from tests.support.founding import founded, founding, guard_onboarding, send_founding
from tests.support.passwords import GOOD, hash_cheaply
from tests.support.wire import ROOT, ROUNDS, data, fresh_email, paths, refusal

__all__ = ["hash_cheaply"]


def bearer(tokens: Any) -> dict[str, str]:
    """The header of whoever got these."""
    return {"Authorization": f"Bearer {tokens['accessToken']}"}


async def test_company_works_when_it_was_founded(api: Api) -> None:
    body = founding()
    made = data(await send_founding(api, body), 201)
    assert set(made) == {"societe", "admin", "taxis", "chauffeurs", "clients", "tokens"}
    societe = dict(made["societe"])
    assert societe.pop("id")
    assert societe == {
        "nom": body["societe"]["nom"], "slug": body["societe"]["nom"].lower().replace("è", "e").replace(" ", "-"),
        "siret": None, "adresse": "12 rue de la République, Lyon", "telephone": "+33472000000",
        "email": "bureau@lumiere.test", "pays": "FR", "fuseau": "Europe/Paris", "slaMinutes": 120,
        "dispatchAuto": False, "demandeSecondes": 180, "versionObligatoire": False, "version": 1,
    }  # fmt: skip
    (koffi,) = made["chauffeurs"]
    assert [(taxi["numero"], taxi["plaque"], taxi["statut"]) for taxi in made["taxis"]] == [
        ("T1", "AB-123-CD", "disponible"),
        ("T2", "EF-456-GH", "disponible"),
    ]
    assert made["taxis"][0]["chauffeur"] == {"id": koffi["id"], "name": "Koffi Yao"}
    assert (koffi["phone"], koffi["taxiId"], koffi["role"]) == ("+33612345678", made["taxis"][0]["id"], "chauffeur")
    assert made["clients"][0]["contactPhone"] == "+33472000001"
    assert set(made["admin"]) == {"id", "email", "role", "name", "phone", "taxiId", "active", "createdAt"}
    me = data(await api.http.get(f"{ROOT}/api/me", headers=bearer(made["tokens"])))
    assert me == made["admin"] == made["tokens"]["user"]


async def test_nothing_but_the_admin_is_needed_when_a_company_is_small(api: Api) -> None:
    body = founding()
    made = await founded(api, taxis=[], chauffeurs=[], clients=[])
    assert (made["taxis"], made["chauffeurs"], made["clients"]) == ([], [], [])
    alone = {"societe": body["societe"], "admin": body["admin"]}
    assert data(await send_founding(api, alone), 201)["taxis"] == []


async def test_slug_is_numbered_when_the_name_is_somebody_elses(api: Api) -> None:
    societe = founding()["societe"] | {"nom": "L’Étoile d'Or — Taxis !"}
    slugs = [(await founded(api, societe=societe))["societe"]["slug"] for _ in range(3)]
    assert slugs == ["l-etoile-d-or-taxis", "l-etoile-d-or-taxis-2", "l-etoile-d-or-taxis-3"]
    assert (await founded(api, societe=societe | {"nom": "出租车"}))["societe"]["slug"] == "societe"


async def test_slug_is_refused_when_it_was_chosen_and_is_taken(api: Api) -> None:
    societe = founding()["societe"] | {"slug": "etoile"}
    assert (await founded(api, societe=societe))["societe"]["slug"] == "etoile"
    body = founding(societe=societe)
    refusal(await send_founding(api, body), 409, "conflict")
    body["taxis"][1]["numero"] = ""
    assert paths(refusal(await send_founding(api, body), 422, "validation_error")) == ["taxis.1.numero", "societe.slug"]


@pytest.mark.parametrize(
    ("societe", "pays", "telephone"),
    [
        ({"fuseau": "Africa/Abidjan", "telephone": "27 20 00 00 00"}, "CI", "+2252720000000"),
        ({"fuseau": "Africa/Dakar", "telephone": "33 800 00 00"}, "SN", "+221338000000"),
        ({"fuseau": "UTC", "pays": "BE", "telephone": "02 200 00 00"}, "BE", "+3222000000"),
        ({"fuseau": "Europe/Paris", "pays": "CI", "telephone": "+33472000000"}, "CI", "+33472000000"),
    ],
)
async def test_country_is_the_zones_unless_it_is_said(
    api: Api, societe: dict[str, str], pays: str, telephone: str
) -> None:
    made = await founded(api, societe=founding()["societe"] | societe, chauffeurs=[], clients=[])
    assert (made["societe"]["pays"], made["societe"]["telephone"]) == (pays, telephone)


def changed(path: str, value: object) -> dict[str, Any]:
    """A founding with another value at a path; `...` leaves it out."""
    body = copy.deepcopy(founding())
    *way, name = path.split(".")
    where: Any = body
    for step in way:
        where = where[int(step)] if isinstance(where, list) else where[step]
    if value is ...:
        del where[name]
    elif isinstance(where, list):
        where.append(value)
    else:
        where[name] = value
    return body


UNSOUND: list[tuple[str, object]] = [
    ("societe", ...),
    ("societe.nom", ""),
    ("societe.nom", "x" * 201),
    ("societe.slug", "Étoile"),
    ("societe.slug", "-a"),
    ("societe.slug", "a\x00"),
    ("societe.telephone", "12"),
    ("societe.email", "nobody"),
    ("societe.pays", "XX"),
    ("societe.pays", "fr"),
    ("societe.fuseau", "Europe/Lyon"),
    ("societe.fuseau", "../../etc/passwd"),
    ("societe.slaMinutes", 0),
    ("societe.slaMinutes", 10081),
    ("societe.slaMinutes", "120"),
    ("societe.version", 2),
    ("societe.sla_minutes", 120),
    ("admin", ...),
    ("admin.email", "a\r\nBcc: b@c.test"),
    ("admin.email", "a\x00@c.test"),
    ("chauffeurs.0.taxiNumero", "T\x00"),
    ("admin.name", "Mick\x00"),
    ("admin.password", "1234567"),
    ("admin.password", "password1"),
    ("admin.role", "admin"),
    ("taxis.0.plaque", "A"),
    ("taxis.1.plaque", "ab-123-CD"),
    ("taxis.1.numero", " T1"),
    ("taxis.0.statut", "hors-service"),
    ("taxis", [{"numero": f"T{n}", "plaque": f"AB {n:03d}", "vignette": "V"} for n in range(201)]),
    ("chauffeurs.0.email", ...),
    ("chauffeurs.0.phone", "1"),
    ("chauffeurs.0.taxiNumero", "T9"),
    ("clients.0.type", "ami"),
    ("clients.0.contactPhone", "0"),
    ("clients.0.contactEmail", "x"),
    ("id", "1"),
]


async def test_founding_is_refused_when_a_value_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    before = await api.inside.everything()
    for path, value in UNSOUND:
        with subtests.test(path, value=repr(value)[:40]):
            assert path in paths(refusal(await send_founding(api, changed(path, value)), 422, "validation_error"))
    assert await api.inside.everything() == before


async def test_zone_needs_a_country_when_it_lies_nowhere(api: Api) -> None:
    body = changed("societe.fuseau", "Etc/GMT+1")
    assert paths(refusal(await send_founding(api, body), 422, "validation_error")) == ["societe.pays"]


@pytest.mark.parametrize("body", [[], "x", 1, {"societe": [], "taxis": {"0": 1}, "chauffeurs": [1, None], "admin": 7}])
async def test_body_is_refused_when_it_has_another_shape(api: Api, body: object) -> None:
    refusal(await send_founding(api, body), 422, "validation_error")


async def test_all_is_told_when_many_things_are_wrong(api: Api) -> None:
    taken = await founded(api)
    body = founding()
    body["societe"]["telephone"] = "1"
    body["admin"] = {"email": taken["chauffeurs"][0]["email"].upper(), "name": "", "password": "password1"}
    body["taxis"].append({"numero": "T1", "plaque": "EF-456-gh", "vignette": "V-3"})
    mail = fresh_email()
    body["chauffeurs"] = [
        {"name": "A", "email": mail, "phone": "06 12 34 56 78", "taxiNumero": "T2"},
        {"name": "B", "email": mail.upper(), "phone": "06 12 34 56 79", "taxiNumero": "T2"},
        {"name": "C", "email": "nobody", "phone": "2", "taxiNumero": "T7"},
    ]
    details = refusal(await send_founding(api, body), 422, "validation_error")
    assert {(fault["path"], fault["code"]) for fault in details["fields"]} == {
        ("societe.telephone", "phone"),
        ("admin.name", "string_too_short"),
        ("admin.email", "taken"),
        ("admin.password", "common_password"),
        ("taxis.2.numero", "duplicate"),
        ("taxis.2.plaque", "duplicate"),
        ("chauffeurs.1.email", "duplicate"),
        ("chauffeurs.1.taxiNumero", "duplicate"),
        ("chauffeurs.2.email", "email"),
        ("chauffeurs.2.phone", "phone"),
        ("chauffeurs.2.taxiNumero", "unknown"),
    }


async def test_no_more_than_fifty_are_invited_when_more_come(api: Api) -> None:
    crowd = [{"name": f"C {n}", "email": fresh_email(), "phone": "06 12 34 56 78"} for n in range(51)]
    assert paths(refusal(await send_founding(api, founding(chauffeurs=crowd)), 422, "validation_error")) == [
        "chauffeurs"
    ]
    assert len((await founded(api, chauffeurs=crowd[:50]))["chauffeurs"]) == 50


async def test_plates_are_each_companys_own_when_two_have_the_same(api: Api) -> None:
    rows = founding()["taxis"]
    assert len((await founded(api, taxis=rows))["taxis"]) == len((await founded(api, taxis=rows))["taxis"]) == 2


async def test_one_company_wins_when_two_want_an_address_at_once(api: Api) -> None:
    for _ in range(ROUNDS):
        api.app.state.edge = replace(api.app.state.edge, limiter=LocalRateLimiter())
        mail, other = fresh_email(), fresh_email()
        first, second = founding(), founding()
        first["chauffeurs"][0]["email"], second["chauffeurs"][0]["email"] = mail, other
        first["admin"]["email"], second["admin"]["email"] = other.upper(), mail.upper()
        answers = await asyncio.gather(send_founding(api, first), send_founding(api, second))
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        data(won, 201)
        assert set(paths(refusal(lost, 422, "validation_error"))) == {"admin.email", "chauffeurs.0.email"}
        again = founding() | {"societe": (second if won is answers[0] else first)["societe"]}
        assert data(await send_founding(api, again), 201)["societe"]["slug"][-2:] != "-2"  # nothing of it stayed


async def test_names_are_told_apart_when_companies_of_one_come_at_once(api: Api) -> None:
    societe = founding()["societe"]
    answers = await asyncio.gather(*(send_founding(api, founding(societe=societe)) for _ in range(4)))
    slugs = sorted(data(answer, 201)["societe"]["slug"] for answer in answers)
    assert slugs == [slugs[0], *(f"{slugs[0]}-{n}" for n in (2, 3, 4))]


async def test_sixth_of_a_day_is_refused_when_an_address_founds_companies(api: Api) -> None:
    now = [1000.0]
    api.app.state.edge = replace(api.app.state.edge, limiter=LocalRateLimiter(lambda: now[0]))
    refusal(await send_founding(api, founding(taxis=[{}])), 422, "validation_error")  # who corrects himself may
    for _ in range(5):
        await founded(api)
    refused = await send_founding(api, founding())
    refusal(refused, 429, "rate_limited")
    assert int(refused.headers["retry-after"]) > 3600
    now[0] += 86_400
    await founded(api)


async def invite_token(api: Api, email: str) -> str | None:
    """What stands in the invitation that came; None when none did."""
    mails = [mail for mail in await api.mails(email) if mail["template"] == "staff_invited"]
    return mails[0]["data"]["token"] if mails else None


async def test_chauffeur_is_in_when_he_has_accepted_his_invitation(api: Api) -> None:
    made = await founded(api)
    (mail,) = await api.mails(made["chauffeurs"][0]["email"])
    assert mail["template"] == "staff_invited"
    assert made["societe"]["nom"] in mail["body"]
    assert mail["data"]["url"] == f"{ROOT}/nova/invitation#token={mail['data']['token']}"
    body = {"token": mail["data"]["token"], "password": GOOD}
    tokens = data(await api.http.post(f"{ROOT}/auth/magic-link/consume", json=body))
    assert tokens["user"] == made["chauffeurs"][0]


async def confirm(api: Api, made: Any) -> httpx.Response:
    """Press the button of the mail that the founder got."""
    mail = next(m for m in await api.mails(made["admin"]["email"]) if m["template"] == "staff_email_confirm")
    assert mail["data"]["url"] == f"{ROOT}/nova/email#token={mail['data']['token']}"
    return await api.http.post(f"{ROOT}/auth/email/confirm", json={"token": mail["data"]["token"]})


async def test_invitations_wait_for_the_founders_address_when_he_is_a_stranger(api: Api) -> None:
    guard_onboarding(api)
    made = await founded(api, captchaToken="ok")
    headers, late = bearer(made["tokens"]), fresh_email()
    body = {"email": late, "role": "chauffeur", "name": "Awa"}
    awa = data(await api.http.post(f"{ROOT}/api/users", json=body, headers=headers), 201)
    again = await api.http.post(f"{ROOT}/api/users/{awa['id']}/invitation", headers=headers)
    assert again.status_code == 204
    addresses = [made["chauffeurs"][0]["email"], late]
    assert [await invite_token(api, email) for email in addresses] == [None, None]
    assert (await confirm(api, made)).status_code == 204
    assert all([await invite_token(api, email) for email in addresses])
    refusal(await confirm(api, made), 422, "otp_invalid")
    assert [len(await api.mails(email)) for email in addresses] == [1, 1]
    third = {"email": fresh_email(), "role": "chauffeur", "name": "Ali"}
    data(await api.http.post(f"{ROOT}/api/users", json=third, headers=headers), 201)
    assert await invite_token(api, third["email"])


async def test_invitations_leave_when_a_new_password_proves_the_address_instead(api: Api) -> None:
    guard_onboarding(api)
    made = await founded(api, captchaToken="ok")
    await api.http.post(f"{ROOT}/auth/password/forgot", json={"email": made["admin"]["email"]})
    mail = next(m for m in await api.mails(made["admin"]["email"]) if m["template"] == "staff_password_reset")
    body = {"token": mail["data"]["token"], "password": "cinq mots qui vont ensemble"}
    assert (await api.http.post(f"{ROOT}/auth/password/reset", json=body)).status_code == 204
    assert await invite_token(api, made["chauffeurs"][0]["email"])


@pytest.mark.parametrize("token", [None, "bot"])
async def test_stranger_must_pass_as_human_when_the_service_is_open_to_all(api: Api, token: str | None) -> None:
    body = founding() | ({} if token is None else {"captchaToken": token})
    before = await api.inside.everything()
    guard_onboarding(api)
    refusal(await send_founding(api, body), 422, "captcha_failed")
    assert await api.inside.everything() == before
    data(await send_founding(api, body | {"captchaToken": "ok"}), 201)


async def test_made_up_addresses_are_refused_when_the_service_is_in_production(api: Api) -> None:
    api.configure(takes_test_addresses=False)
    faults = paths(refusal(await send_founding(api, founding()), 422, "validation_error"))
    assert faults == ["admin.email", "chauffeurs.0.email"]


async def test_log_says_who_founded_it_and_nothing_personal(api: Api) -> None:
    made = await founded(api)
    answer = await api.http.get(f"{ROOT}/api/audit_log", headers=bearer(made["tokens"]))
    (line,) = data(answer)
    assert (line["action"], line["entity"], line["userId"]) == ("societe.creee", "societe", made["admin"]["id"])
    assert made["societe"]["telephone"] not in answer.text
