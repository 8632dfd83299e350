"""What somebody typed, as the index of `dispatch.termes` understands it."""

from __future__ import annotations

from string import punctuation
from uuid import UUID

from allonova.domain.dispatch.recherche import SHORT, folded

LONGEST = 64  # letters of a term, in migrations/sql/0003_dispatch.sql
_POINTS = str.maketrans(dict.fromkeys(punctuation, " "))


def is_exact(q: str) -> bool:
    """Whether the index alone knows who matches: for one word, or a piece of one."""
    wanted = folded(q)
    return len(wanted) < SHORT or (len(wanted) <= LONGEST and _pieces(wanted) == [wanted])


def terms(societe_id: UUID, q: str) -> str | None:
    """The tsquery that finds all that `recherche.matches` is true of (for what `is_exact` nothing else); None where
    nothing in it is long enough.

    From three letters on a piece of a word is found by what it begins with from there; and whatever follows a space, or
    is short by itself, by the two letters that a word begins with.
    """
    wanted = folded(q)
    if len(wanted) < SHORT:
        keys = [f" {wanted}"]
    else:
        keys = [piece[:LONGEST] for piece in _pieces(wanted) if len(piece) >= SHORT]
        keys += [f" {word[:2]}" for word in wanted.split(" ")[1:]]
    own = str(societe_id)[:8]
    return " & ".join(f"'{_quoted(own + key)}':*" for key in dict.fromkeys(keys)) or None


def _pieces(text: str) -> list[str]:
    return text.translate(_POINTS).split(" ") if text.strip() else []


def _quoted(key: str) -> str:
    return key.replace("\\", "\\\\").replace("'", "''")
