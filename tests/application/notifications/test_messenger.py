"""From a template and facts to what a channel is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.ports import Letter
from allonova.application.notifications.templates import Template

LINK = "https://app.test/reset-password#token=abc"


@dataclass
class Sent:
    """Both channels; keeps what it is given."""

    texts: list[tuple[str, str, str]] = field(default_factory=list)
    letters: list[tuple[str, Letter]] = field(default_factory=list)


@dataclass
class Texts:
    sent: Sent

    async def send(self, *, to: str, text: str, template: str) -> None:
        self.sent.texts.append((to, text, template))


@dataclass
class Mails:
    sent: Sent

    async def send(self, *, to: str, letter: Letter) -> None:
        self.sent.letters.append((to, letter))


def messenger() -> tuple[Messenger, Sent]:
    sent = Sent()
    return Messenger(Texts(sent), Mails(sent)), sent


async def test_text_names_its_facts_when_sent() -> None:
    us, sent = messenger()
    await us.text(to="+2250700000001", language="fr", template=Template.OTP, code="123456")
    [(to, text, template)] = sent.texts
    assert (to, template) == ("+2250700000001", "otp")
    assert "123456" in text


async def test_letter_carries_its_link_apart_when_it_has_one() -> None:
    us, sent = messenger()
    await us.mail(to="a@b.test", language="en", template=Template.PASSWORD_RESET, url=LINK, token="abc")
    [(to, letter)] = sent.letters
    assert (to, letter.template, letter.button, letter.url) == ("a@b.test", "password_reset", "Choose a password", LINK)
    assert letter.data == {"token": "abc", "url": LINK}
    assert not any("abc" in paragraph for paragraph in letter.paragraphs)


async def test_letter_has_neither_button_nor_data_when_nothing_is_secret() -> None:
    us, sent = messenger()
    await us.mail(to="a@b.test", language="en", template=Template.PASSWORD_CHANGED)
    [(_, letter)] = sent.letters
    assert (letter.code, letter.button, letter.url, letter.data) == (None, None, None, {})


async def test_numbers_are_grouped_as_the_language_does_when_mailed() -> None:
    us, sent = messenger()
    for language in ("fr", "en"):
        await us.mail(
            to="a@b.test",
            language=language,
            template=Template.BOOKING_CANCELLED_PASSENGER,
            fee=1_350,
            refund=1_012_150,
            route="Abidjan - Bouaké",
            when="22/11 14:30",
        )
    fr, en = (letter.paragraphs[-1] for _, letter in sent.letters)
    assert fr == "Frais d’annulation : 1 350 F. Remboursement : 1 012 150 F."
    assert en == "Cancellation fee: 1,350 F. Refund: 1,012,150 F."


async def test_braces_stay_what_they_are_when_a_fact_holds_them() -> None:
    us, sent = messenger()
    await us.mail(to="a@b.test", language="en", template=Template.PAPERS_REJECTED, notes="{code} {0} {")
    [(_, letter)] = sent.letters
    assert "{code} {0} {" in letter.paragraphs[0]
