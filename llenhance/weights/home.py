"""The user's folder of models, and what lies where in it.

``models/NAME.safetensors`` are models with a name, ``imported/SUM.safetensors`` are checkpoints
that were given as files, by their SHA-256, and ``accepted.json`` lists accepted licenses.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from llenhance.errors import PictureError, WeightsError
from llenhance.system import system_errors

SUFFIX: Final = ".safetensors"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def home() -> Path:
    """Return the user's folder of models: $LLENHANCE_HOME, or where the system keeps such data.

    Raises:
        WeightsError: the variable is not set, and the user has no home folder.
    """
    import platformdirs

    given = os.environ.get("LLENHANCE_HOME")
    if given:
        return Path(given)
    with suppress(RuntimeError):  # of a user without a name
        folder = platformdirs.user_data_path("llenhance", appauthor=False)
        if folder.is_absolute():
            return folder
    raise WeightsError("home-unknown", "LLENHANCE_HOME")


def models_folder() -> Path | None:
    """Return the folder of models with a name, None if there is no home folder to have it in."""
    try:
        return home() / "models"
    except WeightsError:
        return None


def is_model_name(name: str) -> bool:
    """Tell whether a model can have this name: letters, digits, '-', '_' and '.', no extension."""
    return bool(_NAME.fullmatch(name)) and not name.endswith(SUFFIX)


def is_regular_file(path: Path) -> bool:
    """Tell whether a path leads to a file.

    Raises:
        WeightsError: the system does not tell, or no file can have this name.
    """
    with system_errors(path, WeightsError):
        try:
            return stat.S_ISREG(path.stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False


def names_in(folder: Path) -> list[str]:
    """Return the names of the models in a folder, sorted; none if there is no such folder.

    Raises:
        WeightsError: the folder cannot be read.
    """
    with system_errors(folder, WeightsError):
        try:
            files = list(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
    return sorted(file.stem for file in files if file.suffix == SUFFIX and is_model_name(file.stem))


@contextmanager
def keeping_in(folder: Path) -> Generator[None]:
    """Make one of the user's folders, so that files can be written in it.

    Raises:
        WeightsError: the folder cannot be made, or what is written inside is refused.
        ResourceError: the disk is full.
    """
    try:
        with system_errors(folder):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except FileExistsError as reason:
                raise PictureError("path-through-file", str(folder)) from reason
            yield
    except PictureError as error:  # what the writing of files of any kind raises
        raise WeightsError("models-folder-unusable", error.name, reason=error.problem) from error
