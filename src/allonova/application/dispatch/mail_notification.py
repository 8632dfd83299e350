"""Notifications that also come by mail."""

from __future__ import annotations

from collections.abc import Mapping

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.templates import Template
from allonova.domain.dispatch.events import NotificationPosted
from allonova.domain.dispatch.notification import NotificationType

TEMPLATES: Mapping[NotificationType, Template] = {
    NotificationType.SLA_DEPASSE: Template.SLA_DEPASSE,
    NotificationType.SAUVEGARDE_ECHOUEE: Template.SAUVEGARDE_ECHOUEE,
}
"""Nobody may miss these, whether or not he has the application open."""


@wired
class MailNotification:
    """Hears NotificationPosted: mails it to its reader where its type asks for that."""

    begin_for: BeginFor[DispatchUnit]
    messenger: Messenger

    async def __call__(self, event: NotificationPosted) -> None:
        """In French, as the notification is."""
        async with self.begin_for(event.societe_id) as unit:
            notification = await unit.notices.find(id=event.notification_id)
            if notification is None or notification.type not in TEMPLATES:
                return
            reader = await unit.staff.find(id=notification.user_id)
            societe = await unit.societes.get(event.societe_id)
        if reader is None or not reader.active:
            return
        await self.messenger.mail(
            to=reader.email,
            language="fr",
            template=TEMPLATES[notification.type],
            titre=notification.titre,
            description=notification.description,
            societe=societe.nom,
        )
