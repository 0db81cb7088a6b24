"""Dark pictures in, well-lit pictures out: the class that users import.

The path of a picture goes on in `pixels.py`; where a mean grey is wished for, by way of
`exposure.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeVar, overload

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from llenhance.conditioning import Pixels
from llenhance.engine import Engine, compile_model
from llenhance.errors import UsageError
from llenhance.exposure import enhance_to
from llenhance.files import read_picture
from llenhance.metrics import mean_grey
from llenhance.model.brightness import brightness_of
from llenhance.picture import DEPTHS, Picture
from llenhance.pixels import Progress, enhance_pixels, lack_of_memory_told
from llenhance.settings import choose_device, choose_precision, choose_tile
from llenhance.weights import DEFAULT_MODEL, find, load
from llenhance.wish import AUTOMATIC, Enhanced, Wish, wish_for

Kind = TypeVar("Kind", Picture, Image.Image, NDArray[np.uint8], NDArray[np.uint16])


class Enhancer:
    """A loaded model on a device.

    Args:
        model: a name from `weights.shipped_models`, or the path of a weights file.
        device: auto, cpu, cuda, cuda:N or mps; auto takes a GPU if there is one.
        precision: of the convolutions: fp32, bf16, fp16 (GPU only), or auto: bf16 where the
            processor computes in it and the model bears it, fp32 elsewhere. Latents and 1x1 maps
            are always float32.
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
        choose_precision(precision, self.device)  # says what is wrong before loading anything
        self.tile = choose_tile(tile)
        with lack_of_memory_told(self.model_name):
            self._engine = compile_model(load(find(model)), device=self.device, precision=precision)
        self.precision = self._engine.precision

    @overload
    def enhance(
        self,
        picture: str | Path,
        *,
        brightness: float = 0.0,
        exposure: float | None = None,
        target_mean: float | None = None,
        match: str | Path | Picture | None = None,
        progress: Progress | None = None,
    ) -> Picture: ...

    @overload
    def enhance(
        self,
        picture: Kind,
        *,
        brightness: float = 0.0,
        exposure: float | None = None,
        target_mean: float | None = None,
        match: str | Path | Picture | None = None,
        progress: Progress | None = None,
    ) -> Kind: ...

    def enhance(
        self,
        picture: Picture | Image.Image | Pixels | str | Path,
        *,
        brightness: float = 0.0,
        exposure: float | None = None,
        target_mean: float | None = None,
        match: str | Path | Picture | None = None,
        progress: Progress | None = None,
    ) -> Picture | Image.Image | Pixels:
        """Return a well-lit version of a picture, as bright as predicted or as one option says.

        Args:
            picture: a `Picture`, a PIL image, an ``(H, W, 3)`` uint8 or uint16 array, or the path
                of a file. Never modified.
            brightness: constant added to the latent mean; the paper's range is -0.4 to 0.4.
            exposure: stops, -5 to 5: as bright as the predicted result exposed 2^EV times as long.
            target_mean: mean grey of the result, 0 to 1.
            match: a picture, or the path of one, whose mean grey the result shall have.
            progress: called after each tile.

        Returns:
            The same kind as ``picture``, a `Picture` for a path; same size, depth, metadata.
            `brighten` tells in addition how bright it became, and why if a target was missed.

        Raises:
            UsageError: brightness out of range, several options for it, a picture to match that
                cannot be read, or an array that is no picture.
            PictureError: a file that cannot be read, or a picture the network cannot handle.
            ResourceError: out of memory.
        """
        wish = wish_for(
            brightness=brightness, exposure=exposure, target_mean=target_mean, match=match
        )
        if isinstance(picture, str | Path):
            picture = read_picture(picture)
        if isinstance(picture, Picture):
            return self.brighten(picture, wish, progress=progress).picture
        if isinstance(picture, Image.Image):
            whole = Picture.from_pil(picture)
            return self.brighten(whole, wish, progress=progress).picture.to_pil()
        whole = Picture(pixels=_checked(picture))
        return self.brighten(whole, wish, progress=progress).picture.pixels

    def brighten(
        self, picture: Picture, wish: Wish = AUTOMATIC, *, progress: Progress | None = None
    ) -> Enhanced:
        """Return a well-lit version of a picture, and how bright it became.

        Args:
            picture: stays as it is.
            wish: how bright it shall be.
            progress: called after each tile.

        Raises:
            PictureError: the network computes numbers that are not finite.
            ResourceError: out of memory.
        """
        pixels, brightness, note = picture.pixels, wish.brightness, None
        if wish.is_target:
            pixels, brightness, mean, note = enhance_to(
                self._engine,
                pixels,
                wish,
                tile=self.tile,
                progress=progress,
            )
        else:
            pixels = enhance_pixels(
                self._engine,
                pixels,
                tile=self.tile,
                brightness=brightness,
                progress=progress,
            )
            mean = mean_grey(pixels)
        bright = picture.with_pixels(pixels)
        return Enhanced(picture=bright, brightness=brightness, mean_grey=mean, note=note)

    @property
    def engine(self) -> Engine:
        """What runs the network."""
        return self._engine

    @property
    def has_brightness(self) -> bool:
        """Whether the model has a place for brightness, and predicts it."""
        return self._engine.architecture.brightness

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
            self._engine,
            picture.pixels,
            tile=self.tile,
            latent_constant=float(brightness_of(torch.tensor(mean_grey))),
        )
        return picture.with_pixels(pixels)


def _checked(array: NDArray[Any]) -> Pixels:
    if array.ndim != 3 or array.shape[2] != 3 or not array.size or array.dtype.name not in DEPTHS:
        problem = f"has the shape {array.shape} and the type {array.dtype}"
        raise UsageError("the array", problem, "Use (H, W, 3) of uint8 or uint16")
    return np.ascontiguousarray(array)
