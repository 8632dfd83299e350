"""Channels of carpool."""

from __future__ import annotations

from allonova.adapters.ws.carpool import chat, rides
from allonova.adapters.ws.routes import SocketRoute

ROUTES: tuple[SocketRoute, ...] = (chat.BOOKING, rides.DRIVER_LOCATION, rides.PUBLIC_RIDE)
