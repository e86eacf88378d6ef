"""The check and the sizes of an uploaded poster."""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

from eventbooking_system.errors import InvalidField

WIDTHS = (200, 400, 800)
MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
MIN_SIDE = 100
# The longer side divided by the shorter one.
MAX_RATIO = 4
FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82
# Pillow raises these for a damaged file.
_MALFORMED = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error,
    zlib.error,
)  # fmt: skip
_TOO_MANY_PIXELS = f"A poster has at most {MAX_PIXELS // 1_000_000} million pixels."


@dataclass(frozen=True)
class PosterImage:
    """A poster as a JPEG of one size."""

    width: int
    height: int
    content: bytes


def draw_poster_sizes(data: bytes, *, field: str = "poster") -> list[PosterImage]:
    """
    Draw an uploaded image again in each size, the narrowest first.

    Only pixels are kept: no metadata, and nothing that follows the image in the file. An image is
    not enlarged. Raises InvalidField for a file that is not a JPEG, PNG or WebP image, or that is
    too large or too small.
    """
    if len(data) > MAX_BYTES:
        raise InvalidField(field, f"A poster has at most {MAX_BYTES >> 20} MB.", "too_large")
    try:
        # Pillow looks only for these formats, so no other decoder sees the file.
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _check_size(image, field)
            pixels = _pixels(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidField(field, _TOO_MANY_PIXELS, "too_large") from error
    except _MALFORMED as error:
        detail = "Upload a JPEG, PNG or WebP image. This file is of another kind, or damaged."
        raise InvalidField(field, detail, "invalid_image") from error
    widths = [width for width in WIDTHS if width < pixels.width] or [pixels.width]
    if WIDTHS[-1] >= pixels.width > widths[-1]:
        widths.append(pixels.width)
    return [_drawn(pixels, width) for width in widths]


def _check_size(image: Image.Image, field: str) -> None:
    """Refuse an image by its header, before its pixels are decoded."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InvalidField(field, _TOO_MANY_PIXELS, "too_large")
    if min(width, height) < MIN_SIDE:
        raise InvalidField(
            field, f"A poster is at least {MIN_SIDE} pixels wide and high.", "too_small"
        )
    if max(width, height) > MAX_RATIO * min(width, height):
        raise InvalidField(field, f"A poster is at most {MAX_RATIO} times as long as wide.")


def _pixels(image: Image.Image) -> Image.Image:
    """Decode an image, turn it upright, and make it opaque."""
    image.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))  # A large JPEG is decoded smaller.
    upright = ImageOps.exif_transpose(image)
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    layer = upright.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer)
    return paper


def _drawn(pixels: Image.Image, width: int) -> PosterImage:
    height = max(1, round(pixels.height * width / pixels.width))
    drawn = Image.new("RGB", (width, height))
    # Pasted into a new image, because a resized one keeps the comments of the file.
    drawn.paste(pixels.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3))
    file = BytesIO()
    drawn.save(file, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return PosterImage(width, height, file.getvalue())
