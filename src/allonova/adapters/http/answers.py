"""The envelope of every answer, and what the OpenAPI says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import Response
from pydantic import BaseModel, Field, TypeAdapter
from pydantic_core import to_json

from allonova.adapters.http.context import REQUEST_ID
from allonova.adapters.http.errors import details_of, message_of, status_of
from allonova.application.kernel.idempotency import Answer, Once
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.kernel.errors import (
    AuthRequired,
    DomainError,
    Forbidden,
    IdempotencyMismatch,
    PayloadTooLarge,
    RateLimited,
    ServiceUnavailable,
    StillRunning,
    UnsupportedMediaType,
    ValidationError,
)


class Meta(BaseModel):
    """About the answer."""

    request_id: str


class Pagination(BaseModel):
    """Where a page stands in its list."""

    page: int
    page_size: int
    total: int
    page_count: int


class ListMeta(Meta):
    """About a list."""

    pagination: Pagination


class Envelope[T](BaseModel):
    """Every answer that succeeded."""

    data: T
    meta: Meta


class ListEnvelope[T](BaseModel):
    """Every list."""

    data: list[T]
    meta: ListMeta


class PagedEnvelope[T](BaseModel):
    """An answer with a page of a list in it."""

    data: T
    meta: ListMeta


class ErrorBody(BaseModel):
    """A stable code, a message in the caller's language, and facts."""

    code: str
    message: str
    details: dict[str, Any] = Field(default_factory=dict)


class ErrorEnvelope(BaseModel):
    """Every answer that refused."""

    error: ErrorBody
    meta: Meta


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump(view: object) -> bytes:
    """A view as JSON: its dataclass is the shape, on the wire and in the OpenAPI."""
    kind: Any = type(view)
    return _adapter(kind).dump_json(view, by_alias=True)


def jsonable(view: object) -> object:
    """A view as values that JSON has, spelt as on the wire."""
    kind: Any = type(view)
    return _adapter(kind).dump_python(view, mode="json", by_alias=True)


def body_of(view: object) -> bytes:
    """A view in its envelope."""
    return _enveloped(dump(view))


def _enveloped(data: bytes) -> bytes:
    return b'{"data":' + data + b',"meta":{"request_id":"' + REQUEST_ID.get().encode() + b'"}}'


def json_response(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Bytes that are JSON already."""
    return Response(body, status, headers, media_type="application/json")


def answer(view: object, *, status: int = 200, once: Once[Any] | None = None, etag: int | None = None) -> Response:
    """A view; under an Idempotency-Key exactly the bytes that were kept."""
    kept: Answer | None = getattr(once, "answer", None)
    body = body_of(view) if kept is None else kept.body
    return json_response(body, status, None if etag is None else {"ETag": f'"{etag}"'})


def answer_document(document: bytes, *, etag: int) -> Response:
    """A view that is JSON already."""
    return json_response(_enveloped(document), headers={"ETag": f'"{etag}"'})


def answer_page(page: Page[Any], query: ListQuery) -> Response:
    """A page of a list."""
    return answer_written([dump(item) for item in page.items], page.total, query)


def answer_written(items: Iterable[bytes], total: int, query: ListQuery) -> Response:
    """A page of a list whose items are JSON already."""
    return _paged(b"[" + b",".join(items) + b"]", total, query)


def answer_paged(view: object, total: int, query: ListQuery) -> Response:
    """A view with a page of a list in it."""
    return _paged(dump(view), total, query)


def _paged(data: bytes, total: int, query: ListQuery) -> Response:
    pagination = {
        "page": query.page,
        "page_size": query.page_size,
        "total": total,
        "page_count": -(-total // query.page_size),
    }
    meta = to_json({"request_id": REQUEST_ID.get(), "pagination": pagination})
    return json_response(b'{"data":' + data + b',"meta":' + meta + b"}")


def error_of(error: DomainError, language: str) -> dict[str, object]:
    """A refusal: `{code, message, details}`."""
    return {"code": error.code, "message": message_of(error, language), "details": details_of(error, jsonable)}


def refusal_body(error: DomainError, language: str) -> bytes:
    """A refusal in its envelope."""
    return to_json({"error": error_of(error, language), "meta": {"request_id": REQUEST_ID.get()}})


def refusal(error: DomainError, language: str) -> Response:
    """A refusal, with the headers that its code asks for."""
    retry_after = getattr(error, "retry_after_s", None)
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if isinstance(error, AuthRequired):
        headers["WWW-Authenticate"] = "Bearer"
    return json_response(refusal_body(error, language), status_of(error), headers)


ANYWHERE = (PayloadTooLarge, ServiceUnavailable)
TO_CLIENTS = (ValidationError, AuthRequired, RateLimited, UnsupportedMediaType)  # a bad token is refused everywhere


def spec(
    view: Any,
    errors: Iterable[type[DomainError]] = (),
    *,
    status: int = 200,
    listed: bool = False,
    paged: bool = False,
    private: bool = True,
    keyed: bool = False,
    hook: bool = False,
    row: bool = False,
    media: str | Sequence[str] | None = None,
    parameters: Sequence[Mapping[str, Any]] = (),
    more: Mapping[int, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """A route's answers for its decorator: `@router.post("/bookings", **spec(BookingView, CreateBooking.errors))`.

    Args:
        view: the dataclass in `data`; None for an answer without a body.
        paged: with a page of a list in it.
        private: needs a token; elsewhere one is welcome.
        keyed: honours Idempotency-Key.
        hook: for a provider, who has no token and no limit.
        row: stands in a row of the role table, which some roles may not enter.
        media: what a success is where it is not JSON, or one of several, beside `view`; refusals are JSON all the same.
        parameters: of the query string, where the route reads it by itself.
        more: other successes, by their status.
    """
    kinds = [*errors, *ANYWHERE, *(() if hook else TO_CLIENTS), *([IdempotencyMismatch, StillRunning] * keyed)]
    kinds += [Forbidden] * row
    extra: dict[str, Any] = {"parameters": list(parameters)} if parameters else {}
    if not private and not hook:
        extra["security"] = [{}]  # beside the scheme of the router's limit: nothing will do as well
    envelope: Any = ListEnvelope if listed else PagedEnvelope if paged else Envelope
    kinds_of_file = () if media is None else (media,) if isinstance(media, str) else tuple(media)
    extra[TOLD] = Told(view, envelope, status, tuple(kinds), kinds_of_file, dict(more or {}))
    told: dict[str, Any] = {"response_model": None, "status_code": status, "openapi_extra": extra}
    return told | {"response_class": Response} if view is None and kinds_of_file else told


TOLD = "x-told"


@dataclass(frozen=True, slots=True)
class Told:
    """What the OpenAPI says of a route's answers. Its models are built where the document is written: a process that
    serves would wait seconds at its start for what nobody there reads.
    """

    view: Any
    envelope: Any
    status: int
    kinds: tuple[type[DomainError], ...]
    media: tuple[str, ...]
    more: Mapping[int, Mapping[str, Any]]

    @property
    def model(self) -> Any:
        """Of a success."""
        return None if self.view is None else self.envelope[self.view]

    @property
    def responses(self) -> dict[int | str, dict[str, Any]]:
        """All others, and files."""
        content = {kind: {"schema": _file(kind)} for kind in self.media}
        files: dict[int | str, dict[str, Any]] = {self.status: {"content": content}} if content else {}
        return files | _refusals(self.kinds) | {status: dict(one) for status, one in self.more.items()}


def _file(kind: str) -> dict[str, str]:
    """A generated client reads text as text, and must leave the bytes of anything else alone."""
    is_text = kind.startswith("text/") or kind.endswith("+xml")
    return {"type": "string"} if is_text else {"type": "string", "format": "binary"}


def _refusals(kinds: Iterable[type[DomainError]]) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int | str, list[type[DomainError]]] = {}
    for kind in dict.fromkeys(kinds):
        by_status.setdefault(status_of(kind), []).append(kind)
    return {
        status: {
            "model": ErrorEnvelope,
            "description": "\n\n".join(
                dict.fromkeys(f"`{kind.code}`: {message_of(kind, 'en')}" for kind in sorted(kinds, key=_name))
            ),
        }
        for status, kinds in sorted(by_status.items())
    }


def _name(kind: type[DomainError]) -> str:
    return kind.__name__
