"""`llenhance info`: what picture files are and hold, and what made them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from llenhance.cli.documents import told
from llenhance.cli.meant import refuse_home
from llenhance.cli.options import Quiet
from llenhance.cli.terminal import Terminal, amount, printable
from llenhance.errors import LlenhanceError

if TYPE_CHECKING:
    from llenhance.pictures.about import About

_LIES: Final = {
    1: "upright",
    2: "mirrored",
    3: "upside down",
    4: "upside down and mirrored",
    5: "mirrored, and turned to the left",
    6: "turned to the left: a result is turned back",
    7: "mirrored, and turned to the right",
    8: "turned to the right: a result is turned back",
}
_WIDTH: Final = 13  # of the first column
_LONGEST: Final = 100  # characters of a text that is shown


def info(
    pictures: Annotated[
        list[str],
        typer.Argument(metavar="PICTURE", show_default=False, help="Picture files."),
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON for each picture.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Show what pictures are and hold, and what made them.

    \b
    Examples:
      llenhance info photo.jpg
      llenhance info enhanced/*.jpg --json
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    from llenhance.files.reading import read_bytes
    from llenhance.pictures.about import about

    terminal = Terminal("info", json=json, quiet=quiet)
    shown = 0
    for name in pictures:
        try:
            refuse_home(name)
            data = read_bytes(Path(name))
            found = about(data, name=name)
        except LlenhanceError as error:
            terminal.fail(error)
            if json:
                terminal.document(
                    None, messages=terminal.take_told(), exit_code=error.exit_code, lines=True
                )
            continue
        if json:
            messages = [told(note, command="info", about=name) for note in found.notes]
            result = _as_document(name, len(data), found)
            terminal.document(result, messages=messages, exit_code=0, lines=True)
        else:
            lines = _as_lines(name, len(data), found)
            terminal.write_rows(("\n" if shown else "") + "\n".join(map(printable, lines)))
        shown += 1
    raise typer.Exit(terminal.exit_code)


def _as_document(name: str, size: int, found: About) -> dict[str, Any]:
    coding = found.coding
    return {
        "input": name,
        "bytes": size,
        "format": found.format,
        "width": found.width,
        "height": found.height,
        "pictures": found.pictures,
        "depth": found.depth,
        "gray": found.gray,
        "alpha": found.alpha,
        "color_space": found.color_space,
        "color_source": found.color_source,
        "orientation": found.orientation,
        "quality": coding.quality if coding else None,
        "subsampling": coding.subsampling if coding else None,
        "progressive": coding.progressive if coding else None,
        "lossless": coding.lossless if coding else None,
        "metadata": found.blocks,
        "texts": [{"keyword": text.keyword, "value": text.value} for text in found.texts],
        "dpi": None if found.dpi is None else [round(value, 2) for value in found.dpi],
        "taken": found.taken,
        "camera": found.camera,
        "record": found.record and asdict(found.record),
    }


def _as_lines(name: str, size: int, found: About) -> Iterator[str]:
    yield name
    for title, value in _rows(size, found):
        yield f"  {title:<{_WIDTH}} {value}"


def _rows(size: int, found: About) -> Iterator[tuple[str, str]]:
    from llenhance.pictures.formats import FORMATS

    megapixels = found.width * found.height / 1e6
    yield "format", f"{FORMATS[found.format].title}, {amount(size)}"
    yield "size", f"{found.width} x {found.height} pixels ({megapixels:.3g} megapixels)"
    if found.pictures > 1:
        yield "pictures", f"{found.pictures}; what follows is said of the first one"
    channels = ("gray" if found.gray else "color") + (" with transparency" if found.alpha else "")
    yield "pixels", f"{channels}, {found.depth} bits per channel"
    source = f"told by: {found.color_source}" if found.color_source else "nothing in the file says"
    yield "color space", f"{found.color_space} ({source})"
    yield "orientation", f"{found.orientation}: {_LIES[found.orientation]}"
    if coded := ", ".join(_coding(found)):
        yield "compression", coded
    if found.dpi is not None:
        yield "resolution", " x ".join(f"{value:g}" for value in found.dpi) + " dots per inch"
    if found.taken:
        yield "taken", found.taken
    if found.camera:
        yield "camera", found.camera
    if found.blocks:
        yield "metadata", ", ".join(f"{kind} ({amount(n)})" for kind, n in found.blocks.items())
    for text in found.texts:
        value = " ".join(text.value.split())
        yield "text", f"{text.keyword}: {value[:_LONGEST]}" + "..." * (len(value) > _LONGEST)
    if found.record is not None:
        record = found.record
        by = f"llenhance {record.version} with {record.settings}"
        yield "made by", f"{by}, from {record.source_name}"
    for note in found.notes:
        yield "note", str(note)


def _coding(found: About) -> Iterator[str]:
    coding = found.coding
    if coding is None:
        return
    if coding.lossless:
        yield "lossless"
    if coding.quality is not None:
        yield f"quality about {coding.quality}"
    if coding.subsampling is not None:
        yield f"color {coding.subsampling}"
    if coding.progressive:
        yield "progressive"
