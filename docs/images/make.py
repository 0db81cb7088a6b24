"""Make the pictures of the documentation.

    python docs/images/make.py before-after PHOTOGRAPHS
    python docs/images/make.py sheet DARK FOLDER ...
    python docs/images/make.py finish

``before-after`` takes well-lit photographs of the folder, those that are named below, photographs
them again in the dark, through llenhance's sensor model, and puts what llenhance makes of them
beside. ``sheet`` puts each picture of DARK beside those of the same name in the other folders.
``finish`` shows one photograph of scikit-image with several strengths, details and protections.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage import data

from llenhance import Enhancer
from llenhance.training.darkening import Camera, darken

HERE = Path(__file__).parent
SHOWN = ("budgie_roman-colosseum.jpg", "budgie_tunnel-zion-park.jpg")
"""CC0, of github.com/BuddiesOfBudgie/budgie-backgrounds; `nano` was trained on them, well-lit."""

CAMERA = Camera(
    exposure=1 / 14,
    white_balance=(0.97, 1.0, 1.05),
    shot=6e-4,
    read=1.2e-3,
    grain=0.6,
    jpeg_quality=(92,),
)
EVENING = replace(CAMERA, exposure=1 / 6, white_balance=(1, 1, 1))
CORNER, CROP = (110, 130), (400, 290)  # pixels of what `finish` shows
FINISHES = (
    {"strength": 0.0},
    {},
    {"strength": 0.5},
    {"protect": 1.0},
    {"denoise": 0.5},
    {"strength": 0.8, "denoise": 0.8, "protect": 0.5},
)
GAP = 8  # pixels
LINE = 20  # pixels, height of a line of text
WIDTH, HEIGHT = 640, 427  # of a picture in `before-after`
ROW = 300  # pixels, height of a row of the sheet


def main() -> None:
    """Write docs/images/before-after.jpg, real-photographs.jpg or finish.jpg."""
    kind, *folders = sys.argv[1:]
    paths = [Path(folder) for folder in folders]
    if kind == "before-after":
        before_after(paths[0]).save(HERE / "before-after.jpg", quality=88)
    elif kind == "finish":
        finishes().save(HERE / "finish.jpg", quality=85)
    else:
        sheet(paths).save(HERE / "real-photographs.jpg", quality=82)


def before_after(folder: Path) -> Image.Image:
    """Return rows of a dark photograph and its enhanced version."""
    enhancer = Enhancer()
    rows: list[list[Image.Image]] = []
    for name in SHOWN:
        with Image.open(folder / name) as file:
            well_lit: NDArray[np.uint8] = np.asarray(file.convert("RGB"))
        dark = Image.fromarray(darken(well_lit, CAMERA, rng=np.random.default_rng(3)))
        pair = dark, enhancer.enhance(dark)
        rows.append([one.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS) for one in pair])
    return joined(rows)


def finishes() -> Image.Image:
    """Return a part of a photograph in the dark, and enhanced with each finish, under its name."""
    well_lit: NDArray[np.uint8] = data.rocket()  # by SpaceX, in the public domain
    dark = darken(well_lit, EVENING, rng=np.random.default_rng(3))
    enhancer, (left, top), (width, height) = Enhancer(), CORNER, CROP
    made: list[Image.Image] = []
    for finish in FINISHES:
        part = enhancer.enhance(dark, **finish)[top : top + height, left : left + width]
        named = Image.new("RGB", (width, height + LINE), "white")
        named.paste(Image.fromarray(part), (0, LINE))
        name = "  ".join(f"--{option} {share:g}" for option, share in finish.items())
        ImageDraw.Draw(named).text((2, 2), name or "without options", "black", font_size=14)
        made.append(named)
    return joined([made[:3], made[3:]])


def sheet(folders: list[Path]) -> Image.Image:
    """Return a row for each picture of the first folder, a column for each folder."""
    rows: list[list[Image.Image]] = []
    for path in sorted(folders[0].iterdir()):
        row: list[Image.Image] = []
        for folder in folders:
            [found] = folder.glob(f"{path.stem}.*")
            with Image.open(found) as file:
                size = round(file.width * ROW / file.height), ROW
                row.append(file.convert("RGB").resize(size, Image.Resampling.LANCZOS))
        rows.append(row)
    half = (len(rows) + 1) // 2
    return joined([[joined(rows[:half]), joined(rows[half:])]])


def joined(rows: list[list[Image.Image]]) -> Image.Image:
    """Paste rows of pictures on white."""
    width = max(sum(one.width + GAP for one in row) for row in rows) - GAP
    height = sum(row[0].height + GAP for row in rows) - GAP
    whole = Image.new("RGB", (width, height), "white")
    top = 0
    for row in rows:
        left = 0
        for one in row:
            whole.paste(one, (left, top))
            left += one.width + GAP
        top += row[0].height + GAP
    return whole


if __name__ == "__main__":
    main()
