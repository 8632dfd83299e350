"""What is made of the files that strangers send."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from allonova.adapters.storage.cleaner import ImageCleaner
from allonova.application.files.ports import UnsafeFile
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.domain.files.upload import IMAGES, FileType
from tests.support.pictures import BLUE, FORMATS, HTML, PDF, RED, SVG, bomb, opened, picture, saved, sef_trailer

CANARY = "canary-5.3575--4.0083"
CLEANER = ImageCleaner()
JPEG, PNG, WEBP = FileType.JPEG, FileType.PNG, FileType.WEBP


async def refused(body: bytes, kind: FileType) -> None:
    """Neither a photo nor a paper is made of it."""
    with pytest.raises(UnsafeFile):
        await CLEANER.photo(body, kind)
    with pytest.raises(UnsafeFile):
        await CLEANER.paper(body, kind)


def near(one: object, other: tuple[int, int, int]) -> bool:
    """The same colour, but for JPEG's losses."""
    return isinstance(one, tuple) and all(abs(a - b) < 40 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("kind", sorted(IMAGES))
async def test_image_is_drawn_anew_as_a_jpeg_when_it_is_sound(kind: FileType) -> None:
    clean = await CLEANER.photo(picture(kind), kind)
    image = opened(clean.body)
    assert (clean.content_type, image.format, image.mode, image.size) == (JPEG, "JPEG", "RGB", (60, 40))
    assert near(image.getpixel((5, 20)), RED)
    assert near(image.getpixel((55, 20)), BLUE)


@pytest.mark.parametrize(("kind", "longest"), [("photo", 1024), ("paper", 3000)])
async def test_image_is_scaled_down_when_it_is_large(kind: str, longest: int) -> None:
    body = picture(size=(4000, 2000))
    clean = await (CLEANER.photo(body, JPEG) if kind == "photo" else CLEANER.paper(body, JPEG))
    assert opened(clean.body).size == (longest, longest // 2)


def with_metadata(kind: FileType) -> bytes:
    """An image that says where it was taken, in every place that its format has for it."""
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = CANARY
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSAreaInformation] = CANARY
    text = PngInfo()
    text.add_text("Comment", CANARY)
    text.add_itxt("XML:com.adobe.xmp", CANARY)
    more: dict[FileType, dict[str, Any]] = {
        JPEG: {"exif": exif, "comment": CANARY, "xmp": CANARY.encode(), "icc_profile": CANARY.encode()},
        PNG: {"exif": exif, "pnginfo": text},
        WEBP: {"exif": exif, "xmp": CANARY.encode()},
    }
    return picture(kind, **more[kind])


@pytest.mark.promise("uploads")
@pytest.mark.parametrize("kind", sorted(IMAGES))
async def test_metadata_is_gone_when_the_image_had_some(kind: FileType) -> None:
    body = with_metadata(kind)
    assert CANARY.encode() in body
    for clean in (await CLEANER.photo(body, kind), await CLEANER.paper(body, kind)):
        assert CANARY.encode() not in clean.body
        image = opened(clean.body)
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("kind", sorted(IMAGES))
async def test_image_stands_upright_when_the_camera_did_not(kind: FileType) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # turn a quarter clockwise to see it upright
    image = opened((await CLEANER.photo(picture(kind, exif=exif), kind)).body)
    assert image.size == (40, 60)
    assert near(image.getpixel((20, 5)), RED)
    assert near(image.getpixel((20, 55)), BLUE)


async def test_ground_is_white_when_the_image_was_transparent() -> None:
    clean = await CLEANER.photo(saved(Image.new("RGBA", (10, 10), (0, 0, 0, 0)), PNG), PNG)
    assert near(opened(clean.body).getpixel((5, 5)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
async def test_image_is_taken_when_its_colours_are_of_another_kind(mode: str) -> None:
    assert opened((await CLEANER.photo(saved(Image.new(mode, (9, 9)), PNG), PNG)).body).mode == "RGB"


@pytest.mark.promise("uploads")
@pytest.mark.parametrize("kind", sorted(IMAGES))
@pytest.mark.parametrize("tail", [HTML, b"\0", b"PK\x03\x04", b"\xff\xd9", b"IEND"])
async def test_refused_when_something_hides_behind_the_end(kind: FileType, tail: bytes) -> None:
    if kind is JPEG and tail == b"\0":
        return  # padding, which cameras write
    await refused(picture(kind) + tail, kind)


@pytest.mark.parametrize("kind", sorted(IMAGES))
async def test_refused_wherever_it_is_cut_off(kind: FileType) -> None:
    body = picture(kind, size=(200, 200))
    for length in (0, 1, 3, 12, 20, len(body) // 2, len(body) - 13, len(body) - 2, len(body) - 1):
        await refused(body[:length], kind)


async def test_refused_when_the_bytes_are_not_pixels() -> None:
    body = bytearray(picture(PNG))
    at = body.index(b"IDAT") + 6
    body[at : at + 8] = b"\xff" * 8
    await refused(bytes(body), PNG)


@pytest.mark.parametrize("kind", sorted(FileType))
@pytest.mark.parametrize("body", [HTML, SVG, b"GIF89a" + b"\0" * 50, b"", b"\0" * 100, b"\xff\xd8\xff" + HTML])
async def test_refused_when_it_is_no_image_at_all(kind: FileType, body: bytes) -> None:
    await refused(body, kind)


async def test_refused_when_it_is_a_sound_image_of_another_type() -> None:
    for kind in IMAGES:
        for other in set(FileType) - {kind}:
            await refused(picture(kind), other)
    with pytest.raises(UnsafeFile):
        await CLEANER.paper(PDF, JPEG)


@pytest.mark.promise("uploads")
async def test_bomb_is_refused_when_it_has_not_been_decoded() -> None:
    body = bomb()
    assert len(body) < 50_000
    start = time.perf_counter()
    await refused(body, PNG)
    assert time.perf_counter() - start < 0.5  # decoded once, it takes seconds and 400 MB


@pytest.mark.promise("uploads")
async def test_refused_when_there_are_too_many_pixels_of_any_kind() -> None:
    for kind in (JPEG, PNG):
        await refused(saved(Image.new("L", (10_000, 5_001)), kind), kind)
    clean = await CLEANER.photo(saved(Image.new("L", (10_000, 5_000)), PNG), PNG)
    assert opened(clean.body).size == (1024, 512)


async def test_image_is_taken_when_its_camera_wrote_more_behind_it() -> None:
    first, second = picture(), picture(size=(20, 20))
    for body in (first + second, first + b"\0" * 64, first + b"\0" * 8 + second, first + sef_trailer()):
        assert opened((await CLEANER.photo(body, JPEG)).body).size == (60, 40)
    await refused(first + second + HTML, JPEG)
    await refused(first + HTML + sef_trailer(), JPEG)
    await refused(first + b"\0" * 8 + HTML, JPEG)


async def test_progressive_image_is_taken_and_its_end_is_found() -> None:
    body = picture(size=(300, 300), progressive=True)
    assert opened((await CLEANER.photo(body, JPEG)).body).size == (300, 300)
    await refused(body + HTML, JPEG)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG's part."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


async def test_refused_when_a_text_chunk_unpacks_to_very_much() -> None:
    body = picture(PNG)
    packed = zlib.compress(b"\0" * 100_000_000)
    at = body.index(b"IDAT") - 4
    await refused(body[:at] + chunk(b"zTXt", b"k\0\0" + packed) + body[at:], PNG)


async def test_pdf_is_kept_as_it_is_when_it_is_whole() -> None:
    for body in (PDF, PDF.rstrip(), PDF.rstrip() + b"\r\n"):
        clean = await CLEANER.paper(body, FileType.PDF)
        assert (clean.body, clean.content_type) == (body, FileType.PDF)
    with pytest.raises(UnsafeFile):
        await CLEANER.photo(PDF, FileType.PDF)


UNSOUND: dict[str, Callable[[], bytes]] = {
    "nothing before": lambda: b"\n" + PDF,
    "html before": lambda: HTML + PDF,
    "html behind": lambda: PDF + HTML,
    "blank lines behind": lambda: PDF + b"\n\n\n",
    "cut off": lambda: PDF[:-8],
    "no table": lambda: PDF.replace(b"startxref", b"startnothing"),
    "script": lambda: PDF.replace(b"/Type", b"/JavaScript"),
    "program": lambda: PDF.replace(b"/Type", b"/Launch"),
    "file inside": lambda: PDF.replace(b"/Type", b"/EmbeddedFile"),
}


@pytest.mark.parametrize("unsound", UNSOUND)
async def test_pdf_is_refused_when_it_is_more_or_less_than_one(unsound: str) -> None:
    with pytest.raises(UnsafeFile):
        await CLEANER.paper(UNSOUND[unsound](), FileType.PDF)


async def test_cleaning_does_not_run_when_a_transaction_is_open() -> None:
    token = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError):
            await CLEANER.photo(picture(), JPEG)
    finally:
        INSIDE_UNIT.reset(token)


def test_every_image_type_has_a_shape_when_counted() -> None:
    assert set(FORMATS) == IMAGES
