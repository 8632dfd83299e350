"""Accounts, codes, sessions."""

from __future__ import annotations

from allonova.application.files.upload_desk import UploadDesk
from allonova.application.identity.add_device import AddDevice
from allonova.application.identity.announce_revocation import AnnounceRevocation
from allonova.application.identity.ask_contact_change import AskContactChange
from allonova.application.identity.change_password import ChangePassword
from allonova.application.identity.confirm_contact_change import ConfirmContactChange
from allonova.application.identity.end_session import EndSession
from allonova.application.identity.forgot_password import ForgotPassword
from allonova.application.identity.log_in import LogIn
from allonova.application.identity.logout import Logout
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.password_desk import PasswordDesk
from allonova.application.identity.password_guard import PasswordGuard
from allonova.application.identity.photo_desk import PhotoDesk
from allonova.application.identity.ports import IdentityQueries, IdentityUnit
from allonova.application.identity.refresh_session import RefreshSession
from allonova.application.identity.register import Register
from allonova.application.identity.remove_device import RemoveDevice
from allonova.application.identity.reset_password import ResetPassword
from allonova.application.identity.send_link import LinkDesk
from allonova.application.identity.send_otp import OtpDesk, SendOtp
from allonova.application.identity.tell_user import MailOwner, SendCode, SendLink, TellChange, TellOwner
from allonova.application.identity.tickets import IssueTicket
from allonova.application.identity.update_profile import UpdateProfile
from allonova.application.identity.verify_email import VerifyEmail
from allonova.application.identity.verify_otp import VerifyOtp
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.relay import Handler
from allonova.domain.identity.contact import Channel
from allonova.domain.identity.events import (
    ContactChanged,
    EmailRegistrationRepeated,
    LinkRequested,
    OtpRequested,
    RegistrationRepeated,
    SessionRevoked,
)
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {
    OtpRequested: ("send_code",),
    LinkRequested: ("send_link",),
    RegistrationRepeated: ("tell_owner",),
    EmailRegistrationRepeated: ("mail_owner",),
    ContactChanged: ("text_change", "mail_change"),
    SessionRevoked: ("announce_revocation",),
}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """Identity on its adapters."""
    return Part(use=_use(platform, outside), handlers=_handlers(platform, outside))


def _use(platform: Platform, outside: Outside) -> dict[object, object]:
    begin: Begin[IdentityUnit] = platform.begin
    clock, ids, secrets, sealer, hasher = platform.clock, outside.ids, outside.secrets, outside.sealer, outside.hasher
    codes, links = OtpDesk(clock, ids, secrets, sealer), LinkDesk(clock, ids, secrets)
    sessions = SessionDesk(clock, ids, secrets, outside.tokens)
    passwords = PasswordDesk(clock, ids, sessions)
    uploads = UploadDesk(platform.begin, clock, outside.files, outside.cleaner)
    photos = PhotoDesk(platform.begin, ids, uploads, outside.public_url)
    return {
        IdentityQueries: platform.identity,
        Register: Register(begin, clock, ids, codes, links, hasher),
        SendOtp: SendOtp(begin, codes),
        VerifyOtp: VerifyOtp(begin, clock, secrets, sessions),
        VerifyEmail: VerifyEmail(begin, clock, links, sessions),
        LogIn: LogIn(begin, hasher, sessions),
        ForgotPassword: ForgotPassword(begin, links),
        ResetPassword: ResetPassword(begin, clock, links, hasher, passwords),
        RefreshSession: RefreshSession(begin, sessions),
        Logout: Logout(begin, sessions),
        EndSession: EndSession(begin, sessions),
        IssueTicket: IssueTicket(platform.tickets, outside.secrets, clock),
        UpdateProfile: UpdateProfile(begin, clock, photos),
        ChangePassword: ChangePassword(begin, PasswordGuard(clock, hasher), passwords),
        AskContactChange: AskContactChange(begin, codes),
        ConfirmContactChange: ConfirmContactChange(begin, clock, ids, secrets, sealer),
        AddDevice: AddDevice(begin, clock, ids, sealer),
        RemoveDevice: RemoveDevice(begin),
    }


def _handlers(platform: Platform, outside: Outside) -> dict[str, Handler]:
    begin: Begin[IdentityUnit] = platform.begin
    clock, secrets, sealer, messenger = platform.clock, outside.secrets, outside.sealer, outside.messenger
    return {
        "send_code": SendCode(begin, clock, secrets, sealer, messenger),
        "send_link": SendLink(begin, clock, secrets, messenger, outside.web_url),
        "tell_owner": TellOwner(begin, messenger),
        "mail_owner": MailOwner(begin, messenger),
        "text_change": TellChange(begin, sealer, messenger, Channel.SMS),
        "mail_change": TellChange(begin, sealer, messenger, Channel.EMAIL),
        "announce_revocation": AnnounceRevocation(platform.revocations),
    }
