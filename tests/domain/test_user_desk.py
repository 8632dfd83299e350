"""What the back office does about people, as rules."""

from __future__ import annotations

import pytest

from allonova.domain.carpool.message import Message, MessageType
from allonova.domain.carpool.segment import UserSegment
from allonova.domain.carpool.user_report import ReportStatus, UserReport
from allonova.domain.identity.contact import Channel
from allonova.domain.identity.user import AccountErased, AccountStatus
from allonova.domain.identity.user_note import NotYourNote, UserNote
from allonova.domain.kernel.folding import folded, holds_words, sought_words
from tests.support.factories import HOUR, NOW, a_user, new_id

LATER = NOW + HOUR


def a_note() -> UserNote:
    return UserNote(id=new_id(), user_id=new_id(), author_id=new_id(), text="Rappelé.", created_at=NOW)


def test_account_is_suspended_and_reinstated() -> None:
    user = a_user()
    assert user.status is AccountStatus.ACTIVE
    user.suspend(LATER)
    assert (user.status, user.is_active, user.updated_at) == (AccountStatus.SUSPENDED, False, LATER)
    user.reinstate(LATER + HOUR)
    assert (user.status, user.is_active, user.updated_at) == (AccountStatus.ACTIVE, True, LATER + HOUR)


def test_erased_account_stays_so() -> None:
    user = a_user(needs_code=True)
    user.erase(LATER)
    assert (user.status, user.erased_at, user.needs_code) == (AccountStatus.ERASED, LATER, False)
    with pytest.raises(AccountErased):
        user.reinstate(LATER)
    assert user.is_active is False


@pytest.mark.parametrize("channel", list(Channel))
def test_code_is_asked_for_until_one_came_back_by_any_way(channel: Channel) -> None:
    user = a_user(password_hash="kept", is_email_verified=True)
    user.require_code(LATER)
    assert (user.needs_code, user.is_reachable, user.updated_at) == (True, True, LATER)
    user.prove(channel, LATER)
    assert (user.needs_code, user.password_hash) == (False, "kept")


def test_note_is_struck_once_and_its_text_is_gone() -> None:
    note, admin_id = a_note(), new_id()
    with pytest.raises(NotYourNote):
        note.strike(admin_id=admin_id, is_super=False, at=LATER)
    assert note.strike(admin_id=admin_id, is_super=True, at=LATER) is True
    assert (note.text, note.struck_at, note.struck_by) == (None, LATER, admin_id)
    assert note.strike(admin_id=note.author_id, is_super=False, at=LATER + HOUR) is False
    assert note.struck_at == LATER


def test_author_strikes_his_own_note() -> None:
    note = a_note()
    assert note.strike(admin_id=note.author_id, is_super=False, at=LATER) is True


def test_segment_says_what_changed() -> None:
    segment = UserSegment(
        id=new_id(), name="A", filters={"is_driver": True}, created_by=new_id(), created_at=NOW, updated_at=NOW
    )
    assert segment.change(name="A", filters={"is_driver": True}, at=LATER) == frozenset()
    assert segment.updated_at == NOW
    assert segment.change(name="B", filters=None, at=LATER) == {"name"}
    assert segment.change(name=None, filters={}, at=LATER) == {"filters"}
    assert (segment.name, segment.filters, segment.updated_at) == ("B", {}, LATER)


def test_report_is_closed_once() -> None:
    report = UserReport(
        id=new_id(),
        reporter_id=new_id(),
        reported_id=new_id(),
        booking_id=None,
        reason="x",
        created_at=NOW,
        updated_at=NOW,
    )
    assert report.close(LATER) is True
    assert (report.status, report.updated_at) == (ReportStatus.CLOSED, LATER)
    assert report.close(LATER + HOUR) is False
    assert report.updated_at == LATER


def test_message_is_hidden_and_given_back() -> None:
    message = Message(
        id=new_id(), booking_id=new_id(), from_user_id=new_id(), type=MessageType.TEXT, content="x", created_at=NOW
    )
    assert message.hide(LATER, is_hidden=False) is False
    assert message.hide(LATER, is_hidden=True) is True
    assert message.hide(LATER + HOUR, is_hidden=True) is False
    assert message.hidden_at == LATER
    assert message.hide(LATER, is_hidden=False) is True
    assert message.hidden_at is None


@pytest.mark.parametrize(
    ("q", "words"),
    [
        ("Élodie  KONÉ", ["elodie", "kone"]),
        ("+225 07 00 00 00 01", ["2250700000001"]),
        ("(07) 00-00", ["070000"]),
        ("a b c d", ["a", "b", "c"]),
        ("07", ["07"]),
        ("  ", []),
    ],
)
def test_words_are_found_in_what_was_typed(q: str, words: list[str]) -> None:
    assert sought_words(q) == words


@pytest.mark.parametrize(
    ("q", "is_found"),
    [("lod", True), ("lo", False), ("el", True), ("kone elo", True), ("kone ali", False), ("0701", True), ("", True)],
)
def test_every_word_is_somewhere_in_the_text(q: str, is_found: bool) -> None:
    text = folded("+2250701", "elo@x.test", "Élodie", "Koné")
    assert holds_words(text, sought_words(q)) is is_found
