"""One of everything that is sealed, in the stores, and what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from allonova.adapters.postgres.keys.columns import SEALED
from allonova.adapters.postgres.keys.values import PostgresSealedValues
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.unit import PostgresUnit, PostgresUnits
from allonova.application.identity.admin_proof import context as admin_context
from allonova.application.kernel.idempotency import Answer, Keyed
from allonova.application.kernel.ports import Sealer
from allonova.domain.dispatch.device import StaffDevice
from allonova.domain.dispatch.device import token_context as staff_token_context
from allonova.domain.identity.contact import ChangeKind, ContactChange
from allonova.domain.identity.device import Device, PushPlatform, token_context
from allonova.domain.identity.otp import Otp, OtpPurpose, target_context
from allonova.domain.identity.user import User
from allonova.domain.kyc.document import number_context
from allonova.domain.money.payout import Payout, PayoutKind, PayoutMethod
from allonova.domain.money.payout_account import PayoutAccount, account_context, payout_context
from tests.support.factories import HOUR, NOW, SetClock, a_paper, a_user, an_admin, keep, new_id
from tests.support.nova import a_colleague, a_societe

CANARY: Final = "CANARY-0123456789"
NOBODY: Final = "nobody"  # a key that seals nothing


async def fill(units: PostgresUnits, sealer: Sealer) -> User:
    """One value in each column, of one person and one company; the person."""
    user = a_user()
    async with units.begin() as unit:
        await keep(unit, user)
        await _identity(unit, sealer, user)
        await _money(unit, sealer, user)
        answer = Answer(201, CANARY.encode())
        once: Keyed[None] = Keyed(f"scope-{new_id()}", "body", SetClock(), sealer, lambda _: answer)
        await once.settle(unit, None)
    await _company(units, sealer)
    return user


async def add_devices(units: PostgresUnits, sealer: Sealer, user: User, count: int) -> list[UUID]:
    """Phones of somebody."""
    devices = [a_device(user, sealer) for _ in range(count)]
    async with units.begin() as unit:
        for device in devices:
            await unit.devices.add(device)
    return [device.id for device in devices]


def a_device(user: User, sealer: Sealer, token: str = CANARY) -> Device:
    """A phone."""
    id = new_id()
    sealed = sealer.seal(token, context=token_context(id))
    return Device(
        id=id, platform=PushPlatform.ANDROID, token=sealed, token_hash=str(id), created_at=NOW, updated_at=NOW,
        user_id=user.id,
    )  # fmt: skip


async def opened(runner: Runner, sealer: Sealer) -> Mapping[tuple[str, UUID], str]:
    """Every sealed value by its column and row. Raises ValueError for one that does not open there."""
    values = PostgresSealedValues(runner)
    found: dict[tuple[str, UUID], str] = {}
    for column in values.columns:
        for value in await values.page(column, besides=NOBODY, after=None, limit=100_000):
            found[column, value.row] = sealer.open(value.sealed, context=value.context)
    return found


async def kids(runner: Runner) -> set[str | None]:
    """The keys that anything sealed goes by."""
    return {use.kid for use in await PostgresSealedValues(runner).uses() if use.is_sealed}


def columns() -> Sequence[str]:
    """All that `fill` must fill."""
    return [of.name for of in SEALED]


async def _identity(unit: PostgresUnit, sealer: Sealer, user: User) -> None:
    admin = an_admin(totp_confirmed_at=NOW)
    admin.totp_secret = sealer.seal(CANARY, context=admin_context(admin, "totp_secret"))
    admin.totp_pending = sealer.seal(CANARY, context=admin_context(admin, "totp_pending"))
    paper = a_paper(user)
    paper.doc_number = sealer.seal(CANARY, context=number_context(paper.id))
    await keep(unit, admin, paper)
    await unit.devices.add(a_device(user, sealer))
    id, otp_id = new_id(), new_id()
    old = sealer.seal(CANARY, context=f"contact_changes.old_value:{id}")
    await unit.contact_changes.add(
        ContactChange(id=id, user_id=user.id, kind=ChangeKind.PHONE, old_value=old, created_at=NOW)
    )
    target = sealer.seal(CANARY, context=target_context(otp_id))
    times: dict[str, Any] = {"code_hash": "h", "expires_at": NOW + HOUR, "created_at": NOW}
    await unit.otps.add(Otp(id=new_id(), target="+2250700000000", **times))
    await unit.otps.add(Otp(id=otp_id, target=target, purpose=OtpPurpose.PAYOUT_WAVE, user_id=user.id, **times))


async def _money(unit: PostgresUnit, sealer: Sealer, user: User) -> None:
    id, payout_id = new_id(), new_id()
    about: dict[str, Any] = {"method": PayoutMethod.WAVE, "created_at": NOW, "updated_at": NOW}
    sealed = sealer.seal(CANARY, context=account_context(id))
    await unit.payout_accounts.add(PayoutAccount(id=id, user_id=user.id, phone=sealed, confirmed_at=NOW, **about))
    sealed = sealer.seal(CANARY, context=payout_context(payout_id))
    kind: dict[str, Any] = {"kind": PayoutKind.WITHDRAWAL, "amount": 5_000, "scheduled_at": NOW}
    await unit.payouts.add(Payout(id=payout_id, driver_id=user.id, phone=sealed, **kind, **about))


async def _company(units: PostgresUnits, sealer: Sealer) -> None:
    societe = a_societe()
    colleague, id = a_colleague(societe), new_id()
    about: dict[str, Any] = {"societe_id": societe.id, "created_at": NOW, "updated_at": NOW}
    token = sealer.seal(CANARY, context=staff_token_context(id))
    async with units.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.staff.add(colleague)
        await unit.staff_devices.add(
            StaffDevice(
                id=id, user_id=colleague.id, platform=PushPlatform.WEB, token=token, token_hash=str(id), **about
            )
        )
