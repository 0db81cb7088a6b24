"""How fast a model enhances on this machine: sizes in, seconds by stage and peak memory out.

Each size is measured in a process of its own, since a process's peak of memory never falls. There a
synthetic dark photograph goes from JPEG to JPEG several times. In between, so under the same load
of the machine, run convolutions alone, for the peak of the processor (after each tile), and the
readable network of `model/` (after each round).
"""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final, Literal, NamedTuple

import torch
from torch import Tensor

from llenhance.bench.comparison import Against, Comparison
from llenhance.bench.probes import (
    convolution_peak,
    photograph,
    wait_for,
)
from llenhance.engine.cost import peak_memory
from llenhance.engine.settings import DTYPES
from llenhance.enhancer import Enhancer
from llenhance.errors import LlenhanceError, ResourceError
from llenhance.model.llflow import multiply_adds_per_pixel
from llenhance.pictures.picture import decode, encode
from llenhance.process import prepare

_NETWORK: Final = ("encoder", "flow", "network")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is measured.

    Attributes:
        model, device, precision, tile: as `Enhancer` takes them.
        repeats: rounds, at least 1; figures are those of the fastest.
        plain: whether to run the network of `model/` as well.
    """

    model: str = "nano"
    device: str = "auto"
    precision: str = "auto"
    tile: int | Literal["auto"] = "auto"
    repeats: int = 3
    plain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What it was measured on.

    Attributes:
        device, precision: that auto stood for.
        tile: pixels, 0 for whole pictures.
        processor: the vector instructions that torch uses, or the name of the GPU.
        threads: that torch computes with on the CPU.
        torch: its version.
        multiply_adds_per_pixel: of the model's convolutions.
    """

    model: str
    device: str
    precision: str
    tile: int
    processor: str
    threads: int
    torch: str
    multiply_adds_per_pixel: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What one size took; seconds are those of the fastest round.

    Attributes:
        width, height: of the photograph, in pixels.
        stages: seconds by stage, in their order; every moment of a round is in one of them.
        rounds: seconds of every round, from JPEG to JPEG; the first one is the first after loading.
        load_seconds: the model, from its file to an engine, with torch imported before.
        computed_pixels: that the network saw, with the margins of tiles.
        peak: multiply-adds a second of the fastest convolution alone, in the same precision.
        peak_memory: bytes resident at most, up to the end of the first round; None where the
            system does not tell.
        plain: None unless asked for.
    """

    ran: Ran
    width: int
    height: int
    stages: dict[str, float]
    rounds: list[float]
    load_seconds: float
    computed_pixels: int
    peak: float
    peak_memory: int | None
    plain: Against | None

    @property
    def seconds(self) -> float:
        """From the bytes of one JPEG to those of the other."""
        return sum(self.stages.values())

    @property
    def megapixels(self) -> float:
        """Size of the photograph."""
        return self.width * self.height / 1e6

    @property
    def network_rate(self) -> float:
        """Multiply-adds a second of encoder and flow, margins counted as work done."""
        seconds = sum(self.stages.get(stage, 0) for stage in _NETWORK)
        return self.ran.multiply_adds_per_pixel * self.computed_pixels / seconds


def measure_apart(width: int, height: int, setting: Setting) -> Speed:
    """Measure a size in a new process.

    Raises:
        LlenhanceError: as `Enhancer` does.
        ResourceError: the process was killed, as systems without memory do.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    task = (sender, photograph(width, height), setting)
    process = context.Process(target=answer_with_speed, args=task, daemon=True)
    process.start()
    sender.close()  # the process has its own: when it ends, receiving does
    try:
        answer = receiver.recv()
    except EOFError:
        problem = "its process ended before the measurement did, perhaps for lack of memory"
        name = f"{width}x{height}"
        raise ResourceError(name, problem, "Try a smaller size or tile") from None
    finally:
        process.kill()  # it is done, or nobody waits for it any more
        process.join()
    if isinstance(answer, LlenhanceError):
        raise answer
    return answer


def answer_with_speed(sender: Connection, data: bytes, setting: Setting) -> None:
    """Send what `measure` returns, or the error that it raises."""
    prepare()
    try:
        answer = measure(data, setting)
    except LlenhanceError as error:
        answer = error
    except MemoryError:
        answer = ResourceError("llenhance bench", "not enough memory", "Try a smaller size or tile")
    sender.send(answer)


def measure(data: bytes, setting: Setting) -> Speed:
    """Measure, in this process, how fast a photograph's file becomes another.

    Args:
        data: a file of a dark photograph, 8 pixels a side or more.
        setting: what to measure.

    Raises:
        LlenhanceError: as `Enhancer` does.
    """
    started = time.perf_counter()
    enhancer = Enhancer(
        setting.model, device=setting.device, precision=setting.precision, tile=setting.tile
    )
    load_seconds = time.perf_counter() - started
    rounds = [_round(enhancer, data)]
    memory = peak_memory()  # before anything runs that needs more than enhancing does
    comparison = None
    if setting.plain:
        pixels = decode(data, name="photograph").pixels
        comparison = Comparison(setting.model, enhancer.engine, pixels)
    for _ in range(setting.repeats - 1):
        rounds.append(_round(enhancer, data))
        if comparison:
            comparison.run()
    fastest = min(rounds, key=lambda one: one.seconds)
    return Speed(
        ran=_surroundings(enhancer),
        width=fastest.width,
        height=fastest.height,
        stages=fastest.stages,
        rounds=[one.seconds for one in rounds],
        load_seconds=load_seconds,
        computed_pixels=fastest.computed_pixels,
        peak=max(one.peak for one in rounds),
        peak_memory=memory,
        plain=comparison.fastest() if comparison else None,
    )


class _Round(NamedTuple):
    width: int
    height: int
    stages: dict[str, float]
    computed_pixels: int
    peak: float

    @property
    def seconds(self) -> float:
        return sum(self.stages.values())


def _round(enhancer: Enhancer, data: bytes) -> _Round:
    """Enhance from file to file; after each tile the clock stands, and the peak is measured."""
    stages: dict[str, float] = {}
    computed, peak = 0, 0.0
    wait_for(enhancer.device)
    last = time.perf_counter()

    def lap(stage: str) -> None:
        """Count the time since the last call to a stage."""
        nonlocal last
        wait_for(enhancer.device)
        now = time.perf_counter()
        stages[stage] = stages.get(stage, 0) + now - last
        last = now

    def passed(stage: str, result: Tensor) -> None:
        nonlocal computed
        lap(stage)
        if stage == "condition":
            computed += result[:, 0].numel()

    def tile_done(_done: int, _tiles: int) -> None:
        nonlocal last, peak
        lap("blend")
        peak = max(peak, convolution_peak(enhancer.device, DTYPES[enhancer.precision]))
        last = time.perf_counter()

    picture = decode(data, name="photograph")
    lap("decode")
    with enhancer.engine.watched(passed):
        bright = enhancer.brighten(picture, progress=tile_done).picture
    lap("blend")
    encode(bright, format="JPEG", name="photograph")
    lap("encode")
    return _Round(picture.width, picture.height, stages, computed, peak)


def _surroundings(enhancer: Enhancer) -> Ran:
    device = enhancer.device
    on_gpu = device.type == "cuda"
    return Ran(
        model=enhancer.model_name,
        device=str(device),
        precision=enhancer.precision,
        tile=enhancer.tile,
        processor=torch.cuda.get_device_name(device)
        if on_gpu
        else torch.backends.cpu.get_cpu_capability(),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        multiply_adds_per_pixel=multiply_adds_per_pixel(enhancer.engine.architecture),
    )
