"""What happened in a company, on the screens that are open: boards, admins' messages, chauffeurs' phones.

Whatever is shown is read anew, so that a frame is never older than the event; its version says how new it is.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import batched
from uuid import UUID

from allonova.application.dispatch.frames import (
    COMMANDE_CANCELLED,
    COMMANDE_CREATED,
    COMMANDE_UPDATED,
    DEMANDE_CREATED,
    DEMANDE_UPDATED,
    INTERVENTION_CREATED,
    NOTIFICATION_CREATED,
    SLA_BREACHED,
    TAXI_UPDATED,
    CommandeShown,
    DemandeShown,
    InterventionShown,
    NotificationShown,
    SlaBreach,
    TaxiGone,
    TaxiShown,
    demandes_of,
    notifications_of,
    planning_of,
)
from allonova.application.dispatch.screen_queries import CardNews, ScreenQueries
from allonova.application.dispatch.views import for_chauffeur
from allonova.application.kernel.live import Channels
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import CommandeAction
from allonova.domain.dispatch.events import (
    AdminTold,
    CommandeChanged,
    DemandesChanged,
    InterventionOpened,
    TaxiChanged,
)

CREATE = "create"
ON_BOARDS = {CREATE: COMMANDE_CREATED, CommandeAction.CANCEL.value: COMMANDE_CANCELLED}
"""By what was done; whatever else was is an update."""
AT_ONCE = 10  # phones whose frames are under way together


@wired
class ShowCommande:
    """Hears CommandeChanged: the company's boards show it, and the chauffeur whose course it is or was. An order that
    is new goes to every admin's messages as well.
    """

    screens: ScreenQueries
    channels: Channels
    clock: Clock

    async def __call__(self, event: CommandeChanged, *, once: str) -> None:
        """See Shower."""
        by = _account(event.by)
        news = await self.screens.card(event.societe_id, event.commande_id, by=by, now=self.clock.now())
        if news is None:
            return
        channels = [planning_of(event.societe_id)]
        if event.action == CREATE:
            channels += map(notifications_of, news.admins)
        shown = CommandeShown(commande=news.card, version=news.card.version, par=news.par)
        await self.channels.post(channels, ON_BOARDS.get(event.action, COMMANDE_UPDATED)(shown), once=once)
        await self._tell_chauffeurs(event, news, once)

    async def _tell_chauffeurs(self, event: CommandeChanged, news: CardNews, once: str) -> None:
        course, holder, former = news.course, news.course.chauffeur_id, _account(event.former)
        if holder is not None:
            is_cancelled = event.action == CommandeAction.CANCEL
            kind = COMMANDE_CANCELLED if is_cancelled else COMMANDE_UPDATED
            shown = CommandeShown(commande=course, version=course.version, par=news.par)
            await self.channels.post([demandes_of(holder)], kind(shown), once=once)
        if former is not None and former != holder:
            lost = replace(for_chauffeur(course, former), actions=())
            shown = CommandeShown(commande=lost, version=lost.version, par=news.par)
            await self.channels.post([demandes_of(former)], COMMANDE_CANCELLED(shown), once=once)


@wired
class ShowDemandes:
    """Hears DemandesChanged: the phone of each chauffeur who was asked shows his."""

    screens: ScreenQueries
    channels: Channels
    clock: Clock

    async def __call__(self, event: DemandesChanged, *, once: str) -> None:
        """See Shower."""
        ids = [UUID(id) for id in event.demande_ids.split()]
        views = await self.screens.demandes(event.societe_id, ids, now=self.clock.now())
        kind = DEMANDE_CREATED if event.action == CREATE else DEMANDE_UPDATED
        for some in batched(views, AT_ONCE):
            posts = (
                self.channels.post([demandes_of(view.chauffeur_id)], kind(DemandeShown(demande=view)), once=once)
                for view in some
            )
            await asyncio.gather(*posts)


@wired
class ShowTaxi:
    """Hears TaxiChanged: the company's boards show it; one that is gone is no longer active."""

    screens: ScreenQueries
    channels: Channels

    async def __call__(self, event: TaxiChanged, *, once: str) -> None:
        """See Shower."""
        news = await self.screens.taxi(event.societe_id, event.taxi_id, by=_account(event.by))
        taxi, gone = news.taxi, TaxiGone(id=event.taxi_id)
        version = event.version if taxi is None else taxi.version
        shown = TaxiShown(taxi=taxi or gone, version=version, par=news.par)
        await self.channels.post([planning_of(event.societe_id)], TAXI_UPDATED(shown), once=once)


@wired
class ShowNotification:
    """Hears AdminTold: its reader's screens show it."""

    screens: ScreenQueries
    channels: Channels

    async def __call__(self, event: AdminTold, *, once: str) -> None:
        """See Shower."""
        view = await self.screens.notification(event.societe_id, event.notification_id)
        if view is not None:
            frame = NOTIFICATION_CREATED(NotificationShown(notification=view))
            await self.channels.post([notifications_of(event.user_id)], frame, once=once)


@wired
class ShowIntervention:
    """Hears InterventionOpened: every admin's screens show it; one for a wait that is too long is also a breach."""

    screens: ScreenQueries
    channels: Channels
    clock: Clock

    async def __call__(self, event: InterventionOpened, *, once: str) -> None:
        """See Shower."""
        news = await self.screens.intervention(event.societe_id, event.intervention_id, now=self.clock.now())
        if news is None:
            return
        channels, view = [notifications_of(admin) for admin in news.admins], news.intervention
        await self.channels.post(channels, INTERVENTION_CREATED(InterventionShown(intervention=view)), once=once)
        if news.waiting is not None:
            breach = SLA_BREACHED(SlaBreach(commande=news.waiting, intervention=view))
            await self.channels.post(channels, breach, once=f"{once}:sla")


def _account(id: str) -> UUID | None:
    return UUID(id) if id else None
