"""Measure how much tiled and whole results differ by margin, to choose `Architecture.margin`.

python benchmarks/margin.py PHOTO [MODEL_OR_PRESET ...]

A preset without weights gets random ones, with its couplings' zero layers disturbed. The photograph
should be larger than twice the widest margin plus a tile. This prints the largest difference of any
value, in 8-bit steps.
"""

from __future__ import annotations

import sys
from typing import Any

import torch

from llenhance.enhancing.tiling import Span, cut
from llenhance.files.pictures import read_picture
from llenhance.model.architecture import PRESETS
from llenhance.model.conditioning import (
    condition,
    equalisation_tables,
    equalise,
    thumbnail,
    to_unit,
)
from llenhance.model.context import Extent, places_in, sampled
from llenhance.model.linear import initialising
from llenhance.model.llflow import LLFlow, latent_mean
from llenhance.weights.file import load
from llenhance.weights.find import find
from llenhance.weights.local import shipped_models

MARGINS = (32, 48, 64, 72, 80, 88, 96, 128)
TILE = 64
DISTURBANCE = 0.01


def network(name: str, dark: torch.Tensor, equalised: torch.Tensor) -> LLFlow:
    """Return a trained network if there is one, else one with disturbed random weights.

    Before it is disturbed, the picture sets its norms, because 36 couplings of scale 0.88 would
    otherwise make the result infinite.
    """
    if name in shipped_models() or name not in PRESETS:
        return load(find(name).path)
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]
    model = LLFlow(PRESETS[name]).eval().requires_grad_(requires_grad=False)
    corner = (..., slice(128), slice(128))
    with initialising(model):
        prepared = model.prepare(condition(dark[corner], equalised[corner]))
        mean = latent_mean(prepared.colour_map, torch.zeros(1))
        model.negative_log_likelihood(equalised[corner], mean, prepared)
    for parameter_name, parameter in model.named_parameters():
        if parameter_name.endswith(("last.weight", "last.bias", "last.logs")):
            parameter += DISTURBANCE * torch.randn_like(parameter)
    return model


@torch.inference_mode()
def main() -> None:
    """Print a table."""
    photo, *names = sys.argv[1:]
    pixels = read_picture(photo).pixels
    height, width = (side // 8 * 8 for side in pixels.shape[:2])
    pixels = pixels[:height, :width]
    tables = equalisation_tables(pixels)
    dark, equalised = to_unit(pixels), to_unit(equalise(pixels, tables))
    for name in names or list(PRESETS):
        model = network(name, dark, equalised).placed(torch.device("cpu"))
        small = thumbnail(pixels)
        constant = model.predict_brightness(small)
        context_map = model.context_map(small, constant)

        def context(rows: Span, columns: Span, of: torch.Tensor | None = context_map) -> Any:
            if of is None:
                return None
            extents = (
                Extent(span.start, span.stop - span.start, side)
                for span, side in ((rows, height), (columns, width))
            )
            return sampled(of, places_in(*extents)[None])

        of_whole = context(Span(0, height), Span(0, width))
        whole = model(condition(dark, equalised), constant, of_whole)
        spread = 255 * whole.clamp(0, 1).std().item()
        print(f"{name}: the picture's standard deviation is {spread:.1f} / 255")
        for margin in MARGINS:
            worst = 0.0
            # In the middle of the picture, tiles have their whole margin on all sides.
            tiles = [
                part
                for part in cut(height, width, tile=TILE, margin=margin)
                if part.core[0].start <= height // 2 < part.core[0].stop
                and abs(part.core[1].start - width // 2) <= TILE
            ]
            for part in tiles:
                window = (..., *(span.slice() for span in part.window))
                channels = condition(dark[window], equalised[window])
                result = model(channels, constant, context(*part.window))
                inner = (
                    ...,
                    part.core[0].slice(part.window[0].start),
                    part.core[1].slice(part.window[1].start),
                )
                core = (..., part.core[0].slice(), part.core[1].slice())
                difference = result[inner].clamp(0, 1) - whole[core].clamp(0, 1)
                worst = max(worst, 255 * difference.abs().max().item())
            print(f"{name}: margin {margin} px: {worst:.5f} / 255")


if __name__ == "__main__":
    main()
