"""Have nothing to do with somebody any more."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.people_views import BlockView, block_view
from allonova.application.carpool.ports import CarpoolUnit, SearchCache
from allonova.application.carpool.views import Person
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.block import Block, ThatIsYou
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import IDENTITY_PAPERS


@wired
class BlockUser:
    """From now on neither finds, sees or books the other's trips, nor writes to him. A booking that they share stands.
    Again, it changes nothing. The other one is not told.
    """

    begin: Begin[CarpoolUnit]
    searches: SearchCache
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, ThatIsYou)

    async def __call__(self, *, caller_id: UUID, user_id: UUID) -> BlockView:
        """Raises ThatIsYou, and NotFound when there is no such user."""
        if caller_id == user_id:
            raise ThatIsYou
        wanted = Block(id=self.ids.new(), user_id=caller_id, blocked_id=user_id, created_at=self.clock.now())
        async with self.begin() as unit:
            user = await unit.users.get(user_id)
            block = await unit.blocks.put(wanted)
            if block.id == wanted.id:
                actor = Actor(Party.OWNER, caller_id)
                await unit.audit.put(actor=actor, action="user.blocked", entity="user", entity_id=user_id)
            papers = await unit.reads.approved_papers(user_id)
        await self.searches.forget(caller_id, user_id)
        return block_view(block, Person(user, not IDENTITY_PAPERS.isdisjoint(papers)))
