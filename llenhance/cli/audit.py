"""`llenhance audit`: prove that the originals of results are what they were."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from llenhance.cli.documents import Told
from llenhance.cli.meant import refuse_home
from llenhance.cli.options import Quiet
from llenhance.cli.terminal import Terminal
from llenhance.errors import LlenhanceError, PictureError
from llenhance.messages.note import Note

if TYPE_CHECKING:
    from llenhance.jobs.audit import Audited

_COUNTS: Final = ("unchanged", "changed", "missing", "unreadable", "without_record")


def audit(
    folder: Annotated[
        str,
        typer.Argument(metavar="DIR", show_default=False, help="Folder with results, and below."),
    ],
    originals: Annotated[
        list[str] | None,
        typer.Option(metavar="DIR", help="Folder with originals; may be given several times."),
    ] = None,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print a line of JSON for each result, and one of counts."),
    ] = False,
    quiet: Quiet = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Name unchanged originals too.")
    ] = False,
) -> None:
    """Prove that originals are unchanged, by the records in their results.

    \b
    Examples:
      llenhance audit enhanced
      llenhance audit archive/enhanced --originals archive/scans
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    from llenhance.jobs.audit import NoRecord
    from llenhance.jobs.audit import audit as look
    from llenhance.jobs.loop import Failed

    terminal = Terminal("audit", json=json, quiet=quiet, verbose=verbose)
    for name in (folder, *(originals or ())):
        refuse_home(name)
    counts: Counter[str] = Counter()
    for found in look(Path(folder), originals=[Path(name) for name in originals or ()]):
        if isinstance(found, NoRecord):
            counts["without_record"] += 1
        elif isinstance(found, Failed):
            counts["unreadable"] += 1
            _tell(terminal, None, found.error)
        else:
            counts[found.status] += 1
            _tell(terminal, found, _problem(found))
    results = sum(counts[status] for status in ("unchanged", "changed", "missing"))
    if not results:
        terminal.note(Note("no-results-to-audit"), about=folder)
    if json:
        summary = {"folder": folder, "results": results} | {name: counts[name] for name in _COUNTS}
        terminal.document(summary, messages=terminal.take_told(), lines=True)
    elif not quiet:
        parts = (f"{counts[name]} {name}" for name in _COUNTS[: 4 if counts["unreadable"] else 3])
        terminal.write_rows(f"originals of {results} results: {', '.join(parts)}")
    raise typer.Exit(terminal.exit_code)


def _problem(found: Audited) -> PictureError | None:
    if found.status == "changed":
        return PictureError("original-changed", str(found.original), result=str(found.result))
    if found.status == "missing":
        return PictureError("original-missing", str(found.result), source=found.source_name)
    return None


def _tell(terminal: Terminal, found: Audited | None, error: LlenhanceError | None) -> None:
    if error is not None:
        terminal.fail(error)
    elif found is not None and terminal.verbose and not terminal.json:
        terminal.say(f"{found.original} is unchanged, by {found.result}")
    if terminal.json:
        messages: list[Told] = terminal.take_told()
        code = 0 if error is None else error.exit_code
        terminal.document(_row(found), messages=messages, exit_code=code, lines=True)


def _row(found: Audited | None) -> dict[str, Any] | None:
    return found and {
        "result": str(found.result),
        "status": found.status,
        "original": None if found.original is None else str(found.original),
        "source_name": found.source_name,
        "source_sha256": found.expected,
        "found_sha256": found.found,
    }
