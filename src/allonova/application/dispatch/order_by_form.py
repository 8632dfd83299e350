"""Order a course on the public form."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from allonova.application.dispatch.captcha import FORM_ACTION, Captcha
from allonova.application.dispatch.order_desk import OrderDesk, OrderDraft
from allonova.application.dispatch.phones import PhoneReader
from allonova.application.dispatch.ports import DispatchUnit, Doors
from allonova.application.dispatch.suivi import SuiviLinks
from allonova.application.dispatch.wire import wire
from allonova.application.identity.codes import token_hash
from allonova.application.kernel.idempotency import UNKEYED, Once
from allonova.application.kernel.ports import Begin, BeginFor, Unit
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.client import Client, ClientType
from allonova.domain.dispatch.commande import CommandeStatut, Source
from allonova.domain.dispatch.events import CommandeOrdered
from allonova.domain.dispatch.societe import Societe
from allonova.domain.kernel.errors import (
    CaptchaFailed,
    DomainError,
    FieldError,
    NotFound,
    ProviderUnavailable,
    ValidationError,
)

AHEAD: Final = timedelta(days=365)  # nova.md, Endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class FormOrder:
    """What somebody filled in. `phone` is as he wrote it, `societe` the slug of the company that he wants."""

    societe: str | None
    nom: str
    email: str
    phone: str
    draft: OrderDraft
    captcha_token: str = field(repr=False)


@wire
class CommandeRecue:
    """An order was taken. `suivi_url` leads to a page that shows how it stands, until a day after the course."""

    reference: str
    statut: CommandeStatut
    suivi_url: str


@wired
class OrderByForm:
    """A stranger's order goes into the pool of the company that he names, or of the only one there is."""

    begin: Begin[Unit]
    begin_for: BeginFor[DispatchUnit]
    doors: Doors
    captcha: Captcha
    phones: PhoneReader
    orders: OrderDesk
    links: SuiviLinks

    errors: ClassVar[tuple[type[DomainError], ...]] = (CaptchaFailed, ProviderUnavailable, NotFound, ValidationError)

    async def __call__(self, *, order: FormOrder, address: str, once: Once[CommandeRecue]) -> CommandeRecue:
        """Take it; its client gets a mail.

        A captcha's token works once, so a repeat under a key is answered before the captcha is asked, and again when
        it refuses: the first request may have used the token up a moment ago.
        """
        await self._replay(once)
        try:
            await self.captcha.require(order.captcha_token, action=FORM_ACTION, address=address)
        except CaptchaFailed:
            await self._replay(once)
            raise
        societe_id = await self.doors.of_form(order.societe)
        if societe_id is None:
            raise NotFound
        async with self.begin_for(societe_id) as unit:
            await once.claim(unit)
            societe = await unit.societes.get(societe_id)
            phone = self._require_sound(order, societe)
            client, is_new = await self._client(unit, societe, order, phone)
            draft = order.draft if is_new else _with_caller(order, client, phone)
            view = await self._place(unit, societe, client, draft)
            await once.settle(unit, view)
        return view

    async def _replay(self, once: Once[CommandeRecue]) -> None:
        """Raise Replay when the key has its answer; what else the key may refuse comes out here as well."""
        if once is not UNKEYED:
            async with self.begin() as unit:
                await once.claim(unit)

    def _require_sound(self, order: FormOrder, societe: Societe) -> str:
        """The phone as it is kept. Raises ValidationError."""
        phone = self.phones(order.phone, societe.pays)
        faults = []
        if phone is None:
            faults.append(FieldError("client.phone", "phone", "not a phone number"))
        if not _is_bookable(order.draft.date_iso, self.orders.clock.now()):
            faults.append(FieldError("dateISO", "out_of_range", "from now to 365 days ahead"))
        if phone is None or faults:
            raise ValidationError(tuple(faults))
        return phone

    async def _client(self, unit: DispatchUnit, societe: Societe, order: FormOrder, phone: str) -> tuple[Client, bool]:
        """Whose order it is, and whether he is new. A stranger changes nothing of a client who is there."""
        known = await unit.clients.by_email(order.email)
        if known is not None:  # locked, since the office may be striking him out at this moment
            known = await unit.clients.find(lock=True, id=known.id, active=True)
        if known is not None:
            return known, False
        now = self.orders.clock.now()
        client = Client(
            id=self.orders.ids.new(),
            societe_id=societe.id,
            type=ClientType.PARTICULIER,
            nom=order.nom,
            contact_email=order.email,
            contact_phone=phone,
            created_at=now,
            updated_at=now,
        )
        await unit.clients.add(client)
        await self.orders.trail.record(unit, None, societe.id, "client.cree", "client", after=client)
        return client, True

    async def _place(self, unit: DispatchUnit, societe: Societe, client: Client, draft: OrderDraft) -> CommandeRecue:
        id = self.orders.ids.new()
        token = self.links.token(id)
        commande = await self.orders.place(
            unit, societe, client, draft, source=Source.PUBLIC, id=id, suivi_hash=token_hash(token)
        )
        await unit.outbox.put(CommandeOrdered(societe.id, commande.id))
        return CommandeRecue(
            reference=commande.reference,
            statut=commande.statut,
            suivi_url=self.links.url(commande.reference, token),
        )


def _is_bookable(date_iso: datetime, now: datetime) -> bool:
    return now <= date_iso <= now + AHEAD


def _with_caller(order: FormOrder, client: Client, phone: str) -> OrderDraft:
    """A hotel's guest, or a client with another phone: the chauffeur must know whom to call."""
    if client.contact_phone == phone and client.nom.casefold() == order.nom.casefold():
        return order.draft
    contact = f"Contact : {order.nom}, {phone}"
    commentaire = order.draft.commentaire
    return replace(order.draft, commentaire=f"{commentaire}\n\n{contact}" if commentaire else contact)
