"""Where tests reach the service, without a network."""

from __future__ import annotations

from typing import Final

ADDRESS: Final = "http://localhost:8765"
