"""Rides that are followed, and what is known of them afterwards."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.provide import AdminCaller, UserCaller, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.follow_ride import FollowRide
from allonova.application.carpool.ride_views import FollowedRide, RideProofView, RideShare
from allonova.application.carpool.share_ride import ShareRide
from allonova.application.carpool.show_proof import ShowProof
from allonova.application.carpool.unshare_ride import UnshareRide
from allonova.domain.identity.roles import Area, Right

router = api_router("Rides")
admin_router = api_router("Back office", "/admin/bookings")

type RideToken = Annotated[str, Path(min_length=1, max_length=200, description="What stands behind `#token=`.")]


@router.post("/bookings/{id}/share", **spec(RideShare, ShareRide.errors, status=201))
async def share_ride(id: UUID, caller: UserCaller, share: Annotated[ShareRide, use(ShareRide)]) -> Response:
    """Make a link by which somebody can follow the ride until it ends. It takes the place of the one before."""
    return answer(await share(caller_id=caller.user_id, booking_id=id), status=201)


@router.delete("/bookings/{id}/share", **spec(None, UnshareRide.errors, status=204))
async def unshare_ride(id: UUID, caller: UserCaller, unshare: Annotated[UnshareRide, use(UnshareRide)]) -> Response:
    """Take the link back."""
    await unshare(caller_id=caller.user_id, booking_id=id)
    return Response(status_code=204)


@router.get("/public/rides/{token}", **spec(FollowedRide, FollowRide.errors, private=False))
async def follow_ride(token: RideToken, follow: Annotated[FollowRide, use(FollowRide)]) -> Response:
    """A ride, to whoever has its link. `/ws/public/rides/{token}` shows what becomes of it."""
    return answer(await follow(token=token))


@router.get("/bookings/{id}/proof", **spec(RideProofView, ShowProof.errors))
async def show_proof(id: UUID, caller: UserCaller, show: Annotated[ShowProof, use(ShowProof)]) -> Response:
    """What is known of a ride, to its two sides: times, and where the driver was."""
    return answer(await show(booking_id=id, viewer_id=caller.user_id))


@admin_router.get("/{id}/proof", **spec(RideProofView, ShowProof.errors, row=True))
async def review_proof(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.BOOKINGS, Right.READ)],
    show: Annotated[ShowProof, use(ShowProof)],
) -> Response:
    """The same, for the back office."""
    return answer(await show(booking_id=id, viewer_id=None))
