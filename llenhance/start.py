"""The way in of the command: Ctrl-C ends it quietly while everything else is still loaded."""

from __future__ import annotations

import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run the command that the process was started with, and exit with its code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a traceback would help nobody
    from llenhance.cli import main as command  # takes a while

    command()
