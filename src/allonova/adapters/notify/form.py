"""A letter as a mail shows it: plain text, and HTML that says the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Final

from allonova.application.notifications.ports import ALLOCAR, Letter

ABOUT: Final = {
    "fr": {ALLOCAR: "AlloCar, le covoiturage."},
    "en": {ALLOCAR: "AlloCar, shared rides."},
}
"""What a brand is; one that is not known here says its name alone."""
AUTOMATIC: Final = {
    "fr": "Ce message est automatique : n’y répondez pas.",
    "en": "This message is automatic: please do not answer it.",
}
OR_COPY: Final = {"fr": "Ou copiez cette adresse :", "en": "Or copy this address:"}
MAX_SUBJECT: Final = 200
# A line must not break between a number and its unit or next thousand, a day and its hour, nor before high punctuation.
_UNITS: Final = "F|h|minutes?|heures?|hours?|jours?|days?|place|seat|sur|out"
_KEPT_TOGETHER: Final = re.compile(rf"(?<=\d) (?=\d{{3}}\b|\d\d:\d\d|(?:{_UNITS})\b)| (?=[:;!?»])|(?<=«) ")

# What mail programs that drop <style> still show stands inline; <style> adds the dark colours.
_PAGE: Final = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; supported-color-schemes: light dark }}
@media (prefers-color-scheme: dark) {{
  .page {{ background: #111614 !important }}
  .card {{ background: #1b2320 !important }}
  .ink {{ color: #eef3f0 !important }}
  .dim {{ color: #a3b1aa !important }}
  .name {{ color: #4cc38a !important }}
  .code {{ background: #26312d !important; color: #ffffff !important }}
  .link {{ color: #7fd6ab !important }}
}}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#eef2f0;-webkit-text-size-adjust:100%">
<div class="page" style="background:#eef2f0;padding:16px 12px 32px;{font}">
<div style="max-width:520px;margin:0 auto">
<p class="name" style="margin:8px 12px 16px;font-size:20px;font-weight:700;color:#08663e">{brand}</p>
<div class="card" style="background:#ffffff;border-radius:16px;padding:28px 24px 16px;overflow-wrap:anywhere;\
word-break:break-word">
<h1 class="ink" style="margin:0 0 16px;font-size:22px;line-height:1.3;color:#15201b">{title}</h1>
{body}
</div>
<p class="dim" style="margin:16px 12px 0;font-size:16px;line-height:1.5;color:#55645d">{footer}</p>
</div>
</div>
</body>
</html>
"""
_FONT: Final = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_PARAGRAPH: Final = '<p class="ink" style="margin:0 0 16px;font-size:17px;line-height:1.5;color:#15201b">{}</p>'
_CODE: Final = (
    '<p class="code" style="margin:8px 0 24px;padding:18px 8px 18px 16px;border-radius:12px;background:#e6efea;'
    "text-align:center;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:34px;"
    'line-height:1.2;font-weight:700;letter-spacing:8px;color:#15201b">{}</p>'
)
_BUTTON: Final = (
    '<p style="margin:8px 0 20px"><a href="{url}" style="display:block;padding:16px 20px;border-radius:12px;'
    "background:#08663e;color:#ffffff;font-size:18px;font-weight:700;line-height:1.3;text-align:center;"
    'text-decoration:none">{button}</a></p>\n'
    '<p class="dim" style="margin:0 0 20px;font-size:16px;line-height:1.5;color:#55645d;word-break:break-all">'
    '{or_copy} <a class="link" href="{url}" style="color:#08663e">{url}</a></p>'
)


@dataclass(frozen=True, slots=True)
class Form:
    """`subject` is one printable line."""

    subject: str
    text: str
    html: str


def form(letter: Letter) -> Form:
    """The code or the button follows the first paragraph; the rest is what to know about it."""
    subject = one_line(letter.subject)[:MAX_SUBJECT]
    return Form(subject, _text(letter, subject), _html(letter, subject))


def one_line(text: str) -> str:
    """Without line breaks and other letters that nobody sees; they could end a header and begin another."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def footer(letter: Letter) -> str:
    """Whose message it is."""
    brand = one_line(letter.brand)
    about = ABOUT[letter.language].get(brand, f"{brand}.")
    return f"{about} {AUTOMATIC[letter.language]}"


def _text(letter: Letter, subject: str) -> str:
    first, *rest = letter.paragraphs
    parts = [subject, first]
    if letter.code is not None:
        parts.append(letter.code)
    if letter.url is not None:
        parts.append(f"{letter.button}\n{OR_COPY[letter.language]} {letter.url}")
    return "\n\n".join([*parts, *rest, f"-- \n{footer(letter)}"]) + "\n"


def _html(letter: Letter, subject: str) -> str:
    first, *rest = letter.paragraphs
    parts = [_PARAGRAPH.format(_shown(first))]
    if letter.code is not None:
        parts.append(_CODE.format(escape(letter.code)))
    if letter.url is not None:
        or_copy, button = OR_COPY[letter.language], _shown(letter.button or "")
        parts.append(_BUTTON.format(url=escape(letter.url), button=button, or_copy=_shown(or_copy)))
    parts += [_PARAGRAPH.format(_shown(paragraph)) for paragraph in rest]
    return _PAGE.format(
        language=escape(letter.language),
        title=_shown(subject),
        font=_FONT,
        brand=_shown(one_line(letter.brand)),
        body="\n".join(parts),
        footer=_shown(footer(letter)),
    )


def _shown(text: str) -> str:
    return escape(_KEPT_TOGETHER.sub("\N{NO-BREAK SPACE}", text))
