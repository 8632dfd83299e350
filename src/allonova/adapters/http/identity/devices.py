"""Devices that take push messages."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field, StringConstraints

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.add_device import AddDevice
from allonova.application.identity.remove_device import RemoveDevice
from allonova.application.identity.views import DeviceView
from allonova.domain.identity.device import DeviceKind, PushPlatform

router = api_router("Identity", "/me/devices")


class DeviceBody(Body):
    """What the platform's push service gave to the app. `kind` is `fid` for a Firebase installation id, `token` for the
    registration token that came before it.
    """

    token: Annotated[
        str, StringConstraints(pattern=r"^[!-~]{1,4096}$"), Field(description="1–4096 visible characters.")
    ]
    platform: PushPlatform
    kind: DeviceKind = DeviceKind.TOKEN


@router.post("", **spec(DeviceView, AddDevice.errors, status=201))
async def add_device(body: DeviceBody, caller: UserCaller, add: Annotated[AddDevice, use(AddDevice)]) -> Response:
    """Register a device. The same token again is the same device, and one's own from now on."""
    device = await add(caller_id=caller.user_id, token=body.token, platform=body.platform, kind=body.kind)
    return answer(device, status=201)


@router.delete("/{id}", **spec(None, RemoveDevice.errors, status=204))
async def remove_device(id: UUID, caller: UserCaller, remove: Annotated[RemoveDevice, use(RemoveDevice)]) -> Response:
    """Send no more push messages there."""
    await remove(caller_id=caller.user_id, device_id=id)
    return Response(status_code=204)
