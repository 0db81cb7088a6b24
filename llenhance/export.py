"""The folded network as a file for other runtimes: a trained network in, ONNX or OpenVINO out.

The file computes in float32 what `Engine.enhance` does: the 12 channels of `conditioning.py` and
the brightness to the picture; where the model has a context map, it makes and samples it too. It is
run and compared with the engine before it gets its name.
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

from llenhance import __version__
from llenhance.engine.context import Context, placed, weights_along
from llenhance.engine.engine import compile_model
from llenhance.engine.network import FastNetwork
from llenhance.errors import ExportError, PictureError, UsageError, require
from llenhance.files.whole import EXISTS, write_whole
from llenhance.model.architecture import STRIDE
from llenhance.model.conditioning import (
    THUMBNAIL_HEIGHT,
    THUMBNAIL_WIDTH,
    condition,
    log_picture,
)
from llenhance.model.context import PLACES, Extent
from llenhance.model.llflow import LLFlow

Format = Literal["onnx", "openvino"]

INPUTS: Final = ("condition", "brightness", "thumbnail", "window")
"""Of a file; one of a model without a context map has the first two."""

OUTPUT: Final = "picture"
EXTENSIONS: Final[Mapping[Format, str]] = {"onnx": ".onnx", "openvino": ".xml"}

OPSET: Final = 17
"""Of ONNX: it has all that the network needs, and runtimes have known it since 2022."""

TOLERANCE: Final = 1e-3
"""Largest difference of a value, 0..1, from the engine's; random networks came within 1e-5."""

_TRACED: Final = (64, 96)
_CHECKED: Final = (72, 120)  # another size: one that was fixed by mistake shows


def export(
    model: LLFlow,
    path: Path,
    *,
    format: Format,
    tile: int | None = None,
    licence: str | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write the folded network of a model, whole and checked, or not at all.

    Its inputs are ``condition`` ``(1, 12, H, W)``, H and W multiples of 8, and ``brightness``
    ``(1,)``, what is added to the colour map. A model with a context map has two more:
    ``thumbnail`` ``(1, 3, 32, 48)`` of `conditioning.thumbnail`, and ``window`` ``(4,)``: the row
    and the column of the whole picture at which ``condition`` starts, and the whole picture's
    height and width, in pixels. The output is ``picture`` ``(1, 3, H, W)``, 0..1 nominal, not
    clamped. The file says ``architecture`` (JSON), ``margin``, ``version`` of llenhance and perhaps
    ``licence``.

    Args:
        model: trained, on the CPU; stays as it is.
        path: ends in ``.onnx``, or in ``.xml`` for OpenVINO, which puts its numbers beside it in a
            file that ends in ``.bin``.
        format: of the file.
        tile: height and width, a multiple of 8; without it they are free.
        licence: of the weights, if known.
        overwrite: replace files that are there.

    Returns:
        The files that were written.

    Raises:
        MissingExtraError: the runtime is not installed.
        UsageError: an unsuitable ``tile`` or name.
        PictureError: a file exists, or cannot be written.
        ResourceError: the disk is full.
        ExportError: the runtime computes something else than the engine; nothing is written.
    """
    if path.suffix != EXTENSIONS[format]:
        problem = f"does not end in {EXTENSIONS[format]}"
        raise UsageError(str(path), problem, f"Files for {format} do")
    if tile is not None and (tile <= 0 or tile % STRIDE):
        raise UsageError(f"tile {tile}", f"is not a multiple of {STRIDE}", "Use 768 or 896")
    targets = [path] if format == "onnx" else [path.with_suffix(".bin"), path]
    for target in targets:
        if target.exists() and not overwrite:
            raise PictureError(str(target), *EXISTS)
    save, run = (_save_onnx, _run_onnx) if format == "onnx" else (_save_openvino, _run_openvino)
    facts = {
        "architecture": model.architecture.to_json(),
        "margin": str(model.architecture.margin),
        "version": f"llenhance {__version__}",
    }
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / path.name
        save(model, made, tile, facts | ({"licence": licence} if licence else {}))
        _check(model, lambda inputs: run(made, inputs), name=str(path), tile=tile)
        written: list[Path] = []
        try:
            for target in targets:
                write_whole(target, (made.parent / target.name).read_bytes(), overwrite=overwrite)
                written.append(target)
        except BaseException:
            if not overwrite:  # the numbers without the network
                for target in written:
                    target.unlink(missing_ok=True)
            raise
    return targets


def _save_onnx(model: LLFlow, path: Path, tile: int | None, facts: Mapping[str, str]) -> None:
    onnx = require("onnx", extra="export")
    require("onnxruntime", extra="export")  # told now, not after the conversion
    _trace(model, path, tile)
    network = onnx.load(path)
    onnx.helper.set_model_props(network, dict(facts))
    onnx.checker.check_model(network)
    onnx.save(network, path)


def _save_openvino(model: LLFlow, path: Path, tile: int | None, facts: Mapping[str, str]) -> None:
    openvino = import_openvino()
    # By way of ONNX: OpenVINO's own converter of torch took four times as long, for the same speed.
    traced = path.with_suffix(".onnx")
    _trace(model, traced, tile)
    network = openvino.Core().read_model(traced)
    for key, fact in facts.items():
        network.set_rt_info(fact, ["llenhance", key])
    openvino.save_model(network, path, compress_to_fp16=False)


class _Exported(nn.Module):
    """The folded network, and the context network of `model/` before it."""

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
        # torch calls this exporter deprecated; the other one needs a package more (onnxscript).
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter(
            "ignore", cast("Any", torch.jit).TracerWarning
        )  # sizes: checked below
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
    exact = {"INFERENCE_PRECISION_HINT": "f32"}  # some processors compute in bfloat16 otherwise
    compiled = import_openvino().Core().compile_model(path, "CPU", exact)
    return compiled(inputs)[OUTPUT]


def import_openvino() -> ModuleType:
    """Import OpenVINO without its telemetry, which would tell its maker of every import."""
    sys.modules.setdefault("openvino_telemetry", cast("Any", None))  # it has a stub for this case
    return require("openvino", extra="openvino")


def _check(
    model: LLFlow, run: Callable[[Inputs], NDArray[Any]], *, name: str, tile: int | None
) -> None:
    """Raise `ExportError` where the file and the engine disagree on a dark, noisy window."""
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
        raise ExportError(name, f"gives the shape {found.shape}, not {expected.shape}", _REMEDY)
    difference = float(np.abs(found - expected).max())
    if not difference <= TOLERANCE:  # NaN too
        raise ExportError(name, f"differs from llenhance by {difference:.2g}", _REMEDY)


_REMEDY: Final = "Nothing was written. Try another version of the runtime, and report this"


def _example(model: LLFlow, height: int, width: int) -> tuple[Tensor, ...]:
    """Return the inputs for a random dark window, in the middle of a picture twice its size."""
    generator = torch.Generator().manual_seed(0)
    dark = 0.2 * torch.rand(1, 3, height, width, generator=generator)
    inputs = condition(dark, 5 * dark), torch.full((1,), 0.1)
    if model.context is None:
        return inputs
    small = 0.2 * torch.rand(1, 3, THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH, generator=generator)
    window = torch.tensor([height // 2, width // 2, 2 * height, 2 * width]).float()
    return *inputs, log_picture(small), window
