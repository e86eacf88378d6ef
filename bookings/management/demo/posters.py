"""Posters of the demo's events, drawn from their titles."""

import colorsys
import hashlib
import random
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from bookings.management.demo.kinds import DemoEvent
from bookings.tickets import lettering

SIZE = (800, 1200)
_MARGIN = 64
_FONTS = Path(lettering.__file__).parent / "fonts"
_Colour = tuple[int, int, int]


def draw_poster(event: DemoEvent) -> bytes:
    """Draw the poster of an event as a PNG. The same event always gets the same one."""
    seed = int.from_bytes(hashlib.sha256(event.title.encode()).digest()[:8])
    chance = random.Random(seed)
    hue = chance.random()
    paper = _gradient(_colour(hue, 0.75, 0.16), _colour(hue + chance.uniform(0.04, 0.14), 0.7, 0.5))
    draw_shapes = chance.choice((_sun, _rings, _stripes, _hills))
    paper = ImageChops.screen(paper, draw_shapes(chance, hue + chance.uniform(0.3, 0.6)))
    shade = _gradient((255, 255, 255), (60, 60, 70))
    paper = ImageChops.multiply(paper, shade)
    _letter(ImageDraw.Draw(paper), event)
    file = BytesIO()
    paper.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _colour(hue: float, saturation: float, value: float) -> _Colour:
    return tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue % 1, saturation, value))


def _gradient(top: _Colour, bottom: _Colour) -> Image.Image:
    mask = Image.linear_gradient("L").resize(SIZE)
    return Image.composite(Image.new("RGB", SIZE, bottom), Image.new("RGB", SIZE, top), mask)


def _layer() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    layer = Image.new("RGB", SIZE)
    return layer, ImageDraw.Draw(layer)


def _sun(chance: random.Random, hue: float) -> Image.Image:
    layer, draw = _layer()
    x, y, radius = chance.randint(220, 580), chance.randint(300, 480), chance.randint(170, 250)
    draw.circle((x, y), radius * 1.5, _colour(hue, 0.8, 0.35))
    layer = layer.filter(ImageFilter.GaussianBlur(60))
    ImageDraw.Draw(layer).circle((x, y), radius, _colour(hue, 0.55, 0.95))
    return layer


def _rings(chance: random.Random, hue: float) -> Image.Image:
    layer, draw = _layer()
    x, y = chance.randint(250, 550), chance.randint(320, 520)
    for number in range(9, 0, -1):
        colour = _colour(hue + number * 0.02, 0.65, 0.25 + 0.06 * (9 - number))
        draw.circle((x, y), 46 * number, outline=colour, width=16)
    return layer


def _stripes(chance: random.Random, hue: float) -> Image.Image:
    layer, draw = _layer()
    slant, step = chance.randint(250, 500), chance.randint(90, 130)
    for number, x in enumerate(range(-slant, SIZE[0], step)):
        colour = _colour(hue + number * 0.015, 0.7, 0.2 + 0.05 * (number % 8))
        corners = [(x + slant, 0), (x + slant + step // 2, 0), (x + step // 2, 900), (x, 900)]
        draw.polygon(corners, colour)
    return layer


def _hills(chance: random.Random, hue: float) -> Image.Image:
    layer, draw = _layer()
    draw.circle((chance.randint(200, 600), 330), 120, _colour(hue, 0.35, 0.95))
    for number in range(4):
        height = 480 + 110 * number
        points = [(x, height + chance.randint(-90, 70)) for x in range(-100, SIZE[0] + 200, 150)]
        colour = _colour(hue + 0.05 * number, 0.75, 0.6 - 0.13 * number)
        draw.polygon([(-100, SIZE[1]), *points, (SIZE[0] + 200, SIZE[1])], colour)
    return layer


def _letter(draw: ImageDraw.ImageDraw, event: DemoEvent) -> None:
    """Write the title and cast on the lower third. Only the first names of the cast fit."""
    room = SIZE[0] - 2 * _MARGIN
    for size in range(108, 40, -6):
        font = ImageFont.truetype(_FONTS / "NotoSans-Bold.ttf", size)
        lines = _lines(event.title, font, room)
        if len(lines) <= 4 and all(font.getlength(line) <= room for line in lines):
            break
    small = ImageFont.truetype(_FONTS / "NotoSans-Regular.ttf", 28)
    names = _lines(" · ".join(event.cast[:3]) or event.kind.title(), small, room)
    y = SIZE[1] - _MARGIN - 40 * len(names)
    for number, line in enumerate(names):
        draw.text((_MARGIN, y + 40 * number), line, (235, 235, 240), small)
    draw.rectangle((_MARGIN, y - 30, _MARGIN + 96, y - 24), (255, 255, 255))
    y -= 60 + round(1.12 * size) * len(lines)
    for number, line in enumerate(lines):
        draw.text((_MARGIN, y + round(1.12 * size) * number), line, (255, 255, 255), font)


def _lines(text: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    """Break a text into lines that fit, where its words allow that."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
