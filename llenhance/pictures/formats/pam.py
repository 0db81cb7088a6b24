"""PAM, the format of Netpbm that has transparency: named numbers, then plain pixels."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np

from llenhance.errors import PictureError
from llenhance.pictures import guard, texts
from llenhance.pictures.formats.format import Format
from llenhance.pictures.formats.netpbm import comment_lines, scaled, stored_bytes, writer
from llenhance.pictures.picture import Picture

_HEADER: Final = 2**16  # bytes in which it ends
_END: Final = re.compile(rb"^ENDHDR[ \t]*\r?\n", re.MULTILINE)
_KINDS: Final = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}
_READABLE: Final = frozenset({"", "BLACKANDWHITE", "BLACKANDWHITE_ALPHA", *_KINDS.values()})


def _begins(data: bytes) -> bool:
    return data.startswith((b"P7\n", b"P7\r\n"))


def _read(data: bytes) -> Picture:
    end = _END.search(data, 0, _HEADER)
    if end is None:
        raise ValueError("the header has no end")
    lines = [line.strip() for line in data[2 : end.start()].splitlines()]
    words = [line.split(maxsplit=1) for line in lines if line and line[:1] != b"#"]
    told = {word[0]: word[-1] for word in words}
    width, height, depth, white = (
        int(told[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")
    )
    if min(width, height, depth, white) < 1 or white > 65535:
        raise ValueError("a size or a white that cannot be")
    kind = told.get(b"TUPLTYPE", b"").decode("ascii", "replace")
    if kind not in _READABLE or depth > 4:
        bits = 16 if white > 255 else 8
        raise PictureError(
            "samples-not-readable", "picture", samples=depth, bits=bits, space=kind or "PAM"
        )
    guard.check_size(width, height)
    pixels = scaled(data, (height, width, depth), offset=end.end(), white=white)
    comments = (line[1:].removeprefix(b" ") for line in lines if line[:1] == b"#")
    return replace(
        Picture.from_array(pixels),
        gray=depth < 3,
        texts=tuple(texts.comment(one, form="Netpbm") for one in comments),
    )


def _write(picture: Picture, quality: int | None) -> bytes:
    pixels = picture.pixels[..., :1] if picture.is_gray else picture.pixels
    if picture.alpha is not None:
        pixels = np.concatenate([pixels, picture.alpha[..., None]], axis=2)
    depth = pixels.shape[2]
    header = (
        f"WIDTH {picture.width}\nHEIGHT {picture.height}\nDEPTH {depth}\n"
        f"MAXVAL {2**picture.depth - 1}\nTUPLTYPE {_KINDS[depth]}\nENDHDR\n"
    )
    return b"".join((b"P7\n", comment_lines(picture), header.encode("ascii"), stored_bytes(pixels)))


FORMAT: Final = Format(
    title="PAM",
    extensions=(".pam",),
    mime="image/x-portable-arbitrarymap",
    begins=_begins,
    read=_read,
    writer=writer(_write, alpha=True),
)
