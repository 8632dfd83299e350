"""Hands `/sandbox/*` on to the process that plays the outside world."""

from __future__ import annotations

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from allonova.adapters.http.answers import refusal
from allonova.domain.kernel.errors import ServiceUnavailable

HOP = {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}


def forward_to(base_url: str, http: httpx.AsyncClient) -> ASGIApp:
    """An app that repeats each request there and gives back the answer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        headers = [(name, value) for name, value in request.headers.items() if name not in HOP]
        # the path as it came: decoding it would merge `%2F` into the separators
        target = scope["raw_path"].decode("ascii").partition("?")[0]
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("ascii")
        response: Response
        try:
            answer = await http.request(
                request.method, base_url + target, headers=headers, content=await request.body()
            )
        except httpx.HTTPError:
            response = refusal(ServiceUnavailable(), "en")
        else:
            passed = {name: value for name, value in answer.headers.items() if name not in HOP}
            response = Response(answer.content, answer.status_code, passed)
        await response(scope, receive, send)

    return app
