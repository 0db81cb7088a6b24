"""Training and validation pictures from folders."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llenhance.errors import TrainingError, UsageError
from llenhance.files.folders import pictures_in, read_pixels
from llenhance.system import system_errors
from llenhance.training.data import TrainingData
from llenhance.training.recipe import Recipe
from llenhance.training.settings import Settings
from llenhance.training.sources import DarkenedSource, Pair, PairSource


def load_pictures(
    settings: Settings, recipe: Recipe, *, held_out: set[str] | None
) -> tuple[TrainingData, list[Pair]]:
    """Load all pictures of a run.

    Args:
        settings: Names the folders.
        recipe: Says how large crops are.
        held_out: Stems of the validation pictures, None if there is no validation.

    Returns:
        What is trained on, and the pairs that are validated on.

    Raises:
        TrainingError: Pictures are missing, too small, or do not match.
        UsageError: A folder does not exist or has no pictures.
        PictureError: A picture cannot be read.
    """
    sources: list[PairSource | DarkenedSource] = []
    validation: list[Pair] = []
    for low, high in zip(settings.low, settings.high, strict=True):
        pairs = load_pairs(low, high, names=held_out, leave_out=True)
        _require_size(low, [pair.dark for pair in pairs], recipe)
        sources.append(PairSource(pairs, recipe=recipe))
        if held_out is not None:
            validation += load_pairs(low, high, names=held_out, leave_out=False)
    for folder, kind in settings.to_darken:
        paths = [p for stem, p in pictures_in(folder).items() if stem not in (held_out or set())]
        photographs = _unique([read_pixels(path) for path in paths])
        _require_size(folder, photographs, recipe)
        sources.append(DarkenedSource(photographs, recipe=recipe, kind=kind))
    if held_out is not None and not validation:
        raise TrainingError("list-unmatched", str(settings.validation))
    if settings.validation_limit is not None and len(validation) > settings.validation_limit:
        chosen = np.linspace(0, len(validation) - 1, settings.validation_limit).round().astype(int)
        validation = [validation[i] for i in chosen]
    data = TrainingData(sources, shares=settings.shares or [1.0] * len(sources), recipe=recipe)
    return data, validation


def load_pairs(low: Path, high: Path, *, names: set[str] | None, leave_out: bool) -> list[Pair]:
    """Load pairs of pictures with the same stem.

    Args:
        low: Folder of dark pictures.
        high: Folder of references.
        names: Stems to leave out, or the only ones to load; None for all pairs.
        leave_out: Whether to leave these names out.

    Raises:
        TrainingError: A picture has no partner, or its partner has another size.
        UsageError: A folder does not exist or has no pictures.
        PictureError: A picture cannot be read.
    """
    dark, normal = pictures_in(low), pictures_in(high)
    pairs: list[Pair] = []
    for stem, path in dark.items():
        if names is not None and (stem in names) == leave_out:
            continue
        if stem not in normal:
            raise TrainingError("partner-missing", str(path), folder=str(high))
        pair = Pair(name=stem, dark=read_pixels(path), normal=read_pixels(normal[stem]))
        if pair.dark.shape != pair.normal.shape:
            raise TrainingError("partner-of-other-size", str(path), folder=str(high))
        pairs.append(pair)
    return pairs


def stems_in(listing: Path) -> set[str]:
    """Return the stems of the validation pictures.

    Args:
        listing: A text file with one stem per line; or a CSV file whose first column is the stem
            and which has a column ``split``: rows with ``val`` in it count.

    Raises:
        UsageError: The file cannot be read.
        TrainingError: The file is not text, or names nothing.
    """
    with system_errors(listing, UsageError):
        data = listing.read_bytes()
    try:
        text = data.decode("utf-8-sig")  # spreadsheets add a byte order mark
    except UnicodeDecodeError as reason:
        raise TrainingError("list-not-text", str(listing)) from reason
    if listing.suffix.lower() == ".csv":
        rows = list(csv.DictReader(text.splitlines()))
        stems = {next(iter(row.values())) for row in rows if row.get("split") == "val"}
    else:
        stems = {line.strip() for line in text.splitlines()} - {""}  # names may contain spaces
    if not stems:
        raise TrainingError("list-empty", str(listing))
    return stems


def _unique(photographs: Sequence[Any]) -> list[Any]:
    """Drop exact repetitions: a reference is stored once for each of its dark partners."""
    return list({pixels.tobytes(): pixels for pixels in photographs}.values())


def _require_size(folder: Path, pictures: Sequence[Any], recipe: Recipe) -> None:
    if not pictures:
        raise TrainingError("all-held-out", str(folder))
    if min(min(pixels.shape[:2]) for pixels in pictures) < recipe.crop:
        raise TrainingError("pictures-smaller-than-crop", str(folder), crop=recipe.crop)
