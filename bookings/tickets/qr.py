"""A ticket's payload as a QR code (ISO/IEC 18004)."""

import io

import segno


def qr_code(payload: str) -> segno.QRCode:
    """Of the usual kind and correction, whatever a larger one would have room for."""
    return segno.make(payload, error="m", boost_error=False, micro=False)


def qr_svg(payload: str) -> bytes:
    """The code as an image of any size, with its quiet zone: dark on light, on any page."""
    buffer = io.BytesIO()
    qr_code(payload).save(buffer, kind="svg", border=4, light="#ffffff", omitsize=True)
    return buffer.getvalue()
