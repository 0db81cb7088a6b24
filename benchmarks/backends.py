"""Measure how fast other runtimes compute the folded network, next to the engine.

python benchmarks/backends.py PHOTO [NAME ...] [--model nano|small] [--size WxH] [--seconds S]
    [--whole]

NAME is a key of `RUNS`. Each one is loaded once, in a process of its own; then they take turns, so
other work on the machine affects all of them alike. A line tells the seconds to start (imports,
folding, compilation, first window), the least and the median seconds, the median over the turns of
how many times faster it was than the plain network and than torch in its precision, operations per
second, and dB against torch in float32. `conv` is one large convolution, for comparison.

--whole measures `Enhancer.enhance` of PHOTO enlarged to the size, with tiles, and peak memory.
`small` has random weights. torch.compile needs a C++ compiler and some minutes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from llenhance import Enhancer
from llenhance.engine.cost import peak_memory
from llenhance.engine.engine import Engine
from llenhance.engine.network import FastNetwork
from llenhance.engine.settings import DTYPES
from llenhance.enhancing.tiled import conditioned
from llenhance.enhancing.work import Work
from llenhance.export import export, import_openvino
from llenhance.model.architecture import SMALL
from llenhance.model.conditioning import equalisation_tables
from llenhance.model.llflow import LLFlow
from llenhance.weights.file import load
from llenhance.weights.find import find

Run = Callable[[Tensor, Tensor], Tensor]
MULTIPLY_ADDS: Final = {"nano": 100_290, "small": 615_000}  # per pixel


def network(model: str) -> LLFlow:
    """Return `nano` without its context map, which costs next to nothing, or a random `small`."""
    if model == "nano":
        loaded = load(find("nano").path)
        loaded.context = None
        loaded.architecture = replace(loaded.architecture, context=False)
        return loaded
    torch.random.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]
    return LLFlow(SMALL).eval().requires_grad_(requires_grad=False)


def in_plain(model: str, _precision: str) -> Run:
    """Return the network of `model/`."""
    return network(model)


def in_torch(model: str, precision: str) -> Run:
    """Return the folded network."""
    return FastNetwork(network(model), DTYPES[precision])


def in_compiled(model: str, precision: str) -> Run:
    """Return the folded network through torch.compile."""
    return cast("Any", torch).compile(FastNetwork(network(model), DTYPES[precision]))


def in_onnx(model: str, _precision: str) -> Run:
    """Return the exported network in ONNX Runtime."""
    import onnxruntime  # pyright: ignore[reportMissingTypeStubs]

    runtime: Any = onnxruntime
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        export(network(model), path, format="onnx")
        session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(condition: Tensor, brightness: Tensor) -> Tensor:
        values = {"condition": condition.numpy(), "brightness": brightness.numpy()}
        return torch.as_tensor(session.run(None, values)[0])

    return run


def in_openvino(model: str, precision: str, *, fixed: bool) -> Run:
    """Return the exported network in OpenVINO, compiled for free sizes or for each size."""
    core: Any = import_openvino().Core()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.xml"
        export(network(model), path, format="openvino")
        read = core.read_model(path.read_bytes(), path.with_suffix(".bin").read_bytes())
    settings = {
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "ENABLE_CPU_PINNING": False,
    }
    requests: dict[tuple[int, ...], Any] = {}

    def run(condition: Tensor, brightness: Tensor) -> Tensor:
        shape = tuple(condition.shape) if fixed else ()
        if shape not in requests:
            compiling = read.clone()
            if fixed:
                compiling.reshape({"condition": list(shape), "brightness": [1]})
            requests[shape] = core.compile_model(compiling, "CPU", settings).create_infer_request()
        values = {"condition": condition.contiguous().numpy(), "brightness": brightness.numpy()}
        return torch.as_tensor(requests[shape].infer(values, share_inputs=True)["picture"])

    return run


def in_free_openvino(model: str, precision: str) -> Run:
    """Return OpenVINO compiled for any size."""
    return in_openvino(model, precision, fixed=False)


def in_fixed_openvino(model: str, precision: str) -> Run:
    """Return OpenVINO compiled for each size."""
    return in_openvino(model, precision, fixed=True)


def convolution(_model: str, precision: str) -> Run:
    """Return one large convolution, which ignores its input."""
    dtype = DTYPES[precision]
    layer = torch.nn.Conv2d(64, 64, 3, padding=1).to(dtype)
    layer.weight.data = layer.weight.contiguous(memory_format=torch.channels_last)
    x = torch.rand(1, 64, 200, 304).to(dtype).contiguous(memory_format=torch.channels_last)

    def run(_condition: Tensor, _brightness: Tensor) -> Tensor:
        return layer(x)

    return run


CONV_FLOP: Final = 2 * 64 * 64 * 9 * 200 * 304

RUNS: Final[dict[str, tuple[Callable[[str, str], Run], str]]] = {
    "plain": (in_plain, "fp32"),
    "torch-fp32": (in_torch, "fp32"),
    "torch-bf16": (in_torch, "bf16"),
    "compile-fp32": (in_compiled, "fp32"),
    "compile-bf16": (in_compiled, "bf16"),
    "onnx-fp32": (in_onnx, "fp32"),
    "openvino-fp32": (in_free_openvino, "fp32"),
    "openvino-bf16": (in_free_openvino, "bf16"),
    "openvino-fixed-fp32": (in_fixed_openvino, "fp32"),
    "openvino-fixed-bf16": (in_fixed_openvino, "bf16"),
    "conv-fp32": (convolution, "fp32"),
    "conv-bf16": (convolution, "bf16"),
}


def work(pipe: Connection, name: str, model: str, photo: str, size: str, whole: bool) -> None:
    """Run in one of the processes: get ready, send a result, then take turns."""
    started = time.perf_counter()
    width, height = map(int, size.split("x"))
    with Image.open(photo) as file:
        pixels = np.asarray(file.convert("RGB").resize((width, height)))
    make, precision = RUNS[name]
    run = make(model, precision)
    if whole:
        enhancer = Enhancer(precision=precision)
        engine = Engine(
            network(model),
            device=enhancer.device,
            precision=precision,
            run=lambda channels, brightness, _context: run(channels, brightness),
        )
        work = Work(engine=engine, tile=enhancer.tile, fast=enhancer.fast)
        enhancer._work = work  # pyright: ignore[reportPrivateUsage]

    channels = conditioned(pixels, equalisation_tables(pixels), device=torch.device("cpu"))
    brightness = torch.full((1,), 0.1)

    def once() -> Any:
        return enhancer.enhance(pixels) if whole else run(channels, brightness)  # pyright: ignore

    with torch.inference_mode():
        found = torch.zeros(1) if whole else once().float().clamp(0, 1)
        pipe.send((time.perf_counter() - started, found.numpy()))
        while pipe.recv():
            began = time.perf_counter()
            once()
            peak = (peak_memory() or 0) / 2**20
            pipe.send((time.perf_counter() - began, peak))


def main() -> None:
    """Start a process for each name, let them take turns, and print a line for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("photo")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--model", default="nano", choices=list(MULTIPLY_ADDS))
    parser.add_argument("--size", default="600x400")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_intermixed_args()
    names = given.names or [name for name in RUNS if not name.startswith("compile")]
    width, height = map(int, given.size.split("x"))
    context = get_context("spawn")
    pipes: dict[str, Connection] = {}
    starts: dict[str, float] = {}
    found: dict[str, Any] = {}
    for name in names:
        pipes[name], theirs = context.Pipe()
        arguments = (theirs, name, given.model, given.photo, given.size, given.whole)
        context.Process(target=work, args=arguments, daemon=True).start()
        starts[name], found[name] = pipes[name].recv()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    peaks: dict[str, float] = {}
    end = time.monotonic() + given.seconds
    while time.monotonic() < end:
        for name, pipe in pipes.items():
            pipe.send(True)
            taken, peaks[name] = pipe.recv()
            seconds[name].append(taken)
    for pipe in pipes.values():
        pipe.send(False)
    for name, times in seconds.items():
        taken = np.array(times)
        flop = 2 * MULTIPLY_ADDS[given.model] * width * height
        is_conv = name.startswith("conv")
        line = f"{name:20} start {starts[name]:5.1f}  least {taken.min():.4f}"
        line += f"  median {np.median(taken):.4f}  of {len(times)}"
        for other in ("plain", "torch-" + name[-4:]):
            if other in seconds and not is_conv:
                ratio = np.median(np.array(seconds[other]) / taken)
                line += f"  {ratio:.2f}x {other}"
        line += f"  {(CONV_FLOP if is_conv else flop) / taken.min() / 1e9:.0f} GFLOP/s"
        if given.whole:
            line += f"  {peaks[name]:.0f} MiB"
        elif "torch-fp32" in found and not is_conv:
            error = float(np.square(found[name] - found["torch-fp32"]).mean())
            line += f"  {-10 * np.log10(max(error, 1e-20)):.1f} dB"
        print(line, flush=True)


if __name__ == "__main__":
    main()
