"""`llenhance export`: a model as a file for other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from llenhance.cli.obtain import obtain
from llenhance.cli.options import Json, Model, Overwrite, Quiet
from llenhance.cli.terminal import Terminal


def export(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="File: NAME.onnx or NAME.xml.")
    ],
    file_format: Annotated[
        Literal["onnx", "openvino"],
        typer.Option("--format", help="ONNX, or OpenVINO (a .xml file and a .bin file)."),
    ],
    model: Model = "nano",
    tile: Annotated[
        int | None,
        typer.Option(min=8, metavar="PIXELS", help="Fixed height and width. Default: any size."),
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a model for ONNX Runtime, OpenVINO and others.

    \b
    Examples:
      llenhance export --format onnx -o nano.onnx
      llenhance export --format openvino --tile 512 -o nano.xml
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    terminal = Terminal("export", json=json, quiet=quiet)
    found = obtain(model, terminal=terminal, offline=False)
    from llenhance.export import export as export_network  # imports torch
    from llenhance.weights.file import load

    written = export_network(
        load(found.path),
        output,
        format=file_format,
        tile=tile,
        license=found.license.name if found.license else None,
        overwrite=overwrite,
    )
    size = sum(path.stat().st_size for path in written)
    terminal.say(f"{model} -> {', '.join(map(str, written))}  ({size / 1e6:.1f} MB, checked)")
    if json:
        files = [str(path) for path in written]
        terminal.document({"model": model, "format": file_format, "files": files, "size": size})
