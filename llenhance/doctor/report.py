"""Everything that the doctor checks, one thing after the other, and what is wrong."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch

from llenhance.doctor.devices import Device, crowded, find_devices, look_for_gpus, unused_gpus
from llenhance.doctor.formats import Codec, try_codecs
from llenhance.doctor.places import Place, usual_places
from llenhance.doctor.problem import Problem, exit_code_of
from llenhance.doctor.trials import Trial, try_precisions
from llenhance.errors import LlenhanceError, WeightsError
from llenhance.system import system_errors
from llenhance.version import __version__
from llenhance.weights.file import load
from llenhance.weights.find import DEFAULT_MODEL, find
from llenhance.weights.local import everything

_NEEDED: Final = ("pillow", "huggingface-hub", "safetensors")
_OPTIONAL: Final = ("scikit-image", "onnx", "onnxruntime", "openvino")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """The weights file of a model.

    Attributes:
        model: Name of the model, or the path that was asked for.
        path: Path of the file; None if it is not on this machine.
        size: Size of the file in bytes.
        error: What is wrong with the file; None if it was loaded, or is not on this machine.
    """

    model: str
    path: Path | None = None
    size: int | None = None
    error: LlenhanceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that was found.

    Attributes:
        versions: Versions by name; None if something is not installed.
        system: Name and release of the operating system.
        machine: Kind of processor.
        devices: Processors and GPUs.
        codecs: How well each picture format works.
        weights: Weights files of all models that are known, and of `model`.
        places: Folders that llenhance writes to.
        model: The model that was tried.
        trials: One trial for each device; none if the model's weights cannot be used.
        problems: Errors, the worst first, then notes.
    """

    versions: dict[str, str | None]
    system: str
    machine: str
    devices: list[Device]
    codecs: list[Codec]
    weights: list[WeightsFile]
    places: list[Place]
    model: str
    trials: list[Trial]
    problems: list[Problem]

    @property
    def exit_code(self) -> int:
        """3 if weights cannot be used, else 1 if something is broken, else 0."""
        return max(map(exit_code_of, self.problems), default=0)


def examine(model: str = DEFAULT_MODEL) -> Report:
    """Try everything that enhancing pictures needs.

    Args:
        model: The model to try, as `weights.find.find` takes it; it is not downloaded.
    """
    signs = look_for_gpus()  # first, because torch complains only the first time it is asked
    versions = find_versions()
    devices = find_devices(gpus=signs.usable)
    codecs = list(try_codecs())
    places = usual_places()
    weights = list(check_weights(everything()))
    tried = next((file for file in weights if file.model == model), None)
    if tried is None:
        tried = _asked_for(model)
        weights.append(tried)
    path = None if tried.error else tried.path
    trials = [try_precisions(path, device.name) for device in devices] if path else []
    problems: list[Problem] = [
        *(file.error for file in weights if file.error),
        *(codec.problem for codec in codecs if codec.problem),
        *(problem for trial in trials for problem in trial.problems),
        *(place.problem for place in places if place.problem),
        *_missing(versions),
        *unused_gpus(signs),
        *crowded(devices),
    ]
    return Report(
        versions=versions,
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        devices=devices,
        codecs=codecs,
        weights=weights,
        places=places,
        model=model,
        trials=trials,
        problems=sorted(problems, key=exit_code_of, reverse=True),
    )


def find_versions() -> dict[str, str | None]:
    """Return the versions of llenhance, Python and libraries; None if one is not installed."""
    return {
        "llenhance": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,  # unlike the package's version, it tells of CUDA
        "numpy": np.__version__,
        "opencv": cv2.__version__,  # several packages bring it
        **{name: _installed(name) for name in (*_NEEDED, *_OPTIONAL)},
    }


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _missing(versions: dict[str, str | None]) -> Iterator[Problem]:
    for name in _NEEDED:
        if versions[name] is None:
            yield LlenhanceError("package-missing", name, package=name)


def check_weights(models: Iterable[tuple[str, Path | None]]) -> Iterator[WeightsFile]:
    """Load the weights of models, and yield what is wrong with them.

    Args:
        models: Names with the paths of their files; None for a model that is not on this machine,
            which is no error.
    """
    for model, path in models:
        if path is None:
            yield WeightsFile(model=model)
            continue
        try:
            with system_errors(path, WeightsError):
                size = path.stat().st_size
            load(path)
        except LlenhanceError as error:
            yield WeightsFile(model=model, path=path, error=error)
        else:
            yield WeightsFile(model=model, path=path, size=size)


def _asked_for(model: str) -> WeightsFile:
    """Return what there is to say about a model that is not in the list of models."""
    try:
        path = find(model, offline=True).path
    except LlenhanceError as error:
        return WeightsFile(model=model, error=error)
    return next(check_weights([(model, path)]))
