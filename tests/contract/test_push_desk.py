"""Push messages go to an installation as the push service knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from allonova.adapters.crypto.sealer import AesSealer
from allonova.application.identity.add_device import AddDevice
from allonova.application.identity.push_desk import Push, PushDesk
from allonova.application.notifications.ports import PushTarget, TargetKind
from allonova.application.notifications.pushes import PushText
from allonova.domain.identity.device import DeviceKind, PushPlatform
from tests.support.factories import a_user
from tests.support.worlds import World

SEALER = AesSealer({"k": "k" * 32}, "k")


@dataclass
class Pushes:
    """A push service that takes everything."""

    targets: list[PushTarget] = field(default_factory=list)

    async def send(
        self, *, to: PushTarget, title: str, body: str, data: Mapping[str, str], key: str, lasts: timedelta
    ) -> None:
        """See PushSender."""
        self.targets.append(to)


@pytest.mark.parametrize("kind", list(DeviceKind))
async def test_push_names_its_target_by_the_kind_that_was_registered(world: World, kind: DeviceKind) -> None:
    user, pushes = a_user(), Pushes()
    await world.keep(user)
    add = AddDevice(world.begin, world.clock, world.ids, SEALER)
    device = await add(caller_id=user.id, token="abc", platform=PushPlatform.WEB, kind=kind)
    push = Push(text=PushText("a", "b"), data={}, key="k", lasts=timedelta(hours=1))
    await PushDesk(world.begin, SEALER, pushes).send(push, user_id=user.id, device_id=device.id)
    assert pushes.targets == [PushTarget(TargetKind(kind.value), "abc")]
