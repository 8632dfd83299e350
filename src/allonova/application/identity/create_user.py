"""Open an account for somebody, from the back office."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.account_views import AccountView, account_view
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.register import NewAccount
from allonova.application.identity.send_link import LinkDesk
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import Channel
from allonova.domain.identity.link import LinkPurpose
from allonova.domain.identity.referral_code import referral_code_of
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AlreadyExists, DomainError


@wired
class CreateUser:
    """An account without a password, which its owner opens: by a code to the phone whenever he logs in, or by the link
    that goes to the e-mail now.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    ids: Ids
    links: LinkDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (AlreadyExists,)

    async def __call__(self, *, by: Actor, account: NewAccount) -> AccountView:
        """Raises AlreadyExists for a phone or e-mail that some account has, proven or not."""
        now, contact = self.clock.now(), account.contact
        is_mail = contact.channel is Channel.EMAIL
        user = User(
            id=self.ids.new(),
            phone=None if is_mail else contact.value,
            email=contact.value if is_mail else None,
            first_name=account.first_name,
            last_name=account.last_name,
            language=account.language,
            referral_code=referral_code_of(self.ids.new()),
            created_at=now,
            updated_at=now,
        )
        async with self.begin() as unit:
            await unit.users.add(user)
            await unit.audit.put(actor=by, action="user.created_by_admin", entity="user", entity_id=user.id)
            if is_mail:
                await self.links.issue(unit, contact, LinkPurpose.EMAIL_VERIFY)
        return account_view(user)
