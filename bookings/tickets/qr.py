"""A ticket's payload as a QR code (ISO/IEC 18004)."""

import io

import segno

# The standard's search for the best of eight masks takes longest, and every scanner reads each.
_MASK = 3


def qr_code(payload: str) -> segno.QRCode:
    """Encode a payload with error correction level M, not as Micro QR."""
    return segno.make(payload, error="m", boost_error=False, micro=False, mask=_MASK)


def qr_svg(payload: str) -> bytes:
    """Draw the code as a scalable image on a light background."""
    buffer = io.BytesIO()
    qr_code(payload).save(buffer, kind="svg", border=4, light="#ffffff", omitsize=True)
    return buffer.getvalue()
