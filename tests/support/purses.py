"""Wallets with francs in them, as the books know them."""

from __future__ import annotations

from typing import Any

from allonova.application.carpool.take_provider_event import TakeProviderEvent
from allonova.application.money.ports import ProviderEvent, Report, Reported
from allonova.domain.money.payment import Method, Payment
from tests.support.api import Api, Person
from tests.support.factories import SECOND, a_paper, a_user, new_id
from tests.support.wire import data, fresh_key


async def a_saver(api: Api, *francs: int, **given: Any) -> Person:
    """Somebody with an approved identity card, and so much in the wallet, paid by Wave."""
    user = a_user(**given)
    person = await api.enter(user, user, a_paper(user))
    for amount in francs:
        await filled(api, person, amount)
    return person


async def filled(api: Api, person: Person, amount: int, *, method: Method = Method.WAVE) -> Payment:
    """A top-up that its provider paid a second ago."""
    now, id = api.clock.now(), new_id()
    payment = Payment(
        id=id,
        booking_id=None,
        user_id=person.id,
        method=method,
        provider_url="https://provider.test",
        provider_ref=f"ref-{id}",
        amount=amount,
        created_at=now,
        updated_at=now,
    )
    await api.keep(payment)
    report = Report(reported=Reported.PAID, provider_ref=payment.provider_ref, amount=amount, currency="XOF")
    take: Any = api.service.edge.use[TakeProviderEvent]
    provider = "stripe" if method is Method.CARD else method.value
    event = ProviderEvent(provider=provider, event_id=f"event-{id}", kind="paid", payment_id=id, report=report)
    assert await take(event) == "paid"
    api.clock.advance(SECOND)
    return payment


async def wallet_of(person: Person) -> tuple[int, int]:
    """Balance, and how much of it may leave."""
    shown = data(await person.get("/wallet"))
    return shown["balance"], shown["withdrawable"]


async def withdrawing(person: Person, amount: int, *, key: str | None = None, **given: Any) -> Any:
    """The answer to a withdrawal by Wave."""
    return await person.post("/wallet/withdraw", {"amount": amount, "method": "wave", **given}, key=key or fresh_key())


async def require_sound_books(api: Api) -> None:
    """Our books prove themselves."""
    assert (await api.service.platform.books.verify()).faults == ()
