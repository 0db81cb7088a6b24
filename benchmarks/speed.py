"""Seconds and peak memory of one picture, each size in a process of its own.

python benchmarks/speed.py [--precision fp32|bf16] [SIZE ...]      sizes as WIDTHxHEIGHT

The picture is examples/coffee.jpg, enlarged. Time is that of `Enhancer.enhance`, after loading;
memory is the largest resident set of the process, with Python, torch, decoding and encoding.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "examples" / "coffee.jpg"
SIZES = ("600x400", "4000x3000", "6000x4000")


def measure(size: str, precision: str) -> None:
    """Enhance one picture and print what it took."""
    from llenhance import Enhancer, read_picture, write_picture

    width, height = (int(side) for side in size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.jpg"
        command = [sys.executable, "-c", ENLARGE, str(EXAMPLE), str(path), str(width), str(height)]
        subprocess.run(command, check=True)  # in a process of its own: its memory does not count
        enhancer = Enhancer(precision=precision)
        picture = read_picture(path)
        started = time.perf_counter()
        bright = enhancer.enhance(picture)
        seconds = time.perf_counter() - started
        write_picture(Path(folder) / "out.jpg", bright)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{size} {precision}: {seconds:.1f} s, {peak:.0f} MiB resident at most")


ENLARGE = """
import sys
from PIL import Image
source, target, width, height = sys.argv[1:]
Image.open(source).resize((int(width), int(height)), Image.Resampling.BICUBIC).save(target)
"""


def main() -> None:
    """Measure each size in a fresh process."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--one"]:
        measure(arguments[1], arguments[2])
        return
    precision = "fp32"
    if arguments[:1] == ["--precision"]:
        precision, arguments = arguments[1], arguments[2:]
    for size in arguments or SIZES:
        subprocess.run([sys.executable, __file__, "--one", size, precision], check=True)


if __name__ == "__main__":
    main()
