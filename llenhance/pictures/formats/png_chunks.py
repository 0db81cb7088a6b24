"""The chunks of a PNG file that hold texts and color profiles, before a library sees the file.

Texts are taken out whole: Pillow would read their words alone, and refuse the picture where one is
damaged, or longer than memory when it is unpacked.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple, cast

from llenhance.messages.note import Note
from llenhance.pictures.guard import CHUNK_LIMIT
from llenhance.pictures.texts import Form, Text, names_of

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_TEXTS: Final = (b"tEXt", b"zTXt", b"iTXt")
_ALL_TEXTS: Final = 4 * CHUNK_LIMIT  # bytes, unpacked
_COLOR: Final = 2  # a flag of the kind of color in IHDR


class Taken(NamedTuple):
    """A file, and what was taken out of it.

    Attributes:
        rest: the file without texts, and without a profile that cannot be unpacked.
        texts: in their order.
        notes: of what is damaged.
    """

    rest: bytes
    texts: tuple[Text, ...]
    notes: tuple[Note, ...]


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk with its length and its checksum."""
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return b"".join((struct.pack(">I4s", len(body), kind), body, struct.pack(">I", checksum)))


def taken(data: bytes) -> Taken:
    """Return the content of a PNG file without its texts, and the texts."""
    texts: list[Text] = []
    damaged: list[str] = []
    notes: list[Note] = []
    cuts: list[tuple[int, int]] = []
    room = _ALL_TEXTS
    for kind, start, end in chunks(data):
        if kind not in (*_TEXTS, b"iCCP"):
            continue
        body = data[start + 8 : end - 4]
        if kind in _TEXTS:
            cuts.append((start, end))
            keyword = body.partition(b"\0")[0][:79].decode("latin-1")
            whole = data[end - 4 : end] == struct.pack(">I", zlib.crc32(data[start + 4 : end - 4]))
            text, unpacked = _text(kind, body, min(room, CHUNK_LIMIT)) if whole else (None, 0)
            room -= unpacked
            if text is not None:
                texts.append(text)
            else:
                damaged.append(keyword or "without a keyword")
        elif not _unpacked(body.partition(b"\0")[2][1:], CHUNK_LIMIT).complete:
            cuts.append((start, end))
            space = "RGB" if data[25] & _COLOR else "gray"
            notes.append(Note("color-profile-damaged", space=space))
    if damaged:
        lost = [Text(form="tEXt", keyword=name, value="", stored=b"") for name in damaged]
        notes.append(Note("damaged-texts-left-behind", texts=names_of(lost)))
    return Taken(_without(data, cuts), tuple(texts), tuple(notes))


def chunk_of(text: Text) -> bytes | None:
    """Return a text as a chunk; None if it is neither of a PNG file nor a comment."""
    if text.form in ("tEXt", "zTXt", "iTXt"):
        return chunk(text.form.encode("ascii"), text.stored)
    if not text.is_comment:
        return None
    words = text.value.replace("\0", " ")  # ends a text
    try:
        return chunk(b"tEXt", b"Comment\0" + words.encode("latin-1"))
    except UnicodeEncodeError:
        return chunk(b"iTXt", b"Comment\0\0\0\0\0" + words.encode("utf-8", "replace"))


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each whole chunk, and where it begins and ends."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            return
        yield kind, at, end
        if kind == b"IEND":
            return
        at = end


def _text(kind: bytes, body: bytes, most: int) -> tuple[Text | None, int]:
    """Return the text of a chunk, and how many bytes were unpacked.

    There is no text if the chunk is damaged, or more than `most` bytes when it is unpacked.
    """
    keyword, found, rest = body.partition(b"\0")
    packed = kind == b"zTXt" or (kind == b"iTXt" and rest[:1] == b"\1")
    parts = rest[2:].split(b"\0", 2) if kind == b"iTXt" else [b"", b"", rest[packed:]]
    if not found or len(parts) != 3:  # language, translated keyword, text
        return None, 0
    content = _unpacked(parts[2], most) if packed else _Unpacked(parts[2], complete=True)
    size = len(content.content) if packed else 0
    if not content.complete:
        return None, size
    text = Text(
        form=cast("Form", kind.decode("ascii")),
        keyword=keyword.decode("latin-1"),
        value=content.content.decode("utf-8" if kind == b"iTXt" else "latin-1", "surrogateescape"),
        stored=body,
    )
    return text, size


class _Unpacked(NamedTuple):
    content: bytes
    complete: bool


def _unpacked(packed: bytes, most: int) -> _Unpacked:
    """Return what is packed, up to so many bytes."""
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(packed, most) if most > 0 else b""
    except zlib.error:
        return _Unpacked(b"", complete=False)
    return _Unpacked(content, stream.eof)


def _without(data: bytes, cuts: list[tuple[int, int]]) -> bytes:
    if not cuts:
        return data
    view, kept, at = memoryview(data), list[memoryview](), 0
    for start, end in cuts:
        kept.append(view[at:start])
        at = end
    return b"".join((*kept, view[at:]))
