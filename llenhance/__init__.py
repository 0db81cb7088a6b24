"""Turn dark photographs into well-lit ones with a conditional normalizing flow (LLFlow, AAAI 2022).

Start at `enhancer.py`, the public class; `jobs/task.py` goes from the bytes of a picture file to
those of the enhanced one. From there: `pictures/` (bytes to pixels), `enhancing/` (whole pictures),
`model/` (the paper), `engine/` (the same, fast), `cli/` (the command).

    >>> from llenhance import Enhancer, write_picture
    >>> write_picture("bright.jpg", Enhancer().enhance("examples/coffee.jpg"))
    ()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from llenhance.version import __version__

if TYPE_CHECKING:
    from llenhance.enhancer import Enhancer
    from llenhance.enhancing.enhanced import Enhanced
    from llenhance.enhancing.finish import Finish
    from llenhance.enhancing.plan import Plan
    from llenhance.enhancing.sample import Sample
    from llenhance.enhancing.variants import Variant
    from llenhance.enhancing.wish import Wish
    from llenhance.errors import (
        ExportError,
        LlenhanceError,
        MissingExtraError,
        PictureError,
        ResourceError,
        SingularMatrixError,
        TrainingError,
        UsageError,
        WeightsError,
    )
    from llenhance.files.pictures import read_picture, write_picture
    from llenhance.files.provenance import read_provenance
    from llenhance.jobs.request import Request
    from llenhance.jobs.task import Outcome, enhance_bytes
    from llenhance.messages.note import Note
    from llenhance.model.architecture import Architecture
    from llenhance.pictures.decode import decode
    from llenhance.pictures.encode import encode, losses
    from llenhance.pictures.picture import Picture
    from llenhance.pictures.provenance import Provenance

__all__ = [
    "Architecture",
    "Enhanced",
    "Enhancer",
    "ExportError",
    "Finish",
    "LlenhanceError",
    "MissingExtraError",
    "Note",
    "Outcome",
    "Picture",
    "PictureError",
    "Plan",
    "Provenance",
    "Request",
    "ResourceError",
    "Sample",
    "SingularMatrixError",
    "TrainingError",
    "UsageError",
    "Variant",
    "WeightsError",
    "Wish",
    "__version__",
    "decode",
    "encode",
    "enhance_bytes",
    "losses",
    "read_picture",
    "read_provenance",
    "write_picture",
]

_HOMES = {
    "enhancer": ("Enhancer",),
    "enhancing.enhanced": ("Enhanced",),
    "enhancing.finish": ("Finish",),
    "enhancing.plan": ("Plan",),
    "enhancing.sample": ("Sample",),
    "enhancing.variants": ("Variant",),
    "enhancing.wish": ("Wish",),
    "errors": (
        "ExportError",
        "LlenhanceError",
        "MissingExtraError",
        "PictureError",
        "ResourceError",
        "SingularMatrixError",
        "TrainingError",
        "UsageError",
        "WeightsError",
    ),
    "files.pictures": ("read_picture", "write_picture"),
    "files.provenance": ("read_provenance",),
    "jobs.request": ("Request",),
    "jobs.task": ("Outcome", "enhance_bytes"),
    "messages.note": ("Note",),
    "model.architecture": ("Architecture",),
    "pictures.decode": ("decode",),
    "pictures.encode": ("encode", "losses"),
    "pictures.picture": ("Picture",),
    "pictures.provenance": ("Provenance",),
}


def __getattr__(name: str) -> object:  # torch takes seconds to import; `--help` must not wait
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"llenhance.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
