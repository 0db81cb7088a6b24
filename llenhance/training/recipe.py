"""How a model is trained: every number that decides the result, and the rate as a function."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A training recipe; the defaults are those of the shipped weights.

    Attributes:
        batch: crops a step.
        crop: their side in pixels, a multiple of 8.
        rate: highest learning rate of Adam.
        betas: of Adam.
        warm_up: steps over which the rate rises from nothing.
        final_rate: what cosine decay leaves of the rate at the end, as a share.
        max_norm: the gradient's norm is clipped to this.
        reference_mean_share: probability that a picture's latent mean is the reference's own colour
            map instead of the predicted one (``gt_ratio`` of the paper).
        likelihood: weight of the likelihood, in bits per channel value. At 1 its gradient in the
            flow's parameters was 4 to 15 times that of the L1 distance.
        likelihood_every: the likelihood is a part of the loss in every so-manieth step, and counts
            as often the more there: it is a quarter of a step's time.
        decoded_from: step from which the decoded picture is trained too. Soon: switched on at step
            200, when the scales have gone far from 1, it overflowed for good at step 210.
        l1: weight of its L1 distance to the reference, per channel.
        chroma: weight of the L1 distance of its colour differences R - G and B - G. In RGB alone
            the error in brightness decides the sign of all three gradients, and colour gets none.
        structure: weight of 1 - SSIM of the decoded picture.
        flat: weight of the fine texture that the decoded picture has where the reference is flat.
        lpips: weight of the LPIPS of the decoded picture, where its network is given.
        final_lpips: what it falls to over the second half of the run: to the end at full weight, it
            puts woven texture into noise.
        ema: decay of the exponential moving average of the weights.
        part_share: share of scenes that are a part of a pair, a picture of its own with its own
            tables, mean and thumbnail: else the context map learns rooms by heart.
        exposed_share: share of pairs whose dark picture is shown at another exposure, up to its
            reference's.
        tone_share: share of references that are shown brighter or darker (a gamma curve), with b
            told accordingly, so that the picture follows b.
        well_lit_share: share of darkened photographs that keep nearly all of their light: what is
            well lit shall be left alone.
        scenic_share: share of those whose light follows the things in the scene: what is bright
            keeps it, the rest loses it.
        uneven_share: share of the others with uneven light: one side, or a spot.
        night_share: share of those whose reference has a part that is meant to stay black.
        lamp_share: share of those with lamps in them.
        head_steps: steps of the brightness head, which is trained first and by itself.
        head_batch: thumbnails in each of them.
        head_rate: highest learning rate of its AdamW.
        head_offset: added to the greys of the trained head: on the validation pictures, of rooms
            and scenes that it has not seen, each of twelve heads came out 0.02 to 0.03 too dark.
        seed: of everything random.
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

    def rate_at(self, step: int, progress: float) -> float:
        """Return the learning rate: linear warm-up, then cosine decay.

        Args:
            step: steps done.
            progress: share of the run that is done, 0..1.
        """
        warm = min(1.0, (step + 1) / self.warm_up)
        cosine = 0.5 * (1 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))
        return self.rate * warm * (self.final_rate + (1 - self.final_rate) * cosine)

    def lpips_at(self, progress: float) -> float:
        """Return the weight of LPIPS: ``lpips``, from half of the run on towards ``final_lpips``.

        Args:
            progress: share of the run that is done, 0..1.
        """
        fallen = min(max(2 * progress - 1, 0.0), 1.0)
        return self.lpips + (self.final_lpips - self.lpips) * fallen
