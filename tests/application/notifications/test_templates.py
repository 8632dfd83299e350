"""Messages exist in both languages, say the same things and fit one SMS."""

from __future__ import annotations

import string

import pytest

from allonova.application.notifications.templates import SMS, Template

# GSM 03.38's basic alphabet: any other letter makes the whole message Unicode, at 70 letters an SMS.
GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà" + string.ascii_letters + string.digits)
ROUTE = "Abidjan - Yamoussoukro"
LONGEST = {"code": "123456", "seats": "50", "amount": "1000000", "when": "31/12 23:59", "route": ROUTE}


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("template", list(Template))
def test_template_says_the_same_in_both_languages(template: Template) -> None:
    texts = SMS[template]
    assert set(texts) == {"fr", "en"}
    assert fields_of(texts["fr"]) == fields_of(texts["en"]) <= set(LONGEST)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("template", list(Template))
def test_template_fits_one_sms(template: Template, language: str) -> None:
    text = SMS[template][language].format(**LONGEST)
    assert set(text) <= GSM
    assert len(text) <= 160
