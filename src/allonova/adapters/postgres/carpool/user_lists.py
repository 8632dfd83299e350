"""Who is looked for in the back office, as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    any_,
    case,
    exists,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.postgres.identity.stores import USER_SHELF
from allonova.adapters.postgres.identity.tables import REFRESH_TOKENS, SESSIONS, SOUGHT, USERS
from allonova.adapters.postgres.kyc.tables import KYC_DOCUMENTS
from allonova.adapters.postgres.lists import Condition, LongListing
from allonova.application.carpool.user_views import Identity
from allonova.domain.identity.session import Audience
from allonova.domain.identity.user import AccountStatus
from allonova.domain.kernel.folding import MANY_WORDS, SHORT, sought_words
from allonova.domain.kyc.document import IDENTITY_PAPERS, KycStatus

INSTANT = DateTime(timezone=True)
_OWN_MEANING = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


def _has_paper(*statuses: KycStatus) -> ColumnElement[bool]:
    papers = KYC_DOCUMENTS.alias()
    kinds = literal(sorted(kind.value for kind in IDENTITY_PAPERS), ARRAY(Text))
    reached = literal([status.value for status in statuses], ARRAY(Text))
    return exists().where(
        papers.c.user_id == USERS.c.id, papers.c.doc_type == any_(kinds), papers.c.status == any_(reached)
    )


KYC = case(
    (_has_paper(KycStatus.APPROVED), Identity.APPROVED.value),
    (_has_paper(KycStatus.PENDING), Identity.PENDING.value),
    (_has_paper(KycStatus.REJECTED), Identity.REJECTED.value),
    else_=Identity.NONE.value,
)
"""How the identity of each of USERS stands."""


def patterns(q: str) -> tuple[str, ...]:
    """Each of which must match where `holds_words` is true; the last one again where there are fewer words."""
    words = [word.translate(_OWN_MEANING) for word in sought_words(q)] or [""]
    found = [f"%{word}%" if len(word) >= SHORT or not word else f"% {word}%" for word in words]
    return tuple([*found, *([found[-1]] * MANY_WORDS)][:MANY_WORDS])


def _plain(holds: ColumnElement[bool]) -> Condition:
    """A condition that takes no value."""
    return Condition(lambda: holds, (), lambda _: ())


def _as_many(base: Select[Any], wanted: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether there are so many rows: none is read beyond them."""
    return exists(base.offset(wanted - 1).limit(1))


def _seen_since(at: ColumnElement[Any]) -> ColumnElement[bool]:
    return exists().where(
        SESSIONS.c.user_id == USERS.c.id,
        SESSIONS.c.audience == Audience.ALLOCAR.value,
        REFRESH_TOKENS.c.session_id == SESSIONS.c.id,
        REFRESH_TOKENS.c.created_at >= at,
    )


CONDITIONS: Mapping[str, Condition] = {
    "query": Condition(
        lambda *words: and_(*(SOUGHT.like(word) for word in words)), tuple(Text() for _ in range(MANY_WORDS)), patterns
    ),
    "is_driver": Condition(lambda given: USERS.c.is_driver == given, Boolean()),
    "created_from": Condition(lambda given: USERS.c.created_at >= given, INSTANT),
    "created_to": Condition(lambda given: USERS.c.created_at < given, INSTANT),
    "last_seen_before": Condition(lambda at: and_(USERS.c.created_at < at, ~_seen_since(at)), INSTANT),
    "min_trips": Condition(
        lambda given: _as_many(select(TRIPS.c.id).where(TRIPS.c.driver_id == USERS.c.id).correlate(USERS), given),
        Integer(),
    ),
    "min_bookings": Condition(
        lambda given: _as_many(
            select(BOOKINGS.c.id).where(BOOKINGS.c.passenger_id == USERS.c.id).correlate(USERS), given
        ),
        Integer(),
    ),
    "rating_lte": Condition(lambda given: and_(USERS.c.rating_count > 0, USERS.c.rating_avg <= given), Numeric(3, 2)),
    f"status_{AccountStatus.ACTIVE}": _plain(USERS.c.is_active),
    f"status_{AccountStatus.SUSPENDED}": _plain(and_(~USERS.c.is_active, USERS.c.erased_at.is_(None))),
    f"status_{AccountStatus.ERASED}": _plain(and_(~USERS.c.is_active, USERS.c.erased_at.is_not(None))),
    f"kyc_{Identity.APPROVED}": _plain(_has_paper(KycStatus.APPROVED)),
    f"kyc_{Identity.PENDING}": _plain(and_(_has_paper(KycStatus.PENDING), ~_has_paper(KycStatus.APPROVED))),
    f"kyc_{Identity.REJECTED}": _plain(
        and_(_has_paper(KycStatus.REJECTED), ~_has_paper(KycStatus.PENDING, KycStatus.APPROVED))
    ),
    f"kyc_{Identity.NONE}": _plain(~_has_paper(*KycStatus)),
}
LISTED = LongListing(
    select(USERS.c.id),
    {name: USERS.c[name] for name in ("id", "created_at", "rating_avg")},
    shown=select(*USER_SHELF.mapper.columns(), KYC.label("kyc")).select_from(USERS),
    conditions=CONDITIONS,
)
