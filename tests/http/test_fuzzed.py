"""Whatever the OpenAPI allows and forbids, sent by everybody there is: no fault of ours, no secret of others'."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.fuzzing import (
    Operation,
    a_crowd,
    is_for_admins,
    is_of_nova,
    judge,
    made_up,
    name_of,
    operations,
    send,
)
from tests.support.fuzzing_nova import a_nova_crowd
from tests.support.passwords import hash_cheaply
from tests.support.serving import Server

__all__ = ["hash_cheaply"]

FEWER = 5  # on PostgreSQL: what it refuses by itself shows in few requests as well
COUNTS = [pytest.param(20, id="sample"), pytest.param(400, id="full", marks=pytest.mark.prove)]


@pytest.mark.promise("who-may")
@pytest.mark.promise("no-500")
@pytest.mark.parametrize("number", COUNTS)
@pytest.mark.parametrize("operation", operations(), ids=name_of)
async def test_answer_is_sound_when_requests_are_made_up(
    api: Api, server: Server | None, operation: Operation, number: int
) -> None:
    crowd = await (a_nova_crowd(api) if is_of_nova(operation) else a_crowd(api))
    cases = made_up(operation, number if server is None else number // FEWER)
    for turn, case in enumerate(cases):
        crowd.name_things(case, turn)
        crowd.make_sound(case, turn)
        for sender in crowd.senders(operation):
            answer = await send(api, case, sender)
            judge(case, answer)
            if not is_for_admins(operation):
                crowd.require_private(answer)
    if not is_for_admins(operation):
        await crowd.require_untouched(api)
