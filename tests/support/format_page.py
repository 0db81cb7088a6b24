"""The tables of docs/formats.md, every cell of which is what became of a file.

Run from the root of the repository: PYTHONPATH=tests python -m support.format_page

A cell is found by enhancing a sample (`format_samples.py`) and looking at the result with other
libraries than llenhance's readers. Where a format cannot hold something, a sample of another
format is written in it, and the cell is what llenhance says about that.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, IptcImagePlugin, JpegImagePlugin

from llenhance.errors import LlenhanceError
from llenhance.jobs.request import Request
from llenhance.jobs.task import Outcome, enhance_bytes
from llenhance.pictures.formats import FORMATS, format_in
from support import format_samples as samples
from support.encoded import ICC
from support.stand_in import StandIn

PAGE: Final = Path(__file__).parents[2] / "docs" / "formats.md"

_NOTHING: Final = ""
_NAMES: Final = ("PGM", "PBM", "PNM")  # they are as PPM, of which this page tells in words
SILENCE: Final = "NO, IN SILENCE"

Judge = Callable[[bytes, bytes], str]
"""From a file and its result to a cell; nothing if the result has lost the thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Something that a picture can have.

    Attributes:
        title: what the table calls it.
        sample: a file that has it.
        judge: whether the result has it.
        other: the format of the sample that is written in formats without samples; None leaves
            their cells empty.
        own: whether the result counts only if it has the same format.
        known: why the result may not have it without a note.
    """

    title: str
    sample: Callable[[str], bytes | None]
    judge: Judge
    other: str | None = "PNG"
    own: bool = False
    known: str = ""


def page(text: str) -> str:
    """Return the page with its tables made anew; the words around them stay."""
    for name, columns in TABLES.items():
        begin, end = f"<!-- table: {name} -->\n", f"<!-- end: {name} -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"the page has no place for the table of {name}")
        text = before + begin + "\n" + "\n".join(_table(columns)) + "\n\n" + end + after
    return text


def _table(columns: tuple[Column, ...]) -> Iterator[str]:
    yield f"| | {' | '.join(column.title for column in columns)} |"
    yield "|---" * (1 + len(columns)) + "|"
    for format, about in FORMATS.items():
        if format in _NAMES:
            continue
        cells = [cell(format, column).replace("|", "\\|") for column in columns]
        yield f"| **{about.title}** | {' | '.join(cells)} |"


def cell(format: str, column: Column) -> str:
    """Return what becomes of the thing in files of a format."""
    data, wanted = column.sample(format), None
    if data is None:
        if FORMATS[format].writer is None or column.other is None:
            return _NOTHING
        data, wanted = column.sample(column.other), format
        assert data is not None
    try:
        outcome = enhance_bytes(
            data, name="sample", enhancer=StandIn(), request=Request(format=wanted)
        )
    except LlenhanceError as error:
        return f"refused: {error.problem}"
    told = column.judge(data, outcome.data)
    if not told:
        return _reason(outcome, column)
    written = FORMATS[outcome.format].title
    if told != "yes" or outcome.format in (format, wanted):
        return told
    return f"no: {written} instead" if column.own else f"yes, in {written}"


def _reason(outcome: Outcome, column: Column) -> str:
    notes = [
        str(note)
        for note in outcome.notes
        if note.code not in ("format-not-written", "raw-developed")
    ]
    why = "; ".join(notes) or column.known
    return f"no: {why}" if why else SILENCE


def _opened(data: bytes) -> Any:
    if format_in(data) == "HEIC":
        return import_module("pi_heif").open_heif(data).to_pillow()
    if format_in(data) == "JXL":
        return Image.fromarray(_eight(import_module("imagecodecs").jpegxl_decode(data)))
    if format_in(data) == "PAM":
        return Image.fromarray(_eight(_pam(data)).squeeze())
    if format_in(data) == "RAW":
        with import_module("rawpy").imread(io.BytesIO(data)) as raw:
            developed = raw.postprocess(use_camera_wb=True, no_auto_bright=True, gamma=(2.4, 12.92))
            return Image.fromarray(developed)
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def _pam(data: bytes) -> NDArray[Any]:
    """Return (H, W, channels); Pillow does not read PAM, and OpenCV exchanges red and blue."""
    head, _, values = data.partition(b"ENDHDR\n")
    told = dict(line.split(maxsplit=1) for line in head.splitlines()[1:] if line[:1] != b"#")
    shape = [int(told[name]) for name in (b"HEIGHT", b"WIDTH", b"DEPTH")]
    kind = ">u2" if int(told[b"MAXVAL"]) > 255 else "u1"
    found = np.frombuffer(values, kind).reshape(shape)
    return found.astype(found.dtype.newbyteorder("="))


def _eight(values: NDArray[Any]) -> NDArray[np.uint8]:
    return (values // 257).astype(np.uint8) if values.dtype == np.uint16 else values


def _yes(found: object) -> str:
    return "yes" if found else ""


def _pixels(data: bytes) -> Any:
    """Return a picture as it is shown: upright RGBA."""
    return np.asarray(ImageOps.exif_transpose(_opened(data)).convert("RGBA")).astype(int)


def _looks_the_same(before: bytes, after: bytes) -> str:
    one, other = _pixels(before), _pixels(after)
    return _yes(one.shape == other.shape and np.abs(one - other).mean() < 4)


def _every_value(before: bytes, after: bytes) -> str:
    return _yes(np.array_equal(_pixels(before), _pixels(after)))


def _levels(before: bytes, after: bytes) -> str:
    bright = _stored(after)
    if bright is None or bright.dtype != np.uint16 or len(np.unique(bright)) <= 256:
        return ""
    if format_in(before) in ("HEIC", "RAW", "JXL"):  # OpenCV does not read them
        return "yes"
    dark = _stored(before)
    return _yes(dark is not None and np.abs(dark.astype(float) - bright).mean() < dark.max() / 200)


def _stored(data: bytes) -> NDArray[Any] | None:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def _one_channel(_: bytes, after: bytes) -> str:
    image = _opened(after)
    if image.mode in ("L", "I;16"):
        return "yes"
    values = np.asarray(image.convert("RGB")).astype(int)
    spread = int((values.max(axis=2) - values.min(axis=2)).max())
    return "three equal channels" if spread == 0 else ""


def _alpha(before: bytes, after: bytes) -> str:
    one, other = (_pixels(data)[..., 3] for data in (before, after))
    return _yes(np.abs(one - other).max() <= 4)


def _pictures(before: bytes, after: bytes) -> str:
    one, other = (getattr(_opened(data), "n_frames", 1) for data in (before, after))
    return _yes(one == other == 2)


def _quality(before: bytes, after: bytes) -> str:
    one, other = _opened(before), _opened(after)
    if one.format == "WEBP":  # it is not told, but seen by the length of what is coded
        old, new = (
            len(data[data.index(b"VP8 ") :].partition(b"XMP ")[0]) for data in (before, after)
        )
        return _yes(0.9 < new / old < 1.1)
    if not hasattr(one, "quantization"):
        return "no: its files do not tell it"
    same_colors = JpegImagePlugin.get_sampling(one) == JpegImagePlugin.get_sampling(other)
    return _yes(same_colors and one.quantization == other.quantization)


def _profile(_: bytes, after: bytes) -> str:
    return _yes(_opened(after).info.get("icc_profile") == ICC)


def _exif(before: bytes, after: bytes) -> str:
    exif = _opened(after).getexif()
    date, north = exif.get_ifd(34665).get(36867), exif.get_ifd(34853).get(1)
    has_position = format_in(before) != "RAW"
    return _yes(exif.get(271) == "Dusk" and date and (north == "N" or not has_position))


def _xmp(_: bytes, after: bytes) -> str:
    packet = _opened(after).info.get("xmp", b"")
    return _yes(b'tiff:Make="Dusk"' in packet)


def _iptc(_: bytes, after: bytes) -> str:
    image = _opened(after)
    found: Any = IptcImagePlugin.getiptcinfo(image) or {}
    hexadecimal = "".join(getattr(image, "text", {}).get("Raw profile type iptc", "").split())
    return _yes(found.get((2, 120)) == samples.CAPTION or samples.CAPTION.hex() in hexadecimal)


def _texts(_: bytes, after: bytes) -> str:
    if after[:1] == b"P":  # a line of the header
        return _yes(samples.WORDS.encode() in after[:200])
    image = _opened(after)
    texts = [*getattr(image, "text", {}).values(), image.info.get("comment", ""), *_tags(image)]
    plain = [text.decode("latin-1") if isinstance(text, bytes) else text for text in texts]
    return _yes(samples.WORDS in plain)


def _tags(image: Any) -> list[object]:
    return [value for tag, value in image.getexif().items() if tag == 270]


def _resolution(_: bytes, after: bytes) -> str:
    told = _opened(after).info.get("dpi", (0, 0))
    return _yes(all(abs(a - b) < 0.05 for a, b in zip(told, samples.DPI, strict=True)))


def _record(_: bytes, after: bytes) -> str:
    packet = _opened(after).info.get("xmp", b"")
    return _yes(b"algorithmicallyEnhanced" in packet and b"ModelSHA256" in packet)


def _upright(before: bytes, after: bytes) -> str:
    image = _opened(after)
    lies = image.getexif().get(274, 1) == 1 and image.width < image.height
    return _yes(lies and _looks_the_same(before, after))


PIXELS: Final = (
    Column(title="read", sample=samples.plain, judge=_looks_the_same, other=None),
    Column(title="written", sample=samples.plain, judge=_looks_the_same, own=True),
    Column(title="more than 8 bits", sample=samples.deep, judge=_levels),
    Column(title="transparency", sample=samples.transparent, judge=_alpha),
    Column(title="gray stays gray", sample=samples.gray, judge=_one_channel),
    Column(title="several pictures", sample=samples.several, judge=_pictures, other="GIF"),
    Column(title="lossless stays so", sample=samples.lossless, judge=_every_value, other=None),
    Column(title="quality is kept", sample=samples.coarse, judge=_quality, other=None),
)
BESIDE: Final = (
    Column(title="color profile", sample=samples.profiled, judge=_profile),
    Column(title="EXIF", sample=samples.photographed, judge=_exif),
    Column(title="XMP", sample=samples.described, judge=_xmp),
    Column(title="IPTC", sample=samples.captioned, judge=_iptc),
    Column(title="texts", sample=samples.commented, judge=_texts),
    Column(title="resolution", sample=samples.measured, judge=_resolution),
    Column(title="turned upright", sample=samples.turned, judge=_upright),
    Column(
        title="says what made it",
        sample=samples.plain,
        judge=_record,
        known="its files hold no XMP data",
    ),
)
TABLES: Final = {"pixels": PIXELS, "beside": BESIDE}

if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
