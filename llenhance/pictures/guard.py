"""What Pillow, OpenCV and parsers raise, as errors with a code; limits that hold for all of them.

Read on in `decode.py` and `encode.py`.
"""

from __future__ import annotations

import logging
import math
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from io import BytesIO
from typing import Final

import cv2
from PIL import Image, ImageCms, PngImagePlugin

from llenhance.errors import LlenhanceError, PictureError, ResourceError
from llenhance.memory import is_short, is_shortage
from llenhance.messages.note import Note
from llenhance.pictures.limits import MEGAPIXELS, pixels_in
from llenhance.process import new_lock

_most: Final = ContextVar("most", default=MEGAPIXELS)  # for the picture that is being read

_TOGETHER: Final = 10  # times the pixels of one picture: 1,000 frames of full HD

CHUNK_LIMIT: Final = 2**24
"""Bytes of a color profile or text in PNG; Pillow's own limit of 2**20 refuses some of printers."""

WARNINGS: Final = 3
"""How many warnings about one file are told word by word."""

WARNING_LENGTH: Final = 300
"""Characters of each: they may quote the file."""

# What libraries raise for damaged data. Pillow's plug-ins leave whatever their parsers ran into.
DECODER_ERRORS: Final = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError,
    AttributeError, AssertionError, EOFError, struct.error, zlib.error, cv2.error,
    ImageCms.PyCMSError,
)  # fmt: skip

_LIBRARIES: Final = 80_000_000  # bytes for codecs' code, threads and tables

logging.getLogger("PIL").addHandler(logging.NullHandler())  # not to standard error, unless wanted

_pillow = new_lock()


@contextmanager
def reading(
    *, name: str, format: str, data: bytes = b"", max_megapixels: float = MEGAPIXELS
) -> Generator[list[str]]:
    """Let Pillow and OpenCV read inside; whatever they raise becomes an error about `name`.

    Yields a list that holds, afterwards, the distinct warnings that came up inside. `check_size`
    inside compares with `max_megapixels`, and so does Pillow.

    One picture at a time: Pillow's limit of 179 megapixels is a global that its WebP and TIFF
    plug-ins consult by themselves, and a warning is caught for the whole process. Both are put
    back at the end.
    """
    heard: list[str] = []
    with _pillow, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, pixels_in(max_megapixels) // 2
        told = _most.set(max_megapixels)  # Pillow refuses at twice its limit
        text, PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_CHUNK, CHUNK_LIMIT
        try:
            with _library_errors("damaged-picture", name, format=format, need=lambda: _need(data)):
                yield heard
        except LlenhanceError as error:
            if error.name == name:
                raise
            raise error.about(name) from error  # a format does not know the picture's name
        finally:
            Image.MAX_IMAGE_PIXELS = limit
            _most.reset(told)
            PngImagePlugin.MAX_TEXT_CHUNK = text
            heard += dict.fromkeys(str(warning.message) for warning in caught)


def check_size(width: int, height: int) -> None:
    """Raise if a picture has more pixels than the one that is being read may have.

    Readers call this with what the header says, before they take memory for pixels.

    Raises:
        PictureError: its message names the size and the limit.
    """
    if width * height > pixels_in(_most.get()):
        raise _too_many(width * height)


def _too_many(pixels: int) -> PictureError:
    # Rounded up, so that it is more than the limit, and a limit that lets the picture in.
    megapixels = math.ceil(pixels / 1e4) / 100
    return PictureError(
        "too-many-pixels", "picture", megapixels=megapixels, most=float(_most.get())
    )


def check_all(count: int, pixels: int, *, kind: str) -> None:
    """Raise if the pictures of one file have more pixels together than can be meant.

    Args:
        count: how many there are.
        pixels: of all of them.
        kind: pages or frames.

    Raises:
        PictureError: its message names the size and the limit.
    """
    most = _TOGETHER * pixels_in(_most.get())
    if pixels > most:
        facts = {"count": count, "kind": kind, "megapixels": pixels // 10**6}
        raise PictureError("sequence-too-large", "picture", **facts, most=most // 10**6)


def notes_of(heard: list[str]) -> Iterator[Note]:
    """Yield a note for each of the first warnings, and one for all others together."""
    for warning in heard[:WARNINGS]:
        yield Note("decoder-warned", warning=warning[:WARNING_LENGTH])
    if len(heard) > WARNINGS:
        yield Note("more-warnings", count=len(heard) - WARNINGS)


@contextmanager
def writing(*, name: str, format: str, pixels: int = 0) -> Generator[None]:
    """Let Pillow and OpenCV write inside; whatever they raise becomes an error about `name`."""
    with _library_errors("not-encoded", name, format=format, need=lambda: _LIBRARIES + 64 * pixels):
        yield


@contextmanager
def _library_errors(
    code: str, name: str, *, format: str, need: Callable[[], int]
) -> Generator[None]:
    try:
        yield
    except Image.DecompressionBombError as reason:
        raise _too_many(_pixels_in(reason)).about(name) from reason
    except Exception as reason:
        if isinstance(reason, LlenhanceError) and reason.code != code:
            raise
        # Many codecs say no more than that they failed. Where what they need cannot be had, this
        # is why; a damaged picture is called damaged as soon as there is memory again.
        if is_shortage(reason) or is_short(need()):
            raise ResourceError("picture-exceeds-memory", name) from reason
        if not isinstance(reason, DECODER_ERRORS):
            raise
        raise PictureError(code, name, format=format) from reason


def _pixels_in(bomb: Image.DecompressionBombError) -> int:
    """Return the number of pixels that Pillow says a picture has: the first one in its words."""
    found = re.search(r"\d+", str(bomb))
    return int(found[0]) if found else pixels_in(_most.get()) + 1


def _need(data: bytes) -> int:
    """Return the most bytes of memory that reading the picture in a file takes."""
    pixels = 0
    with (
        suppress(MemoryError, Image.DecompressionBombError, *DECODER_ERRORS),
        Image.open(BytesIO(data)) as image,
    ):
        pixels = image.width * image.height
    return _LIBRARIES + 4 * len(data) + 16 * pixels
