"""Promos, to the back office."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import MISSING, AfterValidator, Field, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, given
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import AdminCaller, IfMatch, admin, use
from allonova.adapters.http.routes import api_router
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.application.money.change_promo import ChangePromo
from allonova.application.money.create_promo import CreatePromo, PromoDraft
from allonova.application.money.promo_ports import PromoQueries
from allonova.application.money.promo_views import PromoDetail, PromoUseView, PromoView
from allonova.domain.identity.roles import Area, Right
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.money import MAX_AMOUNT_XOF
from allonova.domain.money.promo import MAX_USES, PromoChange, PromoStatus, PromoType, UseStatus

router = api_router("Back office", "/admin/promos")

type SoughtCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{1,32}$"), AfterValidator(str.upper)]
PROMOS = Listing(
    filters={
        "code": SoughtCode,
        "type": PromoType,
        "status": PromoStatus,
        "starts_at": Instant,
        "ends_at": Instant,
        "created_at": Instant,
    },
    ranges=["starts_at", "ends_at", "created_at"],
    sortable=["code", "uses", "starts_at", "ends_at", "created_at"],
    nullable=["ends_at"],
)
USES = Listing(
    filters={"user_id": UUID, "booking_id": UUID, "payment_id": UUID, "status": UseStatus, "created_at": Instant},
    ranges=["created_at"],
    sortable=["created_at"],
)
NEWEST_FIRST = (Sort("created_at", descending=True),)

type NewCode = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_\-]{2,31}$"), Field(examples=["BIENVENUE"])
]
type Value = Annotated[StrictInt, Field(ge=1, le=MAX_AMOUNT_XOF, description="Francs, or a percentage up to 100.")]
type Bound = Annotated[StrictInt, Field(ge=1, le=MAX_USES)]


class NewPromo(Body):
    """A promo. `code` is one whatever its case. Without `starts_at` it starts now; null is no such bound."""

    code: NewCode
    type: PromoType
    value: Value
    max_uses: Bound | None = None
    per_user_limit: Bound | None = 1
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    status: PromoStatus = PromoStatus.ACTIVE


class PromoChangeBody(Body):
    """What is to be otherwise; what is left out stays, null takes a bound away. A code never changes."""

    type: PromoType | MISSING = MISSING
    value: Value | MISSING = MISSING
    max_uses: Bound | MISSING | None = MISSING
    per_user_limit: Bound | MISSING | None = MISSING
    starts_at: Instant | MISSING = MISSING
    ends_at: Instant | MISSING | None = MISSING
    status: PromoStatus | MISSING = MISSING

    def to_change(self) -> PromoChange:
        """As the use case takes it."""
        return PromoChange(
            type=given(self.type),
            value=given(self.value),
            max_uses=0 if self.max_uses is None else given(self.max_uses),
            per_user_limit=0 if self.per_user_limit is None else given(self.per_user_limit),
            starts_at=given(self.starts_at),
            ends_at=given(self.ends_at),
            never_ends=self.ends_at is None,
            status=given(self.status),
        )


@router.get("", **spec(PromoView, listed=True, row=True, parameters=PROMOS.parameters()))
async def list_promos(
    caller: Annotated[AdminCaller, admin(Area.PROMOS, Right.READ)],
    query: Annotated[ListQuery, PROMOS.depends()],
    queries: Annotated[PromoQueries, use(PromoQueries)],
) -> Response:
    """All promos, the newest first unless sorted otherwise."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.promos(query), query)


@router.post("", **spec(PromoView, CreatePromo.errors, status=201, row=True))
async def create_promo(
    body: NewPromo,
    caller: Annotated[AdminCaller, admin(Area.PROMOS, Right.ALL)],
    create: Annotated[CreatePromo, use(CreatePromo)],
) -> Response:
    """Make a promo."""
    promo = await create(by=caller.actor, draft=PromoDraft(**body.model_dump()))
    return answer(promo, status=201, etag=promo.version)


@router.get("/{id}", **spec(PromoDetail, [NotFound], row=True))
async def get_promo(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.PROMOS, Right.READ)],
    queries: Annotated[PromoQueries, use(PromoQueries)],
) -> Response:
    """A promo and how it is used."""
    found = await queries.promo(id)
    if found is None:
        raise NotFound
    return answer(found, etag=found.promo.version)


@router.get("/{id}/uses", **spec(PromoUseView, listed=True, row=True, parameters=USES.parameters()))
async def list_promo_uses(
    id: UUID,
    caller: Annotated[AdminCaller, admin(Area.PROMOS, Right.READ)],
    query: Annotated[ListQuery, USES.depends()],
    queries: Annotated[PromoQueries, use(PromoQueries)],
) -> Response:
    """Who used a promo for which booking, the newest first unless sorted otherwise; nobody of one that is none."""
    query = replace(query, sort=query.sort or NEWEST_FIRST)
    return answer_page(await queries.uses(id, query), query)


@router.patch("/{id}", **spec(PromoView, ChangePromo.errors, row=True))
async def change_promo(
    id: UUID,
    body: PromoChangeBody,
    caller: Annotated[AdminCaller, admin(Area.PROMOS, Right.ALL)],
    if_match: IfMatch,
    change: Annotated[ChangePromo, use(ChangePromo)],
) -> Response:
    """Change a promo, or switch it on or off."""
    promo = await change(by=caller.actor, promo_id=id, change=body.to_change(), expected=if_match)
    return answer(promo, etag=promo.version)
