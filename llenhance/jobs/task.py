"""One picture, whatever the door: the bytes of a picture file in, those of the enhanced one out.

The command, a web page or a worker of a cluster all call `enhance_bytes`. What is about files
(where a result goes, what may be replaced) is around it, in `batch.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Final, Protocol

from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.progress import Progress
from llenhance.enhancing.wish import AUTOMATIC, Wish
from llenhance.errors import PictureError, ResourceError, expect
from llenhance.messages.note import Note
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import check_fits, encode, losses
from llenhance.pictures.formats import FORMATS, result_format
from llenhance.pictures.limits import MEGAPIXELS
from llenhance.pictures.picture import Picture


class AnyEnhancer(Protocol):
    """What enhances pictures: `llenhance.Enhancer`, or something that behaves like it."""

    def enhance_picture(
        self, picture: Picture, wish: Wish = AUTOMATIC, *, progress: Progress | None = None
    ) -> Enhanced: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to make of a picture.

    Attributes:
        wish: How bright the result should be.
        format: Format of the result, such as 'png' or 'JPEG'; None keeps the picture's own, if that
            can be written.
        quality: 1 to 100, for formats that compress with loss; None is the format's usual quality.
        max_megapixels: How many million pixels a picture may have. More is refused before memory is
            taken: a small file may say that it is huge.
    """

    wish: Wish = AUTOMATIC
    format: str | None = None
    quality: int | None = None
    max_megapixels: float = MEGAPIXELS


USUAL: Final = Request()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A picture that was decoded, and all that is known before it is enhanced.

    Attributes:
        name: What messages call the picture.
        picture: The decoded picture.
        format: Format of the result, a key of `FORMATS`.
        request: What to make of it.
        notes: What decoding left behind, and what the format of the result cannot hold.
        seconds: Time that decoding took.
    """

    name: str
    picture: Picture
    format: str
    request: Request
    notes: tuple[Note, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An enhanced picture.

    Attributes:
        data: The bytes of its file.
        picture: The enhanced picture that was encoded.
        format: Format of the file, a key of `FORMATS`.
        notes: Everything that its owner may want to know, by code: what was left behind, why a
            target was missed, what the format could not hold.
        brightness: The constant that made it, relative to the predicted one.
        mean_grey: Mean gray of its pixels, 0..1.
        tiles: Number of tiles that the network computed; a target can need more than one pass.
        seconds: Time from the bytes to the bytes.
        enhancing_seconds: The part of it between decoding and encoding.
    """

    data: bytes
    picture: Picture
    format: str
    notes: tuple[Note, ...]
    brightness: float
    mean_grey: float
    tiles: int
    seconds: float
    enhancing_seconds: float

    @property
    def media_type(self) -> str:
        """What the web calls the format, such as 'image/png'."""
        return FORMATS[self.format].mime


def enhance_bytes(
    data: bytes,
    *,
    name: str,
    enhancer: AnyEnhancer,
    request: Request = USUAL,
    progress: Progress | None = None,
) -> Outcome:
    """Enhance the picture in a file's bytes. Threads may call this with one enhancer.

    Args:
        data: The whole file: JPEG, PNG, WebP, TIFF, AVIF or another format that can be read.
        name: What messages call the picture.
        enhancer: Enhances it.
        request: What to make of it.
        progress: Called after each tile.

    Raises:
        PictureError: The picture cannot be read or enhanced, or does not fit into the format.
        UsageError: The format or quality is unknown.
        ResourceError: There is not enough memory.

    Example:
        >>> outcome = enhance_bytes(data, name="upload.jpg", enhancer=Enhancer())
        >>> [note.code for note in outcome.notes]
        []
    """
    return enhance_opened(
        open_bytes(data, name=name, request=request), enhancer=enhancer, progress=progress
    )


def open_bytes(data: bytes, *, name: str, request: Request = USUAL) -> Opened:
    """Decode a picture, and find out what its result will lose: all that needs no network.

    Raises:
        PictureError: The picture cannot be read, or does not fit into the format.
        UsageError: The format or quality is unknown.
        ResourceError: There is not enough memory.
    """
    expect(request, Request, name="the request")
    started = perf_counter()
    picture = decode(data, name=name, max_megapixels=request.max_megapixels)
    format, note = result_format(picture.source_format, wanted=request.format)
    check_fits(picture, format=format, quality=request.quality, name=name)
    lost = losses(picture, format=format, quality=request.quality)
    notes = (*picture.notes, *((note,) if note else ()), *lost)
    seconds = perf_counter() - started
    return Opened(
        name=name, picture=picture, format=format, request=request, notes=notes, seconds=seconds
    )


def enhance_opened(
    opened: Opened, *, enhancer: AnyEnhancer, progress: Progress | None = None
) -> Outcome:
    """Enhance and encode a picture that was opened; see `enhance_bytes`."""
    started = perf_counter()
    tiles = 0

    def count(done: int, all_tiles: int) -> None:
        nonlocal tiles
        tiles = all_tiles
        if progress is not None:
            progress(done, all_tiles)

    enhanced = enhance_named(
        opened.picture, opened.request.wish, name=opened.name, enhancer=enhancer, progress=count
    )
    finished = perf_counter()
    data = encode(
        enhanced.picture, format=opened.format, quality=opened.request.quality, name=opened.name
    )
    return Outcome(
        data=data,
        picture=enhanced.picture,
        format=opened.format,
        notes=(*opened.notes, *enhanced.notes),
        brightness=enhanced.brightness,
        mean_grey=enhanced.mean_grey,
        tiles=tiles,
        seconds=opened.seconds + perf_counter() - started,
        enhancing_seconds=finished - started,
    )


def enhance_named(
    picture: Picture,
    wish: Wish = AUTOMATIC,
    *,
    name: str,
    enhancer: AnyEnhancer,
    progress: Progress | None = None,
) -> Enhanced:
    """Enhance a picture; errors are about its name, which an enhancer does not know."""
    try:
        return enhancer.enhance_picture(picture, wish, progress=progress)
    except (PictureError, ResourceError) as error:
        raise error.about(name) from error
