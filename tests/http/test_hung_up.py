"""A client that goes while it still sends is no failure of ours."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from allonova.adapters.http.guard import Guard

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/api/v1/payments/webhook/wave",
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"2")],
}


async def answered(error: Exception) -> list[Any]:
    """What goes out when the app raises an error."""
    sent: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await Guard(app, body_limit_bytes=1000)(dict(SCOPE), receive, send)
    return sent


async def test_nothing_is_said_when_the_client_has_gone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert await answered(ClientDisconnect()) == []
    assert caplog.records == []
