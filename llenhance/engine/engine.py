"""The engine: a trained network made ready, once per load, to enhance fast on one device."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from llenhance.engine.context import Context, placed
from llenhance.engine.network import FastNetwork
from llenhance.engine.settings import DTYPES, choose_precision
from llenhance.errors import PictureError
from llenhance.model.architecture import Architecture
from llenhance.model.conditioning import THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH, condition, log_picture
from llenhance.model.context import Extent
from llenhance.model.llflow import LLFlow

FAITHFUL: Final = 50.0
"""dB between a result of less precision and that of float32, from which `auto` takes the former."""

Run = Callable[[Tensor, Tensor, Context | None], Tensor]
"""The 12 channels ``(N, 12, H, W)``, the brightness ``(N,)`` and the context to the picture."""

Passed = Callable[[str, Tensor], None]
"""Called with the name of a stage that a picture has passed, and what came out of it."""


class Encoded(NamedTuple):
    """What the encoder says about a dark picture, to be decoded at any brightness.

    Attributes:
        features: that condition flow level 1, 2, 3.
        colour: the colour map at half size, ``(N, 3, H/2, W/2)``.
    """

    features: list[Tensor]
    colour: Tensor


class Engine:
    """A network that is ready to enhance.

    Attributes:
        architecture: of the network.
        device: where it runs.
        precision: of its convolutions, a key of `settings.DTYPES`.

    Args:
        model: trained; moved to the device, not changed.
        device: where to run.
        precision: of the convolutions.
        run: what computes them; without it, the folded network in torch.
    """

    def __init__(
        self, model: LLFlow, *, device: torch.device, precision: str, run: Run | None = None
    ) -> None:
        self._model = model.to(device).eval()
        self.architecture: Architecture = model.architecture
        self.device = device
        self.precision = precision
        self._run: Run = run or FastNetwork(model, DTYPES[precision]).to(device)

    @cached_property
    def _exact(self) -> FastNetwork:
        """The network in float32, for sketches and for what is not finite in less."""
        if isinstance(self._run, FastNetwork) and self.precision == "fp32":
            return self._run
        return FastNetwork(self._model, torch.float32).to(self.device)

    @torch.inference_mode()
    def predict_brightness(self, thumbnail: Tensor) -> Tensor:
        """Return b ``(N,)`` for `conditioning.thumbnail`; 0 where the model has no place for it."""
        return self._model.predict_brightness(thumbnail.to(self.device))

    @torch.inference_mode()
    def context_map(self, thumbnail: Tensor, brightness: Tensor) -> Tensor | None:
        """Return the context map ``(N, C, 8, 12)`` of a picture; None where the model has none.

        Args:
            thumbnail: of `conditioning.thumbnail`, of the whole picture.
            brightness: ``(N,)``, as `enhance` is told.
        """
        return self._model.context_map(thumbnail.to(self.device), brightness)

    @torch.inference_mode()
    def enhance(
        self, condition: Tensor, brightness: Tensor, context: Context | None = None
    ) -> Tensor:
        """Return the picture ``(N, 3, H, W)``, 0..1 nominal, not clamped, every value finite.

        Where a value is not finite, everything is computed again in float32.

        Args:
            condition: ``(N, 12, H, W)`` of `conditioning.condition`; H and W multiples of 8.
            brightness: ``(N,)``, added to the colour map: b plus the user's constant.
            context: `context.placed` of the window, where the model has it.

        Raises:
            PictureError: it is not finite in float32 either.
            ValueError: there is a context and the model has none, or the other way round.
        """
        self._check(context)
        picture = self._run(condition, brightness, context)
        if picture.isfinite().all():
            return picture
        if self.precision != "fp32":
            picture = self._exact(condition, brightness, context)
        return finite(picture)

    def _check(self, context: Context | None) -> None:
        if (context is not None) != self.architecture.context:
            raise ValueError("a model with a context map needs it, and others take none")

    @contextmanager
    def watched(self, passed: Passed) -> Generator[None]:
        """Tell, for measuring, how far `enhance` is with each picture that enters meanwhile.

        Args:
            passed: called with `condition` and the 12 channels before the network runs; `encoder`
                and the colour map; `flow` and the picture. Where something other than the folded
                network runs, `network` and the picture stand for the last two.
        """
        run = self._run

        def tell_encoded(_module: object, _inputs: object, encoded: tuple[object, Tensor]) -> None:
            passed("encoder", encoded[1])

        def tell(condition: Tensor, brightness: Tensor, context: Context | None) -> Tensor:
            passed("condition", condition)
            picture = run(condition, brightness, context)
            passed("flow" if isinstance(run, FastNetwork) else "network", picture)
            return picture

        with ExitStack() as hooks:
            if isinstance(run, FastNetwork):
                hooks.enter_context(run.encoder.register_forward_hook(tell_encoded))
            self._run = tell
            try:
                yield
            finally:
                self._run = run

    @torch.inference_mode()
    def is_faithful(self) -> bool:
        """Return whether a dark, noisy ramp comes out within `FAITHFUL` of float32's result."""
        height, width = 2 * THUMBNAIL_HEIGHT, 2 * THUMBNAIL_WIDTH
        ramp = torch.linspace(0, 1, width).expand(1, 3, height, width)
        noise = torch.randn(ramp.shape, generator=torch.Generator().manual_seed(0))
        dark = (0.02 + 0.2 * ramp**2 + 0.01 * noise).clamp(0, 1)
        channels = condition(dark, ramp).to(self.device)
        constant = torch.zeros(1, device=self.device)
        context = self.context_of_whole(log_picture(F.avg_pool2d(dark, 2)), constant, channels)
        found = self._run(channels, constant, context).clamp(0, 1)
        exact = self._exact(channels, constant, context).clamp(0, 1)
        return bool((found - exact).square().mean() <= 10 ** (-FAITHFUL / 10))  # false for NaN

    def context_of_whole(
        self, thumbnail: Tensor, brightness: Tensor, channels: Tensor
    ) -> Context | None:
        """Return the context of a window that is the whole picture; None where there is none.

        Args:
            thumbnail: as `context_map` takes it.
            brightness: likewise.
            channels: the 12 of the window, ``(N, 12, H, W)``.
        """
        rows, columns = (Extent(0, side, side) for side in channels.shape[2:])
        return placed(self.context_map(thumbnail, brightness), rows, columns)

    @torch.inference_mode()
    def encode(self, condition: Tensor, context: Context | None = None) -> Encoded:
        """Run the encoder alone, in float32; arguments and errors are those of `enhance`."""
        self._check(context)
        return Encoded(*self._exact.encoder(condition, context))

    @torch.inference_mode()
    def decode(self, encoded: Encoded, brightness: Tensor) -> Tensor:
        """Return the picture ``(N, 3, H, W)``, not clamped, in float32.

        Raises:
            PictureError: it is not finite.
        """
        return finite(self._exact.decode(encoded.features, encoded.colour, brightness))


def compile_model(
    model: LLFlow, *, device: torch.device | str = "cpu", precision: str = "auto"
) -> Engine:
    """Fold a trained network into an engine.

    Args:
        model: trained; moved to the device, not changed.
        device: where to run.
        precision: fp32, bf16, fp16 (GPU only), or auto: bf16 where the processor computes in it
            and a check of the model finds it within `FAITHFUL` of float32, else fp32.

    Raises:
        UsageError: a precision that is unknown or not for this device.
        SingularMatrixError: a matrix of the flow has no inverse.
    """
    device = torch.device(device)
    chosen = choose_precision(precision, device)
    engine = Engine(model, device=device, precision=chosen)
    if precision == "auto" and chosen != "fp32" and not engine.is_faithful():
        return Engine(model, device=device, precision="fp32")
    return engine


def finite(picture: Tensor) -> Tensor:
    """Return a picture that was computed in float32, as it is.

    Raises:
        PictureError: a value of it is NaN or infinite.
    """
    if not picture.isfinite().all():
        problem = "made the network compute numbers that are not finite"
        raise PictureError("the picture", problem, "Try another model or a brightness nearer to 0")
    return picture
