"""Wallets that are filled and emptied, and where people's money goes."""

from __future__ import annotations

from allonova.application.identity.send_otp import OtpDesk
from allonova.application.kernel.ports import Begin
from allonova.application.money.change_payout_account import ChangePayoutAccount
from allonova.application.money.confirm_payout_account import ConfirmPayoutAccount
from allonova.application.money.payout_account import PayoutAccountDesk, ShowPayoutAccount
from allonova.application.money.show_earnings import ShowEarnings
from allonova.application.money.top_up import TopUp
from allonova.application.money.wallet_queries import OwnerUnit
from allonova.application.money.withdraw import Withdraw
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform, Policies
from allonova.main.parts.cash import cash

HEARD: dict[type[Event], tuple[str, ...]] = {}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside, policies: Policies) -> Part:
    """Wallets on their adapters."""
    begin: Begin[OwnerUnit] = platform.begin
    clock, ids, secrets = platform.clock, outside.ids, outside.secrets
    accounts = PayoutAccountDesk(clock, ids, outside.sealer)
    gateways, codes = outside.payout_gateways, OtpDesk(clock, ids, secrets, outside.sealer)
    opening = cash(platform, outside, policies).opening
    return Part(
        use={
            TopUp: TopUp(begin, ids, opening, policies.money),
            Withdraw: Withdraw(begin, outside.sealer, accounts, gateways, policies.money),
            ShowPayoutAccount: ShowPayoutAccount(platform.wallets, accounts),
            ChangePayoutAccount: ChangePayoutAccount(begin, accounts, codes, gateways),
            ConfirmPayoutAccount: ConfirmPayoutAccount(begin, accounts, secrets),
            ShowEarnings: ShowEarnings(platform.wallets, clock, policies.money),
        }
    )
