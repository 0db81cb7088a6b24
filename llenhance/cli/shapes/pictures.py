"""The JSON about pictures, as types: what was enhanced, and scores; see `document.py`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from llenhance.cli.documents import Told

_exact = with_config(ConfigDict(extra="forbid"))


@_exact
class Takes(TypedDict):
    """What a picture is expected to take: seconds, and bytes of memory."""

    seconds: float
    memory: int


@_exact
class Space(TypedDict):
    """Bytes that its files are expected to have, and that are free where the result goes."""

    size: int
    free: int | None


@_exact
class Disk(TypedDict):
    """What a whole run would take of a disk, and what is free there, in bytes."""

    folder: str
    size: int
    free: int


@_exact
class Confidence(TypedDict):
    """The maps of a picture, and the mean of the error that is expected, 0..1."""

    map: str
    heat_map: str
    spread: float | None


@_exact
class Enhanced(TypedDict):
    """A picture of `llenhance enhance`; what is not known is null, or 0."""

    input: str
    output: str | None
    status: Literal["written", "planned", "left", "copied", "skipped", "done-before", "failed"]
    format: str | None
    width: int | None
    height: int | None
    pictures: int
    seconds: float
    estimate: Takes | None
    space: Space | None
    tiles: int
    model: str | None
    device: str | None
    precision: str | None
    fast: bool
    brightness: float | None
    mean_gray: float | None
    confidence: Confidence | None


@_exact
class Failure(Told):
    """A line of the file that `--errors` names: a picture that failed, and why."""

    schema: Literal[1]
    input: str
    output: str | None


@_exact
class Counts(TypedDict):
    """Figures of a whole run: pictures by what became of them, and failures by code."""

    pictures: int
    counts: dict[str, int]
    failed: dict[str, int]
    others: int
    megapixels: float
    seconds: float
    stopped: bool
    disks: list[Disk]


@_exact
class RunSummary(TypedDict):
    """The last line of `llenhance enhance` if there are several pictures."""

    summary: Counts


@_exact
class _AnyCompared(TypedDict):
    psnr: float
    ssim: float
    ssim_rgb: float


class Compared(_AnyCompared, total=False):
    """Scores against a reference; ``lpips`` only if its weights were given."""

    lpips: float


@_exact
class Figures(TypedDict, total=False):
    """The figures of a picture, or their means.

    With a reference: scores as produced, scaled to the reference's mean gray, and with the true b
    given; mean grays. Without one: what can be said of the picture alone.
    """

    name: str
    produced: Compared
    scaled: Compared
    true_b: Compared
    mean_gray: float
    reference_mean_gray: float
    input_mean_gray: float
    clip_black: float
    clip_white: float
    noise: float


@_exact
class BrightnessError(TypedDict):
    """Differences of mean gray from the references."""

    mean: float
    median: float
    p90: float
    max: float


@_exact
class Unscored(TypedDict):
    """A picture that could not be scored, and the code of the error."""

    name: str
    code: str


@_exact
class Scores(TypedDict):
    """The scores of `llenhance evaluate`."""

    model: str | None
    pictures: list[Figures]
    mean: Figures | None
    brightness_error: BrightnessError | None
    unpaired: list[str]
    failed: list[Unscored]


@_exact
class ScoresAtExposure(TypedDict):
    """The scores of a sweep at one exposure, and the change of PSNR in dB."""

    exposure: str
    pictures: list[Figures]
    mean: Figures | None
    brightness_error: BrightnessError | None
    change: float | None
    failed: list[Unscored]


@_exact
class Drop(TypedDict):
    """The largest loss of PSNR among the exposures."""

    db: float
    exposure: str


@_exact
class Sweep(TypedDict):
    """The scores of `llenhance evaluate --sweep`."""

    model: str | None
    exposures: list[ScoresAtExposure]
    largest_drop: Drop | None
    unpaired: list[str]
