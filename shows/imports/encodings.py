"""Texts of files in the encodings that programs write."""

import codecs

# Spreadsheets and points of sale of Windows write UTF-16 with a mark at the beginning.
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def text_of(data: bytes, encoding: str = "utf-8-sig", *, errors: str = "strict") -> str:
    """
    Decode a file by its byte order mark, or the given encoding.

    UTF-16 without a mark is recognised by the zero bytes of its first two ASCII characters. Raises
    UnicodeError.
    """
    marked = next((known for mark, known in _MARKS.items() if data.startswith(mark)), None)
    if marked is None and len(data) >= 4 and not len(data) % 2:
        if data[0] and not data[1] and data[2] and not data[3]:
            marked = "utf-16-le"
        elif data[1] and not data[0] and data[3] and not data[2]:
            marked = "utf-16-be"
    if marked and marked.startswith("utf-16"):
        errors = "strict"
    return data.decode(marked or encoding, errors)
