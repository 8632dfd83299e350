"""Logging in with Google or Apple, and which of them open one's account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body
from allonova.adapters.http.limits import limit_logins
from allonova.adapters.http.provide import Language, UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.log_in_by_provider import LogInByProvider
from allonova.application.identity.ports import IdentityQueries
from allonova.application.identity.unlink_provider import UnlinkProvider
from allonova.application.identity.views import SocialLinks, Tokens
from allonova.domain.identity.social import SocialProvider

router: APIRouter = api_router("Identity", "")


class SocialLogin(Body):
    """What the provider's login gave to the app."""

    id_token: Annotated[str, StringConstraints(min_length=1, max_length=8192)]
    nonce: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,256}$")] | None = Field(
        default=None,
        description="What the app gave to the provider's login, before any hashing. A token that has one asks for it.",
    )


@router.post("/auth/social/{provider}", **spec(Tokens, LogInByProvider.errors, private=False))
async def log_in_by_provider(
    request: Request,
    provider: SocialProvider,
    body: SocialLogin,
    language: Language,
    enter: Annotated[LogInByProvider, use(LogInByProvider)],
) -> Response:
    """Exchange an id token of Google or Apple for tokens. Who has no account gets one; the answer is the same."""
    await limit_logins(request, body.id_token)
    return answer(await enter(provider=provider, id_token=body.id_token, nonce=body.nonce, language=language))


@router.get("/me/social", **spec(SocialLinks))
async def list_social_links(caller: UserCaller, queries: Annotated[IdentityQueries, use(IdentityQueries)]) -> Response:
    """The providers that open one's account."""
    return answer(SocialLinks(links=tuple(await queries.social_links(caller.user_id))))


@router.delete("/me/social/{provider}", **spec(None, UnlinkProvider.errors, status=204))
async def unlink_provider(
    provider: SocialProvider, caller: UserCaller, unlink: Annotated[UnlinkProvider, use(UnlinkProvider)]
) -> Response:
    """Let a provider open one's account no more. The last way in stays: confirm a phone or an e-mail first."""
    await unlink(caller_id=caller.user_id, provider=provider)
    return Response(status_code=204)
