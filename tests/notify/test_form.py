"""A mail's plain text and HTML: they say the same, and nothing in them is more than words."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allonova.adapters.notify.form import MAX_SUBJECT, Form, footer, form
from allonova.application.notifications.ports import ALLOCAR, Letter

LINK = "https://app.test/verify-email?a=1&b=2#token=Ab_9-x"
HOSTILE = "<script>alert(1)</script> & \"Zoé\" 'x'"


def a_letter(
    *,
    language: str = "fr",
    subject: str = "Votre code",
    paragraphs: tuple[str, ...] = ("Un.", "Deux : 13 500 F."),
    code: str | None = None,
    url: str | None = None,
    brand: str = ALLOCAR,
) -> Letter:
    return Letter(
        template="otp",
        language=language,
        subject=subject,
        paragraphs=paragraphs,
        code=code,
        url=url,
        button=url and "Confirmer",
        brand=brand,
    )


class Page(HTMLParser):
    """What a reader sees, and the tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.seen.append(data)


def words(text: str) -> list[str]:
    return text.split()


def shown_in(made: Form) -> list[str]:
    """The HTML's words without what only it has: the name above the card."""
    seen = words(" ".join(Page(made.html).seen))
    assert seen[0] == "AlloCar"
    return seen[1:]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "letter", [{}, {"code": "482915"}, {"url": LINK}, {"paragraphs": ("Seul.",), "code": "1"}, {"subject": HOSTILE}]
)
def test_both_say_the_same_when_a_letter_is_formed(letter: dict[str, str], language: str) -> None:
    given = a_letter(language=language, **letter)  # type: ignore[arg-type] # the parameters' own types
    made = form(given)
    assert [word for word in words(made.text) if word != "--"] == shown_in(made)
    assert footer(given) in made.text
    assert footer(given).startswith(("AlloCar, le covoiturage.", "AlloCar, shared rides."))
    assert f'<html lang="{language}">' in made.html


@given(st.text(max_size=80), st.text(min_size=1, max_size=80))
def test_both_say_the_same_whatever_people_wrote(subject: str, paragraph: str) -> None:
    made = form(a_letter(subject=subject, paragraphs=(paragraph,)))
    assert [tag for tag, _ in Page(made.html).tags] == [tag for tag, _ in Page(form(a_letter()).html).tags][:-1]
    assert "".join(words(made.text)).replace("--", "") == "".join(shown_in(made)).replace("--", "")


def test_markup_stays_text_when_a_name_holds_it() -> None:
    made = form(a_letter(subject=HOSTILE, paragraphs=(HOSTILE, HOSTILE), code=HOSTILE))
    assert "<script" not in made.html
    assert " ".join(shown_in(made)).count("<script>alert(1)</script> & \"Zoé\" 'x'") == 4


def test_letter_is_in_the_name_of_whoever_writes_it() -> None:
    made = form(a_letter(brand=f"Taxis\r\n {HOSTILE}"))
    assert "AlloCar" not in made.text + made.html
    assert made.text.count(f"Taxis {HOSTILE}. Ce message est automatique") == 1
    assert "<script" not in made.html
    assert " ".join(Page(made.html).seen).count(f"Taxis {HOSTILE}") == 2


def test_link_stays_one_attribute_when_it_holds_quotes() -> None:
    link = 'https://app.test/"onclick="x()'
    anchors = [attributes for tag, attributes in Page(form(a_letter(url=link)).html).tags if tag == "a"]
    assert [anchor["href"] for anchor in anchors] == [link, link]
    assert not any("onclick" in anchor for anchor in anchors)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x85", "\N{LINE SEPARATOR}", "\x00", "\x0b"])
def test_subject_is_one_line_when_a_place_has_line_breaks(end: str) -> None:
    assert form(a_letter(subject=f"Trajet{end}Bcc: all@x.test")).subject == "Trajet Bcc: all@x.test"


def test_subject_ends_somewhere_when_places_are_long() -> None:
    assert len(form(a_letter(subject="x" * 10_000)).subject) == MAX_SUBJECT


def test_nothing_is_fetched_when_the_mail_is_opened() -> None:
    html = form(a_letter(code="482915", url=LINK)).html
    tags = {tag for tag, _ in Page(html).tags}
    assert tags.isdisjoint({"img", "link", "script", "iframe", "object", "table", "form"})
    assert re.findall(r"https?://[^\s\"<]+", html) == [LINK.replace("&", "&amp;")] * 3
    assert "url(" not in html
    assert "@import" not in html


def test_numbers_and_punctuation_stay_together_when_lines_break() -> None:
    html = form(a_letter()).html
    assert "Deux\N{NO-BREAK SPACE}: 13\N{NO-BREAK SPACE}500\N{NO-BREAK SPACE}F." in html
    assert "\N{NO-BREAK SPACE}" not in form(a_letter()).text


def test_code_and_link_stand_after_the_first_paragraph() -> None:
    text = form(a_letter(code="482915", url=LINK)).text
    places = [text.index(part) for part in ("Un.", "482915", "Confirmer", LINK, "Deux")]
    assert places == sorted(places)


@pytest.mark.parametrize("unit", ["minutes", "heures", "jours", "hours", "days", "sur 5"])
def test_number_stays_with_its_unit_when_lines_break(unit: str) -> None:
    html = form(a_letter(paragraphs=(f"Il vaut 10 {unit}.",))).html
    assert f"10\N{NO-BREAK SPACE}{unit}" in html


def test_long_words_break_when_a_phone_is_narrow() -> None:
    page = Page(form(a_letter(paragraphs=("x" * 400,))).html)
    [card] = [attributes for _, attributes in page.tags if attributes.get("class") == "card"]
    assert "overflow-wrap:anywhere" in str(card["style"])
