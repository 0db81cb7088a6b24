"""`llenhance bench`: what it measures, and how it says it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest
import torch

from llenhance.bench import Setting, Speed, measure, photograph
from llenhance.bench.measure import answer_with_speed
from llenhance.cli.app import run
from llenhance.cli.bench import as_table, as_values
from llenhance.cli.shapes.document import adapter
from llenhance.engine.engine import Engine, compile_model
from llenhance.engine.watching import watched
from llenhance.pictures.decode import decode
from llenhance.scoring.metrics import mean_grey
from llenhance.weights.file import load

MARGIN = 8


@pytest.fixture(scope="module")
def setting(tiny: Path) -> Setting:
    """How a network of a few random parameters is to be measured."""
    return Setting(model=str(tiny), precision="fp32", tile=32, repeats=2)


@pytest.fixture(scope="module")
def speed(setting: Setting) -> Speed:
    """Of a photograph in two tiles."""
    return measure(photograph(60, 20), setting)


def numbers_in(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(part)
    elif isinstance(value, int | float):
        yield value


# --- what is measured -------------------------------------------------------------------------


def test_stages_add_up_to_the_fastest_round(speed: Speed) -> None:
    assert list(speed.stages) == ["decode", "condition", "encoder", "flow", "blend", "encode"]
    assert len(speed.rounds) == 2
    assert speed.seconds == pytest.approx(min(speed.rounds))


def test_computed_pixels_are_those_of_windows_with_their_margins(speed: Speed) -> None:
    window = (32 + MARGIN) * 24, (28 + MARGIN + 4) * 24  # extended to multiples of 8
    assert speed.computed_pixels == sum(window)


def test_the_corner_that_is_compared_fits_into_the_picture(speed: Speed) -> None:
    assert speed.plain is not None
    assert (speed.plain.width, speed.plain.height) == (56, 16)


def test_the_plain_network_can_be_left_out(setting: Setting) -> None:
    speed = measure(photograph(8, 8), replace(setting, plain=False, repeats=1))
    assert speed.plain is None
    assert as_values([speed])["sizes"][0]["plain"] is None
    assert "plain" not in as_table([speed])


def test_the_photograph_is_dark_and_the_same_each_time() -> None:
    data = photograph(1100, 40)
    pixels = decode(data, name="photograph").pixels
    assert pixels.shape == (40, 1100, 3)
    assert 0.02 < mean_grey(pixels) < 0.2
    assert data == photograph(1100, 40)


def test_an_engine_is_watched_only_as_long_as_asked(tiny: Path) -> None:
    engine = compile_model(load(tiny), precision="fp32")
    channels, constant = torch.rand(1, 12, 16, 24), torch.zeros(1)
    seen: list[tuple[str, torch.Size]] = []
    with watched(lambda stage, result: seen.append((stage, result.shape))):
        found = engine.enhance(channels, constant)
    alone = engine.enhance(channels, constant)
    torch.testing.assert_close(found, alone, rtol=0, atol=0)
    assert seen == [
        ("condition", (1, 12, 16, 24)),
        ("encoder", (1, 3, 8, 12)),
        ("flow", (1, 3, 16, 24)),
    ]


def test_what_is_no_folded_network_is_watched_as_one(tiny: Path) -> None:
    engine = Engine(
        load(tiny),
        device=torch.device("cpu"),
        precision="fp32",
        run=lambda channels, _brightness, _context: channels[:, :3],
    )
    seen: list[str] = []
    with watched(lambda stage, _result: seen.append(stage)):
        engine.enhance(torch.rand(1, 12, 8, 8), torch.zeros(1))
    assert seen == ["condition", "network"]


# --- the command ------------------------------------------------------------------------------


def test_sizes_are_measured_in_processes_of_their_own_and_told_as_json(
    setting: Setting, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    arguments = ["--sizes", "24x16", "--repeats", "1", "--precision", "fp32", "--json"]
    assert run(["bench", "--model", str(setting.model), *arguments]) == 0
    said = capfdbinary.readouterr()
    assert said.err == b""
    document = json.loads(said.out)
    adapter().validate_python(document)
    whole = document["result"]
    assert {key for key in whole if key != "sizes"} == {
        "model",
        "device",
        "precision",
        "tile",
        "processor",
        "threads",
        "torch",
        "multiply_adds_per_pixel",
    }
    [size] = whole["sizes"]
    assert (size["width"], size["height"]) == (24, 16)
    assert set(size) == {
        "width",
        "height",
        "seconds",
        "rounds",
        "seconds_per_megapixel",
        "megapixels_per_second",
        "stages",
        "load_seconds",
        "computed_megapixels",
        "network_gflops",
        "convolution_peak_gflops",
        "share_of_peak",
        "peak_memory_bytes",
        "plain",
    }
    assert set(size["plain"]) == {"width", "height", "engine_seconds", "plain_seconds", "ratio"}
    assert all(math.isfinite(number) and number > 0 for number in numbers_in(whole))


def test_a_table_has_a_column_for_each_size(speed: Speed) -> None:
    about, header, *rows = as_table([speed, replace(speed, width=6000)]).splitlines()
    assert "tiny.safetensors on cpu (1 threads, " in about
    assert header.split() == ["60x20", "6000x20"]
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sizes", "600"],
        ["--sizes", "600x"],
        ["--sizes", "600x400x3"],
        ["--sizes", "600x-400"],
        ["--sizes", "600x400,"],
        ["--sizes", "7x400"],
        ["--sizes", "65501x8"],
        ["--sizes", "20000x20000"],
        ["--repeats", "0"],
        ["--tile", "some"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_sentence_and_code_2(
    arguments: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["bench", *arguments]) == 2
    said = capfdbinary.readouterr()
    assert said.out == b""
    assert said.err.startswith(b"error: ")
    assert said.err.count(b"\n") == 1


def test_what_fails_in_the_other_process_is_sent_here() -> None:
    receiver, sender = Pipe(duplex=False)
    answer_with_speed(sender, photograph(8, 8), Setting(model="nonsense"))
    assert receiver.recv().code == "model-unknown"


def test_every_way_to_say_that_memory_is_short_is_sent_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> Speed:
        torch.empty(1 << 50, dtype=torch.uint8)  # more than any machine has
        raise AssertionError

    monkeypatch.setitem(answer_with_speed.__globals__, "measure", fail)
    receiver, sender = Pipe(duplex=False)
    answer_with_speed(sender, photograph(8, 8), Setting())
    assert receiver.recv().code == "out-of-memory"
