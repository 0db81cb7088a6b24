"""Time what the page of `llenhance serve` waits for: a small copy at each move of a slider.

    python benchmarks/serve.py examples/coffee.jpg

Prints the median and the worst of 50 moves, in wall time and in time of all cores together, for
copies of several sizes through the network. On a machine that does other work, the second is what
two idle cores would take about half of.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from llenhance.process import prepare

prepare()

from llenhance import Enhancer, Wish, read_picture  # noqa: E402  # torch comes with it
from llenhance.enhancing.finish import Finish  # noqa: E402
from llenhance.serve import live  # noqa: E402
from llenhance.serve.live import LivePicture  # noqa: E402

MOVES = 50


def timed(picture: LivePicture, wishes: list[Wish]) -> tuple[list[float], list[float]]:
    """Return the seconds of each move, on the wall and of the processor."""
    wall, processor = list[float](), list[float]()
    for wish in wishes:
        turn = picture.turn()
        started, worked = time.perf_counter(), time.process_time()
        picture.after(wish, turn=turn)
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - worked)
    return wall, processor


def told(name: str, wall: list[float], processor: list[float]) -> None:
    """Print a line."""
    print(
        f"{name:32} wall: median {statistics.median(wall):.3f} s, worst {max(wall):.3f} s; "
        f"processor: median {statistics.median(processor):.3f} s, worst {max(processor):.3f} s"
    )


def main() -> None:
    """Time all of them."""
    enhancer = Enhancer()
    picture = read_picture(Path(sys.argv[1]))
    steps = [Wish(brightness=0.01 * step - 0.25) for step in range(MOVES)]
    finishes = [Wish(finish=Finish(strength=step / MOVES, denoise=0.5)) for step in range(MOVES)]
    for computed in (float(size) for size in sys.argv[2:] or ["0.05", "0.1", "0.3"]):
        live.COMPUTED = computed  # pyright: ignore[reportConstantRedefinition]
        small = LivePicture(enhancer.engine, picture)
        timed(small, [Wish(brightness=0.3), Wish()])  # the first of each kind takes longer
        told(f"brightness, {computed:g} MP computed", *timed(small, steps))
        told("strength and detail", *timed(small, finishes))


if __name__ == "__main__":
    main()
