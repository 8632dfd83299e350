"""Every channel there is."""

from __future__ import annotations

from allonova.adapters.ws.carpool import ROUTES as CARPOOL
from allonova.adapters.ws.dispatch import ROUTES as DISPATCH
from allonova.adapters.ws.routes import SocketRoute

ROUTES: tuple[SocketRoute, ...] = (*CARPOOL, *DISPATCH)
