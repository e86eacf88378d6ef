"""
Text of any script on a PDF page.

A text is split into runs of one font. HarfBuzz shapes each run, so that Devanagari gets its
conjuncts and reordered vowels. A character that no font has is drawn as an empty box. Text from
right to left is not supported.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

from reportlab.lib.abag import ABag
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, shapeFragWord
from reportlab.pdfgen.canvas import Canvas

_FOLDER = Path(__file__).parent / "fonts"
# Fonts in order of preference for a character. Han has one weight.
_REGULAR = ("NotoSans-Regular", "NotoSansDevanagari-Regular", "DroidSansFallbackFull")
_BOLD = ("NotoSans-Bold", "NotoSansDevanagari-Bold", "DroidSansFallbackFull")
# Joiners belong to the run of the characters beside them.
_JOINERS = "\u200c\u200d"


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    return sum(_shaped(run, font, size)[0] for font, run in _runs(text, bold=bold))


def draw(canvas: Canvas, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
    """Draw a line of text whose baseline begins at x, y."""
    for font, run in _runs(text, bold=bold):
        canvas.setFont(font, size)
        width, shaped = _shaped(run, font, size)
        canvas.drawString(x, y, shaped)
        x += width


def fitted(
    text: str, size: float, width: float, *, least: float, lines: int, bold: bool = False
) -> tuple[list[str], float]:
    """
    Fit a text on a line by making it smaller.

    At the least size it is broken into several lines.
    """
    full = width_of(text, size, bold=bold)
    if full > width:
        size = max(least, size * width / full * 0.99)
    return wrapped(text, size, width, lines=lines, bold=bold), size


def wrapped(text: str, size: float, width: float, *, lines: int, bold: bool = False) -> list[str]:
    """
    Break a text into lines of at most this width.

    If it has more than `lines`, the last one is cut off.
    """
    rows = [""]
    for piece in _pieces(text):
        if rows[-1] and width_of((rows[-1] + piece).rstrip(), size, bold=bold) > width:
            rows.append("")
        rows[-1] += piece if rows[-1] else piece.lstrip()
    rows = [row.rstrip() for row in rows]
    if len(rows) > lines:
        rows = [*rows[: lines - 1], " ".join(rows[lines - 1 :])]
    return [_cut(row, size, width, bold=bold) for row in rows]


def _cut(text: str, size: float, width: float, *, bold: bool) -> str:
    if width_of(text, size, bold=bold) <= width:
        return text
    while text and width_of(f"{text}…", size, bold=bold) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _pieces(text: str) -> Iterator[str]:
    """
    Split a text where a line may end.

    That is after a space, and on both sides of a Han character.
    """
    piece = ""
    for character in text:
        if piece and _may_break(piece[-1], character):
            yield piece
            piece = ""
        piece += character
    yield piece


def _may_break(before: str, after: str) -> bool:
    # Closing punctuation stays with the text before it.
    if after == " " or unicodedata.category(after) in ("Pe", "Pf", "Po"):
        return False
    return before == " " or _is_wide(before) or _is_wide(after)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _runs(text: str, *, bold: bool) -> list[tuple[str, str]]:
    """Split a text into pieces of one font each."""
    fonts = _BOLD if bold else _REGULAR
    chosen: list[tuple[str, str]] = []
    for character in unicodedata.normalize("NFC", text):
        is_neutral = character in _JOINERS or unicodedata.combining(character) or character == " "
        font = chosen[-1][0] if chosen and is_neutral else _font_for(character, fonts)
        chosen.append((font, character))
    return [
        (font, "".join(character for _, character in run))
        for font, run in groupby(chosen, key=lambda pair: pair[0])
    ]


def _font_for(character: str, fonts: tuple[str, ...]) -> str:
    return next(
        (name for name in fonts if ord(character) in _font(name).face.charToGlyph), fonts[0]
    )


@cache
def _font(name: str) -> TTFont:
    """Load a font, once, when a text needs it."""
    font = TTFont(name, str(_FOLDER / f"{name}.ttf"))
    pdfmetrics.registerFont(font)
    return font


def _shaped(text: str, font: str, size: float) -> tuple[float, str]:
    """Return the width of a run, and its positioned glyphs."""
    plain = pdfmetrics.stringWidth(text, font, size)
    width, (_, shaped) = shapeFragWord([plain, (ABag(fontName=font, fontSize=size), text)])
    return width, shaped
