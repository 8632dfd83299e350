"""People, to the back office: found, looked at, corrected, closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import MISSING, Field, StrictBool

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.carpool.user_filters import NEWEST_FIRST, UsersQuery, users_query
from allonova.adapters.http.fields import Body, Email, Instant, Line, Phone, Text, given
from allonova.adapters.http.identity.addresses import require_deliverable
from allonova.adapters.http.identity.me import PreferencesBody
from allonova.adapters.http.listing import Listing, parameters_of
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.erase_user import EraseUser
from allonova.application.carpool.user_queries import UserQueries
from allonova.application.carpool.user_views import ListedUser, TimelineKind, TimelineView, UserDetail
from allonova.application.identity.account_views import AccountView, NoteView
from allonova.application.identity.change_user import ChangeUser, UserEdit
from allonova.application.identity.create_user import CreateUser
from allonova.application.identity.register import NewAccount
from allonova.application.identity.strike_note import StrikeNote
from allonova.application.identity.update_profile import ProfileChange
from allonova.application.identity.write_note import WriteNote
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.kernel.ports import Clock
from allonova.domain.identity.contact import contact_of
from allonova.domain.identity.roles import Area, Right, Role
from allonova.domain.identity.user import Gender
from allonova.domain.kernel.errors import FieldError, NotFound, ValidationError

router = api_router("Back office", "/admin/users")

NOTES = Listing(filters={"created_at": Instant}, ranges=["created_at"], sortable=["created_at"])
TIMELINE = Listing(filters={"kind": TimelineKind, "at": Instant}, ranges=["at"], sortable=["at"])
LATEST_FIRST = (Sort("at", descending=True),)


class NewUser(Body):
    """An account by phone or by e-mail, which its owner opens by proving it."""

    phone: Phone | None = None
    email: Email | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    language: Literal["fr", "en"] = "fr"

    def to_account(self) -> NewAccount:
        """As the use case takes it. Raises ValidationError unless there is a phone or an e-mail, and not both."""
        value = self.phone or self.email
        if value is None:
            raise ValidationError((FieldError("phone", "missing", "a phone or an e-mail is required"),))
        if self.phone is not None and self.email is not None:
            raise ValidationError((FieldError("email", "one_of", "a phone or an e-mail, not both"),))
        return NewAccount(
            contact=contact_of(value), first_name=self.first_name, last_name=self.last_name, language=self.language
        )


class UserChangeBody(Body):
    """What is to be otherwise, and why; null empties a field, what is left out stays. `is_active` false ends every
    session at once; `reset_mfa` does too, and no password opens the account until a code or link has come back.
    """

    reason: Text = Field(examples=["Demandé au téléphone le 3 mars."])
    is_active: StrictBool | MISSING = MISSING
    reset_mfa: StrictBool = False
    first_name: Line | MISSING | None = MISSING
    last_name: Line | MISSING | None = MISSING
    birthdate: date | MISSING | None = Field(default=MISSING, examples=["1998-04-12"])
    gender: Gender | MISSING | None = MISSING
    preferences: PreferencesBody | MISSING = MISSING
    photo_url: MISSING | None = Field(default=MISSING, description="null takes the photo away.")

    def to_edit(self) -> UserEdit:
        """As the use case takes it."""
        own = {"reason", "is_active", "reset_mfa", "photo_url"}
        fields: dict[str, Any] = self.model_dump(exclude_unset=True, exclude=own)
        preferences = fields.pop("preferences", {})
        ways = preferences.pop("notifications", {})
        profile = ProfileChange(**fields, **preferences, **{f"notify_{way}": wanted for way, wanted in ways.items()})
        return UserEdit(
            reason=self.reason,
            profile=profile,
            is_active=given(self.is_active),
            reset_mfa=self.reset_mfa,
            remove_photo=self.photo_url is None,
        )


class NoteBody(Body):
    """A note for the team."""

    text: Text = Field(examples=["A rappelé : son code ne venait pas, opérateur Moov."])


@router.get("", **spec(ListedUser, listed=True, row=True, parameters=parameters_of(UsersQuery)))
async def list_users(
    asked: Annotated[UsersQuery, Depends(users_query)],
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.READ)],
    queries: Annotated[UserQueries, use(UserQueries)],
) -> Response:
    """Everybody who has, or had, an account; the newest first unless sorted otherwise."""
    query = asked.to_list()
    return answer_page(await queries.users(query), query)


@router.post("", **spec(AccountView, CreateUser.errors, status=201, row=True))
async def create_user(
    request: Request,
    body: NewUser,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.ALL)],
    create: Annotated[CreateUser, use(CreateUser)],
) -> Response:
    """Open an account for somebody: by e-mail he gets a link, by phone he asks for a code when he logs in."""
    account = body.to_account()
    require_deliverable(request, account.contact)
    user = await create(by=caller.actor, account=account)
    return answer(user, status=201, etag=user.version)


@router.get("/{id}", **spec(UserDetail, [NotFound], row=True))
async def get_user(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.READ)],
    clock: Annotated[Clock, use(Clock)],
    queries: Annotated[UserQueries, use(UserQueries)],
) -> Response:
    """Somebody, with how much there is of him."""
    found = await queries.user(id, now=clock.now())
    if found is None:
        raise NotFound
    return answer(found, etag=found.user.version)


@router.patch("/{id}", **spec(AccountView, ChangeUser.errors, row=True))
async def change_user(
    id: UUID,
    body: UserChangeBody,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.EDIT)],
    if_match: IfMatch,
    change: Annotated[ChangeUser, use(ChangeUser)],
) -> Response:
    """Correct somebody's account, suspend it or open it again, or ask for a code at the next login. The reason is kept
    among the notes. Nothing of his rides changes by itself.
    """
    user = await change(admin_id=caller.admin_id, user_id=id, edit=body.to_edit(), expected=if_match)
    return answer(user, etag=user.version)


@router.delete("/{id}", **spec(None, EraseUser.errors, status=204, row=True))
async def erase_user(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.ALL)],
    erase: Annotated[EraseUser, use(EraseUser)],
) -> Response:
    """Erase somebody's account as he could himself; `details.reasons` of a refusal say what must end first."""
    await erase(by=caller.actor, user_id=id)
    return Response(status_code=204)


@router.get("/{id}/timeline", **spec(TimelineView, [NotFound], listed=True, row=True, parameters=TIMELINE.parameters()))
async def list_timeline(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.READ)],
    query: Annotated[ListQuery, TIMELINE.depends()],
    queries: Annotated[UserQueries, use(UserQueries)],
) -> Response:
    """What somebody did and what was done about him, the latest first unless sorted otherwise."""
    query = replace(query, sort=query.sort or LATEST_FIRST)
    page = await queries.timeline(id, query)
    if not page.total and not query.filters:  # whoever there is has registered at least
        raise NotFound
    return answer_page(page, query)


@router.get("/{id}/notes", **spec(NoteView, listed=True, row=True, parameters=NOTES.parameters()))
async def list_notes(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.READ)],
    query: Annotated[ListQuery, NOTES.depends()],
    queries: Annotated[UserQueries, use(UserQueries)],
) -> Response:
    """What the team wrote about somebody, the newest first unless sorted otherwise; nothing about nobody."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.notes(id, query), query)


@router.post("/{id}/notes", **spec(NoteView, WriteNote.errors, status=201, row=True))
async def write_note(
    id: UUID,
    body: NoteBody,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.READ)],
    write: Annotated[WriteNote, use(WriteNote)],
) -> Response:
    """Leave a note about somebody, who does not see it."""
    return answer(await write(admin_id=caller.admin_id, user_id=id, text=body.text), status=201)


@router.delete("/{id}/notes/{note_id}", **spec(None, StrikeNote.errors, status=204, row=True))
async def strike_note(
    id: UUID,
    note_id: UUID,
    caller: Annotated[AdminCaller, admin(Area.USERS, Right.READ)],
    strike: Annotated[StrikeNote, use(StrikeNote)],
) -> Response:
    """Strike one's own note; a super strikes any. Its text is gone then."""
    is_super = caller.role is Role.SUPER
    await strike(admin_id=caller.admin_id, is_super=is_super, user_id=id, note_id=note_id)
    return Response(status_code=204)
