"""Take in what a vendor reports of a mail."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.accounts import find_by
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.notifications.ports import MailReport
from allonova.application.notifications.suppressions import Suppressions
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.kernel.changes import PROVIDER
from allonova.domain.kernel.errors import DomainError


@wired
class TakeMailReport:
    """A mailbox that is none, or whose owner called a mail spam, gets nothing more. Who unsubscribed gets no news by
    mail until he turns them on again. The same report again changes nothing.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    suppressions: Suppressions

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, report: MailReport) -> None:
        """One report."""
        contact = Contact(Channel.EMAIL, report.email)
        if report.reason is not None:
            await self.suppressions.suppress(contact, report.reason)
        else:
            await self._unsubscribe(contact)

    async def _unsubscribe(self, contact: Contact) -> None:
        async with self.begin() as unit:
            user = await find_by(unit, contact, lock=True)
            if user is None or not user.is_email_verified or not user.notify_email:
                return
            user.notify_email = False
            user.updated_at = self.clock.now()
            await unit.users.save(user)
            await unit.audit.put(
                actor=PROVIDER,
                action="user.unsubscribed",
                entity="user",
                entity_id=user.id,
                meta={"changed": "notify_email"},
            )
