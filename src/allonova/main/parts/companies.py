"""Companies, staff, and how they log in."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.adapters.http.fields import read_phone
from allonova.application.dispatch.bootstrap import Bootstrap
from allonova.application.dispatch.change_societe import ChangeSociete
from allonova.application.dispatch.change_staff_password import ChangeStaffPassword
from allonova.application.dispatch.change_staff_user import ChangeStaffUser
from allonova.application.dispatch.company_queries import CompanyQueries
from allonova.application.dispatch.confirm_staff_email import ConfirmStaffEmail
from allonova.application.dispatch.consume_magic_link import ConsumeMagicLink
from allonova.application.dispatch.erase_staff_user import EraseStaffUser
from allonova.application.dispatch.export_staff_user import ExportStaffUser
from allonova.application.dispatch.forgot_staff_password import ForgotStaffPassword
from allonova.application.dispatch.invitations import InvitationDesk
from allonova.application.dispatch.invite_staff import InviteStaff
from allonova.application.dispatch.invite_staff_again import InviteStaffAgain
from allonova.application.dispatch.log_in_staff import LogInStaff
from allonova.application.dispatch.log_out_staff import LogOutStaff
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.refresh_staff_session import RefreshStaffSession
from allonova.application.dispatch.remove_staff_user import RemoveStaffUser
from allonova.application.dispatch.reset_staff_password import ResetStaffPassword
from allonova.application.dispatch.staff_accounts import AccountDesk
from allonova.application.dispatch.staff_changes import StaffLocks
from allonova.application.dispatch.staff_door import StaffDoor
from allonova.application.dispatch.staff_taxis import TaxiHandover
from allonova.application.dispatch.tell_staff import MailStaffLink, WarnOfStaffPassword
from allonova.application.dispatch.update_staff_profile import UpdateStaffProfile
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.password_guard import PasswordGuard
from allonova.application.identity.send_link import LinkDesk
from allonova.application.kernel.ports import BeginFor
from allonova.domain.dispatch.events import SocieteFounded, StaffInvited, StaffPasswordAsked, StaffPasswordChanged
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform
from allonova.main.parts.desks import desks

HEARD: dict[type[Event], tuple[str, ...]] = {
    StaffInvited: ("mail_staff_link",),
    StaffPasswordAsked: ("mail_staff_link",),
    SocieteFounded: ("mail_staff_link",),
    StaffPasswordChanged: ("warn_of_staff_password",),
}
EVERY_S: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class _Tools:
    """What the use cases of accounts share."""

    door: StaffDoor
    sessions: SessionDesk
    accounts: AccountDesk
    invitations: InvitationDesk


def build(platform: Platform, outside: Outside) -> Part:
    """On its adapters."""
    begin_for: BeginFor[DispatchUnit] = platform.dispatch.begin_for
    tools = _tools(platform, outside)
    mails = MailStaffLink(begin_for, platform.clock, outside.secrets, outside.messenger, outside.web_url)
    return Part(
        use={
            CompanyQueries: platform.dispatch.companies,
            **_entrances(platform, outside, tools),
            **_staff(platform, outside, tools),
        },
        handlers={
            "mail_staff_link": mails,
            "warn_of_staff_password": WarnOfStaffPassword(begin_for, outside.messenger),
        },
    )


def _tools(platform: Platform, outside: Outside) -> _Tools:
    clock, ids, secrets = platform.clock, outside.ids, outside.secrets
    sessions = SessionDesk(clock, ids, secrets, outside.tokens)
    return _Tools(
        door=StaffDoor(platform.begin, platform.dispatch.begin_for, platform.dispatch.doors),
        sessions=sessions,
        accounts=AccountDesk(clock, sessions, desks(platform, outside).trail),
        invitations=InvitationDesk(clock, LinkDesk(clock, ids, secrets), holds=outside.guards_onboarding),
    )


def _entrances(platform: Platform, outside: Outside, tools: _Tools) -> dict[object, object]:
    door, accounts, invitations, hasher = tools.door, tools.accounts, tools.invitations, outside.hasher
    guard = PasswordGuard(platform.clock, hasher)
    begin_for, doors = platform.dispatch.begin_for, platform.dispatch.doors
    return {
        Bootstrap: Bootstrap(
            begin_for,
            doors,
            outside.ids,
            hasher,
            accounts,
            invitations,
            outside.captcha,
            needs_captcha=outside.guards_onboarding,
        ),
        LogInStaff: LogInStaff(door, hasher, accounts),
        RefreshStaffSession: RefreshStaffSession(door, tools.sessions),
        LogOutStaff: LogOutStaff(platform.begin, tools.sessions),
        ConsumeMagicLink: ConsumeMagicLink(door, hasher, invitations, accounts),
        ConfirmStaffEmail: ConfirmStaffEmail(door, invitations),
        ForgotStaffPassword: ForgotStaffPassword(door, invitations.links),
        ResetStaffPassword: ResetStaffPassword(door, hasher, invitations, accounts),
        ChangeStaffPassword: ChangeStaffPassword(begin_for, guard, accounts),
    }


def _staff(platform: Platform, outside: Outside, tools: _Tools) -> dict[object, object]:
    begin_for, clock, shared = platform.dispatch.begin_for, platform.clock, desks(platform, outside)
    accounts, invitations, trail = tools.accounts, tools.invitations, shared.trail
    handover = TaxiHandover(clock, shared.offers, trail)
    locks = StaffLocks(handover)
    return {
        InviteStaff: InviteStaff(begin_for, clock, outside.ids, trail, invitations, handover, read_phone),
        InviteStaffAgain: InviteStaffAgain(begin_for, trail, invitations),
        ChangeStaffUser: ChangeStaffUser(begin_for, accounts, invitations, locks, read_phone),
        RemoveStaffUser: RemoveStaffUser(begin_for, accounts, locks),
        ExportStaffUser: ExportStaffUser(begin_for, clock, trail),
        EraseStaffUser: EraseStaffUser(begin_for, accounts, locks),
        UpdateStaffProfile: UpdateStaffProfile(begin_for, clock, trail, read_phone),
        ChangeSociete: ChangeSociete(begin_for, clock, trail, read_phone),
    }
