"""Whether somebody who gives no name is a person."""

from __future__ import annotations

from typing import Final, Protocol

FORM_ACTION: Final = "formulaire"
"""What every public form of NOVA asks its token for (docs/decisions/0047)."""


class Captcha(Protocol):
    """A captcha that its maker judges. Asked before any unit is opened."""

    @property
    def provider(self) -> str:
        """Whose it is."""

    @property
    def site_key(self) -> str:
        """What a form needs to ask for tokens; everybody may know it."""

    async def require(self, token: str | None, *, action: str, address: str) -> None:
        """Let somebody at this address pass by the token that his form got for this action.

        Raises:
            CaptchaFailed: none, a used or late one, one for something else, or the look of a program.
            ProviderUnavailable: nobody could tell. Nobody passes then.
        """
