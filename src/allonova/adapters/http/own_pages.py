"""Pages of our own for whoever comes by a link, and the policy that lets them do no more than they must."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from string import Template

from fastapi import Response
from fastapi.responses import HTMLResponse


def policy_for(style: str) -> str:
    """One inline style, known by its hash; scripts are files of ours, and call nobody else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self'; style-src 'sha256-{digest}'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class FollowPage:
    """A page that its script fills by what the API says, in the reader's language.

    Args:
        template: asks for `lang`, `style`, `data` and the names of `words`.
        words: what stands on the page, by language.
        said: what its script may say, by language; it reads them from the `data-` attributes.
    """

    def __init__(
        self,
        template: Template,
        style: str,
        *,
        words: Mapping[str, Mapping[str, str]],
        said: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._headers = {"Content-Security-Policy": policy_for(style), "Vary": "Accept-Language"}
        self._pages = {
            lang: template.substitute(words[lang], lang=lang, style=style, data=_attributes(said[lang]))
            for lang in words
        }

    def answer(self, language: str) -> Response:
        """The page as it is sent."""
        return HTMLResponse(self._pages[language], headers=self._headers)


def _attributes(said: Mapping[str, str]) -> str:
    return " ".join(f'data-{name}="{escape(text)}"' for name, text in said.items())
