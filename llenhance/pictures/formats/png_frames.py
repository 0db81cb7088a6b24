"""Animated PNG: the frames as a viewer shows them, of 8 or 16 bits, and a file of frames.

Each frame in the file is a PNG of its own without its beginning. So it becomes one for reading, and
is taken out of one for writing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np

from llenhance.messages.note import Note
from llenhance.pictures import guard
from llenhance.pictures.changes import changed_part
from llenhance.pictures.formats.png_chunks import SIGNATURE, chunk, chunks
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels, upright
from llenhance.pictures.sequence import PictureSequence, Timing

Read = Callable[[bytes], tuple[Picture, int]]
Write = Callable[[Picture], bytes]

# What every frame needs of the beginning of the file: colors, and nothing that turns it.
_OF_COLOR: Final = frozenset(
    {b"PLTE", b"tRNS", b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"sBIT"}
)
_MOVING: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_CONTROL: Final = struct.Struct(">5I2H2B")
_TO_BACKGROUND, _TO_PREVIOUS = 1, 2  # what becomes of a frame when its time is over
_OVER: Final = 1  # a frame is laid over what is there, and does not replace it
_MOST: Final = 65535  # of the numbers of a delay


class _Control(NamedTuple):
    number: int
    width: int
    height: int
    left: int
    top: int
    above: int
    below: int
    disposal: int
    blending: int

    @property
    def milliseconds(self) -> float:
        return 1000 * self.above / (self.below or 100)

    @property
    def place(self) -> tuple[slice, slice]:
        rows = slice(self.top, self.top + self.height)
        return rows, slice(self.left, self.left + self.width)


class _Parts(NamedTuple):
    """The frames of a file: control, and where their pixels are in it."""

    size: tuple[int, int]
    header: bytes
    colors: bytes
    plays: int
    frames: list[tuple[_Control, list[slice]]]
    has_still: bool
    may_be_clear: bool


def frames_in(data: bytes, *, read: Read) -> PictureSequence | None:
    """Return the frames of an animated PNG; None if the file has one picture.

    Args:
        data: the content of the file.
        read: returns the picture in the content of a PNG, and how it lay there, 1 to 8.

    Raises:
        ValueError, LookupError, struct.error: it is damaged.
        PictureError: the frames have more pixels together than can be meant.
    """
    parts = _parts(data)
    if parts is None or len(parts.frames) < 2:
        return None
    count, (width, height) = len(parts.frames), parts.size
    guard.check_all(count, count * width * height, kind="frames")
    return PictureSequence(
        kind="frames",
        count=count,
        read=lambda: _composed(data, parts, read),
        timing=Timing(
            milliseconds=tuple(control.milliseconds for control, _ in parts.frames),
            plays=parts.plays,
        ),
        notes=(Note("still-left-behind"),) if parts.has_still else (),
    )


def still(data: bytes) -> bytes:
    """Return the content of a PNG without what moves."""
    kept = [data[start:end] for kind, start, end in chunks(data) if kind not in _MOVING]
    return b"".join((SIGNATURE, *kept))


def _parts(data: bytes) -> _Parts | None:
    frames: list[tuple[_Control, list[slice]]] = []
    colors: list[bytes] = []
    header, announced, plays, has_still = b"", 0, 0, False
    for kind, start, end in chunks(data):
        body = slice(start + 8, end - 4)
        if kind == b"IHDR":
            header = data[body]
        elif kind == b"acTL":
            announced, plays = struct.unpack(">2I", data[body])
        elif kind == b"fcTL":
            frames.append((_Control(*_CONTROL.unpack(data[body])), []))
        elif kind == b"IDAT" and frames:
            frames[-1][1].append(body)
        elif kind == b"IDAT":
            has_still = True
        elif kind == b"fdAT" and frames:
            frames[-1][1].append(slice(start + 12, end - 4))
        elif kind in _OF_COLOR:
            colors.append(data[start:end])
    if not announced:
        return None
    width, height = struct.unpack_from(">2I", header)
    if len(frames) != announced or not all(places for _, places in frames):
        raise ValueError("frames are missing")
    for control, _ in frames:
        inside = control.left + control.width <= width and control.top + control.height <= height
        if not (inside and control.width and control.height):
            raise ValueError("a frame lies outside of the picture")
    first = frames[0][0]
    cleared = any(control.disposal == _TO_BACKGROUND for control, _ in frames[:-1])
    may_be_clear = cleared or (first.width, first.height) != (width, height)
    may_be_clear |= first.disposal == _TO_PREVIOUS
    return _Parts((width, height), header, b"".join(colors), plays, frames, has_still, may_be_clear)


def _composed(data: bytes, parts: _Parts, read: Read) -> Iterator[Picture]:
    whole, way = read(still(data))  # for what the file says of all frames
    pixels: Pixels | None = None
    alpha: Pixels | None = None
    width, height = parts.size
    for control, places in parts.frames:
        frame, _ = read(_alone(data, parts, control, places))
        if pixels is None:
            pixels = np.zeros((height, width, 3), frame.pixels.dtype)
            if frame.alpha is not None or parts.may_be_clear:
                alpha = np.zeros((height, width), frame.pixels.dtype)
        rows, columns = control.place
        below, cover = pixels[rows, columns], None if alpha is None else alpha[rows, columns]
        before = below.copy(), None if cover is None else cover.copy()
        _lay(frame, control, below, cover)
        yield replace(
            whole,
            pixels=np.array(upright(pixels, way), order="C"),
            alpha=None if alpha is None else np.array(upright(alpha, way), order="C"),
        )
        if control.disposal == _TO_PREVIOUS:
            below[:] = before[0]
            if cover is not None and before[1] is not None:
                cover[:] = before[1]
        elif control.disposal == _TO_BACKGROUND:
            below[:] = 0
            if cover is not None:
                cover[:] = 0


def _alone(data: bytes, parts: _Parts, control: _Control, places: list[slice]) -> bytes:
    """Return the content of a PNG with one frame as it is stored."""
    header = struct.pack(">2I", control.width, control.height) + parts.header[8:]
    pixels = chunk(b"IDAT", b"".join(data[place] for place in places))
    return b"".join((SIGNATURE, chunk(b"IHDR", header), parts.colors, pixels, chunk(b"IEND", b"")))


def _lay(frame: Picture, control: _Control, below: Pixels, below_alpha: Pixels | None) -> None:
    """Lay a frame into its place, ``(h, w, 3)`` and ``(h, w)``, which changes."""
    if frame.alpha is None or control.blending != _OVER or below_alpha is None:
        below[:] = frame.pixels
        if below_alpha is not None:
            top = np.iinfo(below_alpha.dtype).max
            below_alpha[:] = top if frame.alpha is None else frame.alpha
        return
    top = float(np.iinfo(below_alpha.dtype).max)
    above, under = frame.alpha / top, below_alpha / top
    share = under * (1 - above)
    total = above + share
    mixed = frame.pixels * above[..., None] + below * share[..., None]
    mixed /= np.maximum(total, 1e-9)[..., None]
    kept = frame.alpha == 0
    opaque = frame.alpha == top
    np.copyto(below, np.rint(mixed).astype(below.dtype), where=~(kept | opaque)[..., None])
    np.copyto(below, frame.pixels, where=opaque[..., None])
    np.copyto(below_alpha, np.rint(total * top).astype(below.dtype), where=~kept)


def write_frames(pictures: Iterable[Picture], timing: Timing, *, write: Write) -> bytes:
    """Return the content of an animated PNG. A frame after the first holds what changed.

    Args:
        pictures: of one size and type; all have alpha, or none has.
        timing: of as many frames.
        write: returns the content of a PNG with one picture.
    """
    content: list[bytes] = []
    tail: list[bytes] = []
    header, before, number = b"", None, 0
    for milliseconds, picture in zip(timing.milliseconds, pictures, strict=True):
        top, left, part = changed_part(picture, before)
        stored = write(part)
        places = list(chunks(stored))
        if before is None:
            header = stored[places[0][1] + 8 : places[0][2] - 4]
            for kind, start, end in places:
                into = tail if tail or kind == b"IEND" else content
                if kind == b"IDAT":
                    continue
                into.append(stored[start:end])
            content.insert(0, SIGNATURE)
            told = struct.pack(">2I", len(timing.milliseconds), timing.plays)
            content.append(chunk(b"acTL", told))
        elif stored[places[0][1] + 16 : places[0][2] - 4] != header[8:]:
            raise ValueError("a frame has other channels than the first one")
        control = (number, part.width, part.height, left, top, *_delay(milliseconds), 0, 0)
        content.append(chunk(b"fcTL", _CONTROL.pack(*control)))
        number += 1
        for kind, start, end in places:
            if kind != b"IDAT":
                continue
            if before is None:
                content.append(stored[start:end])
            else:
                body = struct.pack(">I", number) + stored[start + 8 : end - 4]
                content.append(chunk(b"fdAT", body))
                number += 1
        before = picture
    return b"".join((*content, *tail))


def _delay(milliseconds: float) -> tuple[int, int]:
    """Return the fraction of a second that comes nearest."""
    seconds = Fraction(milliseconds / 1000).limit_denominator(_MOST)
    if seconds > _MOST:
        return _MOST, 1
    if seconds.numerator > _MOST:
        seconds = seconds.limit_denominator(max(1, int(_MOST / seconds)))
    return seconds.numerator, seconds.denominator
