"""Messages about trips that somebody looks for."""

from __future__ import annotations

from uuid import UUID

from allonova.application.carpool.alert_queries import AlertQueries
from allonova.application.carpool.tell_sides import spelt_instant
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.events import AlertMatched


@wired
class TellMatch:
    """Hears AlertMatched."""

    alerts: AlertQueries
    clock: Clock
    desk: NoticeDesk

    async def __call__(self, event: AlertMatched, id: UUID) -> None:
        """Nothing is told of what he would not find any more, nor of somebody whom he has blocked meanwhile."""
        news = await self.alerts.news(event.alert_id, event.trip_id, now=self.clock.now())
        if news is None:
            return
        await self.desk.post(
            id=id,
            user_id=news.reader.user_id,
            template=Template.ALERT_MATCHED,
            facts={
                "route": f"{news.origin} - {news.destination}",
                "when": spelt_instant(news.departure_time),
                "amount": news.price,
            },
            data={"trip_id": str(event.trip_id), "alert_id": str(event.alert_id)},
            until=news.departure_time,
        )
