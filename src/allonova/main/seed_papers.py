"""Pictures of the papers of demo people."""

from __future__ import annotations

import io
from contextlib import suppress

from PIL import Image, ImageDraw

from allonova.application.files.ports import FileStore
from allonova.domain.kernel.errors import ServiceUnavailable
from allonova.domain.kyc.document import DocType

SHOWN = (DocType.CNI, DocType.PERMIS)
SIZE = (856, 540)  # a card's 85.6 × 54 mm


def paper_key(doc_type: DocType) -> str:
    """Where the picture lies; all demo people share it."""
    return f"demo/{doc_type}.jpg"


async def put_papers(files: FileStore) -> None:
    """Put them where the demo data says that they are. A store that is away is no reason not to start."""
    with suppress(ServiceUnavailable):
        for doc_type in SHOWN:
            await files.write(paper_key(doc_type), _drawn(f"DEMO {doc_type.upper()}"), content_type="image/jpeg")


def _drawn(text: str) -> bytes:
    card = Image.new("RGB", SIZE, "#e8e0d0")
    ImageDraw.Draw(card).text((60, 60), text, fill="#303030")
    picture = io.BytesIO()
    card.save(picture, "JPEG")
    return picture.getvalue()
