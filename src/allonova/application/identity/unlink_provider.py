"""Let Google or Apple open one's account no more."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.accounts import own_account
from allonova.application.identity.social_ports import SocialUnit
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import ChangeKind, ContactChange
from allonova.domain.identity.events import ContactChanged
from allonova.domain.identity.social import LastWayIn, SocialProvider
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired, DomainError, NotFound
from allonova.domain.kernel.machine import Party


@wired
class UnlinkProvider:
    """Take a way in away, unless it is the last one; the owner is told. A verified phone is a way in, by a code, and so
    is a verified e-mail, by a link that sets a password.
    """

    begin: Begin[SocialUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, NotFound, LastWayIn)

    async def __call__(self, *, caller_id: UUID, provider: SocialProvider) -> None:
        """Raises NotFound for one that is not linked."""
        async with self.begin() as unit:
            user = await own_account(unit, caller_id)
            linked = await unit.social_identities.of_user(caller_id)
            identity = next((one for one in linked if one.provider is provider), None)
            if identity is None:
                raise NotFound
            if len(linked) == 1 and not user.is_reachable:
                raise LastWayIn
            await unit.social_identities.remove(identity)
            change = ContactChange(
                id=self.ids.new(), user_id=caller_id, kind=ChangeKind.SOCIAL, created_at=self.clock.now()
            )
            await unit.contact_changes.add(change)
            await unit.outbox.put(ContactChanged(change.id))
            await unit.audit.put(
                actor=Actor(Party.OWNER, caller_id),
                action="user.social_unlinked",
                entity="user",
                entity_id=caller_id,
                meta={"provider": provider.value},
            )
