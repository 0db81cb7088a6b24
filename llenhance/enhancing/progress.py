"""How the work on a picture is told while it goes on."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the number of tiles done and the number of all tiles, after each tile."""
