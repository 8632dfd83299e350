"""Templates of mails that lie with the vendor, as the back office has named them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from allonova.domain.kernel.errors import FieldError

MAX_STORED_ID = 2**31 - 1

type StoredIds = Mapping[str, int]
"""By language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRules:
    """What the back office sets about messages. `templates`: instead of our own words, by a mail's name."""

    templates: Mapping[str, StoredIds] = field(default_factory=dict)

    def stored(self, template: str, language: str) -> int | None:
        """The vendor's number of a mail in a language; None where our own words go out."""
        return self.templates.get(template, {}).get(language)

    def faults(self) -> Iterator[FieldError]:
        """Numbers that are none."""
        for template, ids in self.templates.items():
            for language, id in ids.items():
                if not 1 <= id <= MAX_STORED_ID:
                    yield FieldError(
                        f"templates.{template}.{language}", "out_of_range", f"between 1 and {MAX_STORED_ID}"
                    )


type MessageRulesNow = Callable[[], MessageRules]
"""The rules as they stand at the moment of asking."""
