"""The controls of the played world: what a test or a person turns and reads."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import Route

from allonova.adapters.sandbox.answers import Refused, answer, invalid, not_found, read_json, read_query
from allonova.adapters.sandbox.faults import FaultKind
from allonova.adapters.sandbox.outbox import Channel
from allonova.adapters.sandbox.times import iso
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from allonova.adapters.sandbox.world import Provider, World
    from allonova.application.kernel.ports import JobTrigger

logger = logging.getLogger(__name__)

JOB_TIMEOUT_S: Final = 600.0
YEARS_S: Final = 10 * 366 * 86_400
LAST_YEAR: Final = 2999


class FaultBody(BaseModel):
    """`times: 0` clears that kind; `delay_s` is for the kinds that wait."""

    model_config = ConfigDict(strict=True, extra="forbid")

    provider: str
    kind: str
    times: Annotated[int, Field(ge=0, le=10_000)]
    delay_s: Annotated[float, Field(ge=0, le=300, allow_inf_nan=False)] | None = None


class ClockBody(BaseModel):
    """Forward only, by at most ten years at a time."""

    model_config = ConfigDict(strict=True, extra="forbid")

    advance_s: Annotated[float, Field(ge=0, le=YEARS_S, allow_inf_nan=False)]


@wired
class Controls:
    """The control endpoints over the shared world."""

    world: World
    providers: Mapping[str, Provider]
    jobs: JobTrigger

    async def outbox(self, request: Request) -> Response:
        """`GET /outbox?channel=&to=`: the messages that went out, newest first."""
        query = read_query(request, "channel", "to")
        channel, to = query.get("channel"), query.get("to")
        if channel is not None and channel not in set(Channel):
            raise invalid(("channel", "enum", "Input should be 'sms', 'email' or 'push'"))
        if to is not None and to.startswith(" "):
            to = "+" + to.lstrip()  # an unescaped + in a query is a space, and no address starts with one
        return answer(request, self.world.outbox.newest(channel, to))

    async def arm(self, request: Request) -> Response:
        """`POST /faults`: the next calls or callbacks go wrong."""
        body = await read_json(request, FaultBody)
        provider = self._provider(body.provider)
        if body.kind not in provider.fault_kinds:
            known = ", ".join(sorted(provider.fault_kinds))
            raise invalid(("kind", "enum", f"Input should be one of: {known}"))
        fault = self.world.faults.arm(provider.name, FaultKind(body.kind), body.times, body.delay_s)
        return answer(request, fault.shown())

    async def armed(self, request: Request) -> Response:
        """`GET /faults`: what will still strike."""
        read_query(request)
        return answer(request, [fault.shown() for fault in self.world.faults.armed()])

    async def callbacks(self, request: Request) -> Response:
        """`GET /callbacks?provider=`: headers, body and answers of each, newest first."""
        name = read_query(request, "provider").get("provider")
        provider = None if name is None else self._provider(name).name
        return answer(request, self.world.callbacks.newest(provider))

    async def ledger(self, request: Request) -> Response:
        """`GET /ledger?provider=`: that provider's own books."""
        name = read_query(request, "provider").get("provider", "")
        return answer(request, self.world.ledger.of(self._provider(name).name))

    async def secrets(self, request: Request) -> Response:
        """`GET /secrets`: what a test needs to forge or check a callback."""
        read_query(request)
        known = {name: dict(each.secrets) for name, each in self.providers.items() if each.secrets}
        return answer(request, known)

    async def clock(self, request: Request) -> Response:
        """`GET /clock`: the service's time."""
        read_query(request)
        return answer(request, {"now": iso(self.world.clock.now())})

    async def advance(self, request: Request) -> Response:
        """`POST /clock`: the service's time moves forward."""
        body = await read_json(request, ClockBody)
        if (self.world.clock.now() + timedelta(seconds=body.advance_s)).year > LAST_YEAR:
            raise invalid(("advance_s", "less_than_equal", f"The clock stops at the year {LAST_YEAR}"))
        return answer(request, {"now": iso(await self.world.clock.advance(body.advance_s))})

    async def run_job(self, request: Request) -> Response:
        """`POST /jobs/{name}`: runs that job once, answers when it is done, says so when it breaks."""
        name = request.path_params["name"]
        try:
            async with asyncio.timeout(JOB_TIMEOUT_S):
                await self.jobs.run(name)
        except NotFound as error:
            raise not_found("job") from error
        except Exception as error:
            logger.exception("job run from the sandbox failed")
            details = {"job": name, "error": type(error).__name__}
            raise Refused(503, "service_unavailable", "The job failed.", details) from error
        return answer(request, {"name": name, "status": "done"})

    def routes(self) -> list[Route]:
        """All of them."""
        table = (
            ("GET", "/outbox", self.outbox),
            ("GET", "/faults", self.armed),
            ("POST", "/faults", self.arm),
            ("GET", "/callbacks", self.callbacks),
            ("GET", "/ledger", self.ledger),
            ("GET", "/secrets", self.secrets),
            ("GET", "/clock", self.clock),
            ("POST", "/clock", self.advance),
            ("POST", "/jobs/{name}", self.run_job),
        )
        return [Route(path, endpoint, methods=[method]) for method, path, endpoint in table]

    def _provider(self, name: str) -> Provider:
        if name not in self.providers:
            known = ", ".join(sorted(self.providers))
            raise invalid(("provider", "enum", f"Input should be one of: {known}"))
        return self.providers[name]
