"""Dark pictures in, enhanced pictures out: the class that users import.

The path of a picture goes on in `enhancing/work.py`.
"""

from __future__ import annotations

import reprlib
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeVar, cast, overload

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from llenhance.engine.cost import largest_tile
from llenhance.engine.engine import Engine, compile_model
from llenhance.engine.settings import choose_device, choose_precision
from llenhance.engine.sides import check_tile
from llenhance.enhancing.confidence import Confidence, notes_for
from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.estimate import Estimate, Trial, estimate, try_engine
from llenhance.enhancing.finish import Finish
from llenhance.enhancing.plan import Plan
from llenhance.enhancing.progress import Progress
from llenhance.enhancing.sample import Sample
from llenhance.enhancing.together import Several, Together
from llenhance.enhancing.variants import Variant, counting
from llenhance.enhancing.wish import AUTOMATIC, Wish, gray_level, wish_for
from llenhance.enhancing.work import Work
from llenhance.errors import UsageError, expect, expect_function
from llenhance.files.inputs import checked, opened
from llenhance.files.values import like
from llenhance.memory import lack_of_memory_told
from llenhance.model.brightness import brightness_of
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels
from llenhance.weights.digest import sha256
from llenhance.weights.file import load
from llenhance.weights.find import DEFAULT_MODEL, FoundModel, find

_LONGEST_SIDE: Final = 2**31
"""Pixels: more than any format of files can say."""

Kind = TypeVar(
    "Kind",
    Picture,
    Image.Image,
    NDArray[np.uint8],
    NDArray[np.uint16],
    NDArray[np.float32],
    NDArray[np.float64],
)


class Enhancer:
    """A loaded model on a device. Threads may share one: nothing in it changes after it is made.

    Args:
        model: The name of a model, ``hf:owner/name``, or the path of a weights file.
        device: auto, cpu, cuda, cuda:N or mps; auto uses a GPU if there is one.
        precision: Precision of the convolutions: fp32, bf16, fp16 (GPU only), or auto. Auto uses
            bf16 if the processor computes in it and the model stays accurate, else fp32. Latents
            and 1x1 maps are always float32.
        tile: Largest side in pixels of the parts that a picture is cut into, a multiple of 8; 0 for
            the whole picture at once; auto for parts that need less than a gigabyte. A picture that
            does not fit into memory is done in smaller tiles.
        fast: Enhance a copy of about a megapixel and lift the effect to full size: seconds for any
            picture, and nearly the same result.

    Attributes:
        model_name: The model as it was named.
        model_sha256: The SHA-256 of its weights file, 64 hex digits.
        device: The `torch.device` that the model runs on.
        precision: The precision that auto stands for.
        tile: Largest side of a tile in pixels, 0 for the whole picture.
        usual_tile: The tile that auto stands for.
        fast: As above.

    Raises:
        UsageError: The device does not exist, or a setting is unknown.
        WeightsError: There is no such model, or its file is damaged.

    Example:
        >>> enhancer = Enhancer()
        >>> picture = enhancer.enhance("examples/coffee.jpg", brightness=0.1)
        >>> picture.width, picture.height
        (600, 400)
    """

    def __init__(
        self,
        model: str | Path | FoundModel = DEFAULT_MODEL,
        *,
        device: str | torch.device = "auto",
        precision: str = "auto",
        tile: int | Literal["auto"] = "auto",
        fast: bool = False,
    ) -> None:
        if not isinstance(model, str | Path | FoundModel):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError("not-a-model", "the model", given=type(model).__name__)
        if not (isinstance(tile, str) and tile == "auto"):
            expect(tile, int, name="tile")
        if not isinstance(device, torch.device):
            expect(device, str, name="device")
        expect(precision, str, name="precision")
        self.model_name = model.name if isinstance(model, FoundModel) else str(model)
        self.fast = fast
        self.device = choose_device(str(device))
        choose_precision(precision, self.device)  # says what is wrong before loading anything
        check_tile(tile)
        with lack_of_memory_told(self.model_name):
            file = find(model).path
            network = load(file)
            self.model_sha256 = sha256(file)
            self._engine = compile_model(network, device=self.device, precision=precision)
        self.precision = self._engine.precision
        self.usual_tile = largest_tile(self._engine.architecture, self.precision)
        self.tile = self.usual_tile if tile == "auto" else tile
        self._work = Work(engine=self._engine, tile=self.tile, fast=fast)
        self._trial: Trial | None = None  # made by the first `estimate`

    @overload
    def enhance(
        self,
        picture: str | Path | bytes | BinaryIO,
        *,
        brightness: float = 0.0,
        exposure: float | None = None,
        target_mean: float | None = None,
        match: str | Path | Picture | None = None,
        strength: float = 1.0,
        denoise: float = 1.0,
        protect: float = 0.0,
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
        strength: float = 1.0,
        denoise: float = 1.0,
        protect: float = 0.0,
        progress: Progress | None = None,
    ) -> Kind: ...

    def enhance(
        self,
        picture: Picture | Image.Image | NDArray[Any] | str | Path | bytes | BinaryIO,
        *,
        brightness: float = 0.0,
        exposure: float | None = None,
        target_mean: float | None = None,
        match: str | Path | Picture | None = None,
        strength: float = 1.0,
        denoise: float = 1.0,
        protect: float = 0.0,
        progress: Progress | None = None,
    ) -> Picture | Image.Image | NDArray[Any]:
        """Return an enhanced picture, as bright as the model predicts or as one option says.

        Args:
            picture: The path of a picture file, its bytes, a file that is open for reading bytes, a
                `Picture`, a PIL image, or an array of uint8, uint16, or floats from 0 to 1:
                ``(H, W)`` or ``(H, W, 1)`` gray, ``(H, W, 2)`` gray and alpha, ``(H, W, 3)`` RGB,
                or ``(H, W, 4)`` RGB and alpha. It is never modified.
            brightness: Constant added to the latent mean, -1 to 1; the paper uses -0.4 to 0.4.
            exposure: Stops, -5 to 5, relative to the predicted result: 1 is as bright as that
                result would be if it were exposed twice as long.
            target_mean: Mean gray of the result, 0 to 1.
            match: A picture, or the path of one, whose mean gray the result should have.
            strength: 0 to 1: how much of the effect; 0 is the picture as it is.
            denoise: 0 to 1: whose fine detail; 1 is the network's, with little noise, 0 that of the
                picture, as much brighter as its surroundings became.
            protect: 0 to 1: how much of what is well lit already, such as lamps and skies, keeps
                its structure and color.
            progress: Called with the tiles done and all tiles, after each tile.

        Returns:
            A `Picture` for a path, bytes or a file; otherwise the same kind as ``picture``. Size,
            channels, bit depth and metadata stay; only PIL images of 1 bit become 'L', and those
            of palettes and other color spaces RGB. `enhance_picture` also tells how bright the
            result became, and why if a target was missed.

        Raises:
            UsageError: A value is out of range, several options contradict each other, the picture
                to match cannot be read, or ``picture`` is none of the above.
            PictureError: The file cannot be read, or the network cannot handle the picture.
            ResourceError: There is not enough memory.
        """
        wish = wish_for(
            brightness=brightness,
            exposure=exposure,
            target_mean=target_mean,
            match=match,
            finish=Finish(strength=strength, denoise=denoise, protect=protect),
        )
        made = self.enhance_picture(opened(picture), wish, progress=progress).picture
        return cast("Picture | Image.Image | NDArray[Any]", like(made, picture))

    @overload
    def variants(
        self,
        picture: str | Path | bytes | BinaryIO,
        *,
        count: int = 4,
        temperature: float = 1.0,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> list[Variant[Picture]]: ...

    @overload
    def variants(
        self,
        picture: Kind,
        *,
        count: int = 4,
        temperature: float = 1.0,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> list[Variant[Kind]]: ...

    def variants(
        self,
        picture: Picture | Image.Image | NDArray[Any] | str | Path | bytes | BinaryIO,
        *,
        count: int = 4,
        temperature: float = 1.0,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> list[Variant[Any]]:
        """Return several plausible results: the usual one, darker, brighter, warmer, cooler, ...

        Each depends on its number, the temperature and the seed alone, not on the count: to make
        the third one again, `enhance_picture` takes ``Wish(sample=variant.sample)``.

        Args:
            picture: As `enhance` takes it.
            count: How many, 1 to 16.
            temperature: Above 0, up to 2: how far they are from the usual one. At 1, the darker
                and the brighter one are where a tenth of well-lit pictures lie beyond.
            seed: 0 to 2^32-1: of those from the sixth on.
            progress: Called with the tiles done and all tiles, after each tile.

        Raises:
            UsageError: A value is out of range, or ``picture`` is none that `enhance` takes.
            PictureError: As by `enhance`.
            ResourceError: There is not enough memory.

        Example:
            >>> [variant.number for variant in enhancer.variants("examples/coffee.jpg", count=2)]
            [1, 2]
        """
        expect(count, int, name="the number of variants")
        Sample(number=count, temperature=temperature, seed=seed)  # refuses all that is wrong
        source, made = opened(picture), list[Variant[Any]]()
        for number in range(1, count + 1):
            sample = Sample(number=number, temperature=temperature, seed=seed)
            counted = counting(progress, before=len(made), count=count)
            one = self.enhance_picture(source, Wish(sample=sample), progress=counted)
            made.append(
                Variant(
                    picture=like(one.picture, picture),
                    brightness=one.brightness,
                    mean_grey=one.mean_grey,
                    sample=sample,
                )
            )
        return made

    def enhance_picture(
        self, picture: Picture, wish: Wish = AUTOMATIC, *, progress: Progress | None = None
    ) -> Enhanced:
        """Return an enhanced picture, how bright it became, and what is to be said about it.

        Args:
            picture: It stays as it is.
            wish: How bright the result should be.
            progress: Called with the tiles done and all tiles, after each tile.

        Raises:
            PictureError: The network computes numbers that are not finite.
            ResourceError: There is not enough memory.
        """
        expect(picture, Picture, name="the picture")
        expect(wish, Wish, name="the wish")
        if progress is not None:
            expect_function(progress, name="progress")
        return self._work.enhance_picture(picture, wish, progress=progress)

    def confidence(
        self,
        picture: Picture | Image.Image | NDArray[Any] | str | Path | bytes | BinaryIO,
        *,
        brightness: float = 0.0,
        exposure: float | None = None,
        target_mean: float | None = None,
        match: str | Path | Picture | None = None,
    ) -> Confidence:
        """Return how far each place of the enhanced picture may be from the well-lit one.

        The spread is the absolute error that is to be expected of a place, as it was learned from
        pairs of pictures; the brightness of the whole is left out (`docs/confidence.md`).

        Args:
            picture: As `enhance` takes it.
            brightness: As `enhance` takes it.
            exposure: As `enhance` takes it.
            target_mean: As `enhance` takes it.
            match: As `enhance` takes it.

        Raises:
            UsageError: As by `enhance`.
            PictureError: As by `enhance`.
            ResourceError: There is not enough memory.

        Example:
            >>> confidence = enhancer.confidence("examples/coffee.jpg")
            >>> confidence.spread.shape
            (400, 600)
        """
        wish = wish_for(
            brightness=brightness, exposure=exposure, target_mean=target_mean, match=match
        )
        return self.confidence_of(opened(picture), wish)

    def confidence_of(self, picture: Picture, wish: Wish = AUTOMATIC) -> Confidence:
        """Return how sure the model is of the picture that `enhance_picture` would return.

        Args:
            picture: It stays as it is.
            wish: How bright the result should be.

        Raises:
            PictureError: The network computes numbers that are not finite.
            ResourceError: There is not enough memory.
        """
        expect(picture, Picture, name="the picture")
        expect(wish, Wish, name="the wish")
        found = self._work.confidence_of(picture, wish)
        return replace(found, notes=notes_for(self.model_sha256))

    def look_at_all(
        self, pictures: Several, wish: Wish = AUTOMATIC, *, frames: bool = False
    ) -> Together:
        """Look at several pictures, and plan to enhance all of them alike: nothing flickers.

        Tables, brightness and context map are of all of them together. Memory does not grow with
        their number if they are decoded as they are asked for.

        Args:
            pictures: A list, or anything else that knows its length and can be gone through twice.
            wish: How bright the results should be; a target is for their mean. It is aimed at on
                small sketches: measure the results and ask `Together.correct`.
            frames: They are the frames of an animation: what surrounds one, surrounds all.

        Raises:
            UsageError: There are no pictures.
            PictureError: The network computes numbers that are not finite.
            ResourceError: There is not enough memory.

        Example:
            >>> together = enhancer.look_at_all(pictures)
            >>> alike = [together.enhance(picture).picture for picture in pictures]
        """
        expect(wish, Wish, name="the wish")
        return self._work.look_at_all(pictures, wish, frames=frames)

    def look(self, pixels: Pixels, wish: Wish = AUTOMATIC) -> Plan:
        """Look at a whole picture once, and plan how to enhance it; a uniform frame is left out.

        Args:
            pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
            wish: How bright the result should be. A target is aimed at on a small sketch; unlike in
                `enhance`, the result is not measured.

        Raises:
            UsageError: ``pixels`` is no such array.
            PictureError: The network computes numbers that are not finite.
            ResourceError: There is not enough memory.
        """
        expect(wish, Wish, name="the wish")
        return self._work.look(checked(pixels), wish)

    def render(self, pixels: Pixels, plan: Plan, *, progress: Progress | None = None) -> Pixels:
        """Return pixels enhanced as planned: look once, render as often as you like.

        Args:
            pixels: ``(H, W, 3)``, uint8 or uint16: the picture that was looked at, a copy of it of
                any size, or one that should get the same look, such as the next frame of a film.
            plan: What `look` returned.
            progress: Called with the tiles done and all tiles, after each tile.

        Returns:
            An array of the same shape and type as ``pixels``.

        Raises:
            UsageError: ``pixels`` is no such array, or has 8 bits where the plan is for 16.
            PictureError: The network computes numbers that are not finite.
            ResourceError: There is not enough memory.

        Example:
            >>> plan = enhancer.look(frames[0])
            >>> film = [enhancer.render(frame, plan) for frame in frames]
        """
        expect(plan, Plan, name="the plan")
        if progress is not None:
            expect_function(progress, name="progress")
        return self._work.render(checked(pixels), plan, progress=progress)

    def estimate(self, *, width: int, height: int) -> Estimate:
        """Return what a picture of this size will take; the first call makes a short trial.

        Args:
            width: Width of the picture in pixels, of 8 bits a channel.
            height: Height of the picture in pixels.
        """
        for name, side in (("width", width), ("height", height)):
            expect(side, int, name=name)
            if not 1 <= side <= _LONGEST_SIDE:
                raise UsageError("not-a-side", name, given=reprlib.repr(side))
        if self._trial is None:
            self._trial = try_engine(self._engine)
        return estimate(
            self._engine, self._trial, width=width, height=height, tile=self.tile, fast=self.fast
        )

    def network_inputs(
        self, pixels: Pixels, wish: Wish = AUTOMATIC
    ) -> dict[str, NDArray[np.float32]]:
        """Return what a network written by `llenhance export` needs for a picture in one window.

        Args:
            pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
            wish: How bright the result should be.

        Returns:
            ``condition`` ``(1, 12, H', W')``, H' and W' the next multiples of 8, and ``brightness``
            ``(1,)``; for a model with a context map also ``thumbnail`` and ``window``.

        Raises:
            UsageError: ``pixels`` is no such array.
        """
        expect(wish, Wish, name="the wish")
        return self._work.network_inputs(checked(pixels), wish)

    @property
    def engine(self) -> Engine:
        """What runs the network."""
        return self._engine

    @property
    def has_brightness(self) -> bool:
        """Whether the model has a place for brightness, and predicts it."""
        return self._engine.architecture.brightness

    def enhance_knowing(self, picture: Picture, *, mean_grey: float) -> Picture:
        """Return the enhanced picture that the model makes when it is told the right brightness.

        Args:
            picture: It stays as it is.
            mean_grey: Mean gray of the well-lit picture, 0..1, which takes the place of the
                prediction. The result comes near to it; it is not equal.

        Raises:
            UsageError: ``picture`` is none, or the mean gray is not from 0 to 1.
            PictureError: The network computes numbers that are not finite.
            ResourceError: There is not enough memory.
        """
        expect(picture, Picture, name="the picture")
        constant = float(brightness_of(torch.tensor(gray_level(mean_grey, name="mean gray"))))
        return self._work.enhance_at(picture, constant)
