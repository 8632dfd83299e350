"""Accounts elsewhere that open an account here, in memory."""

from __future__ import annotations

from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.rules import Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Transaction, stored
from allonova.domain.identity.social import SocialIdentity

SOCIAL_IDENTITIES = Table(
    name="social_identities",
    row=SocialIdentity,
    uniques=(
        Unique("uq_social_identities_provider_subject", ("provider", "subject")),
        Unique("uq_social_identities_user_id_provider", ("user_id", "provider")),
    ),
    foreigns=(Foreign("user_id", "users"),),
)


class MemorySocialIdentities(MemoryStore[SocialIdentity]):
    """Accounts elsewhere."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, SOCIAL_IDENTITIES)

    async def of_user(self, user_id: UUID) -> list[SocialIdentity]:
        """See SocialStore."""
        mine = [one for one in self._rows().values() if one.user_id == user_id]
        return [stored(one) for one in sorted(mine, key=attrgetter("created_at", "id"))]

    async def remove(self, identity: SocialIdentity) -> None:
        """See SocialStore."""
        self._transaction.remove(SOCIAL_IDENTITIES, identity.id)
