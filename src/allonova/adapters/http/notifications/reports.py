"""What vendors report of the messages that they carried for us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Request, Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.provide import use
from allonova.adapters.http.routes import api_router
from allonova.application.notifications.ports import MailReports, SmsReceipts
from allonova.application.notifications.take_mail_report import TakeMailReport
from allonova.domain.kernel.errors import NotFound, ValidationError, WebhookInvalidSignature

router = api_router("Webhooks", "/notifications")

type ReceiptSecret = Annotated[str, Path(min_length=1, max_length=200, description="What Orange was given.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsTaken:
    """How many reports said something of an address; the others are passed over."""

    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptTaken:
    """What became of a text message."""

    status: str


@router.post("/webhook/brevo", **spec(ReportsTaken, [WebhookInvalidSignature, ValidationError], hook=True))
async def take_brevo_reports(
    request: Request,
    reports: Annotated[MailReports, use(MailReports)],
    take: Annotated[TakeMailReport, use(TakeMailReport)],
) -> Response:
    """Brevo reports of mails, one event or a list of them, with the webhook's own token as `Authorization: Bearer`.
    Where a mail bounced for good, or was called spam, nothing goes any more.
    """
    found = reports.read(request.headers, await request.body())
    for report in found:
        await take(report)
    return answer(ReportsTaken(taken=len(found)))


@router.post("/receipts/orange/{secret}", **spec(ReceiptTaken, [NotFound, ValidationError], hook=True))
async def take_orange_receipt(
    secret: ReceiptSecret, request: Request, receipts: Annotated[SmsReceipts, use(SmsReceipts)]
) -> Response:
    """Orange reports of a text message, at an address that only it was told."""
    return answer(ReceiptTaken(status=receipts.take(secret, await request.body())))
