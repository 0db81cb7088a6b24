"""`python -m llenhance` is the `llenhance` command."""

from __future__ import annotations

from llenhance.cli import main

if __name__ == "__main__":
    main()
