"""Rows whose time begins at NOW, one of each kind that has an end, and others beside them that have none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from allonova.application.carpool.ports import StoredEvent
from allonova.application.kernel.ports import KeyRecord
from allonova.domain.carpool.dispute import DisputeStatus, Evidence
from allonova.domain.carpool.message import Message, MessageType
from allonova.domain.carpool.reminder import Reminder
from allonova.domain.carpool.ride_proof import RideProof
from allonova.domain.carpool.user_report import ReportStatus, UserReport
from allonova.domain.files.export import ExportStatus
from allonova.domain.files.upload import FileType, Purpose, new_grant
from allonova.domain.identity.contact import ChangeKind, ContactChange
from allonova.domain.identity.device import Device, PushPlatform
from allonova.domain.identity.link import LinkPurpose, LinkToken
from allonova.domain.identity.otp import Otp
from allonova.domain.identity.session import Audience, RefreshToken, Session
from allonova.domain.identity.user_note import UserNote
from allonova.domain.kernel.retention import Kept
from allonova.domain.kyc.document import DocType, KycStatus
from allonova.domain.money.payment import PaymentStatus
from allonova.domain.money.payout import Payout, PayoutKind, PayoutMethod, PayoutStatus
from allonova.domain.notifications.notice import Notice
from tests.support.exports import an_export
from tests.support.factories import (
    ABIDJAN,
    NOW,
    a_booking,
    a_dispute,
    a_driver,
    a_paper,
    a_payment,
    a_trip,
    a_user,
    an_admin,
    new_id,
)
from tests.support.worlds import World

FILES = {
    Kept.CHATS: {"chat.jpg"},
    Kept.EVIDENCE: {"evidence.jpg"},
    Kept.REFUSED_PAPERS: {"refused.jpg", "refused-back.jpg"},
    Kept.PAPERS: {"erased.jpg"},
}
"""The files of what goes."""
NOVA = frozenset({Kept.STAFF_DEVICES, Kept.STAFF_NOTICES, Kept.MOVES})
ELSEWHERE = frozenset({Kept.JOB_REQUESTS})
"""What memory does not keep."""


def _stamped(**given: Any) -> dict[str, Any]:
    return {"id": new_id(), "created_at": NOW, "updated_at": NOW} | given


def _once(**given: Any) -> dict[str, Any]:
    return {"id": new_id(), "created_at": NOW} | given


async def plant(world: World) -> None:
    """Everything of AlloCar and of the service itself, committed."""
    driver, rider, gone, admin = a_driver(), a_user(), a_user(erased_at=NOW, is_active=False), an_admin()
    trip = a_trip(driver)
    booking, other = a_booking(trip, rider), a_booking(trip, gone)
    decided = a_dispute(
        trip, booking, status=DisputeStatus.REJECTED, resolution="non", resolved_by=admin.id, resolved_at=NOW
    )
    paid = a_payment(booking, status=PaymentStatus.PAID, raw_payload={"phone": "77"}, paid_at=NOW)
    await world.keep(driver, rider, gone, admin, trip, booking, other, decided, a_dispute(trip, other), paid)
    await world.keep(
        a_payment(other, intent={"url": "x"}),  # not ended
        a_paper(gone, front_url="erased.jpg"),
        a_paper(rider, DocType.PERMIS, front_url="kept.jpg"),
        a_paper(
            rider,
            status=KycStatus.REJECTED,
            reviewed_at=NOW,
            front_url="refused.jpg",
            back_url="refused-back.jpg",
        ),
        Evidence(**_once(dispute_id=decided.id, user_id=rider.id, object_key="evidence.jpg", note="vu")),
    )
    async with world.begin() as unit:
        await _plant_account(unit, rider.id, admin.id)
        await _plant_rides(unit, trip.id, booking.id, other.id, rider.id, driver.user.id)
        await _plant_service(unit, admin.id, rider.id)


async def _plant_account(unit: Any, user_id: Any, admin_id: Any) -> None:
    spent, live = (Session(**_once(user_id=user_id, audience=Audience.ALLOCAR)) for _ in range(2))
    await unit.otps.add(Otp(**_once(target="+2250700000001", code_hash="a", expires_at=NOW)))
    link = {"purpose": LinkPurpose.EMAIL_VERIFY, "target": "a@b.test", "token_hash": str(new_id()), "expires_at": NOW}
    await unit.links.add(LinkToken(**_once(**link)))
    for session, ends in ((spent, NOW), (live, NOW + timedelta(days=1))):
        await unit.sessions.add(session)
        token = RefreshToken(**_once(session_id=session.id, token_hash=str(new_id()), expires_at=ends))
        await unit.refresh_tokens.add(token)
    await unit.contact_changes.add(ContactChange(**_once(user_id=user_id, kind=ChangeKind.PASSWORD)))
    device = {"platform": PushPlatform.ANDROID, "token": "sealed", "token_hash": str(new_id())}
    await unit.devices.add(Device(**_stamped(user_id=user_id, **device)))
    await unit.user_notes.add(UserNote(**_once(user_id=user_id, author_id=admin_id, text="vu")))
    await unit.inbox.add(Notice(**_once(user_id=user_id, type="rating_due")))
    grant = new_grant(new_id(), user_id=user_id, purpose=Purpose.PHOTO, content_type=FileType.JPEG, size=1, at=NOW)
    grant.sweep(NOW)
    await unit.uploads.add(grant)


async def _plant_rides(unit: Any, trip_id: Any, booking_id: Any, other_id: Any, user_id: Any, driver_id: Any) -> None:
    picture = Message(**_once(booking_id=booking_id, from_user_id=user_id, type=MessageType.IMAGE, content="chat.jpg"))
    await unit.messages.add(picture)
    await unit.messages.add(replace(picture, id=new_id(), booking_id=other_id))  # its dispute is open
    await unit.reminders.note(Reminder(**_once(trip_id=trip_id, user_id=user_id, hours_before=24)))
    fixes = {"fixes": 2, "distance_m": 9, "pickup_distance_m": 1, "dropoff_distance_m": 1}
    ends = {"first_point": ABIDJAN, "first_at": NOW, "last_point": ABIDJAN, "last_at": NOW}
    times = {"pickup_at": NOW, "dropoff_at": NOW}
    await unit.proofs.put(RideProof(**_once(booking_id=booking_id, **fixes, **ends, **times)))
    report = {"reporter_id": user_id, "reported_id": driver_id, "booking_id": None, "reason": "impoli"}
    await unit.reports.add(UserReport(**_stamped(**report, status=ReportStatus.CLOSED)))
    await unit.reports.add(UserReport(**_stamped(**report)))
    payout = {"kind": PayoutKind.EARNINGS, "amount": 5_000, "method": PayoutMethod.WAVE, "phone": "sealed"}
    for status in (PayoutStatus.DONE, PayoutStatus.SCHEDULED):
        await unit.payouts.add(Payout(**_stamped(driver_id=driver_id, **payout, status=status, scheduled_at=NOW)))
    event: dict[str, Any] = {
        "provider": "wave",
        "event_id": str(new_id()),
        "kind": "paid",
        "payment_id": None,
        "outcome": "settled",
    }
    await unit.webhook_events.put(StoredEvent(id=new_id(), received_at=NOW, **event))


async def _plant_service(unit: Any, admin_id: Any, user_id: Any) -> None:
    await unit.attempts.take(f"otp-send:{user_id}", limit=3, window=timedelta(minutes=10), now=NOW)
    key = KeyRecord(scope=str(new_id()), fingerprint="a", created_at=NOW)
    await unit.keys.claim(key, stale_before=NOW - timedelta(days=1))
    await unit.job_runs.claim("weekly", str(new_id()), now=NOW, lease=timedelta(0))
    await unit.exports.add(an_export(admin_id, status=ExportStatus.DONE))
    await unit.exports.add(an_export(admin_id, status=ExportStatus.DONE, object_key="exports/a.csv"))
    await unit.exports.add(an_export(admin_id))  # it waits to be written


async def forgotten(world: World, kept: Kept, *, after: timedelta, limit: int = 10) -> tuple[int, set[str]]:
    """How many rows of a kind go that long after NOW, and their files."""
    async with world.begin() as unit:
        gone = await unit.retention.forget(kept, before=NOW + after, limit=limit)
    return gone.rows, set(gone.files)
