"""A provider's own objects (sessions, transfers, …): JSON documents found by id or by a declared key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allonova.adapters.sandbox.state import Json, State


@dataclass(frozen=True, slots=True)
class Shelf:
    """The objects of one kind of one provider; `keys` are the fields that it lets callers search by."""

    state: State
    provider: str
    kind: str
    keys: tuple[str, ...] = ()

    def put(self, id_: str, doc: Json) -> None:
        """Writes the object, new or changed, and the keys by which it is found (a null one finds nothing)."""
        with self.state.transaction():
            self.state.rows(
                "INSERT INTO documents (provider, kind, id, doc) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (provider, kind, id) DO UPDATE SET doc = excluded.doc",
                self.provider, self.kind, id_, json.dumps(doc),
            )  # fmt: skip
            for name in self.keys:
                if doc.get(name) is not None:
                    self.state.rows(
                        "INSERT OR IGNORE INTO document_keys (provider, kind, name, value, id)"
                        " VALUES (?, ?, ?, ?, ?)",
                        self.provider, self.kind, name, str(doc[name]), id_,
                    )  # fmt: skip

    def get(self, id_: str) -> Json | None:
        """The object with this id."""
        row = self.state.row(
            "SELECT doc FROM documents WHERE provider = ? AND kind = ? AND id = ?",
            self.provider,
            self.kind,
            id_,
        )
        return None if row is None else _doc(row["doc"])

    def find(self, name: str, value: str) -> list[Json]:
        """The objects whose key has this value, oldest first."""
        rows = self.state.rows(
            "SELECT d.doc FROM document_keys k JOIN documents d USING (provider, kind, id)"
            " WHERE k.provider = ? AND k.kind = ? AND k.name = ? AND k.value = ? ORDER BY d.seq",
            self.provider, self.kind, name, value,
        )  # fmt: skip
        return [_doc(row["doc"]) for row in rows]


def _doc(text: str) -> Json:
    doc: Json = json.loads(text)
    return doc
