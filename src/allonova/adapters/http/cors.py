"""Cross-origin requests: our own pages may read what we answer."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from allonova.adapters.http.answers import refusal
from allonova.adapters.http.provide import language_of
from allonova.domain.kernel.errors import Forbidden

BODYS_OWN = ("content-length", "content-type")


class Cors(CORSMiddleware):
    """Starlette's, whose refusal of a preflight is plain text: here it is a refusal like any other."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """See CORSMiddleware. Whoever asks from elsewhere, or for more than is allowed, is forbidden it."""
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        answer = refusal(Forbidden(), language_of(request_headers.get("accept-language", "")))
        answer.headers.update({name: value for name, value in response.headers.items() if name not in BODYS_OWN})
        return answer
