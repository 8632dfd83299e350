"""What happens in dispatch that others react to. Ids alone; the company's is always among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class StaffInvited(Event):
    """Somebody is to be sent the link that sets his first password."""

    name: ClassVar[str] = "staff_invited"
    societe_id: UUID
    link_id: UUID


@dataclass(frozen=True, slots=True)
class StaffPasswordAsked(Event):
    """Somebody of staff has forgotten his password."""

    name: ClassVar[str] = "staff_password_asked"
    societe_id: UUID
    link_id: UUID


@dataclass(frozen=True, slots=True)
class StaffPasswordChanged(Event):
    """Somebody of staff has another password than before."""

    name: ClassVar[str] = "staff_password_changed"
    societe_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True)
class SocieteFounded(Event):
    """A company has come; its first admin is asked to confirm his address."""

    name: ClassVar[str] = "societe_founded"
    societe_id: UUID
    link_id: UUID


@dataclass(frozen=True, slots=True)
class CommandeChanged(Event):
    """A card is new or otherwise than before. `action` is of CommandeAction, `create` or `edit`; `by` is the account
    that did it, empty for the service itself; `former` is the chauffeur whose course it was, if it is his no more.
    """

    name: ClassVar[str] = "commande_changed"
    societe_id: UUID
    commande_id: UUID
    version: int
    action: str
    by: str = ""
    former: str = ""


@dataclass(frozen=True, slots=True)
class CommandeOrdered(Event):
    """The public form brought an order: its client is sent a confirmation."""

    name: ClassVar[str] = "commande_ordered"
    societe_id: UUID
    commande_id: UUID


@dataclass(frozen=True, slots=True)
class CommandeCancelled(Event):
    """The client is told that nobody will come."""

    name: ClassVar[str] = "commande_cancelled"
    societe_id: UUID
    commande_id: UUID


@dataclass(frozen=True, slots=True)
class DemandesChanged(Event):
    """Phones of chauffeurs have something new to show, or nothing any more: the same happened to one demande of a
    commande or to many. `demande_ids` are apart by spaces; `action` is of DemandeAction, `create` or `edit`.
    """

    name: ClassVar[str] = "demandes_changed"
    societe_id: UUID
    commande_id: UUID
    demande_ids: str
    action: str


@dataclass(frozen=True, slots=True)
class TaxiChanged(Event):
    """A taxi is new or otherwise than before."""

    name: ClassVar[str] = "taxi_changed"
    societe_id: UUID
    taxi_id: UUID
    version: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class NotificationPosted(Event):
    """Somebody has something to read: his devices are told, and for some types his mailbox."""

    name: ClassVar[str] = "notification_posted"
    societe_id: UUID
    notification_id: UUID


@dataclass(frozen=True, slots=True)
class AdminTold(Event):
    """The reader of a notification is an admin: his screens show it at once."""

    name: ClassVar[str] = "admin_told"
    societe_id: UUID
    notification_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True)
class PushAddressed(Event):
    """A notification is to reach one of its reader's devices."""

    name: ClassVar[str] = "push_addressed"
    societe_id: UUID
    notification_id: UUID
    device_id: UUID


@dataclass(frozen=True, slots=True)
class InterventionOpened(Event):
    """Something needs looking at."""

    name: ClassVar[str] = "intervention_opened"
    societe_id: UUID
    intervention_id: UUID
