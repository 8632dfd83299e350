"""Who of a company's dispatchers is at which card, so that two do not drag the same one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol
from uuid import UUID

from allonova.application.dispatch.frames import PRESENCE, Mode, Par, PresenceShown, planning_of
from allonova.application.dispatch.screen_queries import ScreenQueries
from allonova.application.kernel.live import Channels, ChannelsDown, Frame
from allonova.domain.kernel.errors import DomainError, NotFound

log = logging.getLogger(__name__)

RENEWED_EVERY_S: Final = 20.0
LASTS_S: Final = 60.0
"""A presence that nobody has renewed for so long is that of a process that died."""
AT_MOST: Final = 20  # cards of one socket: a screen shows no more at a time


@dataclass(frozen=True, slots=True)
class Spot:
    """A socket at a card."""

    socket_id: UUID
    commande_id: UUID


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is there, and what he does."""

    spot: Spot
    par: Par
    mode: Mode


class PresenceBook(Protocol):
    """Presences of all processes, by company. Raises ChannelsDown."""

    async def put(self, societe_id: UUID, presences: Sequence[Presence]) -> None:
        """Note them, or that they still last."""

    async def drop(self, societe_id: UUID, spots: Sequence[Spot]) -> list[Presence]:
        """Forget these; those that last."""

    async def present(self, societe_id: UUID) -> list[Presence]:
        """Those that last."""

    async def take_lost(self, societe_id: UUID) -> list[Presence]:
        """Forget those that nobody has renewed; each is given to one caller."""


@dataclass(slots=True)
class _Seat:
    """A socket of this process."""

    societe_id: UUID
    par: Par
    cards: dict[UUID, Mode]


class Presences:
    """What the sockets of this process say of themselves. While the book cannot be reached all of it is silent, and is
    made up for by a later beat.
    """

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    def __init__(self, book: PresenceBook, screens: ScreenQueries, channels: Channels) -> None:
        self._book = book
        self._screens = screens
        self._channels = channels
        self._seats: dict[UUID, _Seat] = {}
        self._untold: dict[Spot, tuple[UUID, Par, Mode | None]] = {}
        self._is_telling = False

    async def sit(self, socket_id: UUID, societe_id: UUID, par: Par) -> list[Frame]:
        """A socket has come; what the others do."""
        self._seats.setdefault(socket_id, _Seat(societe_id, par, {}))
        try:
            present = await self._book.present(societe_id)
        except ChannelsDown:
            return []
        return [_frame(each.par, each.spot.commande_id, each.mode) for each in present]

    async def say(self, socket_id: UUID, societe_id: UUID, par: Par, commande_id: UUID, mode: Mode | None) -> None:
        """He is at a card now, or has left it (None). Raises NotFound for one that is not his company's."""
        seat = self._seats.setdefault(socket_id, _Seat(societe_id, par, {}))
        if commande_id not in seat.cards and not await self._screens.has_commande(seat.societe_id, commande_id):
            raise NotFound
        if mode is None:
            if seat.cards.pop(commande_id, None) is None:
                return
        else:
            seat.cards.pop(commande_id, None)
            seat.cards[commande_id] = mode
        self._untold[Spot(socket_id, commande_id)] = (seat.societe_id, seat.par, mode)
        if len(seat.cards) > AT_MOST:
            oldest = next(iter(seat.cards))
            del seat.cards[oldest]
            self._untold[Spot(socket_id, oldest)] = (seat.societe_id, seat.par, None)
        await self._tell()

    async def leave(self, socket_id: UUID) -> None:
        """The socket is gone, and he with it."""
        seat = self._seats.pop(socket_id, None)
        if seat is not None:
            for commande_id in seat.cards:
                self._untold[Spot(socket_id, commande_id)] = (seat.societe_id, seat.par, None)
            await self._tell()

    async def beat(self) -> None:
        """Renew what lasts, make up for what could not be told, and tell of those whose process died."""
        try:
            for societe_id in {seat.societe_id for seat in self._seats.values()}:
                await self._book.put(societe_id, self._of(societe_id))
                for lost in await self._book.take_lost(societe_id):
                    self._untold.setdefault(lost.spot, (societe_id, lost.par, None))
        except ChannelsDown:
            log.warning("presences not renewed")
            return
        await self._tell()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Beats until the end of the block."""
        task = asyncio.create_task(self._beat_for_ever(), name="presences")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY_S)
            try:
                await self.beat()
            except Exception:
                log.exception("presences not renewed")

    def _of(self, societe_id: UUID) -> list[Presence]:
        return [
            Presence(Spot(socket_id, commande_id), seat.par, mode)
            for socket_id, seat in self._seats.items()
            if seat.societe_id == societe_id
            for commande_id, mode in seat.cards.items()
        ]

    async def _tell(self) -> None:
        """Write down and show what has not been, the oldest first. Whoever comes meanwhile leaves his to this one."""
        if self._is_telling:
            return
        self._is_telling = True
        try:
            while self._untold:
                spot = next(iter(self._untold))
                told = self._untold[spot]
                await self._tell_one(spot, *told)
                if self._untold.get(spot) == told:
                    del self._untold[spot]
        except ChannelsDown:
            log.warning("presences not told", extra={"count": len(self._untold)})
        finally:
            self._is_telling = False

    async def _tell_one(self, spot: Spot, societe_id: UUID, par: Par, mode: Mode | None) -> None:
        if mode is not None:
            await self._book.put(societe_id, [Presence(spot, par, mode)])
        else:
            left = await self._book.drop(societe_id, [spot])
            mode = _still(left, par, spot.commande_id)
        await self._channels.tell([planning_of(societe_id)], _frame(par, spot.commande_id, mode), but=spot.socket_id)


def _still(present: Sequence[Presence], par: Par, commande_id: UUID) -> Mode | None:
    """What somebody does with a card in another window of his."""
    modes = [each.mode for each in present if each.par.id == par.id and each.spot.commande_id == commande_id]
    return max(modes, key=list(Mode).index, default=None)


def _frame(par: Par, commande_id: UUID, mode: Mode | None) -> Frame:
    return PRESENCE(PresenceShown(par=par, commande_id=commande_id, mode=mode))
