"""Companies, their staff and fleet, orders and offers. Every row names its company, and row-level security shows a
transaction none but those of the company that it was opened for (migrations/sql/0003_dispatch.sql).
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    Uuid,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

from allonova.adapters.postgres.schema import (
    DISPATCH,
    METADATA,
    count,
    created,
    flag,
    id_column,
    moment,
    one_of,
    place,
    stamps,
    words,
)
from allonova.domain.dispatch.client import ClientType
from allonova.domain.dispatch.commande import CommandeStatut, Source
from allonova.domain.dispatch.demande import DemandeStatut, Origine
from allonova.domain.dispatch.device import TokenKind
from allonova.domain.dispatch.intervention import InterventionStatut, InterventionType, Priorite
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.dispatch.taxi import TaxiStatut
from allonova.domain.identity.device import PushPlatform

SOCIETES = Table(
    "societes",
    METADATA,
    id_column(),
    words("nom"),
    words("slug"),
    words("siret", optional=True),
    words("adresse"),
    words("telephone"),
    words("email"),
    words("pays"),
    words("fuseau"),
    count("sla_minutes", default=120),
    flag("dispatch_auto"),
    count("demande_secondes", default=180),
    flag("version_obligatoire"),
    *stamps(),
    UniqueConstraint("slug"),
    CheckConstraint("sla_minutes BETWEEN 1 AND 10080", name="sla_minutes"),
    CheckConstraint("demande_secondes BETWEEN 30 AND 600", name="demande_secondes"),
    schema=DISPATCH,
)


def _societe() -> Column[UUID]:
    return Column("societe_id", Uuid, ForeignKey(SOCIETES.c.id), nullable=False)


COMPTEURS = Table(
    "compteurs",
    METADATA,
    _societe(),
    Column("annee", Integer, nullable=False),
    Column("dernier", Integer, nullable=False),
    PrimaryKeyConstraint("societe_id", "annee"),
    schema=DISPATCH,
)

TAXIS = Table(
    "taxis",
    METADATA,
    id_column(),
    _societe(),
    words("numero"),
    words("plaque"),
    words("vignette"),
    *one_of("statut", TaxiStatut, default=TaxiStatut.DISPONIBLE),
    flag("active", default=True),
    words("recherche"),
    *stamps(),
    Index("uq_taxis_societe_id_plaque", "societe_id", "plaque", unique=True, postgresql_where=text("active")),
    Index("uq_taxis_societe_id_numero", "societe_id", "numero", unique=True, postgresql_where=text("active")),
    schema=DISPATCH,
)

USERS = Table(
    "users",
    METADATA,
    id_column(),
    _societe(),
    words("email"),
    words("password_hash", optional=True),
    *one_of("role", StaffRole),
    words("name"),
    words("phone", optional=True),
    Column("taxi_id", Uuid, ForeignKey(TAXIS.c.id)),
    flag("active", default=True),
    moment("email_confirmed_at", optional=True),
    moment("last_login", optional=True),
    words("recherche"),
    moment("efface_at", optional=True),
    *stamps(),
    Index("uq_users_taxi_id", "taxi_id", unique=True, postgresql_where=text("active AND taxi_id IS NOT NULL")),
    Index(None, "societe_id", "created_at"),
    schema=DISPATCH,
)
Index("uq_users_email", func.lower(USERS.c.email), unique=True)

CLIENTS = Table(
    "clients",
    METADATA,
    id_column(),
    _societe(),
    *one_of("type", ClientType),
    words("nom"),
    words("contact_email", optional=True),
    words("contact_phone", optional=True),
    words("adresse", optional=True),
    flag("active", default=True),
    words("recherche"),
    moment("efface_at", optional=True),
    *stamps(),
    UniqueConstraint("id", "type"),
    Index(None, "societe_id", "created_at"),
    schema=DISPATCH,
)
Index(
    "ix_clients_contact_email",
    CLIENTS.c.societe_id,
    func.lower(CLIENTS.c.contact_email),
    postgresql_where=text("contact_email IS NOT NULL"),
)
# The name comes first in it, without case and accents; all of it could be longer than an index takes.
CLIENT_NOM = func.left(CLIENTS.c.recherche, literal_column("64"))
Index("ix_clients_nom", CLIENTS.c.societe_id, CLIENT_NOM, CLIENTS.c.id)
Index(
    "ix_clients_recherche",
    CLIENTS.c.recherche,
    postgresql_using="gin",
    postgresql_ops={"recherche": "gin_trgm_ops"},
)

_PROMISED = "statut IN ('assignee', 'en-cours') AND NOT chevauchement_force"

COMMANDES = Table(
    "commandes",
    METADATA,
    id_column(),
    _societe(),
    words("reference"),
    Column("client_id", Uuid, nullable=False),
    words("client_type"),
    words("prise_en_charge"),
    words("destination"),
    place("prise_en_charge_point", optional=True),
    place("destination_point", optional=True),
    moment("date_iso"),
    count("duree_minutes", default=60),
    moment("fin_iso"),
    count("passagers", default=1),
    count("bagages", default=0),
    words("vol", optional=True),
    words("commentaire", optional=True),
    *one_of("statut", CommandeStatut, default=CommandeStatut.EN_ATTENTE),
    *one_of("source", Source, default=Source.ADMIN),
    Column("taxi_id", Uuid, ForeignKey(TAXIS.c.id)),
    Column("chauffeur_id", Uuid, ForeignKey(USERS.c.id)),
    flag("chevauchement_force"),
    moment("en_attente_depuis"),
    moment("sla_signale_at", optional=True),
    moment("auto_at", optional=True),
    count("essais_auto", default=0),
    moment("assignee_at", optional=True),
    moment("commencee_at", optional=True),
    moment("terminee_at", optional=True),
    moment("annulee_at", optional=True),
    words("motif_annulation", optional=True),
    Column("cree_par", Uuid, ForeignKey(USERS.c.id)),
    words("suivi_hash", optional=True),
    words("recherche"),
    *stamps(),
    UniqueConstraint("societe_id", "reference"),
    UniqueConstraint("suivi_hash"),
    ForeignKeyConstraint(["client_id", "client_type"], [CLIENTS.c.id, CLIENTS.c.type], onupdate="CASCADE"),
    CheckConstraint("duree_minutes > 0", name="duree_minutes"),
    CheckConstraint("extract(epoch FROM fin_iso - date_iso) = duree_minutes * 60", name="fin_iso"),
    CheckConstraint("passagers > 0 AND bagages >= 0", name="passagers"),
    CheckConstraint(
        "statut NOT IN ('assignee', 'en-cours', 'terminee') OR (taxi_id IS NOT NULL AND chauffeur_id IS NOT NULL)",
        name="chauffeur",
    ),
    ExcludeConstraint(
        (text("taxi_id"), "="),
        (text("tstzrange(date_iso, fin_iso)"), "&&"),
        name="ex_commandes_taxi",
        using="gist",
        where=text(_PROMISED),
    ),
    ExcludeConstraint(
        (text("chauffeur_id"), "="),
        (text("tstzrange(date_iso, fin_iso)"), "&&"),
        name="ex_commandes_chauffeur",
        using="gist",
        where=text(_PROMISED),
    ),
    Index(None, "societe_id", "date_iso", "id", postgresql_include=["statut", "client_type"]),
    Index(None, "societe_id", "statut", "date_iso", "id"),
    Index(None, "societe_id", "statut", "client_type"),
    Index(None, "societe_id", "created_at", "id"),
    Index("ix_commandes_pool", "societe_id", "date_iso", "id", postgresql_where=text("taxi_id IS NULL")),
    Index(None, "taxi_id", "date_iso", postgresql_where=text("taxi_id IS NOT NULL")),
    Index(None, "chauffeur_id", "date_iso", postgresql_where=text("chauffeur_id IS NOT NULL")),
    Index(None, "chauffeur_id", "terminee_at", postgresql_where=text("terminee_at IS NOT NULL")),
    Index(None, "client_id"),
    Index("ix_commandes_waiting", "en_attente_depuis", postgresql_where=text("statut = 'en-attente'")),
    Index(None, "auto_at", postgresql_where=text("auto_at IS NOT NULL")),
    schema=DISPATCH,
)
Index(
    "ix_commandes_termes",
    func.dispatch.termes(COMMANDES.c.societe_id, COMMANDES.c.recherche),
    postgresql_using="gin",
    postgresql_with={"fastupdate": "off"},
)

DEMANDES = Table(
    "demandes",
    METADATA,
    id_column(),
    _societe(),
    Column("commande_id", Uuid, ForeignKey(COMMANDES.c.id), nullable=False),
    Column("chauffeur_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    Column("taxi_id", Uuid, ForeignKey(TAXIS.c.id), nullable=False),
    *one_of("statut", DemandeStatut, default=DemandeStatut.PROPOSEE),
    *one_of("origine", Origine, default=Origine.PROPOSITION),
    flag("force"),
    moment("expire_at"),
    moment("repondue_at", optional=True),
    words("motif", optional=True),
    *stamps(),
    Index("uq_demandes_open", "commande_id", "chauffeur_id", unique=True, postgresql_where=text("statut = 'proposee'")),
    Index("uq_demandes_winner", "commande_id", unique=True, postgresql_where=text("statut = 'acceptee'")),
    Index(None, "commande_id", "created_at"),
    Index(None, "chauffeur_id", "created_at"),
    Index(None, "chauffeur_id", "repondue_at", postgresql_where=text("repondue_at IS NOT NULL")),
    Index("ix_demandes_taxi_open", "taxi_id", postgresql_where=text("statut = 'proposee'")),
    Index("ix_demandes_due", "expire_at", postgresql_where=text("statut = 'proposee'")),
    schema=DISPATCH,
)

DEPLACEMENTS = Table(
    "deplacements",
    METADATA,
    id_column(),
    _societe(),
    Column("commande_id", Uuid, ForeignKey(COMMANDES.c.id), nullable=False),
    Column("user_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    *one_of("statut", CommandeStatut),
    moment("date_iso"),
    count("duree_minutes"),
    Column("taxi_id", Uuid, ForeignKey(TAXIS.c.id)),
    Column("chauffeur_id", Uuid, ForeignKey(USERS.c.id)),
    flag("chevauchement_force"),
    count("version_after"),
    moment("undone_at", optional=True),
    count("version", default=1),
    created(),
    Index(None, "commande_id", "user_id", "created_at"),
    Index(None, "created_at"),
    schema=DISPATCH,
)

INTERVENTIONS = Table(
    "interventions",
    METADATA,
    id_column(),
    _societe(),
    Column("commande_id", Uuid, ForeignKey(COMMANDES.c.id)),
    Column("taxi_id", Uuid, ForeignKey(TAXIS.c.id)),
    *one_of("type", InterventionType),
    words("titre"),
    words("description"),
    *one_of("statut", InterventionStatut, default=InterventionStatut.OUVERTE),
    *one_of("priorite", Priorite, default=Priorite.NORMALE),
    moment("attente_depuis", optional=True),
    Column("cree_par", Uuid, ForeignKey(USERS.c.id)),
    moment("resolu_at", optional=True),
    *stamps(),
    CheckConstraint("num_nonnulls(commande_id, taxi_id) = 1", name="subject"),
    Index(
        "uq_interventions_wait",
        "commande_id",
        "attente_depuis",
        unique=True,
        postgresql_where=text("attente_depuis IS NOT NULL"),
    ),
    Index(None, "societe_id", "created_at"),
    Index(None, "societe_id", "statut", "created_at"),
    Index(None, "commande_id", postgresql_where=text("commande_id IS NOT NULL")),
    Index(None, "taxi_id", postgresql_where=text("taxi_id IS NOT NULL")),
    schema=DISPATCH,
)

NOTIFICATIONS = Table(
    "notifications",
    METADATA,
    id_column(),
    _societe(),
    Column("user_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    *one_of("type", NotificationType),
    words("titre"),
    words("description"),
    moment("lu_at", optional=True),
    Column("data", JSONB, nullable=False, server_default=text("'{}'")),
    count("version", default=1),
    created(),
    # With the company, which row-level security asks for, a reader's messages are counted without reading them.
    Index("ix_notifications_reader", "user_id", "created_at", "id", "societe_id"),
    Index(
        "ix_notifications_unread", "user_id", "created_at", "id", "societe_id", postgresql_where=text("lu_at IS NULL")
    ),
    Index(None, "created_at"),
    schema=DISPATCH,
)

AUDIT_LOG = Table(
    "audit_log",
    METADATA,
    id_column(),
    _societe(),
    Column("user_id", Uuid, ForeignKey(USERS.c.id)),
    words("action"),
    words("entity"),
    Column("entity_id", Uuid, nullable=False),
    Column("payload", JSONB, nullable=False, server_default=text("'{}'")),
    moment("ts"),
    Index(None, "societe_id", "ts", "id"),
    Index(None, "entity_id", "ts"),
    Index(None, "user_id", "ts"),
    schema=DISPATCH,
)

DEVICES = Table(
    "devices",
    METADATA,
    id_column(),
    _societe(),
    Column("user_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    *one_of("platform", PushPlatform),
    *one_of("kind", TokenKind, default=TokenKind.TOKEN),
    words("token"),
    words("token_hash"),
    *stamps(),
    UniqueConstraint("token_hash"),
    Index(None, "user_id"),
    Index(None, "updated_at"),
    schema=DISPATCH,
)

POSITIONS = Table(
    "positions",
    METADATA,
    id_column(),
    _societe(),
    Column("taxi_id", Uuid, ForeignKey(TAXIS.c.id), nullable=False),
    Column("chauffeur_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    place("point"),
    moment("at"),
    Index(None, "taxi_id", "at"),
    Index(None, "at"),
    schema=DISPATCH,
)

TAXI_POSITIONS = Table(
    "taxi_positions",
    METADATA,
    Column("taxi_id", Uuid, ForeignKey(TAXIS.c.id), primary_key=True),
    _societe(),
    Column("chauffeur_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    place("point"),
    moment("at"),
    Index("ix_taxi_positions_point", "societe_id", "point", postgresql_using="gist"),
    schema=DISPATCH,
)

SEMAINES = Table(
    "semaines",
    METADATA,
    id_column(),
    _societe(),
    Column("chauffeur_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    Column("debut", Date, nullable=False),
    count("courses"),
    count("proposees"),
    count("acceptees"),
    count("minutes"),
    Column("jours", JSONB, nullable=False, server_default=text("'{}'")),
    created(),
    UniqueConstraint("chauffeur_id", "debut"),
    Index(None, "societe_id", "debut"),
    schema=DISPATCH,
)

SCOPED = tuple(
    table for table in METADATA.tables.values() if table.schema == DISPATCH and "societe_id" in table.columns
)
"""Tables that row-level security cuts by company; the company's own row it cuts by its id."""
