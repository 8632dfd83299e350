"""Found a company, with all that it has from the first day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import islice
from typing import ClassVar

from allonova.application.dispatch.captcha import FORM_ACTION, Captcha
from allonova.application.dispatch.fleet_views import taxi_view
from allonova.application.dispatch.founding import Dossier, Founding, FoundingRows
from allonova.application.dispatch.invitations import InvitationDesk
from allonova.application.dispatch.ports import DispatchUnit, Doors
from allonova.application.dispatch.staff_accounts import AccountDesk
from allonova.application.dispatch.staff_views import FoundedView, societe_view, staff_view
from allonova.application.dispatch.views import client_view
from allonova.application.identity.ports import PasswordHasher
from allonova.application.kernel.ports import BeginFor, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.events import SocieteFounded
from allonova.domain.dispatch.societe import SlugTaken, Societe, slugs_of
from allonova.domain.dispatch.staff import EmailTaken, Membre, StaffUser
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.link import LinkPurpose
from allonova.domain.kernel.errors import (
    CaptchaFailed,
    DomainError,
    FieldError,
    ProviderUnavailable,
    RateLimited,
    ValidationError,
)

NAMESAKES = 50  # companies of one name that are told apart by a number; the next one must choose its slug


@wired
class Bootstrap:
    """A company, its taxis, chauffeurs, clients and first admin, in one transaction; the admin is logged in. Chauffeurs
    are invited by mail, and the admin is asked to confirm his address.
    """

    begin_for: BeginFor[DispatchUnit]
    doors: Doors
    ids: Ids
    hasher: PasswordHasher
    accounts: AccountDesk
    invitations: InvitationDesk
    captcha: Captcha
    needs_captcha: bool

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        *(ValidationError, SlugTaken, EmailTaken, CaptchaFailed, ProviderUnavailable, RateLimited),
    )

    async def __call__(
        self, *, dossier: Dossier, captcha_token: str | None, address: str, admit: Callable[[], Awaitable[None]]
    ) -> FoundedView:
        """Found it.

        Args:
            address: where the call comes from.
            admit: counts companies that are founded, and raises when there were too many.

        Raises:
            CaptchaFailed: a token that does not pass, or none where one is needed.
            ValidationError: all that is wrong, each with its path; somebody may have been faster with an address.
            SlugTaken: the slug that was chosen is somebody else's.
        """
        if self.needs_captcha or captcha_token is not None:
            await self.captcha.require(captcha_token, action=FORM_ACTION, address=address)
        faults = [*dossier.faults, *await self._taken(dossier)]
        founding = dossier.founding
        if faults or founding is None:
            raise ValidationError(tuple(faults))
        if founding.societe.slug is not None and not await self.doors.is_slug_free(founding.societe.slug):
            raise SlugTaken
        await admit()
        hashed = await self.hasher.hash(founding.admin.password)
        for _ in range(NAMESAKES):
            slug = founding.societe.slug or await self._free_slug(founding.societe.nom)
            try:
                return await self._found(founding, slug, hashed)
            except EmailTaken:
                if taken := await self._taken(dossier):
                    raise ValidationError(tuple(taken)) from None
                raise
            except SlugTaken:
                if founding.societe.slug is not None:
                    raise
        raise SlugTaken

    async def _taken(self, dossier: Dossier) -> list[FieldError]:
        """What the dossier says for itself may still be somebody else's, or too easy to guess."""
        known = await self.doors.known_emails(set(dossier.emails.values()))
        taken = [path for path, email in dossier.emails.items() if email in known]
        faults = [FieldError(path, "taken", "somebody has this address already") for path in taken]
        if dossier.faults and dossier.slug is not None and not await self.doors.is_slug_free(dossier.slug):
            faults.append(FieldError("societe.slug", "taken", "another company goes by it"))
        if dossier.password is not None and self.hasher.is_common(dossier.password):
            common = "among the passwords that are tried first"
            faults.append(FieldError("admin.password", "common_password", common))
        return faults

    async def _free_slug(self, nom: str) -> str:
        """Raises SlugTaken when there are too many of that name."""
        free = await self.doors.free_slugs(list(islice(slugs_of(nom), NAMESAKES)))
        if not free:
            raise SlugTaken
        return free[0]

    async def _found(self, founding: Founding, slug: str, password_hash: str) -> FoundedView:
        rows = FoundingRows(founding, slug, ids=self.ids, now=self.accounts.clock.now())
        admin = rows.admin(password_hash)
        taxis, clients = rows.taxis(), rows.clients()
        chauffeurs = rows.chauffeurs({taxi.numero: taxi for taxi in taxis})
        async with self.begin_for(rows.societe.id) as unit:
            await unit.societes.add(rows.societe)
            await unit.taxis.add_all(taxis)
            # Two foundings wait for addresses in one order.
            await unit.staff.add_all(sorted((admin, *chauffeurs), key=_address))
            await unit.clients.add_all(clients)
            await self.invitations.invite(unit, *chauffeurs)
            await self._record(unit, rows.societe, admin, founding)
            tokens = await self.accounts.enter(unit, admin)
        drivers = {user.taxi_id: user for user in chauffeurs}
        return FoundedView(
            societe=societe_view(rows.societe),
            admin=staff_view(admin),
            taxis=tuple(taxi_view(t, driver=drivers.get(t.id), point=None, seen_at=None) for t in taxis),
            chauffeurs=tuple(map(staff_view, chauffeurs)),
            clients=tuple(map(client_view, clients)),
            tokens=tokens,
        )

    async def _record(self, unit: DispatchUnit, societe: Societe, admin: StaffUser, founding: Founding) -> None:
        contact = Contact(Channel.EMAIL, admin.email)
        link = await self.invitations.links.make(unit, contact, LinkPurpose.STAFF_EMAIL, user_id=admin.id)
        await unit.outbox.put(SocieteFounded(societe.id, link.id))
        by = Membre(admin.id, societe.id, admin.role)
        facts = {name: len(getattr(founding, name)) for name in ("taxis", "chauffeurs", "clients")}
        trail = self.accounts.trail
        await trail.record(unit, by, societe.id, "societe.creee", "societe", after=societe, facts=facts)


def _address(user: StaffUser) -> str:
    return user.email.lower()
