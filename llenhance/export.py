"""Write the folded network as a file for other runtimes: ONNX or OpenVINO.

The file computes what `Engine.enhance` does, in float32: from the 12 channels of `conditioning.py`
and the brightness to the picture. If the model has a context map, the file makes and samples it
too. It is run and compared with the engine before it gets its name.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from llenhance.engine.context import Context, placed, weights_along
from llenhance.engine.engine import compile_model
from llenhance.engine.network import FastNetwork
from llenhance.engine.sides import check_side
from llenhance.errors import ExportError, PictureError, UsageError, require
from llenhance.files.whole import replaced_mode, write_whole
from llenhance.model.conditioning import (
    THUMBNAIL_HEIGHT,
    THUMBNAIL_WIDTH,
    condition,
    log_picture,
)
from llenhance.model.context import PLACES, Extent
from llenhance.model.llflow import LLFlow
from llenhance.system import system_errors
from llenhance.version import __version__

Format = Literal["onnx", "openvino"]

INPUTS: Final = ("condition", "brightness", "thumbnail", "window")
"""Names of a file's inputs; the last two only if the model has a context map."""

OUTPUT: Final = "picture"
EXTENSIONS: Final[Mapping[Format, str]] = {"onnx": ".onnx", "openvino": ".xml"}

OPSET: Final = 17
"""Version of ONNX's operators: it has all that the network needs, and dates from 2022."""

TOLERANCE: Final = 1e-3
"""Largest difference from the engine's values, 0..1; random networks came within 1e-5."""

_TRACED: Final = (64, 96)
_CHECKED: Final = (72, 120)  # another size, which finds out if a size was fixed by mistake


def export(
    model: LLFlow,
    path: Path,
    *,
    format: Format,
    tile: int | None = None,
    license: str | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write the folded network of a model, whole and checked, or not at all.

    Its inputs are ``condition`` ``(1, 12, H, W)``, H and W multiples of 8, and ``brightness``
    ``(1,)``, which is added to the color map. With a context map there are two more:
    ``thumbnail`` ``(1, 3, 32, 48)`` from `conditioning.thumbnail`, and ``window`` ``(4,)``: the row
    and column of the whole picture at which ``condition`` starts, and the whole picture's height
    and width, in pixels. The output is ``picture`` ``(1, 3, H, W)``, nominally 0..1 but not
    clamped. The file's metadata are ``architecture`` (JSON), ``margin``, ``version`` of llenhance
    and, if it is known, ``license``.

    Args:
        model: A trained network on the CPU; it stays as it is.
        path: Path of the file, ending in ``.onnx``, or in ``.xml`` for OpenVINO, whose numbers are
            in a second file that ends in ``.bin``.
        format: Format of the file.
        tile: Height and width in pixels, a multiple of 8; None if they should be free.
        license: License of the weights, if known.
        overwrite: Whether to replace existing files.

    Returns:
        The files that were written.

    Raises:
        MissingExtraError: The runtime is not installed.
        UsageError: ``tile`` or the name is unsuitable.
        PictureError: A file exists, or cannot be written.
        ResourceError: The disk is full, or there is not enough memory.
        ExportError: The runtime computes something else than the engine; nothing is written.

    Example:
        ``export(load(find("nano").path), Path("nano.onnx"), format="onnx")``
    """
    if path.suffix != EXTENSIONS[format]:
        raise UsageError("export-extension", str(path), extension=EXTENSIONS[format])
    if tile is not None:
        check_side(tile)
    targets = [path] if format == "onnx" else [path.with_suffix(".bin"), path]
    for target in targets:  # told now, not after the conversion
        _check_target(target, overwrite=overwrite)
    save, run = (_save_onnx, _run_onnx) if format == "onnx" else (_save_openvino, _run_openvino)
    facts = {
        "architecture": model.architecture.to_json(),
        "margin": str(model.architecture.margin),
        "version": f"llenhance {__version__}",
    }
    with system_errors(path), tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / path.name
        save(model, made, tile, facts | ({"license": license} if license else {}))
        _check(model, lambda inputs: run(made, inputs), name=str(path), tile=tile)
        written: list[Path] = []
        try:
            for target in targets:
                write_whole(target, (made.parent / target.name).read_bytes(), overwrite=overwrite)
                written.append(target)
        except BaseException:
            if not overwrite:  # the numbers are of no use without the network
                for target in written:
                    target.unlink(missing_ok=True)
            raise
    return targets


def _check_target(target: Path, *, overwrite: bool) -> None:
    with system_errors(target):
        replaced_mode(target, overwrite=overwrite)
        if not target.parent.is_dir():
            raise PictureError("folder-not-found", str(target.parent))


def _save_onnx(model: LLFlow, path: Path, tile: int | None, facts: Mapping[str, str]) -> None:
    onnx = require("onnx", extra="export")
    require("onnxruntime", extra="export")  # told now, not after the conversion
    _trace(model, path, tile)
    network = onnx.load(path)
    of_output = network.graph.output[0].type.tensor_type.shape.dim
    of_output[0].dim_value = 1  # the exporter does not know, and makes up a name
    onnx.helper.set_model_props(network, dict(facts))
    onnx.checker.check_model(network)
    onnx.save(network, path)


def _save_openvino(model: LLFlow, path: Path, tile: int | None, facts: Mapping[str, str]) -> None:
    openvino = import_openvino()
    # Through ONNX, because OpenVINO's own converter took four times as long, for the same speed.
    traced = path.with_suffix(".onnx")
    _trace(model, traced, tile)
    network = openvino.Core().read_model(traced)
    for key, fact in facts.items():
        network.set_rt_info(fact, ["llenhance", key])
    openvino.save_model(network, path, compress_to_fp16=False)


class _Exported(nn.Module):
    """The folded network, with the context network of `model/` before it."""

    def __init__(self, model: LLFlow) -> None:
        super().__init__()
        self.network = FastNetwork(model, torch.float32)
        self.context = model.context

    def forward(self, condition: Tensor, brightness: Tensor, *of_whole: Tensor) -> Tensor:
        if self.context is None:
            return self.network(condition, brightness)
        thumbnail, window = of_whole
        rows, columns = (
            weights_along(
                window[axis], window[2 + axis], count=condition.shape[2 + axis] // 2, places=places
            )
            for axis, places in enumerate(PLACES)
        )
        context = Context(self.context(thumbnail, brightness), rows, columns)
        return self.network(condition, brightness, context)


def _trace(model: LLFlow, path: Path, tile: int | None) -> None:
    """Write the folded network as ONNX."""
    inputs = _example(model, *((tile, tile) if tile else _TRACED))
    free = {2: "height", 3: "width"}
    with torch.inference_mode(), warnings.catch_warnings():
        # torch calls this exporter deprecated; the other one needs another package (onnxscript).
        warnings.simplefilter("ignore", DeprecationWarning)
        tracer_warning = cast("Any", torch.jit).TracerWarning  # of sizes, which are checked below
        warnings.simplefilter("ignore", tracer_warning)
        cast("Any", torch.onnx).export(
            _Exported(model).eval(),
            inputs,
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=list(INPUTS[: len(inputs)]),
            output_names=[OUTPUT],
            dynamic_axes=None if tile else {INPUTS[0]: free, OUTPUT: free},
        )


Inputs = dict[str, NDArray[Any]]


def _run_onnx(path: Path, inputs: Inputs) -> NDArray[Any]:
    runtime = require("onnxruntime", extra="export")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run([OUTPUT], inputs)[0]


def _run_openvino(path: Path, inputs: Inputs) -> NDArray[Any]:
    exact = {"INFERENCE_PRECISION_HINT": "f32"}  # otherwise some processors compute in bfloat16
    compiled = import_openvino().Core().compile_model(path, "CPU", exact)
    return compiled(inputs)[OUTPUT]


def import_openvino() -> ModuleType:
    """Import OpenVINO without its telemetry, which would tell its makers of every import."""
    sys.modules.setdefault("openvino_telemetry", cast("Any", None))  # OpenVINO has a stub for this
    return require("openvino", extra="openvino")


def _check(
    model: LLFlow, run: Callable[[Inputs], NDArray[Any]], *, name: str, tile: int | None
) -> None:
    """Raise `ExportError` if the file and the engine disagree on a dark, noisy window."""
    height, width = (tile, tile) if tile else _CHECKED
    dark, constant, *of_whole = inputs = _example(model, height, width)
    engine = compile_model(model, precision="fp32")
    context = None
    if of_whole:
        thumbnail, window = of_whole
        top, left, *whole = (int(pixels) for pixels in window)
        extents = Extent(top, height, whole[0]), Extent(left, width, whole[1])
        context = placed(engine.context_map(thumbnail, constant), *extents)
    expected = engine.enhance(dark, constant, context).numpy()
    found = run({key: part.numpy() for key, part in zip(INPUTS, inputs, strict=False)})
    if found.shape != expected.shape:
        shapes = {"found": str(found.shape), "expected": str(expected.shape)}
        raise ExportError("export-shape-differs", name, **shapes)
    difference = float(np.abs(found - expected).max())
    if not difference <= TOLERANCE:  # NaN too
        raise ExportError("export-values-differ", name, difference=f"{difference:.2g}")


def _example(model: LLFlow, height: int, width: int) -> tuple[Tensor, ...]:
    """Return the inputs for a random dark window in the middle of a picture twice its size."""
    generator = torch.Generator().manual_seed(0)
    dark = 0.2 * torch.rand(1, 3, height, width, generator=generator)
    inputs = condition(dark, 5 * dark), torch.full((1,), 0.1)
    if model.context is None:
        return inputs
    small = 0.2 * torch.rand(1, 3, THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH, generator=generator)
    window = torch.tensor([height // 2, width // 2, 2 * height, 2 * width]).float()
    return *inputs, log_picture(small), window
