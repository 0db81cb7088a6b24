"""Exported files compute what the engine computes, say what they are, and appear whole or not."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime  # pyright: ignore[reportMissingTypeStubs]
import pytest
import torch
from support.architectures import DEEP_OURS, OURS, PAPER, SEEING
from support.networks import calmed, thumbnails, values
from support.runners import program

from llenhance import export as exporting
from llenhance.cli.app import run
from llenhance.engine.context import placed
from llenhance.engine.engine import compile_model
from llenhance.errors import (
    ExportError,
    MissingExtraError,
    PictureError,
    ResourceError,
    UsageError,
)
from llenhance.export import Format, export, import_openvino
from llenhance.model.architecture import Architecture
from llenhance.model.context import Extent
from llenhance.model.llflow import LLFlow

NAMES: dict[Format, str] = {"onnx": "network.onnx", "openvino": "network.xml"}
FORMATS: list[Format] = ["onnx", "openvino"]


def computed(path: Path, *inputs: torch.Tensor) -> torch.Tensor:
    names = ("condition", "brightness", "thumbnail", "window")
    given = {name: value.numpy() for name, value in zip(names, inputs, strict=False)}
    if path.suffix == ".onnx":
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        [found] = session.run(["picture"], given)
        return torch.as_tensor(found)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    return torch.as_tensor(import_openvino().compile_model(path, "CPU", exact)(given)["picture"])


_trace = exporting._trace
_traced: dict[tuple[Architecture, int | None], bytes] = {}


@pytest.fixture(autouse=True)
def traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trace each network once: that is most of the work, and gives the same file each time."""

    def trace(model: LLFlow, path: Path, tile: int | None) -> None:
        key = model.architecture, tile
        if key not in _traced:
            _trace(model, path, tile)
            _traced[key] = path.read_bytes()
        path.write_bytes(_traced[key])

    monkeypatch.setattr(exporting, "_trace", trace)


@pytest.fixture
def target(tmp_path: Path, format: Format) -> Iterator[Path]:
    yield tmp_path / NAMES[format]
    assert not list(tmp_path.glob(".llenhance-*"))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("architecture", [PAPER, DEEP_OURS], ids=["paper", "ours"])
def test_file_computes_what_the_engine_does_at_any_size(
    architecture: Architecture, format: Format, target: Path
) -> None:
    model = calmed(architecture)
    export(model, target, format=format)
    for height, width in ((8, 8), (40, 24)):
        channels, constant = values(1, 12, height, width), torch.tensor([-0.2])
        expected = compile_model(model, precision="fp32").enhance(channels, constant)
        torch.testing.assert_close(
            computed(target, channels, constant), expected, rtol=0, atol=1e-4
        )


@pytest.mark.parametrize("format", FORMATS)
def test_file_samples_the_context_map_of_the_whole_picture(format: Format, target: Path) -> None:
    model = calmed(SEEING)
    export(model, target, format=format)
    engine = compile_model(model, precision="fp32")
    constant, thumb = torch.tensor([0.2]), thumbnails()
    for height, width, window in ((8, 8, [0, 0, 5, 7]), (40, 24, [16, 160, 99, 180])):
        channels = values(1, 12, height, width)
        extents = Extent(window[0], height, window[2]), Extent(window[1], width, window[3])
        context = placed(engine.context_map(thumb, constant), *extents)
        found = computed(target, channels, constant, thumb, torch.tensor(window).float())
        expected = engine.enhance(channels, constant, context)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("format", FORMATS)
def test_tile_fixes_the_size(format: Format, target: Path) -> None:
    export(calmed(OURS), target, format=format, tile=24)
    assert computed(target, values(1, 12, 24, 24), torch.zeros(1)).shape == (1, 3, 24, 24)
    with pytest.raises(Exception, match=r"(?i)dimension|shape"):
        computed(target, values(1, 12, 32, 32), torch.zeros(1))


def test_onnx_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    export(calmed(OURS), path, format="onnx", license="Apache-2.0")
    facts = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert Architecture.from_json(facts["architecture"]) == OURS
    assert facts["margin"] == "8"
    assert facts["version"].startswith("llenhance ")
    assert facts["license"] == "Apache-2.0"


def test_openvino_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "network.xml"
    export(calmed(OURS), path, format="openvino")
    network_read = import_openvino().Core().read_model(path)
    said = network_read.get_rt_info(["llenhance", "architecture"]).astype(str)
    assert Architecture.from_json(json.dumps(json.loads(said))) == OURS
    assert not network_read.has_rt_info(["llenhance", "license"])  # not known: not claimed


@pytest.mark.parametrize("format", FORMATS)
def test_files_are_those_that_are_told(format: Format, target: Path) -> None:
    written = export(calmed(OURS), target, format=format)
    assert sorted(written) == sorted(target.parent.iterdir())


@pytest.mark.parametrize("format", FORMATS)
def test_existing_file_is_replaced_only_if_asked(format: Format, target: Path) -> None:
    last = target if format == "onnx" else target.with_suffix(".bin")
    last.write_text("mine")
    with pytest.raises(PictureError, match="exists"):
        export(calmed(OURS), target, format=format)
    assert [path.read_text() for path in target.parent.iterdir()] == ["mine"]
    export(calmed(OURS), target, format=format, overwrite=True)
    assert last.read_bytes() != b"mine"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("wrong", [0.01, float("nan")])
def test_file_that_computes_something_else_is_not_written(
    format: Format, wrong: float, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(_path: Path, inputs: Any) -> Any:
        return np.full((1, 3, *inputs["condition"].shape[2:]), wrong, np.float32)

    monkeypatch.setattr(exporting, f"_run_{format}", spoilt)
    with pytest.raises(ExportError, match="differs"):
        export(calmed(OURS), target, format=format)
    assert not list(target.parent.iterdir())


def test_openvino_leaves_no_numbers_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = exporting.write_whole

    def full_disk(path: Path, data: bytes, *, overwrite: bool) -> None:
        if path.suffix == ".xml":
            raise ResourceError("disk-full", str(path))
        write(path, data, overwrite=overwrite)

    monkeypatch.setattr(exporting, "write_whole", full_disk)
    with pytest.raises(ResourceError, match="no space"):
        export(calmed(OURS), tmp_path / "network.xml", format="openvino")
    assert not list(tmp_path.iterdir())


def test_name_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"does not end in \.onnx"):
        export(calmed(OURS), tmp_path / "network.xml", format="onnx")


@pytest.mark.parametrize(
    ("tile", "remedy"), [(100, "Use 96 or 104"), (20, "Use 16 or 24"), (0, "Use 8 or 16")]
)
def test_tile_that_is_refused_comes_with_the_nearest_good_ones(
    tile: int, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=f"multiple of 8.*{remedy}"):
        export(calmed(OURS), tmp_path / "network.onnx", format="onnx", tile=tile)


def test_folder_that_is_missing_is_told_before_the_conversion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_save_onnx", pytest.fail)
    with pytest.raises(PictureError, match="no such folder"):
        export(calmed(OURS), tmp_path / "missing" / "network.onnx", format="onnx")


def test_onnx_has_sizes_that_say_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    export(calmed(OURS), path, format="onnx")
    [picture] = onnx.load(path).graph.output
    sizes = [size.dim_param or size.dim_value for size in picture.type.tensor_type.shape.dim]
    assert sizes == [1, 3, "height", "width"]


@pytest.mark.parametrize(
    ("format", "module", "extra"),
    [
        ("onnx", "onnx", "export"),
        ("onnx", "onnxruntime", "export"),
        ("openvino", "openvino", "openvino"),
    ],
)
def test_missing_runtime_is_told(
    format: Format, module: str, extra: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'llenhance\[{extra}\]'"):
        export(calmed(OURS), target, format=format)
    assert not list(target.parent.iterdir())


def test_openvino_is_imported_without_its_telemetry() -> None:
    """In a process of its own: this one has imported it already."""
    done = program(
        "import sys\n"
        "from llenhance.export import import_openvino\n"
        "import_openvino()\n"
        "assert not [m for m in sys.modules if m.startswith('openvino_telemetry.')]\n"
        "from openvino.tools.ovc import telemetry_utils\n"
        "assert telemetry_utils.tm.__name__.endswith('telemetry_stub')\n"
    )
    assert done.returncode == 0, done.stderr


def test_command_writes_the_shipped_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nano.onnx"
    assert run(["export", "--format", "onnx", "-o", str(path)]) == 0
    assert "checked" in capsys.readouterr().err
    facts = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert facts["license"] == "Apache-2.0"
    assert run(["export", "--format", "onnx", "-o", str(path)]) == 1
    assert "--overwrite" in capsys.readouterr().err
