"""Where one's money goes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, Code, Phone
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.money.change_payout_account import ChangePayoutAccount
from allonova.application.money.confirm_payout_account import ConfirmPayoutAccount
from allonova.application.money.payout_account import PayoutAccountChange, PayoutAccountView, ShowPayoutAccount
from allonova.domain.kernel.errors import NotFound
from allonova.domain.money.payout import PayoutMethod

router = api_router("Wallet", "/me/payout-account")


class PayoutAccountBody(Body):
    """The number that one wants one's money at, and by which way."""

    method: PayoutMethod
    phone: Phone


class PayoutCodeBody(Body):
    """The code that came to the new number."""

    code: Code


@router.get("", **spec(PayoutAccountView, [NotFound]))
async def get_payout_account(
    caller: UserCaller, show: Annotated[ShowPayoutAccount, use(ShowPayoutAccount)]
) -> Response:
    """Where earnings and withdrawals go: what one named, else by Wave to one's verified phone."""
    account = await show(caller_id=caller.user_id)
    if account is None:
        raise NotFound
    return answer(account)


@router.put("", **spec(PayoutAccountChange, ChangePayoutAccount.errors))
async def change_payout_account(
    body: PayoutAccountBody, caller: UserCaller, change: Annotated[ChangePayoutAccount, use(ChangePayoutAccount)]
) -> Response:
    """Name another one. One's own verified phone counts at once; to another number a code is sent, and `code` says how
    long it works: until it comes back, nothing changes.
    """
    return answer(await change(caller_id=caller.user_id, method=body.method, phone=body.phone))


@router.post("/confirm", **spec(PayoutAccountView, ConfirmPayoutAccount.errors))
async def confirm_payout_account(
    body: PayoutCodeBody, caller: UserCaller, confirm: Annotated[ConfirmPayoutAccount, use(ConfirmPayoutAccount)]
) -> Response:
    """Take the new account by the last code that came to its number."""
    return answer(await confirm(caller_id=caller.user_id, code=body.code))
