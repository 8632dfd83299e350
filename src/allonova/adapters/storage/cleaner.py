"""Images drawn anew with Pillow, in threads of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING

from allonova.adapters.storage.shapes import (
    require_whole_jpeg,
    require_whole_pdf,
    require_whole_png,
    require_whole_webp,
)
from allonova.application.files.ports import CleanFile, FileCleaner, UnsafeFile
from allonova.application.kernel.inside import require_outside_unit
from allonova.domain.files.upload import FileType

if TYPE_CHECKING:
    from PIL import Image

PHOTO_SIDE, PAPER_SIDE = 1024, 3000
MAX_PIXELS = 50_000_000  # today's telephones; decoded, 150 to 200 MB
AT_ONCE = 2  # images decoded at the same time in one process, whatever arrives
QUALITY = 85
SMOOTH = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})
SHAPES: dict[FileType, tuple[str, Callable[[bytes], None]]] = {
    FileType.JPEG: ("JPEG", require_whole_jpeg),
    FileType.PNG: ("PNG", require_whole_png),
    FileType.WEBP: ("WEBP", require_whole_webp),
}


class ImageCleaner:
    """Keeps pixels and nothing else: no metadata, no second image, no bytes of the sender's."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="images")

    async def photo(self, body: bytes, kind: FileType) -> CleanFile:
        """See FileCleaner."""
        return await self._in_thread(redrawn, body, kind, PHOTO_SIDE)

    async def paper(self, body: bytes, kind: FileType) -> CleanFile:
        """See FileCleaner."""
        if kind is FileType.PDF:
            return await self._in_thread(_whole_pdf, body)
        return await self._in_thread(redrawn, body, kind, PAPER_SIDE)

    async def _in_thread[**P](self, work: Callable[P, CleanFile], *args: P.args, **named: P.kwargs) -> CleanFile:
        require_outside_unit("cleaning a file")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*args, **named))


def redrawn(body: bytes, kind: FileType, side: int) -> CleanFile:
    """The image as an RGB JPEG of at most `side` pixels a side, turned as its camera was held.

    Raises:
        UnsafeFile: not an image of this kind, too many pixels (seen before any is decoded), or broken in any way.
    """
    from PIL import Image  # noqa: PLC0415 - heavy

    if kind not in SHAPES:
        raise UnsafeFile("not an image")
    name, require_whole = SHAPES[kind]
    require_whole(body)
    try:
        with Image.open(BytesIO(body), formats=[name]) as image:
            _require_few_pixels(image)
            return CleanFile(_drawn(image, side), FileType.JPEG)
    except UnsafeFile:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnsafeFile("too many pixels") from error
    except Exception as error:  # decoders of hostile bytes raise anything, and all of it means the same
        raise UnsafeFile("not a sound image") from error


def _require_few_pixels(image: Image.Image) -> None:
    """Only the header has been read yet."""
    if image.width * image.height > MAX_PIXELS:
        raise UnsafeFile("too many pixels")


def _drawn(image: Image.Image, side: int) -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415 - heavy

    image.draft("RGB", (side, side))  # a JPEG is decoded no larger than needed
    if image.mode not in SMOOTH:  # a palette cannot be scaled
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    turned = ImageOps.exif_transpose(image)
    canvas = Image.new("RGB", turned.size, "white")
    if turned.has_transparency_data:
        solid = turned.convert("RGBA")
        canvas.paste(solid, mask=solid)
    else:
        canvas.paste(turned.convert("RGB"))
    drawn = BytesIO()
    canvas.save(drawn, "JPEG", quality=QUALITY, optimize=True)
    return drawn.getvalue()


def _whole_pdf(body: bytes) -> CleanFile:
    require_whole_pdf(body)
    return CleanFile(body, FileType.PDF)


def _conforms(cleaner: ImageCleaner) -> FileCleaner:
    return cleaner
