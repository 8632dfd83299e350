"""Identity papers."""

from __future__ import annotations

from allonova.adapters.postgres.kyc.tables import KYC_DOCUMENTS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.store import Shelf
from allonova.domain.kyc.document import KycDocument

PAPER_SHELF = Shelf(RowMapper(KycDocument, KYC_DOCUMENTS), {})
