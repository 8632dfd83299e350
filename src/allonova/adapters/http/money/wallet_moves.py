"""Into one's wallet, and out of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Request, Response
from pydantic import Field, StrictInt

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, Phone
from allonova.adapters.http.provide import UserCaller, keyed, use
from allonova.adapters.http.return_urls import ReturnUrl, return_url_of
from allonova.adapters.http.routes import api_router
from allonova.application.kernel.idempotency import Once
from allonova.application.money.top_up import TopUp, TopUpWish
from allonova.application.money.views import PaymentStarted
from allonova.application.money.withdraw import Withdraw, Withdrawn, WithdrawWish
from allonova.domain.kernel.money import MAX_AMOUNT_XOF
from allonova.domain.money.payment import Method
from allonova.domain.money.payout import PayoutMethod

router = api_router("Wallet", "/wallet")

type Amount = Annotated[
    StrictInt, Field(ge=1, le=MAX_AMOUNT_XOF, description="Francs (XOF); the settings have closer bounds.")
]


class TopUpBody(Body):
    """How much, and how it is paid: `phone` and `return_url` as for `POST /payments/init`."""

    amount: Amount = Field(examples=[5000])
    method: Literal[Method.WAVE, Method.ORANGE, Method.MTN, Method.CARD]
    phone: Phone | None = None
    return_url: ReturnUrl | None = None


class WithdrawBody(Body):
    """How much, and by which way. `phone`: one's verified phone or one's payout account's, by default the latter if
    there is one.
    """

    amount: Amount = Field(examples=[5000])
    method: PayoutMethod
    phone: Phone | None = None


@router.post("/topup", **spec(PaymentStarted, TopUp.errors, keyed=True))
async def top_up(
    request: Request,
    body: TopUpBody,
    caller: UserCaller,
    once: Annotated[Once[Any], keyed(200, required=True)],
    start: Annotated[TopUp, use(TopUp)],
) -> Response:
    """Open a payment that goes into one's wallet; the intent says what the client does next. What comes from a card can
    be spent or refunded, not withdrawn.
    """
    url = return_url_of(request, body.return_url)
    wish = TopUpWish(amount=body.amount, method=body.method, return_url=url, phone=body.phone)
    return answer(await start(caller_id=caller.user_id, wish=wish, once=once), once=once)


@router.post("/withdraw", **spec(Withdrawn, Withdraw.errors, keyed=True))
async def withdraw(
    body: WithdrawBody,
    caller: UserCaller,
    once: Annotated[Once[Any], keyed(200, required=True)],
    take: Annotated[Withdraw, use(Withdraw)],
) -> Response:
    """Send francs of one's wallet to one's mobile money. It takes an approved identity document, and nothing leaves for
    24 hours after a change of phone, e-mail, password or payout account.
    """
    wish = WithdrawWish(amount=body.amount, method=body.method, phone=body.phone)
    return answer(await take(caller_id=caller.user_id, wish=wish, once=once), once=once)
