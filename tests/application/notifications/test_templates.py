"""Messages exist in both languages, say the same things, and text messages fit one SMS."""

from __future__ import annotations

import string

import pytest

from allonova.application.notifications.mail import MAIL
from allonova.application.notifications.pushes import PUSHES, push_text
from allonova.application.notifications.sms import SMS, sms_text
from allonova.application.notifications.templates import DIRECT, MAIL_ONLY, OF_NOVA, MailText, Template
from allonova.application.notifications.words import PLACE_LETTERS, REASONS, short_route

# GSM 03.38's basic alphabet: any other letter makes the whole message Unicode, at 70 letters an SMS.
GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà" + string.ascii_letters + string.digits)
RIDE = {
    "seats": "50",
    "amount": "1000000",
    "fee": "200000",
    "refund": "800000",
    "when": "31/12 23:59",
    "route": f"{'A' * PLACE_LETTERS} - {'B' * PLACE_LETTERS}",
}
LINK = "https://app.allocar.ci/reset-password#token=" + 43 * "x"
LANGUAGES = {"fr", "en"}

ABOUT_ACCOUNTS = {
    Template.OTP: {"code": "123456"},
    Template.PASSWORD_RESET: {"url": LINK},
    Template.REGISTRATION_REPEATED: {},
    Template.PASSWORD_CHANGED: {},
    Template.CONTACT_CHANGED: {},
    Template.PAYOUT_CODE: {"code": "123456"},
    Template.PAYOUT_ACCOUNT_CHANGED: {},
    Template.SOCIAL_CHANGED: {},
    Template.PAPERS_APPROVED: {},
    Template.PAPERS_REJECTED: {},
}
COURSE = {
    "societe": "Taxis du Plateau",
    "telephone": "+2252720000000",
    "reference": "NV-2026-000123",
    "when": "lundi 9 mars 2026 à 14:30",
    "depart": "Gare du Nord",
    "arrivee": "Aéroport",
}
ABOUT_COURSES = {
    Template.COMMANDE_RECUE: COURSE,
    Template.COMMANDE_ASSIGNEE: COURSE | {"numero": "T1", "plaque": "1234 AB 01"},
    Template.COMMANDE_ANNULEE: COURSE,
}
NOTICE = {"titre": "Une commande attend", "description": "NV-2026-000123", "societe": "Taxis du Plateau"}
NOTICES = {Template.SLA_DEPASSE: NOTICE, Template.SAUVEGARDE_ECHOUEE: NOTICE}
STAFF = {"url": LINK, "societe": "Taxis du Plateau"}
ABOUT_STAFF = {
    Template.STAFF_INVITED: STAFF,
    Template.STAFF_EMAIL_CONFIRM: STAFF,
    Template.STAFF_PASSWORD_RESET: STAFF,
    Template.STAFF_PASSWORD_CHANGED: {},
}
AMOUNT = {"amount": "1000000"}
ABOUT_MONEY = dict.fromkeys(
    (
        *(Template.REFUND_SENT, Template.PAYOUT_DONE, Template.PAYOUT_FAILED, Template.WITHDRAWAL_DONE),
        *(Template.WITHDRAWAL_FAILED, Template.WALLET_TOPPED_UP, Template.REFERRAL_EARNED),
    ),
    AMOUNT,
)
PLACE = {"route": RIDE["route"], "when": RIDE["when"]}
ABOUT_TRUST = {
    Template.RIDE_REMINDER_PASSENGER: PLACE,
    Template.RIDE_REMINDER_DRIVER: PLACE | {"seats": "50"},
    Template.MESSAGE_WAITING: PLACE,
    Template.RATING_DUE: PLACE,
    Template.RATING_RECEIVED: PLACE | {"stars": "5"},
    Template.DISPUTE_OPENED: PLACE,
    Template.DISPUTE_IN_REVIEW: PLACE,
    Template.DISPUTE_RESOLVED: PLACE | {"refund": "800000"},
    Template.DISPUTE_REJECTED: PLACE,
    Template.TRIP_STOPPED: PLACE | {"reason": "other"},
    Template.BOOKING_ARBITRATED: PLACE | {"refund": "800000"},
    Template.ACCOUNT_SUSPENDED: {},
    Template.ACCOUNT_REINSTATED: {},
}
WITH_LINK = {
    *(Template.EMAIL_VERIFY, Template.PASSWORD_RESET, Template.ADMIN_INVITED),
    *(Template.COMMANDE_RECUE, Template.COMMANDE_ASSIGNEE),
    *(Template.STAFF_INVITED, Template.STAFF_EMAIL_CONFIRM, Template.STAFF_PASSWORD_RESET),
}


def facts_of(template: Template) -> dict[str, str]:
    """What its sender gives it."""
    return (ABOUT_ACCOUNTS | ABOUT_COURSES | ABOUT_STAFF | NOTICES | ABOUT_MONEY | ABOUT_TRUST).get(template, RIDE)


def fields_of(*texts: str) -> set[str]:
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def named_in(words: MailText) -> set[str]:
    return fields_of(words.subject, *words.paragraphs)


def test_every_template_has_its_channels() -> None:
    assert set(SMS) == set(Template) - MAIL_ONLY
    assert set(MAIL) == set(Template)
    assert set(PUSHES) == set(Template) - DIRECT - OF_NOVA


@pytest.mark.parametrize("template", sorted(SMS))
def test_text_says_the_same_when_languages_are_compared(template: Template) -> None:
    texts = SMS[template]
    assert set(texts) == LANGUAGES
    assert fields_of(texts["fr"]) == fields_of(texts["en"]) <= set(facts_of(template))


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("template", sorted(SMS))
def test_text_fits_one_sms_when_its_facts_are_long(template: Template, language: str) -> None:
    text = sms_text(template, language, **facts_of(template))
    assert set(text) <= GSM
    assert len(text) <= 160


@pytest.mark.parametrize("template", list(Template))
def test_mail_says_the_same_when_languages_are_compared(template: Template) -> None:
    words = MAIL[template]
    assert set(words) == LANGUAGES
    fr, en = words["fr"], words["en"]
    assert named_in(fr) == named_in(en)
    assert len(fr.paragraphs) == len(en.paragraphs) > 0
    assert (fr.button is None) == (en.button is None) == (template not in WITH_LINK)


@pytest.mark.parametrize("template", list(Template))
def test_mail_needs_no_fact_that_nobody_gives(template: Template) -> None:
    given = {"notes"} if template is Template.PAPERS_REJECTED else set(facts_of(template)) - {"code", "url"}
    assert all(named_in(words) <= given for words in MAIL[template].values())


@pytest.mark.parametrize("template", sorted(PUSHES))
def test_push_says_the_same_when_languages_are_compared(template: Template) -> None:
    texts = PUSHES[template]
    assert set(texts) == LANGUAGES
    fr, en = (fields_of(text.title, text.body) for text in (texts["fr"], texts["en"]))
    assert fr == en <= set(facts_of(template))


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("template", sorted(PUSHES))
def test_push_fits_a_lock_screen_when_its_facts_are_long(template: Template, language: str) -> None:
    counts = {name: int(fact) if fact.isdecimal() else fact for name, fact in facts_of(template).items()}
    words = push_text(template, language, **counts)
    assert 0 < len(words.title) <= 40
    assert 0 < len(words.body) <= 120


@pytest.mark.parametrize("reason", sorted(REASONS))
@pytest.mark.parametrize(("language", "spoken"), [("fr", "Raison"), ("en", "Reason")])
def test_stopped_trip_says_why_in_the_readers_language(reason: str, language: str, spoken: str) -> None:
    facts = PLACE | {"reason": reason}
    text = sms_text(Template.TRIP_STOPPED, language, **facts)
    assert spoken in text
    assert REASONS[reason][language] in text
    assert REASONS[reason][language] in push_text(Template.TRIP_STOPPED, language, **facts).body
    assert len(text) <= 160


@pytest.mark.parametrize(
    ("route", "short"),
    [
        ("Gare - Plage", "Gare - Plage"),
        (f"{'A' * 29} - {'B' * 29}", f"{'A' * 29} - {'B' * 29}"),
        (f"{'A' * 30} - {'B' * 40}", f"{'A' * 26}... - {'B' * 26}..."),
        (f"Quai - sortie B, {'A' * 20} - {'B' * 40}", f"Quai - sortie B, {'A' * 9}... - {'B' * 26}..."),
        ("C" * 62, f"{'C' * 58}..."),
    ],
)
def test_route_is_cut_when_its_places_are_long(route: str, short: str) -> None:
    assert short_route(route) == short
    assert len(short) <= 61
