"""What happens to Stripe's objects: an intent is confirmed, captured, canceled, refunded, disputed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from allonova.adapters.sandbox.callbacks import Event
from allonova.adapters.sandbox.ledger import Book, Movement
from allonova.adapters.sandbox.providers.stripe_objects import (
    AUTHENTICATED,
    DECLINES,
    REFUND_FAILS,
    REFUND_PENDING,
    Decline,
    new_charge,
    new_dispute,
    new_event,
    new_intent,
    new_refund,
    new_transaction,
)
from allonova.adapters.sandbox.providers.stripe_wire import IntentBody, RefundBody, amount_of, missing, refused
from allonova.adapters.sandbox.shelf import Shelf

if TYPE_CHECKING:
    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

NAME: Final = "stripe"
OPEN: Final = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
CANCELABLE: Final = OPEN | {"requires_capture"}
SEARCH_LAG_S: Final = 60
"""docs.stripe.com/search, "Data freshness": searchable in less than a minute."""

REFUND_TURNS_S: Final = 3600
"""When a test card's refund is done, or fails after all."""


@dataclass(frozen=True, slots=True)
class StripeBooks:
    """The objects, and how they change; `told` gathers the numbers of the callbacks that a change makes."""

    world: World
    intents: Shelf
    charges: Shelf
    transactions: Shelf
    refunds: Shelf
    disputes: Shelf
    tags: Shelf

    @classmethod
    def of(cls, world: World) -> StripeBooks:
        """Over the world's state."""

        def shelf(kind: str, *keys: str) -> Shelf:
            return Shelf(world.state, NAME, kind, keys)

        return cls(
            world,
            intents=shelf("payment_intent"),
            charges=shelf("charge"),
            transactions=shelf("balance_transaction"),
            refunds=shelf("refund", "payment_intent", "charge"),
            disputes=shelf("dispute", "payment_intent", "charge"),
            tags=shelf("tag", "pair"),
        )

    def intent(self, id_: str, told: list[int]) -> Json:
        """The intent as it is now."""
        found = self.intents.get(id_)
        if found is None:
            raise missing("payment_intent", id_)
        self.refunds_of("payment_intent", id_, told)
        return found

    def by_metadata(self, name: str, value: str) -> list[Json]:
        """The intents that carry this and can be searched for by now, oldest first."""
        tags, until = self.tags.find("pair", f"{name}={value}"), self._now() - SEARCH_LAG_S
        intents = [found for tag in tags if (found := self.intents.get(tag["intent"])) is not None]
        return [intent for intent in intents if intent["created"] <= until]

    def create(self, body: IntentBody) -> Json:
        """A new intent."""
        intent = new_intent(body, self._now())
        self.intents.put(intent["id"], intent)
        for name, value in body.metadata.items():
            self.tags.put(f"{intent['id']}:{name}", {"pair": f"{name}={value}", "intent": intent["id"]})
        return intent

    def confirm(self, intent: Json, method: str, told: list[int]) -> Decline | None:
        """The payer gives a card. Returns: why its bank says no."""
        if intent["status"] not in OPEN:
            raise unexpected(intent, "confirm")
        if method in AUTHENTICATED:
            stripe_js = f"https://hooks.stripe.com/3d_secure_2/hosted?intent={intent['id']}"
            action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "stripe_3ds2", "stripe_js": stripe_js}}
            self._change(intent, status="requires_action", next_action=action, payment_method=method)
            return None
        return self.charge(intent, method, told, decline=Decline(*DECLINES[method]) if method in DECLINES else None)

    def charge(self, intent: Json, method: str, told: list[int], *, decline: Decline | None) -> Decline | None:
        """The card's bank answers."""
        charge = new_charge(intent, method, self._now(), decline)
        self.charges.put(charge["id"], charge)
        self._change(intent, latest_charge=charge["id"], next_action=None, payment_method=method)
        if decline is not None:
            error = decline.error(charge["id"])
            self._change(intent, status="requires_payment_method", last_payment_error=error, payment_method=None)
            self._tell("payment_intent.payment_failed", intent, told)
        elif intent["capture_method"] == "manual":
            held = intent["amount"]
            self._change(intent, status="requires_capture", amount_capturable=held, last_payment_error=None)
            self._tell("payment_intent.amount_capturable_updated", intent, told)
        else:
            self._take(intent, charge, intent["amount"], told)
        return decline

    def capture(self, intent: Json, wanted: str | None, told: list[int]) -> None:
        """Takes what is held, or a part of it; the rest is let go."""
        if intent["status"] != "requires_capture":
            raise unexpected(intent, "capture")
        amount = intent["amount"] if wanted is None else amount_of(wanted)
        if amount > intent["amount_capturable"]:
            raise refused(
                400, "The amount is more than can be captured.", code="amount_too_large", param="amount_to_capture"
            )
        self._take(intent, self.charge_of(intent["latest_charge"]), amount, told)

    def cancel(self, intent: Json, reason: str | None, told: list[int]) -> None:
        """Nobody can pay it any more; what was held is let go."""
        if intent["status"] not in CANCELABLE:
            raise unexpected(intent, "cancel")
        if intent["status"] == "requires_capture":
            charge = self.charge_of(intent["latest_charge"])
            self.charges.put(charge["id"], charge | {"refunded": True, "amount_refunded": charge["amount"]})
        over = {"status": "canceled", "canceled_at": self._now(), "cancellation_reason": reason}
        self._change(intent, amount_capturable=0, next_action=None, **over)
        self._tell("payment_intent.canceled", intent, told)

    def refund(self, body: RefundBody, told: list[int]) -> Json:
        """Gives a charge back, or a part of it."""
        charge = self._charge_to_refund(body, told)
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            message = f"Charge {charge['id']} has already been refunded."
            raise refused(400, message, code="charge_already_refunded")
        amount = left if body.amount is None else amount_of(body.amount)
        if amount > left:
            message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            raise refused(400, message, param="amount")
        refund = new_refund(charge, body, amount, self._now())
        if charge["payment_method"] in REFUND_PENDING | REFUND_FAILS:
            refund["_turns_at"] = self._now() + REFUND_TURNS_S
        refund["balance_transaction"] = self._book(refund, "refund", -amount)
        self.refunds.put(refund["id"], refund)
        self._refunded(charge, amount)
        self._post(Book.REFUNDS, refund["id"], amount, refund["status"])
        self._tell("charge.refunded", charge, told)
        return refund

    def charge_of(self, id_: str) -> Json:
        """The charge of this id."""
        found = self.charges.get(id_)
        if found is None:
            raise missing("charge", id_)
        return found

    def refund_of(self, id_: str, told: list[int]) -> Json:
        """The refund as it is now."""
        found = self.refunds.get(id_)
        if found is None:
            raise missing("refund", id_)
        return self._turned(found, told)

    def refunds_of(self, name: str, value: str, told: list[int]) -> list[Json]:
        """The refunds of an intent or a charge, newest first."""
        return [self._turned(each, told) for each in reversed(self.refunds.find(name, value))]

    def dispute(self, intent: Json, amount: int | None, told: list[int]) -> Json:
        """A card's bank takes a payment back; the one dispute that a payment has."""
        charge = self.charge_of(intent["latest_charge"])
        if found := self.disputes.find("charge", charge["id"]):
            return found[0]
        dispute = new_dispute(charge, charge["amount_captured"] if amount is None else amount, self._now())
        self.disputes.put(dispute["id"], dispute)
        self.charges.put(charge["id"], charge | {"disputed": True})
        self._post(Book.CHARGES, intent["id"], intent["amount_received"], "disputed")
        self._tell("charge.dispute.created", dispute, told)
        return dispute

    def close_dispute(self, dispute: Json, outcome: str, told: list[int]) -> Json:
        """The bank decides."""
        dispute["status"] = outcome
        self.disputes.put(dispute["id"], dispute)
        won = "succeeded" if outcome == "won" else "charged_back"
        self._post(Book.CHARGES, dispute["payment_intent"], dispute["amount"], won)
        self._tell("charge.dispute.closed", dispute, told)
        return dispute

    def _take(self, intent: Json, charge: Json, amount: int, told: list[int]) -> None:
        line = self._book(charge, "charge", amount)
        taken = {"captured": True, "amount_captured": amount, "balance_transaction": line}
        self.charges.put(charge["id"], charge | taken)
        paid = {"status": "succeeded", "amount_received": amount, "amount_capturable": 0, "last_payment_error": None}
        self._change(intent, **paid)
        self._post(Book.CHARGES, intent["id"], amount, "succeeded")
        self._tell("payment_intent.succeeded", intent, told)

    def _charge_to_refund(self, body: RefundBody, told: list[int]) -> Json:
        if (body.payment_intent is None) == (body.charge is None):
            raise refused(
                400, "One of the following params should be provided for this request: payment_intent or charge."
            )
        id_ = body.charge or self.intent(body.payment_intent or "", told)["latest_charge"]
        charge = self.charge_of(id_) if id_ else None
        if charge is None or not charge["captured"]:
            raise refused(400, "This payment has no successful charge to refund.", code="charge_not_refundable")
        if charge["disputed"]:
            raise refused(400, f"Charge {charge['id']} has been charged back.", code="charge_disputed")
        return charge

    def _turned(self, refund: Json, told: list[int]) -> Json:
        """A refund of a test card at its time: nobody has to look for it to happen."""
        if self._now() < refund.get("_turns_at", self._now() + 1):
            return refund
        del refund["_turns_at"]
        if refund["status"] == "pending":
            refund["status"] = "succeeded"
        else:
            refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
            self._refunded(self.charge_of(refund["charge"]), -refund["amount"])
            self._tell("refund.failed", refund, told)
        self.refunds.put(refund["id"], refund)
        self._post(Book.REFUNDS, refund["id"], refund["amount"], refund["status"])
        return refund

    def _refunded(self, charge: Json, amount: int) -> None:
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self.charges.put(charge["id"], charge)

    def _change(self, intent: Json, **changes: object) -> None:
        intent |= changes
        self.intents.put(intent["id"], intent)

    def _book(self, source: Json, kind: str, amount: int) -> str:
        line = new_transaction(source, kind, amount, self._now())
        self.transactions.put(line["id"], line)
        return str(line["id"])

    def _post(self, book: Book, ref: str, amount: int, status: str) -> None:
        line = Movement(ref=ref, amount=amount, status=status, at=self.world.clock.now())
        self.world.ledger.post(NAME, book, line)

    def _tell(self, kind: str, found: Json, told: list[int]) -> None:
        event = new_event(kind, public(found), self._now())
        told += self.world.callbacks.record(Event(provider=NAME, id=event["id"], type=kind, payload=event))

    def _now(self) -> int:
        return int(self.world.clock.now().timestamp())


def public(found: Json) -> Json:
    """An object as Stripe shows it."""
    return {name: value for name, value in found.items() if not name.startswith("_")}


def unexpected(intent: Json, verb: str) -> Exception:
    """400, in Stripe's words."""
    message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
    return refused(400, message, code="payment_intent_unexpected_state", payment_intent=public(intent))
