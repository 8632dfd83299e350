"""What somebody typed, as LIKE understands it."""

from __future__ import annotations

from allonova.domain.dispatch.recherche import SHORT, folded

_OWN_MEANING = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


def patterns(q: str) -> list[str]:
    """Patterns of which one matches where `recherche.matches` is true: anywhere from three letters on, else at the
    start of a word.
    """
    wanted = folded(q).translate(_OWN_MEANING)
    if len(folded(q)) >= SHORT:
        return [f"%{wanted}%"]
    return [f"{wanted}%", f"% {wanted}%"]
