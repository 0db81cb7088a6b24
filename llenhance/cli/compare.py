"""`llenhance compare`: pictures of any programs beside each other, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from llenhance.cli.meant import refuse_home
from llenhance.cli.options import Json, Overwrite, Quiet
from llenhance.cli.terminal import Terminal
from llenhance.errors import LlenhanceError, UsageError

if TYPE_CHECKING:
    from llenhance.compare.looking import Seen
    from llenhance.compare.report import Report

USUAL: Final = "report.html"
"""What a page is called if nobody names it."""

_ENDINGS: Final = (".html", ".htm")


def compare(
    places: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR|PICTURE",
            show_default=False,
            help="Folders whose pictures have the same names, or pictures; by any programs.",
        ),
    ],
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|PICTURE",
            help="Well-lit pictures of the same names: the others are scored against them.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...",
            help="What the columns are called, with commas between; without it, like the folders.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Write the page to this file.")
    ] = Path(USUAL),
    preview_size: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS",
            min=64,
            max=8192,
            help="Longer side of the pictures in the page; without it, the more pictures, "
            "the smaller.",
        ),
    ] = None,
    lpips: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights of LPIPS (AlexNet), to measure LPIPS too."),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    json: Json = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Compare pictures on one page, with a slider between before and after.

    The page is one file, which any browser shows, also without a network.

    \b
    Examples:
      llenhance compare holiday/ holiday_enhanced/
      llenhance compare dark/ ours/ theirs/ --reference lit/ --labels Dark,Ours,Theirs
      llenhance compare photo.jpg photo_enhanced.jpg -o photo.html --open
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    terminal = Terminal("compare", json=json, quiet=quiet)
    for name in (*places, reference, output):
        refuse_home(None if name is None else str(name))
    refuse_other_than_page(output)
    if lpips is not None and reference is None:
        raise UsageError("needs-references", "--lpips")

    from llenhance.cli.bars import watching
    from llenhance.compare.matching import match
    from llenhance.compare.report import write_report
    from llenhance.files.preflight import check_output

    called = [label.strip() for label in labels.split(",")] if labels else []
    matched = match(places, reference=reference, labels=called)
    inputs = [cell for row in matched.rows for cell in row.cells if isinstance(cell, Path)]
    check_output(output, overwrite=overwrite, inputs=inputs)
    with watching(terminal, 1) as progress:
        progress("Comparing", 0, 0)
        report = write_report(
            output,
            matched,
            title=", ".join(matched.labels),
            overwrite=overwrite,
            preview=preview_size,
            lpips=lpips,
            progress=lambda done, rows: progress("Comparing", done, rows),
        )
    for problem in report.problems:
        terminal.fail(problem)
    terminal.say(f"{rows_of(report)} compared -> {output}  ({_about(report)})")
    if json:
        terminal.document(_as_json(report))
    if open_it:
        import webbrowser

        webbrowser.open(output.resolve().as_uri())
    raise typer.Exit(terminal.exit_code)


def is_page(path: Path) -> bool:
    """Tell whether the name of a file is that of a page."""
    return path.suffix.lower() in _ENDINGS


def refuse_other_than_page(path: Path) -> None:
    """Raise if the name of a file is none of a page.

    Raises:
        UsageError: It is not.
    """
    if not is_page(path):
        raise UsageError("report-extension", str(path))


def rows_of(report: Report) -> str:
    """Return how many rows a report has, in words."""
    return "1 picture" if len(report.rows) == 1 else f"{len(report.rows)} pictures"


def _about(report: Report) -> str:
    return f"{report.size / 1e6:.1f} MB, previews of {report.preview} pixels"


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "report": str(report.path),
        "bytes": report.size,
        "preview": report.preview,
        "columns": list(report.labels),
        "pictures": [
            {"name": row.row.name, "columns": [_cell(cell) for cell in row.cells]}
            for row in report.rows
        ],
        "unpaired": [one.name for one in report.problems if one.code == "no-partner"],
    }


def _cell(cell: Seen | LlenhanceError | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    if isinstance(cell, LlenhanceError):
        return {"file": cell.name, "code": cell.code}
    shown = {"file": str(cell.path), "width": cell.width, "height": cell.height}
    problem = {} if cell.problem is None else {"code": cell.problem.code}
    return {**shown, **problem, "figures": {**cell.compared, **cell.alone}}
