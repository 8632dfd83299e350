"""Every machine, cell by cell, against the text of the specification, copied here by hand.

A row reads: action, who may, from which states, to which state. All other cells refuse.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from allonova.domain.carpool.booking import BOOKING, BookingAction, BookingStage
from allonova.domain.carpool.dispute import DISPUTE, DisputeAction, DisputeStatus
from allonova.domain.carpool.trip import TRIP, TripAction, TripStatus
from allonova.domain.kernel.errors import Forbidden, InvalidTransition
from allonova.domain.kernel.machine import Machine, Party, step
from allonova.domain.kyc.document import KYC, KycAction, KycStatus
from allonova.domain.money.payment import PAYMENT, PaymentAction, PaymentStatus
from allonova.domain.money.payout import (
    PAYOUT,
    PAYOUT_BATCH,
    BatchAction,
    BatchStatus,
    PayoutAction,
    PayoutStatus,
)
from allonova.domain.money.referral import REFERRAL, ReferralAction, ReferralStatus
from allonova.domain.money.refund import REFUND, RefundAction, RefundStatus

# allocar.md, Bookings: the action table. `expire` from accepted: "expiry cancels and frees them" (row accept).
# "a second check-in with the right code answers 200, unchanged, until the ride has ended".
BOOKING_TEXT = """
accept         | driver                 | pending               | accepted
expire         | system                 | pending, accepted     | cancelled
reject         | driver                 | pending               | cancelled
pay            | provider, passenger    | accepted              | paid
checkin        | driver                 | paid                  | checked_in
checkin        | driver                 | checked_in            | checked_in
checkin        | driver                 | started               | started
start-ride     | driver                 | checked_in            | started
end-ride       | driver                 | started               | completed
complete       | system, admin          | checked_in, started   | completed
cancel         | passenger, driver, admin | pending, accepted  | cancelled
cancel         | passenger, driver, admin, system | paid       | cancelled
no-show        | driver, system         | paid                  | cancelled
driver-no-show | passenger              | paid                  | cancelled
"""

# allocar.md, Vehicles and trips, and Bookings (start-ride: trip → ongoing; end-ride: trip → completed with its last
# booking; complete: by the job or an admin, and a published trip without live bookings by the job alone).
TRIP_TEXT = """
publish  | driver                | draft            | published
start    | driver                | published        | ongoing
start    | driver                | ongoing          | ongoing
complete | driver, system, admin | ongoing          | completed
complete | system                | published        | completed
cancel   | driver, admin         | draft, published | cancelled
"""

# seeds/allocar.txt: "init → authorized? → paid, failed, refunded". promises.md: the order of webhooks does not
# matter, so money that comes after a failure is money.
PAYMENT_TEXT = """
authorize | provider         | init             | authorized
pay       | provider         | init, authorized | paid
pay       | provider         | failed           | paid
fail      | provider, system | init, authorized | failed
refund    | provider, system | paid             | refunded
"""

# seeds/allocar.txt: "pending → approved | rejected avec notes, reviewed_by"
KYC_TEXT = """
approve | admin | pending | approved
reject  | admin | pending | rejected
"""

# money.md, Payouts: four eyes above an amount; Payments: what a provider cannot do waits for somebody's word.
REFUND_TEXT = """
approve | admin            | awaiting_approval | pending
reject  | admin            | awaiting_approval | rejected
give-up | system           | pending           | pending_manual
finish  | system, provider | pending           | done
confirm | admin            | pending_manual    | done
"""

# seeds/allocar.txt: "scheduled → processing → done/failed"; money.md: a second admin above an amount.
PAYOUT_TEXT = """
approve | admin    | awaiting_approval | scheduled
reject  | admin    | awaiting_approval | failed
send    | system   | scheduled         | processing
finish  | provider | processing        | done
fail    | provider | processing        | failed
"""

BATCH_TEXT = """
approve | admin | awaiting_approval | approved
reject  | admin | awaiting_approval | rejected
"""

# allocar.md, Chat, ratings, disputes: "open → in_review → resolved | rejected"; the back office moves it.
DISPUTE_TEXT = """
review  | admin | open      | in_review
resolve | admin | in_review | resolved
reject  | admin | in_review | rejected
"""

REFERRAL_TEXT = """
earn | system | pending | earned
void | admin  | pending | void
"""

MACHINES: dict[str, tuple[Machine[Any, Any], type[Any], type[Any], str, tuple[str, ...]]] = {
    "booking": (BOOKING, BookingStage, BookingAction, BOOKING_TEXT, ("pending", "accepted")),
    "trip": (TRIP, TripStatus, TripAction, TRIP_TEXT, ("draft",)),
    "payment": (PAYMENT, PaymentStatus, PaymentAction, PAYMENT_TEXT, ("init",)),
    "kyc": (KYC, KycStatus, KycAction, KYC_TEXT, ("pending",)),
    "refund": (REFUND, RefundStatus, RefundAction, REFUND_TEXT, ("awaiting_approval", "pending")),
    "payout": (PAYOUT, PayoutStatus, PayoutAction, PAYOUT_TEXT, ("awaiting_approval", "scheduled")),
    "batch": (PAYOUT_BATCH, BatchStatus, BatchAction, BATCH_TEXT, ("awaiting_approval", "approved")),
    "dispute": (DISPUTE, DisputeStatus, DisputeAction, DISPUTE_TEXT, ("open",)),
    "referral": (REFERRAL, ReferralStatus, ReferralAction, REFERRAL_TEXT, ("pending",)),
}

STATES = {
    "booking": {"pending", "accepted", "paid", "checked_in", "started", "completed", "cancelled"},
    "trip": {"draft", "published", "ongoing", "completed", "cancelled"},
    "payment": {"init", "authorized", "paid", "failed", "refunded"},
    "kyc": {"pending", "approved", "rejected"},
    "refund": {"awaiting_approval", "pending", "pending_manual", "done", "rejected"},
    "dispute": {"open", "in_review", "resolved", "rejected"},
    "payout": {"awaiting_approval", "scheduled", "processing", "done", "failed"},
    "batch": {"awaiting_approval", "approved", "rejected"},
    "referral": {"pending", "earned", "void"},
}


def cells_of(text: str) -> dict[tuple[str, str, str], str]:
    """(state, action, party) → state."""
    found = {}
    for line in text.strip().splitlines():
        action, who, froms, to = (part.strip() for part in line.split("|"))
        for state, party in itertools.product(froms.split(", "), who.split(", ")):
            found[state, action, party] = to
    return found


def outcome(machine: Machine[Any, Any], state: Any, action: Any, party: Party) -> str:
    try:
        return str(machine.go(state, action, party))
    except Forbidden:
        return "forbidden"
    except InvalidTransition:
        return "invalid"


ALL_CELLS = [
    (name, state, action)
    for name, (_, states, actions, *_) in MACHINES.items()
    for state in states
    for action in actions
]


@pytest.mark.parametrize(("name", "state", "action"), ALL_CELLS)
def test_as_the_text_says_when_anybody_acts(name: str, state: Any, action: Any) -> None:
    machine, _, _, text, _ = MACHINES[name]
    cells = cells_of(text)
    allowed = {party for _, one, party in cells if one == action.value}
    for party in Party:
        refusal = "invalid" if party.value in allowed else "forbidden"
        expected = cells.get((state.value, action.value, party.value), refusal)
        assert outcome(machine, state, action, party) == expected, party


@pytest.mark.parametrize("name", MACHINES)
def test_the_texts_states_and_actions_are_all_there_are_when_counted(name: str) -> None:
    _, states, actions, text, _ = MACHINES[name]
    assert {state.value for state in states} == STATES[name]
    assert {action.value for action in actions} == {action for _, action, _ in cells_of(text)}


@pytest.mark.parametrize("name", MACHINES)
def test_begins_as_the_text_says_when_created(name: str) -> None:
    machine, *_, starts = MACHINES[name]
    assert machine.starts == starts


@pytest.mark.parametrize(("name", "state", "action"), ALL_CELLS)
def test_shown_as_an_action_when_and_only_when_it_may_be_taken(name: str, state: Any, action: Any) -> None:
    machine, _, _, text, _ = MACHINES[name]
    for party in Party:
        may = (state.value, action.value, party.value) in cells_of(text)
        assert (action in machine.actions(state, party)) is may


def test_from_and_to_named_when_refused() -> None:
    with pytest.raises(InvalidTransition) as caught:
        BOOKING.go(BookingStage.COMPLETED, BookingAction.CANCEL, Party.PASSENGER)
    assert caught.value.facts() == {"from": "completed", "to": "cancelled"}


def test_forbidden_when_the_party_may_never_do_it() -> None:
    with pytest.raises(Forbidden):
        BOOKING.go(BookingStage.PENDING, BookingAction.ACCEPT, Party.PASSENGER)


def test_drawn_with_starts_steps_and_ends_when_asked_for_a_diagram() -> None:
    machine = Machine[KycStatus, KycAction](
        "tiny",
        KycStatus.PENDING,
        {(KycStatus.PENDING, KycAction.APPROVE): step(KycStatus.APPROVED, Party.SYSTEM, Party.ADMIN)},
    )
    assert machine.mermaid().splitlines() == [
        "stateDiagram-v2",
        "    [*] --> pending",
        "    pending --> approved: approve (admin, system)",
        "    approved --> [*]",
    ]


def test_drawn_once_per_step_when_the_machine_is_whole() -> None:
    steps = [line for line in BOOKING.mermaid().splitlines() if ": " in line]
    assert len(steps) == len({(state, action) for state, action, _ in cells_of(BOOKING_TEXT)})
