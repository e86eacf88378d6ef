"""
Text of any script on a PDF page.

A text is split into runs of one font and one direction. HarfBuzz shapes each run, so that Arabic
letters join, and Devanagari gets its conjuncts and reordered vowels. Runs from right to left are
ordered as the Unicode bidirectional algorithm does without its explicit marks. A character that no font
has is drawn as an empty box.
"""

import io
import re
import string
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

import manimgx_fonts
from django.utils.translation import get_language
from reportlab.lib.abag import ABag
from reportlab.lib.rl_accel import fp_str
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, shapeFragWord
from reportlab.pdfgen.canvas import Canvas

_FOLDER = Path(__file__).parent / "fonts"
_PACKAGE = Path(manimgx_fonts.__file__).parent
# The scripts whose fonts the package manimgx-fonts brings, in one weight.
_SCRIPTS = (
    "Arabic", "Hebrew", "Bengali", "Tamil", "Telugu", "Kannada", "Malayalam", "Gujarati", "Gurmukhi",
    "Oriya", "Sinhala", "Thai", "Lao", "Khmer", "Myanmar", "Georgian", "Armenian", "Ethiopic",
    "Symbols",
)  # fmt: skip
_OF_PACKAGE = {script.upper(): f"NotoSans{script}[wght]" for script in _SCRIPTS}
# The font of a script, by the first word of the names of its characters.
_OF_SCRIPT = {
    **_OF_PACKAGE,
    "HANGUL": "NanumGothic",
    **dict.fromkeys(("CJK", "HIRAGANA", "KATAKANA"), "DroidSansFallbackFull"),
}
_ONE_WEIGHT = tuple(dict.fromkeys(_OF_SCRIPT.values()))
# Fonts in order of preference for a character.
_REGULAR = ("NotoSans-Regular", "NotoSansDevanagari-Regular", *_ONE_WEIGHT)
_BOLD = ("NotoSans-Bold", "NotoSansDevanagari-Bold", *_ONE_WEIGHT)
# The letters of codes. With them, the tickets of a show mostly need the same part of a font.
_IN_EACH_PDF = string.digits + string.ascii_uppercase
# Without discretionary ligatures, which join an alef and a lamed of Hebrew.
_FEATURES = {"kern": True, "liga": True}
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
# Joiners belong to the run of the characters beside them.
_JOINERS = "\u200c\u200d"


# Many documents contain the same fonts.
_compressed = lru_cache(maxsize=50)(zlib.compress)


class _Compression:
    """A filter for the streams of a document."""

    pdfname = "FlateDecode"

    def encode(self, content: str | bytes) -> bytes:
        return _compressed(content.encode() if isinstance(content, str) else content)


class TextCanvas(Canvas):
    """
    A PDF in the active language, with text of any script.

    The same drawing gives the same bytes.
    """

    def __init__(self, buffer: io.BytesIO, *, pagesize: tuple[float, float]) -> None:
        super().__init__(
            buffer, pagesize=pagesize, invariant=True, lang=get_language(), pageCompression=0
        )
        # Reportlab uses this filter where it chooses no other.
        self._doc.defaultStreamFilters = [_Compression()]
        for name in (_REGULAR[0], _BOLD[0]):
            _font(name).splitString(_IN_EACH_PDF, self._doc)
        self._written: dict[tuple[str, float, bool], list[tuple[float, str]]] = {}

    def draw(self, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
        """Draw a line of text whose baseline begins at x, y."""
        for offset, operators in self._operators(text, size, bold=bold):
            self.addLiteral(f"BT 1 0 0 1 {fp_str(x + offset, y)} Tm {operators}")

    def _operators(self, text: str, size: float, *, bold: bool) -> list[tuple[float, str]]:
        """
        Return the offset of each run of a text, and its operators.

        They are kept, because the tickets of a booking share most of their texts.
        """
        key = (text, size, bold)
        if key not in self._written:
            self._written[key], offset = [], 0.0
            for font, width, shaped in _glyphs(text, size, bold=bold):
                self.setFont(font, size)
                run = self.beginText()
                run.textOut(shaped)
                self._written[key].append((offset, run.getCode().partition(" Tm ")[2]))
                offset += width
        return self._written[key]


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    return sum(width for _, width, _ in _glyphs(text, size, bold=bold))


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
    for piece in _pieces_within(text, size, width, bold=bold):
        if rows[-1] and width_of((rows[-1] + piece).rstrip(), size, bold=bold) > width:
            rows.append("")
        rows[-1] += piece if rows[-1] else piece.lstrip()
    rows = [row.rstrip() for row in rows]
    if len(rows) > lines:
        rows = [*rows[: lines - 1], " ".join(rows[lines - 1 :])]
    return [_cut(row, size, width, bold=bold) for row in rows]


def _pieces_within(text: str, size: float, width: float, *, bold: bool) -> Iterator[str]:
    """Split a text where a line may end. Words that are wider than a line are split anywhere."""
    for piece in _pieces(text):
        while width_of(piece.rstrip(), size, bold=bold) > width and len(piece) > 1:
            count = _fitting(piece, size, width, bold=bold)
            yield piece[:count]
            piece = piece[count:]
        yield piece


def _fitting(text: str, size: float, width: float, *, bold: bool) -> int:
    """Count the characters that fit into a width, at least one. No letter is split."""
    low, high = 1, len(text) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(text[:middle], size, bold=bold) <= width:
            low = middle
        else:
            high = middle - 1
    while low > 1 and (unicodedata.category(text[low])[0] == "M" or text[low] in _JOINERS):
        low -= 1
    return low


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


# A text is measured before it is drawn, and most texts stand on many tickets.
@lru_cache(maxsize=1000)
def _glyphs(text: str, size: float, *, bold: bool) -> tuple[tuple[str, float, str], ...]:
    """Return a text's runs: font, width, and positioned glyphs."""
    return tuple((font, *_shaped(run, font, size)) for font, run in _runs(text, bold=bold))


def _runs(text: str, *, bold: bool) -> list[tuple[str, str]]:
    """Split a text into pieces of one font and direction. They go from left to right."""
    fonts = _BOLD if bold else _REGULAR
    text = unicodedata.normalize("NFC", text)
    levels = _levels(text)
    chosen: list[tuple[int, str, str]] = []
    for level, character in zip(levels, text, strict=True):
        before = chosen[-1][1] if chosen else ""
        chosen.append((level, _font_for(character, before, fonts), character))
    runs = [
        (level, font, "".join(character for *_, character in run))
        for (level, font), run in groupby(chosen, key=lambda each: each[:2])
    ]
    for lowest in range(max(levels, default=0), 0, -1):
        runs = _turned(runs, lowest)
    return [(font, _as_seen(run) if level % 2 else run) for level, font, run in runs]


def _as_seen(run: str) -> str:
    """Reverse signs of a text from right to left. HarfBuzz turns only runs with letters."""
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in run):
        return run
    return run[::-1].translate(_MIRRORED)


def _levels(text: str) -> list[int]:
    """Return each character's direction: even from left to right, odd otherwise."""
    kinds = _kinds(text)
    strong = [kind for kind in kinds if kind in "LR"]
    base = "R" if strong and strong[0] == "R" else "L"
    sides: list[str | None] = []
    last = base
    for kind in kinds:
        last = kind if kind in "LR" else last
        # A number has the side of the text before it.
        sides.append(None if kind == "N" else last)
    highest = {"L": 0 if base == "L" else 2, "R": 1}
    return [
        2 if kind == "1" and side == "R" else highest[side]
        for kind, side in zip(kinds, _filled(sides, base), strict=True)
    ]


def _kinds(text: str) -> str:
    """
    Describe each character's direction by a letter.

    L and R are directions, 1 is a number, and N is neutral.
    """
    letters = {"L": "L", "R": "R", "AL": "R", "EN": "1", "AN": "1", "CS": ".", "ES": ".", "ET": "%"}
    kinds = ""
    for character in text:
        kind = unicodedata.bidirectional(character)
        kinds += kinds[-1:] if kind == "NSM" and kinds else letters.get(kind, "N")
    # A separator inside a number, and a sign beside it, belong to it.
    kinds = re.sub(r"(?<=1)\.(?=1)|%+(?=1)|(?<=1)%+", lambda found: "1" * len(found[0]), kinds)
    return re.sub("[.%]", "N", kinds)


def _filled(sides: Sequence[str | None], base: str) -> list[str]:
    """Give signs and spaces the direction around them. Otherwise it is that of the text."""
    filled: list[str] = []
    for side, group in groupby(sides):
        count = len(list(group))
        if side is None:
            before = filled[-1] if filled else base
            end = len(filled) + count
            after = sides[end] if end < len(sides) else base
            side = before if before == after else base
        filled += [side] * count
    return filled


def _turned(runs: list[tuple[int, str, str]], lowest: int) -> list[tuple[int, str, str]]:
    """Reverse the order of neighbouring runs of at least this level."""
    turned: list[tuple[int, str, str]] = []
    for is_high, group in groupby(runs, key=lambda run: run[0] >= lowest):
        neighbours = list(group)
        turned += neighbours[::-1] if is_high else neighbours
    return turned


def _font_for(character: str, before: str, fonts: Sequence[str]) -> str:
    """Choose the first font that has a character. Signs and spaces keep the font before them."""
    is_bound = character in _JOINERS or unicodedata.combining(character) or character == " "
    if before and is_bound:
        return before
    is_sign = unicodedata.bidirectional(character) in ("ON", "CS", "ES", "ET")
    own = _OF_SCRIPT.get(unicodedata.name(character, "").partition(" ")[0])
    # The likely ones first, because each font is read when it is asked.
    likely = (before if is_sign else "", fonts[0], own)
    candidates = (*filter(None, likely), *fonts)
    return next(
        (name for name in candidates if ord(character) in _font(name).face.charToGlyph), fonts[0]
    )


@cache
def _font(name: str) -> TTFont:
    """Load a font, once, when a text needs it."""
    folder = _PACKAGE if name in _OF_PACKAGE.values() else _FOLDER
    font = TTFont(name, str(folder / f"{name}.ttf"), asciiReadable=False)
    # Many documents embed the same letters of a font.
    make_subset = lru_cache(maxsize=20)(font.face.makeSubset)
    font.face.makeSubset = lambda characters: make_subset(tuple(characters))
    pdfmetrics.registerFont(font)
    return font


def _shaped(text: str, font: str, size: float) -> tuple[float, str]:
    """Return the width of a run, and its positioned glyphs."""
    plain = pdfmetrics.stringWidth(text, font, size)
    width, (_, shaped) = shapeFragWord(
        [plain, (ABag(fontName=font, fontSize=size), text)], features=_FEATURES
    )
    return width, shaped
