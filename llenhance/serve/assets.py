"""What a browser gets, by its path: a table that is filled once, so no path leads anywhere else."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Final, NamedTuple


class Asset(NamedTuple):
    """A file of the page.

    Attributes:
        content: All of it.
        media_type: Of it.
    """

    content: bytes
    media_type: str


_HTML, _CSS, _JS = "text/html", "text/css", "text/javascript"


def _asset(package: str, name: str, media_type: str) -> Asset:
    return Asset((files(package) / name).read_bytes(), media_type)


_PAGE: Final = "llenhance.serve.page"
_SLIDER: Final = "llenhance.compare"

ASSETS: Final[Mapping[str, Asset]] = {
    "/": _asset(_PAGE, "index.html", _HTML),
    "/page.css": _asset(_PAGE, "page.css", _CSS),
    "/page.js": _asset(_PAGE, "page.js", _JS),
    "/service.js": _asset(_PAGE, "service.js", _JS),
    "/slider.css": _asset(_SLIDER, "slider.css", _CSS),
    "/slider.js": _asset(_SLIDER, "slider.js", _JS),
    "/api": _asset(_PAGE, "api.html", _HTML),
    "/api.js": _asset(_PAGE, "api.js", _JS),
    "/favicon.svg": _asset(_PAGE, "favicon.svg", "image/svg+xml"),
}
