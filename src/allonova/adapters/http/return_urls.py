"""Where a payment page may send people afterwards."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Request
from pydantic import StringConstraints

from allonova.adapters.http.provide import edge_of
from allonova.domain.kernel.errors import FieldError, ValidationError

type ReturnUrl = Annotated[str, StringConstraints(max_length=500)]


def return_url_of(request: Request, asked: str | None) -> str:
    """Only to our own clients: a payment page must not send people to somebody else's site."""
    config = edge_of(request).config
    if asked is None:
        return config.payment_return_url
    try:
        parts = urlsplit(asked)
        origin = f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        origin = ""
    if origin not in (*config.cors_origins, config.public_url) or not asked.isprintable():
        raise ValidationError((FieldError("return_url", "foreign_origin", "must be on an origin of ours"),))
    return asked
