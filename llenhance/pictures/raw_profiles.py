"""Metadata that ImageMagick and others write into PNG files as text: 'Raw profile type exif'."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from llenhance.pictures import photoshop

_PREFIX: Final = "Raw profile type "
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF: Final = b"Exif\0\0"
_KEYS: Final = {"exif": "exif", "xmp": "xmp", "icc": "icc_profile", "icm": "icc_profile"}


def raw_profiles(texts: Mapping[str, str]) -> dict[str, bytes]:
    """Return what texts hold: values of 'exif', 'xmp', 'icc_profile' and 'iptc'."""
    found: dict[str, bytes] = {}
    for key, text in texts.items():
        for name, value in _value(key, text).items():
            found.setdefault(name, value)
    return found


def raw_profile(kind: str, content: bytes) -> bytes:
    """Return the content of a text with the keyword 'Raw profile type' and this kind."""
    lines = [content[start : start + 36].hex() for start in range(0, len(content), 36)]
    return f"\n{kind}\n{len(content):8}\n{chr(10).join(lines)}\n".encode("ascii")


def used_texts(texts: Mapping[str, str]) -> set[str]:
    """Return the keys of texts that `raw_profiles` takes something from."""
    return {key for key, text in texts.items() if _value(key, text)}


def _value(key: str, text: str) -> dict[str, bytes]:
    if not key.startswith(_PREFIX):
        return {}
    kind = key.removeprefix(_PREFIX).lower()
    content = b""
    with suppress(ValueError):  # three lines, name and length among them, then hexadecimal numbers
        lines = text.strip().split("\n")
        content = bytes.fromhex("".join(lines[2:]))
    if not content:
        return {}
    if kind == "app1":
        kind = "xmp" if content.startswith(_XMP) else "exif"
    if kind in ("iptc", "8bim"):
        blocks = photoshop.with_captions(content.removeprefix(photoshop.HEADER), content)
        return {"iptc": blocks} if photoshop.true_of_result(blocks, turned=False)[0] else {}
    if kind not in _KEYS:
        return {}
    return {_KEYS[kind]: content.removeprefix(_XMP).removeprefix(_EXIF)}
