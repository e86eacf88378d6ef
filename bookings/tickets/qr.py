"""A ticket's payload as a QR code (ISO/IEC 18004)."""

import io

import segno


def qr_code(payload: str) -> segno.QRCode:
    """Encode a payload with error correction level M, not as Micro QR."""
    return segno.make(payload, error="m", boost_error=False, micro=False)


def qr_svg(payload: str) -> bytes:
    """Draw the code as a scalable image on a light background."""
    buffer = io.BytesIO()
    qr_code(payload).save(buffer, kind="svg", border=4, light="#ffffff", omitsize=True)
    return buffer.getvalue()
