"""The JSON about picture files and what made them, as types; see `document.py`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

_exact = with_config(ConfigDict(extra="forbid"))


@_exact
class Recorded(TypedDict):
    """What made a result; `tile` is null if it made no difference."""

    version: str
    model: str
    model_sha256: str
    brightness: float
    exposure: float | None
    target_mean: float | None
    strength: float
    denoise: float
    protect: float
    variant: int | None
    temperature: float
    seed: int
    predicted: float | None
    constant: float
    fast: bool
    tile: int | None
    device: str
    precision: str
    format: str
    quality: int | None
    metadata: Literal["keep", "strip-gps"]
    together: str | None
    source_name: str
    source_sha256: str


@_exact
class TextOfFile(TypedDict):
    """A comment, or a text under a keyword."""

    keyword: str
    value: str


@_exact
class PictureFile(TypedDict):
    """What a picture file is and holds; what is not known is null. What it would lose is told."""

    input: str
    bytes: int
    format: str
    width: int
    height: int
    pictures: int
    depth: int
    gray: bool
    alpha: bool
    color_space: str
    color_source: str | None
    orientation: int
    quality: int | None
    subsampling: str | None
    progressive: bool | None
    lossless: bool | None
    metadata: dict[str, int]
    texts: list[TextOfFile]
    dpi: list[float] | None
    taken: str | None
    camera: str | None
    record: Recorded | None


@_exact
class AuditedOriginal(TypedDict):
    """The original of a result; `original` and its SHA-256 are null if it is missing."""

    result: str
    status: Literal["unchanged", "changed", "missing"]
    original: str | None
    source_name: str
    source_sha256: str
    found_sha256: str | None


@_exact
class AuditCounts(TypedDict):
    """What became of the originals of all results in a folder."""

    folder: str
    results: int
    unchanged: int
    changed: int
    missing: int
    unreadable: int
    without_record: int
