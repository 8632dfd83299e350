"""What the rows of a new company say of each other: whoever corrects a form wants to hear all that is wrong at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from allonova.adapters.http.dispatch.zones import countries, country_of
from allonova.adapters.http.fields import Email, read_phone
from allonova.adapters.http.identity.addresses import RESERVED
from allonova.domain.dispatch.taxi import plate
from allonova.domain.kernel.errors import FieldError

DEFAULT_FUSEAU = "Europe/Paris"
LOOKED_AT = 200  # rows of a list; one that is longer is refused for that

_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


class RawBootstrap:
    """A body before anybody knows whether it is one. What has not the shape of its field is passed over here: that is
    told of the field itself.
    """

    def __init__(self, raw: Any) -> None:
        self._raw: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
        self.emails = dict(self._staff_emails())

    def text(self, part: str, name: str) -> str | None:
        """A text of `societe` or `admin`."""
        return _text(_fields(self._raw.get(part)), name)

    @property
    def pays(self) -> str | None:
        """Where its phones ring."""
        fuseau = self.text("societe", "fuseau") or DEFAULT_FUSEAU
        return self.text("societe", "pays") or country_of(fuseau)

    def phone(self, written: str | None) -> str | None:
        """As it is kept; None for what is none."""
        return None if written is None else read_phone(written, self.pays or "")

    def faults(self, *, takes_test_addresses: bool) -> list[FieldError]:
        """What is wrong between the rows, and what their fields cannot tell alone."""
        return [
            *self._country(),
            *self._repeated("taxis", "numero", str.strip),
            *self._repeated("taxis", "plaque", plate),
            *self._repeated("chauffeurs", "taxiNumero", str.strip),
            *self._unknown_taxis(),
            *self._emails(takes_test_addresses),
            *self._phones(),
        ]

    def _rows(self, part: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        rows = self._raw.get(part)
        if isinstance(rows, list):
            yield from ((index, _fields(row)) for index, row in enumerate(rows[:LOOKED_AT]))

    def _texts(self, part: str, name: str) -> Iterator[tuple[str, str]]:
        for index, row in self._rows(part):
            if (text := _text(row, name)) is not None:
                yield f"{part}.{index}.{name}", text

    def _staff_emails(self) -> Iterator[tuple[str, str]]:
        written = self.text("admin", "email")
        for path, text in [("admin.email", written), *self._texts("chauffeurs", "email")]:
            try:
                yield path, _EMAIL.validate_python(text)
            except ValidationError:
                continue

    def _country(self) -> Iterator[FieldError]:
        if self.pays is None:
            yield FieldError("societe.pays", "missing", "which country the time zone lies in is not known")

    def _repeated(self, part: str, name: str, spelt: Any) -> Iterator[FieldError]:
        seen = set()
        for path, text in self._texts(part, name):
            value = spelt(text)
            if value in seen:
                yield FieldError(path, "duplicate", "given twice")
            seen.add(value)

    def _unknown_taxis(self) -> Iterator[FieldError]:
        known = {text.strip() for _, text in self._texts("taxis", "numero")}
        for path, text in self._texts("chauffeurs", "taxiNumero"):
            if text.strip() not in known:
                yield FieldError(path, "unknown", "no taxi of this number comes with it")

    def _emails(self, takes_test_addresses: bool) -> Iterator[FieldError]:
        seen = set()
        for path, email in self.emails.items():
            if email.lower() in seen:
                yield FieldError(path, "duplicate", "given twice")
            elif email.lower().endswith(RESERVED) and not takes_test_addresses:
                yield FieldError(path, "email", "not an e-mail address")
            seen.add(email.lower())

    def _phones(self) -> Iterator[FieldError]:
        written = self.text("societe", "telephone")
        own = [] if written is None else [("societe.telephone", written)]
        for path, text in [*own, *self._texts("chauffeurs", "phone"), *self._texts("clients", "contactPhone")]:
            can_tell = text.lstrip().startswith("+") or self.pays in countries()
            if can_tell and self.phone(text) is None:
                yield FieldError(path, "phone", "not a phone number")


def _fields(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None
