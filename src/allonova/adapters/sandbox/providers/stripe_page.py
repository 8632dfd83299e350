"""The payer's page of an intent: in real life it is Stripe's form inside of our own page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from allonova.adapters.sandbox.providers.stripe_books import NAME, OPEN, StripeBooks
from allonova.adapters.sandbox.providers.stripe_objects import DECLINED, Decline
from allonova.adapters.sandbox.world import CheckoutView
from allonova.application.kernel.wired import wired

if TYPE_CHECKING:
    from allonova.adapters.sandbox.state import Json
    from allonova.adapters.sandbox.world import World

BUSINESS_NAME: Final = "AlloNova"
VISA: Final = "pm_card_visa"
STATUSES: Final = {"succeeded": "paid", "requires_capture": "paid", "canceled": "expired"}


@wired
class StripePage:
    """Two buttons: a card that works, and one that is declined."""

    world: World
    books: StripeBooks

    def view(self, provider_ref: str) -> CheckoutView | None:
        """The payer's page of this intent."""
        intent = self.books.intents.get(provider_ref)
        return None if intent is None else self._view(intent)

    async def pay(self, provider_ref: str) -> CheckoutView:
        """A card that works: `amount_capturable_updated`, or `succeeded` where nothing is captured by hand."""
        return await self._press(provider_ref, None)

    async def fail(self, provider_ref: str) -> CheckoutView:
        """A card that is declined: `payment_failed`; the intent stays open."""
        return await self._press(provider_ref, Decline(*DECLINED))

    async def _press(self, provider_ref: str, decline: Decline | None) -> CheckoutView:
        told: list[int] = []
        with self.world.state.transaction():
            intent = self.books.intent(provider_ref, told)
            if intent["status"] in OPEN:
                self.books.charge(intent, VISA, told, decline=decline)
        await self.world.callbacks.send(told)
        return self._view(intent)

    def _view(self, intent: Json) -> CheckoutView:
        error, reference = intent["last_payment_error"], intent["metadata"].get("payment_id")
        back = f"{self.world.config.public_url.rstrip('/')}/payment-done"
        back = f"{back}?payment_id={reference}" if reference else back
        return CheckoutView(
            provider=NAME,
            provider_ref=intent["id"],
            business_name=BUSINESS_NAME,
            amount=intent["amount"],
            currency=intent["currency"].upper(),
            status=STATUSES.get(intent["status"], "open"),
            reference=reference,
            last_failure=error and error["code"],
            expires_at=None,
            success_url=back,
            error_url=back,
            raw={"payment_intent_status": intent["status"], "latest_charge": intent["latest_charge"]},
        )
