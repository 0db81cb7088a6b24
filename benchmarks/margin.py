"""How far tiled is from whole, by margin: the figure that `Architecture.margin` stores.

python benchmarks/margin.py PHOTO [MODEL_OR_PRESET ...]

A preset without weights gets random ones, every layer disturbed. The photograph should be larger
than twice the widest margin plus a tile. Prints the largest difference of any value in 8-bit steps.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from llenhance.architecture import PRESETS
from llenhance.conditioning import condition, equalisation_tables, equalise, thumbnail, to_unit
from llenhance.model import LLFlow
from llenhance.picture import decode
from llenhance.tiling import cut
from llenhance.weights import find, load, shipped_models

MARGINS = (32, 48, 64, 96, 128)
TILE = 64


def network(name: str) -> LLFlow:
    """Return a trained network where there is one, else one with disturbed random weights."""
    if name in shipped_models() or name not in PRESETS:
        return load(find(name))
    torch.manual_seed(0)
    model = LLFlow(PRESETS[name]).eval().requires_grad_(requires_grad=False)
    for parameter_name, parameter in model.named_parameters():
        if parameter_name.endswith(("last.weight", "last.bias", "logs", "actnorm.bias")):
            parameter += 0.02 * torch.randn_like(parameter)
    return model


@torch.inference_mode()
def main() -> None:
    """Print a table."""
    photo, *names = sys.argv[1:]
    pixels = decode(Path(photo).read_bytes(), name=photo).pixels
    height, width = (side // 8 * 8 for side in pixels.shape[:2])
    pixels = pixels[:height, :width]
    tables = equalisation_tables(pixels)
    dark, equalised = to_unit(pixels), to_unit(equalise(pixels, tables))
    for name in names or list(PRESETS):
        model = network(name).to(memory_format=torch.channels_last)
        constant = model.predict_brightness(thumbnail(pixels, tables))
        whole = model(condition(dark, equalised), constant)
        for margin in MARGINS:
            worst = 0.0
            # Tiles in the middle of the picture have their whole margin on all sides.
            tiles = [
                part
                for part in cut(height, width, tile=TILE, margin=margin)
                if part.core[0].start <= height // 2 < part.core[0].stop
                and abs(part.core[1].start - width // 2) <= TILE
            ]
            for part in tiles:
                rows, columns = (span.slice() for span in part.window)
                window = (..., rows, columns)
                result = model(condition(dark[window], equalised[window]), constant)
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
