"""Which columns are sealed, which are keyed hashes, and which hold the addresses that such hashes are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, LargeBinary, Text, any_, func, literal

from allonova.adapters.postgres.dispatch.tables import CLIENTS
from allonova.adapters.postgres.dispatch.tables import DEVICES as STAFF_DEVICES
from allonova.adapters.postgres.dispatch.tables import USERS as STAFF
from allonova.adapters.postgres.identity.tables import ADMIN_USERS, CONTACT_CHANGES, DEVICES, OTP_CODES, USERS
from allonova.adapters.postgres.kernel.tables import IDEMPOTENCY_KEYS
from allonova.adapters.postgres.kyc.tables import KYC_DOCUMENTS
from allonova.adapters.postgres.money.tables import PAYOUT_ACCOUNTS, PAYOUTS
from allonova.adapters.postgres.notifications.mailbox_tables import SUPPRESSED_ADDRESSES
from allonova.domain.identity.contact import Channel
from allonova.domain.identity.otp import PAYOUT_PURPOSES


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column whose values are sealed to `<context>:<row>`, where a row is called by its column `bound_to`; with
    `where`, only those of such rows.
    """

    column: Column[Any]
    holds: str
    context: str
    bound_to: str = "id"
    where: ColumnElement[bool] | None = None

    @property
    def name(self) -> str:
        """`schema.table.column`."""
        return f"{self.column.table.fullname}.{self.column.name}"

    @property
    def text(self) -> ColumnElement[str]:
        """The sealed value as text."""
        return func.convert_from(self.column, "UTF8") if isinstance(self.column.type, LargeBinary) else self.column

    @property
    def condition(self) -> ColumnElement[bool]:
        """Rows that have one; an empty one was forgotten."""
        there = self.column.is_not(None) & (self.text != "")
        return there if self.where is None else there & self.where


SEALED = (
    SealedColumn(ADMIN_USERS.c.totp_secret, "secret of an authenticator", "admin_users.totp_secret"),
    SealedColumn(ADMIN_USERS.c.totp_pending, "secret of one that is not confirmed yet", "admin_users.totp_pending"),
    SealedColumn(CONTACT_CHANGES.c.old_value, "phone or e-mail that was replaced", "contact_changes.old_value"),
    SealedColumn(DEVICES.c.token, "push token of a phone", "devices.token"),
    SealedColumn(STAFF_DEVICES.c.token, "push token of a chauffeur's phone", "dispatch.devices.token"),
    SealedColumn(KYC_DOCUMENTS.c.doc_number, "number of a paper", "kyc_documents.doc_number"),
    SealedColumn(
        OTP_CODES.c.target,
        "number that somebody wants his money at, while its code is on the way",
        "otp_codes.target",
        where=OTP_CODES.c.purpose == any_(literal(sorted(PAYOUT_PURPOSES), ARRAY(Text))),
    ),
    SealedColumn(PAYOUT_ACCOUNTS.c.phone, "number that somebody's money goes to", "payout_accounts.phone"),
    SealedColumn(PAYOUTS.c.phone, "number that a payout went to", "payouts.phone"),
    SealedColumn(
        IDEMPOTENCY_KEYS.c.answer_body,
        "answer that is kept for a day, perhaps with the secret of a card payment",
        "idempotency_keys.answer_body",
        bound_to="scope",
    ),
)
"""All there is: what seals another column stands here too, else a change of keys would lose it."""

HASHED = ((SUPPRESSED_ADDRESSES.c.address_hash, SUPPRESSED_ADDRESSES.c.kid),)
"""Hashes by a key that are kept for longer than codes and counters are, and where the key's name stands."""

ADDRESSES = (
    (USERS.c.phone, Channel.SMS),
    (USERS.c.email, Channel.EMAIL),
    (ADMIN_USERS.c.email, Channel.EMAIL),
    (STAFF.c.phone, Channel.SMS),
    (STAFF.c.email, Channel.EMAIL),
    (CLIENTS.c.contact_phone, Channel.SMS),
    (CLIENTS.c.contact_email, Channel.EMAIL),
)
"""Where people's phones and e-mails stand, to whom messages go."""
