"""Texts in, what may stand in a page out: escaped, and nothing that the page does not know."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files


def text(value: str) -> str:
    """Return a text as HTML has it, in elements and in attributes."""
    return escape(legible(value))


def legible(value: str) -> str:
    """Return a text that can be encoded; bytes of names that are none are marked."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def asset(name: str) -> str:
    """Return the content of a file of this room."""
    return (files("llenhance.compare") / name).read_text(encoding="utf-8")


def digest(content: str) -> str:
    """Return what a Content-Security-Policy calls an inline script or style."""
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"
