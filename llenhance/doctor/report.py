"""Everything that the doctor looks at, one check after the other, and what is wrong with it."""

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

from llenhance import __version__
from llenhance.doctor.devices import Device, crowded, find_devices, look_for_gpus, unused_gpus
from llenhance.doctor.formats import Codec, try_codecs
from llenhance.doctor.places import Place, usual_places
from llenhance.doctor.problem import Problem
from llenhance.doctor.trials import Trial, try_precisions
from llenhance.errors import LlenhanceError, UsageError, WeightsError
from llenhance.weights.file import load
from llenhance.weights.find import DEFAULT_MODEL, everything, find

_NEEDED: Final = ("pillow", "huggingface-hub", "safetensors")
_OPTIONAL: Final = ("scikit-image", "onnx", "onnxruntime", "openvino")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """The file of a model.

    Attributes:
        model: its name, or the path that was asked for.
        path: of the file, None where it is not on this machine.
        size: bytes.
        error: what is wrong with it, None where all of it was loaded, or nothing is there.
    """

    model: str
    path: Path | None = None
    size: int | None = None
    error: LlenhanceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found.

    Attributes:
        versions: by name; None where it is not installed.
        system: name and release of the operating system.
        machine: its kind of processor.
        model: that was tried.
        trials: one a device; none where the model's weights cannot be used.
        problems: the worst first, remarks last.
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
        """3 for unusable weights, else 1 for what else is broken, else 0: the highest of them."""
        return max((problem.exit_code for problem in self.problems), default=0)


def examine(model: str = DEFAULT_MODEL) -> Report:
    """Try everything that enhancing pictures needs.

    Args:
        model: as `models.find` takes it; it is not downloaded.
    """
    signs = look_for_gpus()  # first: torch complains only once, to who asks first
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
    problems = [
        *(Problem.of(file.error) for file in weights if file.error),
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
        problems=sorted(problems, key=lambda problem: -problem.exit_code),
    )


def find_versions() -> dict[str, str | None]:
    """Return the versions of llenhance, Python and libraries; None for what is not installed."""
    return {
        "llenhance": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,  # tells what it was built for; the list of packages does not
        "numpy": np.__version__,
        "opencv": cv2.__version__,  # is there under several names of packages
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
            yield Problem(f"{name} is not installed", f"Run: pip install {name}")


def check_weights(models: Iterable[tuple[str, Path | None]]) -> Iterator[WeightsFile]:
    """Load the weights of models, and yield what is wrong with them.

    Args:
        models: names with their files; None for one that is not on this machine, which is no error.
    """
    for model, path in models:
        if path is None:
            yield WeightsFile(model=model)
            continue
        try:
            size = path.stat().st_size
            load(path)
        except WeightsError as error:
            yield WeightsFile(model=model, path=path, error=error)
        except OSError as reason:
            problem = f"cannot be read ({reason.strerror})"
            error = WeightsError(str(path), problem, "Check the file, or get it again")
            yield WeightsFile(model=model, path=path, error=error)
        else:
            yield WeightsFile(model=model, path=path, size=size)


def _asked_for(model: str) -> WeightsFile:
    """Return what is to be said of a model that has no name."""
    try:
        path = find(model, offline=True)
    except (WeightsError, UsageError) as error:
        return WeightsFile(model=model, error=error)
    return next(check_weights([(model, path)]))
