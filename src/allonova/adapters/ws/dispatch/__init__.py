"""Channels of dispatch."""

from __future__ import annotations

from allonova.adapters.ws.dispatch.desks import NOTIFICATIONS, PLANNING
from allonova.adapters.ws.dispatch.phones import DEMANDES
from allonova.adapters.ws.routes import SocketRoute

ROUTES: tuple[SocketRoute, ...] = (NOTIFICATIONS, DEMANDES, PLANNING)
