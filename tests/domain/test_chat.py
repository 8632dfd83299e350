"""Who may write on a booking, until when, and what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from allonova.domain.carpool.chat import Chat
from allonova.domain.carpool.message import (
    ChatBlocked,
    ChatNotOpen,
    ChatOver,
    Message,
    MessageType,
    clean_text,
)
from allonova.domain.kernel.errors import NotFound, ValidationError
from tests.support.factories import HOUR, NOW, SECOND, a_booking, a_driver, a_trip, a_user, accepted, new_id, paid

DRIVER, PASSENGER = a_driver(), a_user()
TRIP = a_trip(DRIVER)
MONTH = timedelta(days=30)


def a_chat(**given: object) -> Chat:
    trip = a_trip(DRIVER)
    chat = Chat.of(accepted(trip, a_booking(trip, PASSENGER)), trip, is_blocked=False)
    return replace(chat, **given)  # type: ignore[arg-type]  # a test names fields


def test_open_to_its_two_sides_and_to_nobody_else() -> None:
    chat = a_chat()
    for side in (DRIVER.id, PASSENGER.id):
        assert chat.has(side)
        chat.require_side(side)
        chat.require_open(side, NOW)
    stranger = new_id()
    assert not chat.has(stranger)
    with pytest.raises(NotFound):
        chat.require_side(stranger)
    with pytest.raises(NotFound):
        chat.require_open(stranger, NOW)


def test_closed_before_the_driver_has_accepted() -> None:
    with pytest.raises(ChatNotOpen):
        Chat.of(a_booking(TRIP, PASSENGER), TRIP, is_blocked=False).require_open(PASSENGER.id, NOW)


def test_closed_when_one_blocks_the_other() -> None:
    with pytest.raises(ChatBlocked):
        a_chat(is_blocked=True).require_open(DRIVER.id, NOW)


def test_closed_thirty_days_after_the_ride() -> None:
    chat = a_chat(ride_ended_at=NOW)
    chat.require_open(PASSENGER.id, NOW + MONTH - SECOND)
    with pytest.raises(ChatOver) as refused:
        chat.require_open(PASSENGER.id, NOW + MONTH)
    assert refused.value.closed_at == NOW + MONTH


def test_known_from_the_booking_who_may_write_and_how_long() -> None:
    asked, held, bought = (a_booking(TRIP, PASSENGER) for _ in range(3))
    trip = a_trip(DRIVER)
    accepted(trip, held)
    paid(trip, bought)
    told = [Chat.of(booking, TRIP, is_blocked=True) for booking in (asked, held, bought)]
    assert [(chat.was_accepted, chat.was_paid) for chat in told] == [(False, False), (True, False), (True, True)]
    assert [chat.booking_id for chat in told] == [asked.id, held.id, bought.id]
    assert {(chat.driver_id, chat.passenger_id, chat.is_blocked) for chat in told} == {(DRIVER.id, PASSENGER.id, True)}
    assert told[0].ride_ended_at == TRIP.arrival_eta
    bought.ended_at = NOW + HOUR
    assert Chat.of(bought, TRIP, is_blocked=False).ride_ended_at == NOW + HOUR


def a_message(kind: MessageType, content: str) -> Message:
    return Message(
        id=new_id(), booking_id=TRIP.id, from_user_id=PASSENGER.id, type=kind, content=content, created_at=NOW
    )


def test_the_same_message_when_its_sender_sends_it_again() -> None:
    text, image = a_message(MessageType.TEXT, "J'arrive"), a_message(MessageType.IMAGE, "chat/1.jpg")
    assert text.says(TRIP.id, MessageType.TEXT, "J'arrive")
    assert not text.says(TRIP.id, MessageType.TEXT, "Je pars")
    assert not text.says(new_id(), MessageType.TEXT, "J'arrive")
    assert not text.says(TRIP.id, MessageType.IMAGE, "J'arrive")
    assert image.says(TRIP.id, MessageType.IMAGE, "chat/2.jpg")
    assert not image.says(new_id(), MessageType.IMAGE, "chat/1.jpg")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  Bonjour \n", "Bonjour"),
        ("un\ndeux\ttrois", "un\ndeux\ttrois"),
        ("x" * 2_000, "x" * 2_000),
        ("a b", "a b"),
        ("\ud7ff\ue000~", "\ud7ff\ue000~"),
        ("😀é", "😀é"),
    ],
)
def test_kept_without_the_blanks_around_it(text: str, kept: str) -> None:
    assert clean_text(text) == kept


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" \n ", "too_short"),
        ("x" * 2_001, "too_long"),
        ("a\x00b", "control_character"),
        ("a\x1fb", "control_character"),
        ("a\rb", "control_character"),
        ("a\x7fb", "control_character"),
        ("a" + chr(0xD800), "control_character"),
        ("a" + chr(0xDFFF), "control_character"),
    ],
)
def test_refused_when_a_text_is_none_or_too_much(text: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_text(text)
    assert [(fault.path, fault.code) for fault in refused.value.fields] == [("content", code)]
    assert all(fault.message for fault in refused.value.fields)
