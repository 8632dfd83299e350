"""The dispatchers' channels: the board, and each admin's messages."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pydantic import ConfigDict

from allonova.adapters.ws.routes import Heard, Said, Seat, SocketEdge, SocketRoute, Talk, Visitor
from allonova.application.dispatch.enter_screens import EnterDesk
from allonova.application.dispatch.frames import (
    COMMANDE_CANCELLED,
    COMMANDE_CREATED,
    COMMANDE_UPDATED,
    INTERVENTION_CREATED,
    NOTIFICATION_CREATED,
    PRESENCE,
    SLA_BREACHED,
    TAXI_POSITION,
    TAXI_UPDATED,
    Mode,
    Par,
    notifications_of,
    planning_of,
)
from allonova.application.dispatch.presences import Presences
from allonova.application.dispatch.read_notification import ReadNotification
from allonova.application.dispatch.wire import camel
from allonova.domain.dispatch.staff import Membre
from allonova.domain.identity.session import Audience


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """An admin at his desk."""

    by: Membre
    par: Par


class PresenceSaid(Said):
    """What one does with a card: looks at it, drags it, or has left it (null)."""

    model_config = ConfigDict(alias_generator=camel)

    commande_id: UUID
    mode: Mode | None


class NotificationRead(Said):
    """A message that one has read."""

    id: UUID


async def _enter_planning(edge: SocketEdge, visitor: Visitor) -> Seat[Dispatcher]:
    enter: EnterDesk = edge.use[EnterDesk]
    presences: Presences = edge.use[Presences]
    by, par = await enter(caller=visitor.who)

    async def greet(talk: Talk[Dispatcher]) -> None:
        for frame in await presences.sit(talk.socket_id, by.societe_id, par):
            talk.reply(frame)

    return Seat(channel=planning_of(by.societe_id), party=Dispatcher(by, par), greet=greet, part=presences.leave)


async def _be_present(talk: Talk[Dispatcher], said: PresenceSaid) -> None:
    presences: Presences = talk.edge.use[Presences]
    who = talk.party
    await presences.say(talk.socket_id, who.by.societe_id, who.par, said.commande_id, said.mode)


async def _enter_notifications(edge: SocketEdge, visitor: Visitor) -> Seat[Dispatcher]:
    enter: EnterDesk = edge.use[EnterDesk]
    by, par = await enter(caller=visitor.who)
    return Seat(channel=notifications_of(by.id), party=Dispatcher(by, par))


async def _read_notification(talk: Talk[Dispatcher], said: NotificationRead) -> None:
    read: ReadNotification = talk.edge.use[ReadNotification]
    await read(by=talk.party.by, notification_id=said.id)


PLANNING: SocketRoute = SocketRoute(
    path="/ws/planning",
    summary="The company's board, for its admins: cards, taxis, where they are, and who is at which card.",
    audience=Audience.NOVA,
    enter=_enter_planning,
    shows=(COMMANDE_CREATED, COMMANDE_UPDATED, COMMANDE_CANCELLED, TAXI_UPDATED, TAXI_POSITION, PRESENCE),
    hears={"presence": Heard(said=PresenceSaid, hear=_be_present)},
)
NOTIFICATIONS: SocketRoute = SocketRoute(
    path="/ws/notifications",
    summary="An admin's messages, and what all admins are to know of at once.",
    audience=Audience.NOVA,
    enter=_enter_notifications,
    shows=(NOTIFICATION_CREATED, COMMANDE_CREATED, INTERVENTION_CREATED, SLA_BREACHED),
    hears={"notification.read": Heard(said=NotificationRead, hear=_read_notification)},
)
