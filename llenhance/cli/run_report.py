"""`--report [FILE]`: a page that compares the inputs of a run with its results, at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llenhance.cli.compare import USUAL, is_page, refuse_other_than_page, rows_of
from llenhance.cli.terminal import Terminal
from llenhance.errors import LlenhanceError, UsageError
from llenhance.messages.note import Note

if TYPE_CHECKING:
    from llenhance.compare.matching import Row
    from llenhance.jobs.results import Result

OPTION: Final = "--report"
_LABELS: Final = ("Input", "Result")
_STDIO: Final = "-"


def with_page(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the name of a page after each `--report` that has none.

    >>> with_page(["--report", "photos", "-o", "out"])
    ['--report=report.html', 'photos', '-o', 'out']
    """
    spelled = list(arguments)
    end = spelled.index("--") if "--" in spelled else len(spelled)
    for place, word in enumerate(spelled[:end]):
        if word == OPTION:
            follows = spelled[place + 1] if place + 1 < len(spelled) else ""
            if not (is_page(Path(follows)) or _is_meant_as_page(follows)):
                spelled[place] = f"{OPTION}={USUAL}"
    return spelled


def _is_meant_as_page(word: str) -> bool:
    """Tell whether this is the name of a new file that is no picture: no page, but meant as one."""
    from llenhance.pictures.formats import format_named

    if word.startswith(("-", "@")) or "://" in word or not Path(word).suffix:
        return False
    return format_named(word) is None and not Path(word).exists()


class RunReport:
    """The pictures of a run, and the page that shows them when it is over.

    The page of an earlier run is replaced, so that the same command can be given again; any other
    file of that name is not.

    Args:
        name: Of the page; None if there is to be none.
        overwrite: Whether any other file of that name is replaced.

    Raises:
        UsageError: A page cannot have this name, or cannot be written.
    """

    def __init__(self, name: str | None, *, overwrite: bool) -> None:
        self._rows: list[Row] = []
        self._page = None if name is None else Path(name)
        self._overwrite = overwrite
        if self._page is not None:
            from llenhance.compare.report import is_report
            from llenhance.files.preflight import check_output

            refuse_other_than_page(self._page)
            self._overwrite = overwrite or is_report(self._page)
            check_output(self._page, overwrite=self._overwrite, kind=UsageError)

    def add(self, result: Result) -> None:
        """Note down what became of a picture; the page shows it from its files."""
        if self._page is None or _STDIO in (result.input, result.output):
            return
        if result.error is None and (result.output is None or result.status == "copied"):
            return  # left alone, or no picture

        from llenhance.compare.matching import Row

        made = result.error or Path(result.output or "")
        remark = "left as it is, since it is well lit" if result.status == "left" else ""
        row = Row(name=result.input, cells=(Path(result.input), made), remark=remark)
        self._rows.append(row)

    def give_up(self, terminal: Terminal) -> None:
        """Say that there is no page, since the run was stopped."""
        if self._page is not None:
            terminal.note(Note("report-not-finished"), about=str(self._page))

    def write(self, terminal: Terminal) -> None:
        """Write the page, and say so; in JSON in a line of its own."""
        if self._page is None:
            return
        try:
            terminal.note(self._written(self._page, terminal), about=str(self._page))
        except LlenhanceError as error:
            terminal.fail(error)
        if terminal.json:
            terminal.document(None, messages=terminal.take_told(), lines=True)

    def _written(self, page: Path, terminal: Terminal) -> Note:
        from llenhance.cli.bars import watching
        from llenhance.compare.matching import Matched
        from llenhance.compare.report import write_report

        if not self._rows:
            return Note("report-of-nothing")
        with watching(terminal, 1) as progress:
            progress("Writing the report", 0, 0)
            report = write_report(
                page,
                Matched(labels=_LABELS, rows=_told_apart(self._rows)),
                title="Inputs and results",
                overwrite=self._overwrite,
                progress=lambda done, rows: progress("Writing the report", done, rows),
            )
        return Note("report-written", rows=rows_of(report), megabytes=round(report.size / 1e6, 1))


def _told_apart(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return rows of which those of one input, such as its variants, are named by results too."""
    many = Counter(row.name for row in rows)
    return tuple(
        replace(row, name=f"{row.name}: {made.name}")
        if many[row.name] > 1 and isinstance(made := row.cells[-1], Path)
        else row
        for row in rows
    )
