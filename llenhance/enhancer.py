"""Dark pictures in, well-lit pictures out: the class that users import.

The path of a picture: its tables and thumbnail, then tile by tile condition, encoder and flow,
a check for finite values, and the core of the tile into the result.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, overload

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from llenhance import tiling
from llenhance.architecture import STRIDE, USUAL_BRIGHTNESS
from llenhance.conditioning import (
    Pixels,
    condition,
    equalisation_tables,
    equalise,
    thumbnail,
    to_unit,
)
from llenhance.errors import PictureError, ResourceError, UsageError
from llenhance.files import read_picture
from llenhance.model import LLFlow
from llenhance.model.brightness import brightness_of
from llenhance.picture import DEPTHS, Picture
from llenhance.weights import DEFAULT_MODEL, find, load

LARGEST_BRIGHTNESS: Final = 1.0
"""Beyond it, pictures are only white or black."""

AUTO_TILE: Final = 768
"""Pixels. With 1024, 24 megapixels took 2.45 GB resident, too near to the 2.5 GB they may take."""

Progress = Callable[[int, int], None]
"""Called with the tiles done and all tiles."""

_DTYPES: Final = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

Kind = TypeVar("Kind", Picture, Image.Image, NDArray[np.uint8], NDArray[np.uint16])


class Enhancer:
    """A loaded model on a device.

    Args:
        model: a name from `weights.shipped_models`, or the path of a weights file.
        device: auto, cpu, cuda, cuda:N or mps; auto takes a GPU if there is one.
        precision: of the convolutions: fp32, bf16, fp16 (GPU only), or auto: bf16 on CUDA devices
            that have it, fp32 elsewhere. Latents and 1x1 maps are always float32.
        tile: largest side in pixels of the parts a picture is cut into, a multiple of 8; 0 for the
            whole picture at once; auto for 768.

    Raises:
        UsageError: a device that is not there, or an unknown setting.
        WeightsError: no such model, or a damaged file.
    """

    def __init__(
        self,
        model: str | Path = DEFAULT_MODEL,
        *,
        device: str = "auto",
        precision: str = "auto",
        tile: int | Literal["auto"] = "auto",
    ) -> None:
        self.model_name = str(model)
        self.device = choose_device(device)
        self.precision = _precision(precision, self.device)
        self.tile = _tile(tile)
        try:
            self._model = load(find(model)).placed(self.device)
        except torch.OutOfMemoryError as reason:
            raise _out_of_memory(self.model_name) from reason

    @overload
    def enhance(
        self, picture: str | Path, *, brightness: float = 0.0, progress: Progress | None = None
    ) -> Picture: ...

    @overload
    def enhance(
        self, picture: Kind, *, brightness: float = 0.0, progress: Progress | None = None
    ) -> Kind: ...

    def enhance(
        self,
        picture: Picture | Image.Image | Pixels | str | Path,
        *,
        brightness: float = 0.0,
        progress: Progress | None = None,
    ) -> Picture | Image.Image | Pixels:
        """Return a well-lit version of a picture.

        Args:
            picture: a `Picture`, a PIL image, an ``(H, W, 3)`` uint8 or uint16 array, or the path
                of a file. Never modified.
            brightness: constant added to the latent mean; the paper's range is -0.4 to 0.4.
            progress: called after each tile.

        Returns:
            The same kind as ``picture``, a `Picture` for a path; same size, depth, metadata.

        Raises:
            UsageError: brightness beyond +-1, or an array that is no picture.
            PictureError: a file that cannot be read, or a picture the network cannot handle.
            ResourceError: out of memory.
        """
        check_brightness(brightness)
        if isinstance(picture, Picture):
            return picture.with_pixels(self._pixels(picture.pixels, brightness, progress))
        if isinstance(picture, str | Path):
            return self.enhance(read_picture(picture), brightness=brightness, progress=progress)
        if isinstance(picture, Image.Image):
            whole = Picture.from_pil(picture)
            return whole.with_pixels(self._pixels(whole.pixels, brightness, progress)).to_pil()
        return self._pixels(_checked(picture), brightness, progress)

    @property
    def has_brightness(self) -> bool:
        """Whether the model has a place for brightness, and predicts it."""
        return self._model.architecture.brightness

    def enhance_knowing(self, picture: Picture, *, mean_grey: float) -> Picture:
        """Return the well-lit version with the b of a known mean grey, not the predicted one.

        Args:
            picture: never modified.
            mean_grey: of the well-lit picture, 0..1; what comes out is near to it, not equal.

        Raises:
            PictureError: a picture the network cannot handle.
            ResourceError: out of memory.
        """
        pixels = enhance_pixels(
            self._model,
            picture.pixels,
            device=self.device,
            precision=self.precision,
            tile=self.tile,
            known_b=float(brightness_of(torch.tensor(mean_grey))),
        )
        return picture.with_pixels(pixels)

    def _pixels(self, pixels: Pixels, brightness: float, progress: Progress | None) -> Pixels:
        return enhance_pixels(
            self._model,
            pixels,
            device=self.device,
            precision=self.precision,
            tile=self.tile,
            brightness=brightness,
            progress=progress,
        )


def _checked(array: NDArray[Any]) -> Pixels:
    if array.ndim != 3 or array.shape[2] != 3 or not array.size or array.dtype.name not in DEPTHS:
        problem = f"has the shape {array.shape} and the type {array.dtype}"
        raise UsageError("the array", problem, "Use (H, W, 3) of uint8 or uint16")
    return array


def check_brightness(brightness: float) -> None:
    """Raise `UsageError` unless brightness is within +-1."""
    if not abs(brightness) <= LARGEST_BRIGHTNESS:  # refuses NaN as well
        raise UsageError(
            f"brightness {brightness}",
            f"is beyond +-{LARGEST_BRIGHTNESS:g}",
            f"Use a value from -{USUAL_BRIGHTNESS} to {USUAL_BRIGHTNESS}",
        )


@torch.inference_mode()
def enhance_pixels(
    model: LLFlow,
    pixels: Pixels,
    *,
    device: torch.device,
    precision: str = "fp32",
    tile: int = 0,
    brightness: float = 0.0,
    known_b: float | None = None,
    progress: Progress | None = None,
) -> Pixels:
    """Enhance the pixels of a whole picture, tile by tile.

    Args:
        model: on the device, in evaluation mode.
        pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
        device: of the model.
        precision: fp32, bf16 or fp16.
        tile: largest side of a tile, 0 for the whole picture.
        brightness: added to the predicted b.
        known_b: used in place of the predicted b.
        progress: called after each tile.

    Returns:
        Same shape and type as ``pixels``.

    Raises:
        PictureError: the network's result is not finite, in float32 either.
        ResourceError: out of memory.
    """
    height, width = pixels.shape[:2]
    tables = equalisation_tables(pixels)
    result = np.empty_like(pixels)
    all_tiles = tiling.count(height, width, tile=tile)
    try:
        small = thumbnail(pixels, tables).to(device)
        b = model.predict_brightness(small) if known_b is None else small.new_tensor([known_b])
        latent_constant = b + brightness
        for done, part in enumerate(
            tiling.cut(height, width, tile=tile, margin=model.architecture.margin), start=1
        ):
            rows, columns = part.window
            window = pixels[rows.slice(), columns.slice()]
            bright = _enhance_window(model, window, tables, latent_constant, precision)
            (top, left), core = (rows.start, columns.start), part.core
            result[core[0].slice(), core[1].slice()] = _to_pixels(
                bright[:, core[0].slice(top), core[1].slice(left)], pixels.dtype
            )
            if progress is not None:
                progress(done, all_tiles)
    except (torch.OutOfMemoryError, MemoryError) as reason:
        raise _out_of_memory("the picture") from reason
    except RuntimeError as reason:
        if "not enough memory" not in str(reason):  # how torch's CPU allocator says it
            raise
        raise _out_of_memory("the picture") from reason
    return result


def _enhance_window(
    model: LLFlow, window: Pixels, tables: Pixels, latent_constant: Tensor, precision: str
) -> Tensor:
    """Return the network's picture of a window, ``(3, H, W)`` on its device, 0..1, clamped."""
    height, width = window.shape[:2]
    padded = _pad(window)
    device = latent_constant.device
    dark, equalised = (to_unit(p).to(device) for p in (padded, equalise(padded, tables)))
    channels = condition(dark, equalised).contiguous(memory_format=torch.channels_last)
    for dtype in dict.fromkeys((_DTYPES[precision], torch.float32)):
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            bright = model(channels, latent_constant)[0, :, :height, :width]
        if bright.isfinite().all():  # before clamping, which passes NaN on
            return bright.clamp(0, 1)
    raise PictureError(
        "the picture",
        "made the network compute numbers that are not finite",
        "Try another model or a brightness nearer to 0",
    )


def _pad(window: Pixels) -> Pixels:
    """Extend to multiples of 8 at the bottom and right: mirrored, or repeated where too small."""
    for axis in (0, 1):
        size = window.shape[axis]
        missing = -size % STRIDE
        if missing:
            widths = [(0, missing) if a == axis else (0, 0) for a in range(3)]
            window = np.pad(window, widths, mode="reflect" if size > missing else "edge")
    return window


def _to_pixels(bright: Tensor, dtype: np.dtype[np.uint8 | np.uint16]) -> Pixels:
    levels = (bright.permute(1, 2, 0) * float(np.iinfo(dtype).max)).round()
    return levels.cpu().numpy().astype(dtype)


def choose_device(name: str) -> torch.device:
    """Return the device of a name; auto takes a GPU if there is one.

    Raises:
        UsageError: no such device.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as reason:
        remedy = "Use auto, cpu, cuda, cuda:N or mps"
        raise UsageError(f"device {name}", "is not a device", remedy) from reason
    present = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }.get(device.type, 0)
    if (device.index or 0) >= present:
        raise UsageError(f"device {name}", "is not on this machine", "Use auto or cpu")
    return device


def _precision(name: str, device: torch.device) -> str:
    if name == "auto":
        has_bf16 = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
        return "bf16" if has_bf16 else "fp32"
    if name not in _DTYPES:
        raise UsageError(f"precision {name}", "is unknown", "Use auto, fp32, bf16 or fp16")
    if name == "fp16" and device.type == "cpu":
        raise UsageError("precision fp16", "needs a GPU", "Use bf16 or fp32 on a CPU")
    return name


def _tile(tile: int | Literal["auto"]) -> int:
    if tile == "auto":
        return AUTO_TILE
    if tile < 0 or tile % STRIDE:
        problem = f"is not a multiple of {STRIDE}"
        raise UsageError(f"tile {tile}", problem, f"Use {AUTO_TILE}, or 0 for the whole picture")
    return tile


def _out_of_memory(name: str) -> ResourceError:
    return ResourceError(
        name, "needs more memory than there is", "Try a smaller --tile, such as 256"
    )
