"""How fast a model enhances on this machine: from a size to seconds by stage and peak memory.

Each size is measured in a process of its own, because a process's peak memory never falls. There, a
synthetic dark photograph goes from JPEG to JPEG several times. To meet the same load of the
machine, other work runs in between: single convolutions after each tile, for the processor's peak,
and the readable network of `model/` after each round.
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
from llenhance.bench.probes import convolution_peak, photograph, wait_for
from llenhance.engine.cost import peak_memory
from llenhance.engine.settings import DTYPES
from llenhance.engine.watching import watched
from llenhance.enhancer import Enhancer
from llenhance.errors import LlenhanceError, ResourceError
from llenhance.memory import lack_of_memory_told
from llenhance.model.llflow import multiply_adds_per_pixel
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.process import prepare
from llenhance.weights.find import DEFAULT_MODEL, FoundModel

_NETWORK: Final = ("encoder", "flow", "network")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What to measure.

    Attributes:
        model: As `Enhancer` takes it.
        device: As `Enhancer` takes it.
        precision: As `Enhancer` takes it.
        tile: As `Enhancer` takes it.
        repeats: Number of rounds, at least 1; the fastest one counts.
        plain: Whether to run the network of `model/` too.
    """

    model: str | FoundModel = DEFAULT_MODEL
    device: str = "auto"
    precision: str = "auto"
    tile: int | Literal["auto"] = "auto"
    repeats: int = 3
    plain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What it was measured with.

    Attributes:
        model: Name of the model.
        device: Device that ran, also where auto was asked for.
        precision: Precision that ran, also where auto was asked for.
        tile: Side of a tile in pixels, 0 for whole pictures.
        processor: Vector instructions that torch uses, or the name of the GPU.
        threads: Threads that torch uses on the CPU.
        torch: Version of torch.
        multiply_adds_per_pixel: Multiply-adds of the model's convolutions.
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
        ran: What it was measured with.
        width: Width of the photograph in pixels.
        height: Height of the photograph in pixels.
        stages: Seconds by stage, in order; together they cover the whole round.
        rounds: Seconds of every round, from JPEG to JPEG; the first one comes right after loading.
        load_seconds: Seconds from the weights file to an engine, with torch already imported.
        computed_pixels: Pixels that the network saw, including the margins of tiles.
        peak: Multiply-adds per second of the fastest single convolution in the same precision.
        peak_memory: Most bytes resident until the end of the first round; None if the system does
            not tell.
        plain: Comparison with the network of `model/`; None unless asked for.
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
        """Seconds from the bytes of one JPEG to those of the other."""
        return sum(self.stages.values())

    @property
    def megapixels(self) -> float:
        """Size of the photograph in megapixels."""
        return self.width * self.height / 1e6

    @property
    def network_rate(self) -> float:
        """Multiply-adds per second of encoder and flow, counting margins as work."""
        seconds = sum(self.stages.get(stage, 0) for stage in _NETWORK)
        return self.ran.multiply_adds_per_pixel * self.computed_pixels / seconds


def measure_apart(width: int, height: int, setting: Setting) -> Speed:
    """Measure one size in a new process.

    Args:
        width: Width of the photograph in pixels.
        height: Height of the photograph in pixels.
        setting: What to measure.

    Raises:
        LlenhanceError: Any error that `Enhancer` raises.
        ResourceError: The process was killed, which systems do when memory runs out.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    task = (sender, photograph(width, height), setting)
    process = context.Process(target=answer_with_speed, args=task, daemon=True)
    process.start()
    sender.close()  # the process has its own copy, so `recv` ends when the process does
    try:
        answer = receiver.recv()
    except EOFError:
        raise ResourceError("measurement-ended", f"{width}x{height}") from None
    finally:
        process.kill()  # it is done, or nobody waits for it any longer
        process.join()
    if isinstance(answer, LlenhanceError):
        raise answer
    return answer


def answer_with_speed(sender: Connection, data: bytes, setting: Setting) -> None:
    """Send the result of `measure`, or the error that it raises."""
    prepare()
    try:
        with lack_of_memory_told("the measurement"):
            answer = measure(data, setting)
    except LlenhanceError as error:
        answer = error
    sender.send(answer)


def measure(data: bytes, setting: Setting) -> Speed:
    """Measure in this process how long it takes to enhance a photograph, from file to file.

    Args:
        data: Bytes of a dark photograph's file, at least 8 pixels a side.
        setting: What to measure.

    Raises:
        LlenhanceError: Any error that `Enhancer` raises.
    """
    started = time.perf_counter()
    enhancer = Enhancer(
        setting.model, device=setting.device, precision=setting.precision, tile=setting.tile
    )
    load_seconds = time.perf_counter() - started
    rounds = [_round(enhancer, data)]
    memory = peak_memory()  # before anything that needs more memory than enhancing
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
    """Enhance from file to file; after each tile the clock stops while the peak is measured."""
    stages: dict[str, float] = {}
    computed, peak = 0, 0.0
    wait_for(enhancer.device)
    last = time.perf_counter()

    def lap(stage: str) -> None:
        """Add the time since the last call to a stage."""
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
    with watched(passed):
        bright = enhancer.enhance_picture(picture, progress=tile_done).picture
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
