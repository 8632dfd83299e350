"""Messages by what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Template(StrEnum):
    """Messages by what they are for."""

    OTP = "otp"
    REGISTRATION_REPEATED = "registration_repeated"
    BOOKING_REQUESTED = "booking_requested"
    BOOKING_ACCEPTED = "booking_accepted"
    BOOKING_EXPIRED = "booking_expired"
    BOOKING_PAID_PASSENGER = "booking_paid_passenger"
    BOOKING_PAID_DRIVER = "booking_paid_driver"
    BOOKING_COMPLETED = "booking_completed"
    EMAIL_VERIFY = "email_verify"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a template's name
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a template's name
    CONTACT_CHANGED = "contact_changed"
    PAYOUT_CODE = "payout_code"
    PAYOUT_ACCOUNT_CHANGED = "payout_account_changed"
    SOCIAL_CHANGED = "social_changed"
    ADMIN_INVITED = "admin_invited"
    PAPERS_APPROVED = "papers_approved"
    PAPERS_REJECTED = "papers_rejected"
    TRIP_CHANGED = "trip_changed"
    BOOKING_REJECTED = "booking_rejected"
    BOOKING_CANCELLED_PASSENGER = "booking_cancelled_passenger"
    BOOKING_CANCELLED_DRIVER = "booking_cancelled_driver"
    BOOKING_CANCELLED_UNPAID = "booking_cancelled_unpaid"
    NO_SHOW = "no_show"
    RIDE_QUESTION = "ride_question"
    RIDE_SHARED = "ride_shared"
    REFUND_SENT = "refund_sent"
    ALERT_MATCHED = "alert_matched"
    RIDE_REMINDER_PASSENGER = "ride_reminder_passenger"
    RIDE_REMINDER_DRIVER = "ride_reminder_driver"
    MESSAGE_WAITING = "message_waiting"
    RATING_DUE = "rating_due"
    RATING_RECEIVED = "rating_received"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_IN_REVIEW = "dispute_in_review"
    DISPUTE_RESOLVED = "dispute_resolved"
    DISPUTE_REJECTED = "dispute_rejected"
    TRIP_STOPPED = "trip_stopped"
    BOOKING_ARBITRATED = "booking_arbitrated"
    PAYOUT_DONE = "payout_done"
    PAYOUT_FAILED = "payout_failed"
    WITHDRAWAL_DONE = "withdrawal_done"
    WITHDRAWAL_FAILED = "withdrawal_failed"
    WALLET_TOPPED_UP = "wallet_topped_up"
    REFERRAL_EARNED = "referral_earned"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_REINSTATED = "account_reinstated"
    COMMANDE_RECUE = "commande_recue"
    COMMANDE_ASSIGNEE = "commande_assignee"
    COMMANDE_ANNULEE = "commande_annulee"
    STAFF_INVITED = "staff_invited"
    STAFF_EMAIL_CONFIRM = "staff_email_confirm"
    STAFF_PASSWORD_RESET = "staff_password_reset"  # noqa: S105 - a template's name
    STAFF_PASSWORD_CHANGED = "staff_password_changed"  # noqa: S105 - a template's name
    SLA_DEPASSE = "sla_depasse"
    SAUVEGARDE_ECHOUEE = "sauvegarde_echouee"


OF_NOVA = frozenset(
    {
        *(Template.COMMANDE_RECUE, Template.COMMANDE_ASSIGNEE, Template.COMMANDE_ANNULEE),
        *(Template.STAFF_INVITED, Template.STAFF_EMAIL_CONFIRM),
        *(Template.STAFF_PASSWORD_RESET, Template.STAFF_PASSWORD_CHANGED),
        *(Template.SLA_DEPASSE, Template.SAUVEGARDE_ECHOUEE),
    }
)
"""They are about taxis; the others are AlloCar's."""
MAIL_ONLY = frozenset({Template.EMAIL_VERIFY, Template.ADMIN_INVITED}) | OF_NOVA
"""They prove that somebody reads a mailbox, or go to people of whom we know nothing else. The others have both."""

DIRECT = frozenset(
    {
        *(Template.OTP, Template.REGISTRATION_REPEATED, Template.EMAIL_VERIFY, Template.PASSWORD_RESET),
        *(Template.PAYOUT_CODE, Template.ADMIN_INVITED),
    }
)
"""Codes and links: they go where they must, and stand in no list. Whatever else AlloCar's users hear can be pushed."""
PROOFS = frozenset(
    {
        *(Template.OTP, Template.EMAIL_VERIFY, Template.PASSWORD_RESET, Template.PAYOUT_CODE, Template.ADMIN_INVITED),
        *(Template.STAFF_INVITED, Template.STAFF_EMAIL_CONFIRM, Template.STAFF_PASSWORD_RESET),
    }
)
"""Somebody asks for them at this moment, to prove that an address works: they are tried where nothing else goes."""


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail's words; `button` is what its link is called."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str | None = None
