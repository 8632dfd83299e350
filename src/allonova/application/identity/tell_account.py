"""Messages about the account itself, in the app and on its devices."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.tell_user import WARNINGS
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.identity.events import ContactChanged, UserReinstated, UserSuspended

STANDINGS: Mapping[type[UserSuspended | UserReinstated], Template] = {
    UserSuspended: Template.ACCOUNT_SUSPENDED,
    UserReinstated: Template.ACCOUNT_REINSTATED,
}


@wired
class TellStanding:
    """Hears UserSuspended and UserReinstated."""

    desk: NoticeDesk

    async def __call__(self, event: UserSuspended | UserReinstated, id: UUID) -> None:
        """No reason is given: people of the back office write those for each other."""
        await self.desk.post(id=id, user_id=event.user_id, template=STANDINGS[type(event)])


@wired
class ShowChange:
    """Hears ContactChanged: the warning that TellChange sends to where the owner was reached before, for the app."""

    begin: Begin[IdentityUnit]
    desk: NoticeDesk

    async def __call__(self, event: ContactChanged, id: UUID) -> None:
        """On his devices too: whoever took the account over may have changed its phone and e-mail first."""
        async with self.begin() as unit:
            change = await unit.contact_changes.get(event.change_id)
        await self.desk.post(id=id, user_id=change.user_id, template=WARNINGS[change.kind])
