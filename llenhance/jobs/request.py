"""What to make of a picture: how it should look, and what its file should be and keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llenhance.enhancing.finish import Finish
from llenhance.enhancing.sample import Sample
from llenhance.enhancing.wish import AUTOMATIC, Wish
from llenhance.errors import UsageError
from llenhance.pictures.limits import MEGAPIXELS
from llenhance.pictures.policy import Metadata
from llenhance.pictures.provenance import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One of the results on a sheet.

    Attributes:
        title: What it is called.
        wish: How bright it should be, and which sample.
    """

    title: str
    wish: Wish


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
        metadata: What the result keeps of EXIF, XMP and IPTC data and texts: everything that stays
            true ('keep'), nothing ('strip'), or everything but positions ('strip-gps').
        provenance: Whether the result says what made it, in its XMP data.
        replayed: The record of an earlier result, if these are its settings; see `like`.
        together: Digest of the pictures that it is to look like, 64 hex digits, as the record tells
            it; the enhancer is to see to that.
        panels: Results that are made in place of that of the wish, and shown small on one sheet
            (`sheets.py`); of several pictures in a file, those of the first. A sheet has no record.
    """

    wish: Wish = AUTOMATIC
    format: str | None = None
    quality: int | None = None
    max_megapixels: float = MEGAPIXELS
    metadata: Metadata = "keep"
    provenance: bool = True
    replayed: Provenance | None = None
    together: str | None = None
    panels: tuple[Panel, ...] = ()

    @classmethod
    def like(cls, record: Provenance) -> Request:
        """Return the request that made an earlier result; its model is the enhancer's matter.

        Raises:
            UsageError: A value in the record is out of range, or the result was made to look like
                others: its settings alone do not make it.
        """
        if record.together is not None:
            raise UsageError("made-together", record.source_name)
        finish = Finish(strength=record.strength, denoise=record.denoise, protect=record.protect)
        wish = Wish(
            brightness=record.brightness,
            exposure=record.exposure,
            target_mean=record.target_mean,
            finish=finish,
            sample=None
            if record.variant is None
            else Sample(number=record.variant, temperature=record.temperature, seed=record.seed),
        )
        return cls(
            wish=wish,
            format=record.format,
            quality=record.quality,
            metadata=record.metadata,
            replayed=record,
        )


USUAL: Final = Request()
