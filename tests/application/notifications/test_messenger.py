"""From a template and facts to what a channel is given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.ports import BadAddress, Letter, Undeliverable
from allonova.application.notifications.templates import PROOFS, Template
from allonova.domain.identity.contact import Contact, contact_of
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.notifications.stored_templates import MessageRules
from allonova.domain.notifications.suppression import SuppressionReason

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


AWA = "awa@example.test"


@dataclass
class List:
    """Suppressed addresses, kept as they are."""

    known: dict[Contact, SuppressionReason] = field(default_factory=dict)

    async def is_suppressed(self, contact: Contact) -> bool:
        return contact in self.known

    async def suppress(self, contact: Contact, reason: SuppressionReason) -> None:
        self.known.setdefault(contact, reason)


@dataclass
class Refusing:
    """Both channels, which fail."""

    error: Exception

    async def send(self, **_given: object) -> None:
        raise self.error


async def test_nothing_is_sent_when_the_address_is_suppressed() -> None:
    us, sent = messenger()
    known = List({contact_of(AWA): SuppressionReason.SPAM, contact_of("+22507"): SuppressionReason.INVALID})
    us = replace(us, suppressions=known)
    with pytest.raises(Undeliverable, match="suppressed"):
        await us.mail(to=AWA, language="fr", template=Template.REFUND_SENT, amount=5)
    with pytest.raises(Undeliverable, match="suppressed"):
        await us.text(to="+22507", language="fr", template=Template.REFUND_SENT, amount=5)
    assert (sent.letters, sent.texts) == ([], [])
    await us.mail(to="other@example.test", language="fr", template=Template.REFUND_SENT, amount=5)
    assert len(sent.letters) == 1


@pytest.mark.parametrize("template", sorted(PROOFS))
async def test_proof_goes_out_when_the_address_is_suppressed(template: Template) -> None:
    us, sent = messenger()
    us = replace(us, suppressions=List({contact_of(AWA): SuppressionReason.SPAM}))
    await us.mail(to=AWA, language="fr", template=template, url=LINK, societe="Taxis")
    assert [letter.template for _, letter in sent.letters] == [template]


@pytest.mark.parametrize(
    ("error", "is_kept"),
    [(BadAddress("x"), True), (Undeliverable("x"), False), (ProviderUnavailable("brevo"), False)],
)
async def test_address_is_kept_when_a_vendor_calls_it_wrong(error: Exception, is_kept: bool) -> None:
    known = List()
    us = Messenger(Refusing(error), Refusing(error), known)
    with pytest.raises(type(error)):
        await us.mail(to=AWA, language="fr", template=Template.OTP, code="123456")
    with pytest.raises(type(error)):
        await us.text(to="+22507", language="fr", template=Template.REFUND_SENT, amount=5)
    expected = {contact_of(AWA), contact_of("+22507")} if is_kept else set()
    assert set(known.known) == expected
    assert set(known.known.values()) <= {SuppressionReason.INVALID}


async def test_letter_names_its_stored_template_when_the_back_office_has_set_one() -> None:
    us, sent = messenger()
    us = replace(us, rules=lambda: MessageRules(templates={"refund_sent": {"fr": 12}}))
    for language in ("fr", "en"):
        await us.mail(to=AWA, language=language, template=Template.REFUND_SENT, amount=13500)
    await us.mail(to=AWA, language="fr", template=Template.OTP, code="123456")
    assert [letter.stored for _, letter in sent.letters] == [12, None, None]
    assert [dict(letter.facts) for _, letter in sent.letters] == [{"amount": "13 500"}, {"amount": "13,500"}, {}]
