"""The JSON of `llenhance weights`, as types; see `document.py`."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

_exact = with_config(ConfigDict(extra="forbid"))


@_exact
class License(TypedDict):
    """What a license allows."""

    name: str
    tag: str
    url: str | None
    commercial_use: bool
    share_alike: bool
    needs_consent: bool
    summary: str


@_exact
class ListedModel(TypedDict):
    """A line of `llenhance weights list`."""

    name: str
    architecture: str | None
    description: str | None
    license: License | None
    size: int | None
    present: bool
    path: str | None
    default: bool
    link: str | None


@_exact
class AboutModel(TypedDict):
    """What `llenhance weights info` says; the training record is the model's own."""

    name: str
    path: str
    bytes: int
    sha256: str
    license: License | None
    architecture: dict[str, Any]
    parameters: int
    multiply_adds_per_pixel: float
    megabytes_per_megapixel: dict[str, float]
    training: dict[str, Any]


@_exact
class DownloadedModel(TypedDict):
    """A model of `llenhance weights download`; the path is null if it failed."""

    name: str
    path: str | None


@_exact
class ImportedModel(TypedDict):
    """What `llenhance weights import` made; without a name if it is a file of its own."""

    name: str | None
    path: str


@_exact
class RemovedModel(TypedDict):
    """A model of `llenhance weights remove`; the bytes are null if it failed."""

    name: str
    freed: int | None


@_exact
class UploadedModel(TypedDict):
    """Where `llenhance weights upload` put a model."""

    model: str
    url: str


@_exact
class ExportedModel(TypedDict):
    """What `llenhance export` wrote; the size is of all files, in bytes."""

    model: str
    format: str
    files: list[str]
    size: int


@_exact
class VerifiedModel(TypedDict):
    """A model of `llenhance weights verify`."""

    name: str
    ok: bool
