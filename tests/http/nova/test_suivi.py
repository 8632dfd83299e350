"""The follow-up link of an order: what it shows, to whom, and how long; and the mails about it."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.notify.form import form
from allonova.application.dispatch.mail_clients import CourseMails, MailConfirmation
from allonova.application.dispatch.suivi import SuiviLinks
from allonova.application.identity.codes import token_hash
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.ports import Letter
from allonova.domain.dispatch.commande import Commande, CommandeAction, CommandeStatut
from allonova.domain.dispatch.events import CommandeCancelled, CommandeChanged, CommandeOrdered
from allonova.domain.dispatch.taxi import Position
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party
from allonova.main.wiring import build_service
from tests.http.nova.test_public_form import order, order_body
from tests.support.api import Api
from tests.support.nova import Office, a_client, an_office
from tests.support.wire import ROOT, data, refusal

FIELDS = {"reference", "statut", "dateISO", "priseEnCharge", "destination", "taxi", "position"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


class Ordered:
    """An order with its link, and what happens to it."""

    def __init__(self, api: Api, office: Office, body: dict[str, Any], taken: dict[str, Any]) -> None:
        self.api, self.office, self.body, self.taken = api, office, body, taken
        self.token = str(taken["suiviUrl"].partition("#token=")[2])
        self.email = str(body["client"]["email"])

    async def look(self, token: str | None = None, reference: str | None = None) -> httpx.Response:
        """As the page looks."""
        path = f"{ROOT}/api/public/commandes/{reference or self.taken['reference']}"
        return await self.api.http.get(path, params={"token": self.token if token is None else token})

    async def change(self, change: Any, event: Any = None) -> Commande:
        """What the board or a chauffeur does, straight in the store."""
        queries = self.api.service.platform.dispatch.forms
        societe_id, suivi_hash = self.office.societe.id, token_hash(self.token)
        found = await queries.suivi(societe_id, suivi_hash)
        assert found is not None
        async with self.api.service.platform.dispatch.begin_for(societe_id) as unit:
            commande: Commande = await unit.commandes.get(found.commande.id, lock=True)
            change(commande)
            await unit.commandes.save(commande)
            if event is not None:
                await unit.outbox.put(event(commande))
        return commande

    async def assign(self, action: CommandeAction = CommandeAction.CONFIRM) -> Commande:
        """Its first taxi has it now."""
        taxi, chauffeur, now = self.office.taxis[0], self.office.chauffeurs[0], self.api.clock.now()

        def change(commande: Commande) -> None:
            commande.assign(action, BY[action], now, taxi_id=taxi.id, chauffeur_id=chauffeur.id, force=False)

        return await self.change(change, lambda c: CommandeChanged(c.societe_id, c.id, c.version, action.value))

    async def start(self) -> Commande:
        """The client is aboard."""
        return await self.change(lambda c: c.start(Party.CHAUFFEUR, self.api.clock.now()))

    async def end(self) -> Commande:
        """The client has arrived."""
        return await self.change(lambda c: c.end(Party.CHAUFFEUR, self.api.clock.now()))

    async def cancel(self) -> Commande:
        """Nobody wants it any more."""
        return await self.change(
            lambda c: c.cancel(Party.ADMIN, self.api.clock.now(), "secret"),
            lambda c: CommandeCancelled(c.societe_id, c.id),
        )

    async def seen_at(self, point: Point, *, by: int = 0) -> None:
        """A chauffeur's phone says where the first taxi is."""
        position = Position(
            id=self.api.service.outside.ids.new(),
            societe_id=self.office.societe.id,
            taxi_id=self.office.taxis[0].id,
            chauffeur_id=self.office.chauffeurs[by].id,
            point=point,
            at=self.api.clock.now(),
        )
        async with self.api.service.platform.dispatch.begin_for(self.office.societe.id) as unit:
            await unit.positions.record(position)


BY = {CommandeAction.CONFIRM: Party.ADMIN, CommandeAction.ACCEPT: Party.CHAUFFEUR, CommandeAction.UNDO: Party.ADMIN}


async def ordered(api: Api, office: Office | None = None, **given: Any) -> Ordered:
    """An order through the form."""
    office = office or await an_office(api)
    body = order_body(api, societe=office.societe.slug, **given)
    return Ordered(api, office, body, data(await order(api, body), 201))


async def test_link_shows_the_order_and_nothing_else(api: Api) -> None:
    it = await ordered(api)
    shown = data(await it.look())
    assert set(shown) == FIELDS
    assert shown == {
        "reference": it.taken["reference"],
        "statut": "en-attente",
        "dateISO": (api.clock.now() + timedelta(hours=2)).isoformat().replace("+00:00", "Z"),
        "priseEnCharge": "Gare du Nord",
        "destination": "Aéroport",
        "taxi": None,
        "position": None,
    }


async def test_taxi_and_place_are_shown_in_their_time(api: Api) -> None:
    it = await ordered(api)
    taxi = {"numero": it.office.taxis[0].numero, "plaque": it.office.taxis[0].plaque}
    await it.seen_at(Point(5.35, -4.0))
    await it.assign()
    shown = data(await it.look())
    assert (shown["statut"], shown["taxi"], shown["position"]) == ("assignee", taxi, None)
    await it.start()
    shown = data(await it.look())
    at = api.clock.now().isoformat().replace("+00:00", "Z")
    assert (shown["statut"], shown["taxi"]) == ("en-cours", taxi)
    assert shown["position"] == {"lat": 5.35, "lon": -4.0, "at": at}
    await it.end()
    shown = data(await it.look())
    assert (shown["statut"], shown["taxi"], shown["position"]) == ("terminee", taxi, None)


async def test_taxi_that_is_only_asked_is_not_shown(api: Api) -> None:
    it = await ordered(api)
    taxi_id = it.office.taxis[0].id
    await it.change(lambda c: c.offer(CommandeAction.PROPOSE, Party.ADMIN, api.clock.now(), taxi_id=taxi_id))
    assert data(await it.look())["taxi"] is None


async def test_taxi_of_a_cancelled_course_is_not_shown(api: Api) -> None:
    it = await ordered(api)
    await it.assign()
    await it.cancel()
    shown = data(await it.look())
    assert (shown["statut"], shown["taxi"]) == ("annulee", None)


async def test_place_is_not_shown_when_somebody_else_drives_the_taxi(api: Api) -> None:
    it = await ordered(api)
    await it.assign()
    await it.start()
    await it.seen_at(Point(5.35, -4.0), by=1)
    assert data(await it.look())["position"] is None


async def test_not_found_when_the_token_is_wrong(api: Api) -> None:
    it = await ordered(api)
    other = await ordered(api, it.office)
    for token in ("x", it.token[:-1], it.token + "A", it.token.lower(), other.token, "é\x00", "x" * 200):
        refusal(await it.look(token), 404, "not_found")
    for reference in (other.taken["reference"], "NV-2026-999999", "NV", "%00", "NV-2026-000001'--"):
        refusal(await it.look(reference=reference), 404, "not_found")
    bare = f"{ROOT}/api/public/commandes/{it.taken['reference']}"
    for query in ("", "?token=", "?token=" + "x" * 201):
        refusal(await api.http.get(bare + query), 422, "validation_error")


async def test_order_of_the_office_has_no_link(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    for token in ("None", "null", "x"):
        answer = await api.http.get(f"{ROOT}/api/public/commandes/{commande.reference}", params={"token": token})
        refusal(answer, 404, "not_found")


async def test_link_shows_the_right_course_when_two_companies_have_the_same_reference(api: Api) -> None:
    ours, theirs = await ordered(api, priseEnCharge="Ici"), await ordered(api, priseEnCharge="Ailleurs")
    assert ours.taken["reference"] == theirs.taken["reference"]
    assert data(await ours.look())["priseEnCharge"] == "Ici"
    assert data(await theirs.look())["priseEnCharge"] == "Ailleurs"
    queries = api.service.platform.dispatch.forms
    assert await queries.suivi(ours.office.societe.id, token_hash(ours.token)) is not None
    assert await queries.suivi(theirs.office.societe.id, token_hash(ours.token)) is None


async def test_link_ends_a_day_after_the_arrival(api: Api) -> None:
    it = await ordered(api)
    await it.assign()
    await it.start()
    api.clock.advance(timedelta(days=3))
    await it.end()
    await require_ends_in_a_day(api, it)


async def test_link_ends_a_day_after_the_cancellation(api: Api) -> None:
    it = await ordered(api)
    await it.cancel()
    await require_ends_in_a_day(api, it)


async def test_link_ends_a_day_after_the_planned_end_when_nobody_closed_the_course(api: Api) -> None:
    it = await ordered(api)
    api.clock.advance(timedelta(hours=3))
    await require_ends_in_a_day(api, it)


async def require_ends_in_a_day(api: Api, it: Ordered) -> None:
    """To the instant."""
    moment = timedelta(microseconds=1)
    api.clock.advance(timedelta(days=1) - moment)
    data(await it.look())
    api.clock.advance(moment)
    refusal(await it.look(), 404, "not_found")


async def test_token_stands_in_no_log_and_not_in_the_store(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="allonova")
    it = await ordered(api)
    await it.look()
    await it.look("x" * 30)
    ours = [record for record in caplog.records if record.name.startswith("allonova")]
    assert any(getattr(record, "path", "") == "/api/public/commandes/{reference}" for record in ours)
    assert not any(it.token in repr(vars(record)) or "x" * 30 in repr(vars(record)) for record in ours)
    commande = await it.change(lambda _: None)
    assert it.token not in repr(commande)
    assert len(it.token) == 43  # 256 bits


@pytest.mark.parametrize("action", list(BY))
async def test_client_learns_his_taxi_when_a_chauffeur_has_the_course(api: Api, action: CommandeAction) -> None:
    it = await ordered(api)
    await it.assign(action)
    [mail, _] = await api.mails(it.email)
    taxi = it.office.taxis[0]
    assert mail["template"] == "commande_assignee"
    assert mail["data"] == {"token": it.token, "url": it.taken["suiviUrl"]}
    assert all(part in mail["body"] for part in (taxi.numero, taxi.plaque, it.office.societe.nom))


async def test_client_hears_of_no_taxi_when_it_lost_the_course_again(api: Api) -> None:
    it = await ordered(api)
    await it.assign()
    taxi_id, now = it.office.taxis[1].id, api.clock.now()
    await it.change(lambda c: c.release(CommandeAction.TAKE_BACK, Party.ADMIN, now))
    await it.change(lambda c: c.offer(CommandeAction.PROPOSE, Party.ADMIN, now, taxi_id=taxi_id))
    assert [mail["template"] for mail in await api.mails(it.email)] == ["commande_recue"]


async def test_client_hears_of_no_taxi_when_the_office_took_the_order(api: Api) -> None:
    office = await an_office(api)
    chauffeur, taxi = office.chauffeurs[0], office.taxis[0]
    commande = await office.commande(statut=CommandeStatut.ASSIGNEE, taxi_id=taxi.id, chauffeur_id=chauffeur.id)
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        await unit.outbox.put(CommandeChanged(office.societe.id, commande.id, 2, "accept"))
    assert await api.mails(office.client.contact_email or "") == []


async def test_client_is_told_that_nobody_will_come(api: Api) -> None:
    it = await ordered(api)
    await it.cancel()
    [mail] = await api.mails(it.email)  # the confirmation was not out yet: it would have crossed the cancellation
    assert mail["template"] == "commande_annulee"
    assert "aucun taxi ne viendra" in mail["body"]
    assert it.office.societe.telephone in mail["body"]
    assert "secret" not in mail["body"]
    assert mail["data"] == {}


async def test_client_of_the_office_is_told_that_nobody_will_come_if_he_has_an_address(api: Api) -> None:
    office = await an_office(api)
    silent = a_client(office.societe, contact_email=None)
    await office.keep(silent)
    for commande in (await office.commande(), await office.commande(client_id=silent.id)):
        async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
            await unit.outbox.put(CommandeCancelled(office.societe.id, commande.id))
    [mail] = await api.mails(office.client.contact_email or "")
    assert mail["template"] == "commande_annulee"
    assert await api.relay() == 0


async def test_times_are_those_of_the_company_when_it_writes(api: Api) -> None:
    office = await an_office(api, fuseau="Europe/Paris", pays="FR")
    it = await ordered(api, office, client={"phone": "0612345678"}, dateISO="2026-07-01T12:30:00Z")
    [mail] = await api.mails(it.email)
    assert "mercredi 1er juillet 2026 à 14:30" in mail["body"]


async def test_mail_has_no_link_when_the_servers_key_was_changed(api: Api) -> None:
    it = await ordered(api)
    api.service = build_anew(api)
    [mail] = await api.mails(it.email)
    assert (mail["template"], mail["data"]) == ("commande_recue", {})
    data(await it.look())


def build_anew(api: Api) -> Any:
    """The same service with another key."""
    outside = replace(api.service.outside, secrets=ServerSecrets({"k2": "z" * 40}, "k2"))
    return build_service(api.settings, api.service.platform, outside)


async def test_what_strangers_wrote_is_inert_in_mails(api: Api) -> None:
    spam = "Gagnez ! https://evil.test/x www.evil.test evil.test/win a@evil.test javascript:/x"
    it = await ordered(
        api, client={"nom": HOSTILE}, priseEnCharge=HOSTILE, destination=spam, vol=HOSTILE, commentaire=HOSTILE
    )
    [mail] = await api.mails(it.email)
    assert "evil" not in mail["body"]
    assert "Arrivée : Gagnez ! …" in mail["body"]
    html = await html_of(api, it)
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert data(await it.look())["priseEnCharge"] == HOSTILE


async def html_of(api: Api, it: Ordered) -> str:
    """The confirmation as a mail program shows it."""
    sent: list[Letter] = []

    class Kept:
        async def send(self, *, to: str, letter: Letter) -> None:
            sent.append(letter)

    messenger = Messenger(api.service.outside.messenger.sms, Kept())
    outside = api.service.outside
    links = SuiviLinks(outside.secrets, outside.web_url)
    mails = CourseMails(api.service.platform.dispatch.begin_for, messenger, links)
    commande = await it.change(lambda _: None)
    await MailConfirmation(mails)(CommandeOrdered(commande.societe_id, commande.id))
    return form(sent[0]).html


async def test_page_is_one_of_ours_and_asks_nothing_of_other_hosts(api: Api) -> None:
    it = await ordered(api)
    url = urlsplit(it.taken["suiviUrl"])
    assert (url.query, unquote(url.fragment)) == ("", f"token={it.token}")
    page = await api.http.get(f"{ROOT}{url.path}")
    assert page.status_code == 200
    assert 'lang="fr"' in page.text
    assert "Taxi attribué" in page.text
    english = await api.http.get(f"{ROOT}{url.path}", headers={"Accept-Language": "en"})
    assert "Taxi assigned" in english.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "://" not in page.text
    script = await api.http.get(f"{ROOT}/nova/suivi.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "innerHTML" not in script.text
    hostile = await api.http.get(f"{ROOT}/nova/suivi/%3Cscript%3E")
    assert "<script>" not in hostile.text
