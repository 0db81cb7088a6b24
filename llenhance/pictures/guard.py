"""What Pillow, OpenCV and parsers raise, as errors with a code; limits that hold for all of them.

Read on in `decode.py` and `encode.py`.
"""

from __future__ import annotations

import struct
import threading
import warnings
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import cv2
from PIL import Image, ImageCms

from llenhance.errors import LlenhanceError, PictureError, ResourceError

PIXEL_LIMIT: Final = 2**28  # 268 megapixels: 1 GiB in Pillow, 1.5 GiB as 16-bit RGB

# What libraries raise for damaged data. Pillow's plug-ins leave whatever their parsers ran into.
DECODER_ERRORS: Final = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError,
    AttributeError, AssertionError, EOFError, struct.error, zlib.error, cv2.error,
    ImageCms.PyCMSError,
)  # fmt: skip

_pillow = threading.Lock()


@contextmanager
def reading(*, name: str, format: str) -> Generator[list[str]]:
    """Let Pillow and OpenCV read inside; whatever they raise becomes an error about `name`.

    Yields a list that holds, afterwards, the distinct warnings that came up inside.

    One picture at a time: Pillow's limit of 179 megapixels is a global that its WebP and TIFF
    plug-ins consult by themselves, and a warning is caught for the whole process. Both are put
    back at the end.
    """
    heard: list[str] = []
    with _pillow, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, PIXEL_LIMIT // 2  # refuses at twice
        try:
            with _library_errors("damaged-picture", name, format=format):
                yield heard
        except LlenhanceError as error:
            if error.name == name:
                raise
            raise error.about(name) from error  # a format does not know the picture's name
        finally:
            Image.MAX_IMAGE_PIXELS = limit
            heard += dict.fromkeys(str(warning.message) for warning in caught)


@contextmanager
def writing(*, name: str, format: str) -> Generator[None]:
    """Let Pillow and OpenCV write inside; whatever they raise becomes an error about `name`."""
    with _library_errors("not-encoded", name, format=format):
        yield


@contextmanager
def _library_errors(code: str, name: str, *, format: str) -> Generator[None]:
    try:
        yield
    except Image.DecompressionBombError as reason:
        raise PictureError("too-many-pixels", name, megapixels=PIXEL_LIMIT // 10**6) from reason
    except (MemoryError, *DECODER_ERRORS) as reason:
        full = isinstance(reason, cv2.error) and reason.code == cv2.Error.StsNoMem
        if full or isinstance(reason, MemoryError):
            raise ResourceError("picture-exceeds-memory", name) from reason
        raise PictureError(code, name, format=format) from reason
