"""How a model is trained: all numbers that decide the result, and the learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

from llenhance.errors import UsageError
from llenhance.model.architecture import STRIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A training recipe; the defaults are those of the shipped weights.

    Attributes:
        batch: Crops per step.
        crop: Side of a crop in pixels, a multiple of 8.
        rate: Highest learning rate of Adam.
        betas: Decays of Adam's averages.
        warm_up: Steps over which the learning rate rises from nothing.
        final_rate: Share of the learning rate that cosine decay leaves at the end.
        max_norm: Largest norm of the gradient, which is clipped to it.
        reference_mean_share: Probability that a picture's latent mean is the reference's own color
            map instead of the predicted one (``gt_ratio`` in the paper).
        likelihood: Weight of the negative log-likelihood, in bits per channel value. At 1, its
            gradient in the flow's parameters was 4 to 15 times that of the L1 distance.
        likelihood_every: With 2, the likelihood is a part of the loss in every second step, where
            it counts twice; and so on. It takes a quarter of a step's time.
        decoded_from: Step from which the decoded picture is trained too. This is early: when it
            began at step 200, with scales far from 1, it overflowed for good at step 210.
        l1: Weight of the decoded picture's L1 distance to the reference, per channel.
        chroma: Weight of the L1 distance of its color differences R - G and B - G. In RGB alone,
            the error in brightness decides the sign of all three gradients, and color gets none.
        structure: Weight of 1 - SSIM of the decoded picture.
        flat: Weight of the fine texture that the decoded picture has where the reference is flat.
        lpips: Weight of the decoded picture's LPIPS, if its network is given.
        final_lpips: Weight that LPIPS falls to over the second half of the run. At full weight to
            the end, it turns noise into woven texture.
        ema: Decay of the exponential moving average of the weights.
        part_share: Share of scenes that are a part of a pair, as a picture of its own with its own
            tables, mean and thumbnail; without them, the context map learns rooms by heart.
        exposed_share: Share of pairs whose dark picture is shown at another exposure, up to its
            reference's.
        tone_share: Share of references that are shown brighter or darker (by a gamma curve), with a
            b that says so, so that the decoded picture follows b.
        well_lit_share: Share of darkened photographs that keep nearly all of their light, because
            well-lit pictures should be left alone.
        scenic_share: Share of darkened photographs whose light follows the things in the scene:
            what is bright keeps its light, the rest loses it.
        uneven_share: Share of the other photographs that get uneven light: one side, or a spot.
        night_share: Share of darkened photographs whose reference has a part that stays black.
        lamp_share: Share of darkened photographs that get lamps.
        head_steps: Steps of the brightness head, which is trained first and on its own.
        head_batch: Thumbnails in each step of the brightness head.
        head_rate: Highest learning rate of the brightness head's AdamW.
        head_offset: Added to the grays of the trained brightness head. On validation pictures, of
            rooms and scenes that it had not seen, each of thirteen heads was 0.02 to 0.04 too dark.
        seed: Seed of everything random.

    Raises:
        UsageError: The side of a crop is not a multiple of 8.

    Example:
        ``Recipe(batch=8, crop=160)``
    """

    batch: int = 6
    crop: int = 128
    rate: float = 8e-4
    betas: tuple[float, float] = (0.9, 0.99)
    warm_up: int = 100
    final_rate: float = 0.01
    max_norm: float = 30.0
    reference_mean_share: float = 0.2
    likelihood: float = 0.25
    likelihood_every: int = 2
    decoded_from: int = 20
    l1: float = 10.0
    chroma: float = 10.0
    structure: float = 2.0
    flat: float = 200.0
    lpips: float = 2.5
    final_lpips: float = 2.0
    ema: float = 0.999
    part_share: float = 0.6
    exposed_share: float = 0.2
    tone_share: float = 0.4
    well_lit_share: float = 0.125
    scenic_share: float = 0.35
    uneven_share: float = 0.4
    night_share: float = 0.15
    lamp_share: float = 0.2
    head_steps: int = 3000
    head_batch: int = 48
    head_rate: float = 2e-3
    head_offset: float = 0.015
    seed: int = 0

    def __post_init__(self) -> None:
        if self.crop <= 0 or self.crop % STRIDE:
            below = max(STRIDE, self.crop // STRIDE * STRIDE)
            facts = {"crop": self.crop, "stride": STRIDE, "below": below, "above": below + STRIDE}
            raise UsageError("crop-not-multiple", "crop", **facts)

    def rate_at(self, step: int, progress: float) -> float:
        """Return the learning rate: linear warm-up, then cosine decay.

        Args:
            step: Number of steps done.
            progress: Share of the run that is done, 0..1.
        """
        warm = min(1.0, (step + 1) / self.warm_up)
        cosine = 0.5 * (1 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))
        return self.rate * warm * (self.final_rate + (1 - self.final_rate) * cosine)

    def lpips_at(self, progress: float) -> float:
        """Return the weight of LPIPS: ``lpips`` at first, falling to ``final_lpips`` from halfway.

        Args:
            progress: Share of the run that is done, 0..1.
        """
        fallen = min(max(2 * progress - 1, 0.0), 1.0)
        return self.lpips + (self.final_lpips - self.lpips) * fallen
