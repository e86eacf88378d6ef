"""Payloads, keys and paper: what is true of tickets without a door."""

import base64
import io
import string
import time
import unicodedata
from datetime import UTC, datetime
from importlib import import_module

import pytest
import segno
import zxingcpp
from cryptography.exceptions import InvalidSignature
from django.apps import apps
from PIL import Image

from bookings.errors import InvalidTicket
from bookings.models import Ticket
from bookings.selectors import payload_of
from bookings.tests.assertions import verified_by_hand
from bookings.tests.factories import confirmed, held
from bookings.tests.soundness import broken
from bookings.tickets import lettering, signing
from bookings.tickets.lettering import TextCanvas, width_of, wrapped
from bookings.tickets.qr import QRCode, qr_code
from bookings.tickets.signing import Claims

CLAIMS = Claims(ticket=31, show=7, seat=11, start=1_795_873_200, version=2)
QR_ALPHANUMERIC = set(string.digits + string.ascii_uppercase + " $%*+-./:")


@pytest.fixture
def keys(settings):
    def use(*names: str) -> None:
        settings.TICKET_SIGNING_KEYS = {name: name.encode().ljust(32, b"-") for name in names}

    use("A1")
    return use


def test_a_payload_says_what_was_signed_and_fits_a_small_code(keys) -> None:
    payload = signing.sign(CLAIMS)
    assert signing.read(payload) == CLAIMS
    assert set(payload) <= QR_ALPHANUMERIC
    assert segno.make(payload, error="m").mode == "alphanumeric"


def test_the_modules_of_a_code_are_those_that_another_library_makes(keys) -> None:
    payload = signing.sign(CLAIMS)
    other = segno.make(payload, error="m", boost_error=False, mask=3).matrix
    dark = {
        (left, top) for top, row in enumerate(other) for left, is_dark in enumerate(row) if is_dark
    }
    assert modules_of(qr_code(payload)) == dark


def test_a_drawn_code_is_read_as_its_payload(keys) -> None:
    payload = signing.sign(CLAIMS)
    code = qr_code(payload)
    image = Image.new("L", (code.size + 8, code.size + 8), "white")
    for left, top in modules_of(code):
        image.putpixel((left + 4, top + 4), 0)
    image = image.resize([side * 5 for side in image.size], Image.Resampling.NEAREST)
    assert zxingcpp.read_barcode(image).text == payload


def modules_of(code: QRCode) -> set[tuple[int, int]]:
    return {(x, top) for left, top, width in code.runs for x in range(left, left + width)}


def test_the_longest_payload_has_150_characters_at_the_most(keys) -> None:
    keys("ABCDEF")
    most = 36**7 - 1
    longest = Claims(ticket=most, show=most, seat=most, start=36**7 - 1, version=36**2 - 1)
    payload = signing.sign(longest)
    assert len(payload) <= signing.MAX_LENGTH
    assert signing.read(payload) == longest


def test_anyone_with_the_published_keys_can_verify_a_payload(keys) -> None:
    fields = verified_by_hand(signing.sign(CLAIMS), signing.public_keys())
    assert [int(field, 36) for field in fields[2:]] == [31, 7, 11, 1_795_873_200, 2]


def test_no_character_of_a_payload_can_be_another(keys) -> None:
    payload = signing.sign(CLAIMS)
    for index in range(len(payload)):
        for other in "A0.Z7B":
            changed = payload[:index] + other + payload[index + 1 :]
            if changed == payload:
                continue
            with pytest.raises(InvalidTicket):
                signing.read(changed)


def test_the_unused_bits_of_the_signature_cannot_be_set(keys) -> None:
    """103 characters of base32 have three bits more than a signature."""
    payload = signing.sign(CLAIMS)
    alphabet = string.ascii_uppercase + "234567"
    twin = payload[:-1] + alphabet[alphabet.index(payload[-1]) ^ 1]
    assert base64.b32decode(twin[-103:] + "=") == base64.b32decode(payload[-103:] + "=")
    with pytest.raises(InvalidTicket):
        signing.read(twin)


@pytest.mark.parametrize(
    "text",
    ["", "T1", "T2.A1.V.7.B.TOP2V4.1." + "A" * 103, "T1.A1.V.7.B.TOP2V4.1." + "A" * 103,
     "T1.ZZ.V.7.B.TOP2V4.1." + "A" * 103, "T1.A1.-1.7.B.T.1." + "A" * 103, "٣" * 120, "A" * 10_000,
     "T1.A1.ZZZZZZZZZZZZZZ.7.B.T.1." + "A" * 103, "\0"],
)  # fmt: skip
def test_other_texts_are_not_read_as_tickets(keys, text: str) -> None:
    with pytest.raises(InvalidTicket):
        signing.read(text)


def test_after_a_rotation_new_tickets_have_the_new_key_and_old_ones_still_count(keys) -> None:
    old = signing.sign(CLAIMS)
    keys("B2", "A1")
    new = signing.sign(CLAIMS)
    assert (old.split(".")[1], new.split(".")[1]) == ("A1", "B2")
    assert signing.read(old) == signing.read(new) == CLAIMS
    assert [key["kid"] for key in signing.public_keys()] == ["B2", "A1"]
    keys("B2")
    with pytest.raises(InvalidTicket, match="key"):
        signing.read(old)


def test_a_ticket_signed_with_another_key_of_the_same_id_is_refused(keys, settings) -> None:
    payload = signing.sign(CLAIMS)
    settings.TICKET_SIGNING_KEYS = {"A1": b"x" * 32}
    with pytest.raises(InvalidTicket):
        signing.read(payload)
    with pytest.raises(InvalidSignature):
        verified_by_hand(payload, signing.public_keys())


def test_lines_break_between_words_and_between_han_characters() -> None:
    rows = wrapped("Everything Everywhere All at Once", 20, 150, lines=5, bold=True)
    assert "".join(rows).replace(" ", "") == "EverythingEverywhereAllatOnce"
    assert len(rows) > 1
    assert all(width_of(row, 20, bold=True) <= 150 for row in rows)
    assert len(wrapped("臥虎藏龍青冥寶劍", 20, 100, lines=5)) == 2
    cut = wrapped("word " * 50, 20, 150, lines=2)
    assert len(cut) == 2
    assert cut[-1].endswith("…")


@pytest.mark.parametrize(
    "text",
    [
        "기생충 한국", "ملك الأسد", "המסע של אליס", "ฉลาดเกมส์โกง", "পথের পাঁচালী", "பொன்னியின்",
        "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "ગુજરાતી", "ਪੰਜਾਬੀ", "ଓଡ଼ିଆ", "සිංහල", "ລາວ", "ខ្មែរ", "မြန်မာ",
        "ქართული", "Հայերեն", "አማርኛ", "臥虎藏龍", "カタカナ", "क्षितिज", "Łódź ₹ €",
    ],
)  # fmt: skip
@pytest.mark.parametrize("bold", [False, True])
def test_each_script_has_a_font_for_all_of_its_letters(text: str, bold: bool) -> None:
    for font, run in lettering._runs(text, bold=bold):
        letters = {ord(letter) for letter in run if letter not in " \u200c\u200d"}
        assert letters <= lettering._font(font).face.charToGlyph.keys(), (font, run)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("שלום עולם", ["שלום עולם"]),
        ("אליס 12: סיפור", ["סיפור", " :", "12", "אליס "]),
        ("Live: שלום 12 עולם in", ["Live: ", "עולם", " ", "12", "שלום ", " ", "in"]),
        ("ملك 10:30 (x)", ["(", "x", ") ", "10:30", "ملك "]),
        ("a (b) 12", ["a (b) 12"]),
    ],
)
def test_runs_are_in_the_order_of_the_eye(text: str, order: list[str]) -> None:
    pieces = [run for _, run in lettering._runs(text, bold=False)]
    assert pieces == order


def test_arabic_letters_join_and_hebrew_ones_do_not() -> None:
    apart = sum(width_of(letter, 20) for letter in "لسلام")
    assert width_of("لسلام", 20) < apart
    assert width_of("אל", 20) == pytest.approx(width_of("א", 20) + width_of("ל", 20), rel=0.05)


def test_a_word_that_is_wider_than_a_line_is_broken() -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"
    rows = wrapped(word, 20, 150, lines=9, bold=True)
    assert "".join(rows) == word and len(rows) > 3
    assert all(width_of(row, 20, bold=True) <= 150 for row in rows)
    rows = wrapped("a " + "क्षि" * 40, 20, 100, lines=30)
    assert all(width_of(row, 20) <= 100 for row in rows)
    assert not any(unicodedata.category(row[0]).startswith("M") for row in rows)


def test_a_pdf_has_the_same_bytes_after_other_pdfs() -> None:
    def drawn(*texts: str) -> bytes:
        canvas = TextCanvas(buffer := io.BytesIO(), pagesize=(200, 200))
        for text in texts:
            canvas.draw(10, 10, text, 9)
            canvas.draw(10, 30, text, 12, bold=True)
        canvas.save()
        return buffer.getvalue()

    first = drawn("Kino Größe", "A1")
    others = [drawn("A1", "Kino Größe"), drawn("臥虎藏龍", "é"), drawn("Kino Große", "A1")]
    assert first not in others
    assert drawn("Kino Größe", "A1") == first


def test_devanagari_is_shaped() -> None:
    """A conjunct is narrower than its letters: क्ष is one glyph."""
    assert width_of("क्ष", 20) < width_of("क", 20) + width_of("ष", 20)


def test_a_name_of_one_endless_word_takes_no_endless_time() -> None:
    began = time.monotonic()
    assert wrapped("W" * 200, 20, 150, lines=3)[-1].endswith("…")
    assert time.monotonic() - began < 2


@pytest.mark.django_db
def test_a_show_that_was_moved_before_1970_by_mistake_has_payloads() -> None:
    [ticket] = Ticket.objects.filter(booking=confirmed("A1"))
    ticket.show.start_time = datetime(1926, 12, 1, tzinfo=UTC)
    assert signing.read(payload_of(ticket)).start == 0


@pytest.mark.django_db
def test_bookings_confirmed_before_there_were_tickets_get_theirs(monkeypatch) -> None:
    confirmed("A1", "A2")
    held("A1")
    migration = import_module("bookings.migrations.0007_earlier_tickets")
    monkeypatch.setattr(migration, "BATCH", 1)
    Ticket.objects.all().delete()
    for _ in range(2):
        migration.issue(apps, None)
        assert Ticket.objects.count() == 2
        assert not list(broken())
