"""`python -m llenhance` is the `llenhance` command.

Python looks for modules in the current folder first, so a `signal.py` that lies there would run in
place of Python's own. From here on that is over; what Python and the package load before this
(`typing`, `contextlib`) is safe with `python -P -m llenhance`, or with `llenhance` itself.
"""

from __future__ import annotations

import os  # not pathlib: it could be one that lies in the current folder
import sys

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
if not sys.flags.safe_path and os.path.abspath(sys.path[0]) != _HOME:  # noqa: PTH100
    del sys.path[0]  # the current folder, unless llenhance itself lies there

from llenhance.start import main  # noqa: E402

if __name__ == "__main__":
    main()
