"""An account with all that it did: taken away, or erased."""

from __future__ import annotations

from allonova.application.carpool.erase_account import EraseAccount
from allonova.application.carpool.export_account import ExportAccount
from allonova.application.carpool.ports import AccountUnit
from allonova.application.files.upload_desk import UploadDesk
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.photo_desk import PhotoDesk
from allonova.application.kernel.ports import Begin
from allonova.application.kyc.show_papers import ShowPapers
from allonova.application.money.payout_account import PayoutAccountDesk, ShowPayoutAccount
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.show_payouts import ShowPayouts
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """Accounts on their adapters."""
    begin: Begin[AccountUnit] = platform.begin
    clock, ids = platform.clock, outside.ids
    sessions = SessionDesk(clock, ids, outside.secrets, outside.tokens)
    uploads = UploadDesk(platform.begin, clock, outside.files, outside.cleaner)
    photos = PhotoDesk(platform.begin, ids, uploads, outside.public_url)
    papers = ShowPapers(platform.papers, outside.sealer)
    return Part(
        use={
            EraseAccount: EraseAccount(begin, clock, ids, sessions, photos),
            ExportAccount: ExportAccount(
                platform.identity,
                papers,
                platform.carpool,
                platform.series,
                platform.alerts,
                platform.people,
                platform.ratings,
                platform.disputes,
                platform.rides,
                platform.chats,
                platform.promos,
                ShowPayoutAccount(platform.wallets, PayoutAccountDesk(clock, ids, outside.sealer)),
                ShowPayouts(platform.payouts, PayoutDesk(clock, ids, outside.sealer)),
                platform.notices,
                outside.files,
                clock,
            ),
        }
    )
