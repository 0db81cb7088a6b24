"""`llenhance bench`: how fast this machine enhances pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from llenhance.cli.obtain import obtain
from llenhance.cli.options import Device, Json, Model, Precision, Quiet, Tile, tile_side
from llenhance.cli.terminal import Terminal, printable
from llenhance.errors import UsageError

if TYPE_CHECKING:
    from llenhance.bench import Speed

_SMALLEST: Final = 8  # pixels a side
_LARGEST: Final = 65500  # pixels a side of a JPEG file
_PIXELS: Final = 2**28  # pixels of the largest picture


def bench(
    sizes: Annotated[
        list[str],
        typer.Option(
            metavar="WIDTHxHEIGHT,...", help="Sizes to measure, each in a process of its own."
        ),
    ] = ["600x400", "2000x1500"],  # noqa: B006  # Typer's way; with nano a minute on two cores
    model: Model = "nano",
    device: Device = "auto",
    precision: Precision = "auto",
    tile: Tile = "auto",
    repeats: Annotated[
        int, typer.Option(min=1, metavar="N", help="Number of rounds; the fastest one counts.")
    ] = 3,
    plain: Annotated[
        bool, typer.Option("--plain/--no-plain", help="Compare with the plain, unfolded network.")
    ] = True,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure speed and memory on this machine.

    \b
    Examples:
      llenhance bench
      llenhance bench --sizes 600x400,4000x3000 --precision fp32
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    terminal = Terminal("bench", json=json, quiet=quiet)
    wanted = list(_sides(sizes))
    side = tile_side(tile)

    found = obtain(model, terminal=terminal, offline=False)
    from llenhance.bench import Setting, measure_apart  # imports torch
    from llenhance.cli.bars import watching

    setting = Setting(
        model=found, device=device, precision=precision, tile=side, repeats=repeats, plain=plain
    )
    speeds: list[Speed] = []
    with watching(terminal, len(wanted)) as progress:
        for width, height in wanted:
            progress(f"{width}x{height}", 0, 0)
            speeds.append(measure_apart(width, height, setting))
    if json:
        terminal.document(as_values(speeds))
    else:
        terminal.write_line(as_table(speeds))


def _sides(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the width and height of each size, in pixels."""
    for text in (part.strip() for given in texts for part in given.split(",")):
        parts = text.split("x")
        if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
            raise UsageError("size-unreadable", "--sizes", text=text)
        width, height = map(int, parts)
        sides_fit = min(width, height) >= _SMALLEST and max(width, height) <= _LARGEST
        if not sides_fit or width * height > _PIXELS:
            facts = {"least": _SMALLEST, "most": _LARGEST, "megapixels": _PIXELS // 10**6}
            raise UsageError("size-out-of-range", "--sizes", text=text, **facts)
        yield width, height


def as_values(speeds: Sequence[Speed]) -> dict[str, Any]:
    """Return JSON values: what it was measured with, and the figures for each size."""
    ran = speeds[0].ran
    return {
        "model": ran.model,
        "device": ran.device,
        "precision": ran.precision,
        "tile": ran.tile,
        "processor": ran.processor,
        "threads": ran.threads,
        "torch": ran.torch,
        "multiply_adds_per_pixel": ran.multiply_adds_per_pixel,
        "sizes": [_figures(speed) for speed in speeds],
    }


def _figures(speed: Speed) -> dict[str, Any]:
    plain = speed.plain
    return {
        "width": speed.width,
        "height": speed.height,
        "seconds": speed.seconds,
        "rounds": speed.rounds,
        "seconds_per_megapixel": speed.seconds / speed.megapixels,
        "megapixels_per_second": speed.megapixels / speed.seconds,
        "stages": speed.stages,
        "load_seconds": speed.load_seconds,
        "computed_megapixels": speed.computed_pixels / 1e6,
        "network_gflops": 2 * speed.network_rate / 1e9,
        "convolution_peak_gflops": 2 * speed.peak / 1e9,
        "share_of_peak": speed.network_rate / speed.peak,
        "peak_memory_bytes": speed.peak_memory,
        "plain": plain and {**plain._asdict(), "ratio": plain.ratio},
    }


def as_table(speeds: Sequence[Speed]) -> str:
    """Return a line about the machine, and aligned columns, one for each size."""
    ran = speeds[0].ran
    tile = f"tiles of {ran.tile}" if ran.tile else "no tiles"
    threads = f"{ran.threads} threads, " if ran.device == "cpu" else ""
    machine = f"{ran.device} ({threads}{ran.processor})"
    about = f"{printable(ran.model)} on {machine}, {ran.precision}, {tile}; torch {ran.torch}"
    columns = [dict(_rows(speed)) for speed in speeds]
    titles = list(columns[0])
    widest = max(map(len, titles))
    cells = [[column[title] for title in titles] for column in columns]
    widths = [max(map(len, column)) for column in cells]
    lines = [
        f"{title:{widest}}"
        + "".join(f"  {text:>{width}}" for text, width in zip(row, widths, strict=True))
        for title, *row in zip(titles, *cells, strict=True)
    ]
    return "\n".join([about, *lines])


def _rows(speed: Speed) -> Iterator[tuple[str, str]]:
    """Yield the title and the figure of each row."""
    yield "", f"{speed.width}x{speed.height}"
    yield "seconds", f"{speed.seconds:.3f}"
    for stage, seconds in speed.stages.items():
        yield f"  {stage}", f"{seconds:.3f} ({seconds / speed.seconds:3.0%})"
    yield "first round, seconds", f"{speed.rounds[0]:.3f}"
    yield "seconds per megapixel", f"{speed.seconds / speed.megapixels:.3f}"
    yield "megapixels per second", f"{speed.megapixels / speed.seconds:.3f}"
    yield "megapixels computed", f"{speed.computed_pixels / 1e6:.3f}"
    yield "network, GFLOP/s", f"{2 * speed.network_rate / 1e9:.0f}"
    yield "convolution peak, GFLOP/s", f"{2 * speed.peak / 1e9:.0f}"
    yield "share of the peak", f"{speed.network_rate / speed.peak:.0%}"
    if speed.peak_memory is not None:
        yield "peak memory, MiB", f"{speed.peak_memory / 2**20:.0f}"
    yield "loading, seconds", f"{speed.load_seconds:.3f}"
    if plain := speed.plain:
        yield "plain network, times as long", f"{plain.ratio:.2f}"
        yield "  on a corner of", f"{plain.width}x{plain.height}"
