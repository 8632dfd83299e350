"""A company's commandes by pages that are counted off, with the source document's stack:
`gunicorn benchmarks.rivals.commandes:create_app()`.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask_jwt_extended import get_jwt, get_jwt_identity, jwt_required
from flask_smorest import Blueprint
from flask_sqlalchemy import SQLAlchemy
from geoalchemy2 import Geography, WKBElement
from marshmallow import Schema, fields
from sqlalchemy import DateTime, ForeignKey, MetaData, Select, or_, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from benchmarks.rivals.limits import PER_MINUTE, limiter
from benchmarks.rivals.schemas import Instant, point
from benchmarks.rivals.stack import put_together

PAGE_SIZE = 20
Place = Geography("POINT", srid=4326, spatial_index=False)


class Base(DeclarativeBase):
    """Tables of companies."""

    metadata = MetaData(schema="dispatch")


db = SQLAlchemy(model_class=Base)


class Societe(db.Model):
    """A company."""

    __tablename__ = "societes"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    fuseau: Mapped[str]


class Client(db.Model):
    """A customer of it."""

    __tablename__ = "clients"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    nom: Mapped[str]
    contact_email: Mapped[str | None]
    contact_phone: Mapped[str | None]
    adresse: Mapped[str | None]
    active: Mapped[bool]
    recherche: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]


class Taxi(db.Model):
    """One of its taxis."""

    __tablename__ = "taxis"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    numero: Mapped[str]


class Demande(db.Model):
    """A course that was put to a chauffeur."""

    __tablename__ = "demandes"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    commande_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.commandes.id"))
    chauffeur_id: Mapped[UUID]
    statut: Mapped[str]
    expire_at: Mapped[datetime]


class Commande(db.Model):
    """An order, with all that a card shows."""

    __tablename__ = "commandes"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    societe_id: Mapped[UUID]
    reference: Mapped[str]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.clients.id"))
    client_type: Mapped[str]
    prise_en_charge: Mapped[str]
    destination: Mapped[str]
    prise_en_charge_point: Mapped[WKBElement | None] = mapped_column(Place)
    destination_point: Mapped[WKBElement | None] = mapped_column(Place)
    date_iso: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    duree_minutes: Mapped[int]
    passagers: Mapped[int]
    bagages: Mapped[int]
    vol: Mapped[str | None]
    commentaire: Mapped[str | None]
    statut: Mapped[str]
    source: Mapped[str]
    taxi_id: Mapped[UUID | None] = mapped_column(ForeignKey("dispatch.taxis.id"))
    chauffeur_id: Mapped[UUID | None]
    recherche: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    client: Mapped[Client] = relationship()
    taxi: Mapped[Taxi | None] = relationship()
    demandes: Mapped[list[Demande]] = relationship()

    @property
    def demande(self) -> Demande | None:
        """The one that is open."""
        now = datetime.now(UTC)
        return next((each for each in self.demandes if each.statut == "proposee" and each.expire_at > now), None)


def camel(name: str) -> str:
    """As it is spelt on the wire."""
    if name == "date_iso":
        return "dateISO"
    head, *tail = name.split("_")
    return head + "".join(map(str.capitalize, tail))


class Camel(Schema):
    """Fields in camelCase."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field) -> None:
        """Spells it."""
        field_obj.data_key = camel(field_name)


class ClientOut(Camel):
    """A customer."""

    id = fields.UUID()
    type = fields.String()
    nom = fields.String()
    contact_email = fields.String()
    contact_phone = fields.String()
    adresse = fields.String()
    active = fields.Boolean()
    version = fields.Integer()
    created_at = Instant()


class TaxiOut(Camel):
    """A taxi."""

    numero = fields.String()


class DemandeOut(Camel):
    """An offer."""

    id = fields.UUID()
    chauffeur_id = fields.UUID()
    statut = fields.String()
    expire_at = Instant()


class CommandeOut(Camel):
    """A card."""

    id = fields.UUID()
    reference = fields.String()
    client_id = fields.UUID()
    client = fields.Nested(ClientOut)
    prise_en_charge = fields.String()
    destination = fields.String()
    prise_en_charge_point = fields.Function(lambda one: one.prise_en_charge_point and point(one.prise_en_charge_point))
    destination_point = fields.Function(lambda one: one.destination_point and point(one.destination_point))
    date_iso = Instant()
    duree_minutes = fields.Integer()
    passagers = fields.Integer()
    bagages = fields.Integer()
    vol = fields.String()
    commentaire = fields.String()
    taxi_id = fields.UUID()
    taxi = fields.Nested(TaxiOut)
    chauffeur_id = fields.UUID()
    statut = fields.String()
    demande = fields.Nested(DemandeOut)
    source = fields.String()
    version = fields.Integer()
    created_at = Instant()
    updated_at = Instant()


class Page(Schema):
    """A page of cards."""

    data = fields.List(fields.Nested(CommandeOut))
    meta = fields.Dict()


blueprint = Blueprint("commandes", __name__)


@blueprint.route("/api/commandes")
@jwt_required()
@limiter.limit(PER_MINUTE, key_func=get_jwt_identity)
@blueprint.response(200, Page)
def list_commandes() -> dict[str, Any]:
    """By their date."""
    asked, societe_id = request.args, UUID(get_jwt()["org"])
    number = int(asked.get("page", "1"))
    page = db.paginate(matching(asked, societe_id), page=number, per_page=PAGE_SIZE, error_out=False)
    pagination = {"page": number, "page_size": PAGE_SIZE, "total": page.total, "page_count": page.pages}
    return {"data": page.items, "meta": {"pagination": pagination}}


def matching(asked: Any, societe_id: UUID) -> Select[Any]:
    """What the query string leaves of a company's commandes, in their order."""
    found = (
        select(Commande)
        .join(Commande.client)
        .options(contains_eager(Commande.client), joinedload(Commande.taxi), selectinload(Commande.demandes))
        .where(Commande.societe_id == societe_id)
        .order_by(Commande.date_iso, Commande.id)
    )
    columns = {"statut": Commande.statut, "clientType": Commande.client_type, "taxiId": Commande.taxi_id}
    for name, column in columns.items():
        if name in asked:
            found = found.where(column.is_(None) if asked[name] == "null" else column == asked[name])
    if "date_from" in asked or "date_to" in asked:
        zone = ZoneInfo(db.session.get_one(Societe, societe_id).fuseau)
        start, end = (
            datetime.combine(date.fromisoformat(asked[name]) + timedelta(days=more), time(), zone)
            for name, more in (("date_from", 0), ("date_to", 1))
        )
        found = found.where(Commande.date_iso >= start, Commande.date_iso < end)
    if "q" in asked:
        pattern = f"%{folded(asked['q'])}%"
        found = found.where(or_(Commande.recherche.like(pattern), Client.recherche.like(pattern)))
    return found


def folded(text: str) -> str:
    """Without accents and capitals, as the columns to search have it."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in plain if not unicodedata.combining(char))


def create_app() -> Flask:
    """The list alone."""
    return put_together(db, blueprint, audience="nova")
