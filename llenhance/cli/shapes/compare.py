"""The JSON of `llenhance compare`, as types; see `document.py`."""

from __future__ import annotations

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from llenhance.cli.shapes.pictures import Figures

_exact = with_config(ConfigDict(extra="forbid"))


@_exact
class ComparedPicture(TypedDict, total=False):
    """A picture of a row: what is said of it, or the code of the error why nothing is.

    A picture that cannot be compared with its reference has both.
    """

    file: str
    code: str
    width: int
    height: int
    figures: Figures


@_exact
class ComparedRow(TypedDict):
    """Pictures of one name; null where there is none."""

    name: str
    columns: list[ComparedPicture | None]


@_exact
class ReportPage(TypedDict):
    """A page of `llenhance compare`: its file, bytes, and pixels a side of its previews."""

    report: str
    bytes: int
    preview: int
    columns: list[str]
    pictures: list[ComparedRow]
    unpaired: list[str]
