"""Which addresses are taken."""

from __future__ import annotations

from fastapi import Request

from allonova.adapters.http.provide import edge_of
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.kernel.errors import FieldError, ValidationError

RESERVED = ".test"  # RFC 6761: no mail ever arrives there


def require_deliverable(request: Request, contact: Contact, path: str = "email") -> None:
    """Raise ValidationError for an address that exists in demonstrations alone, where this is none."""
    is_made_up = contact.channel is Channel.EMAIL and contact.key.endswith(RESERVED)
    if is_made_up and not edge_of(request).config.takes_test_addresses:
        raise ValidationError((FieldError(path, "email", "not an e-mail address"),))
