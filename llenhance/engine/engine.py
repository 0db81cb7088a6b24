"""The engine: a trained network, prepared once after loading to enhance fast on one device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from llenhance.engine.context import Context, placed
from llenhance.engine.network import FastNetwork
from llenhance.engine.settings import DTYPES, choose_precision
from llenhance.engine.watching import tell
from llenhance.errors import PictureError
from llenhance.model.architecture import Architecture
from llenhance.model.conditioning import THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH, condition, log_picture
from llenhance.model.context import Extent, check_context
from llenhance.model.llflow import LLFlow
from llenhance.process import new_lock

FAITHFUL: Final = 50.0
"""dB against float32's result that a lower precision must reach for `auto` to choose it."""

Run = Callable[[Tensor, Tensor, Context | None], Tensor]
"""The 12 channels ``(N, 12, H, W)``, the brightness ``(N,)`` and the context to the picture."""


_folding: Final = new_lock()


class Encoded(NamedTuple):
    """What the encoder computes from a dark picture, to be decoded at any brightness.

    Attributes:
        features: Features for flow levels 1, 2, 3.
        colour: Color map at half size, ``(N, 3, H/2, W/2)``.
    """

    features: list[Tensor]
    colour: Tensor


class Engine:
    """A network that is ready to enhance; any number of threads may use it at once.

    Attributes:
        architecture: Architecture of the network.
        device: Where it runs.
        precision: Precision of its convolutions, a key of `settings.DTYPES`.

    Args:
        model: Trained; moved to the device, otherwise unchanged.
        device: Where to run.
        precision: Precision of the convolutions.
        run: Computes the picture; without it, the folded network does, in torch.
    """

    def __init__(
        self, model: LLFlow, *, device: torch.device, precision: str, run: Run | None = None
    ) -> None:
        self._model = model.to(device).eval()
        self.architecture: Architecture = model.architecture
        self.device = device
        self.precision = precision
        self._run: Run = run or FastNetwork(model, DTYPES[precision]).to(device)
        self._in_float32: FastNetwork | None = None

    def _exact(self) -> FastNetwork:
        """Return the network in float32, for sketches and where lower precision is not finite."""
        if isinstance(self._run, FastNetwork) and self.precision == "fp32":
            return self._run
        with _folding:  # few pictures need it, so it is made by the first that does
            if self._in_float32 is None:
                self._in_float32 = FastNetwork(self._model, torch.float32).to(self.device)
            return self._in_float32

    @torch.inference_mode()
    def predict_brightness(self, thumbnail: Tensor) -> Tensor:
        """Return b ``(N,)`` for `conditioning.thumbnail`; 0 if the model does not predict it."""
        return self._model.predict_brightness(thumbnail.to(self.device))

    @torch.inference_mode()
    def context_map(self, thumbnail: Tensor, brightness: Tensor) -> Tensor | None:
        """Return the context map ``(N, C, 8, 12)`` of a picture; None if the model has none.

        Args:
            thumbnail: From `conditioning.thumbnail`, of the whole picture.
            brightness: ``(N,)``, as `enhance` takes it.
        """
        return self._model.context_map(thumbnail.to(self.device), brightness)

    @torch.inference_mode()
    def enhance(
        self,
        condition: Tensor,
        brightness: Tensor,
        context: Context | None = None,
        *,
        added: Tensor | None = None,
    ) -> Tensor:
        """Return the picture ``(N, 3, H, W)``, nominally 0..1, not clamped, every value finite.

        If a value is not finite, everything is computed again in float32.

        Args:
            condition: ``(N, 12, H, W)`` from `conditioning.condition`; H and W multiples of 8.
            brightness: Added to the color map, ``(N,)``: b plus the user's constant.
            context: `context.placed` of the window, if the model has a context map.
            added: What is added to the latent mean (`enhancing/sample.py`), ``(N, 192, H/8, W/8)``
                or broadcast to it; None decodes the mean itself.

        Raises:
            PictureError: The result is not finite in float32 either.
            ValueError: There is a context and the model has none, or the other way round; or
                something is added, and another function than the folded network runs.
        """
        self._check(context)
        picture = self._computed(condition, brightness, context, added)
        if picture.isfinite().all():
            return picture
        if self.precision != "fp32":
            picture = self._exact()(condition, brightness, context, added)
        return finite(picture)

    def _check(self, context: Context | None) -> None:
        check_context(context, wanted=self.architecture.context)

    def _computed(
        self,
        condition: Tensor,
        brightness: Tensor,
        context: Context | None,
        added: Tensor | None,
    ) -> Tensor:
        """Run the network, and tell a watcher of each stage."""
        tell("condition", condition)
        if not isinstance(self._run, FastNetwork):
            if added is not None:
                raise ValueError("this network decodes the latent mean and nothing else")
            picture = self._run(condition, brightness, context)
            tell("network", picture)
            return picture
        features, colour = self._run.encoder(condition, context)
        tell("encoder", colour)
        picture = self._run.decode(features, colour, brightness, added)
        tell("flow", picture)
        return picture

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
        exact = self._exact()(channels, constant, context).clamp(0, 1)
        return bool((found - exact).square().mean() <= 10 ** (-FAITHFUL / 10))  # false for NaN

    def context_of_whole(
        self, thumbnail: Tensor, brightness: Tensor, channels: Tensor
    ) -> Context | None:
        """Return the context of a window that is the whole picture; None if there is none.

        Args:
            thumbnail: As `context_map` takes it.
            brightness: As `context_map` takes it.
            channels: The window's 12 channels, ``(N, 12, H, W)``.
        """
        rows, columns = (Extent(0, side, side) for side in channels.shape[2:])
        return placed(self.context_map(thumbnail, brightness), rows, columns)

    @torch.inference_mode()
    def encode(self, condition: Tensor, context: Context | None = None) -> Encoded:
        """Run the encoder alone, in float32; arguments and errors are those of `enhance`."""
        self._check(context)
        return Encoded(*self._exact().encoder(condition, context))

    @torch.inference_mode()
    def decode(
        self, encoded: Encoded, brightness: Tensor, *, added: Tensor | None = None
    ) -> Tensor:
        """Return the picture ``(N, 3, H, W)``, not clamped, in float32.

        Args:
            encoded: From `encode`.
            brightness: As `enhance` takes it.
            added: As `enhance` takes it.

        Raises:
            PictureError: A value is not finite.
        """
        return finite(self._exact().decode(encoded.features, encoded.colour, brightness, added))


def compile_model(
    model: LLFlow, *, device: torch.device | str = "cpu", precision: str = "auto"
) -> Engine:
    """Fold a trained network into an engine.

    Args:
        model: Trained; moved to the device, otherwise unchanged.
        device: Where to run.
        precision: fp32, bf16, fp16 (GPU only), or auto: bf16 if the processor computes in it and
            a check finds this model within `FAITHFUL` of float32, else fp32.

    Raises:
        UsageError: The precision is unknown or not for this device.
        SingularMatrixError: A matrix of the flow has no inverse.

    Example:
        ``engine = compile_model(load(find("nano")))``
    """
    device = torch.device(device)
    chosen = choose_precision(precision, device)
    engine = Engine(model, device=device, precision=chosen)
    if precision == "auto" and chosen != "fp32" and not engine.is_faithful():
        return Engine(model, device=device, precision="fp32")
    return engine


def finite(picture: Tensor) -> Tensor:
    """Return a picture that was computed in float32, unchanged.

    Raises:
        PictureError: A value is NaN or infinite.
    """
    if not picture.isfinite().all():
        raise PictureError("result-not-finite", "the picture")
    return picture
