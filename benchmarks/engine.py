"""Measure what the engine gains over the network of `model/`, step by step.

python benchmarks/engine.py [--size 600x400] [--rounds 7] [nano|small ...]

All variants run in one process. Each round runs every variant once on the same input, so other work
on the machine affects all of them alike. A line tells the least and the median seconds, and the
median over the rounds of how many times faster than the first variant it was. `small` has random
weights.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator

import torch
from backends import network
from torch import Tensor

from llenhance.bench import photograph
from llenhance.bench.probes import timed
from llenhance.engine.network import FastNetwork
from llenhance.enhancing.tiled import conditioned
from llenhance.model.conditioning import equalisation_tables
from llenhance.pictures.decode import decode

Run = Callable[[Tensor, Tensor], Tensor]
CPU = torch.device("cpu")


def variants(name: str) -> Iterator[tuple[str, Run]]:
    """Yield the variants to compare, with the reference first."""
    plain = network(name)
    yield "plain, NCHW", lambda c, b: plain(c.contiguous(), b)
    turned = network(name).placed(CPU)
    yield "plain, channels last", turned
    yield "plain, channels last, autocast to bf16", lambda c, b: in_autocast(turned, c, b)
    yield "engine, fp32", FastNetwork(plain, torch.float32)
    yield "engine, bf16", FastNetwork(plain, torch.bfloat16)


def in_autocast(run: Run, channels: Tensor, constant: Tensor) -> Tensor:
    """Run in bfloat16 where torch's autocast chooses it."""
    with torch.autocast("cpu", torch.bfloat16):
        return run(channels, constant)


@torch.inference_mode()
def compare(name: str, channels: Tensor, rounds: int) -> None:
    """Run the variants of a model in turn, and print a line for each."""
    runs = dict(variants(name))
    constant = torch.zeros(1)
    seconds: dict[str, list[float]] = {title: [] for title in runs}
    for number in range(rounds + 1):
        for title, run in runs.items():
            taken = timed(CPU, lambda run=run: run(channels, constant))
            if number:  # the first round includes preparations
                seconds[title].append(taken)
    reference = next(iter(seconds.values()))
    for title, taken in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(reference, taken, strict=True))
        least, median = min(taken), statistics.median(taken)
        print(f"{name}, {title}: {least:.3f} s, median {median:.3f} s, {ratio:.2f} times")


def main() -> None:
    """Compare the variants of each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=["nano", "small"], metavar="nano|small")
    parser.add_argument("--size", default="600x400")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    pixels = decode(photograph(width, height), name="photograph").pixels
    channels = conditioned(pixels, equalisation_tables(pixels), device=CPU)
    for name in options.models:
        compare(name, channels, options.rounds)


if __name__ == "__main__":
    main()
