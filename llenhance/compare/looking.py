"""A row of picture files in, what a page shows of them out: previews, histograms, figures, scores.

Figures and scores are those of `llenhance evaluate`, of whole pictures in sRGB; previews are small
JPEG files. No more than two pictures of a row are in memory at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image

from llenhance.compare.matching import Cell, Matched, Row
from llenhance.errors import LlenhanceError, PictureError, require
from llenhance.files.pictures import read_picture
from llenhance.jobs.evaluate import GREY, PRODUCED, SCALED
from llenhance.jobs.loop import Failed, Stages, attempt, each, overlapped
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.pixels import Pixels8
from llenhance.pictures.shown import over_gray, reduced
from llenhance.pictures.spaces import as_srgb
from llenhance.pictures.visible import visible_part
from llenhance.process import memory_is_limited
from llenhance.scoring.judge import Judge
from llenhance.scoring.metrics import LUMA, appearance, scaled_to

THUMBNAIL: Final = 160
"""Pixels of the longer side of the pictures in the table."""

BINS: Final = 64
"""Of a histogram: four 8-bit levels each."""

_SMALLEST_ALONE: Final = 3  # pixels a side that `appearance` needs
_QUALITY: Final = 85


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is shown of a picture.

    Attributes:
        path: Its file.
        width: Of the upright picture, in pixels.
        height: Likewise.
        alone: What `appearance` tells of it, the mean gray as `GREY`; empty below 3 x 3 pixels.
        compared: With its reference, the fields of `Scores` and perhaps ``lpips``, under
            `PRODUCED` and, after scaling to the reference's mean gray, under `SCALED`.
        problem: Why it could not be compared with its reference; else None.
        histogram: ``4 * BINS`` bytes: of red, green, blue and luma, each up to 255.
        thumbnail: A JPEG file of at most `THUMBNAIL` pixels a side.
        thumbnail_size: Its width and height.
        preview: A JPEG file, in the size that was asked for.
    """

    path: Path
    width: int
    height: int
    alone: Mapping[str, float]
    compared: Mapping[str, Mapping[str, float]] = field(
        default_factory=dict[str, Mapping[str, float]]
    )
    problem: LlenhanceError | None = None
    histogram: bytes
    thumbnail: bytes
    thumbnail_size: tuple[int, int]
    preview: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRow:
    """What is shown of pictures that belong together: of each, or why it cannot be shown."""

    row: Row
    cells: tuple[Seen | LlenhanceError | None, ...]


def look_at(
    matched: Matched,
    *,
    preview: int,
    lpips: Path | None = None,
) -> Iterator[SeenRow]:
    """Look at all pictures, row by row, two rows at a time; one that fails does not stop the rest.

    Args:
        matched: The rows.
        preview: Pixels of the longer side of previews, at most.
        lpips: Weights for `load_lpips`.

    Raises:
        WeightsError: LPIPS cannot be loaded.
        MissingExtraError: scikit-image is not installed, and there are references.
    """
    if matched.has_reference:
        require("skimage", extra="evaluate")  # now, not after the first picture
    judge = Judge(lpips) if matched.has_reference else None

    def work(row: Row) -> SeenRow:
        return _seen(row, judge, preview=preview)

    if memory_is_limited():  # threads take address space, which is short then
        rows = each(matched.rows, work, name=lambda row: row.name)
    else:
        stages: Stages[Row, Row, SeenRow, SeenRow] = Stages(
            before=lambda row: row,
            work=work,
            after=lambda seen: seen,
            workers=min(2, os.cpu_count() or 1),
        )
        rows = overlapped(matched.rows, stages, name=lambda row: row.name)
    for seen in rows:
        if isinstance(seen, Failed):  # for want of memory, even alone
            yield SeenRow(row=seen.item, cells=(seen.error,) * len(seen.item.cells))
        else:
            yield seen


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reference:
    path: Path
    pixels: Pixels8


def _seen(row: Row, judge: Judge | None, *, preview: int) -> SeenRow:
    if judge is None:
        cells = [_looked(cell, None, None, preview=preview)[0] for cell in row.cells]
        return SeenRow(row=row, cells=tuple(cells))
    last = row.cells[-1]  # first, since all others are compared with it
    seen, pixels = _looked(last, judge, None, preview=preview)
    reference = None
    if isinstance(last, Path) and pixels is not None:
        reference = _Reference(path=last, pixels=pixels)
    cells = [_looked(cell, judge, reference, preview=preview)[0] for cell in row.cells[:-1]]
    return SeenRow(row=row, cells=(*cells, seen))


def _looked(
    cell: Cell, judge: Judge | None, reference: _Reference | None, *, preview: int
) -> tuple[Seen | LlenhanceError | None, Pixels8 | None]:
    """Return what is seen of a picture, or why nothing is; and its pixels, if they can be read."""
    if not isinstance(cell, Path):
        return cell, None

    def look(path: Path) -> tuple[Seen, Pixels8]:
        picture = read_picture(path)
        pixels = to_8_bits(as_srgb(picture))
        alpha = None if picture.alpha is None else to_8_bits(picture.alpha)
        scores = _compared(path, pixels, judge, reference)
        return _shown(path, pixels, alpha, scores, preview=preview), pixels

    looked = attempt(cell, look, name=str)
    return (looked.error, None) if isinstance(looked, Failed) else looked


_Scores = Mapping[str, Mapping[str, float]] | PictureError


def _compared(
    path: Path, pixels: Pixels8, judge: Judge | None, reference: _Reference | None
) -> _Scores:
    """Return the scores of a picture, or why there are none."""
    if judge is None or reference is None:
        return {}
    height, width = pixels.shape[:2]
    if pixels.shape != reference.pixels.shape:
        return PictureError(
            "sizes-differ",
            str(path),
            width=width,
            height=height,
            reference=str(reference.path),
            reference_width=reference.pixels.shape[1],
            reference_height=reference.pixels.shape[0],
        )
    if min(height, width) < judge.smallest:
        return PictureError(
            "too-small-to-score", str(path), width=width, height=height, least=judge.smallest
        )
    return {
        PRODUCED: judge.compare(pixels, reference.pixels),
        SCALED: judge.compare(scaled_to(pixels, reference.pixels), reference.pixels),
    }


def _shown(
    path: Path, pixels: Pixels8, alpha: Pixels8 | None, scores: _Scores, *, preview: int
) -> Seen:
    height, width = pixels.shape[:2]
    alone: dict[str, float] = {}
    if min(height, width) >= _SMALLEST_ALONE:
        visible = visible_part(pixels, alpha)
        figures = asdict(appearance(to_8_bits(visible.cut(pixels)), visible.weights))
        alone = {GREY: figures.pop("mean_grey"), **figures}
    shown = reduced(pixels if alpha is None else over_gray(pixels, alpha), preview)
    small = reduced(shown, THUMBNAIL)
    failed = isinstance(scores, PictureError)
    return Seen(
        path=path,
        width=width,
        height=height,
        alone=alone,
        compared={} if failed else scores,
        problem=scores if failed else None,
        histogram=histogram(pixels),
        thumbnail=_jpeg(small),
        thumbnail_size=(small.shape[1], small.shape[0]),
        preview=_jpeg(shown),
    )


def histogram(pixels: Pixels8) -> bytes:
    """Return how often values occur: of red, green, blue and luma, `BINS` bytes each.

    They are roots of counts, so that rare values are seen too. The largest is 255, apart from the
    first and the last of a channel, which may be cut off at that: they count what is clipped, and
    would flatten all others.
    """
    luma = cv2.transform(pixels, LUMA[None].astype(np.float32))
    channels = [pixels[..., 0], pixels[..., 1], pixels[..., 2], luma]
    parts: list[bytes] = []
    for channel in channels:
        counts = cv2.calcHist([np.ascontiguousarray(channel)], [0], None, [BINS], [0, 256]).ravel()
        heights = np.sqrt(counts / max(1, counts[1:-1].max()))
        parts.append(np.minimum(255, np.rint(255 * heights)).astype(np.uint8).tobytes())
    return b"".join(parts)


def _jpeg(pixels: Pixels8) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
