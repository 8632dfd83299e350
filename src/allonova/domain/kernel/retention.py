"""How long what is kept: one table of periods, each with its reason, and what stays for good.

The periods of the law are what counsel must confirm (docs/legal.md). What has a period of its own on the way (a hold, a
lease, a link that stops working) has it where it is used; here is when the row itself goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

CLEANUP: Final = "cleanup"
"""The job that works this table."""


class Kept(StrEnum):
    """Kinds of rows that have an end."""

    CODES = "codes"
    LINKS = "links"
    ATTEMPTS = "attempts"
    KEYS = "idempotency_keys"
    REFRESH_TOKENS = "refresh_tokens"
    SESSIONS = "sessions"
    CONTACT_CHANGES = "contact_changes"
    DEVICES = "devices"
    STAFF_DEVICES = "staff_devices"
    NOTICES = "notices"
    STAFF_NOTICES = "staff_notices"
    REMINDERS = "reminders"
    CHATS = "chats"
    DELIVERIES = "deliveries"
    DEAD_LETTERS = "dead_letters"
    JOB_RUNS = "job_runs"
    JOB_REQUESTS = "job_requests"
    WEBHOOK_EVENTS = "webhook_events"
    UPLOADS = "uploads"
    EXPORTS = "exports"
    MOVES = "moves"
    USER_NOTES = "user_notes"
    REPORTS = "reports"
    DISPUTES = "disputes"
    EVIDENCE = "evidence"
    RIDE_PROOFS = "ride_proofs"
    PROVIDER_WORDS = "provider_words"
    REFUSED_PAPERS = "refused_papers"
    PAPERS = "papers"
    PAYOUT_PHONES = "payout_phones"
    DRIVER_POSITIONS = "driver_positions"
    RIDE_LINKS = "ride_links"
    TAXI_POSITIONS = "taxi_positions"
    TAXIS_LAST_SEEN = "taxis_last_seen"
    ALERTS = "alerts"


class Deed(StrEnum):
    """What happens when a time is over."""

    DELETED = "deleted"
    EMPTIED = "emptied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rows of `table` go `period` after `since`; with None after the days that the back office sets
    (`legal_retention_days`). `why` is the reason and, where there is one, its source. `job` is what does it.
    """

    kept: Kept
    table: str
    since: str
    period: timedelta | None
    why: str
    deed: Deed = Deed.DELETED
    job: str = CLEANUP


DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
QUARTER: Final = timedelta(days=90)
YEAR: Final = timedelta(days=365)
SECURITY: Final = YEAR  # CNIL, délibération 2021-122 on logs: six months to one year
CLAIMS: Final = 5 * YEAR  # OHADA, Acte uniforme sur le droit commercial général, art. 16
CARD_CONTEST: Final = timedelta(days=457)  # CNIL: card payments may be contested for 15 months

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        kept=Kept.CODES,
        table="platform.otp_codes",
        since="the end of its time",
        period=DAY,
        why="a code is good for minutes; a day to see why one was refused",
    ),
    Rule(
        kept=Kept.LINKS,
        table="platform.link_tokens",
        since="the end of its time",
        period=WEEK,
        why="whoever comes late is told that the link is over; invitations and confirmations of staff lie here too",
    ),
    Rule(
        kept=Kept.ATTEMPTS,
        table="platform.attempts",
        since="the last try",
        period=2 * DAY,
        why="the longest limit counts over 24 hours; an erasure does not start the count again",
    ),
    Rule(
        kept=Kept.KEYS,
        table="platform.idempotency_keys",
        since="the request",
        period=DAY,
        why="conventions.md: an answer is replayed for 24 hours",
    ),
    Rule(
        kept=Kept.REFRESH_TOKENS,
        table="platform.refresh_tokens",
        since="the end of its time",
        period=30 * DAY,
        why="one that is stolen and used again is known as such as long as anything descends from it",
    ),
    Rule(
        kept=Kept.SESSIONS,
        table="platform.sessions",
        since="the login, once no token of it is left",
        period=60 * DAY,
        why="without a token nothing can come of it",
    ),
    Rule(
        kept=Kept.CONTACT_CHANGES,
        table="carpool.contact_changes",
        since="the change",
        period=SECURITY,
        why="it guards money for a day, and shows for a year how an account was taken over",
    ),
    Rule(
        kept=Kept.DEVICES,
        table="carpool.devices",
        since="the last sign of it",
        period=270 * DAY,
        why="FCM takes a token that was silent for 270 days for dead",
    ),
    Rule(
        kept=Kept.STAFF_DEVICES,
        table="dispatch.devices",
        since="the last sign of it",
        period=270 * DAY,
        why="FCM takes a token that was silent for 270 days for dead",
    ),
    Rule(
        kept=Kept.NOTICES,
        table="carpool.notices",
        since="the day it was posted",
        period=QUARTER,
        why="the app shows what is new; rides and receipts are kept elsewhere",
    ),
    Rule(
        kept=Kept.STAFF_NOTICES,
        table="dispatch.notifications",
        since="the day it was posted",
        period=QUARTER,
        why="it names clients and addresses that nobody needs twice",
    ),
    Rule(
        kept=Kept.REMINDERS,
        table="carpool.reminders",
        since="the reminder",
        period=30 * DAY,
        why="it keeps anybody from being reminded twice of a ride that has left by now",
    ),
    Rule(
        kept=Kept.CHATS,
        table="carpool.messages",
        since="the message, unless a dispute about the ride is open",
        period=YEAR,
        why="a dispute may be opened for 30 days; after a year nobody is helped by what was said",
        deed=Deed.EMPTIED,
    ),
    Rule(
        kept=Kept.DELIVERIES,
        table="platform.outbox",
        since="the delivery",
        period=WEEK,
        why="what was delivered is looked at for some days at most",
    ),
    Rule(
        kept=Kept.DEAD_LETTERS,
        table="platform.outbox",
        since="the day it was given up",
        period=QUARTER,
        why="the back office can send it again for three months",
    ),
    Rule(
        kept=Kept.JOB_RUNS,
        table="platform.job_runs",
        since="the run",
        period=QUARTER,
        why="a tick that nobody will ask for again",
    ),
    Rule(
        kept=Kept.JOB_REQUESTS,
        table="platform.job_requests",
        since="the request",
        period=WEEK,
        why="nobody waits for a job longer than a minute",
    ),
    Rule(
        kept=Kept.WEBHOOK_EVENTS,
        table="platform.webhook_events",
        since="its arrival",
        period=180 * DAY,
        why="providers repeat an event for days; a copy that came later would find its payment settled",
    ),
    Rule(
        kept=Kept.UPLOADS,
        table="carpool.uploads",
        since="the day its file was forgotten",
        period=30 * DAY,
        why="the permission is over and the file that it let in is gone or belongs to something",
    ),
    Rule(
        kept=Kept.EXPORTS,
        table="platform.exports",
        since="its last change, once its file is gone",
        period=QUARTER,
        why="who took what away stands in the audit log",
    ),
    Rule(
        kept=Kept.MOVES,
        table="dispatch.deplacements",
        since="the move",
        period=QUARTER,
        why="a move is taken back within minutes; who moved what stands in the company's audit log",
    ),
    Rule(
        kept=Kept.USER_NOTES,
        table="carpool.user_notes",
        since="the note",
        period=3 * YEAR,
        why="what the team knows of somebody grows old",
    ),
    Rule(
        kept=Kept.REPORTS,
        table="carpool.user_reports",
        since="the last word on it",
        period=3 * YEAR,
        why="a pattern shows over years; the words are not needed for it",
        deed=Deed.EMPTIED,
    ),
    Rule(
        kept=Kept.DISPUTES,
        table="carpool.disputes",
        since="the decision",
        period=CLAIMS,
        why="claims from a contract end after five years (OHADA, AUDCG art. 16)",
        deed=Deed.EMPTIED,
    ),
    Rule(
        kept=Kept.EVIDENCE,
        table="carpool.dispute_evidence",
        since="the decision",
        period=CLAIMS,
        why="claims from a contract end after five years (OHADA, AUDCG art. 16); files go as well",
        deed=Deed.EMPTIED,
    ),
    Rule(
        kept=Kept.RIDE_PROOFS,
        table="carpool.ride_proofs",
        since="the day it was made",
        period=CLAIMS,
        why="claims from a contract end after five years (OHADA, AUDCG art. 16)",
    ),
    Rule(
        kept=Kept.PROVIDER_WORDS,
        table="carpool.payments",
        since="the last change of an ended payment",
        period=CARD_CONTEST,
        why="what a provider told us helps while a payment may be contested: 15 months for cards (CNIL)",
        deed=Deed.EMPTIED,
    ),
    Rule(
        kept=Kept.REFUSED_PAPERS,
        table="carpool.kyc_documents",
        since="the refusal",
        period=180 * DAY,
        why="time to contest the refusal; a refused paper proves nothing. Its files go as well",
    ),
    Rule(
        kept=Kept.PAPERS,
        table="carpool.kyc_documents",
        since="the erasure of its owner",
        period=None,
        why="UEMOA, directive 02/2015/CM/UEMOA art. 35: ten years after the end of the relation. Its files go as well",
    ),
    Rule(
        kept=Kept.PAYOUT_PHONES,
        table="carpool.payouts",
        since="the payout",
        period=None,
        why="it belongs to the books: ten years (OHADA, AUDCIF art. 24); the amount stays",
        deed=Deed.EMPTIED,
    ),
    Rule(
        kept=Kept.DRIVER_POSITIONS,
        table="carpool.driver_locations",
        since="the end of the trip",
        period=WEEK,
        why="realtime.md; what proves a ride is kept as its proof",
        job="forget_locations",
    ),
    Rule(
        kept=Kept.RIDE_LINKS,
        table="carpool.ride_links",
        since="the end of its time",
        period=WEEK,
        why="as the positions that it showed",
        job="forget_locations",
    ),
    Rule(
        kept=Kept.TAXI_POSITIONS,
        table="dispatch.positions",
        since="the position",
        period=WEEK,
        why="nova.md; the CNIL lets an employer keep them for two months as a rule",
        job="positions",
    ),
    Rule(
        kept=Kept.TAXIS_LAST_SEEN,
        table="dispatch.taxi_positions",
        since="the position",
        period=WEEK,
        why="as the positions",
        job="positions",
    ),
    Rule(
        kept=Kept.ALERTS,
        table="carpool.alerts",
        since="the end of its time",
        period=timedelta(0),
        why="a search that looks no more is of no use; notes of what it matched go with it",
        job="alerts",
    ),
)

_BOOKS = "the books: ten years and more (OHADA, AUDCIF art. 24), added to and never changed; they name accounts by id"
_RIDE = "a contract between two people, and what the books are about; it names whoever is erased by id alone"
_COMPANY = "the company is the controller: it strikes out or erases a client or somebody of its staff (nova.md)"
_OWNER = "lives as long as the account, and is emptied with it"
_FIGURES = "says nothing of anybody"
_LOG = "the log: added to and never changed; it names fields and ids, never values"

STAYS: Final[Mapping[str, str]] = {
    "carpool.users": _OWNER,
    "carpool.vehicles": _OWNER,
    "carpool.wallets": _OWNER,
    "carpool.payout_accounts": "deleted with the account",
    "carpool.social_identities": "deleted with the account",
    "carpool.blocks": "deleted with the account, on both sides",
    "carpool.alert_matches": "goes with its alert",
    "carpool.ratings": "the stars, which others went by; words go when their writer or whom they are about is erased",
    "carpool.moderation_reviews": "the last word on a report; its note goes with whom it is about",
    "carpool.admin_users": "people of the back office, whom the audit log names; a closed account cannot log in",
    "carpool.user_segments": _FIGURES,
    "carpool.trips": _RIDE,
    "carpool.trip_series": _RIDE,
    "carpool.trip_stops": _RIDE,
    "carpool.trip_legs": "gone when its trip is no longer published",
    "carpool.bookings": _RIDE,
    "carpool.booking_events": _LOG,
    "carpool.refunds": _BOOKS,
    "carpool.payout_batches": _BOOKS,
    "carpool.wallet_txns": _BOOKS,
    "carpool.promos": _FIGURES,
    "carpool.promo_uses": _BOOKS,
    "carpool.referrals": _BOOKS,
    "platform.accounts": _BOOKS,
    "platform.journal_entries": _BOOKS,
    "platform.postings": _BOOKS,
    "platform.differences": _BOOKS,
    "platform.reconciliations": _FIGURES,
    "platform.books_checks": _FIGURES,
    "platform.audit_logs": _LOG,
    "platform.audit_seals": _LOG,
    "platform.audit_checks": _LOG,
    "platform.settings": _FIGURES,
    "platform.settings_history": _FIGURES,
    "platform.clock": _FIGURES,
    "platform.suppressed_addresses": "whoever asked not to be written to is not; the address itself is not kept",
    "dispatch.societes": _COMPANY,
    "dispatch.compteurs": _FIGURES,
    "dispatch.taxis": _COMPANY,
    "dispatch.users": _COMPANY,
    "dispatch.clients": _COMPANY,
    "dispatch.commandes": _COMPANY,
    "dispatch.demandes": _COMPANY,
    "dispatch.interventions": _COMPANY,
    "dispatch.semaines": _COMPANY,
    "dispatch.audit_log": _LOG,
}
"""Tables without an end of their own, and why."""
