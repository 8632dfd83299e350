"""What the phones of staff send: where a taxi is, and how push messages reach them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field, StringConstraints

from allonova.adapters.http.answers import Envelope, answer, answer_page, spec
from allonova.adapters.http.dispatch.bodies import NovaBody, staff_router
from allonova.adapters.http.dispatch.staff import AnyStaff, Chauffeur
from allonova.adapters.http.fields import PointBody
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import use
from allonova.application.dispatch.add_staff_device import AddStaffDevice, GivenDevice
from allonova.application.dispatch.fleet_queries import FleetQueries
from allonova.application.dispatch.fleet_views import StaffDeviceView
from allonova.application.dispatch.remove_staff_device import RemoveStaffDevice
from allonova.application.dispatch.report_position import ReportPosition
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.dispatch.device import TokenKind
from allonova.domain.identity.device import PushPlatform

router = staff_router("moi", "/api/me")
DEVICES = Listing(filters={}, sortable=["createdAt"])
KNOWN = {200: {"model": Envelope[StaffDeviceView], "description": "It was one's own already."}}
ADDED = spec(StaffDeviceView, AddStaffDevice.errors, status=201, more=KNOWN)


class StaffDeviceBody(NovaBody):
    """What the platform's push service gave to the app. `kind` is `fid` for a Firebase installation id, `token` for the
    older registration token.
    """

    platform: PushPlatform
    token: Annotated[
        str, StringConstraints(pattern=r"^[!-~]{1,4096}$"), Field(description="1–4096 visible characters.")
    ]
    kind: TokenKind = TokenKind.TOKEN


@router.post("/position", **spec(None, ReportPosition.errors, status=204, row=True))
async def report_position(
    body: PointBody, caller: Chauffeur, report: Annotated[ReportPosition, use(ReportPosition)]
) -> Response:
    """Say where one's taxi is, as long as it is in service. It is kept for seven days."""
    await report(by=caller, point=body.to_point())
    return Response(status_code=204)


@router.get("/devices", **spec(StaffDeviceView, listed=True, parameters=DEVICES.parameters()))
async def list_staff_devices(
    caller: AnyStaff,
    query: Annotated[ListQuery, DEVICES.depends()],
    queries: Annotated[FleetQueries, use(FleetQueries)],
) -> Response:
    """One's own phones, the oldest first."""
    query = replace(query, sort=query.sort or (Sort("createdAt"),))
    return answer_page(await queries.devices(caller.societe_id, caller.id, query), query)


@router.post("/devices", **ADDED)
async def add_staff_device(
    body: StaffDeviceBody, caller: AnyStaff, add: Annotated[AddStaffDevice, use(AddStaffDevice)]
) -> Response:
    """Register a phone for push messages; one that is one's own already answers 200. A token that somebody else
    registered is one's own from now on.
    """
    device = await add(by=caller, given=GivenDevice(body.platform, body.kind, body.token))
    return answer(device.view, status=201 if device.is_new else 200)


@router.delete("/devices/{id}", **spec(None, RemoveStaffDevice.errors, status=204))
async def remove_staff_device(
    id: UUID, caller: AnyStaff, remove: Annotated[RemoveStaffDevice, use(RemoveStaffDevice)]
) -> Response:
    """Send no more push messages there. Logging out does not do this."""
    await remove(by=caller, device_id=id)
    return Response(status_code=204)
