"""Posters as images: refused files, and what others keep."""

import struct
import zlib

import pytest
from PIL import Image

from eventbooking_system.errors import InvalidField
from events.services import draw_poster_sizes
from events.tests.images import image_bytes, opened

SCRIPT = b"<script>alert(document.cookie)</script>"


def _png_header(width: int, height: int) -> bytes:
    """Return a PNG file that claims a size and has no pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 10**6) + b"IDAT"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_poster_is_drawn_as_jpeg_in_three_widths(form: str) -> None:
    drawn = draw_poster_sizes(image_bytes(form=form))
    assert [(size.width, size.height) for size in drawn] == [(200, 300), (400, 600), (800, 1200)]
    for size in drawn:
        image = opened(size.content)
        assert (image.format, image.size, image.mode) == (
            "JPEG",
            (size.width, size.height),
            "RGB",
        )
        assert all(
            abs(a - b) < 4 for a, b in zip(image.getpixel((9, 9)), (0, 128, 128), strict=True)
        )


@pytest.mark.parametrize(("width", "widths"), [(150, [150]), (200, [200]), (600, [200, 400, 600])])
def test_a_small_poster_is_not_enlarged(width: int, widths: list[int]) -> None:
    drawn = draw_poster_sizes(image_bytes(width, width))
    assert [size.width for size in drawn] == widths


def test_neither_metadata_nor_a_script_survives() -> None:
    exif = Image.Exif()
    exif[0x010E] = SCRIPT.decode()
    sent = image_bytes(form="JPEG", exif=exif, comment=SCRIPT) + SCRIPT
    assert sent.count(b"alert") == 3
    for size in draw_poster_sizes(sent):
        assert b"alert" not in size.content
        assert not opened(size.content).getexif()


def test_a_photo_that_says_it_is_on_its_side_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (size,) = draw_poster_sizes(image_bytes(180, 120, form="JPEG", exif=exif))
    assert (size.width, size.height) == (120, 180)


def test_a_transparent_poster_is_put_on_white() -> None:
    for mode, colour in (("RGBA", (0, 0, 0, 0)), ("LA", (0, 0)), ("P", 0)):
        more = {"transparency": 0} if mode == "P" else {}
        sent = image_bytes(120, 120, mode=mode, colour=colour, **more)
        (size,) = draw_poster_sizes(sent)
        assert opened(size.content).getpixel((60, 60)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (SCRIPT, "invalid_image"),
        (b"", "invalid_image"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "invalid_image"),
        (b"%PDF-1.4\n%%EOF", "invalid_image"),
        (image_bytes(form="GIF"), "invalid_image"),
        (image_bytes(form="TIFF"), "invalid_image"),
        (image_bytes(form="PNG")[:800], "invalid_image"),
        (image_bytes(form="JPEG")[:300], "invalid_image"),
        (b"\x89PNG\r\n\x1a\n" + SCRIPT, "invalid_image"),
        (b"\xff\xd8\xff\xe0" + SCRIPT, "invalid_image"),
        (b"RIFF\x20\x00\x00\x00WEBPVP8 " + SCRIPT, "invalid_image"),
        (_png_header(5000, 5001), "too_large"),
        (_png_header(60_000, 60_000), "too_large"),
        (b"\0" * (5 * 1024 * 1024 + 1), "too_large"),
        (image_bytes(99, 300), "too_small"),
        (image_bytes(100, 401), "invalid"),
    ],
    ids=range(16),
)
def test_a_file_that_is_not_a_valid_image_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        draw_poster_sizes(data)
    (error,) = refusal.value.members["errors"]
    assert (error["field"], error["code"]) == ("poster", code)
