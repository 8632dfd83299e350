"""Orders on the public form: who may, what is kept, what goes out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from allonova.adapters.local.limits import LocalRateLimiter
from allonova.application.dispatch.order_by_form import OrderByForm
from allonova.domain.kernel.errors import CaptchaFailed
from tests.support.api import Api
from tests.support.nova import Office, a_client, an_office
from tests.support.wire import ROOT, data, fresh_email, fresh_key, paths, refusal

FORM = f"{ROOT}/api/public/commandes"


def order_body(api: Api, **given: Any) -> dict[str, Any]:
    """A sound order, for two hours from now."""
    person = {"nom": "Awa Koné", "email": fresh_email(), "phone": "+2250700000099"} | given.pop("client", {})
    made = {
        "client": person,
        "priseEnCharge": "Gare du Nord",
        "destination": "Aéroport",
        "dateISO": (api.clock.now() + timedelta(hours=2)).isoformat(),
        "passagers": 2,
        "bagages": 1,
        "captchaToken": "ok",
    }
    return made | given


async def order(api: Api, body: dict[str, Any] | None = None, *, key: str | None = None) -> httpx.Response:
    """Fill in the form."""
    headers = {} if key is None else {"Idempotency-Key": key}
    return await api.http.post(FORM, json=order_body(api) if body is None else body, headers=headers)


async def cards(office: Office) -> list[Any]:
    """The company's board, the newest first."""
    found: list[Any] = (await office.admin.get("/api/commandes", sort="-createdAt")).json()["data"]
    return found


async def clients(office: Office) -> list[Any]:
    """The company's address book without the one that every office has."""
    found = (await office.admin.get("/api/clients")).json()["data"]
    return [client for client in found if client["id"] != str(office.client.id)]


async def test_form_learns_which_captcha_to_show(api: Api) -> None:
    answer = await api.http.get(f"{ROOT}/api/public/captcha-config")
    assert data(answer) == {"siteKey": "sandbox", "provider": "recaptcha"}


async def test_order_waits_in_the_pool_when_it_was_sent(api: Api) -> None:
    office = await an_office(api)
    body = order_body(api, vol="AF702", commentaire="Deux valises")
    taken = data(await order(api, body), 201)
    assert set(taken) == {"reference", "statut", "suiviUrl"}
    assert (taken["statut"], taken["reference"]) == ("en-attente", f"NV-{api.clock.now().year}-000001")
    assert taken["suiviUrl"].startswith(f"{ROOT}/nova/suivi/{taken['reference']}#token=")
    [card] = await cards(office)
    sent = {name: body[name] for name in ("priseEnCharge", "destination", "passagers", "bagages", "vol", "commentaire")}
    assert {name: card[name] for name in sent} == sent
    assert (card["reference"], card["source"], card["taxiId"]) == (taken["reference"], "public", None)
    assert (card["client"]["type"], card["client"]["nom"]) == ("particulier", "Awa Koné")
    assert card["client"]["contactEmail"] == body["client"]["email"]


async def test_admins_are_told_and_the_client_gets_a_mail(api: Api) -> None:
    office = await an_office(api)
    body = order_body(api)
    taken = data(await order(api, body), 201)
    [mail] = await api.mails(body["client"]["email"])
    assert mail["template"] == "commande_recue"
    assert mail["data"] == {"token": taken["suiviUrl"].partition("#token=")[2], "url": taken["suiviUrl"]}
    assert all(part in mail["body"] for part in (taken["reference"], office.societe.nom, "Gare du Nord", "Aéroport"))
    assert "AlloCar" not in mail["body"]
    [notice] = data_of(await office.admin.get("/api/notifications"))
    assert notice["type"] == "commande.creee"


def data_of(answer: httpx.Response) -> list[Any]:
    """A list's rows."""
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["data"]
    return found


async def test_phone_rings_in_the_companys_country_when_it_has_no_plus(api: Api) -> None:
    office = await an_office(api, pays="FR", fuseau="Europe/Paris")
    data(await order(api, order_body(api, client={"phone": "06 12 34 56 78"})), 201)
    [client] = await clients(office)
    assert client["contactPhone"] == "+33612345678"


@pytest.mark.parametrize("token", ["bot", "made-up", ""])
async def test_nothing_is_kept_when_the_captcha_fails(api: Api, token: str) -> None:
    office = await an_office(api)
    refusal(await order(api, order_body(api, captchaToken=token)), 422, "captcha_failed")
    assert await cards(office) == await clients(office) == []


@pytest.mark.parametrize("kind", ["error", "html", "timeout"])
async def test_nobody_gets_in_when_the_captcha_cannot_be_asked(api: Api, kind: str) -> None:
    office = await an_office(api)
    await api.arm(kind, provider="recaptcha")
    assert refusal(await order(api), 503, "provider_unavailable") == {"provider": "recaptcha"}
    assert await cards(office) == []
    data(await order(api), 201)


async def test_captcha_comes_before_the_company_when_both_are_wrong(api: Api) -> None:
    refusal(await order(api, order_body(api, societe="nobody", captchaToken="bot")), 422, "captcha_failed")


async def test_company_is_found_by_its_slug_when_there_are_two(api: Api) -> None:
    ours, theirs = await an_office(api), await an_office(api)
    refusal(await order(api), 404, "not_found")
    refusal(await order(api, order_body(api, societe="nobody")), 404, "not_found")
    data(await order(api, order_body(api, societe=ours.societe.slug)), 201)
    assert (len(await cards(ours)), len(await cards(theirs))) == (1, 0)


async def test_not_found_when_there_is_no_company(api: Api) -> None:
    refusal(await order(api), 404, "not_found")


async def test_each_company_has_its_own_client_when_one_orders_from_both(api: Api) -> None:
    ours, theirs = await an_office(api), await an_office(api)
    for office in (ours, theirs):
        body = order_body(api, societe=office.societe.slug, client={"email": "awa@exemple.test"})
        data(await order(api, body), 201)
    [mine], [other] = await clients(ours), await clients(theirs)
    assert mine["id"] != other["id"]


async def test_client_is_matched_by_his_email_whatever_its_case(api: Api) -> None:
    office = await an_office(api)
    hotel = a_client(office.societe, contact_email="Reception@Hotel.test", contact_phone="+2252721000001")
    await office.keep(hotel)
    body = order_body(api, client={"email": "reception@hotel.TEST"}, commentaire="Chambre 12")
    data(await order(api, body), 201)
    [card] = await cards(office)
    assert card["clientId"] == str(hotel.id)
    assert card["client"]["nom"] == hotel.nom
    assert card["client"]["contactPhone"] == "+2252721000001"
    assert card["commentaire"] == "Chambre 12\n\nContact : Awa Koné, +2250700000099"


async def test_comment_is_as_it_was_when_the_client_is_himself(api: Api) -> None:
    office = await an_office(api)
    body = order_body(api)
    for _ in range(2):
        data(await order(api, body), 201)
    assert [card["commentaire"] for card in await cards(office)] == [None, None]
    assert len(await clients(office)) == 1


async def test_new_client_is_made_when_the_old_one_was_deactivated(api: Api) -> None:
    office = await an_office(api)
    gone = a_client(office.societe, contact_email="awa@exemple.test", active=False)
    await office.keep(gone)
    data(await order(api, order_body(api, client={"email": "awa@exemple.test"})), 201)
    [card] = await cards(office)
    assert card["clientId"] != str(gone.id)
    assert card["client"]["type"] == "particulier"


async def test_one_client_is_made_when_two_orders_come_at_once(api: Api) -> None:
    office = await an_office(api)
    body = order_body(api)
    answers = await asyncio.gather(*(order(api, body) for _ in range(5)))
    references = {data(answer, 201)["reference"] for answer in answers}
    assert len(references) == 5
    assert len(await clients(office)) == 1


async def test_order_is_taken_when_its_client_is_struck_out_at_that_moment(api: Api) -> None:
    office = await an_office(api, taxis=0)
    for _ in range(6):
        body = order_body(api)
        client = a_client(office.societe, contact_email=body["client"]["email"])
        await office.keep(client)
        taken, gone = await asyncio.gather(order(api, body), office.admin.delete(f"/api/clients/{client.id}"))
        data(taken, 201)
        assert gone.status_code == 204, gone.text
    assert len(await cards(office)) == 6


async def test_first_answer_comes_again_when_the_key_does(api: Api) -> None:
    office = await an_office(api)
    key, body = fresh_key(), order_body(api)
    first = await order(api, body, key=key)
    again = await order(api, body, key=key)
    assert (first.content, first.status_code) == (again.content, again.status_code)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await cards(office)) == 1


@pytest.mark.parametrize("token", ["bot", "a new one", "ok"])
async def test_first_answer_comes_again_whatever_the_captcha_says_of_the_repeat(api: Api, token: str) -> None:
    office = await an_office(api)
    key, body = fresh_key(), order_body(api)
    first = await order(api, body, key=key)
    await api.arm("error", provider="recaptcha")
    again = await order(api, body | {"captchaToken": token}, key=key)
    assert again.content == first.content
    assert len(await cards(office)) == 1


class UsedUp:
    """A captcha whose token somebody else uses up while it is being looked at."""

    provider, site_key = "recaptcha", "sandbox"

    def __init__(self, meanwhile: Callable[[], Awaitable[httpx.Response]]) -> None:
        self.meanwhile: Callable[[], Awaitable[httpx.Response]] | None = meanwhile
        self.first: httpx.Response | None = None

    async def require(self, token: str | None, *, action: str, address: str) -> None:
        """The first to ask is overtaken by a second one, who passes."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            self.first = await meanwhile()
            raise CaptchaFailed


async def test_first_answer_comes_again_when_it_was_given_while_the_captcha_was_asked(api: Api) -> None:
    office = await an_office(api)
    key, body, edge = fresh_key(), order_body(api), api.app.state.edge
    captcha = UsedUp(lambda: order(api, body, key=key))
    changed = {OrderByForm: replace(edge.use[OrderByForm].inner, captcha=captcha)}
    api.app.state.edge = replace(edge, use=edge.use | changed)
    second = await order(api, body, key=key)
    assert captcha.first is not None
    assert (second.status_code, second.content) == (201, captcha.first.content)
    assert len(await cards(office)) == 1


async def test_failed_captcha_is_not_kept_when_a_key_was_sent(api: Api) -> None:
    office = await an_office(api)
    key, body = fresh_key(), order_body(api)
    refusal(await order(api, body | {"captchaToken": "bot"}, key=key), 422, "captcha_failed")
    data(await order(api, body, key=key), 201)
    assert len(await cards(office)) == 1


async def test_one_order_is_taken_when_its_key_comes_many_times_at_once(api: Api) -> None:
    office = await an_office(api)
    key, body = fresh_key(), order_body(api)
    answers = await asyncio.gather(*(order(api, body, key=key) for _ in range(5)))
    assert len({answer.content for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {201}
    assert len(await cards(office)) == 1


async def test_another_order_is_taken_when_a_stranger_uses_the_same_key(api: Api) -> None:
    office = await an_office(api)
    key = fresh_key()
    for _ in range(2):
        data(await order(api, order_body(api), key=key), 201)
    assert len(await cards(office)) == 2


UNSOUND: list[tuple[dict[str, Any], str]] = [
    ({"priseEnCharge": ""}, "priseEnCharge"),
    ({"destination": "x" * 201}, "destination"),
    ({"destination": "a\x00b"}, "destination"),
    ({"commentaire": "x" * 2001}, "commentaire"),
    ({"vol": "\x1b[31m"}, "vol"),
    ({"passagers": 0}, "passagers"),
    ({"passagers": "2"}, "passagers"),
    ({"passagers": 51}, "passagers"),
    ({"bagages": -1}, "bagages"),
    ({"bagages": True}, "bagages"),
    ({"dateISO": "demain"}, "dateISO"),
    ({"dateISO": "2026-03-01T10:00:00"}, "dateISO"),
    ({"captchaToken": None}, "captchaToken"),
    ({"captchaToken": "x" * 8193}, "captchaToken"),
    ({"societe": "x" * 201}, "societe"),
    ({"client": {"nom": " "}}, "client.nom"),
    ({"client": {"email": "awa"}}, "client.email"),
    ({"client": {"phone": "x" * 33}}, "client.phone"),
    ({"client": {"phone": "12"}}, "client.phone"),
    ({"client": {"type": "hotel"}}, "client.type"),
    ({"taxiId": "00000000-0000-4000-8000-000000000000"}, "taxiId"),
    ({"statut": "assignee"}, "statut"),
    ({"source": "admin"}, "source"),
    ({"dureeMinutes": 1440}, "dureeMinutes"),
]


async def test_refused_by_its_path_when_a_value_is_not_acceptable(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=0)
    for change, path in UNSOUND:
        with subtests.test(path, change=change):
            assert paths(refusal(await order(api, order_body(api, **change)), 422, "validation_error")) == [path]
    assert await cards(office) == []


async def test_refused_by_its_path_when_a_value_is_missing(api: Api, subtests: pytest.Subtests) -> None:
    for name in ("client", "priseEnCharge", "destination", "dateISO", "passagers", "bagages", "captchaToken"):
        with subtests.test(name):
            body = {field: value for field, value in order_body(api).items() if field != name}
            assert paths(refusal(await order(api, body), 422, "validation_error")) == [name]


async def test_course_lies_within_a_year_from_now(api: Api) -> None:
    await an_office(api, taxis=0)
    now, second = api.clock.now(), timedelta(seconds=1)
    for good in (now, now + timedelta(days=365)):
        data(await order(api, order_body(api, dateISO=good.isoformat())), 201)
    for bad in (now - second, now + timedelta(days=365) + second):
        answer = await order(api, order_body(api, dateISO=bad.isoformat(), client={"phone": "12"}))
        assert paths(refusal(answer, 422, "validation_error")) == ["client.phone", "dateISO"]


async def test_demonstration_address_is_refused_when_mails_are_real(api: Api) -> None:
    await an_office(api, taxis=0)
    api.configure(takes_test_addresses=False)
    assert paths(refusal(await order(api), 422, "validation_error")) == ["client.email"]


async def test_address_may_order_in_an_hour_what_it_may_ask_in_a_minute(api: Api) -> None:
    office, at = await an_office(api, taxis=0), [1000.0]
    api.configure(anonymous_per_minute=3)
    api.app.state.edge = replace(api.app.state.edge, limiter=LocalRateLimiter(lambda: at[0]))
    for _ in range(3):
        data(await order(api), 201)
    at[0] += 120
    answer = await order(api)
    refusal(answer, 429, "rate_limited")
    assert 60 < int(answer.headers["retry-after"]) <= 3600
    at[0] += 3600
    data(await order(api), 201)
    assert len(await cards(office)) == 4


async def test_token_of_staff_is_not_asked_for_when_it_is_sent(api: Api) -> None:
    office = await an_office(api)
    answer = await api.http.post(FORM, json=order_body(api), headers=office.admin.bearer)
    data(answer, 201)
    [card] = await cards(office)
    assert card["source"] == "public"


async def test_log_of_the_company_has_the_order_without_its_values(api: Api) -> None:
    office = await an_office(api)
    data(await order(api), 201)
    rows = data_of(await office.admin.get("/api/audit_log"))
    assert {(row["action"], row["userId"]) for row in rows} == {("commande.creee", None), ("client.cree", None)}
    assert not any(word in repr(rows) for word in ("Awa", "Gare", "exemple.test", "+22507"))
