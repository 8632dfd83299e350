"""The back office's people: users, notes about them, segments of them, what is reported."""

from __future__ import annotations

from allonova.application.carpool.change_segment import ChangeSegment
from allonova.application.carpool.create_segment import CreateSegment
from allonova.application.carpool.erase_account import EraseAccount
from allonova.application.carpool.erase_user import EraseUser
from allonova.application.carpool.moderation_queries import ModerationQueries
from allonova.application.carpool.ports import AccountUnit
from allonova.application.carpool.remove_segment import RemoveSegment
from allonova.application.carpool.review_case import ReviewCase
from allonova.application.carpool.show_case import ShowCase
from allonova.application.carpool.user_queries import UserQueries
from allonova.application.files.upload_desk import UploadDesk
from allonova.application.identity.change_user import ChangeUser
from allonova.application.identity.create_user import CreateUser
from allonova.application.identity.note_desk import NoteDesk
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.photo_desk import PhotoDesk
from allonova.application.identity.send_link import LinkDesk
from allonova.application.identity.send_otp import OtpDesk
from allonova.application.identity.strike_note import StrikeNote
from allonova.application.identity.write_note import WriteNote
from allonova.application.kernel.ports import Begin
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """The back office's people on their adapters."""
    begin: Begin[AccountUnit] = platform.begin
    clock, ids, secrets = platform.clock, outside.ids, outside.secrets
    sessions = SessionDesk(clock, ids, secrets, outside.tokens)
    photos = PhotoDesk(
        platform.begin, ids, UploadDesk(platform.begin, clock, outside.files, outside.cleaner), outside.public_url
    )
    notes, links = NoteDesk(clock, ids), LinkDesk(clock, ids, secrets)
    codes = OtpDesk(clock, ids, secrets, outside.sealer)
    show = ShowCase(platform.moderation, outside.files)
    return Part(
        use={
            UserQueries: platform.users,
            CreateUser: CreateUser(begin, clock, ids, links),
            ChangeUser: ChangeUser(begin, clock, sessions, photos, notes, codes, links),
            EraseUser: EraseUser(EraseAccount(begin, clock, ids, sessions, photos)),
            WriteNote: WriteNote(begin, notes),
            StrikeNote: StrikeNote(begin, clock),
            CreateSegment: CreateSegment(begin, clock, ids),
            ChangeSegment: ChangeSegment(begin, clock),
            RemoveSegment: RemoveSegment(begin),
            ModerationQueries: platform.moderation,
            ShowCase: show,
            ReviewCase: ReviewCase(begin, clock, ids, show),
        }
    )
