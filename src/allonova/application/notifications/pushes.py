"""What pushes say."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.notifications.messenger import spelt
from allonova.application.notifications.templates import Template


@dataclass(frozen=True, slots=True)
class PushText:
    """A push's words."""

    title: str
    body: str


PUSHES: dict[Template, dict[str, PushText]] = {
    Template.ALERT_MATCHED: {
        "fr": PushText("Un trajet pour vous", "{route}, {when}, {amount} F la place."),
        "en": PushText("A trip for you", "{route}, {when}, {amount} F a seat."),
    },
}


def push_text(template: Template, language: str, **facts: str | int) -> PushText:
    """The words of a push in the reader's language."""
    words = PUSHES[template][language]
    told = {name: spelt(fact, language) for name, fact in facts.items()}
    return PushText(words.title.format(**told), words.body.format(**told))
