"""The `llenhance` command: parse, call one function, print.

Start at `app.py`, the list of commands. A command lives in a file of its own name and imports what
it calls inside its function, so that `llenhance --help` loads neither torch nor numpy.
`terminal.py` is the only place that prints.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from llenhance.cli.app import run
from llenhance.cli.terminal import print_apart
from llenhance.process import prepare

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command that the process was started with, and exit with its code."""
    prepare()
    print_apart()
    sys.exit(run(sys.argv[1:]))
