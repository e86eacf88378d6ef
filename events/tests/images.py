"""Images as bytes, for the tests of posters."""

from io import BytesIO
from typing import Any

from PIL import Image


def image_bytes(width: int = 900, height: int = 1350, *, form: str = "PNG", **more: Any) -> bytes:
    """Draw an image of one colour. `mode` and `colour` choose another one."""
    image = Image.new(more.pop("mode", "RGB"), (width, height), more.pop("colour", "teal"))
    file = BytesIO()
    image.save(file, form, **more)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image
