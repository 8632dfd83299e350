"""Where a file of a format ends, read from its own structure: what lies behind that was hidden there."""

from __future__ import annotations

import re
import struct

from allonova.application.files.ports import UnsafeFile

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # JPEG markers without a length: TEM, RST0 to RST7
SOI, EOI, SOS, MARKER = 0xD8, 0xD9, 0xDA, 0xFF
AFTER_SCAN = re.compile(rb"\xff[^\x00\x01\xd0-\xd7]")
PDF_BANNED = (b"/JavaScript", b"/Launch", b"/EmbeddedFile")


def require_whole_png(body: bytes) -> None:
    """Chunks up to IEND, and nothing behind it (PNG, third edition, 5.3)."""
    if not body.startswith(PNG_SIGNATURE):
        raise UnsafeFile("not a PNG")
    at = len(PNG_SIGNATURE)
    while at + 12 <= len(body):
        (length,) = struct.unpack_from(">I", body, at)
        kind = body[at + 4 : at + 8]
        at += 12 + length
        if kind == b"IEND":
            break
    else:
        raise UnsafeFile("truncated")
    _require_end(body, at)


def require_whole_webp(body: bytes) -> None:
    """One RIFF container as long as it says (RFC 9649, 2.4)."""
    if body[:4] != b"RIFF" or body[8:12] != b"WEBP":
        raise UnsafeFile("not a WebP")
    (length,) = struct.unpack_from("<I", body, 4)
    _require_end(body, 8 + length + length % 2)


def require_whole_jpeg(body: bytes) -> None:
    """Segments up to EOI (ITU-T T.81, B.1). What cameras put behind it passes: further images (CIPA DC-007), padding,
    and the trailer of one maker whose telephones write it into every photograph.
    """
    end = _jpeg_end(body, 0)
    while end < len(body):
        rest = body[end:]
        if not rest.strip(b"\0") or _is_sef_trailer(rest):
            return
        start = len(body) - len(rest.lstrip(b"\0"))
        end = _jpeg_end(body, start)


def require_whole_pdf(body: bytes) -> None:
    """From `%PDF-` to `%%EOF` (ISO 32000-2, 7.5), without what acts by itself as far as it shows in the open."""
    if not body.startswith(b"%PDF-"):
        raise UnsafeFile("not a PDF")
    if not body.rstrip(b"\r\n").endswith(b"%%EOF") or len(body) - len(body.rstrip(b"\r\n")) > 2:
        raise UnsafeFile("something behind the end")
    if b"startxref" not in body[-2048:]:
        raise UnsafeFile("truncated")
    if any(name in body for name in PDF_BANNED):
        raise UnsafeFile("a PDF that acts by itself")


def _require_end(body: bytes, end: int) -> None:
    if end > len(body):
        raise UnsafeFile("truncated")
    if end < len(body):
        raise UnsafeFile("something behind the end")


def _jpeg_end(body: bytes, start: int) -> int:
    """Where the image that begins there ends."""
    if body[start : start + 3] != b"\xff\xd8\xff":
        raise UnsafeFile("not a JPEG" if start == 0 else "something behind the end")
    at = start + 2
    while at + 4 <= len(body):
        if body[at] != MARKER:
            raise UnsafeFile("not a JPEG")
        marker = body[at + 1]
        if marker == MARKER:  # fill bytes before a marker
            at += 1
        elif marker == EOI:
            return at + 2
        elif marker in STANDALONE:
            at += 2
        else:
            (length,) = struct.unpack_from(">H", body, at + 2)
            at += 2 + length
            if marker == SOS:
                at = _scan_end(body, at)
    if body[at : at + 2] == bytes([MARKER, EOI]):
        return at + 2
    raise UnsafeFile("truncated")


def _scan_end(body: bytes, at: int) -> int:
    """The first marker behind entropy-coded data, where FF 00 and restarts are data."""
    found = AFTER_SCAN.search(body, at)
    if found is None:
        raise UnsafeFile("truncated")
    return found.start()


def _is_sef_trailer(rest: bytes) -> bool:
    """Data blocks, then a directory `SEFH` that points to each by its distance from there, its length and `SEFT`."""
    if len(rest) < 20 or rest[-4:] != b"SEFT":
        return False
    length: int = struct.unpack_from("<I", rest, len(rest) - 8)[0]
    at = len(rest) - 8 - length
    if length < 12 or at < 0 or rest[at : at + 4] != b"SEFH":
        return False
    (count,) = struct.unpack_from("<I", rest, at + 8)
    if length != 12 + 12 * count:
        return False
    distances: list[int] = [struct.unpack_from("<I", rest, at + 16 + 12 * number)[0] for number in range(count)]
    return max(distances, default=0) == at
