"""Lines that are longer than a terminal is wide: broken between words, not in them."""

from __future__ import annotations

import re
from typing import Final

_GAP: Final = re.compile(r"(?<=\S) {2,}(?=\S)")
_LEAST: Final = 20  # cells of a last column that is worth it to be kept apart


def wrapped(line: str, width: int) -> str:
    """Return a line as several that are no wider than this, if its words are not.

    The last column of a table stays a column where there is room, and else begins a line of its
    own. A word that is wider than all stays whole: the terminal breaks it, and it can be copied.

    Args:
        line: Without line ends.
        width: In cells of the terminal.
    """
    from rich.cells import cell_len

    if cell_len(line) <= width:
        return line
    start = len(line) - len(line.lstrip(" "))
    if not (gaps := list(_GAP.finditer(line))):
        return "\n".join(_broken(line, width, indent=start))
    column = cell_len(line[: gaps[-1].end()])
    if width - column >= _LEAST:
        return "\n".join(_broken(line, width, indent=column))
    apart = " " * (start + 2) + line[gaps[-1].end() :]
    return "\n".join((wrapped(line[: gaps[-1].start()], width), wrapped(apart, width)))


def _broken(line: str, width: int, *, indent: int) -> list[str]:
    from rich.cells import cell_len

    lines = [""]
    for word in re.findall(r" *\S+", line):
        if lines[-1].strip() and cell_len(lines[-1] + word) > width:
            word = word.lstrip(" ")
            fits = indent + cell_len(word) <= width
            lines.append(" " * (indent if fits else min(indent, 4)) + word)
        else:
            lines[-1] += word
    return lines
