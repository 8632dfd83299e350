"""Links by mail and SMS."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from allonova.application.identity.codes import counter, link_token, token_hash
from allonova.application.identity.offers import PasswordOffer
from allonova.application.identity.ports import SessionUnit
from allonova.application.identity.send_otp import seconds_until
from allonova.application.kernel.ports import Clock, Ids, Secrets
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import Contact
from allonova.domain.identity.events import LinkRequested
from allonova.domain.identity.link import LINK_TTL, LinkPurpose, LinkToken
from allonova.domain.identity.otp import OTP_SENDS, OTP_WINDOW
from allonova.domain.kernel.events import Event


@wired
class LinkDesk:
    """Makes links and takes them back. Of one purpose and address only the newest works."""

    clock: Clock
    ids: Ids
    secrets: Secrets

    async def issue(
        self,
        unit: SessionUnit,
        contact: Contact,
        purpose: LinkPurpose,
        *,
        user_id: UUID | None = None,
        offer: PasswordOffer | None = None,
        event: Callable[[UUID], Event] = LinkRequested,
    ) -> int | None:
        """Make a link and have it sent, if some account has the phone or e-mail; at most three in ten minutes.

        Args:
            event: what has the link of an id sent.

        Returns:
            None, or seconds to wait when the address has had its links; the unit must commit either way.
        """
        now = self.clock.now()
        sends = counter(self.secrets, f"link-send:{purpose}", contact.key)
        wait_until = await unit.attempts.take(sends, limit=OTP_SENDS, window=OTP_WINDOW, now=now)
        if wait_until is not None:
            return seconds_until(wait_until, now)
        link = await self.make(unit, contact, purpose, user_id=user_id, offer=offer)
        await unit.outbox.put(event(link.id))
        return None

    async def make(
        self,
        unit: SessionUnit,
        contact: Contact,
        purpose: LinkPurpose,
        *,
        user_id: UUID | None = None,
        offer: PasswordOffer | None = None,
    ) -> LinkToken:
        """A link in the place of the one before; whoever asks has it sent."""
        now = self.clock.now()
        before = await unit.links.newest(contact.key, purpose)
        carried = None if offer is None else offer.over(before, now)
        if before is not None and before.is_live(now):
            before.consume(now)
            await unit.links.save(before)
        link = self._new(contact, purpose, user_id, carried, now)
        await unit.links.add(link)
        return link

    async def make_all(
        self, unit: SessionUnit, owners: Sequence[tuple[Contact, UUID]], purpose: LinkPurpose
    ) -> list[LinkToken]:
        """One for each account at its address, each in the place of the one before; whoever asks has them sent."""
        now = self.clock.now()
        await end_links(unit, [contact for contact, _ in owners], [purpose], now)
        links = [self._new(contact, purpose, user_id, None, now) for contact, user_id in owners]
        await unit.links.add_all(links)
        return links

    def _new(
        self, contact: Contact, purpose: LinkPurpose, user_id: UUID | None, password_hash: str | None, now: datetime
    ) -> LinkToken:
        id = self.ids.new()
        return LinkToken(
            id=id,
            purpose=purpose,
            user_id=user_id,
            target=contact.key,
            token_hash=token_hash(link_token(self.secrets, id)),
            password_hash=password_hash,
            expires_at=now + LINK_TTL[purpose],
            created_at=now,
        )

    async def redeem(self, unit: SessionUnit, token: str, purpose: LinkPurpose) -> LinkToken | None:
        """The link of a token, as it was before it was used up now. None for any that works no more: the unit must
        commit all the same.
        """
        now = self.clock.now()
        link = await unit.links.find(token_hash=token_hash(token), lock=True)
        if link is None or link.purpose is not purpose or not link.is_live(now):
            return None
        found = dataclasses.replace(link)
        link.consume(now)
        await unit.links.save(link)
        return found


async def end_links(
    unit: SessionUnit, contacts: Sequence[Contact], purposes: Sequence[LinkPurpose], now: datetime
) -> None:
    """What was sent to these addresses works no more."""
    links = await unit.links.live([contact.key for contact in contacts], purposes, now=now)
    for link in links:
        link.consume(now)
    if links:
        await unit.links.save_all(links)
