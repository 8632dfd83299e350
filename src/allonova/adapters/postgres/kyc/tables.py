"""Identity papers."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Uuid, literal_column, text

from allonova.adapters.postgres.schema import CARPOOL, METADATA, id_column, moment, one_of, stamps, words
from allonova.domain.kyc.document import DocType, KycStatus

KYC_DOCUMENTS = Table(
    "kyc_documents",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    *one_of("doc_type", DocType),
    words("doc_number"),
    words("front_url"),
    words("back_url", optional=True),
    *one_of("status", KycStatus, default=KycStatus.PENDING),
    words("notes", optional=True),
    Column("reviewed_by", Uuid),
    moment("reviewed_at", optional=True),
    *stamps(),
    Index(None, "user_id", "status"),
    Index(None, "status", "created_at"),
    Index(None, "created_at"),
    Index("ix_kyc_documents_refused", "reviewed_at", postgresql_where=text("status = 'rejected'")),
    schema=CARPOOL,
)
# As the index spells it, so that it serves.
IS_ON_FILE = literal_column("status IN ('pending', 'approved')", Boolean)
Index(
    "uq_kyc_documents_on_file",
    KYC_DOCUMENTS.c.user_id,
    KYC_DOCUMENTS.c.doc_type,
    unique=True,
    postgresql_where=IS_ON_FILE,
)
