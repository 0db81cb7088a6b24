"""What made a result, as it stands in the XMP packet of the result itself.

The record has three parts: a step in the history that editors and archives read (xmpMM:History),
the kind of source in the terms of the IPTC, and llenhance's own properties, from which the same
bytes can be made again. There is no time in it: the same input and settings give the same bytes.
Why it is where it is: `docs/decisions/0018-provenance.md`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from llenhance.pictures.xmp_edit import EMPTY, Packet, Property, quoted

NAMESPACE: Final = "https://pypi.org/project/llenhance/xmp/1.0/"
"""Of llenhance's own properties; a name, not a page."""

ENHANCED: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
"""What the IPTC calls a picture that was improved without generating anything."""

_MM: Final = "http://ns.adobe.com/xap/1.0/mm/"
_EVENT: Final = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
_IPTC: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_HISTORY: Final = (_MM, "History")
_SOURCE_TYPE: Final = (_IPTC, "DigitalSourceType")

# Terms that may give way: they tell how an honest picture came to be. All others, known or not, may
# say that it was generated or composed, which ours would hide.
_GIVES_WAY: Final = frozenset(
    {"", "digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print",
     "minorHumanEdits", "humanEdits"}
)  # fmt: skip
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_LONGEST: Final = 300  # characters of a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made a result: the settings, and the input by its checksum.

    Attributes:
        version: of llenhance.
        model: its name, or that of its file.
        model_sha256: of its weights file, 64 hex digits.
        brightness: the constant that was asked for, -1..1.
        exposure: the stops that were asked for; None if they were not.
        target_mean: the mean gray that was asked for, also by a picture to match, 0..1.
        strength: how much of the effect was asked for, 0..1.
        denoise: whose fine detail was asked for, 0..1; 1 is the network's.
        protect: how much protection of what is well lit was asked for, 0..1.
        variant: the number of the variant, 1..16; None if none was asked for.
        temperature: how far variants are from the usual result.
        seed: of the variants from 6 on.
        predicted: the brightness b that the model predicted; None if it predicts none.
        constant: what was added to it, or to 0.
        fast: whether the network saw a small copy alone.
        tile: largest side of a tile in pixels, 0 for the whole picture; None if it was the usual
            one, or made no difference.
        device: where the network ran, such as 'cpu'.
        precision: of its convolutions, such as 'fp32'.
        format: of the result, a key of `formats.FORMATS`.
        quality: that was asked for, 1..100; None if it was not.
        metadata: what was kept of metadata: 'keep' or 'strip-gps'; where nothing was, there is no
            record.
        together: digest of the pictures that it was planned together with, so that they look alike,
            64 hex digits; None if it was planned alone.
        source_name: file name of the input, without a folder.
        source_sha256: of all bytes of the input, 64 hex digits.
    """

    version: str
    model: str
    model_sha256: str
    brightness: float = 0.0
    exposure: float | None = None
    target_mean: float | None = None
    strength: float = 1.0
    denoise: float = 1.0
    protect: float = 0.0
    variant: int | None = None
    temperature: float = 1.0
    seed: int = 0
    predicted: float | None = None
    constant: float
    fast: bool = False
    tile: int | None = None
    device: str
    precision: str
    format: str
    quality: int | None = None
    metadata: Literal["keep", "strip-gps"] = "keep"
    together: str | None = None
    source_name: str
    source_sha256: str

    @property
    def settings(self) -> str:
        """The settings in words, such as 'nano, brightness +0.2, fast'."""
        told = [self.model]
        if self.exposure is not None:
            told.append(f"exposure {self.exposure:+g} stops")
        elif self.target_mean is not None:
            told.append(f"mean gray {self.target_mean:.4g}")
        elif self.brightness:
            told.append(f"brightness {self.brightness:+g}")
        told += [] if self.variant is None else [f"variant {self.variant}"]
        finish = {name: getattr(self, name) for name in _USUAL}
        told += [f"{name} {share:g}" for name, share in finish.items() if share != _USUAL[name]]
        told += ["fast"] if self.fast else []
        told += [] if self.tile is None else [f"tile {self.tile}"]
        told += [] if self.together is None else ["like others of its set"]
        told += [] if self.quality is None else [f"quality {self.quality}"]
        return ", ".join(told)


_NAMES: Final[Mapping[str, str]] = {
    "version": "Version",
    "model": "Model",
    "model_sha256": "ModelSHA256",
    "brightness": "Brightness",
    "exposure": "Exposure",
    "target_mean": "TargetMean",
    "strength": "Strength",
    "denoise": "Denoise",
    "protect": "Protect",
    "variant": "Variant",
    "temperature": "Temperature",
    "seed": "Seed",
    "predicted": "PredictedBrightness",
    "constant": "Constant",
    "fast": "Fast",
    "tile": "Tile",
    "device": "Device",
    "precision": "Precision",
    "format": "Format",
    "quality": "Quality",
    "metadata": "Metadata",
    "together": "TogetherSHA256",
    "source_name": "SourceName",
    "source_sha256": "SourceSHA256",
}
"""Fields of `Provenance`, and what they are called in XMP."""

_USUAL: Final = {
    **{"strength": 1.0, "denoise": 1.0, "protect": 0.0},
    **{"temperature": 1.0, "seed": 0},
}
"""What is only told if it is another value."""


def base_name(name: str) -> str:
    """Return the last part of a path of any system: a record tells nobody where files lie."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1][:_LONGEST]
    return "unnamed" if last in ("", ".", "..") else last


def recorded(xmp: bytes | None, record: Provenance) -> bytes:
    """Return a packet with the record of what made the picture; all else keeps its bytes.

    An earlier record gives way; its step stays in the history.

    Args:
        xmp: the packet of the picture; None if it has none.
        record: what made it.

    Raises:
        ValueError: the packet cannot be changed: it is no XML in UTF-8, or not as XMP has to be.
    """
    packet = Packet(EMPTY if xmp is None else xmp)
    kinds = packet.named(_SOURCE_TYPE)
    kept = any(not _gives_way(one) for one in kinds)
    before = "" if kept or not kinds else _term(kinds[0])
    gone = [one for one in packet.properties if one.name[0] == NAMESPACE]
    gone += [] if kept else kinds
    step = _step(record, before)
    histories = packet.named(_HISTORY)
    listed = next((one for one in histories if one.list is not None), None)
    shared = "" if kept else f" xmlns:Iptc4xmpExt={_text(_IPTC)}"
    shared += "" if kept else f" Iptc4xmpExt:DigitalSourceType={_text(ENHANCED)}"
    added: list[bytes] = []
    if listed is None:
        if any(one.value != "" for one in histories):
            raise ValueError("its history is no list")
        gone += histories
        history = f"\n   <xmpMM:History>\n    <rdf:Seq>\n     {step}\n    </rdf:Seq>"
        history += "\n   </xmpMM:History>\n  </rdf:Description>"
        added.append(f" xmlns:xmpMM={_text(_MM)}{shared}>{history}".encode())
    elif shared:
        added.append(f"{shared}/>".encode())
    added.append(_own(record))
    items = {} if listed is None else {listed: step.encode()}
    return packet.edited(without=gone, items=items, added=added)


def without_record(xmp: bytes | None) -> bytes | None:
    """Return a packet without settings of an earlier run, which are not those of a new result."""
    if xmp is None or NAMESPACE.encode() not in xmp:
        return xmp
    try:
        packet = Packet(xmp)
    except ValueError:  # nobody can read a record in it either
        return xmp
    gone = [one for one in packet.properties if one.name[0] == NAMESPACE]
    return packet.edited(without=gone)


def record_in(xmp: bytes | None) -> Provenance | None:
    """Return the record in a packet; None if it has none.

    Raises:
        ValueError: it has one that is damaged.
    """
    if xmp is None or NAMESPACE.encode() not in xmp:
        return None
    properties = Packet(xmp).properties
    told = {one.name[1]: one.value for one in properties if one.name[0] == NAMESPACE}
    if not told:
        return None
    values: dict[str, Any] = {}
    for field in fields(Provenance):
        text = told.get(_NAMES[field.name])
        if text is not None:
            values[field.name] = _value(text, str(field.type))
    try:
        found = Provenance(**values)
    except TypeError as reason:
        raise ValueError("the record lacks a part") from reason
    _check(found)
    return found


def _check(record: Provenance) -> None:
    for checksum in (record.model_sha256, record.source_sha256, record.together):
        if checksum is not None and not _SHA256.fullmatch(checksum):
            raise ValueError("a checksum is none")
    if record.metadata not in ("keep", "strip-gps"):
        raise ValueError("what was kept is not known")
    name = record.source_name
    if base_name(name) != name:
        raise ValueError("the name of the input is none")


def _value(text: str, kind: str) -> object:
    """Return a value of one of the types that fields of a record have."""
    if len(text) > _LONGEST:
        raise ValueError("a value is too long")
    if kind.startswith("bool"):
        if text not in ("True", "False"):
            raise ValueError(f"{text!r} is neither True nor False")
        return text == "True"
    if kind.startswith("int"):
        return int(text)
    if kind.startswith("float"):
        if not math.isfinite(value := float(text)):
            raise ValueError(f"{text!r} is not finite")
        return value
    return text


def _own(record: Provenance) -> bytes:
    """Return the properties of llenhance's own namespace."""
    told = {name: getattr(record, field) for field, name in _NAMES.items()}
    if record.exposure is not None or record.target_mean is not None:
        del told["Brightness"]  # it was not asked for
    if record.metadata == "keep":
        del told["Metadata"]
    for field, usual in _USUAL.items():
        if getattr(record, field) == usual:
            del told[_NAMES[field]]
    parts = "".join(
        f"\n    llenhance:{name}={_text(str(value))}"
        for name, value in told.items()
        if value is not None
    )
    return f"\n    xmlns:llenhance={_text(NAMESPACE)}{parts}/>".encode()


def _step(record: Provenance, before: str) -> str:
    """Return the entry in the history; it keeps the kind of source that had to give way."""
    told = f"model {record.settings}; from {record.source_name}"
    told += f"; digital source type before: {before}" if before else ""
    return (
        f'<rdf:li xmlns:stEvt={_text(_EVENT)} stEvt:action="edited" '
        f"stEvt:softwareAgent={_text(f'llenhance {record.version}')} "
        f"stEvt:parameters={_text(told)}/>"
    )


def _gives_way(kind: Property) -> bool:
    return kind.value is not None and _term(kind) in _GIVES_WAY


def _term(kind: Property) -> str:
    return (kind.value or "").rstrip("/").rpartition("/")[2]


def _text(value: str) -> str:
    return quoted(value).decode()
