"""The JSON of the commands about this machine and about training, as types; see `document.py`."""

from __future__ import annotations

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from llenhance.cli.shapes.settings import SettingsFound

_exact = with_config(ConfigDict(extra="forbid"))


@_exact
class Plain(TypedDict):
    """How the network as written compares, on a corner of the picture."""

    width: int
    height: int
    engine_seconds: float
    plain_seconds: float
    ratio: float


@_exact
class SizeMeasured(TypedDict):
    """What one size took; times are those of the fastest round."""

    width: int
    height: int
    seconds: float
    rounds: list[float]
    seconds_per_megapixel: float
    megapixels_per_second: float
    stages: dict[str, float]
    load_seconds: float
    computed_megapixels: float
    network_gflops: float
    convolution_peak_gflops: float
    share_of_peak: float
    peak_memory_bytes: int | None
    plain: Plain | None


@_exact
class Benchmark(TypedDict):
    """What `llenhance bench` measured."""

    model: str
    device: str
    precision: str
    tile: int
    processor: str
    threads: int
    torch: str
    multiply_adds_per_pixel: float
    sizes: list[SizeMeasured]


@_exact
class Device(TypedDict):
    """Something to compute on."""

    name: str
    title: str
    automatic: bool
    bf16: bool
    memory: int | None
    free_memory: int | None
    cores: int | None
    threads: int | None
    vectors: str | None
    instruction_sets: list[str] | tuple[str, ...]
    capability: str | None


@_exact
class Codec(TypedDict):
    """How a format of pictures fared at a depth."""

    format: str
    depth: int
    written: bool
    icc_profile: bool | None
    exif: bool | None
    failure: str | None
    extra: str | None


@_exact
class WeightsOnDisk(TypedDict):
    """The weights file of a model; its status is ok, absent or unusable."""

    model: str
    file: str | None
    size: int | None
    status: str
    failure: str | None


@_exact
class Folder(TypedDict):
    """A folder that files go to; sizes in bytes."""

    purpose: str
    path: str
    exists: bool
    used: int | None
    free: int | None
    writable: bool
    failure: str | None


@_exact
class Run(TypedDict):
    """How a precision fared."""

    precision: str
    seconds: float | None
    finite: bool | None
    psnr: float | None
    failure: str | None


@_exact
class Trial(TypedDict):
    """How the model fared on a device."""

    device: str
    runs: list[Run]
    automatic: str | None
    why: str


@_exact
class Examined(TypedDict):
    """What `llenhance doctor` found; what is wrong is among the messages."""

    versions: dict[str, str | None]
    system: str
    machine: str
    devices: list[Device]
    codecs: list[Codec]
    weights: list[WeightsOnDisk]
    settings: list[SettingsFound]
    folders: list[Folder]
    model: str
    trials: list[Trial]


@_exact
class Served(TypedDict):
    """Where `llenhance serve` answers; the token is null where none is needed."""

    address: str
    token: str | None
    model: str


@_exact
class LogLine(TypedDict, total=False):
    """A line of the log of `llenhance train`.

    There are three kinds: the losses of a step, the error of the brightness head, and the scores of
    a validation.
    """

    step: int
    seconds: float
    skipped: int
    progress: float
    total: float
    bits: float
    l1: float
    chroma: float
    structure: float
    flat: float
    lpips: float
    norm: float
    rate: float
    head_step: int
    error: float
    validation: dict[str, float]
