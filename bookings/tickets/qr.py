"""A ticket's payload as a QR code (ISO/IEC 18004)."""

import re
from dataclasses import dataclass

import zxingcpp

# The standard's search for the best of eight masks takes longest, and every scanner reads each.
_MASK = 3
_QUIET_ZONE = 4
_DARK = re.compile(rb"\x00+")


@dataclass(frozen=True)
class QRCode:
    """The dark modules of a code of `size` rows. They are horizontal runs: left, top and width."""

    size: int
    runs: list[tuple[int, int, int]]


def qr_code(payload: str) -> QRCode:
    """Encode a payload with error correction level M."""
    code = zxingcpp.create_barcode(
        payload, zxingcpp.BarcodeFormat.QRCode, ec_level="M", data_mask=_MASK
    )
    image = code.to_image(scale=1, add_quiet_zones=False)
    size, pixels = image.shape[0], bytes(image)
    rows = (pixels[start : start + size] for start in range(0, size * size, size))
    runs = [
        (start, top, end - start)
        for top, row in enumerate(rows)
        for start, end in map(re.Match.span, _DARK.finditer(row))
    ]
    return QRCode(size, runs)


def qr_svg(payload: str) -> bytes:
    """Draw the code as a scalable image on a light background."""
    code = qr_code(payload)
    side = code.size + 2 * _QUIET_ZONE
    path = "".join(f"M{left} {top}h{width}v1h-{width}z" for left, top, width in code.runs)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">'
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/>'
        f'<path transform="translate({_QUIET_ZONE} {_QUIET_ZONE})" d="{path}"/></svg>\n'
    ).encode()
