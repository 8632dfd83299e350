"""Notifications on phones and in mailboxes: once, to the right ones, and not when they are old."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from allonova.application.dispatch.tell_devices import LASTS
from allonova.domain.dispatch.demande import Demande, DemandeStatut
from allonova.domain.dispatch.events import NotificationPosted
from allonova.domain.dispatch.notification import Notification, NotificationType
from allonova.domain.dispatch.staff import StaffRole
from tests.support.api import Api
from tests.support.factories import SECOND, new_id
from tests.support.nova import Colleague, Office, an_office
from tests.support.wire import NOBODY, data

MAILED = (NotificationType.SLA_DEPASSE, NotificationType.SAUVEGARDE_ECHOUEE)


async def phone(reader: Colleague, token: str, **given: str) -> str:
    """The id of a phone that is registered."""
    body = {"platform": "android", "token": token, **given}
    return str(data(await reader.post("/api/me/devices", body), 201)["id"])


async def phones(reader: Colleague) -> list[str]:
    return [each["id"] for each in data(await reader.get("/api/me/devices"))]


async def post(
    office: Office, reader: Colleague, kind: NotificationType = NotificationType.COMMANDE_ANNULEE, **about: str
) -> Notification:
    """Tell somebody of staff something, as use cases do."""
    notification = Notification(
        id=new_id(),
        societe_id=office.societe.id,
        user_id=reader.id,
        type=kind,
        titre="Course annulée",
        description="NV-2026-000123 : Gare du Nord → Aéroport",
        data={**(about or {"commandeId": NOBODY})},
        created_at=office.api.clock.now(),
    )
    async with office.api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        await unit.notices.add(notification)
        await unit.outbox.put(NotificationPosted(office.societe.id, notification.id))
    return notification


async def asked(office: Office, *, until: datetime, statut: DemandeStatut = DemandeStatut.PROPOSEE) -> Notification:
    """The first chauffeur is asked for a course."""
    commande, (taxi, *_), (chauffeur, *_) = await office.commande(), office.taxis, office.chauffeurs
    now = office.api.clock.now()
    demande = Demande(
        id=new_id(),
        societe_id=office.societe.id,
        commande_id=commande.id,
        chauffeur_id=chauffeur.id,
        taxi_id=taxi.id,
        statut=statut,
        expire_at=until,
        created_at=now,
        updated_at=now,
    )
    await office.keep(demande)
    about = {"commandeId": str(commande.id), "demandeId": str(demande.id)}
    return await post(office, chauffeur, NotificationType.DEMANDE_RECUE, **about)


async def pushed(api: Api, to: str = "") -> list[Any]:
    """The pushes that went out, newest first."""
    await api.relay()
    query = {"channel": "push"} | ({"to": to} if to else {})
    return list(data(await api.outside.get("/outbox", params=query)))


async def waiting(api: Api, subscriber: str) -> list[tuple[int, bool]]:
    """How often each undelivered one was tried, and whether it was given up."""
    return [(s.attempts, s.is_dead) for s in await api.inside.outbox() if s.subscriber == subscriber and not s.is_done]


async def test_push_reaches_every_phone_of_its_reader_and_no_other(api: Api) -> None:
    office = await an_office(api)
    mine, colleague = office.chauffeurs
    await phone(mine, "phone-1")
    await phone(mine, "web-2", platform="web", kind="fid")
    await phone(colleague, "phone-3")
    notification = await post(office, mine, commandeId=NOBODY)
    sent = await pushed(api)
    assert sorted(push["to"] for push in sent) == ["phone-1", "web-2"]
    for push in sent:
        assert (push["subject"], push["body"]) == (notification.titre, notification.description)
        assert push["template"] == "commande.annulee"
        assert push["data"] == {
            "type": "commande.annulee",
            "notificationId": str(notification.id),
            "commandeId": NOBODY,
        }
    assert len(await pushed(api)) == 2


async def test_each_phone_is_tried_again_alone_when_one_fails(api: Api) -> None:
    office = await an_office(api)
    mine = office.chauffeurs[0]
    for number in (1, 2, 3):
        await phone(mine, f"phone-{number}")
    await api.relay()
    await post(office, mine)
    await api.arm("error", provider="fcm")
    assert len(await pushed(api)) == 2
    api.clock.advance(15 * SECOND)
    assert sorted(push["to"] for push in await pushed(api)) == ["phone-1", "phone-2", "phone-3"]


async def test_second_copy_replaces_the_first_when_the_vendor_accepts_and_times_out(api: Api) -> None:
    office = await an_office(api)
    mine = office.chauffeurs[0]
    await phone(mine, "phone-1")
    await post(office, mine)
    await pushed(api)
    second = await post(office, mine)
    await api.arm("accepted_then_timeout", provider="fcm")
    assert len(await pushed(api)) == 2
    api.clock.advance(15 * SECOND)
    copies = [push for push in await pushed(api) if push["data"]["notificationId"] == str(second.id)]
    assert len(copies) == 2
    assert copies[0]["data"] == copies[1]["data"]


@pytest.mark.parametrize("token", ["unregistered-1", "mismatch-1", "invalid-1"])
async def test_phone_is_forgotten_when_it_is_gone(api: Api, token: str) -> None:
    office = await an_office(api)
    mine = office.chauffeurs[0]
    await phone(mine, token)
    kept = await phone(mine, "phone-2")
    await post(office, mine)
    assert [push["to"] for push in await pushed(api)] == ["phone-2"]
    assert await phones(mine) == [kept]
    assert await waiting(api, "push_to_device") == []


async def test_phone_is_kept_when_it_is_apples_key_that_is_wrong(api: Api) -> None:
    office = await an_office(api)
    mine = office.chauffeurs[0]
    kept = await phone(mine, "apns-1")
    await post(office, mine)
    assert await pushed(api) == []
    assert await phones(mine) == [kept]
    assert await waiting(api, "push_to_device") == [(1, False)]


async def test_phone_is_left_in_peace_as_long_as_google_asks(api: Api) -> None:
    office = await an_office(api)
    mine = office.chauffeurs[0]
    await phone(mine, "quota-1")
    await post(office, mine)
    await pushed(api)
    for wait, tries in ((29, 1), (1, 2), (29, 2), (1, 3)):
        api.clock.advance(wait * SECOND)
        await api.relay()
        assert await waiting(api, "push_to_device") == [(tries, False)]


async def test_nothing_is_pushed_when_its_reader_has_read_it_or_has_gone(api: Api) -> None:
    office = await an_office(api)
    reader, gone = office.chauffeurs
    for each in (reader, gone):
        await phone(each, f"phone-{each.id}")
    notification = await post(office, reader)
    data(await reader.post(f"/api/notifications/{notification.id}/read"))
    await post(office, gone)
    await _leave(api, office, gone.id)
    assert await pushed(api) == []


async def test_nothing_is_pushed_when_it_is_old(api: Api) -> None:
    office = await an_office(api)
    mine = office.chauffeurs[0]
    await phone(mine, "phone-1")
    await post(office, mine)
    api.clock.advance(LASTS)
    assert await pushed(api) == []
    await post(office, mine)
    api.clock.advance(LASTS - SECOND)
    assert len(await pushed(api)) == 1


async def test_offer_is_pushed_while_it_stands_and_not_after(api: Api) -> None:
    office = await an_office(api)
    mine = office.chauffeurs[0]
    await phone(mine, "phone-1")
    await asked(office, until=api.clock.now() + 180 * SECOND)
    assert [push["template"] for push in await pushed(api)] == ["demande.recue"]
    await asked(office, until=api.clock.now() + 180 * SECOND, statut=DemandeStatut.ANNULEE)
    assert len(await pushed(api)) == 1
    await asked(office, until=api.clock.now() + 30 * SECOND)
    api.clock.advance(30 * SECOND)
    assert len(await pushed(api)) == 1


async def test_offer_is_not_pushed_late_when_the_vendor_was_down(api: Api) -> None:
    office = await an_office(api)
    mine = office.chauffeurs[0]
    await phone(mine, "phone-1")
    await asked(office, until=api.clock.now() + 40 * SECOND)
    await api.arm("error", provider="fcm", times=2)
    assert await pushed(api) == []
    api.clock.advance(15 * SECOND)
    assert await pushed(api) == []
    api.clock.advance(30 * SECOND)
    assert await pushed(api) == []
    assert await waiting(api, "push_to_device") == []


async def test_phone_rings_for_its_new_owner_alone_when_it_has_moved(api: Api) -> None:
    office = await an_office(api)
    before, after = office.chauffeurs
    await phone(before, "phone-1")
    await post(office, before)
    await api.arm("error", provider="fcm")
    assert await pushed(api) == []
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        device = await unit.staff_devices.find(user_id=before.id)
        assert device is not None
        device.user_id = after.id
        await unit.staff_devices.save(device)
    api.clock.advance(15 * SECOND)
    assert await pushed(api) == []
    await post(office, after)
    assert [push["to"] for push in await pushed(api)] == ["phone-1"]


async def test_admin_is_pushed_what_a_chauffeur_reports(api: Api) -> None:
    office = await an_office(api)
    await phone(office.admin, "desk-1")
    given = {"type": "panne", "titre": "Moteur", "taxiId": str(office.taxis[0].id)}
    made = data(await office.chauffeurs[0].post("/api/interventions", given), 201)
    [push] = await pushed(api, to="desk-1")
    assert push["template"] == "intervention.creee"
    assert push["data"]["interventionId"] == made["id"]


@pytest.mark.parametrize("kind", NotificationType)
async def test_mail_goes_out_when_nobody_may_miss_it(api: Api, kind: NotificationType) -> None:
    office = await an_office(api, nom="Taxis <b>du Plateau</b>")
    about = {"demandeId": NOBODY} if kind is NotificationType.DEMANDE_RECUE else {"commandeId": NOBODY}
    notification = await post(office, office.admin, kind, **about)
    mails = await api.mails(office.admin.user.email)
    assert [mail["template"] for mail in mails] == [kind.value.replace(".", "_")] * (kind in MAILED)
    for mail in mails:
        assert mail["subject"] == notification.titre
        assert notification.description in mail["body"]
        assert "Taxis <b>du Plateau</b>" in mail["body"]
        assert "NOVA" in mail["body"]


async def test_mail_goes_to_each_reader_once_and_to_nobody_who_has_gone(api: Api) -> None:
    office = await an_office(api, taxis=0)
    second = await office.hire(StaffRole.ADMIN)
    gone = await office.hire(StaffRole.ADMIN)
    for reader in (office.admin, second, gone):
        await post(office, reader, NotificationType.SLA_DEPASSE)
    await _leave(api, office, gone.id)
    for reader, count in ((office.admin, 1), (second, 1), (gone, 0)):
        assert len(await api.mails(reader.user.email)) == count
        assert len(await api.mails(reader.user.email)) == count


async def _leave(api: Api, office: Office, user_id: UUID) -> None:
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        user = await unit.staff.get(user_id)
        user.active = False
        await unit.staff.save(user)
