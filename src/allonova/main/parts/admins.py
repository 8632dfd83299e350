"""The back office's own accounts."""

from __future__ import annotations

from allonova.application.identity.admin_proof import AdminProof
from allonova.application.identity.change_admin import ChangeAdmin
from allonova.application.identity.confirm_totp import ConfirmTotp
from allonova.application.identity.create_admin import CreateAdmin
from allonova.application.identity.hire_admin import HireAdmin
from allonova.application.identity.invite_admin import InviteAdmin
from allonova.application.identity.log_in_admin import LogInAdmin
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.refresh_admin_session import RefreshAdminSession
from allonova.application.identity.reset_admin_password import ResetAdminPassword
from allonova.application.identity.send_link import LinkDesk
from allonova.application.identity.start_totp import StartTotp
from allonova.application.identity.tell_admin import MailInvitation
from allonova.application.kernel.ports import Begin
from allonova.domain.identity.events import AdminInvited
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {AdminInvited: ("mail_invitation",)}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """The back office on its adapters."""
    begin: Begin[IdentityUnit] = platform.begin
    clock, ids, secrets = platform.clock, outside.ids, outside.secrets
    sessions = SessionDesk(clock, ids, secrets, outside.tokens)
    links = LinkDesk(clock, ids, secrets)
    proof = AdminProof(begin, clock, outside.sealer, outside.hasher, outside.totp)
    invite = InviteAdmin(begin, links, outside.web_url)
    return Part(
        use={
            LogInAdmin: LogInAdmin(begin, clock, ids, proof, sessions),
            RefreshAdminSession: RefreshAdminSession(begin, sessions),
            StartTotp: StartTotp(begin, clock, proof),
            ConfirmTotp: ConfirmTotp(begin, clock, proof, sessions),
            ResetAdminPassword: ResetAdminPassword(begin, clock, proof, links, sessions),
            CreateAdmin: CreateAdmin(begin, clock, ids, outside.hasher),
            InviteAdmin: invite,
            HireAdmin: HireAdmin(begin, clock, ids, invite),
            ChangeAdmin: ChangeAdmin(begin, clock, sessions),
        },
        handlers={
            "mail_invitation": MailInvitation(begin, clock, secrets, outside.messenger, outside.web_url),
        },
    )
