"""Files as people and attackers send them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from PIL import Image

from allonova.domain.files.upload import FileType

FORMATS: Mapping[FileType, str] = {FileType.JPEG: "JPEG", FileType.PNG: "PNG", FileType.WEBP: "WEBP"}
RED, BLUE = (250, 10, 10), (10, 10, 250)
HTML = b"<!doctype html><script>alert(document.domain)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 1\ntrailer\n<< /Root 1 0 R >>\nstartxref\n50\n%%EOF\n"


def picture(kind: FileType = FileType.JPEG, *, size: tuple[int, int] = (60, 40), **more: Any) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0] // 2, size[1]))
    return saved(image, kind, **more)


def saved(image: Image.Image, kind: FileType, **more: Any) -> bytes:
    """An image as a file."""
    out = BytesIO()
    image.save(out, FORMATS[kind], **more)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of 20,000 × 20,000 pixels in less than 50 kB."""
    return saved(Image.new("1", (20_000, 20_000)), FileType.PNG)


def sef_trailer() -> bytes:
    """What one maker's telephones write behind the image: a block, and a directory that points to it."""
    block = b"\x00\x00\x01\x0a\x0e\x00\x00\x00Image_UTC_Data1700000000000"
    directory = b"SEFH" + struct.pack("<II", 107, 1) + struct.pack("<HHII", 0, 0x0A01, len(block), len(block))
    return block + directory + struct.pack("<I", len(directory)) + b"SEFT"


def opened(body: bytes) -> Image.Image:
    """A file as an image, decoded."""
    image = Image.open(BytesIO(body))
    image.load()
    return image
