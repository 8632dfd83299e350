"""Messages about trips that somebody looks for: on his devices, else by mail, else by SMS, as far as he wants them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

from allonova.application.carpool.alert_queries import AlertNews, AlertQueries
from allonova.application.carpool.tell_sides import short_place, spelt_instant
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.push_desk import Push, PushDesk
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.pushes import push_text
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.events import AlertMatched, MatchAddressed

MATCHED = Template.ALERT_MATCHED
LASTS = timedelta(days=1)
"""A phone that was off longer shows no old pushes."""


class _Facts(TypedDict):
    """What the words name; francs."""

    route: str
    when: str
    amount: int


@dataclass(frozen=True, slots=True)
class TellMatch:
    """Hears AlertMatched: one channel for each person. Each of his devices is a delivery of its own."""

    begin: Begin[IdentityUnit]
    alerts: AlertQueries
    clock: Clock
    messenger: Messenger

    async def __call__(self, event: AlertMatched) -> None:
        """Nothing is told of what he would not find any more, nor of somebody whom he has blocked meanwhile."""
        news = await self.alerts.news(event.alert_id, event.trip_id, now=self.clock.now())
        if news is None or (news.reader.wants_push and await self._addressed(event, news)):
            return
        reader = news.reader
        if reader.email is not None and reader.wants_email:
            facts = _facts(news.origin, news.destination, news)
            await self.messenger.mail(to=reader.email, language=reader.language, template=MATCHED, **facts)
        elif reader.phone is not None and reader.wants_sms:
            facts = _facts(short_place(news.origin), short_place(news.destination), news)
            await self.messenger.text(to=reader.phone, language=reader.language, template=MATCHED, **facts)

    async def _addressed(self, event: AlertMatched, news: AlertNews) -> bool:
        """One delivery for each device there is now. False when there is none."""
        async with self.begin() as unit:
            devices = await unit.devices.of_user(news.reader.user_id)
            for device in devices:
                await unit.outbox.put(MatchAddressed(event.alert_id, event.trip_id, device.id))
        return bool(devices)


@dataclass(frozen=True, slots=True)
class PushMatch:
    """Hears MatchAddressed. When the last device turns out to be gone, the next channel has its turn."""

    alerts: AlertQueries
    clock: Clock
    desk: PushDesk

    async def __call__(self, event: MatchAddressed) -> None:
        """A second push about a trip takes the place of the first one on the screen."""
        now = self.clock.now()
        news = await self.alerts.news(event.alert_id, event.trip_id, now=now)
        if news is None:
            return
        facts = _facts(news.origin, news.destination, news)
        push = Push(
            text=push_text(MATCHED, news.reader.language, **facts),
            data={"type": MATCHED, "trip_id": str(event.trip_id), "alert_id": str(event.alert_id)},
            key=str(event.trip_id),
            lasts=min(LASTS, news.departure_time - now),
        )
        await self.desk.send(
            push,
            user_id=news.reader.user_id,
            device_id=event.device_id,
            otherwise=AlertMatched(event.alert_id, event.trip_id),
        )


def _facts(origin: str, destination: str, news: AlertNews) -> _Facts:
    return {
        "route": f"{origin} - {destination}",
        "when": spelt_instant(news.departure_time),
        "amount": news.price,
    }
