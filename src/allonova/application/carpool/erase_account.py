"""Leave for good."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.forget_locations import keep_proofs
from allonova.application.carpool.ports import AccountUnit
from allonova.application.identity.accounts import own_account
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.photo_desk import PhotoDesk
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.files.events import FileDropped
from allonova.domain.identity.user import AccountInUse, User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired, DomainError
from allonova.domain.kernel.machine import Party


@wired
class EraseAccount:
    """Anonymise an account that nothing is open for: names, contacts, photo, devices, plates, positions, kept
    searches, messages, what he said in disputes and ratings and wrote on trips, blocks, words of others and of the team
    about him and the payout account go, sessions end.

    Rides, books, papers and reports stay: the law wants them kept for some years. The stars of ratings stay too, as
    others went by them.
    """

    begin: Begin[AccountUnit]
    clock: Clock
    ids: Ids
    sessions: SessionDesk
    photos: PhotoDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired, AccountInUse)

    async def __call__(self, *, caller_id: UUID) -> None:
        """Raises AccountInUse with what is still open."""
        async with self.begin() as unit:
            await self.erase(unit, await own_account(unit, caller_id), by=Actor(Party.OWNER, caller_id))

    async def erase(self, unit: AccountUnit, user: User, *, by: Actor) -> None:
        """`user` is locked. Raises AccountInUse."""
        now = self.clock.now()
        if reasons := await unit.reads.open_matters(user.id):
            raise AccountInUse(tuple(reasons))
        await unit.personal.forget(user)
        await unit.payout_accounts.forget(user.id)
        await unit.alerts.forget(user.id)
        await unit.blocks.forget(user.id)
        await unit.user_notes.forget(user.id)
        await unit.ratings.forget(user.id, at=now)
        await self._forget_way(unit, user.id)
        await unit.reviews.forget_notes(user.id)
        await unit.disputes.erase(user.id)
        await unit.trips.forget_words(user.id)
        await unit.bookings.forget_words(user.id)
        for key in (*await unit.messages.erase(user.id), *await unit.evidence.erase(user.id)):
            await unit.outbox.put(FileDropped(key))
        await self.photos.remove(unit, user)
        user.erase(now)
        await unit.users.save(user)
        await self._erase_vehicles(unit, user.id)
        await self.sessions.end_all(unit, user.id, reason="account_erased")
        await unit.audit.put(actor=by, action="user.erased", entity="user", entity_id=user.id)

    async def _forget_way(self, unit: AccountUnit, driver_id: UUID) -> None:
        """What his passengers may need to prove their rides by stays; it is theirs as well."""
        for trip_id in await unit.locations.trips_of(driver_id):
            await keep_proofs(unit, self.ids, trip_id, self.clock.now())
        await unit.locations.forget_driver(driver_id)

    async def _erase_vehicles(self, unit: AccountUnit, owner_id: UUID) -> None:
        """Retired ones as well: their plates name him too."""
        for vehicle in await unit.vehicles.all_of(owner_id):
            vehicle.erase(self.clock.now())
            await unit.vehicles.save(vehicle)
