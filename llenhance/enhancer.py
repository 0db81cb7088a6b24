"""Dark pictures in, well-lit pictures out: the class that users import.

The path of a picture goes on in `pixels.py`; where a mean grey is wished for, by way of
`exposure.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from llenhance.engine.cost import (
    KEPT,
    SMALLEST_TILE,
    USUAL_MEMORY,
    bytes_per_pixel,
    largest_tile,
    peak_memory,
    seconds_per_pixel,
)
from llenhance.engine.engine import Engine, compile_model
from llenhance.engine.settings import check_tile, choose_device, choose_precision
from llenhance.enhancing import tiling
from llenhance.enhancing.estimate import Estimate, seconds_to_lift
from llenhance.enhancing.exposure import PROMISED, Reached, enhance_to
from llenhance.enhancing.fast import copy_size, enhance_fast
from llenhance.enhancing.plan import Plan, look
from llenhance.enhancing.tiled import Progress, enhance_pixels, lack_of_memory_told
from llenhance.enhancing.wish import AUTOMATIC, Enhanced, Wish, wish_for
from llenhance.errors import ResourceError, UsageError
from llenhance.files.pictures import read_picture
from llenhance.model.architecture import STRIDE
from llenhance.model.brightness import brightness_of
from llenhance.model.conditioning import Pixels
from llenhance.pictures.picture import DEPTHS, Picture
from llenhance.scoring.metrics import mean_grey
from llenhance.weights.file import load
from llenhance.weights.find import DEFAULT_MODEL, find

Result = TypeVar("Result")
Kind = TypeVar("Kind", Picture, Image.Image, NDArray[np.uint8], NDArray[np.uint16])


class Enhancer:
    """A loaded model on a device.

    Args:
        model: a name, ``hf:owner/name``, or the path of a file, as `models.find` takes it.
        device: auto, cpu, cuda, cuda:N or mps; auto takes a GPU if there is one.
        precision: of the convolutions: fp32, bf16, fp16 (GPU only), or auto: bf16 where the
            processor computes in it and the model bears it, fp32 elsewhere. Latents and 1x1 maps
            are always float32.
        tile: largest side in pixels of the parts a picture is cut into, a multiple of 8; 0 for the
            whole picture at once; auto for what takes less than a gigabyte. Where memory is short
            it is halved, for all pictures from then on.
        fast: enhance a copy of about a megapixel, and lift what it received to full size
            (`lift.py`): seconds for any picture, and nearly the same result.

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
        fast: bool = False,
    ) -> None:
        self.model_name = str(model)
        self.fast = fast
        self.device = choose_device(device)
        choose_precision(precision, self.device)  # says what is wrong before loading anything
        check_tile(tile)
        with lack_of_memory_told(self.model_name):
            self._engine = compile_model(load(find(model)), device=self.device, precision=precision)
        self.precision = self._engine.precision
        self._seconds_per_pixel: float | None = None
        self._resident = 0
        limit = largest_tile(self._engine.architecture, self.precision)
        self.tile = limit if tile == "auto" else tile

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
        reached, shortage = self._in_memory(
            picture, lambda: self._reached(picture.pixels, wish, progress)
        )
        return Enhanced(
            picture=picture.with_pixels(reached.pixels),
            brightness=reached.brightness,
            mean_grey=reached.mean_grey,
            note="; ".join(filter(None, (reached.note, shortage))) or None,
        )

    def _reached(self, pixels: Pixels, wish: Wish, progress: Progress | None) -> Reached:
        with lack_of_memory_told():
            plan = look(pixels, self._engine, brightness=wish.brightness)
        if not self.fast:
            return self._rendered(pixels, plan, wish, progress)
        of_copy: list[Reached] = []

        def enhance(copy: Pixels) -> Pixels:
            of_copy.append(self._rendered(copy, plan.for_copy(copy), wish, progress))
            return of_copy[0].pixels

        bright = enhance_fast(pixels, enhance)
        mean, note = mean_grey(bright), of_copy[0].note
        if wish.is_target and note is None and abs(mean - of_copy[0].mean_grey) > PROMISED:
            note = f"the mean grey is {mean:.2f}: --fast missed {of_copy[0].mean_grey:.2f}"
        return of_copy[0]._replace(pixels=bright, mean_grey=mean, note=note)

    def _rendered(
        self, pixels: Pixels, plan: Plan, wish: Wish, progress: Progress | None
    ) -> Reached:
        """Return what becomes of pixels, which may be a copy of what was planned."""
        if wish.is_target:
            return enhance_to(self._engine, pixels, plan, wish, tile=self.tile, progress=progress)
        bright = enhance_pixels(self._engine, pixels, plan, tile=self.tile, progress=progress)
        return Reached(bright, wish.brightness, mean_grey(bright), None)

    def estimate(self, *, width: int, height: int) -> Estimate:
        """Return what a picture of so many pixels will take; the first time after a short trial.

        Args:
            width: of the picture, in pixels, 8 bits a channel.
            height: likewise.
        """
        tile, margin = self.tile, self._engine.architecture.margin
        if self._seconds_per_pixel is None:
            self._resident = peak_memory() or USUAL_MEMORY
            self._seconds_per_pixel = seconds_per_pixel(self._engine)
        full = width * height
        if self.fast:
            height, width = copy_size(height, width)
        window = tiling.window_size(height, width, tile=tile, margin=margin)
        pixels = tiling.count(height, width, tile=tile, margin=margin) * window
        of_window = bytes_per_pixel(self._engine.architecture, self.precision)
        memory = self._resident + KEPT * window * of_window + 2 * 3 * full  # before and after
        lifting = seconds_to_lift() * full if full > width * height else 0.0
        return Estimate(pixels * self._seconds_per_pixel + lifting, memory)

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
        constant = float(brightness_of(torch.tensor(mean_grey)))

        def work() -> Pixels:
            with lack_of_memory_told():
                plan = look(picture.pixels, self._engine).at(constant, self._engine)

            def enhance(pixels: Pixels) -> Pixels:
                return enhance_pixels(self._engine, pixels, plan.for_copy(pixels), tile=self.tile)

            return enhance_fast(picture.pixels, enhance) if self.fast else enhance(picture.pixels)

        pixels, _ = self._in_memory(picture, work)
        return picture.with_pixels(pixels)

    def _in_memory(self, picture: Picture, work: Callable[[], Result]) -> tuple[Result, str | None]:
        """Do the work in tiles that memory holds; also return what to say if they had to shrink."""
        shortage = None
        while True:
            try:
                return work(), shortage
            except ResourceError:
                side = max(picture.width, picture.height)
                half = min(self.tile or side, side) // 2 // STRIDE * STRIDE
                if half < SMALLEST_TILE:
                    raise
                self.tile = half
                shortage = f"memory was short, and the work was done in tiles of {half} pixels"


def _checked(array: NDArray[Any]) -> Pixels:
    if array.ndim != 3 or array.shape[2] != 3 or not array.size or array.dtype.name not in DEPTHS:
        problem = f"has the shape {array.shape} and the type {array.dtype}"
        raise UsageError("the array", problem, "Use (H, W, 3) of uint8 or uint16")
    return np.ascontiguousarray(array)
