"""The record of what made a result, put into the result between enhancing and encoding."""

from __future__ import annotations

from dataclasses import fields, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

from llenhance.enhancing.enhanced import Enhanced
from llenhance.messages.note import Note
from llenhance.pictures.formats import FORMATS
from llenhance.pictures.picture import Picture
from llenhance.pictures.provenance import Provenance, base_name, recorded, without_record
from llenhance.version import __version__

if TYPE_CHECKING:
    from llenhance.jobs.request import Request

_ON_A_HUB = "hf:"

_NO_SETTINGS: Final = {
    "version", "model", "predicted", "constant", "tile", "device", "source_name",
}  # fmt: skip
"""Fields of a record that differ although all settings are the same."""


class Described(Protocol):
    """An enhancer that says what it is."""

    @property
    def model_name(self) -> str: ...

    @property
    def model_sha256(self) -> str: ...

    @property
    def device(self) -> object: ...

    @property
    def precision(self) -> str: ...

    @property
    def tile(self) -> int: ...

    @property
    def usual_tile(self) -> int: ...

    @property
    def fast(self) -> bool: ...


class Source:
    """The input, as a record names it.

    Args:
        name: What messages call the input.
        data: All of its bytes.
        request: May be that of an earlier result.

    Attributes:
        name: Its name, without a folder.
        sha256: Of its bytes.
        note: That the settings are those of another picture; None if they are not.
    """

    def __init__(self, name: str, data: bytes, request: Request) -> None:
        self.sha256 = sha256(data).hexdigest()
        self.name = base_name(name)
        self.note: Note | None = None
        if (earlier := request.replayed) is not None:
            if earlier.source_sha256 == self.sha256:  # the same bytes again, whatever it is called
                self.name = earlier.source_name
            else:
                self.note = Note("settings-of-another-picture", picture=earlier.source_name)


class Signer:
    """Puts a record into each picture of a result, if that is wanted and its format can hold one.

    Args:
        enhancer: What enhanced the pictures.
        source: The input.
        request: What was made of it.
        format: Of the result, a key of `FORMATS`.

    Attributes:
        notes: Why a record was left out.
    """

    def __init__(
        self, enhancer: Described, *, source: Source, request: Request, format: str
    ) -> None:
        self._enhancer, self._source = enhancer, source
        self._request, self._format = request, format
        writer = FORMATS[format].writer
        self._longest = writer.xmp if writer is not None and _is_wanted(request) else 0
        self.notes: list[Note] = []

    def signed(self, enhanced: Enhanced) -> Enhanced:
        """Return the same with the record in the XMP packet of the picture, and no earlier one."""
        picture = enhanced.picture
        xmp = self._recorded(enhanced) if self._longest else None
        xmp = without_record(picture.xmp) if xmp is None else xmp
        return replace(enhanced, picture=replace(picture, xmp=xmp))

    def _recorded(self, enhanced: Enhanced) -> bytes | None:
        """Return the packet with the record; None if it cannot have one, and a note says why."""
        xmp, most = enhanced.picture.xmp, self._longest
        try:  # a packet that is too long is left out anyway
            fitting = xmp if xmp and len(xmp) <= most else None
            signed = recorded(fitting, self._record(enhanced))
        except ValueError:
            self.notes.append(Note("record-not-added"))
            return None
        if len(signed) > most:
            title = FORMATS[self._format].title
            self.notes.append(Note("record-too-long", format=title, size=len(signed), most=most))
            return None
        return signed

    def _record(self, enhanced: Enhanced) -> Provenance:
        return replace(
            record_before(
                self._enhancer,
                request=self._request,
                format=self._format,
                source_name=self._source.name,
                source_sha256=self._source.sha256,
            ),
            predicted=None if enhanced.predicted is None else round(enhanced.predicted, 6),
            constant=round(enhanced.brightness, 6),
            tile=_tile_that_matters(self._enhancer, enhanced),
        )


def record_before(
    enhancer: Described, *, request: Request, format: str, source_name: str, source_sha256: str
) -> Provenance:
    """Return the record of a result, as far as it is known before the picture is enhanced.

    Args:
        enhancer: What is to enhance it.
        request: What is to be made of it.
        format: Of the result, a key of `FORMATS`.
        source_name: Of the input, without a folder.
        source_sha256: Of the input's bytes.
    """
    wish, model, sample = request.wish, enhancer.model_name, request.wish.sample
    return Provenance(
        version=__version__,
        model=model if model.startswith(_ON_A_HUB) else base_name(model),
        model_sha256=enhancer.model_sha256,
        brightness=wish.brightness,
        exposure=wish.exposure,
        target_mean=wish.target_mean,
        strength=wish.finish.strength,
        denoise=wish.finish.denoise,
        protect=wish.finish.protect,
        variant=None if sample is None else sample.number,
        temperature=1.0 if sample is None else sample.temperature,
        seed=0 if sample is None else sample.seed,
        constant=wish.constant,
        fast=enhancer.fast,
        device=str(enhancer.device),
        precision=enhancer.precision,
        format=format,
        quality=request.quality,
        metadata="strip-gps" if request.metadata == "strip-gps" else "keep",
        together=request.together,
        source_name=source_name,
        source_sha256=source_sha256,
    )


def is_made_so(
    record: Provenance | None,
    enhancer: Described,
    *,
    request: Request,
    format: str,
    source_sha256: str | None,
) -> bool:
    """Tell whether a result is just what would be made now, by its record.

    Args:
        record: Of the result; None if it has none.
        enhancer: What would enhance the input.
        request: What would be made of it.
        format: Of the result that would be made, a key of `FORMATS`.
        source_sha256: Of the input's bytes; None for whatever input.
    """
    if record is None or not _is_wanted(request):
        return False
    source = source_sha256 or record.source_sha256
    expected = record_before(
        enhancer, request=request, format=format, source_name="", source_sha256=source
    )
    told = (field.name for field in fields(Provenance) if field.name not in _NO_SETTINGS)
    return all(getattr(record, name) == getattr(expected, name) for name in told)


def _is_wanted(request: Request) -> bool:
    """Tell whether the result is to say what made it: the record is metadata too."""
    return request.provenance and request.metadata != "strip"


def _tile_that_matters(enhancer: Described, enhanced: Enhanced) -> int | None:
    """Return the side of the tiles, if with the usual ones the result would be another."""
    for note in enhanced.notes:
        if note.code == "memory-short":
            return int(str(note.facts["tile"]))
    side = _longer_side(enhanced.picture)
    if all(_is_whole(side, tile) for tile in (enhancer.tile, enhancer.usual_tile)):
        return None
    return None if enhancer.tile == enhancer.usual_tile else enhancer.tile


def _is_whole(side: int, tile: int) -> bool:
    return not tile or side <= tile


def _longer_side(picture: Picture) -> int:
    return max(picture.width, picture.height)
