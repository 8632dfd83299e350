"""One's own account."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import MISSING, Field, StrictBool

from allonova.adapters.http.answers import answer, spec
from allonova.adapters.http.fields import Body, Line, ObjectKey
from allonova.adapters.http.provide import IfMatch, UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.identity.ports import IdentityQueries
from allonova.application.identity.update_profile import ProfileChange, UpdateProfile
from allonova.application.identity.views import UserView
from allonova.domain.identity.user import Gender
from allonova.domain.kernel.errors import AuthRequired

router = api_router("Identity")


class NotificationsBody(Body):
    """On which ways to hear of one's rides; codes and warnings always come."""

    push: StrictBool | MISSING = MISSING
    email: StrictBool | MISSING = MISSING
    sms: StrictBool | MISSING = MISSING


class PreferencesBody(Body):
    """In which language and on which ways to be spoken to."""

    language: Literal["fr", "en"] | MISSING = MISSING
    notifications: NotificationsBody | MISSING = MISSING


class ProfileBody(Body):
    """What is to change; null empties a field, what is left out stays."""

    first_name: Line | MISSING | None = MISSING
    last_name: Line | MISSING | None = MISSING
    birthdate: date | MISSING | None = Field(default=MISSING, examples=["1998-04-12"])
    gender: Gender | MISSING | None = MISSING
    preferences: PreferencesBody | MISSING = MISSING
    photo_key: ObjectKey | MISSING | None = MISSING

    def to_change(self) -> ProfileChange:
        """As the use case takes it."""
        fields: dict[str, Any] = self.model_dump(exclude_unset=True)
        preferences = fields.pop("preferences", {})
        ways = preferences.pop("notifications", {})
        return ProfileChange(**fields, **preferences, **{f"notify_{way}": wanted for way, wanted in ways.items()})


@router.get("/me", **spec(UserView))
async def get_me(caller: UserCaller, queries: Annotated[IdentityQueries, use(IdentityQueries)]) -> Response:
    """One's own account."""
    user = await queries.user(caller.user_id)
    if user is None or not user.is_active:
        raise AuthRequired
    return answer(user, etag=user.version)


@router.patch("/me", **spec(UserView, UpdateProfile.errors))
async def update_me(
    body: ProfileBody, caller: UserCaller, if_match: IfMatch, update: Annotated[UpdateProfile, use(UpdateProfile)]
) -> Response:
    """Change one's names, birthdate, gender, preferences or photo, sent before as `POST /me/photo` says."""
    user = await update(caller_id=caller.user_id, change=body.to_change(), expected=if_match)
    return answer(user, etag=user.version)
