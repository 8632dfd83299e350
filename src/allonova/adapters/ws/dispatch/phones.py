"""A chauffeur's channel: what he is asked, his courses, and where he is."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from allonova.adapters.ws.routes import Heard, Said, Seat, SocketEdge, SocketRoute, Talk, Visitor
from allonova.application.dispatch.enter_screens import EnterPhone
from allonova.application.dispatch.frames import (
    COMMANDE_CANCELLED,
    COMMANDE_UPDATED,
    DEMANDE_CREATED,
    DEMANDE_UPDATED,
    demandes_of,
)
from allonova.application.dispatch.track_taxis import TrackTaxi
from allonova.domain.dispatch.staff import Membre, StaffRole
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import Forbidden, NotFound
from allonova.domain.kernel.geo import Point


class PositionSaid(Said):
    """Where the chauffeur is, in degrees (WGS84)."""

    lat: Annotated[float, Field(ge=-90, le=90, strict=True, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, strict=True, allow_inf_nan=False)]


async def _enter(edge: SocketEdge, visitor: Visitor) -> Seat[Membre]:
    enter: EnterPhone = edge.use[EnterPhone]
    track: TrackTaxi = edge.use[TrackTaxi]
    caller, chauffeur_id = visitor.who, _id(visitor.params["chauffeurId"])
    by = await enter(caller=caller, chauffeur_id=chauffeur_id)
    if by.role is StaffRole.CHAUFFEUR:
        await track.prepare(by.societe_id)
    return Seat(channel=demandes_of(chauffeur_id), party=by)


def _be_there(talk: Talk[Membre], said: PositionSaid) -> None:
    if talk.party.role is not StaffRole.CHAUFFEUR:
        raise Forbidden
    track: TrackTaxi = talk.edge.use[TrackTaxi]
    track(by=talk.party, point=Point(said.lat, said.lon))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


DEMANDES: SocketRoute = SocketRoute(
    path="/ws/demandes/{chauffeurId}",
    summary="What a chauffeur is asked and what becomes of his courses; he says where he is. Admins may watch.",
    audience=Audience.NOVA,
    enter=_enter,
    shows=(DEMANDE_CREATED, DEMANDE_UPDATED, COMMANDE_UPDATED, COMMANDE_CANCELLED),
    hears={"position": Heard(said=PositionSaid, at_once=_be_there)},
)
