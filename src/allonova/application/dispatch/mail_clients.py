"""Mails to whoever ordered a course."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.suivi import SuiviLinks
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.templates import Template
from allonova.domain.dispatch.commande import Commande, CommandeAction, CommandeStatut, Source
from allonova.domain.dispatch.events import CommandeCancelled, CommandeChanged, CommandeOrdered
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.taxi import Taxi

LANGUAGE: Final = "fr"  # that of NOVA; a form does not say which one its client reads
PLACE_LETTERS: Final = 120
DAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS: Final = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
ASSIGNING: Final = (CommandeAction.ACCEPT, CommandeAction.CONFIRM, CommandeAction.UNDO)
# A form mails what strangers wrote to an address that they chose: nothing in it may become a link.
_LINK: Final = re.compile(r"(?i)[a-z][a-z0-9+.-]*:/\S*|www\.\S*|\S+@\S+|[^\s/]+\.[a-z][^\s/.]+/\S*")


@dataclass(frozen=True, slots=True)
class _Course:
    """What a mail is about."""

    societe: Societe
    commande: Commande
    email: str
    taxi: Taxi | None


@wired
class CourseMails:
    """Writes to a course's client in the name of the company. One without an address is not written to."""

    begin_for: BeginFor[DispatchUnit]
    messenger: Messenger
    links: SuiviLinks

    async def read(self, societe_id: UUID, commande_id: UUID) -> _Course | None:
        """The course as it is now; None when its client has no address."""
        async with self.begin_for(societe_id) as unit:
            commande = await unit.commandes.get(commande_id)
            client = await unit.clients.get(commande.client_id)
            taxi = None if commande.taxi_id is None else await unit.taxis.get(commande.taxi_id)
            societe = await unit.societes.get(societe_id)
        if client.contact_email is None:
            return None
        return _Course(societe, commande, client.contact_email, taxi)

    async def send(self, course: _Course, template: Template, *, linked: bool = True, **facts: str) -> None:
        """A mail, with the follow-up link where there is one."""
        societe, commande = course.societe, course.commande
        token = self.links.living(commande) if linked else None
        await self.messenger.mail(
            to=course.email,
            language=LANGUAGE,
            template=template,
            url=None if token is None else self.links.url(commande.reference, token),
            token=token,
            brand=societe.nom,
            societe=societe.nom,
            telephone=societe.telephone,
            reference=commande.reference,
            when=when_there(commande.date_iso, societe.fuseau),
            depart=inert(commande.prise_en_charge),
            arrivee=inert(commande.destination),
            **facts,
        )


@wired
class MailConfirmation:
    """Hears CommandeOrdered: the client has it in writing."""

    mails: CourseMails

    async def __call__(self, event: CommandeOrdered) -> None:
        """One who was told meanwhile that it is cancelled hears nothing of a confirmation."""
        course = await self.mails.read(event.societe_id, event.commande_id)
        if course is not None and course.commande.statut is not CommandeStatut.ANNULEE:
            await self.mails.send(course, Template.COMMANDE_RECUE)


@wired
class MailTaxi:
    """Hears CommandeChanged: whoever ordered on the form is told which taxi comes, once a chauffeur has it."""

    mails: CourseMails

    async def __call__(self, event: CommandeChanged) -> None:
        """As things stand now: a taxi that has lost the course since is not announced."""
        if event.action not in ASSIGNING:
            return
        course = await self.mails.read(event.societe_id, event.commande_id)
        if course is None or course.commande.source is not Source.PUBLIC or course.taxi is None:
            return
        if course.commande.statut is CommandeStatut.ASSIGNEE:
            taxi = course.taxi
            await self.mails.send(course, Template.COMMANDE_ASSIGNEE, numero=taxi.numero, plaque=taxi.plaque)


@wired
class MailCancellation:
    """Hears CommandeCancelled: the client is told that nobody will come."""

    mails: CourseMails

    async def __call__(self, event: CommandeCancelled) -> None:
        """Whoever entered the order, client or office."""
        course = await self.mails.read(event.societe_id, event.commande_id)
        if course is not None:
            await self.mails.send(course, Template.COMMANDE_ANNULEE, linked=False)


def when_there(at: datetime, fuseau: str) -> str:
    """An instant as its client reads it: `lundi 9 mars 2026 à 14:30`."""
    local = at.astimezone(ZoneInfo(fuseau))
    day = "1er" if local.day == 1 else str(local.day)
    return f"{DAYS[local.weekday()]} {day} {MONTHS[local.month - 1]} {local.year} à {local:%H:%M}"


def inert(text: str) -> str:
    """A place on one line, not too long, and without anything that mail programs would make a link of."""
    line = _LINK.sub("…", " ".join(text.split()))
    return line if len(line) <= PLACE_LETTERS else line[: PLACE_LETTERS - 1] + "…"
