"""One's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.ports import IdentityQueries
from allonova.application.identity.views import UserView
from allonova.domain.kernel.errors import AuthRequired

router = api_router("Identity")


@router.get("/me", **spec(UserView))
async def get_me(caller: UserCaller, queries: Annotated[IdentityQueries, use(IdentityQueries)]) -> Response:
    """One's own account."""
    user = await queries.user(caller.user_id)
    if user is None or not user.is_active:
        raise AuthRequired
    return answer(user)
