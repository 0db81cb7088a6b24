"""Content credentials (C2PA): a signed statement about a file, which no other file can keep.

The statement holds a checksum of the picture. In a result it would not be true, and programs that
check it would call the result tampered with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from llenhance.messages.note import Note

CHUNK_OF_PNG: Final = b"caBX"
CHUNK_OF_WEBP: Final = b"C2PA"
TAG_OF_TIFF: Final = 52545
EXTENSION_OF_GIF: Final = b"C2PA_GIF"
BOX_OF_BMFF: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The kind of a `uuid` box in AVIF and HEIC files."""

_LABEL: Final = b"c2pa"
# What made the statement: a text in CBOR behind its key, of less than 24 or 256 bytes.
_MAKER: Final = re.compile(
    rb"claim_generator(?:_info\x81?[\xa1-\xb7]dname)?(?:[\x60-\x77]|\x78.)([ -~]{2,60})", re.DOTALL
)
# A packet points to the statement by an address; words about where a picture comes from are others.
PROVENANCE: Final = rb"dcterms:provenance"
_ADDRESS: Final = re.compile(
    rb"""\bdcterms:provenance(?:\s*=\s*["']|(?:\s[^<>]*)?>|\s+rdf:resource\s*=\s*["'])"""
    rb"""\s*(https?:|urn:|self\#|[^"'<]{0,200}(?:jumbf|c2pa))""",
    re.IGNORECASE,
)


class Credentials(str):
    """Among the parts of a file: content credentials, and what is known of who made them."""

    __slots__ = ()


def is_credentials(jumbf: bytes) -> bool:
    """Tell whether a JUMBF box, or a segment that begins with one, is of content credentials."""
    return _LABEL in jumbf[:64]


def credentials(content: bytes) -> Credentials:
    """Return the part of a file that content credentials are.

    Args:
        content: of all of them.
    """
    found = _MAKER.search(content)
    return Credentials(found[1].decode("ascii").strip() if found else "")


def credentials_at(xmp: bytes) -> Literal["here", "elsewhere"] | None:
    """Return where an XMP packet says that the content credentials of its picture are."""
    found = _ADDRESS.search(xmp)
    if found is None:
        return None
    return "elsewhere" if found[1].lower().startswith((b"http", b"urn")) else "here"


def note_of(parts: Sequence[Credentials]) -> tuple[Note, ...]:
    """Return one note of all content credentials of a file, or nothing if there are none."""
    if not parts:
        return ()
    makers = [maker for maker in parts if maker]
    return (Note("credentials-left-behind", made=f", made by {makers[0]}" if makers else ""),)
