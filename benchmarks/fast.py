"""Compare the fast mode with the full run, by closeness and by time.

python benchmarks/fast.py PICTURE ... [--ratio 4 | --enlarge 3,12] [--lpips FILE] [--write FOLDER]

There are two tests. By default, a picture keeps its size, and its small copy has 1/ratio of the
sides (4 is the ratio for 16 megapixels): real detail, but a copy of few pixels. With --enlarge, the
picture is enlarged to so many megapixels (bicubic, with a grain of 0.7 levels), and the small copy
has 1 megapixel: the real size, but blurred. LPIPS compares the middle megapixel.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from llenhance import Enhancer
from llenhance.engine.cost import peak_memory
from llenhance.enhancing.fast import MEGAPIXELS, enhance_fast
from llenhance.enhancing.plan import Plan, look
from llenhance.enhancing.tiled import enhance_pixels
from llenhance.pictures.pixels import Pixels
from llenhance.scoring.lpips import load_lpips
from llenhance.scoring.metrics import score

Bytes = NDArray[np.uint8]


def enlarged(pixels: Bytes, megapixels: float) -> Bytes:
    """Enlarge a picture to about this many megapixels, and add a grain."""
    scale = (megapixels * 1e6 / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    bicubic = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)
    large = np.asarray(bicubic, np.float32)
    large += np.random.default_rng(0).normal(0, 0.7, large.shape).astype(np.float32)
    return np.clip(np.rint(large), 0, 255).astype(np.uint8)


def as_bytes(pixels: Pixels) -> Bytes:
    """Return 8-bit pixels as such, for the type checker."""
    return pixels.astype(np.uint8, copy=False)


def middle(pixels: Bytes, side: int = 1000) -> Bytes:
    """Return the middle of a picture, with at most this many pixels a side."""
    top, left = (max(0, (length - side) // 2) for length in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])


def cases(arguments: argparse.Namespace) -> Iterator[tuple[str, Bytes, float]]:
    """Yield the name and pixels of each case, and the megapixels of its small copy."""
    for path in map(Path, arguments.pictures):
        with Image.open(path) as opened:
            pixels = np.asarray(opened.convert("RGB"))
        if not arguments.enlarge:
            own = pixels.shape[0] * pixels.shape[1] / 1e6
            yield path.stem, pixels, own / arguments.ratio**2
        for size in filter(None, arguments.enlarge.split(",")):
            yield f"{path.stem}@{size}", enlarged(pixels, float(size)), MEGAPIXELS


def main() -> None:
    """Print a line for each picture, and the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--ratio", type=float, default=4.0)
    parser.add_argument("--enlarge", default="", help="megapixels, separated by commas")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--lpips", type=Path)
    parser.add_argument("--write", type=Path, help="folder to write the pictures to")
    arguments = parser.parse_args()
    enhancer = Enhancer(precision=arguments.precision)

    network = load_lpips(arguments.lpips) if arguments.lpips else None
    print(f"{'picture':16} {'PSNR':>6} {'SSIM':>6} {'LPIPS':>6} {'full s':>7} {'fast s':>7}")
    rows: list[list[float]] = []
    for name, pixels, megapixels in cases(arguments):
        started = time.perf_counter()
        plan = look(pixels, enhancer.engine)

        def enhance(copy: Pixels, plan: Plan = plan) -> Pixels:
            return enhance_pixels(enhancer.engine, copy, plan.for_copy(copy), tile=enhancer.tile)

        quick = as_bytes(enhance_fast(pixels, enhance, megapixels=megapixels))
        between = time.perf_counter()
        full = as_bytes(enhance(pixels))
        ended = time.perf_counter()
        scores = score(quick, full)
        distance = network.between(middle(quick), middle(full)) if network else float("nan")
        rows.append([scores.psnr, scores.ssim, distance, ended - between, between - started])
        print(f"{name:16}", formatted(rows[-1]), flush=True)
        if arguments.write:
            arguments.write.mkdir(parents=True, exist_ok=True)
            for kind, picture in (("dark", pixels), ("fast", quick), ("full", full)):
                Image.fromarray(picture).save(arguments.write / f"{name}_{kind}.png")
    print(f"{'mean':16}", formatted([float(mean) for mean in np.mean(rows, axis=0)]))
    peak = (peak_memory() or 0) / 2**20
    print(f"peak memory, including the full runs: {peak:.0f} MiB")


def formatted(row: list[float]) -> str:
    """Return scores and seconds under their headings."""
    psnr, ssim, lpips, full, fast = row
    return f"{psnr:6.2f} {ssim:6.3f} {lpips:6.3f} {full:7.1f} {fast:7.1f}"


if __name__ == "__main__":
    main()
